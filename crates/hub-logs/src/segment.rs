//! The files of a project's log. A segment is named after the number of its first line, begins with
//! [`MAGIC`] and then holds whole records only; whatever a killed Hub left half written at its end is
//! cut off when the log is opened.

use crate::filter::Filter;
use crate::record;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// First bytes of every segment; the digit is the version of the format.
pub(crate) const MAGIC: &[u8; 8] = b"CCHLOG1\n";
/// Bytes read at once. Holds several of the longest records.
const BLOCK: usize = 1024 * 1024;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Number of its first line.
    pub(crate) first: u64,
    /// Bytes that are whole records, with the magic before them.
    pub(crate) length: u64,
}

impl Segment {
    /// A segment that is not on the disk yet.
    pub(crate) fn planned(folder: &Path, first: u64) -> Self {
        Self { path: folder.join(format!("{first:020}.log")), first, length: 0 }
    }

    /// Opens the file for writing at its end, or makes it; cuts off what is not whole.
    pub(crate) fn open(&mut self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        if file.metadata()?.len() != self.length {
            file.set_len(self.length)?;
        }
        if self.length == 0 {
            file.write_all(MAGIC)?;
            self.length = MAGIC.len() as u64;
        }
        file.seek(SeekFrom::Start(self.length))?;
        Ok(file)
    }

    /// Hands the records that the filter may want to `visit`, the last one first, until that returns
    /// false. The last record of each block read is handed over in any case.
    pub(crate) fn visit_backward(
        &self,
        filter: &Filter,
        visit: &mut impl FnMut(&record::Record<'_>) -> bool,
    ) -> io::Result<bool> {
        let start = MAGIC.len() as u64;
        if self.length <= start {
            return Ok(true);
        }
        let mut file = File::open(&self.path)?;
        let mut end = self.length;
        let mut buffer = Vec::new();
        while end > start {
            let from = end.saturating_sub(BLOCK as u64).max(start);
            buffer.resize(usize::try_from(end - from).unwrap_or(BLOCK), 0);
            file.seek(SeekFrom::Start(from))?;
            file.read_exact(&mut buffer)?;
            let (left, goes_on) = if filter.may_want(&buffer) {
                visit_buffer_backward(&buffer, visit)
            } else {
                let goes_on = record::last(&buffer).is_none_or(|(record, _)| visit(&record));
                (record::first_start(&buffer), goes_on)
            };
            if !goes_on {
                return Ok(false);
            }
            if left == buffer.len() || (from == start && left > 0) {
                let words = format!("{} is damaged before byte {end}", self.path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, words));
            }
            end = from + left as u64;
        }
        Ok(true)
    }
}

/// Hands the whole records at the end of a buffer to `visit`, the last one first. Returns how many
/// bytes before them were not visited, and whether `visit` wants more.
pub(crate) fn visit_buffer_backward(
    buffer: &[u8],
    visit: &mut impl FnMut(&record::Record<'_>) -> bool,
) -> (usize, bool) {
    let mut left = buffer.len();
    while let Some((record, length)) = record::last(&buffer[..left]) {
        left -= length;
        if !visit(&record) {
            return (left, false);
        }
    }
    (left, true)
}

/// What a folder holds: its segments, oldest first, and the number the next line gets.
pub(crate) fn open_folder(folder: &Path) -> io::Result<(Vec<Segment>, u64)> {
    make_private_folder(folder)?;
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".log"));
        let Some(first) = name.and_then(|n| n.parse().ok()) else { continue };
        let length = fs::metadata(&path)?.len();
        segments.push(Segment { path, first, length });
    }
    segments.sort_by_key(|s| s.first);
    let next = match segments.last_mut() {
        Some(last) => recover(last)?,
        None => 1,
    };
    Ok((segments, next))
}

/// Finds the end of a segment's last whole record. Returns the number of the line after it.
fn recover(segment: &mut Segment) -> io::Result<u64> {
    let mut file = File::open(&segment.path)?.take(segment.length);
    let mut magic = [0; MAGIC.len()];
    let found = read_up_to(&mut file, &mut magic)?;
    if found < MAGIC.len() && MAGIC.starts_with(&magic[..found]) {
        segment.length = 0;
        return Ok(segment.first);
    }
    if magic != *MAGIC {
        let words = format!("{} was not written by this version", segment.path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    let mut next = segment.first;
    let mut whole = MAGIC.len() as u64;
    let mut buffer = vec![0; BLOCK];
    let mut filled = 0;
    loop {
        let more = read_up_to(&mut file, &mut buffer[filled..])?;
        filled += more;
        let mut used = 0;
        while let Some((record, length)) = record::first(&buffer[used..filled]) {
            if record.seq != next || !record.is_sound() {
                segment.length = whole;
                return Ok(next);
            }
            used += length;
            whole += length as u64;
            next += 1;
        }
        if more == 0 || used == 0 {
            segment.length = whole;
            return Ok(next);
        }
        buffer.copy_within(used..filled, 0);
        filled -= used;
    }
}

fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Makes a folder, and those above it, that only its owner can enter.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
