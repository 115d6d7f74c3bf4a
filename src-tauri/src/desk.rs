//! The Hub behind the window: opened beside it, waited for by whoever asks, closed in order.
//! A Hub that cannot be opened is told of in the window and in the tray, which stay usable.

use crate::platform;
use hub_api::Api;
use hub_api::contract::WireError;
use hub_cli::hosting::Hosting;
use hub_domain::{Code, Problem};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// So often a home that another Hub holds is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How far the Hub is.
#[derive(Clone)]
pub enum Opening {
    /// Being opened.
    Busy,
    /// Open.
    Open(Api),
    /// Not open, for this reason.
    Refused(WireError),
}

/// What the whole shell shares.
pub struct Desk {
    /// The Hub home.
    pub home: PathBuf,
    /// How far the Hub is.
    pub opening: watch::Sender<Opening>,
    /// Cancelled to stop everything and end.
    pub end: CancellationToken,
    /// The page has come as far as to ask for something: it can be shown, and can ask the user.
    pub is_page_ready: AtomicBool,
    /// The user was told that closing the window leaves the Hub running.
    pub has_told_of_closing: AtomicBool,
    /// The user chose to leave projects running without window and tray.
    pub is_withdrawn: AtomicBool,
    streams: Mutex<HashMap<u32, CancellationToken>>,
    /// Kept, because on X11 and Wayland a copied text lives as long as who copied it.
    clipboard: Mutex<Option<arboard::Clipboard>>,
}

impl Desk {
    /// For a home; nothing is opened yet.
    pub fn new(home: PathBuf) -> Self {
        Self {
            home,
            opening: watch::Sender::new(Opening::Busy),
            end: CancellationToken::new(),
            is_page_ready: AtomicBool::new(false),
            has_told_of_closing: AtomicBool::new(false),
            is_withdrawn: AtomicBool::new(false),
            streams: Mutex::default(),
            clipboard: Mutex::default(),
        }
    }

    /// The Hub, once it is open.
    ///
    /// # Errors
    /// Why it could not be opened, or that the program ends.
    pub async fn api(&self) -> Result<Api, WireError> {
        let mut opening = self.opening.subscribe();
        let settled = opening.wait_for(|now| !matches!(now, Opening::Busy)).await;
        match settled.map(|now| now.clone()) {
            Ok(Opening::Open(api)) => Ok(api),
            Ok(Opening::Refused(error)) => Err(error),
            Ok(Opening::Busy) | Err(_) => Err(ending()),
        }
    }

    /// The Hub, however long it takes; `None` when the program ends first.
    pub async fn until_open(&self) -> Option<Api> {
        let mut opening = self.opening.subscribe();
        loop {
            if let Opening::Open(api) = &*opening.borrow_and_update() {
                return Some(api.clone());
            }
            tokio::select! {
                changed = opening.changed() => changed.ok()?,
                () = self.end.cancelled() => return None,
            }
        }
    }

    /// The Hub if it is open now.
    pub fn open_api(&self) -> Option<Api> {
        match &*self.opening.borrow() {
            Opening::Open(api) => Some(api.clone()),
            _ => None,
        }
    }

    /// Something runs that would end with the program.
    pub fn is_active(&self) -> bool {
        let is_active =
            |api: Api| api.list().iter().any(|p| hub_api::tray_menu::is_active(&p.state));
        self.open_api().is_some_and(is_active)
    }

    /// Copies a text for the user to paste.
    ///
    /// # Errors
    /// `INTERNAL` when the desktop has no clipboard.
    pub fn copy(&self, text: String) -> Result<(), Problem> {
        let failed = |cause: String| {
            let words = "The address could not be copied.";
            Problem::new(Code::Internal, words, "Open it in the browser instead.").caused_by(cause)
        };
        let mut kept = self.clipboard.lock().map_err(|fault| failed(fault.to_string()))?;
        let mut clipboard = match kept.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new().map_err(|fault| failed(fault.to_string()))?,
        };
        let copied = clipboard.set_text(text).map_err(|fault| failed(fault.to_string()));
        *kept = Some(clipboard);
        copied
    }

    /// A stream of the page begins; it ends when the returned token is cancelled.
    pub fn stream(&self, channel: u32) -> CancellationToken {
        let token = self.end.child_token();
        if let Ok(mut streams) = self.streams.lock() {
            streams.insert(channel, token.clone());
        }
        token
    }

    /// Nobody reads the stream any more.
    pub fn end_stream(&self, channel: u32) {
        if let Ok(mut streams) = self.streams.lock()
            && let Some(token) = streams.remove(&channel)
        {
            token.cancel();
        }
    }

    /// The page is gone or begins anew, and its streams with it.
    pub fn end_streams(&self) {
        self.is_page_ready.store(false, Ordering::Relaxed);
        if let Ok(mut streams) = self.streams.lock() {
            streams.drain().for_each(|(_, token)| token.cancel());
        }
    }
}

fn ending() -> WireError {
    Problem::new(Code::HubShuttingDown, "The Hub is ending.", "Start it again.").into()
}

/// Hears the system's requests to end.
pub async fn hear_signals(app: AppHandle) {
    match platform::asked_to_end().await {
        Ok(()) => app.state::<Desk>().end.cancel(),
        Err(fault) => tracing::warn!("the system's requests to end cannot be heard: {fault}"),
    }
}

/// Opens the Hub, keeps it until it is asked to end, closes it in order and ends the program.
pub async fn run(app: AppHandle) {
    let desk = app.state::<Desk>();
    if let Some(mut hosting) = open(&desk).await {
        desk.opening.send_replace(Opening::Open(hosting.api.clone()));
        tokio::select! {
            ended = hosting.until_asked_to_end() => {
                if let Err(problem) = ended {
                    tracing::error!("{problem}");
                }
            }
            () = desk.end.cancelled() => {}
        }
        hosting.close().await;
    }
    desk.end.cancel();
    app.exit(0);
}

/// `None` when the program is to end before a Hub could be opened.
async fn open(desk: &Desk) -> Option<Hosting> {
    loop {
        let opened = tokio::select! {
            opened = Hosting::open(&desk.home, None) => opened,
            () = desk.end.cancelled() => return None,
        };
        let problem = match opened {
            Ok(hosting) => return Some(hosting),
            Err(problem) => problem,
        };
        let is_held = problem.code == Code::HubAlreadyRunning;
        desk.opening.send_if_modified(|now| {
            let is_news = !matches!(now, Opening::Refused(_));
            *now = Opening::Refused(problem.into());
            is_news
        });
        if !is_held {
            // Only the user can mend it; the window says how.
            desk.end.cancelled().await;
            return None;
        }
        // No system tells when another process lets go of a lock.
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = desk.end.cancelled() => return None,
        }
    }
}
