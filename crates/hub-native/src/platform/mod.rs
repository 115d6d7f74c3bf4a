//! What differs between operating systems, behind one interface: who listens on a port, when a
//! process started, how memory and processor time are read, how a process is confined.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{confine, confinement};
#[cfg(target_os = "linux")]
pub(crate) use linux::{group_usage, port_holder, start_time, uid_of, wait_gone};

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::{confine, confinement};
#[cfg(not(target_os = "linux"))]
pub(crate) use other::{group_usage, port_holder, start_time, uid_of, wait_gone};

/// What a group of processes has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupUsage {
    /// Processor time of all of them, user and system.
    pub(crate) cpu: std::time::Duration,
    /// Resident memory of all of them, in bytes; memory they share counts once for each.
    pub(crate) memory_bytes: u64,
}
