//! Unix: SIGTERM, SIGINT and SIGHUP ask to end.

use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Waits until the system asks to end.
///
/// # Errors
/// When the signals cannot be caught.
pub async fn asked_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
