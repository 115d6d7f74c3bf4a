//! The sockets users connect to. They stay open for the gateway's life, whatever happens to the
//! services behind them and to the client that leads there.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use russh::{Channel, server::Msg};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::{Forward, GatewayError, LABEL_HOST, Shared, pump};

/// A user waits this long for a client that is about to come back.
const RETURN: Duration = Duration::from_secs(2);
/// A listener that cannot accept (no descriptors left) tries again after this pause.
pub(super) const RECOVER: Duration = Duration::from_millis(100);

/// Opens the loopback port of `forward`, and the same port on `::1` if asked for and possible.
pub(super) async fn bind(forward: &Forward, ipv6: bool) -> Result<Vec<TcpListener>, GatewayError> {
    let held = |source: io::Error| GatewayError::Port {
        service: forward.service,
        port: forward.port,
        source,
    };
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, forward.port)).await.map_err(held)?;
    let port = first.local_addr().map_err(held)?.port();
    let mut listeners = vec![first];
    if ipv6 {
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(listener) => listeners.push(listener),
            // Somebody else there is as bad as on IPv4: half of the clients would reach them.
            Err(fault) if fault.kind() == io::ErrorKind::AddrInUse => return Err(held(fault)),
            Err(fault) => tracing::debug!(%fault, port, "no IPv6 loopback here"),
        }
    }
    Ok(listeners)
}

/// Accepts until the gateway closes.
pub(super) async fn accept(shared: Arc<Shared>, forward: usize, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.closing.cancelled() => return,
        };
        match accepted {
            Ok((user, from)) => {
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                match Arc::clone(&shared.places).try_acquire_owned() {
                    Ok(place) => {
                        let connection = connection(Arc::clone(&shared), forward, user, from);
                        shared.tasks.spawn(async move {
                            connection.await;
                            drop(place);
                        });
                    }
                    Err(_full) => turn_away(&shared, &user),
                }
            }
            Err(fault) => {
                tracing::warn!(%fault, "the gateway cannot accept a connection");
                tokio::time::sleep(RECOVER).await;
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, forward: usize, user: TcpStream, from: SocketAddr) {
    let whole = async {
        match open(&shared, forward, from).await {
            Some(channel) => {
                let _no_delay = user.set_nodelay(true);
                pump::run(user, channel, &shared.meters, &shared.disk).await;
            }
            None => turn_away(&shared, &user),
        }
    };
    tokio::select! {
        () = whole => {}
        () = shared.closing.cancelled() => {}
    }
}

/// Lets go of a connection in a way that nobody takes for an empty answer.
fn turn_away(shared: &Shared, user: &TcpStream) {
    shared.refused.fetch_add(1, Ordering::Relaxed);
    let _reset = user.set_zero_linger();
}

/// A channel to the service, or nothing if it refuses or no client leads there in time.
pub(super) async fn open(
    shared: &Shared,
    forward: usize,
    from: SocketAddr,
) -> Option<Channel<Msg>> {
    let label = u32::from(*shared.labels.get(forward)?);
    let deadline = Instant::now() + RETURN;
    let mut dead = None;
    loop {
        let route = shared.routes.find(forward, dead, deadline).await?;
        let (address, port) = (from.ip().to_string(), u32::from(from.port()));
        match route.handle.channel_open_forwarded_tcpip(LABEL_HOST, label, address, port).await {
            Ok(channel) => return Some(channel),
            Err(russh::Error::ChannelOpenFailure(reason)) => {
                tracing::debug!(?reason, "a service refused a connection");
                return None;
            }
            // The link broke under the request; the client may be back in a moment.
            Err(fault) => {
                tracing::debug!(%fault, "the link to the service broke");
                dead = Some(route.link);
            }
        }
    }
}
