//! Takes connections and serves each on a task of its own. A client may be slow or silent, but not for
//! ever, and not in any number; all tasks end with the host.

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The head of a request must have arrived by then; an idle connection that is kept ends then too.
const HEAD_BOUND: Duration = Duration::from_secs(10);
/// Requests under way when the host ends are given this long.
const END_BOUND: Duration = Duration::from_secs(2);
/// Pause when no connection can be taken, e.g. because the process has no file left.
const TAKE_PAUSE: Duration = Duration::from_millis(100);
/// More connections at a time are closed at once: pages, streams and commands of one user are tens.
const MOST: usize = 1024;

/// Serves until `end` is cancelled; then finishes what is under way, within [`END_BOUND`].
pub(super) async fn serve(listener: TcpListener, app: Router, end: CancellationToken) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            () = end.cancelled() => break,
            Some(_) = open.join_next() => {}
            taken = listener.accept() => match taken {
                Ok((stream, peer)) if open.len() < MOST => {
                    open.spawn(connection(stream, peer, app.clone(), end.clone()));
                }
                Ok((_, peer)) => tracing::warn!("too many connections; {peer} is turned away"),
                Err(fault) => pause_after(&fault, &mut open).await,
            },
        }
    }
    drop(listener);
    let finish = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(END_BOUND, finish).await.is_err() {
        open.shutdown().await;
    }
}

async fn pause_after(fault: &io::Error, open: &mut JoinSet<()>) {
    let passing = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    if passing.contains(&fault.kind()) {
        return;
    }
    tracing::error!("no connection can be taken: {fault}");
    // Another connection's end may be what was missing; otherwise the pause keeps the loop calm.
    let ended = async {
        if open.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    };
    drop(tokio::time::timeout(TAKE_PAUSE, ended).await);
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, end: CancellationToken) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.call(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_BOUND)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = end.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(fault) = ended {
        tracing::debug!("the connection of {peer} ended early: {fault}");
    }
}
