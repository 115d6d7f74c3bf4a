//! Words on the desktop when a project fails or recovers. What is told is a pure function of two states;
//! telling it never fails, for a desktop need not show notices.

use hub_api::contract::{ProjectState, ProjectView, WireError};
use hub_api::tray_menu::{Face, face};

/// What is to be said of a project's change: a title and a sentence.
pub fn of_change(before: &ProjectView, after: &ProjectView) -> Option<(String, String)> {
    let (was, is) = (face(&before.state), face(&after.state));
    let name = &after.name;
    match (was, is, &after.state) {
        (Face::Failed, Face::Failed, _) => None,
        (_, Face::Failed, ProjectState::Failed { error } | ProjectState::GaveUp { error }) => {
            Some((format!("{name} failed"), format!("{} {}", error.message, error.action)))
        }
        (_, Face::Failed, _) => {
            Some((format!("{name} does not answer"), "Its page in the window says why.".to_owned()))
        }
        (Face::Failed, Face::Healthy, _) => {
            Some((format!("{name} is healthy again"), "All four services answer.".to_owned()))
        }
        _ => None,
    }
}

/// Says that something the user asked for in a menu was not done.
pub fn tell_failure(error: &WireError) {
    tell(&error.message, &error.action);
}

/// Shows a notice, where the desktop can.
pub fn tell(title: &str, words: &str) {
    let (title, words) = (title.to_owned(), words.to_owned());
    // The desktop's service answers over a bus, which may take its time.
    tauri::async_runtime::spawn_blocking(move || {
        let shown = notify_rust::Notification::new()
            .appname("CommandCenter Hub")
            .summary(&title)
            .body(&words)
            .show();
        if let Err(fault) = shown {
            tracing::info!("not shown on this desktop: {title}: {words} ({fault})");
        }
    });
}
