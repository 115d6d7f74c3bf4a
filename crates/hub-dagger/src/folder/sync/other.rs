//! Paths of a folder where names are text.

use std::path::PathBuf;

pub(super) fn path(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// There is no such mark here, see [`super::Scanner::SEES_EXECUTABLE`].
pub(super) fn is_executable(_metadata: &std::fs::Metadata) -> bool {
    false
}
