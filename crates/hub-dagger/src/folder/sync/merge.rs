//! One state out of two, and what each side has to do to get there.

use std::collections::BTreeMap;

use super::{Entry, Tree, TreePath};

/// How the remark in the name of a conflicting version begins.
pub(super) const REMARK: &str = " (conflict from ";
/// Longest name of the common file systems.
const NAME_BYTES: usize = 255;

/// One of the two places that are kept alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The project folder on this machine.
    Here,
    /// The copy in the session.
    There,
}

impl Side {
    const fn words(self) -> &'static str {
        match self {
            Self::Here => "this machine",
            Self::There => "container",
        }
    }
}

/// One thing for one side to do. They are done in their order, all moves of both sides first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Give what lies at `from` another name.
    Move {
        /// Where it lies.
        from: TreePath,
        /// Where nothing lies yet.
        to: TreePath,
    },
    /// Remove this; a folder is empty by then.
    Remove {
        /// Where it lies.
        path: TreePath,
        /// What was seen there.
        seen: Entry,
    },
    /// Make a folder.
    MakeFolder {
        /// Where nothing lies by then.
        path: TreePath,
    },
    /// Get what the other side has at the same place by then.
    Fetch {
        /// The place on both sides.
        path: TreePath,
        /// What arrives.
        new: Entry,
        /// The file or link that was seen there and is replaced.
        replaces: Option<Entry>,
    },
}

/// Something both sides changed differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Where it was.
    pub path: TreePath,
    /// Where the version of `from` is kept.
    pub kept_as: TreePath,
    /// Whose version has got the new name.
    pub from: Side,
}

/// The common state and the ways to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// What both sides have afterwards; the base of the next time.
    pub tree: Tree,
    /// What this machine does.
    pub here: Vec<Step>,
    /// What the session's copy does.
    pub there: Vec<Step>,
    /// What has to be shown to the user.
    pub conflicts: Vec<Conflict>,
}

/// Brings two states together that were `base` once. `stamp` is put into the names of conflicting
/// versions, e.g. `2026-11-24 10.15`.
pub fn merge(base: &Tree, here: &Tree, there: &Tree, stamp: &str) -> Merge {
    let mut merging =
        Merging { sides: [base, here, there], stamp, tree: BTreeMap::new(), conflicts: Vec::new() };
    let mut paths: Vec<&TreePath> = base.keys().chain(here.keys()).chain(there.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        merging.decide(path, base.get(path), here.get(path), there.get(path));
    }
    merging.keep_folders_of_what_stays();
    let steps = |side, state: &Tree| merging.steps(side, state);
    Merge {
        here: steps(Side::Here, here),
        there: steps(Side::There, there),
        tree: merging.tree.iter().map(|(path, kept)| (path.clone(), kept.entry.clone())).collect(),
        conflicts: merging.conflicts,
    }
}

/// Something in the common state.
struct Kept {
    entry: Entry,
    /// The one side that has it, and where it lies there.
    only_at: Option<(Side, TreePath)>,
}

struct Merging<'a> {
    sides: [&'a Tree; 3],
    stamp: &'a str,
    tree: BTreeMap<TreePath, Kept>,
    conflicts: Vec<Conflict>,
}

impl Merging<'_> {
    fn decide(
        &mut self,
        path: &TreePath,
        base: Option<&Entry>,
        here: Option<&Entry>,
        there: Option<&Entry>,
    ) {
        let unchanged = |now: Option<&Entry>| now == base;
        match (here, there) {
            (Some(one), Some(_)) if here == there => self.keep(path, one, None),
            // Whoever changed something is right, be it by a deletion.
            (_, new) if unchanged(here) => self.keep_if_there(path, new, Side::There),
            (new, _) if unchanged(there) => self.keep_if_there(path, new, Side::Here),
            (Some(only), None) => self.keep(path, only, Some(Side::Here)),
            (None, Some(only)) => self.keep(path, only, Some(Side::There)),
            (None, None) => {}
            (Some(ours), Some(theirs)) => self.keep_both(path, ours, theirs),
        }
    }

    fn keep_if_there(&mut self, path: &TreePath, entry: Option<&Entry>, side: Side) {
        if let Some(entry) = entry {
            self.keep(path, entry, Some(side));
        }
    }

    fn keep(&mut self, path: &TreePath, entry: &Entry, only_at: Option<Side>) {
        let only_at = only_at.map(|side| (side, path.clone()));
        self.tree.insert(path.clone(), Kept { entry: entry.clone(), only_at });
    }

    fn keep_both(&mut self, path: &TreePath, ours: &Entry, theirs: &Entry) {
        if ours.says_the_same(theirs) || theirs.is_folder() && ours.is_folder() {
            self.keep(path, ours, Some(Side::Here));
        } else if theirs.is_folder() {
            // A folder keeps its name, as things lie in it.
            self.keep(path, theirs, Some(Side::There));
            self.set_aside(path, ours.clone(), Side::Here);
        } else {
            self.keep(path, ours, Some(Side::Here));
            self.set_aside(path, theirs.clone(), Side::There);
        }
    }

    /// Keeps a version under a name of its own.
    fn set_aside(&mut self, path: &TreePath, entry: Entry, from: Side) {
        let taken = |name: &TreePath| {
            self.tree.contains_key(name) || self.sides.iter().any(|side| side.contains_key(name))
        };
        let mut number = 1;
        let mut kept_as = conflict_name(path, from, self.stamp, number);
        while taken(&kept_as) {
            number += 1;
            kept_as = conflict_name(path, from, self.stamp, number);
        }
        let only_at = Some((from, path.clone()));
        self.tree.insert(kept_as.clone(), Kept { entry, only_at });
        self.conflicts.push(Conflict { path: path.clone(), kept_as, from });
    }

    /// What stays needs its folder, even if one side removed it or put something else in its place.
    fn keep_folders_of_what_stays(&mut self) {
        let mut needed: Vec<TreePath> = self.tree.keys().filter_map(TreePath::parent).collect();
        while let Some(folder) = needed.pop() {
            match self.tree.get(&folder) {
                Some(kept) if kept.entry.is_folder() => continue,
                Some(_leaf) => {
                    if let Some(Kept { entry, only_at: Some((side, _)) }) =
                        self.tree.remove(&folder)
                    {
                        self.set_aside(&folder, entry, side);
                    }
                }
                None => {}
            }
            needed.extend(folder.parent());
            self.tree.insert(folder, Kept { entry: Entry::Folder, only_at: None });
        }
    }

    fn steps(&self, side: Side, state: &Tree) -> Vec<Step> {
        let mut now = state.clone();
        let mut steps = Vec::new();
        for (path, kept) in &self.tree {
            if let Some((owner, from)) = &kept.only_at
                && *owner == side
                && from != path
                && let Some(moved) = now.remove(from)
            {
                now.insert(path.clone(), moved);
                steps.push(Step::Move { from: from.clone(), to: path.clone() });
            }
        }
        // Whatever lies in a folder comes after it, so backwards is from the inside out.
        for (path, seen) in now.iter().rev() {
            let stays = self.tree.get(path).map(|kept| kept.entry.is_folder());
            if stays != Some(seen.is_folder()) {
                steps.push(Step::Remove { path: path.clone(), seen: seen.clone() });
            }
        }
        let differs = |path: &TreePath, entry: &Entry| now.get(path) != Some(entry);
        let new = || self.tree.iter().filter(|(path, kept)| differs(path, &kept.entry));
        for (path, _) in new().filter(|(_, kept)| kept.entry.is_folder()) {
            steps.push(Step::MakeFolder { path: path.clone() });
        }
        for (path, kept) in new().filter(|(_, kept)| !kept.entry.is_folder()) {
            let replaces = now.get(path).filter(|seen| !seen.is_folder()).cloned();
            let new = kept.entry.clone();
            steps.push(Step::Fetch { path: path.clone(), new, replaces });
        }
        steps
    }
}

/// `name (conflict from container, 2026-11-24 10.15).ext`, shortened to what fits into a name.
fn conflict_name(path: &TreePath, from: Side, stamp: &str, number: usize) -> TreePath {
    let name = path.name();
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    let (stem, ending) = name.split_at(dot.unwrap_or(name.len()));
    let number = if number > 1 { format!(" {number}") } else { String::new() };
    let remark = format!("{REMARK}{}, {stamp}{number})", from.words());
    let ending = if ending.len() > 64 { b"" } else { ending };
    let room = NAME_BYTES.saturating_sub(remark.len() + ending.len());
    let mut cut = stem.len().min(room);
    // Not through a character, where the name is text.
    while cut < stem.len() && stem.get(cut).is_some_and(|byte| byte & 0xC0 == 0x80) && cut > 0 {
        cut -= 1;
    }
    path.with_name(&[stem.get(..cut).unwrap_or_default(), remark.as_bytes(), ending].concat())
}

#[cfg(test)]
mod tests;
