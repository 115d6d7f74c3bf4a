//! Carries one GraphQL request to a session and its answer back: with a deadline, with the trace it
//! belongs to, and with failures told apart. The client library only builds the queries.

use crate::fault::{LATE, LOST, chain};
use async_trait::async_trait;
use dagger_sdk::core::gql_client::{GraphQLErrorMessage, GraphQlExtension};
use dagger_sdk::core::graphql_client::{GraphQLClient, GraphQLError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

/// A way to ask one session.
#[derive(Clone)]
pub(crate) struct Transport {
    http: reqwest::Client,
    url: String,
    token: SecretString,
    trace: Option<String>,
    deadline: Duration,
}

impl Transport {
    pub(crate) fn new(http: reqwest::Client, port: u16, token: SecretString) -> Self {
        let url = format!("http://127.0.0.1:{port}/query");
        Self { http, url, token, trace: None, deadline: Duration::from_secs(30) }
    }

    /// The same way with another deadline for each request.
    pub(crate) fn within(&self, deadline: Duration) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The same way for requests of a trace, given as a `traceparent` header.
    pub(crate) fn traced(&self, traceparent: &str) -> Self {
        Self { trace: Some(traceparent.to_owned()), ..self.clone() }
    }

    /// Asks with variables: the way for values that must not stand in a query's text.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Result<Value, GraphQLError> {
        let mut request = self
            .http
            .post(&self.url)
            .basic_auth(self.token.expose_secret(), Some(""))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(trace) = &self.trace {
            request = request.header("traceparent", trace);
        }
        let exchange = async {
            let answer = request.send().await.map_err(|fault| lost(&fault))?;
            let status = answer.status();
            let body = answer.bytes().await.map_err(|fault| lost(&fault))?;
            Ok((status, body))
        };
        let late = || GraphQLError::HttpError(format!("{LATE}{}", self.deadline.as_millis()));
        let exchanged = tokio::time::timeout(self.deadline, exchange).await;
        let (status, body) = exchanged.map_err(|_| late())??;
        match serde_json::from_slice::<Value>(&body) {
            Ok(answer) if answer.is_object() => read(answer),
            _ => {
                let words = String::from_utf8_lossy(&body);
                let words = words.trim();
                // Without a body of its own the status is all there is.
                Err(GraphQLError::HttpError(format!("{status}: {words}")))
            }
        }
    }
}

#[async_trait]
impl GraphQLClient for Transport {
    async fn query(&self, query: &str) -> Result<Option<Value>, GraphQLError> {
        self.ask(query, json!({})).await.map(Some)
    }
}

fn lost(fault: &reqwest::Error) -> GraphQLError {
    GraphQLError::HttpError(format!("{LOST}{}", chain(fault)))
}

/// The data of an answer, or the first of its errors. Extensions of unknown kinds are passed over.
fn read(mut answer: Value) -> Result<Value, GraphQLError> {
    let errors = answer["errors"].take();
    let errors = errors.as_array().map(Vec::as_slice).unwrap_or_default();
    if errors.is_empty() {
        let data = answer["data"].take();
        if data.is_null() {
            return Err(GraphQLError::HttpError(format!("{LOST}the answer holds no data")));
        }
        return Ok(data);
    }
    let fields: Vec<GraphQLErrorMessage> = errors.iter().map(error).collect();
    let message = fields.first().map(|first| first.message.clone()).unwrap_or_default();
    Err(GraphQLError::DomainError { message, fields })
}

fn error(value: &Value) -> GraphQLErrorMessage {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let extension = &value["extensions"];
    let extensions = (extension["_type"] == "EXEC_ERROR").then(|| GraphQlExtension::ExecError {
        cmd: extension["cmd"].as_array().into_iter().flatten().map(text).collect(),
        exit_code: extension["exitCode"].as_i64().and_then(|n| n.try_into().ok()).unwrap_or(-1),
        stderr: text(&extension["stderr"]),
        stdout: text(&extension["stdout"]),
    });
    GraphQLErrorMessage {
        message: text(&value["message"]),
        locations: None,
        extensions,
        path: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use dagger_sdk::errors::DaggerError;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    fn fault(value: Value) -> Fault {
        Fault::from(DaggerError::Query(read(value).unwrap_err()))
    }

    #[test]
    fn a_command_that_failed_brings_its_code_and_output() {
        let found = fault(json!({ "data": null, "errors": [{
            "message": "exit code: 7 [traceparent:00-0-0-01]",
            "extensions": { "_type": "EXEC_ERROR", "cmd": ["sh", "-c", "x"], "exitCode": 7,
                            "stdout": "one\n", "stderr": "two\n" },
        }]}));
        let expected = Fault::Exec {
            command: ["sh", "-c", "x"].map(str::to_owned).to_vec(),
            exit_code: 7,
            tail: vec!["one".to_owned(), "two".to_owned()],
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn an_extension_of_another_kind_is_no_obstacle() {
        let found = fault(json!({ "errors": [{
            "message": "Cannot query field \"x\"", "extensions": { "code": "GRAPHQL_VALIDATION" },
        }]}));
        assert_eq!(found, Fault::Build("Cannot query field \"x\"".to_owned()));
    }

    async fn served(reply: &'static [u8], bound: Duration) -> (Fault, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = vec![0; 65536];
            let mut length = 0;
            while !seen[..length].ends_with(b"}") {
                length += stream.read(&mut seen[length..]).await.unwrap();
            }
            stream.write_all(reply).await.unwrap();
            if reply.is_empty() {
                // Held open until the other side has given up.
                while stream.read(&mut seen).await.unwrap_or(0) > 0 {}
            }
            String::from_utf8_lossy(&seen[..length]).into_owned()
        });
        let transport =
            Transport::new(crate::http::client().build().unwrap(), port, "token".to_owned().into());
        let asked = transport.within(bound).traced("00-1-2-01").ask("{version}", json!({})).await;
        let fault = Fault::from(DaggerError::Query(asked.unwrap_err()));
        (fault, server.join_next().await.unwrap().unwrap())
    }

    #[tokio::test]
    async fn no_answer_in_time_is_a_timeout() {
        let bound = Duration::from_millis(50);
        let (fault, request) = served(b"", bound).await;
        assert_eq!(fault, Fault::Timeout(bound));
        assert!(request.contains("authorization: Basic dG9rZW46\r\n"), "{request}");
        assert!(request.contains("traceparent: 00-1-2-01\r\n"), "{request}");
    }

    #[tokio::test]
    async fn a_session_that_closes_is_a_lost_connection() {
        let reply =
            b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 18\r\n\r\nsession is closing";
        let (fault, _) = served(reply, Duration::from_secs(5)).await;
        assert!(matches!(fault, Fault::Connection(words) if words.contains("session is closing")));
        let (fault, _) =
            served(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", Duration::from_secs(5)).await;
        assert!(matches!(fault, Fault::Connection(_)), "{fault:?}");
    }

    #[tokio::test]
    async fn an_engine_of_another_time_is_named_as_such() {
        let reply = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 35\r\n\r\nincompatible client version v0.11.0";
        let (fault, _) = served(reply, Duration::from_secs(5)).await;
        assert!(matches!(fault, Fault::Version(_)), "{fault:?}");
    }
}
