//! `cchub run`: a folder in, addresses out, and everything gone again with Ctrl+C.

use super::hub::asked_by_signal;
use super::{Out, add_params};
use crate::arguments::AddArguments;
use crate::client::Client;
use crate::{Outcome, events, render};
use hub_api::contract::{
    AddParams, Change, HubEvent, ProjectParams, ProjectState, ProjectView, RunParams, ServiceState,
    Snapshot, WireError,
};
use hub_api::discovery::Beacon;
use hub_cli::hosting::Hosting;
use hub_domain::{Code, Problem};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(super) async fn run(
    home: &Path,
    arguments: &AddArguments,
    out: &Out,
) -> Result<Outcome, WireError> {
    let params = add_params(arguments)?;
    // Without a running Hub this process is one, and ends with the project.
    let (client, hosting) = match Client::running(home) {
        Some(client) => (client, None),
        None => match Hosting::open(home, None).await {
            // Another one was opened at the same time, and is asked as soon as it can be.
            Err(problem) if problem.code == Code::HubAlreadyRunning => {
                (Client::connect(home)?, None)
            }
            opened => {
                let hosting = opened?;
                let version = env!("CARGO_PKG_VERSION").to_owned();
                let beacon = Beacon { pid: std::process::id(), port: hosting.port, version };
                (Client::to(&beacon, hosting.token.clone()), Some(hosting))
            }
        },
    };
    let client = Arc::new(client);
    let Some(mut hosting) = hosting else {
        return until_done(&client, params, out).await;
    };
    let result = tokio::select! {
        result = until_done(&client, params, out) => result,
        ended = hosting.until_asked_to_end() => {
            ended.map(|()| Outcome::Done).map_err(WireError::from)
        }
    };
    if result.is_ok() {
        until_alone(&mut hosting, out).await;
    }
    hosting.close().await;
    result
}

/// Starts the project, and stops it when the user has had enough, also in the middle of the start.
async fn until_done(
    client: &Arc<Client>,
    params: AddParams,
    out: &Out,
) -> Result<Outcome, WireError> {
    let path = params.path.clone();
    let (asking, out_copy) = (Arc::clone(client), *out);
    let mut started = tokio::task::spawn_blocking(move || start(&asking, params, out_copy));
    tokio::select! {
        ended = &mut started => {
            let project = ended.map_err(internal)??;
            asked_by_signal().await;
            stop(client, project, out).await
        }
        () = asked_by_signal() => {
            match stop(client, path, out).await {
                // It had not got as far as being registered.
                Err(error) if error.code.0 == Code::ProjectNotFound.as_str() => Ok(Outcome::Done),
                other => other,
            }
        }
    }
}

/// This process may by now host projects that others started: those go on until the next Ctrl+C.
async fn until_alone(hosting: &mut Hosting, out: &Out) {
    let runs = |view: &ProjectView| {
        !matches!(view.state, ProjectState::Stopped | ProjectState::Failed { .. })
    };
    let left = hosting.api.list().iter().filter(|view| runs(view)).count();
    if left == 0 || hosting.api.end().is_cancelled() {
        return;
    }
    if !out.json {
        let words = format!("{left} other projects run in this Hub; Ctrl+C again stops them too.");
        // A reader that has gone is no failure.
        drop(writeln!(std::io::stdout(), "{words}"));
    }
    tokio::select! {
        () = asked_by_signal() => {}
        ended = hosting.until_asked_to_end() => {
            if let Err(problem) = ended {
                tracing::error!("{problem}");
            }
        }
    }
}

fn internal(fault: impl std::fmt::Display) -> WireError {
    let message = "The command was interrupted by a fault of its own.";
    Problem::new(Code::Internal, message, "Report this.").caused_by(fault).into()
}

/// Adds and starts; returns the project's id.
fn start(client: &Client, params: AddParams, out: Out) -> Result<String, WireError> {
    let path = params.path.clone();
    let added: Result<ProjectView, WireError> = client.call("add", params);
    let view = match added {
        Err(error) if error.code.0 == Code::PathAlreadyRegistered.as_str() => {
            client.call("get", ProjectParams { project: path })?
        }
        other => other?,
    };
    let _: ProjectView =
        client.call("start", RunParams { project: view.id.clone(), wait: None })?;
    let view = until_started(client, &view.id, &out)?;
    out.say(&view, || {
        format!(
            "{}  {}\n  page     {}\n  backend  {}\nCtrl+C stops it.\n",
            render::state(&view.state),
            render::safe(&view.name),
            view.urls.frontend,
            view.urls.backend
        )
    })?;
    Ok(view.id)
}

async fn stop(client: &Arc<Client>, project: String, out: &Out) -> Result<Outcome, WireError> {
    if !out.json {
        drop(writeln!(std::io::stdout(), "\nStopping."));
    }
    let client = Arc::clone(client);
    let stopping = tokio::task::spawn_blocking(move || {
        client.call::<ProjectView>("stop", RunParams { project, wait: Some(true) })
    });
    stopping.await.map_err(internal)??;
    Ok(Outcome::Done)
}

/// Shows the start as it goes on and waits for its end.
///
/// # Errors
/// What the start failed with.
pub(crate) fn until_started(
    client: &Client,
    project: &str,
    out: &Out,
) -> Result<ProjectView, WireError> {
    let mut stream = client.stream("events")?;
    let wanted: ProjectView = client.call("get", ProjectParams { project: project.to_owned() })?;
    let mut shown = Shown::new(*out);
    while let Ok(Some(event)) = events::next(&mut stream) {
        let Some(view) = view_in(&event, &wanted.id) else { continue };
        shown.update(&view);
        match view.state {
            ProjectState::Running { .. } | ProjectState::GaveUp { .. } => return Ok(view),
            ProjectState::Failed { error } => return Err(error),
            ProjectState::Stopped => {
                return Err(Problem::new(
                    Code::StartCancelled,
                    format!("The start of {} was called off by a stop.", view.name),
                    "Start it again when you need it.",
                )
                .into());
            }
            ProjectState::Queued { .. }
            | ProjectState::Starting { .. }
            | ProjectState::Stopping { .. } => {}
        }
    }
    Err(Problem::new(
        Code::HubServerFailed,
        "The Hub ended while the project was starting.",
        "Start the Hub again.",
    )
    .into())
}

fn view_in(event: &events::Event, id: &str) -> Option<ProjectView> {
    if event.name == "snapshot" {
        let snapshot: Snapshot = serde_json::from_str(&event.data).ok()?;
        return snapshot.projects.into_iter().find(|p| p.id == id);
    }
    let event: HubEvent = serde_json::from_str(&event.data).ok()?;
    match event.change {
        Change::Project { project } if project.id == id => Some(project),
        Change::Project { .. } | Change::Removed { .. } => None,
    }
}

/// What of a start has been shown: each step and each service once, on its own line; on a terminal
/// also a line that shows what is being done now.
struct Shown {
    quiet: bool,
    bar: Option<ProgressBar>,
    step: String,
    up: BTreeSet<&'static str>,
}

impl Shown {
    fn new(out: Out) -> Self {
        let bar = (!out.json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { quiet: out.json, bar, step: String::new(), up: BTreeSet::new() }
    }

    fn line(&self, text: String) {
        match &self.bar {
            Some(bar) => bar.println(text),
            // A reader that has gone is no failure.
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }

    fn update(&mut self, view: &ProjectView) {
        if self.quiet {
            return;
        }
        if let ProjectState::Starting { doing, .. } = &view.state {
            let amount = match (doing.done, doing.whole) {
                (Some(done), Some(whole)) if whole > 1_000_000 => {
                    format!("  {} of {} MB", done / 1_000_000, whole / 1_000_000)
                }
                _ => String::new(),
            };
            match &self.bar {
                Some(bar) => bar.set_message(format!("{}{amount}", doing.step)),
                None if doing.step != self.step => self.line(format!("◔ {}", doing.step)),
                None => {}
            }
            self.step.clone_from(&doing.step);
        }
        for service in &view.services {
            let name = render::service_name(service.service);
            let is_up = matches!(service.state, ServiceState::Running { .. });
            if is_up && self.up.insert(name) {
                let took = match (service.launched_at, service.ready_at) {
                    (Some(from), Some(to)) => to.saturating_sub(from),
                    _ => 0,
                };
                self.line(format!("✓ {name}  {:.2} s", Duration::from_millis(took).as_secs_f64()));
            }
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
