//! Limits by the kernel: a control group for each service, version 1 (as root) or version 2 (where a
//! subtree is ours to use), read back before anything is called enforced.

use hub_domain::{Enforcement, ProjectId, ResourceLimits, Service};
use std::fs;
use std::path::{Path, PathBuf};

/// Length of a scheduling period in microseconds; the kernel's own default.
const PERIOD_US: u64 = 100_000;

/// The control groups of one running service.
#[derive(Debug)]
pub(crate) struct Limited {
    folders: Vec<PathBuf>,
    /// What the service's process must enter.
    pub(crate) entries: Vec<PathBuf>,
    /// Whether the limits bind it.
    pub(crate) enforcement: Enforcement,
}

impl Limited {
    fn not(because: impl Into<String>) -> Self {
        let enforcement = Enforcement::NotEnforced { because: because.into() };
        Self { folders: Vec::new(), entries: Vec::new(), enforcement }
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        for folder in &self.folders {
            // A group that is still busy is removed by the next start of the same service.
            if let Err(fault) = fs::remove_dir(folder) {
                tracing::debug!("{}: {fault}", folder.display());
            }
        }
    }
}

/// Makes the groups for one service.
pub(crate) fn apply(project: &ProjectId, service: Service, limits: ResourceLimits) -> Limited {
    let name = format!("cchub/{project}/{service}");
    let base = Path::new("/sys/fs/cgroup");
    if base.join("cgroup.controllers").exists() {
        return version_2(base, &name, limits);
    }
    if base.join("memory").is_dir() && base.join("cpu").is_dir() {
        return version_1(base, &name, limits);
    }
    Limited::not("this system has no control groups")
}

/// Looks whether limits would bind here, without leaving anything behind.
pub(crate) fn available() -> Enforcement {
    let probe = ProjectId::from_random([0; 10]);
    let Ok(limits) = ResourceLimits::new(1000, 1024) else {
        return Enforcement::NotEnforced { because: "no limits to try".into() };
    };
    apply(&probe, Service::Redis, limits).enforcement.clone()
}

fn version_1(base: &Path, name: &str, limits: ResourceLimits) -> Limited {
    let memory = base.join("memory").join(name);
    let cpu = base.join("cpu").join(name);
    let bytes = u64::from(limits.memory_mb()) * 1024 * 1024;
    let quota = u64::from(limits.cpu_millis()) * PERIOD_US / 1000;
    let mut limited = Limited::not("");
    for (folder, settings) in [
        (&memory, vec![("memory.limit_in_bytes", bytes)]),
        (&cpu, vec![("cpu.cfs_period_us", PERIOD_US), ("cpu.cfs_quota_us", quota)]),
    ] {
        if let Err(why) = make(folder, &settings) {
            return Limited::not(format!("control groups (version 1) cannot be used: {why}"));
        }
        limited.folders.push(folder.clone());
        limited.entries.push(folder.join("cgroup.procs"));
    }
    limited.enforcement = Enforcement::Enforced { by: "control groups, version 1".into() };
    limited
}

fn version_2(base: &Path, name: &str, limits: ResourceLimits) -> Limited {
    let because = |why: String| Limited::not(format!("control groups cannot be used: {why}"));
    let root = match own_subtree(base) {
        Ok(root) => root,
        Err(why) => return because(why),
    };
    let folder = root.join(name);
    let parents = [root.clone(), root.join("cchub")];
    if let Err(fault) = fs::create_dir_all(&folder) {
        return because(fault.to_string());
    }
    let project = folder.parent().map(Path::to_path_buf);
    for parent in parents.iter().chain(project.iter()) {
        if let Err(fault) = fs::write(parent.join("cgroup.subtree_control"), "+cpu +memory") {
            return because(format!("{}: {fault}", parent.display()));
        }
    }
    let bytes = u64::from(limits.memory_mb()) * 1024 * 1024;
    let quota = u64::from(limits.cpu_millis()) * PERIOD_US / 1000;
    if let Err(why) = make(&folder, &[("memory.max", bytes)]) {
        return because(why);
    }
    let max = format!("{quota} {PERIOD_US}");
    let file = folder.join("cpu.max");
    let kept = fs::write(&file, &max).and_then(|()| fs::read_to_string(&file));
    match kept {
        Ok(kept) if kept.trim() == max => Limited {
            entries: vec![folder.join("cgroup.procs")],
            folders: vec![folder],
            enforcement: Enforcement::Enforced { by: "control groups, version 2".into() },
        },
        Ok(kept) => because(format!("cpu.max stayed at {}", kept.trim())),
        Err(fault) => because(fault.to_string()),
    }
}

/// The part of the tree this process may use: all of it as root, else the one it was delegated.
fn own_subtree(base: &Path) -> Result<PathBuf, String> {
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        return Ok(base.to_path_buf());
    }
    let own = fs::read_to_string("/proc/self/cgroup").map_err(|e| e.to_string())?;
    let path = own.lines().find_map(|l| l.strip_prefix("0::/")).unwrap_or_default();
    // A group that has processes may not give controllers on, so the services go beside ours.
    let parent = base.join(path);
    let parent = parent.parent().unwrap_or(base);
    let writable = fs::OpenOptions::new().write(true).open(parent.join("cgroup.subtree_control"));
    match writable {
        Ok(_) => Ok(parent.to_path_buf()),
        Err(fault) => Err(format!("no subtree is delegated to this user ({fault})")),
    }
}

/// Makes a group and sets its values; each is read back.
fn make(folder: &Path, settings: &[(&str, u64)]) -> Result<(), String> {
    let fault = |f: std::io::Error| format!("{}: {f}", folder.display());
    fs::create_dir_all(folder).map_err(fault)?;
    for (name, value) in settings {
        let file = folder.join(name);
        fs::write(&file, value.to_string()).map_err(fault)?;
        let kept = fs::read_to_string(&file).map_err(fault)?;
        if kept.trim() != value.to_string() {
            return Err(format!("{name} stayed at {}", kept.trim()));
        }
    }
    Ok(())
}
