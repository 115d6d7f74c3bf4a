//! One-time keys: what an address may carry that is handed to a browser on its command line, which every
//! account of the machine can read. Whoever brings one within a minute, and first, gets the token; where
//! the system tells who asks, nobody but the Hub's own user does.

use super::received::Received;
use super::{Peer, Shared, peer};
use crate::contract::WireError;
use crate::discovery::Token;
use axum::Json;
use axum::extract::{Extension, State};
use http::StatusCode;
use hub_domain::{Code, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A browser that is not running yet opens its first page within this time.
const VALID: Duration = Duration::from_secs(60);
/// More are never waiting; the oldest goes.
const MOST: usize = 16;

/// The keys that were handed out and not brought yet.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Vec<(Token, Instant)>>);

impl Keys {
    fn hand_out(&self) -> Token {
        let key = Token::random();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == MOST {
            waiting.remove(0);
        }
        waiting.push((key.clone(), Instant::now()));
        key
    }

    /// True once for each key.
    fn take(&self, shown: &str) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, since)| since.elapsed() < VALID);
        let before = waiting.len();
        waiting.retain(|(key, _)| !key.matches(shown));
        waiting.len() < before
    }
}

/// Hands one out, to somebody who has the token already.
pub(super) async fn hand_out(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    let key = shared.keys.hand_out();
    (StatusCode::CREATED, Json(json!({ "key": key.reveal() })))
}

#[derive(Default, Deserialize)]
struct Shown {
    #[serde(default)]
    key: String,
}

/// Takes one for the token.
pub(super) async fn exchange(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    body: Received,
) -> Result<Json<Value>, WireError> {
    let shown: Shown = body.json()?;
    // Looked at first: a stranger's attempt must not use the key up.
    if !peer::may_be_same_user(peer.0, shared.port) || !shared.keys.take(&shown.key) {
        return Err(Problem::new(
            Code::Unauthorized,
            "This address was opened before, is older than a minute, or belongs to another user.",
            "Ask for a new one with \"cchub open\".",
        )
        .into());
    }
    Ok(Json(json!({ "token": shared.token.reveal() })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_once_and_the_oldest_gives_way() {
        let keys = Keys::default();
        let first = keys.hand_out();
        assert!(!keys.take(""));
        assert!(keys.take(first.reveal()));
        assert!(!keys.take(first.reveal()));
        let all: Vec<Token> = (0..=MOST).map(|_| keys.hand_out()).collect();
        assert!(!keys.take(all[0].reveal()));
        assert!(all[1..].iter().all(|key| keys.take(key.reveal())));
    }
}
