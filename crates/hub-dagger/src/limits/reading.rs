//! Understands what the shell on the engine's side answers.

use hub_domain::{Enforcement, ResourceLimits};
use std::collections::BTreeSet;
use std::fmt;

/// Length of a scheduling period in microseconds; the kernel's own default.
const PERIOD_US: u64 = 100_000;

/// Generation of the kernel's control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "1",
            Self::Two => "2",
        })
    }
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::One),
            "2" => Some(Self::Two),
            _ => None,
        }
    }
}

/// The control groups of a running service, as folders on the engine's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folders {
    pub(super) version: Version,
    pub(super) memory: String,
    pub(super) cpu: String,
    pub(super) account: String,
    /// The path the kernel calls the group by.
    pub(super) name: String,
}

impl Folders {
    /// The rest of a "place" line. Names that could mean something to a shell are refused.
    fn parse(words: &[&str]) -> Option<Self> {
        let [version, memory, cpu, account, name] = words else { return None };
        let is_plain = |path: &&str| {
            path.starts_with('/')
                && path.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-:@,+=".contains(c))
        };
        let version = Version::parse(version)?;
        [memory, cpu, account, name].into_iter().all(is_plain).then(|| Self {
            version,
            memory: (*memory).to_owned(),
            cpu: (*cpu).to_owned(),
            account: (*account).to_owned(),
            name: (*name).to_owned(),
        })
    }
}

/// What the kernel shall hold a service to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) bytes: u64,
    pub(super) quota: u64,
    pub(super) period: u64,
}

impl From<ResourceLimits> for Wanted {
    fn from(limits: ResourceLimits) -> Self {
        Self {
            bytes: u64::from(limits.memory_mb()) << 20,
            quota: u64::from(limits.cpu_millis()) * PERIOD_US / 1000,
            period: PERIOD_US,
        }
    }
}

/// What became of an attempt to limit a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The kernel says that it holds.
    Holds { folders: Folders, counts_swap: bool, look: Look },
    /// No process has the tag yet, as far as this account can see.
    Absent { is_root: bool },
    /// It does not hold; the folders are still good for looks.
    Fails { because: String, folders: Option<Folders> },
}

/// Reads the answer to "apply".
pub(super) fn outcome(answer: &[String], wanted: Wanted) -> Outcome {
    let fails = |because: String, folders| Outcome::Fails { because, folders };
    let mut folders = None;
    let mut shown = Vec::new();
    let mut look = Look::default();
    for line in answer {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["unable"] => {
                let because = "the engine's machine has no control groups for memory and CPU";
                return fails(because.to_owned(), None);
            }
            ["absent", uid] => return Outcome::Absent { is_root: *uid == "0" },
            ["place", rest @ ..] => match Folders::parse(rest) {
                Some(place) => folders = Some(place),
                None => return fails(format!("a control group has an unusual name: {line}"), None),
            },
            ["fault", rest @ ..] => {
                let version = folders.as_ref().map_or(Version::Two, |f| f.version);
                let because = format!(
                    "control groups of the engine (version {version}) cannot be used: {}",
                    rest.join(" ")
                );
                return fails(because, folders);
            }
            ["used", ..] => look = Look::parse(&words).unwrap_or_default(),
            [what @ ("memory" | "swap" | "cpu" | "period"), file, rest @ ..] => {
                shown.push(((*what).to_owned(), (*file).to_owned(), rest.join(" ")));
            }
            _ => {}
        }
    }
    let Some(folders) = folders else {
        return fails("the engine's side gave no answer that is understood".to_owned(), None);
    };
    let counts_swap = shown.iter().any(|(what, _, _)| what == "swap");
    match mismatch(&shown, folders.version, wanted) {
        Some(because) => fails(because, Some(folders)),
        None => Outcome::Holds { folders, counts_swap, look },
    }
}

/// The user ids of a service's processes in the answer to "apply", each once.
pub(super) fn users(answer: &[String]) -> BTreeSet<u32> {
    let lines = answer.iter().filter_map(|line| line.strip_prefix("users "));
    lines.flat_map(str::split_ascii_whitespace).filter_map(|id| id.parse().ok()).collect()
}

/// What the user ids of a service's processes prove.
pub(super) fn non_root(users: &BTreeSet<u32>) -> Enforcement {
    let ids = users.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match users.first() {
        None => Enforcement::NotEnforced {
            because: "the account of its process could not be read on the engine's side".to_owned(),
        },
        Some(0) => Enforcement::NotEnforced {
            because: format!("it runs as root on the engine's side (user ids {ids})"),
        },
        Some(_) => {
            Enforcement::Enforced { by: format!("user id {ids}, read on the engine's side") }
        }
    }
}

/// Compares what was read back with what was wanted.
fn mismatch(
    shown: &[(String, String, String)],
    version: Version,
    wanted: Wanted,
) -> Option<String> {
    let bytes = wanted.bytes.to_string();
    let expected: &[(&str, String, bool)] = &match version {
        Version::One => [
            ("memory", bytes.clone(), true),
            ("swap", bytes, false),
            ("cpu", wanted.quota.to_string(), true),
            ("period", wanted.period.to_string(), true),
        ],
        Version::Two => [
            ("memory", bytes, true),
            ("swap", "0".to_owned(), false),
            ("cpu", format!("{} {}", wanted.quota, wanted.period), true),
            ("period", String::new(), false),
        ],
    };
    expected.iter().find_map(|(what, value, is_needed)| {
        match shown.iter().find(|(name, _, _)| name == what) {
            Some((_, _, kept)) if kept == value => None,
            Some((_, file, kept)) => Some(format!("{file} stayed at {kept}")),
            None => is_needed.then(|| format!("the limit of {what} could not be read back")),
        }
    })
}

/// One look at what a service uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Memory without the cache the kernel would give up at once.
    pub(super) memory: u64,
    pub(super) peak: Option<u64>,
    /// In the unit of the version; see [`Look::cpu_us`].
    spent: u64,
    pub(super) kills: u64,
}

impl Look {
    fn parse(words: &[&str]) -> Option<Self> {
        let ["used", memory, cache, peak, spent, kills] = words else { return None };
        let memory: u64 = memory.parse().ok()?;
        let cache: u64 = cache.parse().ok()?;
        Some(Self {
            memory: memory.saturating_sub(cache),
            peak: peak.parse().ok(),
            spent: spent.parse().ok()?,
            kills: kills.parse().ok()?,
        })
    }

    /// CPU time spent since the service began, in microseconds.
    pub(super) fn cpu_us(&self, version: Version) -> u64 {
        match version {
            Version::One => self.spent / 1000,
            Version::Two => self.spent,
        }
    }
}

/// Reads the answer to several "usage" commands; none for a service that is gone.
pub(super) fn looks(answer: &[String]) -> Vec<Option<Look>> {
    let words = |line: &String| Look::parse(&line.split_ascii_whitespace().collect::<Vec<_>>());
    answer.iter().map(words).collect()
}

/// Reads the answer to "killed": whether the kernel ended it, where that can be known.
pub(super) fn killed(answer: &[String]) -> Option<bool> {
    match answer.first().map(String::as_str) {
        Some("killed yes") => Some(true),
        Some("killed no") => Some(false),
        _ => None,
    }
}

/// Reads the answer to "able": which version there is, and whether the shell is root's.
pub(super) fn able(answer: &[String]) -> (Option<Version>, bool) {
    let words: Vec<&str> = answer.first().map_or(vec![], |l| l.split_whitespace().collect());
    match words.as_slice() {
        ["able", version, uid] => (Version::parse(version), *uid == "0"),
        _ => (None, false),
    }
}
