//! When copies of a project's data are made: every so often while it runs, and when it is stopped.

use super::Inner;
use crate::data;
use hub_domain::Service;
use hub_engine::clock::{Clock, SystemClock};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;

/// What is lost at most when an engine is killed.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// A copy made on schedule may take its time.
const SCHEDULED_BOUND: Duration = Duration::from_secs(10 * 60);
/// A copy made while a service is being stopped must leave it time to end.
const fn stop_bound(service: Service) -> Duration {
    match service {
        Service::Postgres => Duration::from_secs(7),
        _ => Duration::from_secs(3),
    }
}

/// Makes copies on schedule.
pub(super) struct Schedule {
    task: tokio::sync::Mutex<JoinSet<()>>,
}

impl Schedule {
    pub(super) fn begin(inner: &Arc<Inner>) -> Self {
        let inner = Arc::downgrade(inner);
        let mut task = JoinSet::new();
        task.spawn(keep_copying(inner));
        Self { task: tokio::sync::Mutex::new(task) }
    }

    /// No further copies.
    pub(super) async fn end(&self) {
        self.task.lock().await.shutdown().await;
    }
}

async fn keep_copying(inner: Weak<Inner>) {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + EVERY, EVERY);
    loop {
        ticks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        for service in [Service::Postgres, Service::Redis] {
            if inner.running()[service].is_some() {
                copy(&inner, service, SCHEDULED_BOUND).await;
            }
        }
    }
}

/// Copies a service's data before it is stopped, when the whole stack is being stopped: then the
/// backend is gone already. A service that is only restarted keeps its volume and is not held up.
pub(super) async fn before_stop(inner: &Inner, service: Service) {
    let keeps_data = matches!(service, Service::Postgres | Service::Redis);
    if keeps_data && inner.running()[Service::Backend].is_none() {
        copy(inner, service, stop_bound(service)).await;
    }
}

async fn copy(inner: &Inner, service: Service, bound: Duration) {
    let context = &inner.context;
    let port = context.launch.config.port(service);
    let now = SystemClock.now();
    let copying = async {
        match service {
            Service::Postgres => {
                data::dump_postgres(port, &context.secrets.db_password, &context.vault, now).await
            }
            _ => data::copy_redis(port, &context.secrets.redis_password, &context.vault, now).await,
        }
    };
    let made = tokio::time::timeout(bound, copying).await;
    let made = made.unwrap_or_else(|_| Err(format!("it took longer than {} s", bound.as_secs())));
    if let Err(why) = made {
        let text = format!("no copy of its data could be made ({why}); earlier copies are kept");
        context.launch.logs[service].note(&text);
    }
}
