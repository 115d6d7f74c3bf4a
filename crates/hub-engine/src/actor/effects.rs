//! Carries out what the lifecycle decided, one effect at a time, in order.

use super::prepare::{PreparedStack, Preparer};
use super::service::{EndRequest, ServiceTask};
use super::{Actor, Live, Report, Waiting};
use crate::runtime::Exit;
use futures::FutureExt;
use hub_domain::lifecycle::{Effect, Event, Preparation, RunId};
use hub_domain::{PerService, Problem, Service};
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// An instance that is not closed after this long is left to the system.
const CLOSE_BOUND: Duration = Duration::from_secs(20);

impl Actor {
    pub(super) async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Queue => self.queue(),
            Effect::Prepare => self.prepare(),
            Effect::Abandon => self.abandon(),
            Effect::Launch { service, run } => self.launch(service, run),
            Effect::End { service, run, grace } => self.end(service, run, grace),
            Effect::Arm { timer, after } => {
                let at = Instant::now() + after;
                self.timers.insert((timer.kind, timer.service), (timer, at));
            }
            Effect::Started => self.permit = None,
            Effect::Close => self.close().await,
            Effect::Note { service, text } => {
                if let Some(writer) = &self.writers[service] {
                    writer.note(&text);
                }
            }
        }
    }

    fn queue(&mut self) {
        self.generation += 1;
        let generation = self.generation;
        if let Ok(permit) = Arc::clone(&self.context.starts).try_acquire_owned() {
            self.permit = Some(permit);
            self.pending.push_back(Event::Admitted);
            return;
        }
        let starts = Arc::clone(&self.context.starts);
        let reporter = self.reporter.clone();
        self.begin(move |cancel| async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                // The semaphore is never closed; a closed queue means that the actor is gone.
                Ok(permit) = starts.acquire_owned() => {
                    drop(reporter.send(Report::Admitted(permit, generation)).await);
                }
            }
        });
    }

    /// Begins something that can be called off, and whose end [`Actor::close`] waits for.
    fn begin<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        work: impl FnOnce(CancellationToken) -> F,
    ) {
        let cancel = CancellationToken::new();
        let (finished, done) = oneshot::channel::<()>();
        let work = work(cancel.clone());
        self.tasks.spawn(async move {
            work.await;
            drop(finished);
        });
        self.waiting = Some(Waiting { cancel, done });
    }

    fn prepare(&mut self) {
        let generation = self.generation;
        let logs = match self.open_logs() {
            Ok(logs) => logs,
            Err(problem) => return self.pending.push_back(Event::PrepareFailed(problem)),
        };
        let reporter = self.reporter.clone();
        let progress = Arc::new(move |progress: crate::runtime::Progress| {
            let preparation = Preparation { step: progress.step, amount: progress.amount };
            // With a full queue the next progress will do.
            drop(reporter.try_send(Report::Progressed(preparation, generation)));
        });
        let preparer = Preparer {
            context: Arc::clone(&self.context),
            project: self.project.clone(),
            logs,
            progress,
            leased: self.leased(),
        };
        let reporter = self.reporter.clone();
        self.begin(move |cancel| async move {
            if let Some(result) = preparer.run(&cancel).await {
                drop(reporter.send(Report::Prepared(result, generation)).await);
            }
        });
    }

    /// Publishes whatever a runtime has to say of the folder, until its instance is gone.
    pub(super) fn follow_folder(
        &mut self,
        mut folder: tokio::sync::watch::Receiver<Option<crate::runtime::FolderNotice>>,
    ) {
        let reporter = self.reporter.clone();
        self.tasks.spawn(async move {
            while folder.changed().await.is_ok() {
                if reporter.send(Report::FolderChanged).await.is_err() {
                    return;
                }
            }
        });
    }

    fn open_logs(&mut self) -> Result<PerService<Arc<dyn crate::logs::LogWriter>>, Problem> {
        for service in Service::ALL {
            if self.writers[service].is_none() {
                self.writers[service] = Some(self.context.logs.writer(&self.project.id, service)?);
            }
        }
        let open = |service| self.context.logs.writer(&self.project.id, service);
        Ok(PerService {
            postgres: open(Service::Postgres)?,
            redis: open(Service::Redis)?,
            backend: open(Service::Backend)?,
            frontend: open(Service::Frontend)?,
        })
    }

    /// Ports of all registered projects.
    pub(super) fn leased(&self) -> BTreeSet<u16> {
        let ports = |snapshot: &Arc<crate::snapshot::ProjectSnapshot>| {
            snapshot.project.ports.iter().map(|(_, p)| *p).collect::<Vec<_>>()
        };
        self.context.bus.projects().iter().flat_map(ports).collect()
    }

    fn abandon(&mut self) {
        self.generation += 1;
        if let Some(waiting) = &self.waiting {
            waiting.cancel.cancel();
        }
    }

    fn launch(&mut self, service: Service, run: RunId) {
        let Some(stack) = &self.stack else {
            tracing::error!(project = %self.project.id, "{service} was to be launched without a stack");
            return;
        };
        let (end, requests) = mpsc::channel(4);
        let task = ServiceTask {
            instance: Arc::clone(&stack.instance),
            host: Arc::clone(&self.context.host),
            service,
            run,
            port: stack.config.port(service),
            leased: self.leased(),
            end: requests,
            reporter: self.reporter.clone(),
        };
        self.live[service] = Some(Live { run, end, facts: None, usage: None });
        let reporter = self.reporter.clone();
        self.tasks.spawn(async move {
            // A fault in a runtime must not leave a service that looks alive for ever.
            if AssertUnwindSafe(task.run()).catch_unwind().await.is_err() {
                let how = "was lost by a fault of the Hub".to_owned();
                let exit = Exit { how, last_lines: Vec::new() };
                let report = Report::Exited { service, run, exit, port_held: None };
                drop(reporter.send(report).await);
            }
        });
    }

    fn end(&mut self, service: Service, run: RunId, grace: Duration) {
        if let Some(live) = self.live_run(service, run)
            && live.end.try_send(EndRequest { grace }).is_err()
        {
            // The task has ended by itself; its report is in the queue.
            tracing::debug!("{service} was to be ended but is gone already");
        }
    }

    async fn close(&mut self) {
        self.permit = None;
        if let Some(waiting) = self.waiting.take()
            && timeout(CLOSE_BOUND, waiting.done).await.is_err()
        {
            tracing::error!(project = %self.project.id, "its preparation did not end in time");
        }
        self.timers.clear();
        self.live = PerService::default();
        for service in Service::ALL {
            if let Some(writer) = self.writers[service].take() {
                writer.end();
            }
        }
        // Whatever is still in the queue is of launches that have ended. A preparation that was done
        // just before it was called off holds the lease that the next start needs.
        while let Ok(report) = self.reports.try_recv() {
            if let Report::Prepared(Ok(stack), _) = report {
                self.give_back(stack).await;
            }
        }
        if let Some(stack) = self.stack.take() {
            self.give_back(stack).await;
        }
    }

    /// Closes the instance, then gives up the lease.
    pub(super) async fn give_back(&self, stack: PreparedStack) {
        let PreparedStack { instance, lease, .. } = stack;
        if timeout(CLOSE_BOUND, instance.close()).await.is_err() {
            tracing::error!(project = %self.project.id, "its runtime did not close in time");
        }
        drop(lease);
    }
}
