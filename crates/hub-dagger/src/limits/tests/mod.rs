//! Limits on real control groups of this machine where it has them, and on made-up trees of both
//! versions everywhere.

mod engine;

use super::reading::*;
use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;
use tokio::process::{Child, Command};

const BOUND: Duration = Duration::from_secs(20);

fn limits(cpu_millis: u32, memory_mb: u32) -> ResourceLimits {
    ResourceLimits::new(cpu_millis, memory_mb).unwrap()
}

fn a_tag() -> Tag {
    Tag::new(&ProjectId::from_random(rand::random()), Service::Redis, 1)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

// Real control groups.

/// A control group of this machine, version 1, with a process in it; all ended and removed at the end.
struct Group {
    folders: [PathBuf; 3],
    name: String,
}

impl Group {
    /// None, loudly, where this machine cannot have one.
    fn new() -> Option<Self> {
        let base = Path::new("/sys/fs/cgroup");
        let name = format!("cchub-test-{}", hex::encode(rand::random::<[u8; 6]>()));
        let folders = ["memory", "cpu", "cpuacct"].map(|c| base.join(c).join(&name));
        for folder in &folders {
            if !folder.parent().unwrap().is_dir() || fs::create_dir_all(folder).is_err() {
                eprintln!("SKIPPED: no control groups (version 1) of this machine are ours to use");
                return None;
            }
        }
        Some(Self { folders, name })
    }

    fn read(&self, controller: usize, file: &str) -> String {
        let path = self.folders[controller].join(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}")).trim().to_owned()
    }

    /// Runs a script as a service's container does: in the group, with the tag.
    fn run(&self, tag: &Tag, script: &str) -> Child {
        let enter: String = self
            .folders
            .iter()
            .map(|f| format!("echo $$ > {}/cgroup.procs\n", f.display()))
            .collect();
        Command::new("sh")
            .arg("-c")
            .arg(format!("{enter}exec env {}={tag} sh -c '{script}'", Tag::VARIABLE))
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let began = Instant::now();
        for folder in &self.folders {
            // The group is busy until the kernel has buried its processes.
            while fs::remove_dir(folder).is_err() && folder.exists() {
                assert!(began.elapsed() < BOUND, "{} stays", folder.display());
                for pid in
                    fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default().lines()
                {
                    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
                std::thread::yield_now();
            }
        }
    }
}

#[tokio::test]
async fn a_running_service_is_limited_and_its_use_is_read() {
    let Some(group) = Group::new() else { return };
    let (tag, limiter) = (a_tag(), Limiter::new(EngineSide::Local));
    // Its child does the work, and spins.
    let mut service = group.run(&tag, "(while :; do :; done) & wait");
    let applied = limiter.apply(&tag, limits(200, 96), BOUND).await;
    let by = |e: &Enforcement| match e {
        Enforcement::Enforced { by } => by.clone(),
        Enforcement::NotEnforced { because } => panic!("not enforced: {because}"),
    };
    let by = by(&applied.enforcement);
    assert!(by.starts_with("control groups of the engine, version 1"), "{by}");
    assert_eq!(
        limiter.available().await,
        Enforcement::Enforced { by: "control groups of the engine, version 1".into() }
    );
    assert_eq!(group.read(0, "memory.limit_in_bytes"), (96u64 << 20).to_string());
    assert_eq!(group.read(1, "cpu.cfs_quota_us"), "20000");
    assert_eq!(group.read(1, "cpu.cfs_period_us"), "100000");
    if group.folders[0].join("memory.memsw.limit_in_bytes").exists() {
        assert_eq!(group.read(0, "memory.memsw.limit_in_bytes"), (96u64 << 20).to_string());
    }

    // Half a second of CPU time, told by the kernel, is the event that is waited for.
    let spent = |group: &Group| group.read(2, "cpuacct.usage").parse::<u64>().unwrap();
    let began = Instant::now();
    let before = spent(&group);
    limiter.usage(&[&applied]).await;
    let mut ticks = interval(Duration::from_millis(20));
    while spent(&group) < before + 500_000_000 {
        assert!(began.elapsed() < BOUND, "it does not run");
        ticks.tick().await;
    }
    let took = began.elapsed();
    let measured = limiter.usage(&[&applied]).await[0].unwrap();
    // 0.2 cores: half a second of CPU takes 2.5 s less one period.
    assert!(took > Duration::from_millis(2_200), "{took:?} is more than 0.2 cores");
    // On a busy machine it gets less than it may; the kernel's own account tells how much.
    let told = (spent(&group) - before) as f64 / began.elapsed().as_nanos() as f64 * 100.0;
    let percent = f64::from(measured.usage.cpu_percent);
    assert!((percent - told).abs() < told / 3.0, "{percent} % of a core, the kernel says {told} %");
    let told: u64 = group.read(0, "memory.usage_in_bytes").parse().unwrap();
    assert!(measured.usage.memory_bytes > 0 && measured.usage.memory_bytes <= told + (4 << 20));
    assert!(measured.peak_bytes.unwrap() >= measured.usage.memory_bytes);
    assert_eq!(measured.oom_kills, 0);

    // Other limits replace them, in both directions.
    for (cpu, memory) in [(2000, 512), (50, 64)] {
        let applied = limiter.apply(&tag, limits(cpu, memory), BOUND).await;
        assert!(matches!(applied.enforcement, Enforcement::Enforced { .. }), "{applied:?}");
        assert_eq!(group.read(0, "memory.limit_in_bytes"), (u64::from(memory) << 20).to_string());
        assert_eq!(group.read(1, "cpu.cfs_quota_us"), (cpu * 100).to_string());
    }
    service.kill().await.unwrap();
    drop(group);
    assert_eq!(limiter.usage(&[&applied]).await, [None], "it is gone");
}

#[tokio::test]
async fn an_allocation_beyond_the_limit_is_killed_and_told_even_when_the_group_is_gone() {
    let Some(group) = Group::new() else { return };
    let (tag, limiter) = (a_tag(), Limiter::new(EngineSide::Local));
    // Waits to be limited, and then fills the memory.
    let gate = group.folders[0].join("memory.limit_in_bytes");
    let script = format!(
        "until [ $(cat {}) = {} ]; do :; done; exec tail /dev/zero",
        gate.display(),
        64 << 20
    );
    let mut service = group.run(&tag, &script);
    let applied = limiter.apply(&tag, limits(1000, 64), BOUND).await;
    assert!(matches!(applied.enforcement, Enforcement::Enforced { .. }), "{applied:?}");
    let status = timeout(BOUND, service.wait()).await.expect("it was killed").unwrap();
    assert_eq!(status.signal(), Some(9), "{status}");
    let measured = limiter.usage(&[&applied]).await[0].unwrap();
    assert_eq!(measured.oom_kills, 1);
    let peak = measured.peak_bytes.unwrap();
    assert!((60 << 20..=64 << 20).contains(&peak), "{peak} bytes at most");
    assert_eq!(limiter.had_too_little_memory(&applied).await, Some(true));
    let name = group.name.clone();
    drop(group);
    assert!(!Path::new("/sys/fs/cgroup/memory").join(name).exists());
    assert_eq!(limiter.had_too_little_memory(&applied).await, Some(true), "the kernel's log tells");
    assert_eq!(
        out_of_memory_words("was ended by signal 9 (SIGKILL)", Some(137), limits(1000, 64)),
        "was ended by the kernel: it used more than its 64 MB"
    );
    assert_eq!(
        out_of_memory_words("exited with code 1", Some(1), limits(1000, 64)),
        "exited with code 1 after the kernel ended one of its processes: it used more than its 64 MB"
    );
}

#[tokio::test]
async fn a_service_ended_by_somebody_else_was_not_ended_by_the_kernel() {
    let Some(group) = Group::new() else { return };
    let (tag, limiter) = (a_tag(), Limiter::new(EngineSide::Local));
    let mut service = group.run(&tag, "while :; do sleep 60; done");
    let applied = limiter.apply(&tag, limits(1000, 64), BOUND).await;
    service.kill().await.unwrap();
    drop(group);
    assert_eq!(limiter.had_too_little_memory(&applied).await, Some(false));
}

#[tokio::test]
async fn the_account_of_a_service_is_what_its_processes_have_and_root_is_not_hidden() {
    // Each in a group of its own: what the first leaves behind has its account, too.
    let (Some(group), Some(other)) = (Group::new(), Group::new()) else { return };
    let (tag, limiter) = (a_tag(), Limiter::new(EngineSide::Local));
    let mut as_root = group.run(&tag, "while :; do sleep 60; done");
    let applied = limiter.apply(&tag, limits(500, 64), BOUND).await;
    let because = "it runs as root on the engine's side (user ids 0)".to_owned();
    assert_eq!(applied.non_root, Enforcement::NotEnforced { because });
    as_root.kill().await.unwrap();

    let tag = a_tag();
    let drop_rights = "exec setpriv --reuid=4711 --regid=4711 --clear-groups sleep 60";
    let mut as_user = other.run(&tag, drop_rights);
    let pid = as_user.id().unwrap();
    let began = Instant::now();
    while !fs::read_to_string(format!("/proc/{pid}/status")).unwrap().contains("Uid:\t4711") {
        assert!(began.elapsed() < BOUND, "it keeps its rights");
        std::thread::yield_now();
    }
    let applied = limiter.apply(&tag, limits(500, 64), BOUND).await;
    let by = "user id 4711, read on the engine's side".to_owned();
    assert_eq!(applied.non_root, Enforcement::Enforced { by });
    as_user.kill().await.unwrap();
}

#[tokio::test]
async fn a_process_that_appears_late_is_limited_and_its_neighbours_are_not() {
    let (Some(group), Some(other)) = (Group::new(), Group::new()) else { return };
    let limiter = Limiter::new(EngineSide::Local);
    let project = ProjectId::from_random(rand::random());
    let (tag, similar) =
        (Tag::new(&project, Service::Redis, 1), Tag::new(&project, Service::Redis, 11));
    let _neighbour = other.run(&similar, "while :; do sleep 60; done");
    let apply = limiter.apply(&tag, limits(500, 128), BOUND);
    let late = async {
        // It is not there at the first look.
        tokio::time::sleep(PACE * 3).await;
        group.run(&tag, "while :; do sleep 60; done")
    };
    let (applied, _service) = tokio::join!(apply, late);
    assert!(matches!(applied.enforcement, Enforcement::Enforced { .. }), "{applied:?}");
    assert_eq!(group.read(0, "memory.limit_in_bytes"), (128u64 << 20).to_string());
    assert_ne!(other.read(0, "memory.limit_in_bytes"), (128u64 << 20).to_string());
}

#[tokio::test]
async fn a_service_is_limited_also_where_the_engine_ran_something_else_in_its_name_first() {
    let (Some(first), Some(group)) = (Group::new(), Group::new()) else { return };
    let (tag, limiter) = (a_tag(), Limiter::new(EngineSide::Local));
    let mut of_the_engine = first.run(&tag, "while :; do sleep 60; done");
    let early = limiter.apply(&tag, limits(500, 128), BOUND).await;
    assert!(matches!(early.enforcement, Enforcement::Enforced { .. }), "{early:?}");
    of_the_engine.kill().await.unwrap();
    drop(first);

    let mut service = group.run(&tag, "while :; do sleep 60; done");
    let applied = limiter.confirm(&tag, limits(500, 128), &early, BOUND).await;
    assert!(matches!(applied.enforcement, Enforcement::Enforced { .. }), "{applied:?}");
    assert_eq!(group.read(0, "memory.limit_in_bytes"), (128u64 << 20).to_string());
    assert!(limiter.usage(&[&applied]).await[0].is_some(), "it is what is measured from now on");
    service.kill().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_confirmed_is_not_claimed_and_what_cannot_be_seen_is_not_waited_for() {
    let Some(group) = Group::new() else { return };
    let (tag, limiter) = (a_tag(), Limiter::new(EngineSide::Local));
    let mut service = group.run(&tag, "exec sleep 60");
    let early = limiter.apply(&tag, limits(500, 128), BOUND).await;
    service.kill().await.unwrap();
    let gone = limiter.confirm(&tag, limits(500, 128), &early, PACE * 2).await;
    let Enforcement::NotEnforced { because } = gone.enforcement else { panic!("claimed") };
    assert!(because.starts_with("no process of the service was seen"), "{because}");

    let closed = Limiter::new(EngineSide::Closed { because: "it was shut".to_owned() });
    let never = closed.apply(&tag, limits(500, 128), BOUND).await;
    let still = closed.confirm(&tag, limits(500, 128), &never, Duration::MAX).await;
    assert_eq!(still.enforcement, never.enforcement);
}

#[tokio::test]
async fn a_tagged_process_in_the_group_of_the_engine_itself_is_not_limited() {
    let tag = a_tag();
    let mut stray = Command::new("sleep")
        .arg("60")
        .env(Tag::VARIABLE, tag.value())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let bound = Duration::from_millis(300);
    let applied = Limiter::new(EngineSide::Local).apply(&tag, limits(500, 64), bound).await;
    let Enforcement::NotEnforced { because } = applied.enforcement else { panic!("limited") };
    assert!(because.starts_with("no process of the service was seen") || because == NOT_ROOT);
    stray.kill().await.unwrap();
}

// Sides that do not work.

/// A program that stands in for a container runtime.
fn runtime(folder: &Path, script: &str) -> EngineSide {
    let program = crate::beside::program(folder, "runtime", script);
    EngineSide::container(program, "cchub-engine").unwrap()
}

async fn reason(side: EngineSide) -> String {
    match Limiter::new(side).apply(&a_tag(), limits(500, 64), Duration::from_secs(6)).await {
        Applied { enforcement: Enforcement::NotEnforced { because }, non_root, .. } => {
            assert_eq!(non_root, Enforcement::NotEnforced { because: because.clone() });
            because
        }
        applied => panic!("{applied:?}"),
    }
}

#[tokio::test]
async fn a_side_that_cannot_be_reached_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let closed = EngineSide::Closed { because: "it was given by a tcp:// address".into() };
    let words = "the engine's side cannot be reached: ";
    assert_eq!(reason(closed).await, format!("{words}it was given by a tcp:// address"));
    let gone = EngineSide::container(folder.path().join("missing"), "x").unwrap();
    assert!(reason(gone).await.ends_with("No such file or directory (os error 2)"));
    let refused =
        runtime(folder.path(), "echo hello; echo 'Error: No such container: x' >&2; exit 1");
    assert_eq!(reason(refused).await, format!("{words}Error: No such container: x"));
    let silent = runtime(folder.path(), "exit 3");
    assert!(reason(silent).await.starts_with(&format!("{words}the shell there ended")));
    let hangs = runtime(folder.path(), "exec sleep 600");
    assert_eq!(reason(hangs).await, "no process of the service was seen within 6 s");
}

#[tokio::test]
async fn an_account_that_is_not_root_is_told_and_a_shell_that_was_killed_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let side = runtime(
        folder.path(),
        &format!(
            "[ \"$*\" = 'exec -i cchub-engine sh' ] || exit 9\n\
             echo $$ >> {}\necho 'Welcome to the engine'\nid() {{ echo 1000; }}\nexec sh -c \
             'id() {{ echo 1000; }}; . /dev/stdin'",
            pids.display()
        ),
    );
    let limiter = Limiter::new(side);
    let Enforcement::NotEnforced { because } = limiter.available().await else { panic!() };
    assert!(because == NOT_ROOT || because.contains("has no control groups"), "{because}");
    let first = fs::read_to_string(&pids).unwrap();
    let pid = rustix::process::Pid::from_raw(first.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    // The answer that is lost with it is the last one that is.
    limiter.available().await;
    let Enforcement::NotEnforced { because } = limiter.available().await else { panic!() };
    assert!(because == NOT_ROOT || because.contains("has no control groups"), "{because}");
    assert_eq!(fs::read_to_string(&pids).unwrap().lines().count(), 2);
}

// Made-up trees.

/// A tree of control groups as a container sees it, and a process in it.
struct Tree {
    folder: tempfile::TempDir,
    limiter: Limiter,
}

impl Tree {
    /// `mounts` and `groups` have the tree's folder for `@`.
    fn new(tag: &Tag, mounts: &str, own: &str, groups: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap().to_owned();
        let proc = folder.path().join("proc");
        for pid in ["self", "7", "8"] {
            fs::create_dir_all(proc.join(pid)).unwrap();
        }
        let write = |path: &str, text: &str| fs::write(proc.join(path), text).unwrap();
        write("self/mountinfo", &mounts.replace('@', &root));
        write("self/cgroup", own);
        write("7/cgroup", own);
        write("7/environ", "PATH=/bin\0HOME=/\0");
        write("8/cgroup", groups);
        write("8/environ", &format!("PATH=/bin\0{}={tag}\0X=1\0", Tag::VARIABLE));
        let script = shell::SCRIPT.replace("/proc", proc.to_str().unwrap());
        Self { folder, limiter: Limiter { shell: Shell::new(EngineSide::Local, script) } }
    }

    fn put(&self, path: &str, files: &[(&str, &str)]) {
        let folder = self.folder.path().join(path);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap().trim().to_owned()
    }
}

/// A tree of version 2, whose mount is the root of a namespace.
fn version_2(tag: &Tag) -> Tree {
    let mounts = "22 1 0:5 / /proc rw - proc proc rw\n\
                  30 22 0:26 / @/cg rw,nosuid - cgroup2 cgroup rw,nsdelegate\n";
    let tree = Tree::new(tag, mounts, "0::/init\n", "0::/buildkit/abc-1\n");
    tree.put("cg", &[("cgroup.controllers", "cpuset cpu io memory pids\n")]);
    tree.put(
        "cg/buildkit/abc-1",
        &[
            ("memory.max", "max\n"),
            ("memory.swap.max", "max\n"),
            ("cpu.max", "max 100000\n"),
            ("memory.current", "70000000\n"),
            ("memory.peak", "80000000\n"),
            ("memory.stat", "anon 1\nfile 9\ninactive_anon 5\ninactive_file 20000000\n"),
            ("cpu.stat", "usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n"),
            ("memory.events", "low 0\nhigh 0\nmax 4\noom 2\noom_kill 2\noom_group_kill 0\n"),
        ],
    );
    tree
}

#[tokio::test]
async fn version_2_is_written_read_back_and_looked_at() {
    let tag = a_tag();
    let tree = version_2(&tag);
    let applied = tree.limiter.apply(&tag, limits(500, 512), BOUND).await;
    let by = "control groups of the engine, version 2".to_owned();
    assert_eq!(applied.enforcement, Enforcement::Enforced { by });
    let because = "the account of its process could not be read on the engine's side".to_owned();
    assert_eq!(applied.non_root, Enforcement::NotEnforced { because }, "nothing tells it there");
    // A saved id of root is a way back to it.
    for (ids, holds) in [("70\t70\t70\t70", true), ("70\t70\t0\t70", false)] {
        tree.put("proc/8", &[("status", &format!("Name:\tx\nUid:\t{ids}\nGid:\t0\t0\t0\t0\n"))]);
        let applied = tree.limiter.apply(&tag, limits(500, 512), BOUND).await;
        let is_enforced = matches!(applied.non_root, Enforcement::Enforced { .. });
        assert_eq!(is_enforced, holds, "{ids}: {:?}", applied.non_root);
    }
    assert_eq!(tree.read("cg/buildkit/abc-1/memory.max"), "536870912");
    assert_eq!(tree.read("cg/buildkit/abc-1/memory.swap.max"), "0");
    assert_eq!(tree.read("cg/buildkit/abc-1/cpu.max"), "50000 100000");
    let measured = tree.limiter.usage(&[&applied, &applied]).await[1].unwrap();
    assert_eq!(measured.usage.memory_bytes, 50_000_000);
    assert_eq!(measured.usage.cpu_percent, 0.0, "nothing was spent since the limits were applied");
    assert_eq!((measured.peak_bytes, measured.oom_kills), (Some(80_000_000), 2));
    assert_eq!(tree.limiter.had_too_little_memory(&applied).await, Some(true));
}

#[tokio::test]
async fn a_limit_that_does_not_stay_is_not_called_enforced() {
    let tag = a_tag();
    let tree = version_2(&tag);
    let file = tree.folder.path().join("cg/buildkit/abc-1/memory.max");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/null", &file).unwrap();
    let applied = tree.limiter.apply(&tag, limits(500, 512), BOUND).await;
    let because = "memory.max stayed at ".to_owned();
    assert_eq!(applied.enforcement, Enforcement::NotEnforced { because });
    assert!(tree.limiter.usage(&[&applied]).await[0].is_some(), "its use is read all the same");

    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let applied = tree.limiter.apply(&tag, limits(500, 512), BOUND).await;
    let because = "control groups of the engine (version 2) cannot be used: \
                   memory.max: Is a directory";
    assert_eq!(applied.enforcement, Enforcement::NotEnforced { because: because.into() });
}

#[tokio::test]
async fn version_1_is_found_where_only_a_part_of_the_tree_is_mounted() {
    let tag = a_tag();
    let mounts = "31 30 0:27 /docker/e1 @/cg/memory rw shared:9 - cgroup cgroup rw,memory\n\
                  32 30 0:28 /docker/e1 @/cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                  33 30 0:29 / @/cg/unified rw - cgroup2 cgroup2 rw\n";
    let own = "5:memory:/docker/e1\n4:cpu,cpuacct:/docker/e1\n0::/\n";
    let service = "5:memory:/docker/e1/buildkit/x\n4:cpu,cpuacct:/docker/e1/buildkit/x\n0::/\n";
    let tree = Tree::new(&tag, mounts, own, service);
    for folder in ["cg/memory/buildkit/x", "cg/cpu,cpuacct/buildkit/x", "cg/unified"] {
        tree.put(folder, &[("cgroup.controllers", "\n")]);
    }
    tree.put(
        "cg/memory/buildkit/x",
        &[
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory.usage_in_bytes", "5000\n"),
            ("memory.max_usage_in_bytes", "6000\n"),
            ("memory.stat", "cache 4\nrss 5\ntotal_cache 4\ntotal_inactive_file 1000\n"),
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
        ],
    );
    tree.put("cg/cpu,cpuacct/buildkit/x", &[("cpuacct.usage", "1234567890\n")]);
    let applied = tree.limiter.apply(&tag, limits(1500, 64), BOUND).await;
    let by = "control groups of the engine, version 1; swap is not counted there".to_owned();
    assert_eq!(applied.enforcement, Enforcement::Enforced { by });
    assert_eq!(tree.read("cg/memory/buildkit/x/memory.limit_in_bytes"), "67108864");
    assert_eq!(tree.read("cg/cpu,cpuacct/buildkit/x/cpu.cfs_quota_us"), "150000");
    let measured = tree.limiter.usage(&[&applied]).await[0].unwrap();
    assert_eq!(measured.usage.memory_bytes, 4000);
    assert_eq!((measured.peak_bytes, measured.oom_kills), (Some(6000), 1));
}

#[tokio::test]
async fn a_machine_without_control_groups_is_told() {
    let tag = a_tag();
    let tree = Tree::new(&tag, "22 1 0:5 / /proc rw - proc proc rw\n", "0::/\n", "0::/x\n");
    let because = "the engine's machine has no control groups for memory and CPU".to_owned();
    let not = Enforcement::NotEnforced { because };
    assert_eq!(tree.limiter.available().await, not);
    assert_eq!(tree.limiter.apply(&tag, limits(500, 64), BOUND).await.enforcement, not);
}

// Answers.

const PLACE_1: &str = "place 1 /cg/memory/b/x /cg/cpu/b/x /cg/cpuacct/b/x /b/x";

#[test]
fn a_group_whose_name_a_shell_could_misread_is_refused() {
    for name in ["/b/$(reboot)", "/b/'x'", "/b/x;y", "b/x", "/b/`x`"] {
        let answer = lines(&format!("place 2 {name} {name} {name} {name}"));
        let outcome = outcome(&answer, limits(500, 64).into());
        assert!(matches!(outcome, Outcome::Fails { folders: None, .. }), "{name}: {outcome:?}");
    }
}

proptest! {
    #[test]
    fn only_the_wanted_values_read_back_count_as_enforced(
        cpu in 50u32..=64_000, memory in 64u32..=1_048_576,
        kept_memory in prop::option::of(0u64..1 << 41), kept_quota in prop::option::of(-1i64..7_000_000),
        two in any::<bool>(), swap in prop::option::of(any::<bool>()),
    ) {
        let wanted = Wanted::from(limits(cpu, memory));
        prop_assert_eq!(wanted.bytes, u64::from(memory) * 1024 * 1024);
        prop_assert_eq!(wanted.quota * 10, u64::from(cpu) * 1000);
        let bytes = kept_memory.unwrap_or(wanted.bytes);
        let quota = kept_quota.unwrap_or(wanted.quota.cast_signed());
        let mut answer = if two {
            format!(
                "place 2 /cg/x /cg/x /cg/x /x\nmemory memory.max {bytes}\ncpu cpu.max {quota} 100000\n\
                 used 9 4 - 7 0"
            )
        } else {
            format!(
                "{PLACE_1}\nmemory memory.limit_in_bytes {bytes}\ncpu cpu.cfs_quota_us {quota}\n\
                 period cpu.cfs_period_us 100000\nused 9 4 - 7000 0"
            )
        };
        if let Some(right) = swap {
            let value = if right == two { 0 } else { wanted.bytes };
            answer.push_str(&format!("\nswap some.file {value}"));
        }
        let holds = bytes == wanted.bytes
            && quota == wanted.quota.cast_signed()
            && swap != Some(false);
        match outcome(&lines(&answer), wanted) {
            Outcome::Holds { folders, counts_swap, look } => {
                prop_assert!(holds);
                prop_assert_eq!(counts_swap, swap.is_some());
                prop_assert_eq!(look.cpu_us(folders.version), 7);
                prop_assert_eq!((look.memory, look.peak, look.kills), (5, None, 0));
            }
            Outcome::Fails { because, folders } => {
                prop_assert!(!holds, "{}", because);
                prop_assert!(because.contains("stayed at"), "{}", because);
                prop_assert!(folders.is_some());
            }
            Outcome::Absent { .. } => prop_assert!(false),
        }
    }

    #[test]
    fn no_answer_breaks_a_reader(answer in prop::collection::vec("[ -~]{0,60}", 0..8)) {
        let outcome = outcome(&answer, limits(500, 64).into());
        let holds = matches!(outcome, Outcome::Holds { .. });
        prop_assert!(!holds);
        prop_assert_eq!(looks(&answer).len(), answer.len());
        killed(&answer);
        able(&answer);
    }

    #[test]
    fn a_look_is_read_from_any_numbers(used: u64, cache: u64, peak: u64, spent: u64, kills: u64) {
        let look = looks(&[format!("used {used} {cache} {peak} {spent} {kills}")])[0].unwrap();
        prop_assert_eq!(look.memory, used.saturating_sub(cache));
        prop_assert_eq!((look.peak, look.kills), (Some(peak), kills));
        prop_assert_eq!(look.cpu_us(Version::Two), spent);
        prop_assert_eq!(look.cpu_us(Version::One), spent / 1000);
    }
}
