//! One launch of one service, from the launch to the report that it is gone: has it asked for its
//! health, ends it when asked.

use super::Report;
use super::asking::Asking;
use super::prepare::held;
use crate::host::Host;
use crate::runtime::{Exit, Instance, Launched};
use hub_domain::lifecycle::RunId;
use hub_domain::{Code, Problem, Service};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A process is created in milliseconds, a container in seconds.
const LAUNCH_BOUND: Duration = Duration::from_secs(120);
/// From the kill of a service to the report that it cannot be ended.
const KILL_BOUND: Duration = Duration::from_secs(10);

/// A request to end the service within this time, or by force.
pub(super) struct EndRequest {
    pub(super) grace: Duration,
}

pub(super) struct ServiceTask {
    pub(super) instance: Arc<dyn Instance>,
    pub(super) host: Arc<dyn Host>,
    pub(super) service: Service,
    pub(super) run: RunId,
    pub(super) port: u16,
    pub(super) leased: BTreeSet<u16>,
    pub(super) end: mpsc::Receiver<EndRequest>,
    pub(super) reporter: mpsc::Sender<Report>,
}

impl ServiceTask {
    pub(super) async fn run(mut self) {
        let launch = timeout(LAUNCH_BOUND, self.instance.launch(self.service));
        let launched = tokio::select! {
            launched = launch => launched.unwrap_or_else(|_| Err(not_launched(self.service))),
            // Dropping the launch leaves nothing of it running, so there is nobody to be patient with.
            _ = self.end.recv() => return self.called_off().await,
        };
        match launched {
            Err(problem) => {
                let problem = problem.of(self.service);
                self.report(Report::LaunchFailed(self.service, self.run, problem)).await;
            }
            Ok(launched) => {
                self.report(Report::Launched(self.service, self.run, launched.facts.clone())).await;
                self.watch(launched).await;
            }
        }
    }

    async fn called_off(&self) {
        let exit = Exit { how: "was ended".to_owned(), last_lines: Vec::new() };
        let (service, run) = (self.service, self.run);
        self.report(Report::Exited { service, run, exit, port_held: None }).await;
    }

    async fn report(&self, report: Report) {
        // A closed queue means that the actor is gone and nobody needs to know.
        drop(self.reporter.send(report).await);
    }

    /// Asks for its health until the service ends by itself or is to be ended.
    async fn watch(&mut self, launched: Launched) {
        let Launched { mut exited, control, .. } = launched;
        let (instance, reporter) = (Arc::clone(&self.instance), self.reporter.clone());
        let mut asking = Asking::new(instance, self.service, self.run, reporter);
        loop {
            let round = async {
                let pause = asking.round().await;
                tokio::time::sleep(pause).await;
            };
            tokio::select! {
                exit = &mut exited => return self.gone(exit, asking.is_proven()).await,
                request = self.end.recv() => {
                    let exit = end(&mut exited, control.as_ref(), request).await;
                    return self.gone(exit, true).await;
                }
                () = round => {}
            }
        }
    }

    /// Reports the end. A service that ends before it was ever proven may have lost a race for its
    /// port: then that is what the user must know.
    async fn gone(&self, exit: Exit, proven: bool) {
        let lost_no_race = proven || self.instance.holds_ports();
        let port_held = if lost_no_race { None } else { self.port_problem().await };
        let (service, run) = (self.service, self.run);
        self.report(Report::Exited { service, run, exit, port_held }).await;
    }

    async fn port_problem(&self) -> Option<Problem> {
        let host = Arc::clone(&self.host);
        let (service, port, leased) = (self.service, self.port, self.leased.clone());
        let look = move || held(host.as_ref(), service, port, &leased);
        match tokio::task::spawn_blocking(look).await {
            Ok(found) => found,
            Err(fault) => Some(
                Problem::new(Code::Internal, "A port could not be checked.", "Start again.")
                    .caused_by(fault)
                    .of(service),
            ),
        }
    }
}

fn not_launched(service: Service) -> Problem {
    let seconds = LAUNCH_BOUND.as_secs();
    Problem::new(
        Code::ServiceLaunchFailed,
        format!("{service} could not be launched within {seconds} s."),
        "See whether the machine is overloaded, then start again.",
    )
    .retryable()
}

/// Ends the service politely, then by force; always comes back.
async fn end(
    exited: &mut (impl Future<Output = Exit> + Unpin),
    control: &dyn crate::runtime::Control,
    request: Option<EndRequest>,
) -> Exit {
    // Without a request the actor is gone, and with it the reason to be patient.
    let grace = request.map_or(Duration::ZERO, |r| r.grace);
    if !grace.is_zero() {
        control.terminate().await;
        if let Ok(exit) = timeout(grace, &mut *exited).await {
            return exit;
        }
    }
    control.kill().await;
    timeout(KILL_BOUND, exited).await.unwrap_or_else(|_| Exit {
        how: "could not be ended, not even by force".to_owned(),
        last_lines: Vec::new(),
    })
}
