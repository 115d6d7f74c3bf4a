//! What is on the system already: where to look, and whether what is found can be used.

use super::{Entry, Found};
use crate::host::first_blocked;
use crate::tools::Toolbox;
use hub_domain::Code;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A program that does not tell its version within this time cannot be used.
const VERSION_BOUND: Duration = Duration::from_secs(10);

/// Folders beyond `PATH` where package managers put programs.
const MORE_FOLDERS: &[&str] = &[
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/postgresql@17/bin",
    "/opt/homebrew/opt/postgresql@16/bin",
    "/opt/homebrew/opt/postgresql@15/bin",
    "/usr/local/opt/postgresql@15/bin",
];

/// All places where the program may be, the best first.
pub(super) fn candidates(entry: &Entry) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    if entry.program == "postgres" {
        folders.extend(debian_clusters());
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path).filter(|f| f.is_absolute()));
    }
    folders.extend(MORE_FOLDERS.iter().map(PathBuf::from));
    let names = std::iter::once(&entry.program).chain(&entry.also);
    let mut found: Vec<PathBuf> = Vec::new();
    for name in names {
        for folder in &folders {
            let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            if path.is_file() && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

/// Debian keeps each version of PostgreSQL in a folder of its own; the newest first.
fn debian_clusters() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|v| PathBuf::from(format!("/usr/lib/postgresql/{v}/bin"))).collect()
}

/// Looks at one program: can the account run it, is it new enough, is all there that belongs to it.
///
/// # Errors
/// Why it cannot be used, in words.
pub(super) async fn examine(
    program: &Path,
    entry: &Entry,
    toolbox: &Toolbox,
    as_service: bool,
) -> Result<Found, String> {
    let real = std::fs::canonicalize(program).map_err(|fault| fault.to_string())?;
    if as_service {
        let account = &toolbox.account;
        for path in [program, &real] {
            let folder = path.parent().unwrap_or(path);
            if let Some(blocked) = first_blocked(account, folder) {
                let name = &account.name;
                return Err(format!("{name} may not enter {}", blocked.display()));
            }
        }
    }
    for other in &entry.beside {
        if !program.with_file_name(other).exists() && !real.with_file_name(other).exists() {
            return Err(format!("{other} is not beside it"));
        }
    }
    let tool = if as_service {
        toolbox.service_tool(program, VERSION_BOUND)
    } else {
        toolbox.tool(program, VERSION_BOUND)
    };
    let output = tool
        .arg("--version")
        .run(Code::ComponentMissing)
        .await
        .map_err(|problem| problem.cause.unwrap_or(problem.message))?;
    let text = format!("{} {}", output.stdout, output.stderr);
    let version = version_in(&text).ok_or_else(|| format!("no version in \"{}\"", text.trim()))?;
    let (major, minor) = numbers(&version);
    if (major, minor) < entry.minimum {
        let (m, n) = entry.minimum;
        return Err(format!("version {version} is older than {m}.{n}"));
    }
    // Beside is decided by where the programs really are.
    let complete = entry.beside.iter().all(|o| program.with_file_name(o).exists());
    Ok(Found {
        program: if complete { program.to_path_buf() } else { real },
        version,
        why: "installed on this system".to_owned(),
    })
}

/// The first thing in a text that looks like a version.
fn version_in(text: &str) -> Option<String> {
    text.split(|c: char| c.is_whitespace() || c == '=' || c == ',')
        .map(|word| word.trim_start_matches('v'))
        .find(|word| {
            word.contains('.') && word.split('.').take(2).all(|p| p.parse::<u32>().is_ok())
        })
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned())
}

fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{numbers, version_in};

    #[test]
    fn versions_are_read_from_what_programs_print() {
        for (text, version, pair) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18", (15, 18)),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc", "7.0.15", (7, 0)),
            ("v20.20.2", "20.20.2", (20, 20)),
            ("Python 3.11.7", "3.11.7", (3, 11)),
            ("uv 0.13.9 (x86_64-unknown-linux-gnu)", "0.13.9", (0, 13)),
        ] {
            assert_eq!(version_in(text).as_deref(), Some(version), "{text}");
            assert_eq!(numbers(version), pair);
        }
        assert_eq!(version_in("no version here."), None);
    }
}
