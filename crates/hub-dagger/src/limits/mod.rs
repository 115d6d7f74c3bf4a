//! CPU and memory of each service, held by the kernel on the engine's machine, and read from there.
//!
//! A container carries its tag in its environment. The Hub finds the process by it, takes its control
//! group, writes the limits, and reads them back: only what was read back counts as enforced. Works
//! with both versions of control groups. On the way it reads under which account the service's processes
//! run. Needs root on the engine's side; without it, or where that side cannot be reached, the limits
//! are reported as not enforced and the account as not seen, with the reason.

mod reading;
mod shell;
mod side;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub(crate) use side::{EngineSide, ssh_arguments};

use hub_domain::{Enforcement, ProjectId, ResourceLimits, Service, Usage};
use reading::{Folders, Look, Outcome, Wanted};
use shell::Shell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// The exit code of a process that signal 9 ended.
const KILLED: u32 = 128 + 9;

/// Pause between two looks for a process that is not there yet.
const PACE: Duration = Duration::from_millis(50);

/// Marks the processes of one run of a service, by a variable of their environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// The variable's name.
    pub(crate) const VARIABLE: &'static str = "CCHUB_SERVICE";

    /// The tag of a run; no two runs have the same.
    pub(crate) fn new(project: &ProjectId, service: Service, run: u64) -> Self {
        // An id has letters and digits only, so nothing here means anything to a shell.
        Self(format!("{project}/{service}/{run}"))
    }

    /// The tag of a client of the project's gateway; no two of them have the same.
    pub(crate) fn gateway(project: &ProjectId, run: u64) -> Self {
        Self(format!("{project}/gateway/{run}"))
    }

    /// The variable's value.
    pub(crate) fn value(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What became of a service's limits, and what was seen of it meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    /// Whether they bind it.
    pub(crate) enforcement: Enforcement,
    /// Whether its processes were seen to run without the rights of root.
    pub(crate) non_root: Enforcement,
    place: Option<Arc<Place>>,
    /// The engine's side can be reached, and shows the processes of services.
    can_be_seen: bool,
}

impl Applied {
    /// Nothing of the service can be seen.
    fn out_of_reach(because: String) -> Self {
        let not = Enforcement::NotEnforced { because };
        Self { enforcement: not.clone(), non_root: not, place: None, can_be_seen: false }
    }

    /// What was found of the service, and the user ids of its processes.
    fn of(outcome: Outcome, users: &BTreeSet<u32>) -> Self {
        let place = |folders: Folders, look: Look| {
            let cpu = look.cpu_us(folders.version);
            Some(Arc::new(Place { folders, last: Mutex::new((Instant::now(), cpu)) }))
        };
        let (enforcement, place) = match outcome {
            Outcome::Holds { folders, counts_swap, look } => {
                let by = means(folders.version, counts_swap);
                (Enforcement::Enforced { by }, place(folders, look))
            }
            Outcome::Fails { because, folders } => {
                let place = folders.and_then(|folders| place(folders, Look::default()));
                (Enforcement::NotEnforced { because }, place)
            }
            Outcome::Absent { .. } => return Self::out_of_reach(NOT_ROOT.to_owned()),
        };
        Self { enforcement, non_root: reading::non_root(users), place, can_be_seen: true }
    }
}

/// Where a running service can be looked at.
#[derive(Debug)]
struct Place {
    folders: Folders,
    /// CPU time at the last look.
    last: Mutex<(Instant, u64)>,
}

/// What a service was found to use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    /// CPU since the look before, and memory now.
    pub(crate) usage: Usage,
    /// Most memory it ever used, cache included, where the kernel counts it.
    pub(crate) peak_bytes: Option<u64>,
    /// How often the kernel ended one of its processes because of its limit.
    pub(crate) oom_kills: u64,
}

/// Limits services of one engine and looks at what they use.
pub(crate) struct Limiter {
    shell: Shell,
}

impl Limiter {
    /// Reaches the engine's side at the first use.
    pub(crate) fn new(side: EngineSide) -> Self {
        Self { shell: Shell::new(side, shell::SCRIPT) }
    }

    /// Whether limits can be enforced, and by which means or why not.
    pub(crate) async fn available(&self) -> Enforcement {
        let because = match self.shell.ask("able").await.map(|a| reading::able(&a)) {
            Ok((Some(version), true)) => {
                return Enforcement::Enforced { by: means(version, true) };
            }
            Ok((None, _)) => "the engine's machine has no control groups for memory and CPU".into(),
            Ok((Some(_), false)) => NOT_ROOT.to_owned(),
            Err(because) => unreachable_words(&because),
        };
        Enforcement::NotEnforced { because }
    }

    /// Limits a service as soon as its process is there, which is waited for within the bound. Call it
    /// while the service is being started, and again for each run; [`Limiter::confirm`] has the last word.
    pub(crate) async fn apply(
        &self,
        tag: &Tag,
        limits: ResourceLimits,
        bound: Duration,
    ) -> Applied {
        let mut is_root = true;
        match timeout(bound, self.until_present(tag, limits.into(), &mut is_root)).await {
            Ok(Ok((outcome, users))) => Applied::of(outcome, &users),
            Ok(Err(because)) => Applied::out_of_reach(unreachable_words(&because)),
            Err(_) if !is_root => Applied::out_of_reach(NOT_ROOT.to_owned()),
            Err(_) => {
                let seconds = bound.as_secs_f32();
                let because = format!("no process of the service was seen within {seconds} s");
                Applied { can_be_seen: true, ..Applied::out_of_reach(because) }
            }
        }
    }

    /// Limits a service that the engine says is started once more, and tells what holds then. Before a
    /// service an engine may run a container of its own in the service's name: 0.21 installs certificates
    /// of its own so. That one has the same tag, and the service's group is made after it, without limits.
    pub(crate) async fn confirm(
        &self,
        tag: &Tag,
        limits: ResourceLimits,
        before: &Applied,
        bound: Duration,
    ) -> Applied {
        match before.can_be_seen {
            true => self.apply(tag, limits, bound).await,
            false => before.clone(),
        }
    }

    async fn until_present(
        &self,
        tag: &Tag,
        wanted: Wanted,
        is_root: &mut bool,
    ) -> Result<(Outcome, BTreeSet<u32>), String> {
        let Wanted { bytes, quota, period } = wanted;
        let command = format!("apply '{tag}' {bytes} {quota} {period}");
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // The system has no event for "a process with this tag appeared"; it is looked for.
            pace.tick().await;
            let answer = self.shell.ask(&command).await?;
            let outcome = reading::outcome(&answer, wanted);
            let Outcome::Absent { is_root: found } = outcome else {
                return Ok((outcome, reading::users(&answer)));
            };
            *is_root = found;
            if !found {
                // What this account cannot see now it will not see later.
                return Ok((outcome, BTreeSet::new()));
            }
        }
    }

    /// One look at several services; none where it is gone or cannot be looked at.
    pub(crate) async fn usage(&self, services: &[&Applied]) -> Vec<Option<Measured>> {
        let places: Vec<_> = services.iter().map(|a| a.place.as_deref()).collect();
        let commands: Vec<String> = places.iter().flatten().map(|p| p.folders.usage()).collect();
        if commands.is_empty() {
            return vec![None; services.len()];
        }
        let looks = match self.shell.ask(&commands.join("\n")).await {
            Ok(answer) => reading::looks(&answer),
            Err(because) => {
                tracing::debug!("the use of services cannot be read: {because}");
                Vec::new()
            }
        };
        let mut looks = looks.into_iter();
        places.iter().map(|place| place.and_then(|p| p.measured(looks.next()??))).collect()
    }

    /// Whether the kernel ever ended a process of the service because it used more memory than it may;
    /// also when the service is gone. None where that cannot be known.
    pub(crate) async fn had_too_little_memory(&self, service: &Applied) -> Option<bool> {
        let Folders { version, memory, name, .. } = &service.place.as_ref()?.folders;
        match self.shell.ask(&format!("killed {version} '{memory}' '{name}'")).await {
            Ok(answer) => reading::killed(&answer),
            Err(because) => {
                tracing::debug!("the cause of an end cannot be read: {because}");
                None
            }
        }
    }
}

impl Folders {
    fn usage(&self) -> String {
        format!("usage {} '{}' '{}' '{}'", self.version, self.memory, self.cpu, self.account)
    }
}

impl Place {
    fn measured(&self, look: Look) -> Option<Measured> {
        let (now, cpu) = (Instant::now(), look.cpu_us(self.folders.version));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, before) = std::mem::replace(&mut *last, (now, cpu));
        let passed = now.duration_since(then).as_secs_f64() * 1e6;
        let cpu_percent = if passed > 0.0 {
            (cpu.saturating_sub(before) as f64 / passed * 100.0) as f32
        } else {
            0.0
        };
        Some(Measured {
            usage: Usage { cpu_percent, memory_bytes: look.memory },
            peak_bytes: look.peak,
            oom_kills: look.kills,
        })
    }
}

const NOT_ROOT: &str =
    "the account on the engine's side is not root, and only root sees the services' processes";

fn unreachable_words(because: &str) -> String {
    format!("the engine's side cannot be reached: {because}")
}

fn means(version: reading::Version, counts_swap: bool) -> String {
    let swap = if counts_swap { "" } else { "; swap is not counted there" };
    format!("control groups of the engine, version {version}{swap}")
}

/// How a service ended of which the kernel ended a process, in words that can follow its name; `how` is
/// what is known otherwise.
pub(crate) fn out_of_memory_words(how: &str, code: Option<u32>, limits: ResourceLimits) -> String {
    let memory = limits.memory_mb();
    match code {
        Some(KILLED) => format!("was ended by the kernel: it used more than its {memory} MB"),
        _ => format!(
            "{how} after the kernel ended one of its processes: it used more than its {memory} MB"
        ),
    }
}
