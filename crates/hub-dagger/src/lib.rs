//! The runtime over a Dagger engine: one session per project, four containers in it, a gateway that
//! brings them to loopback ports of this machine, their logs, limits and data.
//!
//! Limits: every Dagger type stays in here. Knows no lifecycle: it launches, probes and ends what it
//! is told to. Builds no engine: it uses one at an address, or runs the published image in a container
//! runtime that is there.

pub mod folder;
pub mod gateway;
#[cfg_attr(not(test), expect(dead_code, reason = "the runtime takes it up next"))]
mod limits;
#[cfg_attr(not(test), expect(dead_code, reason = "the runtime takes it up next"))]
mod telemetry;
