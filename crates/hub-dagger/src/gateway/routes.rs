//! Which client link leads to which forward at the moment. A client that comes back replaces the one
//! before it, which may not have noticed its end yet.

use std::time::Duration;

use russh::server::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// The way to one forward: a link and its number.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) link: u64,
    pub(super) handle: Handle,
}

/// One place per forward, in their order.
pub(super) struct Routes(watch::Sender<Vec<Option<Route>>>);

impl Routes {
    pub(super) fn new(forwards: usize) -> Self {
        Self(watch::Sender::new(vec![None; forwards]))
    }

    pub(super) fn set(&self, forward: usize, route: Route) {
        self.0.send_modify(|table| {
            if let Some(place) = table.get_mut(forward) {
                *place = Some(route);
            }
        });
    }

    /// Forgets what leads over `link` only.
    pub(super) fn forget(&self, link: u64, forward: Option<usize>) {
        self.0.send_if_modified(|table| {
            let mut changed = false;
            for (index, place) in table.iter_mut().enumerate() {
                let meant = forward.is_none_or(|wanted| wanted == index);
                if meant && place.as_ref().is_some_and(|route| route.link == link) {
                    *place = None;
                    changed = true;
                }
            }
            changed
        });
    }

    /// The way to `forward`, other than over the link `dead`; waited for until `deadline`.
    pub(super) async fn find(
        &self,
        forward: usize,
        dead: Option<u64>,
        deadline: Instant,
    ) -> Option<Route> {
        let way = |table: &Vec<Option<Route>>| {
            let route = table.get(forward).cloned().flatten();
            route.filter(|route| Some(route.link) != dead)
        };
        let mut table = self.0.subscribe();
        let found = timeout_at(deadline, table.wait_for(|table| way(table).is_some())).await;
        found.ok()?.ok().and_then(|table| way(&table))
    }

    /// Waits until every forward has a way. Else the places that have none.
    pub(super) async fn complete(&self, bound: Duration) -> Result<(), Vec<usize>> {
        let mut table = self.0.subscribe();
        let all = tokio::time::timeout(bound, table.wait_for(|table| missing(table).is_empty()));
        if matches!(all.await, Ok(Ok(_))) {
            return Ok(());
        }
        Err(missing(&self.0.borrow()))
    }

    pub(super) fn is_complete(&self) -> bool {
        missing(&self.0.borrow()).is_empty()
    }

    /// Resolves when a forward has no way, at once if one has none.
    pub(super) async fn incomplete(&self) {
        let mut table = self.0.subscribe();
        // The sender lives in `self`, so the wait cannot end in an error.
        let _table = table.wait_for(|table| !missing(table).is_empty()).await;
    }
}

fn missing(table: &[Option<Route>]) -> Vec<usize> {
    table.iter().enumerate().filter(|(_, route)| route.is_none()).map(|(index, _)| index).collect()
}
