//! Publishes the projects' states. One lock orders every change, so that a subscriber's first state
//! and the changes after it fit together without a gap or a double.

use crate::snapshot::{Change, HubEvent, ProjectSnapshot};
use hub_domain::ProjectId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Changes a slow subscriber may lag behind before it must take a whole state again.
const BACKLOG: usize = 1024;

struct Latest {
    seq: u64,
    projects: BTreeMap<ProjectId, Arc<ProjectSnapshot>>,
}

/// The latest state of every project, and everybody who wants to hear of changes.
pub(crate) struct Bus {
    latest: Mutex<Latest>,
    changes: broadcast::Sender<HubEvent>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        let latest = Latest { seq: 0, projects: BTreeMap::new() };
        Self { latest: Mutex::new(latest), changes: broadcast::Sender::new(BACKLOG) }
    }

    /// A panic elsewhere leaves the map whole: it is only ever replaced entry by entry.
    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn publish(&self, snapshot: Arc<ProjectSnapshot>) {
        let mut latest = self.lock();
        latest.projects.insert(snapshot.project.id.clone(), Arc::clone(&snapshot));
        self.send(&mut latest, Change::Project(snapshot));
    }

    pub(crate) fn remove(&self, project: &ProjectId) {
        let mut latest = self.lock();
        if latest.projects.remove(project).is_some() {
            self.send(&mut latest, Change::Removed(project.clone()));
        }
    }

    fn send(&self, latest: &mut Latest, change: Change) {
        latest.seq += 1;
        // Without a subscriber there is nobody to tell.
        drop(self.changes.send(HubEvent { seq: latest.seq, change }));
    }

    pub(crate) fn subscribe(
        &self,
    ) -> (Vec<Arc<ProjectSnapshot>>, u64, broadcast::Receiver<HubEvent>) {
        let latest = self.lock();
        (in_order(&latest), latest.seq, self.changes.subscribe())
    }

    pub(crate) fn projects(&self) -> Vec<Arc<ProjectSnapshot>> {
        in_order(&self.lock())
    }
}

fn in_order(latest: &Latest) -> Vec<Arc<ProjectSnapshot>> {
    let mut projects: Vec<_> = latest.projects.values().cloned().collect();
    projects.sort_by_key(|p| p.project.slot);
    projects
}
