//! The same on a real engine, at the address in `CCHUB_TEST_ENGINE`, with the program in
//! `CCHUB_DAGGER_CLI`. What happened is told by this machine, not by the engine, so the engine has to
//! run on it; otherwise these tests are skipped, loudly.

use super::*;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A session of a real engine.
pub(crate) struct Session {
    pub(crate) address: SessionAddress,
    child: Child,
    client: reqwest::Client,
}

impl Session {
    /// None, loudly, where there is no engine on this machine.
    pub(crate) async fn open() -> Option<Self> {
        let engine = std::env::var("CCHUB_TEST_ENGINE").ok().filter(|e| e.starts_with("unix://"));
        let Some(engine) = engine else {
            eprintln!("SKIPPED: CCHUB_TEST_ENGINE names no engine on this machine");
            return None;
        };
        let program = std::env::var("CCHUB_DAGGER_CLI").unwrap_or_else(|_| "dagger".into());
        let mut child = Command::new(program)
            .arg("session")
            .env("_EXPERIMENTAL_DAGGER_RUNNER_HOST", engine)
            .envs([("DAGGER_SILENT", "1"), ("DO_NOT_TRACK", "1"), ("DAGGER_NO_UPDATE_CHECK", "1")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the program dagger starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within(lines.next_line()).await.unwrap().expect("a session");
        let told: Value = serde_json::from_str(&line).unwrap();
        let address = SessionAddress {
            port: told["port"].as_u64().unwrap().try_into().unwrap(),
            token: SecretString::from(told["session_token"].as_str().unwrap()),
        };
        Some(Self { address, child, client: crate::http::client().no_proxy().build().unwrap() })
    }

    /// Asks for something of a service that runs a shell script with the given tag.
    pub(crate) async fn service(&self, trace: TraceId, tag: &str, script: &str, what: &str) {
        use secrecy::ExposeSecret;
        let query = format!(
            "query($args:[String!]!,$tag:String!){{container{{from(address:\"redis:7-alpine\"){{\
             withUser(name:\"999\"){{withEnvVariable(name:\"CCHUB_SERVICE\",value:$tag){{\
             asService(args:$args,useEntrypoint:false){{{what}}}}}}}}}}}}}"
        );
        let variables = json!({"args": ["sh", "-c", script], "tag": tag});
        let request = self
            .client
            .post(format!("http://127.0.0.1:{}/query", self.address.port))
            .basic_auth(self.address.token.expose_secret(), Some(""))
            .header("traceparent", trace.traceparent())
            .json(&json!({"query": query, "variables": variables}));
        let answer: Value =
            timeout(BOUND * 3, request.send()).await.unwrap().unwrap().json().await.unwrap();
        assert!(answer.get("errors").is_none(), "{answer}");
    }

    fn signal(&self, signal: rustix::process::Signal) {
        kill(self.child.id().unwrap(), signal);
    }

    /// Ends the session in order.
    pub(crate) async fn close(mut self) {
        drop(self.child.stdin.take());
        within(self.child.wait()).await.unwrap();
    }
}

pub(crate) fn kill(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// A tag nobody else has.
pub(crate) fn a_tag() -> String {
    format!("t{}/redis/1", hex::encode(rand::random::<[u8; 6]>()))
}

/// Waits for the process of a service whose command line is as told; returns its id.
pub(crate) async fn process_of(tag: &str, command: &str) -> u32 {
    let variable = format!("CCHUB_SERVICE={tag}").into_bytes();
    let mut found = None;
    until("the service has a process", || {
        found = std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let is_tagged = environment.split(|b| *b == 0).any(|v| v == variable);
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            (is_tagged && line.starts_with(command.as_bytes())).then_some(pid)
        });
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// Seconds since this machine started: the clock it shares with its containers.
fn uptime() -> f64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engine_output_arrives_soon_and_its_end_is_told() {
    let Some(session) = Session::open().await else { return };
    let telemetry = Telemetry::open(&session.address).unwrap();
    let (trace, log, watched) = take_up(&telemetry, Service::Redis);
    let script = "i=0; while [ $i -lt 20 ]; do read -r up rest </proc/uptime; echo $up; \
                  i=$((i+1)); sleep 0.1; done; echo 'to stderr' >&2; printf 'no break'; exit 7";
    session.service(trace, &a_tag(), script, "start").await;
    within(watched.started()).await;
    let mut behind = Vec::new();
    let mut grew = log.grew.subscribe();
    while behind.len() < 20 {
        within(grew.changed()).await.unwrap();
        let now = uptime();
        let out = log.out();
        let fresh = out.lines().take(20).skip(behind.len()).filter_map(|l| l.parse::<f64>().ok());
        let fresh: Vec<f64> = fresh.collect();
        behind.extend(fresh.iter().map(|written| now - written));
    }
    let worst = behind.iter().copied().fold(0.0, f64::max);
    println!("lines arrive {:.0} ms behind at most", worst * 1000.0);
    assert!(worst < 3.0, "{behind:?}");
    let ended = within(watched.ended()).await;
    assert_eq!((ended.how(), ended.cause.clone()), ("exited with code 7".into(), Cause::Exited));
    let last = &ended.last_lines[ended.last_lines.len() - 2..];
    assert!(last.contains(&"no break".into()) && last.contains(&"to stderr".into()), "{last:?}");
    assert_eq!(log.err(), "to stderr\n");
    assert_eq!(telemetry.losses(), Losses::default());
    session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engine_kill_is_noticed_and_the_same_service_runs_and_is_stopped_again() {
    let Some(session) = Session::open().await else { return };
    let telemetry = Telemetry::open(&session.address).unwrap();
    let (trace, _, watched) = take_up(&telemetry, Service::Redis);
    let (tag, script) = (a_tag(), "echo ready; exec sleep 1000");
    session.service(trace, &tag, script, "start").await;
    let pid = process_of(&tag, "sleep").await;
    kill(pid, rustix::process::Signal::KILL);
    let began = Instant::now();
    let ended = within(watched.ended()).await;
    println!("a kill is noticed after {:?}", began.elapsed());
    assert_eq!(ended.how(), "was ended by signal 9 (SIGKILL)");
    assert_eq!(ended.last_lines, ["ready"]);

    // The next run has a new trace; the engine goes on writing under the first.
    let (trace, log, watched) = take_up(&telemetry, Service::Redis);
    session.service(trace, &tag, script, "start").await;
    log.has(6).await;
    process_of(&tag, "sleep").await;
    assert!(timeout(Duration::from_millis(700), watched.ended()).await.is_err(), "it runs");
    session.service(trace, &tag, script, "stop").await;
    let ended = within(watched.ended()).await;
    assert_eq!(ended.how(), "was ended by signal 15 (SIGTERM)");
    assert_eq!(log.out(), "ready\n");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engine_session_that_is_frozen_is_noticed_and_nothing_is_lost() {
    let Some(session) = Session::open().await else { return };
    let patience =
        Patience { silence: Duration::from_millis(500), answer: Duration::from_millis(700) };
    let telemetry = Telemetry::open_with(&session.address, patience).unwrap();
    let (trace, log, _) = take_up(&telemetry, Service::Redis);
    let script = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done";
    session.service(trace, &a_tag(), script, "start").await;
    log.has(100).await;
    session.signal(rustix::process::Signal::STOP);
    let began = Instant::now();
    let because = within(telemetry.broken_for(Duration::from_millis(10))).await;
    println!("a frozen session is noticed after {:?}: {because}", began.elapsed());
    let held = log.out().len();
    session.signal(rustix::process::Signal::CONT);
    let thawed = Instant::now();
    log.has(held + 500).await;
    println!("it is read again after {:?}", thawed.elapsed());
    let lines = log.out();
    for (i, line) in lines.split_terminator('\n').enumerate() {
        assert_eq!(line, (i + 1).to_string(), "each number once, in order");
    }
    assert!(telemetry.is_live_within(BOUND).await);
    session.close().await;
    let because = within(telemetry.broken_for(Duration::from_millis(100))).await;
    assert!(!because.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engine_flood_arrives_whole() {
    let Some(session) = Session::open().await else { return };
    let telemetry = Telemetry::open(&session.address).unwrap();
    let (trace, log, watched) = take_up(&telemetry, Service::Frontend);
    let began = Instant::now();
    session.service(trace, &a_tag(), "seq 1 200000", "start").await;
    let expected: String = (1..=200_000).map(|i| format!("{i}\n")).collect();
    let mut grew = log.grew.subscribe();
    timeout(BOUND * 3, grew.wait_for(|n| *n >= expected.len())).await.unwrap().unwrap();
    println!("200,000 lines took {:?} from the request on", began.elapsed());
    assert!(log.out() == expected, "the lines are whole and in order");
    assert_eq!(within(watched.ended()).await.code, Some(0));
    session.close().await;
}
