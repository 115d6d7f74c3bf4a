//! The guardian by itself, spoken to as the Hub speaks to it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use hub_native::guard::{Ids, KILL, Notice, Order, TERMINATE};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No wait is longer; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

struct Guardian {
    child: Child,
    hub: UnixStream,
    notices: BufReader<UnixStream>,
}

fn order(script: &str, folder: &Path) -> Order {
    let is_root = rustix::process::geteuid().is_root();
    Order {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), script.into()],
        environment: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]),
        input: None,
        folder: folder.to_path_buf(),
        account: is_root.then_some(Ids { uid: 65534, gid: 65534 }),
        polite_signal: libc::SIGTERM,
        cgroups: Vec::new(),
        write_protected: Vec::new(),
    }
}

fn guard(order: &Order) -> Guardian {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(PATIENCE)).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_cchub-guard"))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut hub = ours.try_clone().unwrap();
    writeln!(hub, "{}", serde_json::to_string(order).unwrap()).unwrap();
    Guardian { child, hub, notices: BufReader::new(ours) }
}

impl Guardian {
    fn notice(&mut self) -> Notice {
        let mut line = String::new();
        self.notices.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|f| panic!("{line:?}: {f}"))
    }

    fn started(&mut self) -> u32 {
        match self.notice() {
            Notice::Started(pid) => pid,
            other => panic!("{other:?}"),
        }
    }

    fn output(&mut self) -> String {
        let mut text = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| !s.contains(") Z "))
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "never came to be: {what}");
        std::thread::yield_now();
    }
}

fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

#[test]
fn exit_codes_signals_and_programs_that_are_not_there_are_told() {
    let folder = open_folder();
    let mut guardian = guard(&order("echo out; exit 7", folder.path()));
    guardian.started();
    assert_eq!(guardian.notice(), Notice::Exited(7));
    assert_eq!(guardian.output(), "out\n");

    let mut guardian = guard(&order("kill -USR1 $$; sleep 60", folder.path()));
    guardian.started();
    assert_eq!(guardian.notice(), Notice::Signalled(libc::SIGUSR1));

    let missing = Order { program: "/no/such/program".into(), ..order("", folder.path()) };
    assert!(
        matches!(guard(&missing).notice(), Notice::Failed(why) if why.contains("No such file"))
    );
}

#[test]
fn what_it_is_given_on_standard_input_arrives_and_ends() {
    let folder = open_folder();
    let mut order = order("cat; echo end", folder.path());
    order.input = Some("a secret\n".into());
    let mut guardian = guard(&order);
    guardian.started();
    assert_eq!(guardian.output(), "a secret\nend\n");
}

#[test]
fn a_polite_request_is_passed_on_and_force_ends_the_whole_group() {
    let folder = open_folder();
    let mut polite =
        guard(&order("trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done", folder.path()));
    polite.started();
    let mut up = [0; 3];
    polite.child.stdout.as_mut().unwrap().read_exact(&mut up).unwrap();
    polite.hub.write_all(&[TERMINATE]).unwrap();
    assert_eq!(polite.notice(), Notice::Exited(3));

    let mut deaf = guard(&order("trap '' TERM; sleep 600 & echo $!; wait", folder.path()));
    let pid = deaf.started();
    let mut line = String::new();
    BufReader::new(deaf.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let grandchild: u32 = line.trim().parse().unwrap();
    deaf.hub.write_all(&[TERMINATE]).unwrap();
    deaf.hub.write_all(&[KILL]).unwrap();
    assert_eq!(deaf.notice(), Notice::Signalled(libc::SIGKILL));
    until("the group is gone", || !is_alive(pid) && !is_alive(grandchild));
}

#[test]
fn when_the_hub_is_gone_everything_ends_also_what_left_the_group() {
    let folder = open_folder();
    let script = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 600' & echo $!; wait";
    let mut guardian = guard(&order(script, folder.path()));
    let pid = guardian.started();
    let mut line = String::new();
    BufReader::new(guardian.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let escaped: u32 = line.trim().parse().unwrap();
    let Guardian { mut child, hub, notices } = guardian;
    drop((hub, notices));
    child.wait().unwrap();
    until("nothing is left", || !is_alive(pid) && !is_alive(escaped));
}

#[test]
fn a_killed_guardian_takes_its_service_with_it() {
    let folder = open_folder();
    // The kernel's word reaches the service itself; what that had started is its own to end.
    let mut guardian = guard(&order("trap '' TERM; exec sleep 600", folder.path()));
    let pid = guardian.started();
    guardian.child.kill().unwrap();
    until("the service is gone", || !is_alive(pid));
}

#[test]
fn a_protected_folder_cannot_be_written_to_whatever_its_rights_say() {
    let folder = open_folder();
    let protected = folder.path().join("pro tected");
    let beside = folder.path().join("beside");
    for path in [&protected, &beside] {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::write(protected.join("file"), "as it was").unwrap();
    fs::set_permissions(protected.join("file"), fs::Permissions::from_mode(0o666)).unwrap();
    std::os::unix::fs::symlink(&protected, beside.join("link")).unwrap();
    let script = "cat '../pro tected/file' && echo read; \
        (echo x > '../pro tected/new') 2>/dev/null && echo new; \
        (echo x > '../pro tected/file') 2>/dev/null && echo changed; \
        (echo x > link/file) 2>/dev/null && echo linked; \
        rm -f '../pro tected/file' 2>/dev/null; \
        mv '../pro tected' ../moved 2>/dev/null && echo moved; \
        echo x > here && echo beside";
    let mut order = order(script, &beside);
    order.write_protected = vec![protected.clone()];
    let mut guardian = guard(&order);
    match guardian.notice() {
        Notice::Started(_) => {}
        // Honest where the kernel cannot do it: then the service does not start.
        Notice::Failed(why) => return assert!(why.contains("Landlock"), "{why}"),
        other => panic!("{other:?}"),
    }
    let said = guardian.output();
    assert_eq!(said, "as it wasread\nbeside\n");
    assert_eq!(fs::read_to_string(protected.join("file")).unwrap(), "as it was");
}
