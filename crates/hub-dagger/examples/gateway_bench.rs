//! Figures of the gateway with the machine's OpenSSH client: short connections, what a request costs
//! more than directly, and bulk in both directions. Prints one line of JSON per figure.
//!
//! `cargo run --release -p hub-dagger --example gateway_bench [connections [megabytes]]`
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hub_domain::Service;
use support::{Bench, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Bytes of one bulk transfer.
static BULK: LazyLock<usize> = LazyLock::new(|| argument(2, 200) << 20);

#[tokio::main]
async fn main() {
    let connections = argument(1, 5_000);
    let mut servers = JoinSet::new();
    let word = listen(&mut servers, answer_words).await;
    let source = listen(&mut servers, send_bulk).await;
    let sink = listen(&mut servers, take_bulk).await;
    let (bench, _client) = Bench::connected(&[word, source, sink]).await;
    let through = bench.port(Service::Postgres);

    requests("kept connection, direct", word).await;
    requests("kept connection, gateway", through).await;
    new_connections("new connection, direct", word).await;
    new_connections("new connection, gateway", through).await;
    short(connections, through, &bench).await;
    for (what, port) in [("down, direct", source), ("down, gateway", bench.port(Service::Redis))] {
        bulk(what, down(port)).await;
    }
    for (what, port) in [("up, direct", sink), ("up, gateway", bench.port(Service::Backend))] {
        bulk(what, up(port)).await;
    }
}

fn argument(place: usize, usual: usize) -> usize {
    std::env::args().nth(place).map_or(usual, |number| number.parse().unwrap())
}

async fn listen<F>(servers: &mut JoinSet<()>, answer: fn(TcpStream) -> F) -> u16
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    servers.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let answered = answer(stream);
            connections.spawn(async move {
                let _ended = answered.await;
            });
            while connections.try_join_next().is_some() {}
        }
    });
    port
}

async fn answer_words(mut stream: TcpStream) -> io::Result<()> {
    let mut word = [0; 100];
    while stream.read_exact(&mut word).await.is_ok() {
        stream.write_all(&[1; 400]).await?;
    }
    Ok(())
}

async fn send_bulk(mut stream: TcpStream) -> io::Result<()> {
    let block = vec![1; 1 << 20];
    for _ in 0..*BULK >> 20 {
        stream.write_all(&block).await?;
    }
    Ok(())
}

async fn take_bulk(mut stream: TcpStream) -> io::Result<()> {
    let mut block = vec![0; 1 << 20];
    while stream.read(&mut block).await? > 0 {}
    stream.write_all(b"!").await
}

async fn ask(stream: &mut TcpStream) {
    stream.write_all(&[7; 100]).await.unwrap();
    stream.read_exact(&mut [0; 400]).await.unwrap();
}

async fn requests(what: &str, port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = Vec::new();
    for _ in 0..2_000 {
        let started = Instant::now();
        ask(&mut stream).await;
        times.push(started.elapsed());
    }
    report(what, times);
}

async fn new_connections(what: &str, port: u16) {
    let mut times = Vec::new();
    for _ in 0..1_000 {
        let started = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        ask(&mut stream).await;
        times.push(started.elapsed());
    }
    report(what, times);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!("{{\"what\":\"{what}\",\"median_ms\":{:.3},\"p99_ms\":{:.3}}}", at(50), at(99));
}

async fn short(connections: usize, port: u16, bench: &Bench) {
    let before = bench.gateway.counters();
    let started = Instant::now();
    let mut users = JoinSet::new();
    for user in 0..20 {
        let share = connections / 20 + usize::from(user < connections % 20);
        users.spawn(async move {
            for _ in 0..share {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                ask(&mut stream).await;
            }
        });
    }
    users.join_all().await;
    let took = started.elapsed().as_secs_f64();
    eventually("all are closed", || bench.gateway.counters().open == 0).await;
    let after = bench.gateway.counters();
    println!(
        "{{\"what\":\"short connections\",\"count\":{},\"refused\":{},\"left\":{},\"per_second\":{:.0}}}",
        after.accepted - before.accepted,
        after.refused - before.refused,
        after.open,
        connections as f64 / took
    );
}

async fn down(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut block = vec![0; 1 << 20];
    let mut left = *BULK;
    while left > 0 {
        left -= stream.read(&mut block).await.unwrap();
    }
}

async fn up(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    send_bulk_on(&mut stream).await;
    stream.shutdown().await.unwrap();
    stream.read_exact(&mut [0]).await.unwrap();
}

async fn send_bulk_on(stream: &mut TcpStream) {
    let block = vec![1; 1 << 20];
    for _ in 0..*BULK >> 20 {
        stream.write_all(&block).await.unwrap();
    }
}

async fn bulk(what: &str, transfer: impl Future<Output = ()>) {
    let started = Instant::now();
    transfer.await;
    let rate = *BULK as f64 / 1e6 / started.elapsed().as_secs_f64();
    println!("{{\"what\":\"bulk {what}\",\"megabytes_per_second\":{rate:.0}}}");
}
