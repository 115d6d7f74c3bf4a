//! Opens a page in the user's browser: a project's, or the Hub's own. Arguments of a browser can be read
//! by every account of the machine, so the Hub's address carries a key that is good only once.

use super::{Out, name};
use crate::Outcome;
use crate::client::Client;
use hub_api::contract::{ProjectParams, ProjectState, ProjectView, WireError};
use hub_domain::{Code, Problem};
use serde::Serialize;
use serde_json::json;
use std::path::Path;

pub(super) fn run(
    home: &Path,
    project: Option<&str>,
    print: bool,
    out: &Out,
) -> Result<Outcome, WireError> {
    let client = Client::connect(home)?;
    let Some(project) = project else {
        let url = client.page_address()?;
        return show(&url, &json!({ "page": url }), print, out);
    };
    let view: ProjectView = client.call("get", ProjectParams { project: name(project) })?;
    if !matches!(view.state, ProjectState::Running { .. } | ProjectState::GaveUp { .. }) {
        return Err(Problem::new(
            Code::ProjectNotRunning,
            format!("{} is not running.", view.name),
            "Start it first.",
        )
        .into());
    }
    show(&view.urls.frontend, &view.urls, print, out)
}

fn show(url: &str, answer: &impl Serialize, print: bool, out: &Out) -> Result<Outcome, WireError> {
    let opened = if print || out.json { Ok(()) } else { open::that_detached(url) };
    out.say(answer, || match opened {
        Ok(()) => format!("{url}\n"),
        Err(fault) => format!("{url}\n(no browser could be opened: {fault})\n"),
    })
}
