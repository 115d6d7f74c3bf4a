//! The loopback host: REST, one-request RPC, event streams and the Hub's own page, on 127.0.0.1 only.
//!
//! Limits: no TLS and no other address, ever; whoever wants the Hub from elsewhere brings a tunnel.

mod connections;
mod door;
mod keys;
mod openapi;
mod peer;
mod received;
mod routes;
mod status;
mod streams;

pub use openapi::document;
pub use status::status_of;

use crate::Api;
use crate::discovery::Token;
use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use hub_domain::{Code, Problem};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::services::{ServeDir, ServeFile};

/// The port that is tried first.
pub const DEFAULT_PORT: u16 = 9001;
/// Where a one-time key is exchanged for the token, so asked without one.
pub(crate) const EXCHANGE: &str = "/api/v1/keys/exchange";
/// No request is larger; the largest is a list of settings.
const MAX_BODY: usize = 256 * 1024;

/// What the host shares among its requests.
pub(crate) struct Shared {
    pub(crate) api: Api,
    pub(crate) token: Token,
    pub(crate) port: u16,
    pub(crate) keys: keys::Keys,
    pub(crate) end: CancellationToken,
}

/// Opens the port. When the default one is held, any free one is taken; a port the user named is
/// taken or refused.
///
/// # Errors
/// `HUB_SERVER_FAILED`.
pub async fn bind(named: Option<u16>) -> Result<TcpListener, Problem> {
    let open = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let wanted = named.unwrap_or(DEFAULT_PORT);
    match open(wanted).await {
        Ok(listener) => Ok(listener),
        Err(fault) if fault.kind() == io::ErrorKind::AddrInUse && named.is_none() => {
            tracing::warn!("port {wanted} is held by another program; taking a free one");
            open(0).await.map_err(|fault| no_port(0, &fault))
        }
        Err(fault) => Err(no_port(wanted, &fault)),
    }
}

fn no_port(port: u16, fault: &io::Error) -> Problem {
    Problem::new(
        Code::HubServerFailed,
        format!("The Hub could not open port {port} on 127.0.0.1."),
        "Name another port with --port, or end the program that holds it.",
    )
    .caused_by(fault)
}

/// Serves until `end` is cancelled.
///
/// # Errors
/// `HUB_SERVER_FAILED`.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    token: Token,
    page: Option<PathBuf>,
    end: CancellationToken,
) -> Result<(), Problem> {
    let address = listener.local_addr().map_err(|fault| {
        Problem::new(Code::HubServerFailed, "The Hub's server ended.", "Start the Hub again.")
            .caused_by(fault)
    })?;
    let (port, keys) = (address.port(), keys::Keys::default());
    let shared = Arc::new(Shared { api, token, port, keys, end: end.clone() });
    connections::serve(listener, router(&shared, page), end).await;
    Ok(())
}

fn router(shared: &Arc<Shared>, page: Option<PathBuf>) -> Router {
    let router = routes::router().with_state(Arc::clone(shared));
    let router = match page {
        Some(folder) => {
            // Addresses within the page are the page's own affair.
            let start = ServeFile::new(folder.join("index.html"));
            let files = ServeDir::new(folder).fallback(start);
            router.fallback_service(door::with_page_headers(files))
        }
        None => router.fallback(routes::nothing_here),
    };
    door::guarded(router, Arc::clone(shared)).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// The address a request came from.
pub(crate) type Peer = ConnectInfo<SocketAddr>;
