//! Limits of services of a real engine on this machine; skipped, loudly, where there is none.

use super::*;
use crate::telemetry::tests::engine::{Session, kill, process_of};
use crate::telemetry::tests::{Log, within};
use crate::telemetry::{Telemetry, TraceId};
use hub_engine::logs::LogWriter;

/// What the kernel says of the process's control group.
fn limit_of(pid: u32) -> String {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let path =
        |key: &str| groups.lines().find_map(|l| l.split_once(key).map(|(_, p)| p.to_owned()));
    let file = match path(":memory:") {
        Some(path) => format!("/sys/fs/cgroup/memory{path}/memory.limit_in_bytes"),
        None => format!("/sys/fs/cgroup{}/memory.max", path("0::").unwrap()),
    };
    fs::read_to_string(file).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engine_service_is_limited_again_in_each_run_and_killed_beyond_it() {
    let Some(session) = Session::open().await else { return };
    let telemetry = Telemetry::open(&session.address).unwrap();
    let limiter = Limiter::new(EngineSide::Local);
    let project = ProjectId::from_random(rand::random());
    let script =
        "trap 'awk \"BEGIN{s=1;while(1)s=s s}\"; exit 1' USR1; while :; do sleep 0.05; done";
    for run in 1..=2 {
        let (tag, trace, log) =
            (Tag::new(&project, Service::Redis, run), TraceId::random(), Log::default());
        let log: Arc<dyn LogWriter> = Arc::new(log);
        let watched = telemetry.watch(Service::Redis, trace, log);
        let began = Instant::now();
        let (applied, ()) = tokio::join!(
            async {
                let applied = limiter.apply(&tag, limits(500, 96), BOUND).await;
                println!("limited {:?} after the request", began.elapsed());
                applied
            },
            session.service(trace, tag.value(), script, "start"),
        );
        assert!(matches!(applied.enforcement, Enforcement::Enforced { .. }), "{applied:?}");
        let pid = process_of(tag.value(), "sh").await;
        assert_eq!(limit_of(pid), (96u64 << 20).to_string());
        let measured = limiter.usage(&[&applied]).await[0].unwrap();
        assert!(measured.usage.memory_bytes > 0 && measured.usage.memory_bytes < 96 << 20);
        assert_eq!(measured.oom_kills, 0);
        if run == 1 {
            session.service(trace, tag.value(), script, "stop(kill: true)").await;
            within(watched.ended()).await;
            assert_eq!(limiter.had_too_little_memory(&applied).await, Some(false));
        } else {
            kill(pid, rustix::process::Signal::USR1);
            let ended = within(watched.ended()).await;
            assert_eq!(ended.how(), "exited with code 1", "its child was killed");
            assert_eq!(limiter.had_too_little_memory(&applied).await, Some(true));
        }
    }
    let began = Instant::now();
    limiter.usage(&[]).await;
    limiter.available().await;
    println!("a question costs {:?}", began.elapsed());
    session.close().await;
}
