//! One `dagger session` per project: a child of the Hub that connects to the engine and serves its API
//! on a loopback port until its standard input ends. Everything a stack is made of lives in its session
//! and ends with it.

mod child;
mod transport;

pub(crate) use child::Opening;

use crate::fault::Fault;
use child::Child;
use dagger_sdk::{Query, Selection};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use transport::Transport;

/// A session that was opened. Ends its child when dropped.
pub(crate) struct Session {
    child: Child,
    port: u16,
    token: SecretString,
    transport: Transport,
}

impl Session {
    /// Opens a session.
    ///
    /// # Errors
    /// [`Fault::Connection`] with what the child said, [`Fault::Version`], [`Fault::Timeout`].
    pub(crate) async fn open(opening: &Opening) -> Result<Self, Fault> {
        let (child, served) = Child::start(opening).await?;
        let http = crate::http::client()
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|fault| Fault::Connection(crate::fault::chain(&fault)))?;
        let token = SecretString::from(served.session_token);
        let transport = Transport::new(http, served.port, token.clone());
        Ok(Self { child, port: served.port, token, transport })
    }

    /// Where its API is served, and what must be shown there.
    pub(crate) fn address(&self) -> (u16, SecretString) {
        (self.port, self.token.clone())
    }

    /// The API; each request has this long for its answer.
    pub(crate) fn query(&self, deadline: Duration) -> Query {
        query(self.transport.within(deadline))
    }

    /// The API, for requests that belong to a trace.
    pub(crate) fn query_in_trace(&self, traceparent: &str, deadline: Duration) -> Query {
        query(self.transport.within(deadline).traced(traceparent))
    }

    /// Hands a secret to the engine and returns its id. It stands in no query's text, so that no log
    /// of queries can hold it.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn secret(
        &self,
        name: &str,
        value: &SecretString,
    ) -> Result<dagger_sdk::Id, Fault> {
        const QUERY: &str = "query($name: String!, $value: String!) \
                             { setSecret(name: $name, plaintext: $value) { id } }";
        use secrecy::ExposeSecret;
        let variables = json!({ "name": name, "value": value.expose_secret() });
        let answer = self.raw(QUERY, variables).await?;
        let id = answer["setSecret"]["id"].as_str().unwrap_or_default();
        Ok(dagger_sdk::Id(id.to_owned()))
    }

    /// Asks in GraphQL's own words, with variables.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn raw(&self, query: &str, variables: Value) -> Result<Value, Fault> {
        let asked = self.transport.ask(query, variables).await;
        asked.map_err(|fault| Fault::from(dagger_sdk::errors::DaggerError::Query(fault)))
    }

    /// The engine's version as it names it: `v0.21.8`.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn engine_version(&self, deadline: Duration) -> Result<String, Fault> {
        Ok(self.query(deadline).version().await?)
    }

    /// Why it is over, once it is.
    pub(crate) fn ended(&self) -> watch::Receiver<Option<String>> {
        self.child.ended()
    }

    /// True while its child runs.
    pub(crate) fn is_open(&self) -> bool {
        self.child.ended().borrow().is_none()
    }

    /// True once [`Session::close`] was called: its end is no loss.
    pub(crate) fn is_closed(&self) -> bool {
        self.child.is_closed()
    }

    /// Gives it up: it no longer leads to its engine.
    pub(crate) fn abandon(&self) {
        self.child.kill();
    }

    /// Ends it in order: services that still run are killed by the engine. Bounded.
    pub(crate) async fn close(&self) {
        self.child.close().await;
    }
}

fn query(transport: Transport) -> Query {
    Query { proc: None, selection: Selection::default(), graphql_client: Arc::new(transport) }
}
