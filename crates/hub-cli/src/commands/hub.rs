//! The Hub itself: serving it, ending it.

use super::Out;
use crate::Outcome;
use crate::client::Client;
use hub_api::contract::WireError;
use hub_cli::hosting::{self, Hosting};
use hub_domain::{Code, Problem};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Stopping all projects takes seconds at most; a service that ignores the request is killed sooner.
const END_BOUND: Duration = Duration::from_secs(60);

/// Becomes a session of its own: the terminal's Ctrl+C and its end are no longer ours.
pub(super) fn leave_terminal() {
    #[cfg(unix)]
    if let Err(fault) = rustix::process::setsid() {
        tracing::debug!("already in a session of its own: {fault}");
    }
}

/// Runs the Hub until it is asked to end.
pub(super) async fn serve(
    home: &Path,
    port: Option<u16>,
    detached: bool,
    out: &Out,
) -> Result<Outcome, WireError> {
    let mut hosting = Hosting::open(home, port).await?;
    let url = hosting.page_url();
    // The token goes to whoever started it, on a terminal or a pipe of theirs; never into a file.
    let ready = json!({ "port": hosting.port, "pid": std::process::id(), "url": url });
    out.say(&ready, || {
        format!("The Hub is open. Its page, for you alone:\n  {url}\nCtrl+C stops all projects and ends it.\n")
    })?;
    if detached {
        let_go_of_output();
    }
    let ended = tokio::select! {
        ended = hosting.until_asked_to_end() => ended,
        () = asked_by_signal() => Ok(()),
    };
    if !detached && !out.json {
        drop(writeln!(std::io::stdout(), "Stopping all projects."));
    }
    hosting.close().await;
    ended.map(|()| Outcome::Done).map_err(WireError::from)
}

/// Whoever started us has read what it wanted; what would still be written must not fail.
fn let_go_of_output() {
    #[cfg(unix)]
    if let Ok(nothing) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        for result in [rustix::stdio::dup2_stdout(&nothing), rustix::stdio::dup2_stderr(&nothing)] {
            if let Err(fault) = result {
                tracing::debug!("the output stays open: {fault}");
            }
        }
    }
}

/// Ctrl+C, or the polite signals of the system.
pub(super) async fn asked_by_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = || -> std::io::Result<_> {
            Ok((
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ))
        };
        match listen() {
            Ok((mut interrupt, mut terminate, mut hangup)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
            }
            Err(fault) => {
                tracing::error!("signals cannot be heard: {fault}");
                std::future::pending::<()>().await;
            }
        }
    }
    #[cfg(not(unix))]
    if let Err(fault) = tokio::signal::ctrl_c().await {
        tracing::error!("Ctrl+C cannot be heard: {fault}");
        std::future::pending::<()>().await;
    }
}

/// Asks the running Hub to end and waits until it has.
pub(super) fn shutdown(home: &Path, out: &Out) -> Result<Outcome, WireError> {
    let Some(client) = Client::running(home) else {
        return out.say(&json!({ "ended": false }), || "No Hub is running.\n".to_owned());
    };
    let _: Value = client.call("shutdown", json!({}))?;
    let began = Instant::now();
    // The end of the stream is the end of the Hub's server; then only its lock is left.
    if let Ok(mut events) = client.stream("events") {
        while let Ok(Some(_)) = crate::events::next(&mut events) {
            if began.elapsed() > END_BOUND {
                break;
            }
        }
    }
    while hosting::running(home).is_some() {
        if began.elapsed() > END_BOUND {
            return Err(Problem::new(
                Code::HubShuttingDown,
                format!("The Hub has not ended within {} s.", END_BOUND.as_secs()),
                "See hub.log in the Hub home.",
            )
            .into());
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    out.say(&json!({ "ended": true }), || "The Hub has ended.\n".to_owned())
}
