//! Merging: its rules one by one, and what holds for any three states.

use super::*;
use proptest::prelude::*;

const STAMP: &str = "2026-11-24 10.15";

fn path(text: &str) -> TreePath {
    TreePath::new(text).unwrap()
}

fn file(content: u8) -> Entry {
    Entry::File { digest: [content; 32], executable: false }
}

fn tree(entries: &[(&str, Entry)]) -> Tree {
    let mut tree: Tree = entries.iter().map(|(at, entry)| (path(at), entry.clone())).collect();
    let folders: Vec<_> = tree.keys().flat_map(ancestors).collect();
    for folder in folders {
        tree.insert(folder, Entry::Folder);
    }
    tree
}

fn ancestors(of: &TreePath) -> Vec<TreePath> {
    std::iter::successors(of.parent(), TreePath::parent).collect()
}

/// Carries out both sides' steps as whoever keeps the folders alike does, and checks each.
fn carry_out(merge: &Merge, here: &Tree, there: &Tree) -> (Tree, Tree) {
    let (mut here, mut there) = (here.clone(), there.clone());
    let moves = |steps: &[Step], state: &mut Tree| {
        for step in steps {
            if let Step::Move { from, to } = step {
                let moved = state.remove(from).unwrap();
                assert!(state.insert(to.clone(), moved).is_none(), "{to:?} was taken");
            }
        }
    };
    moves(&merge.here, &mut here);
    moves(&merge.there, &mut there);
    let (offered_here, offered_there) = (here.clone(), there.clone());
    let rest = |steps: &[Step], state: &mut Tree, other: &Tree| {
        for step in steps {
            match step {
                Step::Move { .. } => {}
                Step::Remove { path, seen } => {
                    assert_eq!(state.remove(path).as_ref(), Some(seen));
                    let inside = state.keys().find(|at| at.parent().as_ref() == Some(path));
                    assert_eq!(inside, None, "{path:?} was not empty");
                }
                Step::MakeFolder { path } => {
                    assert!(state.insert(path.clone(), Entry::Folder).is_none());
                }
                Step::Fetch { path, new, replaces } => {
                    assert_eq!(other.get(path), Some(new), "the other side has it");
                    assert_eq!(state.insert(path.clone(), new.clone()), *replaces);
                }
            }
            for (at, _) in state.iter() {
                let parent =
                    at.parent().is_none_or(|parent| state.get(&parent) == Some(&Entry::Folder));
                assert!(parent || matches!(step, Step::Move { .. }), "{at:?} hangs in the air");
            }
        }
    };
    rest(&merge.here, &mut here, &offered_there);
    rest(&merge.there, &mut there, &offered_here);
    (here, there)
}

fn states() -> impl Strategy<Value = Tree> {
    let places = ["a", "b", "a/x", "a/y", "a/x/p", "b/x", "b/x/q", "c.txt"];
    let what = prop_oneof![
        3 => Just(None),
        3 => (0u8..3).prop_map(|content| Some(file(content))),
        1 => Just(Some(Entry::Folder)),
        1 => (0u8..2).prop_map(|to| Some(Entry::Link { target: vec![to] })),
    ];
    proptest::collection::vec(what, places.len()).prop_map(move |entries| {
        let mut tree = Tree::new();
        for (at, entry) in places.iter().zip(entries) {
            // What lies in something that is no folder is not there.
            let proper = ancestors(&path(at)).iter().all(|up| tree.get(up) == Some(&Entry::Folder));
            if let Some(entry) = entry.filter(|_| proper) {
                tree.insert(path(at), entry);
            }
        }
        tree
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_sides_end_alike(base in states(), here in states(), there in states()) {
        let merge = merge(&base, &here, &there, STAMP);
        let (after_here, after_there) = carry_out(&merge, &here, &there);
        prop_assert_eq!(&after_here, &merge.tree);
        prop_assert_eq!(&after_there, &merge.tree);
    }

    /// Whatever somebody made or changed is there afterwards, in its place or set aside from it.
    #[test]
    fn nothing_made_or_changed_is_lost(base in states(), here in states(), there in states()) {
        let merge = merge(&base, &here, &there, STAMP);
        for side in [&here, &there] {
            for (at, entry) in side.iter().filter(|(at, entry)| base.get(*at) != Some(*entry)) {
                let aside = merge.conflicts.iter().filter(|conflict| conflict.path == *at);
                let mut places = aside.map(|conflict| &conflict.kept_as).chain([at]);
                let kept = places.any(|place| {
                    merge.tree.get(place).is_some_and(|kept| kept.says_the_same(entry))
                });
                prop_assert!(kept, "{at:?} {entry:?} is gone");
            }
        }
    }

    /// What one side removed and the other left as it was is gone, unless something new lies in it.
    #[test]
    fn what_was_removed_stays_removed(base in states(), here in states(), there in states()) {
        let merge = merge(&base, &here, &there, STAMP);
        for (at, entry) in &base {
            let (ours, theirs) = (here.get(at), there.get(at));
            let removed = (ours.is_none() && theirs == Some(entry))
                || (theirs.is_none() && ours == Some(entry))
                || (ours.is_none() && theirs.is_none());
            let holds = merge.tree.keys().any(|inside| inside.parent().as_ref() == Some(at));
            prop_assert!(!removed || holds || !merge.tree.contains_key(at), "{at:?} came back");
        }
    }

    #[test]
    fn what_is_alike_is_left_alone(base in states(), both in states()) {
        let merge = merge(&base, &both, &both, STAMP);
        prop_assert_eq!(&merge.tree, &both);
        prop_assert!(merge.here.is_empty() && merge.there.is_empty() && merge.conflicts.is_empty());
    }

    #[test]
    fn a_side_that_did_nothing_gets_what_the_other_did(base in states(), other in states()) {
        let forth = merge(&base, &base, &other, STAMP);
        prop_assert_eq!(&forth.tree, &other);
        prop_assert!(forth.there.is_empty() && forth.conflicts.is_empty());
        let back = merge(&base, &other, &base, STAMP);
        prop_assert_eq!(&back.tree, &other);
        prop_assert!(back.here.is_empty() && back.conflicts.is_empty());
    }
}

#[test]
fn what_both_changed_is_kept_twice_and_named() {
    let base = tree(&[("notes/plan.md", file(0))]);
    let here = tree(&[("notes/plan.md", file(1))]);
    let there = tree(&[("notes/plan.md", file(2))]);
    let merge = merge(&base, &here, &there, STAMP);
    let aside = path("notes/plan (conflict from container, 2026-11-24 10.15).md");
    assert_eq!(merge.tree.get(&path("notes/plan.md")), Some(&file(1)));
    assert_eq!(merge.tree.get(&aside), Some(&file(2)));
    assert_eq!(
        merge.conflicts,
        [Conflict { path: path("notes/plan.md"), kept_as: aside, from: Side::There }]
    );
}

#[test]
fn an_edit_wins_over_a_deletion() {
    let base = tree(&[("a", file(0)), ("b", file(0))]);
    let here = tree(&[("a", file(1))]);
    let there = tree(&[("b", file(2))]);
    let merge = merge(&base, &here, &there, STAMP);
    assert_eq!(merge.tree, tree(&[("a", file(1)), ("b", file(2))]));
    assert!(merge.conflicts.is_empty());
}

#[test]
fn a_folder_stays_for_what_was_put_into_it_meanwhile() {
    let base = tree(&[("src/old", file(0))]);
    let here = Tree::new();
    let there = tree(&[("src/old", file(0)), ("src/new", file(1))]);
    let merge = merge(&base, &here, &there, STAMP);
    assert_eq!(merge.tree, tree(&[("src/new", file(1))]));
}

#[test]
fn a_file_gives_way_to_a_folder_of_its_name() {
    let here = tree(&[("build", file(1))]);
    let there = tree(&[("build/out", file(2))]);
    let merge = merge(&Tree::new(), &here, &there, STAMP);
    let aside = path("build (conflict from this machine, 2026-11-24 10.15)");
    assert_eq!(merge.tree.get(&aside), Some(&file(1)));
    assert_eq!(merge.tree.get(&path("build/out")), Some(&file(2)));
}

#[test]
fn names_of_conflicts_fit_and_never_hit_another() {
    let long = path(&format!("{}.txt", "ü".repeat(125)));
    let name = conflict_name(&long, Side::There, STAMP, 1);
    assert!(name.as_bytes().len() <= 255 && std::str::from_utf8(name.as_bytes()).is_ok());
    assert!(name.as_bytes().ends_with(b"10.15).txt"));
    let hidden = conflict_name(&path(".env"), Side::There, STAMP, 1);
    assert_eq!(hidden, path(".env (conflict from container, 2026-11-24 10.15)"));
    let taken = "a (conflict from container, 2026-11-24 10.15)";
    let here = tree(&[("a", file(1)), (taken, file(9))]);
    let there = tree(&[("a", file(2))]);
    let merge = merge(&Tree::new(), &here, &there, STAMP);
    let second = path("a (conflict from container, 2026-11-24 10.15 2)");
    assert_eq!(merge.tree.get(&second), Some(&file(2)));
    assert_eq!(merge.tree.get(&path(taken)), Some(&file(9)));
}
