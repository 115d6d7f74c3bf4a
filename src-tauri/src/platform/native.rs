//! macOS and Windows: display, tray and folder dialog are parts of the system.

/// A window can be shown.
pub fn has_display() -> bool {
    true
}

/// Somebody shows tray icons.
pub async fn has_tray_host() -> bool {
    true
}

/// A folder dialog can be shown.
pub async fn picker_exists() -> bool {
    true
}
