//! What the page may ask the shell: requests and streams of the Hub, the folder dialog, the browser,
//! and to quit. Adapters only; every failure is a `WireError`.

use crate::desk::Desk;
use crate::{platform, shell, window};
use futures::{Stream, StreamExt};
use hub_api::api::Update;
use hub_api::contract::{HubEvent, LogBatch, LogParams, Service, Snapshot, WireError};
use hub_domain::{Code, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::Ordering;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State, WebviewWindow};
use tauri_plugin_opener::OpenerExt;
use tokio_util::sync::CancellationToken;

/// A message of the Hub's state.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateMessage {
    /// Everything.
    Snapshot(Box<Snapshot>),
    /// A change.
    Event(Box<HubEvent>),
}

/// What is to become of running projects.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuitChoice {
    /// They go on; so does this process, without window and tray.
    Leave,
    /// They are stopped, and this process ends.
    Stop,
}

/// Answers one request of the contract.
#[tauri::command]
pub async fn rpc(desk: State<'_, Desk>, cmd: String, params: Value) -> Result<Value, WireError> {
    desk.api().await?.call_json(json!({ "cmd": cmd, "params": params })).await
}

/// Sends the Hub's state and its changes. A Hub that cannot be opened now is told of as a failure; the
/// channel goes on waiting, and begins when it could be opened after all.
#[tauri::command]
pub async fn subscribe(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    channel: Channel<StateMessage>,
) -> Result<(), WireError> {
    desk.is_page_ready.store(true, Ordering::Relaxed);
    window::show(&window);
    let app = window.app_handle().clone();
    let token = desk.stream(channel.id());
    tauri::async_runtime::spawn(async move {
        let desk = app.state::<Desk>();
        let Some(Some(api)) = token.run_until_cancelled(desk.until_open()).await else { return };
        let updates = api.subscribe().map(|update| match update {
            Update::Snapshot(snapshot) => StateMessage::Snapshot(snapshot),
            Update::Event(event) => StateMessage::Event(event),
        });
        forward(updates, &channel, token).await;
    });
    desk.api().await.map(|_| ())
}

/// Sends the last lines of a log and then all that come.
#[tauri::command]
pub async fn follow_logs(
    desk: State<'_, Desk>,
    project: String,
    services: Vec<Service>,
    tail: u32,
    channel: Channel<LogBatch>,
) -> Result<(), WireError> {
    let token = desk.stream(channel.id());
    let params =
        LogParams { project, services: Some(services), tail: Some(tail), ..LogParams::default() };
    let batches = desk.api().await?.follow_logs(params).await?;
    tauri::async_runtime::spawn(async move { forward(batches, &channel, token).await });
    Ok(())
}

async fn forward<T: tauri::ipc::IpcResponse>(
    messages: impl Stream<Item = T>,
    channel: &Channel<T>,
    token: CancellationToken,
) {
    let mut messages = pin!(messages.take_until(token.cancelled()));
    while let Some(message) = messages.next().await {
        if let Err(fault) = channel.send(message) {
            tracing::debug!("a stream of the window ended: {fault}");
            return;
        }
    }
}

/// Ends a stream that nobody reads any more.
#[tauri::command]
pub fn unsubscribe(desk: State<'_, Desk>, channel: u32) {
    desk.end_stream(channel);
}

/// Lets the user choose folders; none when they called it off.
#[tauri::command]
pub async fn pick_folders(window: WebviewWindow) -> Result<Vec<String>, WireError> {
    if !platform::picker_exists().await {
        return Err(no_picker("neither a desktop portal nor zenity answers").into());
    }
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let parent = window.clone();
    // The window's handle may be taken on the main thread only.
    let opened = window.run_on_main_thread(move || {
        let dialog = rfd::AsyncFileDialog::new().set_title("Choose project folders");
        drop(sender.send(dialog.set_parent(&parent).pick_folders()));
    });
    opened.map_err(no_picker)?;
    let chosen = receiver.await.map_err(no_picker)?.await.unwrap_or_default();
    chosen.iter().map(|folder| folder.path().to_path_buf()).map(as_text).collect()
}

/// A path as the contract carries it.
///
/// # Errors
/// `REQUEST_INVALID` for a name that is not UTF-8.
pub fn as_text(path: PathBuf) -> Result<String, WireError> {
    path.into_os_string().into_string().map_err(|name| {
        let words = format!("The name of the folder {} is not UTF-8.", name.display());
        Problem::new(Code::RequestInvalid, words, "Rename the folder, then add it again.").into()
    })
}

fn no_picker(cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::PickerUnavailable,
        "This desktop has no folder dialog that the Hub could open.",
        "Drop the folder on the window, run \"cchub add PATH\", or install xdg-desktop-portal or zenity.",
    )
    .caused_by(cause)
}

/// Opens an address in the user's browser: one of this machine's own, or a secure one.
#[tauri::command]
pub fn open_external(app: AppHandle, url: String) -> Result<(), WireError> {
    let refused = || {
        let words = "Only pages of this machine and https pages are opened.";
        Problem::new(Code::RequestInvalid, words, "Copy the address and open it yourself.")
    };
    let address = url::Url::parse(&url).map_err(|fault| refused().caused_by(fault))?;
    if !may_open(&address) {
        return Err(refused().into());
    }
    app.opener().open_url(address.as_str(), None::<&str>).map_err(|fault| {
        let words = "No browser could be opened.";
        Problem::new(Code::Internal, words, "Copy the address and open it yourself.")
            .caused_by(fault)
            .into()
    })
}

/// True for pages of this machine and for https.
pub fn may_open(address: &url::Url) -> bool {
    let is_ours = matches!(address.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    address.scheme() == "https" || (address.scheme() == "http" && is_ours)
}

/// Answers the question of what is to become of running projects.
#[tauri::command]
pub async fn quit(app: AppHandle, choice: QuitChoice) -> Result<(), WireError> {
    match choice {
        QuitChoice::Stop => app.state::<Desk>().end.cancel(),
        QuitChoice::Leave => shell::withdraw(&app),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::may_open;

    #[test]
    fn only_pages_of_this_machine_and_secure_ones_are_opened() {
        let may = |text: &str| may_open(&url::Url::parse(text).unwrap());
        for good in ["http://127.0.0.1:3000/", "http://localhost:8010/docs", "https://example.org/"]
        {
            assert!(may(good), "{good}");
        }
        for bad in
            ["file:///etc/passwd", "http://example.org/", "javascript:alert(1)", "ssh://host/"]
        {
            assert!(!may(bad), "{bad}");
        }
        assert!(!may("http://127.0.0.1.example.org/"));
    }
}
