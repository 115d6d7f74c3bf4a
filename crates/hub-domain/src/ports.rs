//! Which ports a project asks for and which ones it gets. Whether a port is free on this machine is
//! the caller's knowledge; here is only the arithmetic.

use crate::{PerService, Service};
use std::collections::BTreeSet;

/// Four loopback TCP ports, one for each service.
pub type PortPlan = PerService<u16>;

/// No ports could be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The slot's number leads beyond port 65535.
    #[error("there is no port plan for project number {0}")]
    SlotTooHigh(u32),
    /// Every port from the wanted one to 65535 is taken.
    #[error("no free port is left for {0}")]
    NoneLeft(Service),
}

/// The first port and the step from one project to the next.
const fn base(service: Service) -> (u32, u32) {
    match service {
        Service::Postgres => (5432, 1),
        Service::Redis => (6379, 1),
        Service::Backend => (8000, 10),
        Service::Frontend => (3000, 10),
    }
}

/// The ports that project number `slot` (from 0) asks for:
/// 8000+10n, 3000+10n, 5432+n and 6379+n.
///
/// # Errors
/// [`PortError::SlotTooHigh`] when one of them would not be a port.
pub fn plan(slot: u32) -> Result<PortPlan, PortError> {
    let port = |service| {
        let (first, step) = base(service);
        slot.checked_mul(step)
            .and_then(|offset| offset.checked_add(first))
            .and_then(|port| u16::try_from(port).ok())
            .ok_or(PortError::SlotTooHigh(slot))
    };
    Ok(PerService {
        postgres: port(Service::Postgres)?,
        redis: port(Service::Redis)?,
        backend: port(Service::Backend)?,
        frontend: port(Service::Frontend)?,
    })
}

/// The first port at or above `wanted` that is not in `taken` and that `is_free` agrees to.
///
/// # Errors
/// [`PortError::NoneLeft`] when there is none up to 65535.
pub fn next_free(
    service: Service,
    wanted: u16,
    taken: &BTreeSet<u16>,
    mut is_free: impl FnMut(u16) -> bool,
) -> Result<u16, PortError> {
    (wanted.max(1024)..=u16::MAX)
        .find(|port| !taken.contains(port) && is_free(*port))
        .ok_or(PortError::NoneLeft(service))
}

/// Settles what a new project gets: its planned port where that is free, else the next free one.
/// The four are always different from each other and from `taken`.
///
/// # Errors
/// [`PortError`] when a service cannot get any.
pub fn settle(
    slot: u32,
    taken: &BTreeSet<u16>,
    mut is_free: impl FnMut(u16) -> bool,
) -> Result<PortPlan, PortError> {
    let wanted = plan(slot)?;
    let mut taken = taken.clone();
    let mut settled = wanted;
    for service in Service::ALL {
        let port = next_free(service, wanted[service], &taken, &mut is_free)?;
        taken.insert(port);
        settled[service] = port;
    }
    Ok(settled)
}
