//! What the project folder and its copy last had in common, as it is kept in the Hub home.
//!
//! It is believed only together with a word that the Hub left on the copy itself: a copy that was lost
//! and began anew has none, and its emptiness is then not taken for deletions.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Tree;
use super::wire::{Body, Reader};
use crate::data::write_whole;

const MAGIC: &[u8] = b"cchub folder 1\n";

/// The last common state, and the word on the copy it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) token: Vec<u8>,
    pub(super) tree: Tree,
}

impl Common {
    /// Nothing where there is none, or none that is whole.
    pub(super) fn read(file: &Path) -> Option<Self> {
        match std::fs::read(file) {
            Ok(bytes) => {
                let read = Self::parse(&bytes);
                if read.is_none() {
                    tracing::warn!("{} is damaged and not used", file.display());
                }
                read
            }
            Err(fault) => {
                if fault.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("{}: {fault}", file.display());
                }
                None
            }
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (content, digest) = bytes.split_last_chunk::<32>()?;
        if Sha256::digest(content).as_slice() != digest {
            return None;
        }
        let mut reader = Reader(content.strip_prefix(MAGIC)?);
        let mut common = Self { token: reader.text().ok()?.to_vec(), tree: Tree::new() };
        while !reader.is_empty() {
            common.tree.insert(reader.path().ok()?, reader.entry().ok()??);
        }
        Some(common)
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        let head = Body::default().raw(MAGIC).text(&self.token);
        let body =
            self.tree.iter().fold(head, |body, (path, entry)| body.path(path).entry(Some(entry)));
        let mut content = body.bytes();
        let digest = Sha256::digest(&content);
        content.extend_from_slice(&digest);
        write_whole(file, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::sync::{Entry, TreePath};

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/state");
        assert_eq!(Common::read(&file), None);
        let at = |path: &[u8]| TreePath::new(path).unwrap();
        let tree = Tree::from([
            (at(b"a"), Entry::Folder),
            (at(b"a/\xff\n"), Entry::File { digest: [7; 32], executable: true }),
            (at(b"b"), Entry::Link { target: b"a".to_vec() }),
        ]);
        let common = Common { token: vec![1, 2, 3], tree };
        common.write(&file).unwrap();
        assert_eq!(Common::read(&file), Some(common));
        let whole = std::fs::read(&file).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&file, &whole[..cut]).unwrap();
            assert_eq!(Common::read(&file), None, "{cut} bytes");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&file, &bytes).unwrap();
            assert_eq!(Common::read(&file), None, "byte {at}");
        }
    }
}
