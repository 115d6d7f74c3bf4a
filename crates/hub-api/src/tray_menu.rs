//! What the trays show, as a pure function of what the Hub knows. Knows nothing of Tauri or GTK.
//!
//! Every item id begins with the id of what it acts on, because menu handlers see the items of all trays.

use crate::contract::{HealthWord, ProjectState, ProjectView};

/// So many projects are in the menu itself; the window has all of them.
const SHOWN: usize = 10;
/// Stands for the Hub where a project's id stands in item ids; no project id contains a colon.
pub const HUB: &str = "hub";

/// Health as a picture shows it, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// Nothing runs.
    Stopped,
    /// Everything that runs is proven healthy.
    Healthy,
    /// Something comes up or goes down.
    Starting,
    /// Something's last proof is too old, or the Hub itself is not open.
    Unknown,
    /// Something answers badly.
    Degraded,
    /// Something failed.
    Failed,
}

/// One entry of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as what they are")]
pub enum Item {
    /// Something to press, or only to read.
    Text { id: String, label: String, is_enabled: bool },
    /// A line.
    Separator,
    /// A menu within the menu.
    Submenu { label: String, items: Vec<Item> },
}

/// One tray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tray {
    /// `hub`, or the id of a pinned project.
    pub id: String,
    /// Its picture.
    pub face: Face,
    /// What it is, where the system shows that.
    pub title: String,
    /// Its menu.
    pub items: Vec<Item>,
}

/// What an item does when it is pressed: the project, or `hub`, and the action.
pub fn action(id: &str) -> Option<(&str, &str)> {
    id.split_once(':')
}

/// Shape and word of a state, the same as in the window.
pub fn words(state: &ProjectState) -> (&'static str, &'static str) {
    match state {
        ProjectState::Stopped => ("○", "Stopped"),
        ProjectState::Queued { .. } => ("◌", "Waiting"),
        ProjectState::Starting { .. } => ("◔", "Starting"),
        ProjectState::Stopping { .. } => ("◔", "Stopping"),
        ProjectState::Failed { .. } => ("✕", "Failed"),
        ProjectState::GaveUp { .. } => ("■", "Gave up"),
        ProjectState::Running { health, .. } => match health {
            HealthWord::Healthy => ("✓", "Healthy"),
            HealthWord::Degraded => ("▲", "Degraded"),
            HealthWord::Unknown => ("?", "Unknown"),
            HealthWord::Unhealthy => ("✕", "Unhealthy"),
        },
    }
}

/// The picture of a state.
pub fn face(state: &ProjectState) -> Face {
    match state {
        ProjectState::Stopped => Face::Stopped,
        ProjectState::Queued { .. }
        | ProjectState::Starting { .. }
        | ProjectState::Stopping { .. } => Face::Starting,
        ProjectState::Failed { .. } | ProjectState::GaveUp { .. } => Face::Failed,
        ProjectState::Running { health, .. } => match health {
            HealthWord::Healthy => Face::Healthy,
            HealthWord::Degraded => Face::Degraded,
            HealthWord::Unknown => Face::Unknown,
            HealthWord::Unhealthy => Face::Failed,
        },
    }
}

/// Something of it runs, comes up or goes down.
pub fn is_active(state: &ProjectState) -> bool {
    !matches!(state, ProjectState::Stopped | ProjectState::Failed { .. })
}

/// The trays of an open Hub: its own first, then one for each pinned project.
pub fn trays(projects: &[ProjectView]) -> Vec<Tray> {
    let mut sorted: Vec<&ProjectView> = projects.iter().collect();
    sorted.sort_by_key(|p| (rank(&p.state), p.name.to_lowercase(), p.id.clone()));
    let pinned = projects.iter().filter(|p| p.pinned).map(|p| Tray {
        id: p.id.clone(),
        face: face(&p.state),
        title: p.name.clone(),
        items: pinned_menu(p),
    });
    let hub = Tray {
        id: HUB.to_owned(),
        face: projects.iter().map(|p| face(&p.state)).max().unwrap_or(Face::Stopped),
        title: "CommandCenter Hub".to_owned(),
        items: hub_menu(&sorted),
    };
    std::iter::once(hub).chain(pinned).collect()
}

/// The tray while the Hub is not open: it says why, and offers the ways out.
pub fn closed(summary: &str, is_held_by_another: bool) -> Vec<Tray> {
    let mut items = vec![text(HUB, "summary", summary, false)];
    if is_held_by_another {
        items.push(text(HUB, "page", "Open the page of that Hub", true));
        items.push(text(HUB, "take-over", "End that Hub and go on here", true));
    }
    items.extend(ending());
    let title = "CommandCenter Hub".to_owned();
    vec![Tray { id: HUB.to_owned(), face: Face::Unknown, title, items }]
}

fn rank(state: &ProjectState) -> u8 {
    match face(state) {
        Face::Failed | Face::Degraded | Face::Unknown => 0,
        Face::Starting | Face::Healthy => 1,
        Face::Stopped => 2,
    }
}

fn hub_menu(sorted: &[&ProjectView]) -> Vec<Item> {
    let mut items = vec![text(HUB, "summary", &summary(sorted), false)];
    if !sorted.is_empty() {
        items.push(Item::Separator);
    }
    items.extend(sorted.iter().take(SHOWN).map(|p| Item::Submenu {
        label: format!("{} {}", words(&p.state).0, label(&p.name)),
        items: project_menu(p),
    }));
    if sorted.len() > SHOWN {
        items.push(text(HUB, "projects", "More…", true));
    }
    items.push(Item::Separator);
    let is_any_active = sorted.iter().any(|p| is_active(&p.state));
    items.push(text(HUB, "stop-all", "Stop all", is_any_active));
    items.extend(ending());
    items
}

fn ending() -> [Item; 5] {
    [
        Item::Separator,
        text(HUB, "open", "Open CommandCenter Hub", true),
        text(HUB, "settings", "Settings…", true),
        Item::Separator,
        text(HUB, "quit", "Quit", true),
    ]
}

fn summary(projects: &[&ProjectView]) -> String {
    let running = projects.iter().filter(|p| is_active(&p.state)).count();
    let attention = projects.iter().filter(|p| rank(&p.state) == 0).count();
    match (projects.len(), attention) {
        (0, _) => "No projects yet".to_owned(),
        (_, 0) => format!("{running} running"),
        (_, 1) => format!("{running} running · 1 needs attention"),
        (_, n) => format!("{running} running · {n} need attention"),
    }
}

fn project_menu(project: &ProjectView) -> Vec<Item> {
    let id = &project.id;
    let is_up = matches!(project.state, ProjectState::Running { .. } | ProjectState::GaveUp { .. });
    let is_stopping = matches!(project.state, ProjectState::Stopping { .. });
    let switch = if is_active(&project.state) {
        text(id, "stop", "Stop", !is_stopping)
    } else {
        text(id, "start", "Start", true)
    };
    vec![
        text(id, "state", words(&project.state).1, false),
        text(id, "browser", "Open in browser", is_up),
        text(id, "logs", "Show logs", true),
        text(id, "restart", "Restart", is_up),
        switch,
        text(id, "copy", "Copy URL", true),
    ]
}

fn pinned_menu(project: &ProjectView) -> Vec<Item> {
    let mut items = vec![text(&project.id, "name", &project.name, false)];
    items.extend(project_menu(project));
    items.push(Item::Separator);
    items.push(text(HUB, "open", "Open CommandCenter Hub", true));
    items
}

fn text(of: &str, action: &str, words: &str, is_enabled: bool) -> Item {
    Item::Text { id: format!("{of}:{action}"), label: label(words), is_enabled }
}

/// Menus take a single `&` as the mark of a shortcut.
fn label(words: &str) -> String {
    words.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_hub_has_a_summary_nothing_to_stop_and_a_way_out() {
        let shown = trays(&[]);
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].face, Face::Stopped);
        let find = |wanted: &str| {
            shown[0].items.iter().find_map(|item| match item {
                Item::Text { id, label, is_enabled } if id == wanted => {
                    Some((label.as_str(), *is_enabled))
                }
                _ => None,
            })
        };
        assert_eq!(find("hub:summary"), Some(("No projects yet", false)));
        assert_eq!(find("hub:stop-all"), Some(("Stop all", false)));
        assert_eq!(find("hub:quit"), Some(("Quit", true)));
    }

    #[test]
    fn a_home_held_by_another_hub_offers_its_page_and_its_end() {
        let ids = |is_held| -> Vec<String> {
            closed("Held", is_held)[0]
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Text { id, .. } => Some(id.clone()),
                    _ => None,
                })
                .collect()
        };
        assert!(ids(true).contains(&"hub:page".to_owned()));
        assert!(ids(true).contains(&"hub:take-over".to_owned()));
        assert!(!ids(false).contains(&"hub:take-over".to_owned()));
    }

    #[test]
    fn an_item_names_what_it_acts_on() {
        assert_eq!(action("abc:start"), Some(("abc", "start")));
        assert_eq!(action("start"), None);
    }
}
