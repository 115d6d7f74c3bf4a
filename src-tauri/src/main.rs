//! The desktop shell: `cchub-desktop [PATH]` shows the Hub's window and trays, with the Hub itself in
//! the same process. A PATH is registered and started.
//!
//! Limits: adapters only. What the Hub does is decided in the engine; what it shows, in the page.

mod commands;
mod desk;
mod notices;
mod platform;
mod shell;
mod tray;
mod window;

use desk::Desk;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tauri::RunEvent;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().collect();
    let here = std::env::current_dir().unwrap_or_default();
    let folder = folder_in(&words, &here);
    if !platform::has_display() {
        return Err("No display: neither DISPLAY nor WAYLAND_DISPLAY is set, so no window can be shown. \
                    Run \"cchub serve\" to use the Hub in a browser, or \"cchub run PATH\" in a terminal."
            .to_owned());
    }
    let home = hub_cli::places::hub_home(None)
        .map_err(|problem| format!("{} {}", problem.message, problem.action))?;
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, words, here| {
            shell::launched_again(app, folder_in(&words, Path::new(&here)));
        }))
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .manage(Desk::new(home))
        .invoke_handler(tauri::generate_handler![
            commands::rpc,
            commands::subscribe,
            commands::unsubscribe,
            commands::follow_logs,
            commands::pick_folders,
            commands::open_external,
            commands::quit,
        ])
        .on_menu_event(|app, event| shell::pressed(app, event.id().as_ref()))
        .setup(move |app| {
            let app = app.handle();
            window::make(app)?;
            tauri::async_runtime::spawn(desk::hear_signals(app.clone()));
            tauri::async_runtime::spawn(desk::run(app.clone()));
            tauri::async_runtime::spawn(shell::follow(app.clone()));
            if let Some(folder) = folder {
                shell::start_folder(app, folder);
            }
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|fault| {
            format!("The window could not be opened: {fault}. Run \"cchub serve\" instead.")
        })?;
    app.run(|_app, event| match event {
        // The window is gone, but what runs goes on; only a code means the end.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => shell::launched_again(_app, None),
        _ => {}
    });
    Ok(())
}

/// The folder among a program's arguments, which was meant where the program was called.
fn folder_in(words: &[String], here: &Path) -> Option<PathBuf> {
    words.iter().skip(1).find(|word| !word.starts_with('-')).map(|word| here.join(word))
}
