//! The question that is put to a service inside its session, past the gateway: by a short step with the
//! service's own client, under the name by which the session knows it.

use super::{Parts, shell};
use dagger_sdk::{Container, Query};
use hub_domain::{Service, spec};

/// Each says last how its client ended.
const POSTGRES: &str = "pg_isready -h postgres -p 5432 -t 3 2>&1; echo \"code $?\"";
const REDIS: &str = "timeout 3 redis-cli -h redis -p 6379 ping 2>&1; echo \"code $?\"";

/// What was heard of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It takes requests; its words.
    Ready(String),
    /// It answers, but takes no requests now; its words.
    Busy(String),
    /// Nothing.
    Silence,
}

/// The container whose output is the answer; none for a service that has no client of its own. `nonce`
/// makes the engine ask rather than remember.
pub(crate) fn question(
    query: &Query,
    parts: &Parts,
    service: Service,
    nonce: &str,
) -> Option<Container> {
    let (script, password) = match service {
        Service::Postgres => (POSTGRES, None),
        // Its client takes the password from the environment.
        Service::Redis => (REDIS, Some(&parts.secrets.redis_password)),
        Service::Backend | Service::Frontend => return None,
    };
    let mut container = query.container().from(parts.images[service].as_str());
    if let Some(password) = password {
        container = container.with_secret_variable("REDISCLI_AUTH", password.clone());
    }
    let user = spec(service).container_user.to_string();
    let asking = container.with_user(user).with_env_variable("CCHUB_LOOK", nonce);
    Some(asking.with_exec(shell(script)))
}

impl Heard {
    /// Understands what came of the question; none where the service was not asked at all.
    pub(crate) fn read(service: Service, output: &str) -> Option<Self> {
        let (said, code) = output.trim_end().rsplit_once("code ")?;
        let words = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let words: String = words.chars().take(200).collect();
        match (service, code) {
            (Service::Postgres, "0") => Some(Self::Ready(words)),
            (Service::Postgres, "1") => Some(Self::Busy(words)),
            (Service::Postgres, "2") => Some(Self::Silence),
            (Service::Postgres, _) | (_, "126" | "127") => None,
            (_, "0") if words == "PONG" => Some(Self::Ready(words)),
            _ if is_error_reply(&words) => Some(Self::Busy(words)),
            _ => Some(Self::Silence),
        }
    }
}

/// Redis begins its refusals with a word in capitals: `LOADING`, `BUSY`, `NOAUTH`.
fn is_error_reply(words: &str) -> bool {
    let first = words.split([' ', ':']).next().unwrap_or_default();
    first.len() > 1 && first.chars().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_refusals_and_silence_are_told_apart() {
        let ready = |words: &str| Some(Heard::Ready(words.to_owned()));
        let busy = |words: &str| Some(Heard::Busy(words.to_owned()));
        for (service, output, heard) in [
            (
                Service::Postgres,
                "postgres:5432 - accepting connections\ncode 0\n",
                ready("postgres:5432 - accepting connections"),
            ),
            (
                Service::Postgres,
                "postgres:5432 - rejecting connections\ncode 1\n",
                busy("postgres:5432 - rejecting connections"),
            ),
            (Service::Postgres, "postgres:5432 - no response\ncode 2\n", Some(Heard::Silence)),
            (Service::Postgres, "postgres:5432 - no attempt\ncode 3\n", None),
            (Service::Postgres, "sh: pg_isready: not found\ncode 127\n", None),
            (Service::Redis, "PONG\ncode 0\n", ready("PONG")),
            (
                Service::Redis,
                "LOADING Redis is loading the dataset in memory\n\ncode 1\n",
                busy("LOADING Redis is loading the dataset in memory"),
            ),
            (
                Service::Redis,
                "AUTH failed: WRONGPASS\nNOAUTH Authentication required.\ncode 0\n",
                busy("AUTH failed: WRONGPASS"),
            ),
            (Service::Redis, "Terminated\ncode 143\n", Some(Heard::Silence)),
            (Service::Redis, "code 124\n", Some(Heard::Silence)),
            (
                Service::Redis,
                "Could not connect to Redis at redis:6379: Connection refused\ncode 1\n",
                Some(Heard::Silence),
            ),
            (Service::Redis, "sh: redis-cli: not found\ncode 127\n", None),
            (Service::Redis, "", None),
        ] {
            assert_eq!(Heard::read(service, output), heard, "{output}");
        }
    }
}
