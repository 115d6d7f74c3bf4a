//! Orchestration: one actor per project, the registry of all of them, snapshots and events, and the
//! traits that runtimes, stores and platforms implement.
//!
//! Limits: decides nothing about *what* happens next (that is `hub_domain::lifecycle`, a pure
//! function) and knows no runtime, no database and no wire format (those implement or use the traits
//! in [`runtime`], [`store`], [`secrets`], [`logs`], [`host`] and [`clock`]). All tasks belong to
//! their actor and end with it.

mod actor;
mod bus;
pub mod clock;
pub mod host;
mod hub;
pub mod logs;
mod registration;
pub mod runtime;
pub mod secrets;
pub mod snapshot;
pub mod store;

pub use hub::{Hub, HubParts};
pub use registration::{AddProject, ProjectChange};
