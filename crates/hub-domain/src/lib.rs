//! The rules of the Hub, without any input or output: what a project is, which services make up its
//! stack and in which order they come up, which ports they ask for, what each state means, and what
//! to do when something happens to it.
//!
//! Limits: no clock, no file system, no network, no async runtime. Time comes in as [`Timestamp`],
//! random choices come in as values. Types here are not serialisable; the wire has types of its own.

mod config;
mod engine;
mod health;
mod ids;
pub mod lifecycle;
mod limits;
mod ports;
mod problem;
mod project;
mod retry;
mod service;
mod stack;
mod time;

pub use config::{ConfigError, StackConfig, StackInputs};
pub use engine::{EngineAddress, EngineAddressError, EngineScheme, ImageName, ImageNameError};
pub use health::{Health, Proof, overall_healthy};
pub use ids::{InvalidId, ProjectId};
pub use limits::{Enforcement, LimitsError, ResourceLimits, Usage};
pub use ports::{PortError, PortPlan, next_free, plan, settle};
pub use problem::{Code, PortOffer, Problem};
pub use project::{
    Desired, LastKnown, NameError, Project, ProjectName, RuntimeChoice, RuntimeKind,
};
pub use retry::{RestartBudget, RetryPolicy};
pub use service::{PerService, Service, UnknownService};
pub use stack::{DATABASE, EnvValue, HealthCheck, ServiceSpec, spec, start_waves, stop_waves};
pub use time::Timestamp;
