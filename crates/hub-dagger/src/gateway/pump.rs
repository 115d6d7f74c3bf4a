//! Copies one user connection over one channel of the link, each way on its own: a side that has
//! said its last word still hears the other, and a side that does not read slows its sender.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until};
use tokio_util::bytes::BytesMut;

use super::backlog::Backlog;

/// Read from the user in one go: two packets of the link.
const READ: usize = 64 * 1024;
/// How long a reader may hold the link up before its data goes to disk.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a reader that takes nothing may hold the link up once the disk's share is used up.
const LAST_PATIENCE: Duration = Duration::from_secs(10);
/// How long telling the client that a channel is over may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What connections of one gateway count together.
#[derive(Default)]
pub(super) struct Meters {
    pub(super) to_service: AtomicU64,
    pub(super) to_user: AtomicU64,
    pub(super) parked: Arc<AtomicU64>,
}

/// Copies until both sides are done or one is gone. A connection that did not end by both sides'
/// will is reset, so that its user does not take the part for the whole.
pub(super) async fn run(mut user: TcpStream, channel: Channel<Msg>, meters: &Meters, disk: &Path) {
    let (mut from_service, to_service) = channel.split();
    let (mut read, mut write) = user.split();
    let upload = async {
        upload(&mut read, &to_service, meters).await?;
        // The user has said all there was; the service still may answer.
        std::future::pending::<io::Result<()>>().await
    };
    let ended = tokio::select! {
        ended = download(&mut from_service, &mut write, meters, disk) => ended,
        ended = upload => ended,
    };
    if let Err(fault) = &ended {
        tracing::debug!(%fault, "a connection through the gateway broke off");
        let _best_effort = user.set_zero_linger();
    }
    drop(user);
    drop(from_service);
    // The client may have closed it before, or be gone: then there is nothing left to tell.
    let _gone = tokio::time::timeout(FAREWELL, to_service.close()).await;
}

async fn upload(
    user: &mut ReadHalf<'_>,
    service: &ChannelWriteHalf<Msg>,
    meters: &Meters,
) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(READ);
        let length = user.read_buf(&mut buffer).await?;
        if length == 0 {
            return service.eof().await.map_err(io::Error::other);
        }
        service.data_bytes(buffer.split().freeze()).await.map_err(io::Error::other)?;
        meters.to_service.fetch_add(length as u64, Ordering::Relaxed);
    }
}

/// How far the service's side of a connection is.
#[derive(PartialEq)]
enum Service {
    Speaking,
    /// It will send nothing more, and may still listen.
    Silent,
    Gone,
}

async fn download(
    channel: &mut ChannelReadHalf,
    user: &mut WriteHalf<'_>,
    meters: &Meters,
    disk: &Path,
) -> io::Result<()> {
    let mut backlog = Backlog::new(Arc::clone(&meters.parked));
    let mut service = Service::Speaking;
    let mut told_user = false;
    let mut taken = Instant::now();
    let mut full_since: Option<Instant> = None;
    let mut disk_usable = true;
    loop {
        backlog.settle().await?;
        let (empty, room) = (backlog.is_empty(), backlog.has_room());
        if empty && service != Service::Speaking && !told_user {
            user.shutdown().await?;
            told_user = true;
        }
        if empty && service == Service::Gone {
            return Ok(());
        }
        full_since = if room { None } else { full_since.or_else(|| Some(Instant::now())) };
        let held_up = full_since.unwrap_or(taken);
        tokio::select! {
            biased;
            ready = user.writable(), if !empty => {
                ready?;
                match user.try_write_vectored(&backlog.slices()) {
                    Ok(length) => {
                        backlog.consume(length);
                        taken = Instant::now();
                        meters.to_user.fetch_add(length as u64, Ordering::Relaxed);
                    }
                    Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                    Err(fault) => return Err(fault),
                }
            }
            message = channel.wait(), if room && service != Service::Gone => match message {
                Some(ChannelMsg::Data { data }) => backlog.push(data),
                Some(ChannelMsg::Eof) => service = Service::Silent,
                Some(ChannelMsg::Close) => service = Service::Gone,
                Some(_) => {}
                None => return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the link is gone")),
            },
            () = sleep_until(held_up + PATIENCE), if !room && disk_usable && !backlog.is_parking() => {
                if let Err(fault) = backlog.start_parking(disk) {
                    tracing::warn!(%fault, folder = %disk.display(), "unread data cannot be parked on disk; its connection holds up the others");
                    disk_usable = false;
                }
            }
            () = sleep_until(held_up.max(taken) + LAST_PATIENCE), if !room => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "its reader takes nothing"));
            }
        }
    }
}
