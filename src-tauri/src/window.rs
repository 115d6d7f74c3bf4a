//! The one window: made hidden, shown when its page has come up, or after a bounded time without it.

use crate::desk::Desk;
use crate::{notices, platform, shell};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tauri::webview::PageLoadEvent;
use tauri::{
    AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
};

/// Its label.
pub const MAIN: &str = "main";
/// A page that failed to come up within this time is shown as it is.
const PAINT_BOUND: Duration = Duration::from_secs(3);
/// The page shows the question what is to become of running projects.
const QUIT_ASKED: &str = "quit-asked";

/// Makes the window at the main thread's next turn, or brings the present one to the front.
pub fn open(app: &AppHandle) {
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || match handle.get_webview_window(MAIN) {
        Some(window) => show(&window),
        None => {
            if let Err(fault) = make(&handle) {
                tracing::error!("the window could not be made: {fault}");
            }
        }
    });
    if let Err(fault) = asked {
        tracing::error!("the window could not be opened: {fault}");
    }
}

/// Makes the window, hidden.
///
/// # Errors
/// Of the web view.
pub fn make(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title("CommandCenter Hub")
        .inner_size(1080.0, 720.0)
        .min_inner_size(640.0, 420.0)
        .visible(false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Desk>().end_streams();
            }
        })
        .build()?;
    let of_events = window.clone();
    window.on_window_event(move |event| match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            tauri::async_runtime::spawn(closing(of_events.clone()));
        }
        WindowEvent::Destroyed => of_events.state::<Desk>().end_streams(),
        _ => {}
    });
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PAINT_BOUND).await;
        if !window.state::<Desk>().is_page_ready.load(Ordering::Relaxed) {
            show(&window);
        }
    });
    Ok(())
}

/// Brings the window to the front.
pub fn show(window: &WebviewWindow) {
    for done in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(fault) = done {
            tracing::warn!("the window could not be brought to the front: {fault}");
        }
    }
}

/// Shows a place within the page. The place is one of ours, never text from outside.
pub fn go(app: &AppHandle, place: &str) {
    open(app);
    if let Some(window) = app.get_webview_window(MAIN) {
        let script = format!("window.location.hash = {}", serde_json::Value::from(place));
        if let Err(fault) = window.eval(script) {
            tracing::warn!("the window could not show {place}: {fault}");
        }
    }
}

/// Closing hides the window where a tray can bring it back, and else asks to quit.
async fn closing(window: WebviewWindow) {
    if !platform::has_tray_host().await {
        return ask_to_quit(window.app_handle());
    }
    if let Err(fault) = window.hide() {
        tracing::warn!("the window could not be hidden: {fault}");
    }
    if !window.state::<Desk>().has_told_of_closing.swap(true, Ordering::Relaxed) {
        notices::tell(
            "CommandCenter Hub goes on in the tray",
            "Open the window again, or quit, from the tray's menu.",
        );
    }
}

/// Asks what is to become of running projects; quits at once where none runs.
pub fn ask_to_quit(app: &AppHandle) {
    let desk = app.state::<Desk>();
    if !desk.is_active() {
        desk.end.cancel();
    } else if desk.is_page_ready.load(Ordering::Relaxed) {
        open(app);
        if let Err(fault) = app.emit_to(MAIN, QUIT_ASKED, ()) {
            tracing::warn!("the window could not be asked: {fault}");
        }
    } else {
        // A page that never came up can ask nothing; what runs is not ended unasked.
        shell::withdraw(app);
    }
}
