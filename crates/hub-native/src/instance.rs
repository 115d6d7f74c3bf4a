//! One prepared stack: launches, probes and measures its four services.

use crate::account::Account;
use crate::environments::Environments;
use crate::guarded;
use crate::limits;
use crate::platform::{self, GroupUsage};
use crate::records::Record;
use crate::services::{Folders, Plan, Programs, ProjectSecrets};
use async_trait::async_trait;
use futures::FutureExt;
use hub_domain::{Code, Enforcement, PerService, Problem, Proof, Service, Usage};
use hub_engine::runtime::{Facts, Instance, Launch, Launched};
use hub_probes::Probes;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What an instance is made of.
pub(crate) struct Parts {
    pub(crate) home: PathBuf,
    pub(crate) guard: PathBuf,
    pub(crate) launch: Launch,
    pub(crate) secrets: ProjectSecrets,
    pub(crate) programs: Programs,
    pub(crate) versions: PerService<String>,
    pub(crate) folders: Folders,
    pub(crate) environments: Environments,
    pub(crate) account: Account,
}

pub(crate) struct NativeInstance {
    parts: Parts,
    probes: Probes,
    measured: Mutex<PerService<Option<Measured>>>,
}

/// The last look at what a service uses.
#[derive(Clone, Copy, Debug)]
struct Measured {
    pid: u32,
    at: Instant,
    used: GroupUsage,
}

impl NativeInstance {
    pub(crate) fn new(parts: Parts) -> Self {
        let probes =
            Probes::new(parts.secrets.db_password.clone(), parts.secrets.redis_password.clone());
        Self { parts, probes, measured: Mutex::default() }
    }

    fn measured(&self) -> std::sync::MutexGuard<'_, PerService<Option<Measured>>> {
        // Only whole values are ever written, so a panic elsewhere leaves it usable.
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the process from outside: is it the account it should be?
    fn check_account(&self, service: Service, pid: u32) -> Result<Enforcement, Problem> {
        let account = &self.parts.account;
        match platform::uid_of(pid) {
            Some(uid) if uid != account.ids.uid || (uid == 0) => Err(Problem::new(
                Code::AccountUnusable,
                format!("{service} runs under user id {uid} instead of {}.", account.name),
                "Report this; the service was ended.",
            )),
            Some(uid) => Ok(Enforcement::Enforced { by: format!("user id {uid}") }),
            None => Ok(Enforcement::NotEnforced {
                because: "the account of its process could not be read".to_owned(),
            }),
        }
    }
}

#[async_trait]
impl Instance for NativeInstance {
    async fn launch(&self, service: Service) -> Result<Launched, Problem> {
        let parts = &self.parts;
        let config = &parts.launch.config;
        let plan = Plan {
            config,
            secrets: &parts.secrets,
            programs: &parts.programs,
            folders: &parts.folders,
            environments: &parts.environments,
            account: &parts.account,
        };
        let mut order = plan.order(service);
        let limited = limits::apply(config.project(), service, config.limits(service));
        order.cgroups.clone_from(&limited.entries);
        let protects = !order.write_protected.is_empty();
        let record = Record::of(&parts.home, config.project(), service);
        let log = parts.launch.logs[service].clone();
        let guarded = guarded::start(&parts.guard, &order, log, &record).await?;
        let non_root = self.check_account(service, guarded.pid)?;
        let facts = Facts {
            pid: Some(guarded.pid),
            user: parts.account.name.clone(),
            non_root,
            limits: limited.enforcement.clone(),
            // A guardian that cannot protect the folder does not start the service at all.
            read_only: protects.then(|| Enforcement::Enforced { by: "Landlock".to_owned() }),
            program: parts.versions[service].clone(),
        };
        self.measured()[service] =
            Some(Measured { pid: guarded.pid, at: Instant::now(), used: GroupUsage::default() });
        let exited = guarded.exited.map(move |exit| {
            drop(limited);
            exit
        });
        Ok(Launched { facts, exited: exited.boxed(), control: Box::new(guarded.control) })
    }

    async fn probe(&self, service: Service) -> Result<Proof, String> {
        self.probes.ask(service, &self.parts.launch.config).await
    }

    async fn usage(&self, service: Service) -> Option<Usage> {
        let last = self.measured()[service]?;
        let used = platform::group_usage(last.pid)?;
        let now = Instant::now();
        self.measured()[service] = Some(Measured { at: now, used, ..last });
        let seconds = now.duration_since(last.at).as_secs_f32();
        let worked = used.cpu.saturating_sub(last.used.cpu).as_secs_f32();
        let cpu_percent = if seconds > 0.0 { 100.0 * worked / seconds } else { 0.0 };
        Some(Usage { cpu_percent, memory_bytes: used.memory_bytes })
    }

    async fn close(&self) {
        *self.measured() = PerService::default();
    }
}
