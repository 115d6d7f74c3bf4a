//! The project folder and its copy kept alike, with the real agent as a program of this machine: both
//! ways, conflicts, what must never be taken for a deletion, and odd content.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "folder_sync/acts.rs"]
mod acts;
#[path = "folder_sync/pair.rs"]
mod pair;
mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use hub_dagger::folder::sync::{Begin, ScanBounds, Told};
use pair::{Pair, content, same};
use proptest::prelude::ProptestConfig;
use support::{has_program, skipped};

/// Does the rest of a test only where there is a Python.
macro_rules! with_python {
    () => {
        if !has_program("python3") {
            return;
        }
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_either_side_arrives_on_the_other() {
    with_python!();
    let mut pair = Pair::new();
    fs::create_dir_all(pair.here("src/deep")).unwrap();
    fs::write(pair.here("src/deep/a"), "a").unwrap();
    fs::write(pair.here("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(pair.here("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    pair.begin().await;
    assert_eq!(content(&pair.there("src/deep/a")).as_deref(), Some("a"));
    let running = pair.keep();
    pair.until_alike().await;

    fs::write(pair.there("from the container"), "1").unwrap();
    fs::write(pair.here("from the user"), "2").unwrap();
    pair.until("both arrive", |pair| {
        content(&pair.here("from the container")).as_deref() == Some("1")
            && content(&pair.there("from the user")).as_deref() == Some("2")
    })
    .await;
    fs::write(pair.there("src/deep/a"), "changed there").unwrap();
    fs::remove_file(pair.here("from the container")).unwrap();
    fs::remove_dir_all(pair.there("src")).unwrap();
    fs::create_dir(pair.there("new folder")).unwrap();
    symlink("run.sh", pair.there("link")).unwrap();
    fs::set_permissions(pair.here("run.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    pair.until("all of it arrives", |pair| {
        !pair.there("from the container").exists()
            && !pair.here("src").exists()
            && pair.here("new folder").is_dir()
            && fs::read_link(pair.here("link")).is_ok_and(|target| target == Path::new("run.sh"))
            && fs::metadata(pair.there("run.sh")).unwrap().permissions().mode() & 0o111 == 0
    })
    .await;
    pair.end(running).await;
    assert!(pair.told().is_empty(), "{:?}", pair.told());
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_sides_changed_is_kept_twice_and_told() {
    with_python!();
    let mut pair = Pair::new();
    fs::write(pair.here("notes.txt"), "old").unwrap();
    fs::write(pair.here("gone.txt"), "old").unwrap();
    pair.begin().await;
    fs::write(pair.here("notes.txt"), "the user's").unwrap();
    fs::write(pair.there("notes.txt"), "the container's").unwrap();
    // A deletion never wins over an edit.
    fs::remove_file(pair.here("gone.txt")).unwrap();
    fs::write(pair.there("gone.txt"), "edited").unwrap();
    pair.round().await;
    same(&pair);
    assert_eq!(content(&pair.here("notes.txt")).as_deref(), Some("the user's"));
    assert_eq!(content(&pair.here("gone.txt")).as_deref(), Some("edited"));
    let told = pair.told();
    let [Told::Conflict(conflict), Told::Conflicts(open)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(open[..], *std::slice::from_ref(&conflict.kept_as));
    let kept = conflict.kept_as.display();
    assert!(kept.starts_with("notes (conflict from container, "), "{kept}");
    assert_eq!(content(&pair.here(&kept)).as_deref(), Some("the container's"));
    fs::remove_file(pair.here(&kept)).unwrap();
    pair.round().await;
    assert_eq!(pair.told().last(), Some(&Told::Conflicts(Vec::new())), "the user is done with it");
    same(&pair);
}

/// The most important of all: an engine that was killed has lost the copy.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_came_up_empty_deletes_nothing_of_the_users() {
    with_python!();
    let mut pair = Pair::new();
    for n in 0..50 {
        fs::write(pair.here(&format!("file {n}")), n.to_string()).unwrap();
    }
    pair.begin().await;
    pair.lose_copy();
    pair.begin().await;
    assert_eq!(fs::read_dir(pair.here("")).unwrap().count(), 50);
    same(&pair);

    // Emptied by somebody, mark and all else in place: it is not believed either.
    for n in 0..50 {
        fs::remove_file(pair.there(&format!("file {n}"))).unwrap();
    }
    pair.round().await;
    assert_eq!(fs::read_dir(pair.here("")).unwrap().count(), 50);
    same(&pair);
    assert!(matches!(&pair.told()[..], [Told::Refilled(_)]), "{:?}", pair.told());

    // Lost, and partly filled by somebody else meanwhile.
    pair.lose_copy();
    fs::write(pair.there("file 7"), "another").unwrap();
    pair.begin().await;
    assert_eq!(fs::read_dir(pair.here("")).unwrap().count(), 51);
    assert_eq!(content(&pair.here("file 7")).as_deref(), Some("7"));
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_while_nobody_looked_is_known_by_the_last_common_state() {
    with_python!();
    let mut pair = Pair::new();
    for name in ["edited", "removed", "edited there", "removed there"] {
        fs::write(pair.here(name), "old").unwrap();
    }
    pair.begin().await;
    pair.forget();
    fs::write(pair.here("edited"), "new").unwrap();
    fs::remove_file(pair.here("removed")).unwrap();
    fs::write(pair.there("edited there"), "new").unwrap();
    fs::remove_file(pair.there("removed there")).unwrap();
    pair.begin().await;
    same(&pair);
    assert_eq!(content(&pair.there("edited")).as_deref(), Some("new"));
    assert_eq!(content(&pair.here("edited there")).as_deref(), Some("new"));
    assert!(!pair.there("removed").exists() && !pair.here("removed there").exists());
    assert!(pair.told().is_empty(), "{:?}", pair.told());

    // Without it nothing is known, and so nothing is deleted.
    pair.forget();
    fs::remove_file(pair.state()).unwrap();
    fs::remove_file(pair.there("edited")).unwrap();
    fs::write(pair.there("edited there"), "newer").unwrap();
    pair.begin().await;
    same(&pair);
    assert_eq!(content(&pair.here("edited")).as_deref(), Some("new"));
    assert_eq!(content(&pair.here("edited there")).as_deref(), Some("new"));
    assert!(matches!(pair.told()[0], Told::Conflict(_)), "{:?}", pair.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_vanishes_deletes_nothing_and_is_told() {
    with_python!();
    let mut pair = Pair::new();
    fs::write(pair.here("kept"), "kept").unwrap();
    pair.begin().await;
    let running = pair.keep();
    let away = pair.here("").with_extension("away");
    fs::rename(pair.here(""), &away).unwrap();
    pair.until("it is told", |pair| {
        pair.told()
            .iter()
            .any(|told| matches!(told, Told::Trouble(text) if text.contains("nothing is deleted")))
    })
    .await;
    assert_eq!(content(&pair.there("kept")).as_deref(), Some("kept"));
    fs::write(pair.there("meanwhile"), "there").unwrap();
    fs::rename(&away, pair.here("")).unwrap();
    pair.until("it is synced again", |pair| pair.here("meanwhile").exists()).await;
    pair.until("that is told", |pair| pair.told().contains(&Told::Solved)).await;
    pair.end(running).await;
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_and_kinds_go_both_ways() {
    with_python!();
    let mut pair = Pair::new();
    let names: [&[u8]; 8] = [
        b"line\nbreak",
        "émoji 🚀".as_bytes(),
        b"b\xff\xfed",
        b"-dash",
        b" ",
        b"a\\b",
        b"\"'`$",
        b"...",
    ];
    let long = "n".repeat(255);
    let fill = |root: std::path::PathBuf, word: &str| {
        for name in names.iter().copied().chain([long.as_bytes()]) {
            let folder = root.join(word).join(OsStr::from_bytes(name));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(OsStr::from_bytes(name)), word).unwrap();
            symlink(OsStr::from_bytes(name), folder.join("link")).unwrap();
        }
        fs::write(root.join(word).join("nothing in it"), "").unwrap();
        symlink("/etc/passwd", root.join(word).join("out")).unwrap();
        symlink("..", root.join(word).join("circle")).unwrap();
        symlink("nowhere", root.join(word).join("dangling")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, root.join(word).join("pipe"), 0o600.into()).unwrap();
    };
    fill(pair.here(""), "here");
    fill(pair.there(""), "there");
    pair.begin().await;
    assert!(!pair.there("here/pipe").exists(), "pipes are nobody's work");
    fs::remove_file(pair.here("here/pipe")).unwrap();
    fs::remove_file(pair.there("there/pipe")).unwrap();
    same(&pair);
    assert!(pair.told().is_empty(), "{:?}", pair.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_leads_out_of_the_folder() {
    with_python!();
    let mut pair = Pair::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    fs::create_dir(pair.here("data")).unwrap();
    fs::write(pair.here("data/file"), "old").unwrap();
    pair.begin().await;
    // The container makes a link of the folder, and in its copy of the target something to be written.
    fs::remove_dir_all(pair.there("data")).unwrap();
    symlink(outside.path(), pair.there("data")).unwrap();
    pair.round().await;
    assert_eq!(fs::read_link(pair.here("data")).unwrap(), outside.path());
    fs::write(pair.here("data/new"), "through the link, by the user").unwrap();
    pair.round().await;
    pair.round().await;
    assert_eq!(content(&outside.path().join("secret")).as_deref(), Some("secret"));
    assert!(!pair.here("secret").exists() && !pair.there("secret").exists());
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_and_many_small_ones_arrive_whole() {
    with_python!();
    let mut pair = Pair::new();
    let mut large = vec![7; 200 << 20];
    for (n, at) in (0..large.len()).step_by(4_096).enumerate() {
        large[at..at + 8].copy_from_slice(&n.to_be_bytes());
    }
    fs::write(pair.here("large"), &large).unwrap();
    for n in 0..20_000 {
        let folder = pair.here(&format!("{}", n / 100));
        if n % 100 == 0 {
            fs::create_dir(&folder).unwrap();
        }
        fs::write(folder.join(n.to_string()), n.to_string().repeat(20)).unwrap();
    }
    let began = std::time::Instant::now();
    pair.begin().await;
    println!("20,000 files and 200 MB were there after {:?}", began.elapsed());
    assert!(fs::read(pair.there("large")).unwrap() == large);
    let began = std::time::Instant::now();
    pair.round().await;
    println!("a round in which nothing is to be done took {:?}", began.elapsed());
    same(&pair);
    fs::rename(pair.there("large"), pair.there("renamed")).unwrap();
    pair.round().await;
    same(&pair);
}

/// Whatever both sides do, while it is being synced or in between: afterwards they are alike, and every
/// text that somebody wrote last somewhere, or that the other side did not see, is still there.
#[test]
fn nothing_written_on_either_side_is_lost() {
    with_python!();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config =
        ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    proptest::proptest!(config, |(turns in proptest::collection::vec(acts::turn(), 1..8))| {
        runtime.block_on(async {
            let mut pair = Pair::new();
            pair.begin().await;
            let mut number = 0;
            for turn in turns {
                let mut written = acts::Written::default();
                for act in &turn.acts {
                    number += 1;
                    act.carry_out(&pair, number, &mut written);
                }
                // Somebody writes in the middle of a round too.
                let in_between = turn.acts.len() % 2 == 0;
                if in_between {
                    let root = pair.here("");
                    let (round, ()) = tokio::join!(pair.try_round(), async {
                        tokio::task::spawn_blocking(move || fs::write(root.join("between"), "b"))
                            .await.unwrap().unwrap();
                    });
                    round.unwrap();
                }
                if turn.forgets {
                    pair.forget();
                    pair.begin().await;
                }
                for _ in 0..3 {
                    pair.round().await;
                }
                same(&pair);
                let texts: Vec<_> = pair::state(&pair.here("")).into_values().collect();
                for text in written.texts() {
                    let whole = [&[0], text.as_bytes()].concat();
                    assert!(texts.contains(&whole), "{text} is lost");
                }
            }
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_read_only_follows_and_is_never_followed() {
    with_python!();
    let mut pair = Pair::one_way();
    fs::write(pair.here("a"), "a").unwrap();
    fs::write(pair.here("b"), "b").unwrap();
    pair.begin().await;
    same(&pair);
    // Not even what somebody managed to change in the copy comes back.
    fs::write(pair.there("a"), "changed").unwrap();
    fs::write(pair.there("stray"), "stray").unwrap();
    fs::remove_file(pair.here("b")).unwrap();
    pair.round().await;
    same(&pair);
    assert_eq!(content(&pair.here("a")).as_deref(), Some("a"));
    assert_eq!(fs::read_dir(pair.here("")).unwrap().count(), 1);
    fs::remove_file(pair.here("a")).unwrap();
    pair.round().await;
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_left_alone_on_both_sides() {
    with_python!();
    if rustix::process::geteuid().is_root() {
        skipped("root can read everything");
        return;
    }
    let mut pair = Pair::new();
    fs::create_dir(pair.here("closed")).unwrap();
    fs::write(pair.here("closed/in it"), "1").unwrap();
    fs::write(pair.here("file"), "1").unwrap();
    pair.begin().await;
    for name in ["closed", "file"] {
        fs::set_permissions(pair.here(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    fs::write(pair.here("other"), "2").unwrap();
    pair.round().await;
    assert_eq!(content(&pair.there("closed/in it")).as_deref(), Some("1"));
    assert_eq!(content(&pair.there("file")).as_deref(), Some("1"));
    assert_eq!(content(&pair.there("other")).as_deref(), Some("2"), "all else goes on");
    assert_eq!(pair.told().len(), 2, "{:?}", pair.told());
    for name in ["closed", "file"] {
        fs::set_permissions(pair.here(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    pair.round().await;
    assert_eq!(pair.told().last(), Some(&Told::Solved));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_told() {
    with_python!();
    let Some(mut pair) = Pair::with_small_copy() else {
        skipped("no file system can be mounted here");
        return;
    };
    fs::write(pair.here("small"), "small").unwrap();
    pair.begin().await;
    fs::write(pair.here("large"), vec![1; 8 << 20]).unwrap();
    fs::write(pair.here("tiny"), "tiny").unwrap();
    pair.round().await;
    assert_eq!(content(&pair.there("small")).as_deref(), Some("small"));
    assert!(pair.here("large").exists() && !pair.there("large").exists());
    let told = pair.told();
    assert!(matches!(&told[..], [Told::Trouble(text)] if text.contains("large")), "{told:?}");
    pair.round().await;
    assert_eq!(pair.told().len(), 1, "it is told once");
    fs::write(pair.here("large"), "not any more").unwrap();
    pair.round().await;
    same(&pair);
    assert_eq!(pair.told().last(), Some(&Told::Solved));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_more_than_it_may_hold_is_refused() {
    with_python!();
    let mut pair = Pair::new();
    pair.bounds = ScanBounds { entries: 10, bytes: 1 << 20 };
    for n in 0..11 {
        fs::write(pair.here(&n.to_string()), "").unwrap();
    }
    assert!(matches!(pair.try_begin().await, Err(Begin::TooMuch(_))));
    for n in 5..11 {
        fs::remove_file(pair.here(&n.to_string())).unwrap();
    }
    pair.begin().await;
    // Too much on the other side: nothing is touched there.
    for n in 0..20 {
        fs::write(pair.there(&format!("there {n}")), "").unwrap();
    }
    assert!(matches!(pair.try_round().await, Err(Begin::TooMuch(_))));
    assert_eq!(fs::read_dir(pair.here("")).unwrap().count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_hub_left_half_written_is_cleared() {
    with_python!();
    let mut pair = Pair::new();
    fs::create_dir(pair.here("sub")).unwrap();
    fs::write(pair.here("sub/.cchub-sync-1-1"), "half").unwrap();
    fs::write(pair.there(".cchub-sync-2-2"), "half").unwrap();
    pair.begin().await;
    assert!(!pair.here("sub/.cchub-sync-1-1").exists());
    assert!(!pair.there(".cchub-sync-2-2").exists());
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_not_the_key_is_not_served() {
    with_python!();
    let mut pair = Pair::new();
    fs::write(pair.here("a"), "a").unwrap();
    pair.begin().await;
    assert!(pair.connect_with("another key").await.is_err());
    // And whoever has it takes the place of an earlier connection.
    pair.begin().await;
    fs::write(pair.here("b"), "b").unwrap();
    pair.round().await;
    same(&pair);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_and_permissions_are_kept_where_they_can_be() {
    with_python!();
    let mut pair = Pair::new();
    fs::write(pair.here("private"), "1").unwrap();
    fs::set_permissions(pair.here("private"), fs::Permissions::from_mode(0o600)).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(100_000);
    fs::File::options()
        .write(true)
        .open(pair.here("private"))
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    pair.begin().await;
    let modified = |path| fs::metadata(path).unwrap().modified().unwrap();
    assert_eq!(modified(pair.there("private")), modified(pair.here("private")));
    fs::write(pair.there("private"), "2").unwrap();
    pair.round().await;
    assert_eq!(content(&pair.here("private")).as_deref(), Some("2"));
    assert_eq!(fs::metadata(pair.here("private")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(modified(pair.there("private")), modified(pair.here("private")));
}
