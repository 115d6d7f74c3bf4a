//! The contract of the Hub and its handlers: one set of requests, replies, events and error codes for
//! the window, the page and the command line, and the loopback host that serves the latter two.
//!
//! Limits: decides nothing itself; maps wire types to the engine's and back, and only this crate does.

pub mod api;
pub mod contract;
pub mod discovery;
pub mod host;
pub mod tray_menu;
pub mod typescript;

pub use api::Api;
