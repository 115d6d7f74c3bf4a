//! The runtime over a Dagger engine: one session per project, four containers in it, a gateway that
//! brings them to loopback ports of this machine, their logs, limits and data.
//!
//! Limits: every Dagger type stays in here. Knows no lifecycle: it launches, probes and ends what it
//! is told to. Builds no engine: it uses one at an address, or runs the published image in a container
//! runtime that is there.

#[cfg(all(test, unix))]
#[path = "../../../tests/fixtures/beside.rs"]
mod beside;
mod data;
mod doctor;
mod engine;
mod fault;
pub mod folder;
pub mod gateway;
mod http;
mod instance;
mod limits;
mod runtime;
mod session;
mod stack;
mod telemetry;

pub use runtime::{DaggerOptions, DaggerRuntime};
