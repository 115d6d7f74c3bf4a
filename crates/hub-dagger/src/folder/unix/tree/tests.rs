//! Any requests in any order: nothing outside the folder changes or is told, and nothing inside a
//! folder that is given read-only.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use tokio_util::bytes::Bytes;

const SECRET: &str = "what lies outside";
/// A name beside the folder that no request ever says.
const NEIGHBOUR: &str = "neighbour";

/// A folder to share, with ways out of it, and something outside.
fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    let project = world.path().join("project");
    fs::create_dir_all(project.join("sub")).unwrap();
    fs::create_dir(world.path().join("outside")).unwrap();
    fs::write(world.path().join(NEIGHBOUR), "").unwrap();
    fs::write(world.path().join("outside/secret"), SECRET).unwrap();
    fs::write(project.join("file"), "inside").unwrap();
    symlink("../outside", project.join("out")).unwrap();
    symlink("../outside/secret", project.join("leak")).unwrap();
    symlink(world.path().join("outside/secret"), project.join("absolute")).unwrap();
    symlink("..", project.join("up")).unwrap();
    world
}

/// Everything that can be seen of a folder from the system.
fn picture(of: &Path) -> Vec<(String, u32, i64, u64, Vec<u8>)> {
    let mut seen = Vec::new();
    let mut folders = vec![of.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let about = fs::symlink_metadata(&path).unwrap();
            let content = if about.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            if about.is_dir() {
                folders.push(path.clone());
            }
            let name = path.display().to_string();
            seen.push((name, about.mode(), about.mtime(), about.nlink(), content));
        }
    }
    seen.sort();
    seen
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "file", "sub", "new", "out", "leak", "absolute", "up", "secret", "outside", "..", ".", "",
        "project", "planted",
    ];
    let name = proptest::sample::select(names.to_vec());
    (any::<bool>(), proptest::collection::vec(name, 1..5)).prop_map(|(absolute, names)| {
        let path = names.join("/");
        if absolute { format!("/{path}").into_bytes() } else { path.into_bytes() }
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let some = |value: u32| proptest::option::of(Just(value));
    (some(3), some(0o4777), some(77)).prop_map(|(size, mode, times)| Attributes {
        size: size.map(u64::from),
        owner: None,
        mode,
        times: times.map(|time| (time, time)),
    })
}

fn request() -> impl Strategy<Value = Request> {
    let handle = 1u64..6;
    prop_oneof![
        (path(), 0u32..64, attributes()).prop_map(|(path, flags, attributes)| Request::Open {
            path,
            flags: OpenFlags(flags),
            attributes
        }),
        handle.clone().prop_map(|handle| Request::Write {
            handle,
            offset: 1,
            data: Bytes::from_static(b"written")
        }),
        handle.clone().prop_map(|handle| Request::Read { handle, offset: 0, length: 100 }),
        handle.clone().prop_map(|handle| Request::ReadDir { handle }),
        (handle.clone(), attributes())
            .prop_map(|(handle, attributes)| Request::FSetStat { handle, attributes }),
        handle.prop_map(|handle| Request::Close { handle }),
        (path(), attributes()).prop_map(|(path, attributes)| Request::SetStat { path, attributes }),
        (path(), attributes())
            .prop_map(|(path, attributes)| Request::LSetStat { path, attributes }),
        (path(), attributes()).prop_map(|(path, attributes)| Request::MakeDir { path, attributes }),
        path().prop_map(|path| Request::OpenDir { path }),
        path().prop_map(|path| Request::Stat { path }),
        path().prop_map(|path| Request::Remove { path }),
        path().prop_map(|path| Request::RemoveDir { path }),
        (path(), path()).prop_map(|(from, to)| Request::Rename { from, to }),
        (path(), path()).prop_map(|(from, to)| Request::Replace { from, to }),
        (path(), path()).prop_map(|(from, to)| Request::HardLink { from, to }),
        (path(), path()).prop_map(|(target, link)| Request::Symlink { target, link }),
    ]
}

fn share(world: &Path, read_only: bool) -> Tree {
    Tree::open(&FolderShare { root: world.join("project"), read_only }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_outside_is_changed_or_told(requests in proptest::collection::vec(request(), 1..40)) {
        let world = world();
        let outside = world.path().join("outside");
        let before = picture(&outside);
        let tree = share(world.path(), false);
        for request in requests {
            let reply = tree.answer(request.clone());
            if let Reply::Data(data) = &reply {
                prop_assert!(!SECRET.as_bytes().starts_with(&data[..data.len().min(5)]), "{request:?}");
            }
            if let Reply::Names(names) = &reply {
                prop_assert!(names.iter().all(|entry| entry.name != NEIGHBOUR.as_bytes()), "{request:?}");
            }
        }
        prop_assert_eq!(picture(&outside), before);
        let mut names: Vec<_> =
            fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        prop_assert_eq!(names, [NEIGHBOUR, "outside", "project"]);
    }

    #[test]
    fn nothing_inside_is_changed_when_it_is_read_only(requests in proptest::collection::vec(request(), 1..40)) {
        let world = world();
        let before = picture(world.path());
        let tree = share(world.path(), true);
        for request in requests {
            tree.answer(request);
        }
        prop_assert_eq!(picture(world.path()), before);
    }
}

#[test]
fn a_mount_holds_a_bounded_number_of_files_open() {
    let world = world();
    let tree = share(world.path(), true);
    let open = || {
        tree.answer(Request::Open {
            path: b"file".to_vec(),
            flags: OpenFlags(OpenFlags::READ),
            attributes: Attributes::default(),
        })
    };
    for _ in 0..MOST {
        assert!(matches!(open(), Reply::Handle(_)));
    }
    assert!(matches!(open(), Reply::Status(Status::Failure, _)));
    assert_eq!(tree.answer(Request::Close { handle: 7 }), Reply::ok());
    assert!(matches!(open(), Reply::Handle(_)));
    assert!(matches!(tree.answer(Request::Close { handle: 7 }), Reply::Status(Status::Failure, _)));
}
