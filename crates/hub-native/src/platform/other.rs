//! Systems other than Linux: what their standard interfaces give without more, and an honest "not
//! here" for the rest.

use super::GroupUsage;
use hub_engine::host::PortHolder;
use std::path::PathBuf;
use std::time::Duration;

/// Confinement needs Landlock, which only Linux has.
///
/// # Errors
/// When anything was to be protected.
pub fn confine(protected: &[PathBuf]) -> Result<(), String> {
    if protected.is_empty() { Ok(()) } else { Err("only Linux can protect a folder".to_owned()) }
}

/// Why a folder cannot be protected here.
///
/// # Errors
/// Always: the reason in words.
pub fn confinement() -> Result<String, String> {
    Err("only Linux can protect a folder from a process of the same user".to_owned())
}

pub(crate) fn port_holder(_: u16) -> Option<PortHolder> {
    None
}

pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let pid = sysinfo::Pid::from_u32(pid);
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
    system.process(pid).map(sysinfo::Process::start_time)
}

pub(crate) fn uid_of(_: u32) -> Option<u32> {
    None
}

pub(crate) fn group_usage(leader: u32) -> Option<GroupUsage> {
    let pid = sysinfo::Pid::from_u32(leader);
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
    let process = system.process(pid)?;
    let cpu = Duration::from_millis(process.accumulated_cpu_time());
    Some(GroupUsage { cpu, memory_bytes: process.memory() })
}

pub(crate) fn wait_gone(_: u32, _: Duration) -> bool {
    false
}
