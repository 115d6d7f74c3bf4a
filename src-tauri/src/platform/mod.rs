//! What differs between systems, behind one interface: displays, tray hosts, folder dialogs and the
//! requests to end that a system sends.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod native;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub use linux::{has_display, has_tray_host, picker_exists};
#[cfg(not(target_os = "linux"))]
pub use native::{has_display, has_tray_host, picker_exists};
#[cfg(unix)]
pub use unix::asked_to_end;
#[cfg(windows)]
pub use windows::asked_to_end;
