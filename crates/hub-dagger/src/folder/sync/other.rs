//! Paths of a folder where names are text.

use std::path::PathBuf;

pub(super) fn path(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// There is no such mark here, see [`super::Scanner::SEES_EXECUTABLE`].
pub(super) fn is_executable(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// Files have no numbers here that the standard library tells.
pub(super) fn identity(_metadata: &std::fs::Metadata) -> (u64, u64) {
    (0, 0)
}

/// Opens a file for reading.
pub(super) fn open(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    std::fs::File::open(path)
}
