//! What the engine says about its own work, kept apart from the services' output: the last lines of
//! it, for whoever looks into a start that does not get on.

use std::collections::VecDeque;

/// Lines that are kept.
const LINES: usize = 200;
/// Bytes of one line that are kept.
const LINE: usize = 2000;

/// The last lines of the engine.
#[derive(Default)]
pub(crate) struct Chatter {
    lines: VecDeque<String>,
}

impl Chatter {
    /// Takes what the engine wrote.
    pub(crate) fn take_in(&mut self, text: &[u8]) {
        for line in plain(&String::from_utf8_lossy(text)).lines() {
            let line = line.trim_end();
            if line.is_empty() {
                continue;
            }
            if self.lines.len() == LINES {
                self.lines.pop_front();
            }
            self.lines.push_back(line[..line.floor_char_boundary(LINE)].to_owned());
        }
    }

    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }
}

/// A text without the sequences that colour it or move a terminal's cursor.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_sequence(&mut letters),
            '\n' | '\t' => out.push(letter),
            '\r' => out.push('\n'),
            _ if letter.is_control() => {}
            _ => out.push(letter),
        }
    }
    out
}

/// Passes over the rest of an escape sequence (ECMA-48).
fn skip_sequence(letters: &mut std::str::Chars<'_>) {
    match letters.next() {
        // A control sequence ends with its final byte.
        Some('[') => {
            letters.find(|l| ('@'..='~').contains(l));
        }
        // A command string ends with BEL or ESC \.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let mut escaped = false;
            letters.find(|l| {
                let ends = *l == '\u{7}' || (escaped && *l == '\\');
                escaped = *l == '\u{1b}';
                ends
            });
        }
        // An intermediate byte has one more behind it.
        Some(' '..='/') => {
            letters.next();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_and_cursor_movements_are_taken_out() {
        let mut chatter = Chatter::default();
        chatter.take_in(
            "\u{1b}[1;32m✔\u{1b}[0m port \u{1b}]8;;x\u{7}5432\u{1b}]8;;\u{1b}\\ ok\r\n".as_bytes(),
        );
        chatter.take_in(b"\x1b[2K\n\n  indented\x1b(B \n");
        assert_eq!(chatter.lines(), ["✔ port 5432 ok", "  indented"]);
    }

    #[test]
    fn only_the_last_lines_are_kept_and_long_ones_are_cut() {
        let mut chatter = Chatter::default();
        for i in 0..LINES + 5 {
            chatter.take_in(format!("line {i}\n").as_bytes());
        }
        chatter.take_in("ä".repeat(5000).as_bytes());
        let lines = chatter.lines();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines[0], "line 6");
        assert_eq!(lines[LINES - 1], "ä".repeat(LINE / 2));
    }

    proptest! {
        #[test]
        fn no_control_character_is_left(text in any::<String>()) {
            let plain = plain(&text);
            prop_assert!(!plain.chars().any(|l| l.is_control() && l != '\n' && l != '\t'));
        }
    }
}
