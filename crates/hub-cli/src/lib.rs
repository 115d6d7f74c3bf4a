//! What the command line and the desktop shell share: where a Hub's home and files are, and how a
//! Hub is opened, served and closed. The `cchub` binary is built on it.

pub mod hosting;
pub mod logging;
pub mod places;
