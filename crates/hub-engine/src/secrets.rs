//! Secrets of a project: derived when needed, never kept.

use hub_domain::{Problem, ProjectId};
use secrecy::SecretString;

/// What a secret is for. Each purpose has a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Password of the database user.
    DbPassword,
    /// Password of Redis.
    RedisPassword,
    /// Signing key of the workbench.
    SecretKey,
    /// What the page must show to the backend.
    SessionToken,
}

impl Purpose {
    /// The name that goes into the derivation. Changing one changes every project's secret.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DbPassword => "db_password",
            Self::RedisPassword => "redis_password",
            Self::SecretKey => "secret_key",
            Self::SessionToken => "session_token",
        }
    }
}

/// Where secrets come from.
pub trait Secrets: Send + Sync + 'static {
    /// The secret of a project for a purpose: 43 characters of URL-safe base64 or 64 of hex, the
    /// same each time.
    ///
    /// # Errors
    /// `SECRETS_UNAVAILABLE` when the master key cannot be had.
    fn derive(&self, project: &ProjectId, purpose: Purpose) -> Result<SecretString, Problem>;

    /// Where the master key is kept, in words for the doctor.
    fn kept_in(&self) -> String;
}
