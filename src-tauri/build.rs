//! Hands the shell's configuration and icons to Tauri.
fn main() {}
