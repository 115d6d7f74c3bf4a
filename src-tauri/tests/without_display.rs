//! Without a display the program ends with words that lead on, instead of an abort of the window
//! library.

use std::process::Command;

#[test]
fn without_a_display_the_program_says_what_to_do() {
    let ended = Command::new(env!("CARGO_BIN_EXE_cchub-desktop"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program can be started");
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("cchub serve"), "{said}");
}
