//! Hands the shell's configuration and icons to Tauri, and says what to do where the page that goes
//! into the program was not built.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=../ui/dist");
    println!("cargo::rerun-if-changed=../icons");
    if !Path::new("../ui/dist/index.html").is_file() {
        println!(
            "cargo::error=ui/dist is missing: the window's page goes into the program. \
             Run \"npm run build -w @cchub/ui\" first; \"npm start\" and \"npm test\" do it themselves."
        );
        return;
    }
    tauri_build::build();
}
