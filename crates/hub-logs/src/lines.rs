//! Cuts what a service writes into lines. The result depends on the bytes alone, never on how they
//! were chopped when they arrived.

/// Most bytes of one line's text. Longer lines are cut into several.
pub(crate) const MAX: usize = 64 * 1024;

/// The unfinished line of one stream.
#[derive(Default)]
pub(crate) struct Assembler {
    rest: Vec<u8>,
}

impl Assembler {
    /// Takes bytes and hands out every line that is complete with them.
    pub(crate) fn push(&mut self, mut bytes: &[u8], out: &mut impl FnMut(&str)) {
        while let Some(at) = bytes.iter().position(|b| *b == b'\n') {
            if self.rest.is_empty() {
                finish(&bytes[..at], out);
            } else {
                self.rest.extend_from_slice(&bytes[..at]);
                finish(&self.rest, out);
                self.rest.clear();
            }
            bytes = &bytes[at + 1..];
            // One huge line must not hold its memory for ever.
            self.rest.shrink_to(MAX);
        }
        // In portions, so that a huge write is not held twice.
        for portion in bytes.chunks(MAX) {
            self.rest.extend_from_slice(portion);
            // One byte more than a full line may still be the \r of its end.
            while self.rest.len() > MAX + 1 {
                let cut = boundary(&self.rest);
                emit(&self.rest[..cut], out);
                self.rest.drain(..cut);
            }
        }
    }

    /// Hands out the unfinished line, if any.
    pub(crate) fn end(&mut self, out: &mut impl FnMut(&str)) {
        if !self.rest.is_empty() {
            finish(&self.rest, out);
            self.rest.clear();
        }
    }
}

/// A whole line without its `\n`.
fn finish(line: &[u8], out: &mut impl FnMut(&str)) {
    let mut line = line.strip_suffix(b"\r").unwrap_or(line);
    while line.len() > MAX {
        let cut = boundary(line);
        emit(&line[..cut], out);
        line = &line[cut..];
    }
    emit(line, out);
}

/// Where to cut a line that is too long: not within a character.
fn boundary(line: &[u8]) -> usize {
    let continues = |at: usize| line[at] & 0b1100_0000 == 0b1000_0000;
    // A character has at most three bytes after its first; more of them are no character anyway.
    (MAX - 3..=MAX).rev().find(|at| !continues(*at)).unwrap_or(MAX)
}

/// Hands out a piece of a line as text; each byte that is not UTF-8 may grow to three.
fn emit(piece: &[u8], out: &mut impl FnMut(&str)) {
    let text = String::from_utf8_lossy(piece);
    let mut text = text.as_ref();
    while text.len() > MAX {
        let cut = (MAX - 3..=MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(MAX);
        out(&text[..cut]);
        text = &text[cut..];
    }
    out(text);
}
