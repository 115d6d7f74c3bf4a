//! What users and containers do to a folder, by chance.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::pair::Pair;

const PLACES: [&str; 7] = ["a", "b", "d/x", "d/y", "d/e/z", "f/x", "f"];

/// One thing that one side does.
#[derive(Clone, Debug)]
pub struct Act {
    there: bool,
    place: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Write,
    Remove,
    MakeFolder,
    Rename(usize),
}

/// What happens between two moments in which everything is alike.
#[derive(Clone, Debug)]
pub struct Turn {
    pub acts: Vec<Act>,
    pub forgets: bool,
}

pub fn turn() -> impl Strategy<Value = Turn> {
    let what = prop_oneof![
        5 => Just(What::Write),
        2 => Just(What::Remove),
        1 => Just(What::MakeFolder),
        2 => (0..PLACES.len()).prop_map(What::Rename),
    ];
    let act = (any::<bool>(), 0..PLACES.len(), what).prop_map(|(there, place, what)| Act {
        there,
        place,
        what,
    });
    (proptest::collection::vec(act, 1..8), any::<bool>())
        .prop_map(|(acts, forgets)| Turn { acts, forgets })
}

/// Texts that were written in a turn, by side and place, and not removed or replaced by that side itself.
#[derive(Default)]
pub struct Written(BTreeMap<PathBuf, String>);

impl Written {
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        self.0.values()
    }

    fn forget(&mut self, path: &Path) {
        self.0.retain(|at, _| !at.starts_with(path));
    }
}

impl Act {
    pub fn carry_out(&self, pair: &Pair, number: u32, written: &mut Written) {
        let at = |place: usize| {
            let place = PLACES[place];
            if self.there { pair.there(place) } else { pair.here(place) }
        };
        let path = at(self.place);
        match self.what {
            What::Write => {
                let text = format!("text {number}");
                let made = path.parent().is_none_or(|folder| fs::create_dir_all(folder).is_ok());
                if made && fs::write(&path, &text).is_ok() {
                    written.0.insert(path, text);
                }
            }
            What::Remove => {
                drop(fs::remove_file(&path));
                drop(fs::remove_dir_all(&path));
                written.forget(&path);
            }
            What::MakeFolder => drop(fs::create_dir_all(&path)),
            What::Rename(to) => {
                let to = at(to);
                if to != path && !to.starts_with(&path) && fs::rename(&path, &to).is_ok() {
                    written.forget(&to);
                    let moved: Vec<_> =
                        written.0.keys().filter(|at| at.starts_with(&path)).cloned().collect();
                    for from in moved {
                        let rest = from.strip_prefix(&path).unwrap();
                        let new =
                            if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                        let text = written.0.remove(&from).unwrap();
                        written.0.insert(new, text);
                    }
                }
            }
        }
    }
}
