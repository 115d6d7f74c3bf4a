//! What each command does.

mod hub;
mod logs;
mod open;
mod run;
mod set;

use crate::arguments::{AddArguments, Arguments, Command, Runtime};
use crate::client::Client;
use crate::{Outcome, render};
use clap::CommandFactory;
use hub_api::contract::{
    AddParams, Check, ProjectParams, ProjectState, ProjectView, RemoveParams, Removed,
    RestartParams, RunParams, RuntimeChoice, WireError, to_wire,
};
use hub_cli::{hosting, places};
use hub_domain::{Code, Problem};
use hub_engine::clock::{Clock, SystemClock};
use hub_engine::snapshot::ProjectSnapshot;
use hub_engine::store::Store;
use hub_store::SqliteStore;
use serde::Serialize;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs the command that was typed.
///
/// # Errors
/// Those of the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, WireError> {
    let home = places::hub_home(arguments.home.as_deref())?;
    let out = Out { json: arguments.json };
    if crate::is_long(&arguments.command) {
        return long(&arguments.command, &home, &out);
    }
    match &arguments.command {
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command, "cchub", &mut script);
            // A reader that has gone is no failure.
            drop(std::io::stdout().write_all(&script));
            Ok(Outcome::Done)
        }
        Command::List => list(&home, &out),
        Command::Status { project } => status(&home, project.as_deref(), &out),
        Command::Ports => ports(&home, &out),
        Command::Doctor => doctor(&home, &out),
        Command::Add(params) => {
            let view: ProjectView = Client::connect(&home)?.call("add", add_params(params)?)?;
            out.say(&view, || format!("Added {} ({}).\n", render::safe(&view.name), view.id))
        }
        Command::Start { project, no_wait } => {
            let client = Client::connect(&home)?;
            let project = name(project);
            if *no_wait || arguments.json {
                let params = RunParams { project, wait: Some(!no_wait) };
                return shown(&out, &client.call("start", params)?);
            }
            let _: ProjectView =
                client.call("start", RunParams { project: project.clone(), wait: None })?;
            let view = run::until_started(&client, &project, &out)?;
            shown(&out, &view)
        }
        Command::Stop { project, no_wait } => {
            let params = RunParams { project: name(project), wait: Some(!no_wait) };
            shown(&out, &Client::connect(&home)?.call("stop", params)?)
        }
        Command::Restart { project, service, no_wait } => {
            let (project, service) = (name(project), service.clone());
            let client = Client::connect(&home)?;
            let follow = service.is_none() && !no_wait && !arguments.json;
            let params = RestartParams {
                project: project.clone(),
                service,
                wait: Some(!no_wait && !follow),
            };
            let taken: ProjectView = client.call("restart", params)?;
            if follow {
                return shown(&out, &run::until_started(&client, &project, &out)?);
            }
            shown(&out, &taken)
        }
        Command::Remove { project, keep_data } => {
            let params = RemoveParams { project: name(project), keep_data: Some(*keep_data) };
            let removed: Removed = Client::connect(&home)?.call("remove", params)?;
            out.say(&json!({ "removed": project, "left": removed.left }), || {
                render::removed(project, &removed)
            })
        }
        Command::Open { project, print } => open::run(&home, project.as_deref(), *print, &out),
        Command::Set { project, key, value } => {
            let client = Client::connect(&home)?;
            let params = set::params(&client, name(project), key, value)?;
            let view: ProjectView = client.call("set", params)?;
            out.say(&view, || render::set(&view, key, value))
        }
        Command::Logs(params) => logs::run(&home, params, &out),
        Command::Shutdown => hub::shutdown(&home, &out),
        Command::Serve { .. } | Command::Run { .. } => Ok(Outcome::Done),
    }
}

/// Commands that host or follow a Hub, with an async runtime.
fn long(command: &Command, home: &Path, out: &Out) -> Result<Outcome, WireError> {
    let runtime = set_up(tokio::runtime::Builder::new_multi_thread())?;
    match command {
        Command::Serve { port, detached } => {
            if *detached {
                hub::leave_terminal();
            }
            runtime.block_on(hub::serve(home, *port, *detached, out))
        }
        Command::Run(params) => runtime.block_on(run::run(home, params, out)),
        _ => Ok(Outcome::Done),
    }
}

/// An async runtime for the one command that is run.
fn set_up(mut builder: tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, Problem> {
    builder.enable_all().build().map_err(|fault| {
        let message = "The program could not set itself up.";
        Problem::new(Code::Internal, message, "Check the machine's limits.").caused_by(fault)
    })
}

/// Where answers go: JSON or words.
#[derive(Clone, Copy)]
pub(crate) struct Out {
    pub(crate) json: bool,
}

impl Out {
    /// Prints an answer. A reader that has gone (a closed pipe) is no failure.
    pub(crate) fn say(
        self,
        value: &impl Serialize,
        words: impl FnOnce() -> String,
    ) -> Result<Outcome, WireError> {
        let text = if self.json {
            let text = serde_json::to_string(value).map_err(|fault| {
                let message = "The answer could not be written.";
                Problem::new(Code::Internal, message, "Report this.").caused_by(fault)
            })?;
            format!("{text}\n")
        } else {
            words()
        };
        let mut stdout = std::io::stdout().lock();
        drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
        Ok(Outcome::Done)
    }
}

fn shown(out: &Out, view: &ProjectView) -> Result<Outcome, WireError> {
    out.say(view, || render::project(view))
}

/// A project as it was named: what looks like a path is made absolute, because the Hub has another
/// working folder.
pub(crate) fn name(text: &str) -> String {
    let is_path = text.contains(std::path::MAIN_SEPARATOR) || text == "." || text == "..";
    if !is_path {
        return text.to_owned();
    }
    std::path::absolute(text).map_or_else(|_| text.to_owned(), |path| path.display().to_string())
}

pub(crate) fn add_params(arguments: &AddArguments) -> Result<AddParams, WireError> {
    let path: PathBuf = std::path::absolute(&arguments.path).map_err(|fault| {
        let message = "The folder's path cannot be made absolute.";
        Problem::new(Code::PathRelative, message, "Give its whole path.").caused_by(fault)
    })?;
    let Some(path) = path.to_str() else {
        return Err(Problem::new(
            Code::RequestInvalid,
            format!("The path {} is not valid UTF-8.", render::safe(&path.display().to_string())),
            "Use the window's folder dialog for it, or rename the folder.",
        )
        .into());
    };
    Ok(AddParams {
        path: path.to_owned(),
        name: arguments.name.clone(),
        runtime: arguments.runtime.map(|runtime| match runtime {
            Runtime::Auto => RuntimeChoice::Auto,
            Runtime::Native => RuntimeChoice::Native,
            Runtime::Dagger => RuntimeChoice::Dagger,
        }),
        read_only: arguments.read_only.then_some(true),
    })
}

/// All projects: of the running Hub, or, without one, as they are registered. Asking does not start a
/// Hub.
fn all(home: &Path) -> Result<Vec<ProjectView>, WireError> {
    if let Some(client) = Client::running(home) {
        return client.call("list", json!({}));
    }
    if !home.is_dir() {
        return Ok(Vec::new());
    }
    let store = SqliteStore::open(home)?;
    let runtime = set_up(tokio::runtime::Builder::new_current_thread())?;
    let projects = runtime.block_on(store.projects())?;
    let now = SystemClock.now();
    Ok(projects.into_iter().map(|p| to_wire(&ProjectSnapshot::stopped(p, now))).collect())
}

fn list(home: &Path, out: &Out) -> Result<Outcome, WireError> {
    let projects = all(home)?;
    out.say(&projects, || render::projects(&projects))
}

fn status(home: &Path, project: Option<&str>, out: &Out) -> Result<Outcome, WireError> {
    let Some(project) = project else {
        let projects = all(home)?;
        out.say(&projects, || {
            if projects.is_empty() {
                return render::projects(&projects);
            }
            projects.iter().map(render::project).collect::<Vec<_>>().join("\n")
        })?;
        // Of all projects only those count that ought to be well: a stopped one is as it should be.
        let unwell = projects.iter().any(|p| match p.state {
            ProjectState::Failed { .. } | ProjectState::GaveUp { .. } => true,
            ProjectState::Running { .. } => !p.overall_healthy,
            ProjectState::Stopped
            | ProjectState::Queued { .. }
            | ProjectState::Starting { .. }
            | ProjectState::Stopping { .. } => false,
        });
        return Ok(if unwell { Outcome::Unhealthy } else { Outcome::Done });
    };
    let view = match Client::running(home) {
        Some(client) => client.call("get", ProjectParams { project: name(project) })?,
        None => stopped(home, project)?,
    };
    shown(out, &view)?;
    Ok(if view.overall_healthy { Outcome::Done } else { Outcome::Unhealthy })
}

/// One of the registered projects, found as a running Hub finds it.
fn stopped(home: &Path, project: &str) -> Result<ProjectView, WireError> {
    let mut projects = all(home)?;
    let path = name(project);
    let resolved = std::fs::canonicalize(&path).unwrap_or_else(|_| PathBuf::from(&path));
    let named: Vec<&str> =
        projects.iter().filter(|p| p.name == project).map(|p| p.id.as_str()).collect();
    let is_id = |p: &ProjectView| p.id == project;
    if named.len() > 1 && !projects.iter().any(is_id) {
        return Err(ambiguous(project, &named).into());
    }
    let found = projects
        .iter()
        .position(is_id)
        .or_else(|| projects.iter().position(|p| p.name == project))
        .or_else(|| projects.iter().position(|p| Path::new(&p.path) == resolved));
    found.map(|at| projects.swap_remove(at)).ok_or_else(|| {
        Problem::new(
            Code::ProjectNotFound,
            format!("There is no project \"{project}\"."),
            "See \"cchub list\" for ids, names and paths.",
        )
        .into()
    })
}

fn ambiguous(name: &str, ids: &[&str]) -> Problem {
    Problem::new(
        Code::ProjectAmbiguous,
        format!("{} projects are named \"{name}\".", ids.len()),
        format!("Use an id instead: {}.", ids.join(", ")),
    )
}

fn ports(home: &Path, out: &Out) -> Result<Outcome, WireError> {
    let projects = all(home)?;
    out.say(
        &projects
            .iter()
            .map(|p| json!({ "id": p.id, "name": p.name, "ports": p.ports }))
            .collect::<Vec<_>>(),
        || {
            let mut rows = vec![
                ["project", "frontend", "backend", "postgres", "redis"].map(str::to_owned).to_vec(),
            ];
            for p in &projects {
                let port = |port: u16| port.to_string();
                rows.push(vec![
                    render::safe(&p.name),
                    port(p.ports.frontend),
                    port(p.ports.backend),
                    port(p.ports.postgres),
                    port(p.ports.redis),
                ]);
            }
            render::table(&rows)
        },
    )
}

/// Without a running Hub the machine is looked at from here; nothing is started.
fn doctor(home: &Path, out: &Out) -> Result<Outcome, WireError> {
    let checks: Vec<Check> = match Client::running(home) {
        Some(client) => client.call("doctor", json!({}))?,
        None => {
            // Made where it is not there yet, as a start would make it.
            hosting::make_home(home)?;
            let runtimes = hosting::runtimes(home, &places::shipped())?;
            let runtime = set_up(tokio::runtime::Builder::new_current_thread())?;
            let looked = runtimes.iter().flat_map(|one| runtime.block_on(one.doctor()));
            looked.map(Check::from).collect()
        }
    };
    let failed = checks.iter().any(|c| c.verdict == hub_api::contract::Verdict::Failed);
    out.say(&checks, || render::checks(&checks))?;
    Ok(if failed { Outcome::Unhealthy } else { Outcome::Done })
}
