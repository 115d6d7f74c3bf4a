//! The gateway with the machine's real OpenSSH client and real TCP servers.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod support;

use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hub_dagger::gateway::{Forward, Gateway, GatewayError, GatewayOptions, Target};
use hub_domain::Service;
use support::{BOUND, Bench, eventually, has_program, start, write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// A server that answers each connection by `answer`. Ends with the returned set.
async fn server<F, A>(answer: A) -> (u16, JoinSet<()>)
where
    A: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let answered = answer(stream);
            connections.spawn(async move {
                let _ = answered.await;
            });
            while connections.try_join_next().is_some() {}
        }
    });
    (port, tasks)
}

/// Sends back what it hears.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let (mut read, mut write) = stream.split();
    tokio::io::copy(&mut read, &mut write).await?;
    write.shutdown().await
}

async fn round_trip(port: u16, word: &[u8]) -> io::Result<Vec<u8>> {
    let mut user = TcpStream::connect(("127.0.0.1", port)).await?;
    user.write_all(word).await?;
    user.shutdown().await?;
    let mut heard = Vec::new();
    user.read_to_end(&mut heard).await?;
    Ok(heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_is_reached_on_its_own_port() {
    if !has_program("ssh") {
        return;
    }
    let (one, _one) = server(async |mut s: TcpStream| s.write_all(b"one").await).await;
    let (two, _two) = server(async |mut s: TcpStream| s.write_all(b"two").await).await;
    let (bench, _client) = Bench::connected(&[one, two]).await;
    assert_eq!(round_trip(bench.port(Service::Postgres), b"").await.unwrap(), b"one");
    assert_eq!(round_trip(bench.port(Service::Redis), b"").await.unwrap(), b"two");
    eventually("both are closed", || bench.gateway.counters().open == 0).await;
    let counters = bench.gateway.counters();
    assert_eq!((counters.accepted, counters.refused, counters.to_user), (2, 0, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_has_said_all_still_hears_the_answer() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(|mut stream: TcpStream| async move {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await?;
        stream.write_all(format!("heard {}", heard.len()).as_bytes()).await
    })
    .await;
    let (bench, _client) = Bench::connected(&[port]).await;
    let word = vec![7; 3_000_000];
    let heard = timeout(BOUND, round_trip(bench.port(Service::Postgres), &word)).await.unwrap();
    assert_eq!(heard.unwrap(), b"heard 3000000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_has_said_all_still_hears_the_user() {
    if !has_program("ssh") {
        return;
    }
    let (report, mut reports) = tokio::sync::mpsc::channel(1);
    let (port, _server) = server(move |mut stream: TcpStream| {
        let report = report.clone();
        async move {
            stream.write_all(b"last word").await?;
            stream.shutdown().await?;
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await?;
            report.send(heard).await.map_err(io::Error::other)
        }
    })
    .await;
    let (bench, _client) = Bench::connected(&[port]).await;
    let mut user = TcpStream::connect(("127.0.0.1", bench.port(Service::Postgres))).await.unwrap();
    let mut heard = Vec::new();
    timeout(BOUND, user.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, b"last word");
    user.write_all(b"still here").await.unwrap();
    user.shutdown().await.unwrap();
    assert_eq!(timeout(BOUND, reports.recv()).await.unwrap().unwrap(), b"still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_connections_at_once_and_in_turn_are_all_answered_and_none_is_left() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(echo).await;
    let (bench, client) = Bench::connected(&[port]).await;
    let port = bench.port(Service::Postgres);
    let mut users = JoinSet::new();
    for user in 0..50u8 {
        users.spawn(async move {
            for _ in 0..40 {
                assert_eq!(round_trip(port, &[user; 100]).await.unwrap(), [user; 100]);
            }
        });
    }
    timeout(4 * BOUND, users.join_all()).await.unwrap();
    eventually("all are closed", || bench.gateway.counters().open == 0).await;
    let counters = bench.gateway.counters();
    assert_eq!((counters.accepted, counters.refused), (2_000, 0));
    // Nothing is left at the client either: its link, and no connection to the service.
    let pid = client.id().unwrap();
    eventually("the client has closed its side", || sockets(pid) <= 1).await;
}

/// Connected sockets of a process.
fn sockets(pid: u32) -> usize {
    let inodes = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(|entry| {
        let target = std::fs::read_link(entry.ok()?.path()).ok()?;
        Some(target.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
    });
    inodes.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_reader_neither_stops_the_others_nor_fills_the_memory() {
    if !has_program("ssh") {
        return;
    }
    const ALL: usize = 200 << 20;
    let (bulk, _bulk) = server(|mut stream: TcpStream| async move {
        let block = vec![42; 1 << 20];
        for _ in 0..ALL >> 20 {
            stream.write_all(&block).await?;
        }
        stream.shutdown().await
    })
    .await;
    let (quick, _quick) = server(echo).await;
    let (bench, _client) = Bench::connected(&[bulk, quick]).await;
    let before = resident();
    let mut paused =
        TcpStream::connect(("127.0.0.1", bench.port(Service::Postgres))).await.unwrap();
    let mut start = [0; 10];
    paused.read_exact(&mut start).await.unwrap();
    // What the reader leaves is parked; meanwhile the others are served.
    eventually("the rest is parked", || bench.gateway.counters().parked > 150 << 20).await;
    for _ in 0..20 {
        let answer = round_trip(bench.port(Service::Redis), b"hello");
        assert_eq!(timeout(Duration::from_secs(5), answer).await.unwrap().unwrap(), b"hello");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} bytes of memory for one paused reader");
    // And nothing of it is lost.
    let mut rest = vec![0; 1 << 20];
    let mut length = start.len();
    loop {
        match timeout(BOUND, paused.read(&mut rest)).await.unwrap().unwrap() {
            0 => break,
            more => {
                assert!(rest[..more].iter().all(|byte| *byte == 42));
                length += more;
            }
        }
    }
    assert_eq!(length, ALL);
    assert_eq!(bench.gateway.counters().parked, 0);
}

/// Bytes of memory this process holds.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_read_slows_its_user() {
    if !has_program("ssh") {
        return;
    }
    let (go, gate) = tokio::sync::watch::channel(false);
    let (port, _server) = server(move |mut stream: TcpStream| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await.map_err(io::Error::other)?;
            let mut heard = 0;
            let mut block = vec![0; 1 << 20];
            loop {
                match stream.read(&mut block).await? {
                    0 => return stream.write_all(heard.to_string().as_bytes()).await,
                    more => heard += more,
                }
            }
        }
    })
    .await;
    let (bench, _client) = Bench::connected(&[port]).await;
    let mut user = TcpStream::connect(("127.0.0.1", bench.port(Service::Postgres))).await.unwrap();
    let block = vec![1; 1 << 20];
    let mut sent = 0;
    // The way is full when a write makes no progress for a second.
    while let Ok(wrote) = timeout(Duration::from_secs(1), user.write(&block)).await {
        sent += wrote.unwrap();
        assert!(sent < 64 << 20, "a service that does not read got {sent} bytes");
    }
    go.send_replace(true);
    user.shutdown().await.unwrap();
    let mut heard = String::new();
    timeout(BOUND, user.read_to_string(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, sent.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_closes_the_connection_promptly_and_may_come_back() {
    if !has_program("ssh") {
        return;
    }
    let (port, mut gone) = server(echo).await;
    let (bench, _client) = Bench::connected(&[port]).await;
    gone.shutdown().await;
    let asked = Instant::now();
    let refused =
        timeout(BOUND, round_trip(bench.port(Service::Postgres), b"hello")).await.unwrap();
    assert!(refused.is_err() || refused.is_ok_and(|heard| heard.is_empty()));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(bench.gateway.counters().refused, 1);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let mut back = JoinSet::new();
    back.spawn(async move { echo(listener.accept().await.unwrap().0).await });
    let heard = timeout(BOUND, round_trip(bench.port(Service::Postgres), b"again")).await.unwrap();
    assert_eq!(heard.unwrap(), b"again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_client_resets_its_connections_and_the_next_one_takes_over() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(echo).await;
    let (bench, mut client) = Bench::connected(&[port]).await;
    let port = bench.port(Service::Postgres);
    let mut user = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    user.write_all(b"x").await.unwrap();
    let mut heard = [0];
    user.read_exact(&mut heard).await.unwrap();
    client.kill().await.unwrap();
    let end = timeout(BOUND, user.read(&mut heard)).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    timeout(BOUND, bench.gateway.disconnected()).await.unwrap();
    assert!(!bench.gateway.is_connected());
    // The port is open all the while, and whoever comes now waits a moment for the next client.
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { round_trip(port, b"patient").await });
    let _next = bench.client();
    let heard = timeout(BOUND, waiting.join_next()).await.unwrap().unwrap().unwrap();
    assert_eq!(heard.unwrap(), b"patient");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_containers_command_starts_a_client_again_that_ended() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(echo).await;
    let bench = Bench::new(&[port], None).await;
    let service = start(&bench.gateway.client_service(&bench.files));
    bench.gateway.ready(BOUND).await.unwrap();
    let shell = service.id().unwrap().to_string();
    assert!(Command::new("pkill").args(["-9", "-P", &shell, "ssh"]).status().unwrap().success());
    timeout(BOUND, bench.gateway.disconnected()).await.unwrap();
    bench.gateway.ready(BOUND).await.unwrap();
    let heard = timeout(BOUND, round_trip(bench.port(Service::Postgres), b"again")).await.unwrap();
    assert_eq!(heard.unwrap(), b"again");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_client_a_connection_is_closed_after_a_moment() {
    let bench = Bench::new(&[1], None).await;
    let asked = Instant::now();
    let closed = timeout(BOUND, round_trip(bench.port(Service::Postgres), b"")).await.unwrap();
    assert!(closed.is_err() || closed.is_ok_and(|heard| heard.is_empty()));
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    let missing = bench.gateway.ready(Duration::from_millis(10)).await.unwrap_err();
    assert!(matches!(missing, GatewayError::NotReady(names) if names == [Service::Postgres]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_frozen_is_noticed_by_its_silence() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(echo).await;
    let (bench, client) = Bench::connected(&[port]).await;
    let pid = client.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    timeout(BOUND, bench.gateway.disconnected()).await.expect("three missing signs of life");
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_service_is_led_to_is_told_apart_from_whether_it_answers() {
    if !has_program("ssh") {
        return;
    }
    // It takes connections and never says a word.
    let ended = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ended);
    let (there, _server) = server(move |mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            let heard = stream.read_to_end(&mut Vec::new()).await;
            counted.fetch_add(1, Ordering::Relaxed);
            heard.map(drop)
        }
    })
    .await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (bench, client) = Bench::connected(&[there, gone]).await;
    let leads = |service| bench.gateway.leads_to(service, Duration::from_secs(10));
    assert!(leads(Service::Postgres).await);
    assert!(!leads(Service::Redis).await, "nothing listens there");
    assert!(!leads(Service::Frontend).await, "there is no forward for it");
    let client = client.id().unwrap().to_string();
    signal(&client, "-STOP");
    let frozen = bench.gateway.leads_to(Service::Postgres, Duration::from_millis(500)).await;
    signal(&client, "-CONT");
    assert!(!frozen, "its client stands still");
    assert!(leads(Service::Postgres).await);
    let closed = || ended.load(Ordering::Relaxed) == 3;
    eventually("what was opened to look is closed, the late one too", closed).await;
}

fn signal(pid: &str, name: &str) {
    assert!(Command::new("kill").args([name, pid]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_let_in() {
    if !has_program("ssh") || !has_program("ssh-keygen") {
        return;
    }
    let bench = Bench::new(&[1], None).await;
    let other = bench.folder().join("other").to_str().unwrap().to_owned();
    let words = ["-q", "-t", "ed25519", "-N", "", "-f", &other];
    assert!(Command::new("ssh-keygen").args(words).status().unwrap().success());
    let mut files = bench.files.clone();
    files.key = other;
    let stranger = start(&bench.gateway.client_command(&files)).wait_with_output().await.unwrap();
    assert!(!stranger.status.success());
    assert!(String::from_utf8_lossy(&stranger.stderr).contains("Permission denied"));
    let mut named = bench.gateway.client_command(&bench.files);
    let user = named.iter().position(|word| word == "gateway").unwrap();
    named[user] = "root".into();
    let impostor = start(&named).wait_with_output().await.unwrap();
    assert!(String::from_utf8_lossy(&impostor.stderr).contains("Permission denied"));
    assert!(!bench.gateway.is_connected());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_finds_another_host_key_turns_away() {
    if !has_program("ssh") {
        return;
    }
    let (one, other) = (Bench::new(&[1], None).await, Bench::new(&[1], None).await);
    let mut files = one.files.clone();
    let foreign = other.gateway.known_hosts("127.0.0.1", one.gateway.ssh_port());
    files.known_hosts = write(one.folder(), "foreign", &foreign);
    let turned = start(&one.gateway.client_command(&files)).wait_with_output().await.unwrap();
    assert!(String::from_utf8_lossy(&turned.stderr).contains("Host key verification failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_a_forward_is_refused() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(echo).await;
    let bench = Bench::new(&[port], None).await;
    let attempt = |extra: &[&str]| {
        let mut words = vec!["ssh".to_owned()];
        words.extend(bench.ssh_options());
        words.extend(["-l", "gateway", "-p", &bench.files.port.to_string()].map(str::to_owned));
        words.extend(["-o", "ExitOnForwardFailure=yes"].map(str::to_owned));
        words.extend(extra.iter().map(|word| (*word).to_owned()));
        start(&words).wait_with_output()
    };
    let elsewhere = format!("127.0.0.1:1:127.0.0.1:{port}");
    let outside = format!("0.0.0.0:{}:127.0.0.1:{port}", bench.port(Service::Postgres));
    let direct = format!("127.0.0.1:{port}");
    for words in [
        &["127.0.0.1", "id"][..],
        &["127.0.0.1"],
        &["-tt", "127.0.0.1"],
        &["-s", "127.0.0.1", "sftp"],
        &["-s", "127.0.0.1", "shell"],
        &["-N", "-R", &elsewhere, "127.0.0.1"],
        &["-N", "-R", &outside, "127.0.0.1"],
        &["-W", &direct, "127.0.0.1"],
    ] {
        let ended = timeout(BOUND, attempt(words)).await.unwrap().unwrap();
        assert!(!ended.status.success(), "{words:?}");
        assert!(ended.stdout.is_empty(), "{words:?}: {:?}", ended.stdout);
    }
    assert!(!bench.gateway.is_connected());
    assert_eq!(bench.gateway.counters().accepted, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_port_is_on_loopback_only_and_gone_after_closing() {
    let bench = Bench::new(&[1, 1, 1, 1], None).await;
    let ports: Vec<u16> = Service::ALL
        .into_iter()
        .map(|service| bench.port(service))
        .chain([bench.gateway.ssh_port()])
        .collect();
    for port in &ports {
        let listeners = listeners(*port);
        assert_eq!(listeners, [SocketAddr::from(([127, 0, 0, 1], *port))]);
    }
    let Bench { gateway, .. } = bench;
    timeout(BOUND, gateway.close()).await.unwrap();
    for port in ports {
        assert_eq!(listeners(port), []);
    }
}

/// Addresses on which somebody listens on this port, IPv4 and IPv6.
fn listeners(port: u16) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (address, number) = words[1].split_once(':').unwrap();
            if words[3] != "0A" || u16::from_str_radix(number, 16).unwrap() != port {
                continue;
            }
            let ip = match u32::from_str_radix(address, 16) {
                Ok(ip) => std::net::Ipv4Addr::from(ip.swap_bytes()).into(),
                Err(_) => std::net::IpAddr::from([0u16, 0, 0, 0, 0, 0, 0, 1]),
            };
            found.push(SocketAddr::new(ip, port));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_connections_and_the_client() {
    if !has_program("ssh") {
        return;
    }
    let (port, _server) = server(echo).await;
    let (bench, mut client) = Bench::connected(&[port]).await;
    let mut user = TcpStream::connect(("127.0.0.1", bench.port(Service::Postgres))).await.unwrap();
    user.write_all(b"x").await.unwrap();
    let mut heard = [0];
    user.read_exact(&mut heard).await.unwrap();
    let Bench { gateway, .. } = bench;
    let asked = Instant::now();
    gateway.close().await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert!(matches!(timeout(BOUND, user.read(&mut heard)).await.unwrap(), Ok(0) | Err(_)));
    timeout(BOUND, client.wait()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_that_is_held_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = holder.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let refused = Gateway::open(GatewayOptions {
        forwards: vec![Forward {
            service: Service::Redis,
            port,
            target: Target { host: "redis".into(), port: 6379 },
        }],
        inner: None,
        ipv6: true,
        folder: None,
        disk: folder.path().to_owned(),
        patience: Duration::from_secs(15),
    })
    .await;
    let Err(GatewayError::Port { service, port: named, source }) = refused else {
        panic!("the port is held");
    };
    assert_eq!((service, named, source.kind()), (Service::Redis, port, io::ErrorKind::AddrInUse));
}
