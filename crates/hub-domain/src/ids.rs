//! Identity of a project: short, stable, safe in file names, container names and URLs.

use std::fmt;

/// Identity of a registered project: 8 to 32 characters out of `a-z0-9`, starting with a letter.
///
/// It names the project's folder in the Hub home, so it never changes and is never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(String);

/// A text that is not a project id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a project id is 8 to 32 characters out of a-z and 0-9, starting with a letter")]
pub struct InvalidId;

impl ProjectId {
    /// Letters an id is made of; the first ten may not start one.
    const ALPHABET: &'static [u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

    /// Reads an id.
    ///
    /// # Errors
    /// [`InvalidId`] when the text has another shape.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (8..=32).contains(&text.len())
            && text.bytes().all(|b| Self::ALPHABET.contains(&b))
            && text.starts_with(|c: char| c.is_ascii_lowercase());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
    }

    /// Makes an id of ten characters (about 50 bits) from random bytes.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let text = bytes
            .iter()
            .enumerate()
            .map(|(i, b)| {
                let letters = if i == 0 { &Self::ALPHABET[10..] } else { &Self::ALPHABET[..] };
                char::from(letters[usize::from(*b) % letters.len()])
            })
            .collect();
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
