//! The handlers: what each request does, for whoever asks. The window calls this directly, the page
//! and the command line through the loopback host.

use crate::contract::{
    AddParams, Check, HubEvent, HubInfo, LogBatch, LogLine, LogParams, ProjectView, Removed,
    Request, RestartParams, RunParams, RuntimeChoice, SetParams, Settings, Snapshot, Some4,
    WireError, log_line, to_wire,
};
use futures::stream::{BoxStream, StreamExt};
use hub_domain::{
    Code, EngineAddress, ImageName, Problem, ProjectId, ResourceLimits, Service, Timestamp,
};
use hub_engine::logs::{Followed, LogQuery};
use hub_engine::{AddProject, Hub, ProjectChange};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// Lines of a log that one request may ask for, and so many where it does not say.
pub const TAIL: std::ops::RangeInclusive<u32> = 1..=10_000;
const DEFAULT_TAIL: u32 = 100;
/// Key of the setting in the store.
const DEFAULT_RUNTIME: &str = "default_runtime";

/// What a subscriber receives: first everything, then changes; everything again when it was too slow.
#[derive(Clone, Debug)]
pub enum Update {
    /// Everything.
    Snapshot(Box<Snapshot>),
    /// A change.
    Event(Box<HubEvent>),
}

/// The handlers. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    hub: Hub,
    info: HubInfo,
    end: CancellationToken,
}

impl Api {
    /// For a Hub. `end` is cancelled by the request to shut down; whoever hosts the Hub waits for it.
    pub fn new(hub: Hub, info: HubInfo, end: CancellationToken) -> Self {
        Self { hub, info, end }
    }

    /// The Hub behind it.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// What is said of the Hub itself.
    pub fn info(&self) -> &HubInfo {
        &self.info
    }

    /// Cancelled when somebody asked the Hub to end.
    pub fn end(&self) -> &CancellationToken {
        &self.end
    }

    /// Answers a request that came as JSON, `{"cmd": …, "params": …}`.
    ///
    /// # Errors
    /// `REQUEST_INVALID` when it cannot be understood; else those of the command.
    pub async fn call_json(&self, request: Value) -> Result<Value, WireError> {
        let request = serde_json::from_value(request).map_err(|fault| {
            WireError::from(invalid("The request could not be understood.").caused_by(fault))
        })?;
        self.call(request).await
    }

    /// Answers a request.
    ///
    /// # Errors
    /// Those of the command; `project` is filled in where the request named one.
    pub async fn call(&self, request: Request) -> Result<Value, WireError> {
        match request {
            Request::Hub(_) => json(&self.info),
            Request::List(_) => json(&self.list()),
            Request::Get(params) => json(&self.get(&params.project).await?),
            Request::Add(params) => json(&self.add(params).await?),
            Request::Remove(params) => {
                let id = self.find(&params.project).await?;
                let removed = self.hub.remove(&id, params.keep_data.unwrap_or(false)).await;
                let left = removed.map_err(of(&id))?.into_iter().map(of(&id)).collect();
                json(&Removed { left })
            }
            Request::Start(params) => json(&self.start(params).await?),
            Request::Stop(params) => json(&self.stop(params).await?),
            Request::Restart(params) => json(&self.restart(params).await?),
            Request::Set(params) => json(&self.set(params).await?),
            Request::OfferPort(params) => {
                let id = self.find(&params.project).await?;
                json(&self.hub.offer_port(&id, params.service.into()).await.map_err(of(&id))?)
            }
            Request::Logs(params) => json(&self.logs(params).await?),
            Request::Doctor(_) => json(&self.doctor().await),
            Request::Settings(_) => json(&self.settings().await?),
            Request::SetSettings(params) => {
                if let Some(runtime) = params.default_runtime {
                    let text = hub_domain::RuntimeChoice::from(runtime).as_str();
                    self.hub.set_setting(DEFAULT_RUNTIME, Some(text)).await?;
                }
                json(&self.settings().await?)
            }
            Request::Shutdown(_) => {
                self.end.cancel();
                Ok(Value::Null)
            }
        }
    }

    /// All projects.
    pub fn list(&self) -> Vec<ProjectView> {
        self.hub.projects().iter().map(|p| to_wire(p)).collect()
    }

    async fn find(&self, project: &str) -> Result<ProjectId, WireError> {
        Ok(self.hub.find(project).await?)
    }

    async fn get(&self, project: &str) -> Result<ProjectView, WireError> {
        let id = self.find(project).await?;
        Ok(to_wire(&*self.hub.project(&id)?))
    }

    async fn add(&self, params: AddParams) -> Result<ProjectView, WireError> {
        let runtime = match params.runtime {
            Some(runtime) => runtime,
            None => self.settings().await?.default_runtime,
        };
        let request = AddProject {
            path: PathBuf::from(params.path),
            name: params.name,
            runtime: runtime.into(),
            read_only: params.read_only.unwrap_or(false),
        };
        Ok(to_wire(&*self.hub.add(request).await?))
    }

    async fn start(&self, params: RunParams) -> Result<ProjectView, WireError> {
        let id = self.find(&params.project).await?;
        let taken = self.hub.start(&id).await.map_err(of(&id))?;
        let shown = match params.wait {
            Some(true) => self.hub.until_started(&id).await.map_err(of(&id))?,
            _ => taken,
        };
        Ok(to_wire(&shown))
    }

    async fn stop(&self, params: RunParams) -> Result<ProjectView, WireError> {
        let id = self.find(&params.project).await?;
        let taken = self.hub.stop(&id).await.map_err(of(&id))?;
        let shown = match params.wait {
            Some(true) => self.hub.until_stopped(&id).await.map_err(of(&id))?,
            _ => taken,
        };
        Ok(to_wire(&shown))
    }

    async fn restart(&self, params: RestartParams) -> Result<ProjectView, WireError> {
        let id = self.find(&params.project).await?;
        let wait = params.wait.unwrap_or(false);
        let Some(service) = params.service else {
            let taken = self.hub.restart(&id).await.map_err(of(&id))?;
            let shown =
                if wait { self.hub.until_started(&id).await.map_err(of(&id))? } else { taken };
            return Ok(to_wire(&shown));
        };
        let service = service_named(&service)?;
        let taken = self.hub.restart_service(&id, service).await.map_err(of(&id))?;
        let shown = if wait {
            self.hub.until_service_up(&id, service).await.map_err(of(&id))?
        } else {
            taken
        };
        Ok(to_wire(&shown))
    }

    async fn set(&self, params: SetParams) -> Result<ProjectView, WireError> {
        let id = self.find(&params.project).await?;
        let mut limits = Vec::new();
        for (service, one) in each(params.limits.unwrap_or_default()) {
            // Rounded to the thousandth of a core that the limits are kept in.
            let millis = (one.cpu * 1000.0).round();
            let millis = if (0.0..=1e9).contains(&millis) { millis as u32 } else { 0 };
            let checked = ResourceLimits::new(millis, one.memory_mb).map_err(|fault| {
                let problem = Problem::new(
                    Code::ConfigInvalid,
                    format!("These limits cannot be given to {service}."),
                    "Choose values within the bounds named in the cause.",
                );
                of(&id)(problem.caused_by(fault).of(service))
            })?;
            limits.push((service, Some(checked)));
        }
        let engine = params.engine.map(|text| engine(&text)).transpose().map_err(of(&id))?;
        let mut images = Vec::new();
        for (service, text) in each(params.images.unwrap_or_default()) {
            images.push((service, image(service, &text).map_err(of(&id))?));
        }
        let change = ProjectChange {
            engine,
            images,
            name: params.name,
            runtime: params.runtime.map(hub_domain::RuntimeChoice::from),
            read_only: params.read_only,
            pinned: params.pinned,
            autostart: params.autostart,
            ports: each(params.ports.unwrap_or_default()),
            limits,
            environment: params
                .environment
                .unwrap_or_default()
                .into_iter()
                .map(|v| {
                    let value = Some(v.value).filter(|value| !value.is_empty());
                    (v.service.into(), v.name, value)
                })
                .collect(),
        };
        Ok(to_wire(&*self.hub.set(&id, change).await.map_err(of(&id))?))
    }

    async fn settings(&self) -> Result<Settings, WireError> {
        let text = self.hub.setting(DEFAULT_RUNTIME).await?;
        let choice = text.and_then(|t| hub_domain::RuntimeChoice::parse(&t));
        Ok(Settings { default_runtime: choice.map(RuntimeChoice::from).unwrap_or_default() })
    }

    /// Looks at everything a start depends on.
    pub async fn doctor(&self) -> Vec<Check> {
        self.hub.doctor().await.into_iter().map(Check::from).collect()
    }

    async fn logs(&self, params: LogParams) -> Result<Vec<LogLine>, WireError> {
        let (id, query) = self.query(params).await?;
        let logs = self.hub.logs();
        let project = id.clone();
        let read = tokio::task::spawn_blocking(move || logs.read(&project, &query)).await;
        let lines = read.map_err(|fault| {
            let message = "The log could not be read to its end.";
            Problem::new(Code::LogFailed, message, "Try again.").caused_by(fault)
        })?;
        Ok(lines.map_err(of(&id))?.into_iter().map(log_line).collect())
    }

    async fn query(&self, params: LogParams) -> Result<(ProjectId, LogQuery), WireError> {
        let tail = params.tail.unwrap_or(DEFAULT_TAIL);
        if !TAIL.contains(&tail) {
            let bounds = format!("between {} and {}", TAIL.start(), TAIL.end());
            let problem = invalid(&format!("\"tail\" is {tail}, but must be {bounds}."));
            return Err(problem.into());
        }
        let id = self.find(&params.project).await?;
        let query = LogQuery {
            services: params.services.unwrap_or_default().into_iter().map(Service::from).collect(),
            after: params.after,
            since: params.since.map(Timestamp::from_millis),
            grep: params.grep,
            tail: usize::try_from(tail).unwrap_or(usize::MAX),
        };
        Ok((id, query))
    }

    /// The last lines of a log and then all that come.
    ///
    /// # Errors
    /// As the command `logs`.
    pub async fn follow_logs(
        &self,
        params: LogParams,
    ) -> Result<BoxStream<'static, LogBatch>, WireError> {
        let (id, query) = self.query(params).await?;
        let stream = self.hub.logs().follow(&id, &query).map_err(of(&id))?;
        let batches = stream.map(|followed| match followed {
            Followed::Lines(lines) => {
                LogBatch { lines: lines.into_iter().map(log_line).collect(), missed: 0 }
            }
            Followed::Missed(missed) => LogBatch { lines: Vec::new(), missed },
        });
        Ok(batches.boxed())
    }

    /// Everything now.
    pub fn snapshot(&self) -> Snapshot {
        let (projects, seq, _) = self.hub.subscribe();
        self.whole(&projects, seq)
    }

    fn whole(
        &self,
        projects: &[std::sync::Arc<hub_engine::snapshot::ProjectSnapshot>],
        seq: u64,
    ) -> Snapshot {
        let projects = projects.iter().map(|p| to_wire(p)).collect();
        Snapshot { seq, hub: self.info.clone(), projects }
    }

    /// Everything now, and then every change; everything again after falling too far behind.
    pub fn subscribe(&self) -> BoxStream<'static, Update> {
        let (projects, seq, changes) = self.hub.subscribe();
        let first = Update::Snapshot(Box::new(self.whole(&projects, seq)));
        let api = self.clone();
        let later = futures::stream::unfold((api, changes), |(api, mut changes)| async move {
            match changes.recv().await {
                Ok(event) => {
                    let update = Update::Event(Box::new(HubEvent::from(&event)));
                    Some((update, (api, changes)))
                }
                Err(RecvError::Lagged(_)) => {
                    let (projects, seq, changes) = api.hub.subscribe();
                    let update = Update::Snapshot(Box::new(api.whole(&projects, seq)));
                    Some((update, (api, changes)))
                }
                Err(RecvError::Closed) => None,
            }
        });
        futures::stream::once(async { first }).chain(later).boxed()
    }
}

/// The engine a text names; `None` for an empty one.
fn engine(text: &str) -> Result<Option<EngineAddress>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    EngineAddress::parse(text).map(Some).map_err(|fault| {
        Problem::new(
            Code::ConfigInvalid,
            format!("\"{text}\" cannot be the address of a Dagger engine."),
            "Give an address like unix:///run/dagger/engine.sock or ssh://user@host.",
        )
        .caused_by(fault)
    })
}

/// The image a text names; `None` for an empty one.
fn image(service: Service, text: &str) -> Result<Option<ImageName>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    ImageName::parse(text).map(Some).map_err(|fault| {
        Problem::new(
            Code::ConfigInvalid,
            format!("\"{text}\" cannot be the image of {service}."),
            "Give a name like postgres:15-alpine, with or without a digest.",
        )
        .caused_by(fault)
        .of(service)
    })
}

fn each<T>(some: Some4<T>) -> Vec<(Service, T)> {
    [
        (Service::Postgres, some.postgres),
        (Service::Redis, some.redis),
        (Service::Backend, some.backend),
        (Service::Frontend, some.frontend),
    ]
    .into_iter()
    .filter_map(|(service, value)| Some((service, value?)))
    .collect()
}

/// Reads a service's name.
///
/// # Errors
/// `SERVICE_UNKNOWN`, which names those there are.
pub fn service_named(name: &str) -> Result<Service, Problem> {
    name.parse().map_err(|fault| {
        Problem::new(
            Code::ServiceUnknown,
            format!("There is no service \"{name}\"."),
            "The services are postgres, redis, backend and frontend.",
        )
        .caused_by(fault)
    })
}

/// A request that cannot be understood.
pub(crate) fn invalid(message: &str) -> Problem {
    Problem::new(
        Code::RequestInvalid,
        message,
        "Correct the request; its description is at /api/v1/openapi.json.",
    )
}

fn of(id: &ProjectId) -> impl Fn(Problem) -> WireError + '_ {
    |problem| WireError { project: Some(id.to_string()), ..WireError::from(problem) }
}

fn json(value: &impl Serialize) -> Result<Value, WireError> {
    serde_json::to_value(value).map_err(|fault| {
        let message = "The answer could not be written.";
        Problem::new(Code::Internal, message, "Report this.").caused_by(fault).into()
    })
}
