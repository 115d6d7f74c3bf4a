//! How things look on a terminal: shape, word and colour say the same, so that any one of them is
//! enough. Text from outside cannot steer the terminal.

use crate::when;
use hub_api::contract::{
    Check, Enforcement, Health, HealthWord, LogLine, LogStream, ProjectState, ProjectView, Removed,
    Service, ServiceState, ServiceView, Verdict, WireError,
};
use std::fmt::Write;
use std::io::IsTerminal;

/// Colours, where they are wanted: on a terminal, unless `NO_COLOR` is set.
fn paint(text: &str, code: &str) -> String {
    let wanted = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if wanted { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
const DIM: &str = "2";

/// Control characters become visible: a name or a path must not move the cursor.
pub(crate) fn safe(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// Shape, word and colour of a project's state.
fn project_mark(state: &ProjectState) -> (&'static str, &'static str, &'static str) {
    match state {
        ProjectState::Stopped => ("○", "Stopped", DIM),
        ProjectState::Queued { .. } => ("◌", "Waiting", DIM),
        ProjectState::Starting { .. } => ("◔", "Starting", YELLOW),
        ProjectState::Running { health: HealthWord::Healthy, .. } => ("✓", "Healthy", GREEN),
        ProjectState::Running { health: HealthWord::Degraded, .. } => ("▲", "Degraded", YELLOW),
        ProjectState::Running { health: HealthWord::Unknown, .. } => ("?", "Unknown", YELLOW),
        ProjectState::Running { health: HealthWord::Unhealthy, .. } => ("✕", "Unhealthy", RED),
        ProjectState::Stopping { .. } => ("◔", "Stopping", DIM),
        ProjectState::Failed { .. } => ("✕", "Failed", RED),
        ProjectState::GaveUp { .. } => ("■", "Gave up", RED),
    }
}

fn service_mark(state: &ServiceState) -> (&'static str, &'static str, &'static str) {
    match state {
        ServiceState::Stopped => ("○", "Stopped", DIM),
        ServiceState::Waiting { .. } => ("◌", "Waiting", DIM),
        ServiceState::Starting { .. } => ("◔", "Starting", YELLOW),
        ServiceState::Running { health: Health::Healthy { .. }, .. } => ("✓", "Healthy", GREEN),
        ServiceState::Running { health: Health::Degraded { .. }, .. } => ("▲", "Degraded", YELLOW),
        ServiceState::Running { health: Health::Unhealthy { .. }, .. } => ("✕", "Unhealthy", RED),
        ServiceState::Running { health: Health::Unknown { .. }, .. } => ("?", "Unknown", YELLOW),
        ServiceState::Pausing { .. } => ("◌", "Restarting", YELLOW),
        ServiceState::Stopping => ("◔", "Stopping", DIM),
        ServiceState::GaveUp { .. } => ("■", "Gave up", RED),
    }
}

/// A project's state in shape and word.
pub(crate) fn state(state: &ProjectState) -> String {
    let (shape, word, colour) = project_mark(state);
    paint(&format!("{shape} {word}"), colour)
}

pub(crate) const fn service_name(service: Service) -> &'static str {
    match service {
        Service::Postgres => "postgres",
        Service::Redis => "redis",
        Service::Backend => "backend",
        Service::Frontend => "frontend",
    }
}

/// What a service's state rests on, in words.
fn proof(state: &ServiceState, now: u64) -> String {
    match state {
        ServiceState::Running { health, .. } => match health {
            Health::Healthy { proof } => format!("{} {}", proof.what, when::ago(proof.at, now)),
            Health::Degraded { why, .. } => why.clone(),
            Health::Unhealthy { last, why } => {
                format!("{why}; last answer {}", when::ago(last.at, now))
            }
            Health::Unknown { last } => format!("last answer {}", when::ago(last.at, now)),
        },
        ServiceState::Waiting { needs } if !needs.is_empty() => {
            format!("waits for {}", names(needs))
        }
        ServiceState::Starting { needs, .. } if !needs.is_empty() => {
            format!("waits for {}", names(needs))
        }
        ServiceState::Starting { last_miss, .. } => last_miss.clone().unwrap_or_default(),
        ServiceState::Pausing { error, .. } | ServiceState::GaveUp { error } => {
            error.message.clone()
        }
        ServiceState::Stopped | ServiceState::Waiting { .. } | ServiceState::Stopping => {
            String::new()
        }
    }
}

fn names(services: &[Service]) -> String {
    services.iter().map(|s| service_name(*s)).collect::<Vec<_>>().join(" and ")
}

/// A longer cell (a path, the reason of a failure) pushes only what stands behind it in its own row.
const LONGEST_ALIGNED: usize = 60;

/// Columns of equal width, by characters.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |text: &str| {
        let mut count = 0;
        let mut in_code = false;
        for c in text.chars() {
            match c {
                '\x1b' => in_code = true,
                'm' if in_code => in_code = false,
                _ if !in_code => count += 1,
                _ => {}
            }
        }
        count
    };
    let widths: Vec<usize> = (0..columns)
        .map(|i| {
            let cells = rows.iter().filter_map(|row| row.get(i)).map(|text| width(text));
            cells.filter(|cell| *cell <= LONGEST_ALIGNED).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, widest) in row.iter().zip(&widths) {
            let padding = " ".repeat(widest.saturating_sub(width(cell)));
            // Writing into a text cannot fail.
            let _ = write!(line, "{cell}{padding}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// All projects, a line each.
pub(crate) fn projects(all: &[ProjectView]) -> String {
    if all.is_empty() {
        return "No projects yet. Add one: cchub add FOLDER\n".to_owned();
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|p| {
            let runs = p.runtime.in_use.is_some();
            vec![
                state(&p.state),
                safe(&p.name),
                if runs { p.urls.frontend.clone() } else { String::new() },
                safe(&p.path),
                paint(&p.id, DIM),
            ]
        })
        .collect();
    table(&rows)
}

/// One project with its services.
pub(crate) fn project(p: &ProjectView) -> String {
    let now = when::now();
    let mut text = format!("{}  {}  {}\n", state(&p.state), safe(&p.name), safe(&p.path));
    match &p.state {
        ProjectState::Failed { error } | ProjectState::GaveUp { error } => {
            text.push_str(&self::error(error));
        }
        _ if p.was_interrupted => {
            text.push_str("It was running when the Hub ended unexpectedly; start it again when you need it.\n");
        }
        _ => {}
    }
    let rows: Vec<Vec<String>> = p.services.iter().map(|s| service_row(s, now)).collect();
    text.push_str(&table(&rows));
    if p.runtime.in_use.is_some() {
        let _ = writeln!(text, "page     {}\nbackend  {}", p.urls.frontend, p.urls.backend);
    }
    if let Some(folder) = &p.folder {
        let _ = writeln!(text, "folder   {}", safe(&folder.access));
        for kept in &folder.conflicts {
            let kept = safe(kept);
            let _ = writeln!(text, "  ▲ changed on both sides; compare, then remove: {kept}");
        }
        if let Some(trouble) = &folder.trouble {
            let _ = writeln!(text, "  ▲ {}", safe(trouble));
        }
    }
    text
}

fn service_row(s: &ServiceView, now: u64) -> Vec<String> {
    let (shape, word, colour) = service_mark(&s.state);
    let usage = s.usage.map_or_else(String::new, |u| {
        format!("{} %  {}/{} MB", u.cpu_percent, u.memory_mb, s.limits.memory_mb)
    });
    let doubt = |what: &str, enforcement: &Option<Enforcement>| match enforcement {
        Some(Enforcement::NotEnforced { because }) => Some(format!("{what}, because {because}")),
        Some(Enforcement::Enforced { .. }) | None => None,
    };
    let doubts = [
        doubt("limits not enforced here", &s.enforcement),
        doubt("not seen to run without root", &s.non_root),
    ];
    vec![
        format!("  {}", service_name(s.service)),
        paint(&format!("{shape} {word}"), colour),
        format!(":{}", s.port),
        safe(&proof(&s.state, now)),
        usage,
        doubts.into_iter().flatten().collect::<Vec<_>>().join("; "),
    ]
}

/// A failure: what happened, what to do, why, and the last lines of the service.
pub(crate) fn error(error: &WireError) -> String {
    let mut text = format!("✕ {} {}\n", safe(&error.message), safe(&error.action));
    if let Some(cause) = &error.cause {
        let cause = cause.lines().map(safe).collect::<Vec<_>>().join("\n         ");
        let _ = writeln!(text, "  cause: {cause}");
    }
    if !error.log_tail.is_empty() {
        let name = error.service.map_or("it", service_name);
        let _ = writeln!(text, "  the last lines of {name}:");
        for line in &error.log_tail {
            let _ = writeln!(text, "    {}", safe(line));
        }
    }
    if let (Some(offer), Some(project)) = (&error.offer, &error.project) {
        let service = service_name(offer.service);
        let _ = writeln!(text, "  → cchub set {project} ports.{service} {}", offer.free);
    }
    let _ = writeln!(text, "  ({})", error.code.0);
    text
}

/// A removal, and what it could not delete.
pub(crate) fn removed(project: &str, removed: &Removed) -> String {
    let left = removed.left.iter().map(error).collect::<String>();
    format!("Removed {}. Its folder is as it was.\n{left}", safe(project))
}

/// What a setting is now, and from when on.
pub(crate) fn set(p: &ProjectView, key: &str, value: &str) -> String {
    let waits = !matches!(p.state, ProjectState::Stopped | ProjectState::Failed { .. });
    let at_once = matches!(key, "name" | "pinned" | "autostart");
    let from = if waits && !at_once { " It holds from the next start on." } else { "" };
    let value = if value.is_empty() { "unset".to_owned() } else { safe(value) };
    format!("{} is now {value} ({}).{from}\n", safe(key), safe(&p.name))
}

/// One line of a log.
pub(crate) fn line(line: &LogLine) -> String {
    let colour = match line.stream {
        LogStream::Stdout => "0",
        LogStream::Stderr => YELLOW,
        LogStream::Hub => DIM,
    };
    let head = format!("{} {:<8}", when::clock(line.at), service_name(line.service));
    format!("{} {}", paint(&head, DIM), paint(&safe(&line.text), colour))
}

/// What the doctor found.
pub(crate) fn checks(all: &[Check]) -> String {
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|check| {
            let mark = match check.verdict {
                Verdict::Ok => paint("✓", GREEN),
                Verdict::Warning => paint("▲", YELLOW),
                Verdict::Failed => paint("✕", RED),
            };
            let found = check.found.lines().map(safe).collect::<Vec<_>>().join(" ");
            let action = if check.action.is_empty() {
                String::new()
            } else {
                format!("→ {}", check.action)
            };
            vec![mark, check.title.clone(), format!("{found} {action}")]
        })
        .collect();
    table(&rows)
}
