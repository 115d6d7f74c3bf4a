//! When copies of a project's data are made: while it runs, so that there always is one that is not
//! older than a quarter of an hour, and when it is stopped.

use super::Inner;
use crate::data;
use crate::stack::WITH_DATA;
use hub_domain::{PerService, Service};
use hub_engine::clock::{Clock, SystemClock};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What is lost at most when an engine is killed.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// How often it is seen whether a copy is due; a project that has none yet gets its first so soon.
const LOOK: Duration = Duration::from_secs(60);
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

/// One copy of a service at a time; one that is made at a stop calls off one that is made on schedule.
#[derive(Default)]
pub(crate) struct Turn {
    free: tokio::sync::Mutex<()>,
    urgent: watch::Sender<usize>,
}

impl Turn {
    /// Does urgent work as soon as possible.
    async fn at_once<T>(&self, work: impl Future<Output = T>) -> T {
        self.urgent.send_modify(|waiting| *waiting += 1);
        let _turn = self.free.lock().await;
        self.urgent.send_modify(|waiting| *waiting -= 1);
        work.await
    }

    /// Does work that gives way to urgent work; `None` where it had to.
    async fn at_leisure<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let _turn = self.free.lock().await;
        let mut urgent = self.urgent.subscribe();
        tokio::select! {
            biased;
            _ = urgent.wait_for(|waiting| *waiting > 0) => None,
            done = work => Some(done),
        }
    }
}

async fn keep_copying(inner: Weak<Inner>) {
    let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut tried: PerService<Option<Instant>> = PerService::default();
    loop {
        looks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        for service in WITH_DATA {
            let age = inner.context.vault.age(service, SystemClock.now());
            let is_due = age.is_none_or(|age| age >= EVERY)
                && tried[service].is_none_or(|tried| tried.elapsed() >= EVERY);
            if is_due && inner.running()[service].is_some() {
                tried[service] = Some(Instant::now());
                let copying = copy(&inner, service, SCHEDULED_BOUND);
                if inner.copies[service].at_leisure(copying).await.is_none() {
                    tracing::debug!("a copy of {service} gave way to the one of a stop");
                }
            }
        }
    }
}

/// Copies a service's data before it is stopped, when the whole stack is being stopped: then the
/// backend is gone already. A service that is only restarted keeps its volume and is not held up.
pub(super) async fn before_stop(inner: &Inner, service: Service) {
    if WITH_DATA.contains(&service) && inner.running()[Service::Backend].is_none() {
        let copying = copy(inner, service, stop_bound(service));
        inner.copies[service].at_once(copying).await;
    }
}

async fn copy(inner: &Inner, service: Service, bound: Duration) {
    let context = &inner.context;
    let copying = async {
        let live = inner.open_now().await.ok_or("its session has ended")?;
        let request = data::Request {
            port: context.launch.config.port(service),
            password: match service {
                Service::Postgres => &context.secrets.db_password,
                _ => &context.secrets.redis_password,
            },
            vault: &context.vault,
            at: SystemClock.now(),
            engine: &live.engine,
        };
        match service {
            Service::Postgres => data::dump_postgres(&request).await,
            _ => data::copy_redis(&request).await.map(|()| Vec::new()),
        }
    };
    let made = tokio::time::timeout(bound, copying).await;
    let made = made.unwrap_or_else(|_| Err(format!("it took longer than {} s", bound.as_secs())));
    let text = match made {
        Ok(lacking) if lacking.is_empty() => return,
        Ok(lacking) => format!("a copy of its data was made without {}", lacking.join(" and ")),
        Err(why) => {
            format!("no copy of its data could be made ({why}); earlier copies are kept")
        }
    };
    context.launch.logs[service].note(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_copy_at_a_stop_does_not_wait_for_one_on_schedule_and_never_runs_beside_it() {
        let turn = Turn::default();
        let (began, begun) = tokio::sync::oneshot::channel();
        let endless = async {
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        };
        let (scheduled, ()) = tokio::join!(turn.at_leisure(endless), async {
            begun.await.unwrap();
            turn.at_once(async {
                assert!(turn.free.try_lock().is_err(), "the turn is held meanwhile");
            })
            .await;
        });
        assert_eq!(scheduled, None, "it gave way");
        assert_eq!(turn.at_leisure(async { 3 }).await, Some(3), "later ones are made again");
    }

    #[tokio::test]
    async fn a_copy_on_schedule_does_not_begin_while_one_at_a_stop_is_waited_for() {
        let turn = Turn::default();
        let held = turn.free.lock().await;
        let mut leisure = std::pin::pin!(turn.at_leisure(async { panic!("it must not begin") }));
        assert!(leisure.as_mut().now_or_never().is_none());
        let mut urgent = std::pin::pin!(turn.at_once(async {}));
        assert!(urgent.as_mut().now_or_never().is_none());
        drop(held);
        assert_eq!(leisure.await, None::<()>);
        urgent.await;
    }
}
