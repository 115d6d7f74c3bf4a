//! What happens between "Start" and the first launch: folder, ports, lease, configuration, runtime.
//! Nothing here changes the project; calling it off is dropping the future.

use super::Context;
use crate::host::{Host, PortState};
use crate::logs::LogWriter;
use crate::runtime::{FolderNotice, Instance, Launch, ProgressSink, Runtime};
use crate::snapshot::RuntimeInUse;
use hub_domain::{
    Code, PerService, PortOffer, Problem, Project, RuntimeChoice, RuntimeKind, Service,
    StackConfig, StackInputs, next_free,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A stack that is ready to launch, with all it holds.
pub(crate) struct PreparedStack {
    pub(crate) instance: Arc<dyn Instance>,
    pub(crate) config: Arc<StackConfig>,
    pub(crate) runtime: RuntimeInUse,
    /// What the runtime has to say of the project folder.
    pub(crate) folder: watch::Receiver<Option<FolderNotice>>,
    /// Held until the stack is down: who has it may run the project.
    pub(crate) lease: Box<dyn Send + Sync>,
}

/// Everything one preparation needs.
pub(crate) struct Preparer {
    pub(crate) context: Arc<Context>,
    pub(crate) project: Project,
    pub(crate) logs: PerService<Arc<dyn LogWriter>>,
    pub(crate) progress: ProgressSink,
    /// Ports of all registered projects, this one's included: none of them is offered instead.
    pub(crate) leased: BTreeSet<u16>,
}

impl Preparer {
    /// Prepares; `None` when it was called off. What blocks is waited for even then, so that nothing
    /// of it is still held when the next start begins.
    pub(crate) async fn run(
        self,
        cancel: &CancellationToken,
    ) -> Option<Result<PreparedStack, Problem>> {
        let lease = match self.take_lease().await {
            Ok(lease) => lease,
            Err(problem) => return Some(Err(problem)),
        };
        cancel.run_until_cancelled(self.with_lease(lease)).await
    }

    async fn take_lease(&self) -> Result<Box<dyn Send + Sync>, Problem> {
        let host = Arc::clone(&self.context.host);
        let (project, leased) = (self.project.clone(), self.leased.clone());
        on_blocking_thread(move || {
            host.check_folder(&project.path)?;
            check_ports(host.as_ref(), &project, &leased)?;
            host.lease(&project.id)
        })
        .await
    }

    async fn with_lease(self, lease: Box<dyn Send + Sync>) -> Result<PreparedStack, Problem> {
        let inputs = StackInputs::from(&self.project);
        let config = StackConfig::build(inputs).map_err(|fault| {
            Problem::new(
                Code::ConfigInvalid,
                "The project's settings do not fit together.",
                "Correct the setting named in the cause.",
            )
            .caused_by(fault)
        })?;
        let config = Arc::new(config);
        let (runtime, in_use) =
            choose(&self.context.runtimes, self.project.runtime, &config).await?;
        let (tell_folder, folder) = watch::channel(None);
        let launch = Launch {
            config: Arc::clone(&config),
            secrets: Arc::clone(&self.context.secrets),
            logs: self.logs,
            progress: self.progress,
            folder: tell_folder,
        };
        let instance = runtime.prepare(launch).await?;
        Ok(PreparedStack { instance, config, runtime: in_use, folder, lease })
    }
}

/// Runs something that may block for some milliseconds off the async threads.
pub(crate) async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|fault| {
        Err(Problem::new(
            Code::Internal,
            "A check could not be finished.",
            "Try again; the Hub's log has the cause.",
        )
        .caused_by(fault))
    })
}

fn check_ports(host: &dyn Host, project: &Project, leased: &BTreeSet<u16>) -> Result<(), Problem> {
    for (service, port) in project.ports.iter() {
        if let Some(problem) = held(host, service, *port, leased) {
            return Err(problem);
        }
    }
    Ok(())
}

/// The problem of a port that somebody listens on, with a free one to use instead.
pub(crate) fn held(
    host: &dyn Host,
    service: Service,
    port: u16,
    leased: &BTreeSet<u16>,
) -> Option<Problem> {
    let PortState::Held(holder) = host.port_state(port) else { return None };
    let by = holder.map_or_else(
        || "a program of another user".to_owned(),
        |h| format!("{} (pid {})", h.program, h.pid),
    );
    let message = format!("Port {port} of {service} is held by {by}.");
    let is_free = |p| host.port_state(p) == PortState::Free;
    let problem = match next_free(service, port, leased, is_free) {
        Ok(free) => {
            let action = format!("Use {free} instead, or end that program.");
            let offer = PortOffer { service, held: port, free };
            Problem::new(Code::PortHeld, message, action).with_offer(offer)
        }
        Err(none) => Problem::new(Code::PortHeld, message, "End that program.").caused_by(none),
    };
    Some(problem.of(service))
}

/// Picks the runtime: the one the user wants, or with `auto` Dagger where it can be used.
pub(crate) async fn choose(
    runtimes: &[Arc<dyn Runtime>],
    choice: RuntimeChoice,
    config: &StackConfig,
) -> Result<(Arc<dyn Runtime>, RuntimeInUse), Problem> {
    let find = |kind| runtimes.iter().find(|r| r.kind() == kind);
    let mut passed_over = Vec::new();
    let wanted: &[RuntimeKind] = match choice {
        RuntimeChoice::Auto => &[RuntimeKind::Dagger, RuntimeKind::Native],
        RuntimeChoice::Always(RuntimeKind::Dagger) => &[RuntimeKind::Dagger],
        RuntimeChoice::Always(RuntimeKind::Native) => &[RuntimeKind::Native],
    };
    for kind in wanted {
        let Some(runtime) = find(*kind) else {
            passed_over.push(format!("This Hub has no {} runtime.", kind.as_str()));
            continue;
        };
        let availability = runtime.availability(config).await;
        if availability.usable && (availability.ready || choice != RuntimeChoice::Auto) {
            passed_over.push(availability.why);
            let why = match choice {
                RuntimeChoice::Auto => passed_over.join(" "),
                RuntimeChoice::Always(_) => "The project's settings ask for it.".to_owned(),
            };
            return Ok((Arc::clone(runtime), RuntimeInUse { kind: *kind, why }));
        }
        passed_over.push(availability.why);
    }
    Err(Problem::new(
        Code::RuntimeUnavailable,
        format!("The runtime \"{}\" cannot be used here.", choice.as_str()),
        "Choose another runtime in the project's settings, or see what the doctor says.",
    )
    .caused_by(passed_over.join(" ")))
}
