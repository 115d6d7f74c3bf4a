//! Linux: `/proc` for ports, processes and their use of the machine; pidfds to wait for the end of a
//! process that is no child; Landlock to keep a service from writing.

use super::GroupUsage;
use hub_engine::host::PortHolder;
use landlock::{
    ABI, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// State number of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// Takes this process's right to write below the given folders; for good, and for all it starts.
///
/// Landlock grants rights instead of taking them, so everything is granted except on the way down to
/// a protected folder, where all neighbours are granted one by one.
///
/// # Errors
/// When the kernel cannot do it: a folder that is only said to be protected would be a lie.
pub fn confine(protected: &[PathBuf]) -> Result<(), String> {
    if protected.is_empty() {
        return Ok(());
    }
    let writes = AccessFs::from_write(ABI::V3);
    let fault = |e: landlock::RulesetError| e.to_string();
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(writes)
        .map_err(fault)?
        .create()
        .map_err(fault)?;
    for path in writable(protected) {
        // What cannot be opened cannot be written to either.
        let Ok(descriptor) = PathFd::new(&path) else { continue };
        let allowed = if path.is_dir() { writes } else { writes & AccessFs::from_file(ABI::V3) };
        rules = rules.add_rule(PathBeneath::new(descriptor, allowed)).map_err(fault)?;
    }
    let status = rules.restrict_self().map_err(fault)?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced | RulesetStatus::NotEnforced => {
            Err("this kernel does not enforce Landlock in full".to_owned())
        }
    }
}

/// Everything that stays writable: the neighbours of each protected folder on every level above it.
fn writable(protected: &[PathBuf]) -> Vec<PathBuf> {
    let mut open = vec![PathBuf::from("/")];
    for folder in protected {
        let mut next = Vec::new();
        for path in open {
            split(&path, folder, &mut next);
        }
        open = next;
    }
    open
}

/// `path` as a whole, or, where it contains `folder`, its entries without the way to `folder`.
fn split(path: &Path, folder: &Path, into: &mut Vec<PathBuf>) {
    if path.starts_with(folder) {
        return;
    }
    if !folder.starts_with(path) {
        into.push(path.to_path_buf());
        return;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    for entry in entries {
        // A link would grant what it leads to, which may lie in the protected folder.
        if !entry.file_type().is_ok_and(|t| t.is_symlink()) {
            split(&entry.path(), folder, into);
        }
    }
}

/// Whether folders can be protected here: the means, or the reason why not.
///
/// # Errors
/// The reason in words.
pub fn confinement() -> Result<String, String> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_write(ABI::V3))
        .and_then(landlock::Ruleset::create)
        .map(|_| "Landlock".to_owned())
        .map_err(|_| "this kernel has no Landlock, or too old a one (Linux 6.2 is needed)".into())
}

/// The process that listens on a TCP port of this machine, on any address.
pub(crate) fn port_holder(port: u16) -> Option<PortHolder> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listeners(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    processes().find(|pid| owns(*pid, &sockets)).map(|pid| PortHolder { pid, program: name(pid) })
}

/// Inodes of the sockets that listen on a port, in the kernel's table.
fn listeners(table: &str, port: u16) -> Vec<String> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, held) = fields.get(1)?.rsplit_once(':')?;
        let held = u16::from_str_radix(held, 16).ok()?;
        let listens = held == port && *fields.get(3)? == LISTEN;
        listens.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    };
    table.lines().skip(1).filter_map(row).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn owns(pid: u32, sockets: &[String]) -> bool {
    fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().any(|entry| {
        fs::read_link(entry.path())
            .is_ok_and(|target| sockets.iter().any(|s| target.as_os_str() == s.as_str()))
    })
}

fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .map_or_else(|_| "a program".to_owned(), |name| name.trim().to_owned())
}

/// The fields of `/proc/PID/stat` behind the program's name, which may contain anything.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// When a process started, in clock ticks since the machine did. Together with its id it means this
/// process and no later one. A process that has ended but was not collected counts as gone.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    if fields.first().is_some_and(|state| state == "Z") {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// The effective account of a process.
pub(crate) fn uid_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("Uid:"))?;
    line.split_whitespace().nth(2)?.parse().ok()
}

/// What a service's process and all its descendants have used. Reads only their own entries: a look
/// at every process of the machine, for every service, would cost more than what it measures.
pub(crate) fn group_usage(leader: u32) -> Option<GroupUsage> {
    let tick = rustix::param::clock_ticks_per_second();
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    let mut usage = None::<GroupUsage>;
    let mut waiting = vec![leader];
    while let Some(pid) = waiting.pop() {
        let Some(fields) = stat(pid) else { continue };
        let number = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
        let sum = usage.get_or_insert_default();
        sum.cpu += Duration::from_millis((number(11) + number(12)) * 1000 / tick.max(1));
        sum.memory_bytes += number(21) * page;
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        waiting.extend(children.split_whitespace().filter_map(|c| c.parse::<u32>().ok()));
    }
    usage
}

/// Waits until a process that is no child of this one has ended; false when time ran out.
pub(crate) fn wait_gone(pid: u32, bound: Duration) -> bool {
    let Some(pid) = rustix::process::Pid::from_raw(pid.cast_signed()) else { return true };
    let flags = rustix::process::PidfdFlags::empty();
    let Ok(descriptor) = rustix::process::pidfd_open(pid, flags) else { return true };
    let mut wanted = [rustix::event::PollFd::new(&descriptor, rustix::event::PollFlags::IN)];
    let Ok(bound) = rustix::time::Timespec::try_from(bound) else { return false };
    rustix::event::poll(&mut wanted, Some(&bound)).is_ok_and(|ready| ready > 0)
}
