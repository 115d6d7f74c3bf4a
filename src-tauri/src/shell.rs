//! Ties the parts together: what menu items do, folders given on the command line, trays that follow
//! the Hub, and withdrawing to run without window and tray.

use crate::desk::{Desk, Opening};
use crate::tray::{SystemTrays, Trays};
use crate::{commands, notices, window};
use futures::StreamExt;
use hub_api::api::Update;
use hub_api::contract::{
    AddParams, Change, ProjectView, Request, RestartParams, RunParams, WireError,
};
use hub_api::tray_menu::{self as menu, HUB};
use hub_domain::{Code, Problem};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::Ordering;
use tauri::{AppHandle, Manager};

/// Keeps the trays as the Hub is, and tells of failures, until the program ends.
pub async fn follow(app: AppHandle) {
    let desk = app.state::<Desk>();
    let trays = SystemTrays::new(app.clone());
    let mut opening = desk.opening.subscribe();
    let api = loop {
        let now = opening.borrow_and_update().clone();
        match now {
            Opening::Open(api) => break api,
            Opening::Busy => trays.show(menu::closed("Opening…", false)).await,
            Opening::Refused(error) => {
                let is_held = error.code.0 == Code::HubAlreadyRunning.as_str();
                trays.show(menu::closed(&error.message, is_held)).await;
            }
        }
        if opening.changed().await.is_err() {
            return;
        }
    };
    let updates = api.subscribe().take_until(desk.end.cancelled()).ready_chunks(256);
    let mut updates = pin!(updates);
    let mut projects = BTreeMap::new();
    // Changes that come while the trays are being drawn are taken together.
    while let Some(news) = updates.next().await {
        news.into_iter().for_each(|update| fold(&mut projects, update));
        let shown: Vec<ProjectView> = projects.values().cloned().collect();
        trays.show(menu::trays(&shown)).await;
    }
}

fn fold(projects: &mut BTreeMap<String, ProjectView>, update: Update) {
    match update {
        Update::Snapshot(snapshot) => {
            *projects = snapshot.projects.into_iter().map(|p| (p.id.clone(), p)).collect();
        }
        Update::Event(event) => match event.change {
            Change::Removed { id } => drop(projects.remove(&id)),
            Change::Project { project } => {
                let before = projects.get(&project.id);
                if let Some((title, words)) = before.and_then(|p| notices::of_change(p, &project)) {
                    notices::tell(&title, &words);
                }
                projects.insert(project.id.clone(), project);
            }
        },
    }
}

/// Does what a menu item says.
pub fn pressed(app: &AppHandle, id: &str) {
    let Some((of, action)) = menu::action(id) else { return };
    let (app, of, action) = (app.clone(), of.to_owned(), action.to_owned());
    tauri::async_runtime::spawn(async move {
        let done = if of == HUB {
            act_on_hub(&app, &action).await
        } else {
            act_on_project(&app, of, &action).await
        };
        if let Err(error) = done {
            tracing::warn!("{action}: {}", error.message);
            notices::tell_failure(&error);
        }
    });
}

async fn act_on_hub(app: &AppHandle, action: &str) -> Result<(), WireError> {
    let desk = app.state::<Desk>();
    match action {
        "open" => window::open(app),
        "projects" => window::go(app, "#/projects"),
        "settings" => window::go(app, "#/settings"),
        "quit" => window::ask_to_quit(app),
        "stop-all" => {
            let api = desk.api().await?;
            for project in api.list().into_iter().filter(|p| menu::is_active(&p.state)) {
                api.call(Request::Stop(RunParams { project: project.id, wait: None })).await?;
            }
        }
        "page" => {
            ask_other(&desk, "open", "The page of the other Hub could not be opened.").await?
        }
        "take-over" => ask_other(&desk, "shutdown", "The other Hub could not be ended.").await?,
        _ => {}
    }
    Ok(())
}

/// Has the command line speak with the Hub that holds the home, as a user would in a terminal. After a
/// "shutdown" ours opens by itself.
async fn ask_other(desk: &Desk, word: &str, failure: &str) -> Result<(), WireError> {
    let failed = |cause: String| {
        let action = format!("Try \"cchub {word}\" in a terminal.");
        Problem::new(Code::HubAlreadyRunning, failure, action).caused_by(cause)
    };
    let name = format!("cchub{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe().map_err(|fault| failed(fault.to_string()))?;
    let mut command = tokio::process::Command::new(program.with_file_name(name));
    command.arg(word).env("CCHUB_HOME", &desk.home).kill_on_drop(true);
    let output = command.output().await.map_err(|fault| failed(fault.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()).into())
}

async fn act_on_project(app: &AppHandle, project: String, action: &str) -> Result<(), WireError> {
    let desk = app.state::<Desk>();
    let api = desk.api().await?;
    let address = || {
        let found = api.list().into_iter().find(|p| p.id == project);
        found.map(|p| p.urls.frontend).unwrap_or_default()
    };
    match action {
        "browser" => commands::open_external(app.clone(), address())?,
        "copy" => desk.copy(address())?,
        "logs" => window::go(app, &format!("#/projects/{project}/logs")),
        "start" => drop(api.call(Request::Start(RunParams { project, wait: None })).await?),
        "stop" => drop(api.call(Request::Stop(RunParams { project, wait: None })).await?),
        "restart" => {
            let params = RestartParams { project, service: None, wait: None };
            api.call(Request::Restart(params)).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Registers a folder, or finds it registered, and starts it.
pub fn start_folder(app: &AppHandle, path: PathBuf) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = register_and_start(&app, path).await {
            tracing::warn!("{}", error.message);
            notices::tell_failure(&error);
        }
    });
}

async fn register_and_start(app: &AppHandle, path: PathBuf) -> Result<(), WireError> {
    let path = commands::as_text(path)?;
    let desk = app.state::<Desk>();
    let Some(api) = desk.until_open().await else { return Ok(()) };
    let added = api.call(Request::Add(AddParams { path, ..AddParams::default() })).await;
    let project = match added {
        Ok(view) => view.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Err(WireError { project: Some(known), code, .. })
            if code.0 == Code::PathAlreadyRegistered.as_str() =>
        {
            known
        }
        Err(error) => return Err(error),
    };
    api.call(Request::Start(RunParams { project, wait: None })).await.map(drop)
}

/// Goes on without window and tray; the next launch brings them back.
pub fn withdraw(app: &AppHandle) {
    app.state::<Desk>().is_withdrawn.store(true, Ordering::Relaxed);
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        SystemTrays::set_visible(&handle, false);
        if let Some(window) = handle.get_webview_window(window::MAIN)
            && let Err(fault) = window.destroy()
        {
            tracing::warn!("the window could not be closed: {fault}");
        }
    });
    if let Err(fault) = asked {
        tracing::warn!("the window could not be closed: {fault}");
    }
}

/// A further launch: the window comes back, and a folder it was given is started.
pub fn launched_again(app: &AppHandle, folder: Option<PathBuf>) {
    if app.state::<Desk>().is_withdrawn.swap(false, Ordering::Relaxed) {
        SystemTrays::set_visible(app, true);
    }
    window::open(app);
    if let Some(folder) = folder {
        start_folder(app, folder);
    }
}
