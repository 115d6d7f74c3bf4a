//! The guardian of one service. See `hub_native::guard` for what it is for and what it hears.
//!
//! Limits: knows nothing of services, ports or secrets; writes nothing to the service's streams; runs
//! on Unix only.

#[cfg(unix)]
mod unix;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::run()
}

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    eprintln!("cchub-guard: guardians run on Unix only");
    std::process::ExitCode::FAILURE
}
