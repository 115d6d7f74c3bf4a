//! What is known of a running service's health, and since when. Green means proven.

use crate::{PerService, Timestamp};
use std::time::Duration;

/// An answer a service gave to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What was proven, in words that can follow the service's name: "SQL answered".
    pub what: String,
    /// When the answer came.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

/// Health of a service that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered a probe, recently.
    Healthy(Proof),
    /// It answers slowly, or the last probe failed and is being repeated.
    Degraded {
        /// The last good answer.
        last: Proof,
        /// What is wrong, in words.
        why: String,
    },
    /// Probe and repetition failed.
    Unhealthy {
        /// The last good answer.
        last: Proof,
        /// What is wrong, in words.
        why: String,
    },
    /// The last good answer is too old to mean anything and no newer one is there.
    Unknown {
        /// The last good answer.
        last: Proof,
    },
}

impl Health {
    /// A proof older than this proves nothing any more: two steady probes (5 s apart, each given
    /// 2 s and repeated once after 1 s) have failed to bring a newer one.
    pub const STALE_AFTER: Duration = Duration::from_secs(15);
    /// An answer slower than this counts as degraded.
    pub const SLOW: Duration = Duration::from_millis(750);

    /// What a fresh answer means.
    pub fn from_proof(proof: Proof) -> Self {
        if proof.took > Self::SLOW {
            let why = format!("answered, but took {} ms", proof.took.as_millis());
            Self::Degraded { last: proof, why }
        } else {
            Self::Healthy(proof)
        }
    }

    /// The last good answer, however old.
    pub fn last_proof(&self) -> &Proof {
        match self {
            Self::Healthy(last)
            | Self::Degraded { last, .. }
            | Self::Unhealthy { last, .. }
            | Self::Unknown { last } => last,
        }
    }

    /// True for [`Health::Healthy`] only.
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy(_))
    }
}

/// True when every one of the four services is proven healthy.
pub fn overall_healthy(services: &PerService<Option<Health>>) -> bool {
    services.iter().all(|(_, health)| health.as_ref().is_some_and(Health::is_healthy))
}
