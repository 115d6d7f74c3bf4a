//! A second opinion on a service that does not answer its probes: it is asked inside its session, past
//! the gateway. If it answers there and the gateway does not lead to it, the gateway is at fault: its
//! client is replaced, and the service is left alone.

use super::Inner;
use super::live::{self, Live};
use crate::stack::{Heard, question};
use hub_domain::Service;
use hub_engine::runtime::Opinion;
use std::sync::Arc;
use std::time::Duration;

/// A short step in a container; the question in it gives up after 3 s.
const ASK_BOUND: Duration = Duration::from_secs(6);
/// A connection through the gateway is made in milliseconds, and a client that comes back in less.
const WAY_BOUND: Duration = Duration::from_millis(1500);

/// Asks.
pub(super) async fn ask(inner: &Arc<Inner>, service: Service) -> Option<Opinion> {
    let live = inner.open_now().await?;
    let nonce = hex::encode(rand::random::<[u8; 8]>());
    let asking = question(&live.session.query(ASK_BOUND), &live.parts, service, &nonce)?;
    let said = match asking.stdout().await {
        Ok(said) => said,
        Err(fault) => {
            tracing::debug!("{service} could not be asked inside its session: {fault}");
            return None;
        }
    };
    let answers = |how: String| Opinion::Answers(format!("asked inside its session it {how}"));
    Some(match Heard::read(service, &said)? {
        Heard::Silence => Opinion::Silent("asked inside its session it is silent too".to_owned()),
        Heard::Busy(words) => answers(format!("answers, but takes no requests ({words})")),
        Heard::Ready(words) if inner.gateway.leads_to(service, WAY_BOUND).await => {
            answers(format!("answers ({words}), and the gateway leads to it"))
        }
        Heard::Ready(words) => {
            mend(inner, live, service);
            answers(format!("answers ({words}): the gateway is at fault and is being replaced"))
        }
    })
}

/// Replaces the gateway's client; nobody waits for it.
fn mend(inner: &Arc<Inner>, live: Arc<Live>, service: Service) {
    let (owner, over) = (Arc::clone(inner), inner.over.clone());
    inner.errands.spawn(over.run_until_cancelled_owned(async move {
        replace_client(&owner, &live, service).await;
    }));
}

async fn replace_client(inner: &Inner, live: &Live, service: Service) {
    let mut client = live.client.lock().await;
    // Another service's opinion may have mended it meanwhile.
    if inner.gateway.leads_to(service, WAY_BOUND).await {
        return;
    }
    inner.context.note("the gateway led to the services no more: its client is being replaced");
    let clients = live.way.clients(&live.session, &live.parts, &inner.gateway);
    let next = live::gateway_tag(inner.context.launch.config.project());
    if let Err(fault) = clients.start(&next).await {
        inner.context.note(&format!("the gateway's client could not be replaced: {fault}"));
        return;
    }
    let before = std::mem::replace(&mut *client, next);
    if let Err(fault) = clients.kill(&before).await {
        tracing::debug!("an earlier client of the gateway could not be ended: {fault}");
    }
}
