//! Windows: a path is 16-bit units, and files in the user's profile are private by inheritance.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The path's 16-bit units, low byte first.
pub(crate) fn path_to_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect()
}

/// What [`path_to_bytes`] made; `None` for an odd number of bytes.
pub(crate) fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Some(PathBuf::from(OsString::from_wide(&units)))
}

/// Makes a folder and those above it.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes an empty file unless it is there.
pub(crate) fn ensure_private_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path).map(drop)
}

/// Rights come from the profile folder; there is no mode to look at.
pub(crate) fn wider_than_private(_file: &File) -> io::Result<Option<String>> {
    Ok(None)
}

/// NTFS journals its folders; they cannot be synced by a handle of this kind.
pub(crate) fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
