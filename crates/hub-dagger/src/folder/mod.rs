//! The project folder, live in a session: an SFTP server that is confined to it.
//!
//! A mount speaks the file transfer protocol over the gateway. Whatever it asks for is looked up
//! *beneath* the folder by the kernel: no `..`, no absolute path and no symbolic link leads out. It
//! may be given read-only; then every request that would change something is refused.
//!
//! Limits: Unix. No events go through: whoever watches the folder from inside polls. Owners are not
//! handed over: what is made in it belongs to whom the folder belongs to.

#[cfg(unix)]
mod protocol;
#[cfg(unix)]
mod session;
pub mod sync;
#[cfg(unix)]
mod unix;

use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};

/// A folder that is given to whoever the gateway lets in. They see it as `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderShare {
    /// The folder, by its real path.
    pub root: PathBuf,
    /// Nothing in it may be changed.
    pub read_only: bool,
}

impl FolderShare {
    /// Live mounts can be had on this system.
    pub const SUPPORTED: bool = cfg!(unix);

    /// Answers the requests that arrive on `stream` until it ends.
    #[cfg(unix)]
    pub async fn serve<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let share = self.clone();
        let tree = tokio::task::spawn_blocking(move || unix::Tree::open(&share)).await;
        match tree {
            Ok(Ok(tree)) => session::run(stream, tree).await,
            Ok(Err(fault)) => {
                tracing::warn!(folder = %self.root.display(), %fault, "the folder cannot be shared");
            }
            Err(fault) => tracing::error!(%fault, "the folder cannot be shared"),
        }
    }

    /// Ends the stream at once: this system has no way to look paths up beneath a folder.
    #[cfg(not(unix))]
    pub async fn serve<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        tracing::warn!(folder = %self.root.display(), "live mounts cannot be had on this system");
        drop(stream);
    }
}
