//! Windows: Ctrl+C and the end of the session ask to end.

use std::io;
use tokio::signal::windows;

/// Waits until the system asks to end.
///
/// # Errors
/// When the events cannot be caught.
pub async fn asked_to_end() -> io::Result<()> {
    let mut interrupt = windows::ctrl_c()?;
    let mut shutdown = windows::ctrl_shutdown()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = shutdown.recv() => {}
    }
    Ok(())
}
