//! Where things are: the Hub home, the guardian, the workbench, the pages.

use hub_domain::{Code, Problem};
use std::path::{Path, PathBuf};

/// The Hub's data folder: the one named, else `CCHUB_HOME`, else the platform's place for such data.
///
/// As root it is a folder below `/var/lib`, because services run under another account, which must
/// be able to reach it.
///
/// # Errors
/// `HUB_HOME_UNUSABLE` when no place can be found, or the named path is relative.
pub fn hub_home(named: Option<&Path>) -> Result<PathBuf, Problem> {
    let asked = named.map(Path::to_path_buf).or_else(|| variable("CCHUB_HOME"));
    let home = match asked {
        Some(path) => path,
        None => platform_home()?,
    };
    std::path::absolute(&home).map_err(|fault| {
        Problem::new(
            Code::HubHomeUnusable,
            format!("{} cannot be the Hub's data folder.", home.display()),
            "Name an absolute path in CCHUB_HOME.",
        )
        .caused_by(fault)
    })
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn platform_home() -> Result<PathBuf, Problem> {
    const NAME: &str = "commandcenter-hub";
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        return Ok(Path::new("/var/lib").join(NAME));
    }
    let missing = || {
        Problem::new(
            Code::HubHomeUnusable,
            "No place for the Hub's data could be found.",
            "Name one in CCHUB_HOME.",
        )
    };
    if cfg!(windows) {
        return Ok(variable("LOCALAPPDATA").ok_or_else(missing)?.join(NAME));
    }
    let home = variable("HOME").ok_or_else(missing);
    if cfg!(target_os = "macos") {
        return Ok(home?.join("Library/Application Support").join(NAME));
    }
    match variable("XDG_DATA_HOME").filter(|path| path.is_absolute()) {
        Some(data) => Ok(data.join(NAME)),
        None => Ok(home?.join(".local/share").join(NAME)),
    }
}

/// Files that come with the Hub.
#[derive(Clone, Debug)]
pub struct Shipped {
    /// The guardian's program.
    pub guard: PathBuf,
    /// The workbench.
    pub workbench: PathBuf,
    /// The Hub's own page, where it was built.
    pub page: Option<PathBuf>,
}

/// Finds them: where a variable says, beside the running program, or in the source tree that it was
/// built in.
pub fn shipped() -> Shipped {
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.canonicalize().unwrap_or(program);
    let beside = program.parent().unwrap_or(Path::new("")).to_path_buf();
    let share = beside.join("../share/commandcenter-hub");
    let bundle = beside.join("../lib/CommandCenter Hub");
    let source = source_tree(&beside);
    let find = |name: &str, variable_name: &str, places: &[PathBuf], mark: &str| {
        let named = variable(variable_name);
        let found = named.into_iter().chain(places.iter().map(|place| place.join(name)));
        found
            .into_iter()
            .find(|path| path.join(mark).exists() || (mark.is_empty() && path.exists()))
    };
    let guard_name = format!("cchub-guard{}", std::env::consts::EXE_SUFFIX);
    let guard = variable("CCHUB_GUARD").unwrap_or_else(|| beside.join(&guard_name));
    let mut places = vec![share.clone(), bundle];
    places.extend(source);
    Shipped {
        guard,
        workbench: find("commandcenter", "CCHUB_WORKBENCH", &places, "backend")
            .unwrap_or_else(|| share.join("commandcenter")),
        page: find("ui/dist", "CCHUB_UI", &places, "index.html"),
    }
}

/// The root of the source tree, for a program that lies in its `target` folder.
fn source_tree(beside: &Path) -> Option<PathBuf> {
    beside
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "target"))
        .and_then(Path::parent)
        .filter(|root| root.join("commandcenter").is_dir())
        .map(Path::to_path_buf)
}
