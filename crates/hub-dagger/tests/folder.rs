//! The shared folder through real clients: `sshfs` mounts it, `sftp` asks for what it must not get.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hub_dagger::folder::FolderShare;
use support::{BOUND, Bench, eventually, has_program, skipped, start};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::timeout;

/// A folder, the gateway that shares it, and a mount of it.
struct Mounted {
    project: TempDir,
    at: TempDir,
    bench: Bench,
    client: Child,
}

impl Mounted {
    /// Nothing if this machine cannot mount, which is then said.
    async fn new(read_only: bool) -> Option<Self> {
        Self::with(read_only, |_project| {}).await
    }

    async fn with(read_only: bool, prepare: impl FnOnce(&Path)) -> Option<Self> {
        if !has_program("sshfs") || !has_program("fusermount3") {
            return None;
        }
        if fs::OpenOptions::new().read(true).write(true).open("/dev/fuse").is_err() {
            skipped("/dev/fuse cannot be opened here");
            return None;
        }
        let project = tempfile::tempdir().unwrap();
        prepare(project.path());
        let root = project.path().to_owned();
        let bench = Bench::new(&[], Some(FolderShare { root, read_only })).await;
        let at = tempfile::tempdir().unwrap();
        let mut words = ["sshfs", "-f", "-p"].map(str::to_owned).to_vec();
        words.push(bench.files.port.to_string());
        for pair in bench.ssh_options().chunks(2) {
            words.extend(match pair[0].as_str() {
                "-i" => ["-o".to_owned(), format!("IdentityFile={}", pair[1])],
                "-F" => [pair[0].clone(), "/dev/null".to_owned()],
                _ => [pair[0].clone(), pair[1].clone()],
            });
        }
        // What is looked up is looked up at once: the tests change both sides.
        words.extend(["-o", "dir_cache=no", "gateway@127.0.0.1:/"].map(str::to_owned));
        words.push(at.path().to_str().unwrap().to_owned());
        let client = start(&words);
        let mounted = Self { project, at, bench, client };
        eventually("the folder is mounted", || is_mounted(mounted.at.path())).await;
        Some(mounted)
    }

    fn inside(&self, name: impl AsRef<Path>) -> PathBuf {
        self.at.path().join(name)
    }

    fn outside(&self, name: impl AsRef<Path>) -> PathBuf {
        self.project.path().join(name)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let at = self.at.path();
        if !is_mounted(at) {
            return;
        }
        let _unmounted = Command::new("fusermount3").args(["-u", "-z"]).arg(at).status();
    }
}

fn is_mounted(at: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    mounts.lines().any(|line| line.split(' ').nth(1) == at.to_str())
}

/// Works with files off the runtime's threads; a hang is a failure.
async fn files<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    timeout(4 * BOUND, tokio::task::spawn_blocking(work)).await.expect("no hang").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_go_both_ways_at_once() {
    let Some(mounted) = Mounted::new(false).await else { return };
    let (inside, outside) = (mounted.inside("notes.md"), mounted.outside("notes.md"));
    files(move || {
        fs::write(&outside, "from outside").unwrap();
        assert_eq!(fs::read_to_string(&inside).unwrap(), "from outside");
        fs::write(&inside, "from inside").unwrap();
        assert_eq!(fs::read_to_string(&outside).unwrap(), "from inside");
        fs::OpenOptions::new().append(true).open(&inside).unwrap().write_all(b", twice").unwrap();
        assert_eq!(fs::read_to_string(&outside).unwrap(), "from inside, twice");
        fs::remove_file(&inside).unwrap();
        assert!(!outside.exists());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_working_day_of_file_operations_comes_out_as_on_a_local_disk() {
    let Some(mounted) = Mounted::new(false).await else { return };
    let (inside, outside) = (mounted.inside(""), mounted.outside(""));
    files(move || {
        fs::create_dir_all(inside.join("src/deep")).unwrap();
        fs::write(inside.join("src/a.py"), "one").unwrap();
        fs::write(inside.join("src/b.py"), "two").unwrap();
        // Editors save by writing beside and renaming over.
        fs::rename(inside.join("src/b.py"), inside.join("src/a.py")).unwrap();
        assert_eq!(fs::read_to_string(outside.join("src/a.py")).unwrap(), "two");
        fs::set_permissions(inside.join("src/a.py"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(fs::metadata(outside.join("src/a.py")).unwrap().mode() & 0o7777, 0o755);
        fs::set_permissions(inside.join("src/a.py"), fs::Permissions::from_mode(0o4755)).unwrap();
        assert_eq!(fs::metadata(outside.join("src/a.py")).unwrap().mode() & 0o7777, 0o755);
        let file = fs::OpenOptions::new().write(true).open(inside.join("src/a.py")).unwrap();
        file.set_len(1).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
        drop(file);
        let changed = fs::metadata(outside.join("src/a.py")).unwrap();
        assert_eq!((changed.len(), changed.mtime()), (1, 1_000_000_000));
        symlink("a.py", inside.join("src/link")).unwrap();
        assert_eq!(fs::read_link(outside.join("src/link")).unwrap(), Path::new("a.py"));
        assert_eq!(fs::read_to_string(inside.join("src/link")).unwrap(), "t");
        fs::hard_link(inside.join("src/a.py"), inside.join("src/hard")).unwrap();
        assert_eq!(fs::metadata(outside.join("src/hard")).unwrap().nlink(), 2);
        assert!(fs::remove_dir(inside.join("src")).is_err());
        fs::remove_dir(inside.join("src/deep")).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(inside.join("src")).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.py", "hard", "link"]);
        let missing = fs::read(inside.join("src/none")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_bytes_keep_their_bytes() {
    let Some(mounted) = Mounted::new(false).await else { return };
    let (inside, outside) = (mounted.inside(""), mounted.outside(""));
    files(move || {
        for name in [&b"two\nlines"[..], b"no utf-8 \xff\xfe", b"  spaces  ", "ümlaut ☂".as_bytes()]
        {
            let name = OsStr::from_bytes(name);
            fs::write(inside.join(name), name.as_bytes()).unwrap();
            assert_eq!(fs::read(outside.join(name)).unwrap(), name.as_bytes());
            assert!(fs::read_dir(&inside).unwrap().any(|entry| entry.unwrap().file_name() == name));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_given_read_only_cannot_be_changed_in_any_way() {
    let prepare = |project: &Path| {
        fs::write(project.join("kept"), "kept").unwrap();
        fs::create_dir(project.join("folder")).unwrap();
    };
    let Some(mounted) = Mounted::with(true, prepare).await else { return };
    let (inside, outside) = (mounted.inside(""), mounted.outside(""));
    files(move || {
        assert_eq!(fs::read_to_string(inside.join("kept")).unwrap(), "kept");
        let kept = inside.join("kept");
        let attempts: Vec<(&str, io::Result<()>)> = vec![
            ("write", fs::write(&kept, "changed")),
            ("new", fs::write(inside.join("new"), "")),
            ("append", fs::OpenOptions::new().append(true).open(&kept).map(drop)),
            ("remove", fs::remove_file(&kept)),
            ("mkdir", fs::create_dir(inside.join("new"))),
            ("rmdir", fs::remove_dir(inside.join("folder"))),
            ("rename", fs::rename(&kept, inside.join("other"))),
            ("link", fs::hard_link(&kept, inside.join("other"))),
            ("symlink", symlink("kept", inside.join("other"))),
            ("mode", fs::set_permissions(&kept, fs::Permissions::from_mode(0o600))),
        ];
        for (what, attempt) in attempts {
            let kind = attempt.map_err(|fault| fault.kind());
            assert_eq!(kind, Err(io::ErrorKind::PermissionDenied), "{what}");
        }
        assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "kept");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_belongs_to_whom_the_folder_belongs_to() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can give files away");
    }
    let prepare =
        |project: &Path| std::os::unix::fs::chown(project, Some(1234), Some(5678)).unwrap();
    let Some(mounted) = Mounted::with(false, prepare).await else { return };
    let (inside, outside) = (mounted.inside(""), mounted.outside(""));
    files(move || {
        fs::write(inside.join("file"), "").unwrap();
        fs::create_dir(inside.join("folder")).unwrap();
        symlink("file", inside.join("link")).unwrap();
        for name in ["file", "folder", "link"] {
            let made = fs::symlink_metadata(outside.join(name)).unwrap();
            assert_eq!((made.uid(), made.gid()), (1234, 5678), "{name}");
        }
        let taken = std::os::unix::fs::chown(inside.join("file"), Some(0), Some(0));
        assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_files_are_listed() {
    const FILES: usize = 100_000;
    let prepare = |project: &Path| {
        for number in 0..FILES {
            fs::File::create(project.join(format!("{number:06}.txt"))).unwrap();
        }
    };
    let Some(mounted) = Mounted::with(false, prepare).await else { return };
    let inside = mounted.inside("");
    let listed = files(move || fs::read_dir(inside).unwrap().map(Result::unwrap).count()).await;
    assert_eq!(listed, FILES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_is_read_and_written_at_any_place() {
    let Some(mounted) = Mounted::new(false).await else { return };
    let (inside, outside) = (mounted.inside("big"), mounted.outside("big"));
    files(move || {
        const SIZE: u64 = 1 << 30;
        let file = fs::File::create(&outside).unwrap();
        file.set_len(SIZE).unwrap();
        for place in [0, 12_345_678, SIZE / 2, SIZE - 8] {
            file.write_all_at(&place.to_be_bytes(), place).unwrap();
        }
        let mut seen = fs::OpenOptions::new().read(true).write(true).open(&inside).unwrap();
        assert_eq!(seen.metadata().unwrap().len(), SIZE);
        for place in [SIZE - 8, 0, SIZE / 2, 12_345_678] {
            let mut word = [0; 8];
            seen.read_exact_at(&mut word, place).unwrap();
            assert_eq!(u64::from_be_bytes(word), place);
        }
        seen.seek(SeekFrom::Start(SIZE)).unwrap();
        let block: Vec<u8> = (0..1 << 20).map(|byte: u32| byte.to_be_bytes()[2]).collect();
        for _ in 0..32 {
            seen.write_all(&block).unwrap();
        }
        drop(seen);
        let mut file = fs::File::open(&outside).unwrap();
        file.seek(SeekFrom::Start(SIZE)).unwrap();
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len(), 32 << 20);
        assert!(rest.chunks(1 << 20).all(|chunk| chunk == block));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_at_once_get_what_they_asked_for() {
    let prepare = |project: &Path| {
        for number in 0..400 {
            fs::write(project.join(number.to_string()), format!("{number}\n").repeat(500)).unwrap();
        }
    };
    let Some(mounted) = Mounted::with(false, prepare).await else { return };
    let inside = mounted.inside("");
    files(move || {
        std::thread::scope(|scope| {
            for reader in 0..8 {
                let inside = &inside;
                scope.spawn(move || {
                    for number in (reader..400).step_by(4) {
                        let read = fs::read_to_string(inside.join(number.to_string())).unwrap();
                        assert_eq!(read, format!("{number}\n").repeat(500));
                    }
                });
            }
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_removed_under_the_mount_is_an_error_and_comes_back() {
    let prepare = |project: &Path| {
        fs::create_dir(project.join("sub")).unwrap();
        fs::write(project.join("sub/file"), "here").unwrap();
    };
    let Some(mounted) = Mounted::with(false, prepare).await else { return };
    let (inside, outside) = (mounted.inside(""), mounted.outside(""));
    files(move || {
        assert_eq!(fs::read_to_string(inside.join("sub/file")).unwrap(), "here");
        fs::remove_dir_all(&outside).unwrap();
        assert!(fs::read_to_string(inside.join("sub/file")).is_err());
        assert!(fs::write(inside.join("new"), "").is_err());
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("again"), "back").unwrap();
        assert_eq!(fs::read_to_string(inside.join("again")).unwrap(), "back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_closes_leaves_no_reader_hanging() {
    let prepare = |project: &Path| fs::write(project.join("file"), "here").unwrap();
    let Some(mut mounted) = Mounted::with(false, prepare).await else { return };
    let inside = mounted.inside("file");
    let other = Bench::new(&[], None).await;
    let gateway = std::mem::replace(&mut mounted.bench, other).gateway;
    timeout(BOUND, gateway.close()).await.unwrap();
    assert!(files(move || fs::read(inside)).await.is_err());
    timeout(BOUND, mounted.client.wait()).await.unwrap().unwrap();
}

/// What `sftp` says to these commands, standard output and errors together.
async fn sftp(bench: &Bench, commands: &str) -> String {
    let batch = support::write(bench.folder(), "batch", commands);
    let mut words = vec!["sftp".to_owned()];
    words.extend(bench.ssh_options());
    words.extend(["-P".to_owned(), bench.files.port.to_string(), "-b".to_owned(), batch]);
    words.push("gateway@127.0.0.1".to_owned());
    let ended = timeout(BOUND, start(&words).wait_with_output()).await.unwrap().unwrap();
    String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_and_no_link_leads_out_of_the_folder() {
    if !has_program("sftp") {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let (root, secret) = (world.path().join("project"), world.path().join("secret"));
    fs::create_dir(&root).unwrap();
    fs::write(&secret, "secret").unwrap();
    fs::write(root.join("file"), "file").unwrap();
    symlink("../secret", root.join("relative")).unwrap();
    symlink(&secret, root.join("absolute")).unwrap();
    symlink("..", root.join("up")).unwrap();
    symlink("/", root.join("slash")).unwrap();
    symlink("file", root.join("inside")).unwrap();
    let share = FolderShare { root: root.clone(), read_only: false };
    let bench = Bench::new(&[], Some(share)).await;
    let got = bench.folder().join("got");
    let got_name = got.to_str().unwrap();
    for path in [
        "/../secret",
        "relative",
        "absolute",
        "up/secret",
        "slash/etc/passwd",
        secret.to_str().unwrap(),
    ] {
        let said = sftp(&bench, &format!("get {path} {got_name}\n")).await;
        assert!(!got.exists(), "{path} was given out: {said}");
        assert!(said.contains("ermission denied") || said.contains("not found"), "{path}: {said}");
    }
    fs::write(&got, "planted").unwrap();
    for command in [
        format!("put {got_name} /../planted"),
        format!("put {got_name} relative"),
        format!("put {got_name} absolute"),
        format!("put {got_name} up/planted"),
        "rename file /../planted".to_owned(),
        "rename file up/planted".to_owned(),
        "ln file up/planted".to_owned(),
        "mkdir up/planted".to_owned(),
        "rm up/secret".to_owned(),
        "rm /../secret".to_owned(),
        "chmod 777 absolute".to_owned(),
        "chmod 777 relative".to_owned(),
    ] {
        sftp(&bench, &format!("{command}\n")).await;
    }
    let listed = sftp(&bench, "ls up/\n").await;
    assert!(!listed.contains("secret"), "{listed}");
    let left = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(left(world.path()), ["project", "secret"]);
    assert_eq!(left(&root), ["absolute", "file", "inside", "relative", "slash", "up"]);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert_ne!(fs::metadata(&secret).unwrap().mode() & 0o777, 0o777);
    fs::remove_file(&got).unwrap();
    sftp(&bench, &format!("get inside {got_name}\n")).await;
    assert_eq!(fs::read_to_string(&got).unwrap(), "file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_the_folder_holds_nobody_up() {
    if !has_program("sftp") {
        return;
    }
    let project = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(project.path().join("pipe")).status().unwrap().success());
    fs::write(project.path().join("file"), "file").unwrap();
    let share = FolderShare { root: project.path().to_owned(), read_only: false };
    let bench = Bench::new(&[], Some(share)).await;
    let got = bench.folder().join("got");
    let got_name = got.to_str().unwrap();
    let said = sftp(&bench, &format!("-get pipe {got_name}\nget file {got_name}\n")).await;
    assert_eq!(fs::read_to_string(&got).unwrap(), "file", "{said}");
}
