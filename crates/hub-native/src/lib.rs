//! The runtime over processes of this machine: finds or fetches the programs, builds the shared
//! environments, creates database clusters, and runs the four services of a stack under guardians.
//! Also answers what the orchestrator asks the machine: ports, folders, leases.
//!
//! Limits: Linux is proven; macOS and the other Unixes share its code where the system is the same;
//! Windows has no guardian yet and says so. Knows no lifecycle: it launches, probes and ends what it
//! is told to.

mod account;
#[cfg(all(test, unix))]
#[path = "../../../tests/fixtures/beside.rs"]
mod beside;
mod components;
mod environments;
pub mod guard;
mod guarded;
mod host;
mod instance;
mod limits;
mod platform;
mod postgres;
mod records;
mod runtime;
mod services;
mod tools;

pub use account::{Account, service_account};
pub use host::NativeHost;
pub use platform::confine;
pub use runtime::{NativeOptions, NativeRuntime};
