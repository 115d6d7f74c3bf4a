//! The loopback host, asked over real connections: who is let in, what is answered, what is refused.
//! Behind it is the real orchestrator over a machine made of memory.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "../../hub-engine/tests/world/mod.rs"]
mod world;

use hub_api::Api;
use hub_api::contract::HubInfo;
use hub_api::discovery::Token;
use hub_api::host;
use serde_json::{Value, json};
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use world::World;

const PATIENCE: Duration = Duration::from_secs(30);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

/// A served Hub with its home and its page.
struct Served {
    port: u16,
    token: Token,
    api: Api,
    end: CancellationToken,
    server: JoinSet<Result<(), hub_domain::Problem>>,
    home: tempfile::TempDir,
}

impl Served {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let page = home.path().join("page");
        std::fs::create_dir(&page).unwrap();
        std::fs::write(page.join("index.html"), "<title>the page</title>").unwrap();
        std::fs::write(page.join("main.js"), "export {}").unwrap();
        let token = Token::of_hub(home.path()).unwrap();
        let listener = host::bind(Some(0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let info = HubInfo {
            version: "0".into(),
            home: "/hub-home".into(),
            port,
            runtime: "native".into(),
            pid: 1,
        };
        let hub = World::new().hub().await;
        let (end, asked) = (CancellationToken::new(), CancellationToken::new());
        let api = Api::new(hub, info, asked);
        let mut server = JoinSet::new();
        server.spawn(host::serve(listener, api.clone(), token.clone(), Some(page), end.clone()));
        Self { port, token, api, end, server, home }
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = soon(TcpStream::connect(("127.0.0.1", self.port))).await.unwrap();
        soon(stream.write_all(text.as_bytes())).await.unwrap();
        stream
    }

    /// Sends a request with exactly these headers, apart from the length of the body.
    async fn raw(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let mut stream = self.send(&text).await;
        let mut answer = Vec::new();
        soon(stream.read_to_end(&mut answer)).await.unwrap();
        Answer::read(&String::from_utf8_lossy(&answer))
    }

    fn ours(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn ask(&self, line: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token.reveal());
        self.raw(line, &[("host", &self.ours()), ("authorization", &bearer)], body).await
    }

    async fn rpc(&self, cmd: &str, params: Value) -> Answer {
        let body = json!({ "cmd": cmd, "params": params }).to_string();
        self.ask("POST /api/v1/rpc", &body).await
    }

    async fn add(&self, path: &str) -> String {
        let added = self.ask("POST /api/v1/projects", &json!({ "path": path }).to_string()).await;
        assert_eq!(added.status, 201, "{}", added.body);
        added.json()["id"].as_str().unwrap().to_owned()
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)), "{self:?}");
    }
}

#[tokio::test]
async fn only_loopback_names_with_our_port_are_answered() {
    let hub = Served::new().await;
    let bearer = format!("Bearer {}", hub.token.reveal());
    let asked = |host: String| {
        let (hub, bearer) = (&hub, bearer.clone());
        async move {
            let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
            hub.raw("GET /api/v1/projects", &headers, "").await
        }
    };
    assert_eq!(asked(hub.ours()).await.status, 200);
    assert_eq!(asked(format!("localhost:{}", hub.port)).await.status, 200);
    for wrong in [
        "example.com".to_owned(),
        format!("example.com:{}", hub.port),
        format!("127.0.0.1.example.com:{}", hub.port),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("0.0.0.0:{}", hub.port),
        String::new(),
    ] {
        asked(wrong).await.is(403, "FORBIDDEN");
    }
    // The page is held to it as well: it must not be read through somebody's own name.
    hub.raw("GET /", &[("host", "example.com")], "").await.is(403, "FORBIDDEN");
}

#[tokio::test]
async fn pages_of_others_are_refused_even_with_the_token() {
    let hub = Served::new().await;
    let (ours, bearer) = (hub.ours(), format!("Bearer {}", hub.token.reveal()));
    for origin in ["https://example.com", "null", "http://127.0.0.1:1", "http://localhost"] {
        let headers = [("host", &*ours), ("authorization", &*bearer), ("origin", origin)];
        hub.raw("POST /api/v1/rpc", &headers, "{}").await.is(403, "FORBIDDEN");
    }
    let own = format!("http://{ours}");
    let headers = [("host", &*ours), ("authorization", &*bearer), ("origin", &*own)];
    assert_eq!(hub.raw("GET /api/v1/projects", &headers, "").await.status, 200);
}

#[tokio::test]
async fn without_the_token_nothing_can_be_changed_and_no_page_can_read() {
    let hub = Served::new().await;
    let ours = hub.ours();
    let own = format!("http://{ours}");
    let body = json!({ "cmd": "list", "params": {} }).to_string();
    let wrong = format!("Bearer {}", "0".repeat(64));
    let cut = format!("Bearer {}", &hub.token.reveal()[..63]);
    for headers in [
        vec![("host", &*ours)],
        vec![("host", &*ours), ("authorization", &*wrong)],
        vec![("host", &*ours), ("authorization", &*cut)],
        vec![("host", &*ours), ("authorization", hub.token.reveal())],
    ] {
        hub.raw("POST /api/v1/rpc", &headers, &body).await.is(401, "UNAUTHORIZED");
    }
    for page in [("origin", &*own), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")] {
        let headers = [("host", &*ours), page];
        hub.raw("GET /api/v1/projects", &headers, "").await.is(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_one_time_key_is_good_for_the_token_once_and_for_our_own_page_only() {
    let hub = Served::new().await;
    let (ours, own) = (hub.ours(), format!("http://{}", hub.ours()));
    hub.raw("POST /api/v1/keys", &[("host", &*ours)], "").await.is(401, "UNAUTHORIZED");
    let handed = hub.ask("POST /api/v1/keys", "").await;
    assert_eq!(handed.status, 201);
    assert!(handed.head.contains("cache-control: no-store"));
    let key = handed.json()["key"].as_str().unwrap().to_owned();
    assert_ne!(key, hub.token.reveal());
    let body = json!({ "key": key }).to_string();
    let exchange = |origin: String, body: String| {
        let (hub, ours) = (&hub, ours.clone());
        async move {
            let headers = [("host", &*ours), ("origin", &*origin)];
            hub.raw("POST /api/v1/keys/exchange", &headers, &body).await
        }
    };
    exchange("https://example.com".into(), body.clone()).await.is(403, "FORBIDDEN");
    for wrong in ["", "{}", "{\"key\":\"\"}", &json!({ "key": hub.token.reveal() }).to_string()] {
        exchange(own.clone(), wrong.to_owned()).await.is(401, "UNAUTHORIZED");
    }
    let opened = exchange(own.clone(), body.clone()).await;
    assert_eq!((opened.status, &opened.json()["token"]), (200, &hub.token.reveal().into()));
    exchange(own, body).await.is(401, "UNAUTHORIZED");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_same_user_may_read_without_a_token() {
    let hub = Served::new().await;
    let ours = hub.ours();
    let headers = [("host", &*ours)];
    for address in ["/api/v1/projects", "/api/v1/doctor", "/metrics"] {
        assert_eq!(hub.raw(&format!("GET {address}"), &headers, "").await.status, 200, "{address}");
    }
    hub.raw("DELETE /api/v1/projects/x", &headers, "").await.is(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn the_page_is_served_confined_and_nothing_beside_it() {
    let hub = Served::new().await;
    let ours = hub.ours();
    let get = |path: &'static str| {
        let (hub, ours) = (&hub, ours.clone());
        async move { hub.raw(&format!("GET {path}"), &[("host", &*ours)], "").await }
    };
    let page = get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("the page"));
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
    assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self';"));
    assert!(page.head.contains("x-content-type-options: nosniff"));
    assert!(page.head.contains("referrer-policy: no-referrer"));
    assert!(get("/main.js").await.head.contains("javascript"));
    assert!(get("/projects/one").await.body.contains("the page"));
    for outside in ["/../token", "/%2e%2e/token", "/..%2ftoken", "//token", "/page/../../token"] {
        let answer = get(outside).await;
        assert!(!answer.body.contains(hub.token.reveal()), "{outside} reads the token");
    }
    assert!(hub.home.path().join("token").is_file());
}

#[tokio::test]
async fn bodies_too_large_and_bodies_that_are_no_request_are_refused_with_words() {
    let hub = Served::new().await;
    hub.ask("POST /api/v1/rpc", &" ".repeat(300 * 1024)).await.is(413, "REQUEST_INVALID");
    for body in ["{", "[]", "7", "{\"cmd\":\"no\"}", "{\"cmd\":\"list\",\"params\":{\"a\":1}}"] {
        hub.ask("POST /api/v1/rpc", body).await.is(422, "REQUEST_INVALID");
    }
    let id = hub.add("/shop").await;
    for body in ["7", "[]", "{\"colour\":1}"] {
        hub.ask(&format!("PATCH /api/v1/projects/{id}"), body).await.is(422, "REQUEST_INVALID");
    }
}

#[tokio::test]
async fn each_refusal_has_its_code_and_status() {
    let hub = Served::new().await;
    let id = hub.add("/shop").await;
    let path = |p: &str| json!({ "path": p }).to_string();
    let add = "POST /api/v1/projects";
    hub.ask(add, &path("shop")).await.is(400, "PATH_RELATIVE");
    hub.ask(add, &path("/gone/shop")).await.is(400, "PATH_MISSING");
    hub.ask(add, &path("/link")).await.is(409, "PATH_ALREADY_REGISTERED");
    hub.ask("GET /api/v1/projects/nobody", "").await.is(404, "PROJECT_NOT_FOUND");
    hub.ask("GET /api/v1/nothing", "").await.is(404, "NOT_FOUND");
    hub.ask("PUT /api/v1/projects", "").await.is(405, "REQUEST_INVALID");
    let project = format!("/api/v1/projects/{id}");
    hub.ask(&format!("POST {project}/services/mysql/restart"), "").await.is(404, "SERVICE_UNKNOWN");
    hub.ask(&format!("POST {project}/services/redis/restart"), "")
        .await
        .is(409, "PROJECT_NOT_RUNNING");
    hub.ask(&format!("GET {project}/logs/mysql"), "").await.is(404, "SERVICE_UNKNOWN");
    for tail in ["0", "10001", "-1", "x", "99999999999"] {
        let line = format!("GET {project}/logs/redis?tail={tail}");
        hub.ask(&line, "").await.is(422, "REQUEST_INVALID");
    }
    for tail in ["1", "10000"] {
        let line = format!("GET {project}/logs/redis?tail={tail}");
        assert_eq!(hub.ask(&line, "").await.status, 200);
    }
    hub.ask(&format!("GET {project}/logs?colour=1"), "").await.is(422, "REQUEST_INVALID");
}

#[tokio::test]
async fn a_project_is_started_waited_for_and_stopped_by_rest_and_rpc_alike() {
    let hub = Served::new().await;
    let id = hub.add("/shop").await;
    let up = hub.ask(&format!("POST /api/v1/projects/{id}/start?wait=true"), "").await.json();
    assert_eq!(up["state"]["state"], "running", "{up}");
    assert_eq!(up["overall_healthy"], true);
    let health = hub.ask(&format!("GET /api/v1/projects/{id}/health"), "").await.json();
    assert_eq!(health["services"].as_object().unwrap().len(), 4);
    let one = json!({ "project": id, "service": "redis", "wait": true });
    assert_eq!(hub.rpc("restart", one).await.status, 200);
    let down = hub.rpc("stop", json!({ "project": id, "wait": true })).await.json();
    assert_eq!(down["state"]["state"], "stopped");
    let line = format!("DELETE /api/v1/projects/{id}");
    assert_eq!(hub.ask(&line, "").await.json(), json!({ "left": [] }));
    hub.ask(&line, "").await.is(404, "PROJECT_NOT_FOUND");
}

#[tokio::test]
async fn what_is_described_is_what_is_served() {
    let hub = Served::new().await;
    let document = hub.ask("GET /api/v1/openapi.json", "").await.json();
    assert_eq!(document, host::document());
    let id = hub.add("/shop").await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let address = path.replace("{project}", &id).replace("{service}", "redis");
        for method in ["get", "post", "patch", "put", "delete"] {
            let described = operations.get(method).is_some();
            // A removal would leave nothing to ask about; it has a test of its own.
            if described && method == "delete" {
                continue;
            }
            let status = status_only(&hub, method, &address).await;
            assert_eq!(status == 405, !described, "{method} {path} answers {status}");
            assert_ne!(status, 404, "{method} {path}");
        }
    }
}

/// Streams never end by themselves; the first line of the answer is enough here.
async fn status_only(hub: &Served, method: &str, address: &str) -> u16 {
    let text = format!(
        "{} {address} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-length: 0\r\n\r\n",
        method.to_uppercase(),
        hub.ours(),
        hub.token.reveal()
    );
    let mut stream = hub.send(&text).await;
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(soon(stream.read_u8()).await.unwrap());
    }
    String::from_utf8(line).unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

/// Reads a stream of events until it contains the text.
async fn read_until(stream: &mut TcpStream, seen: &mut String, wanted: &str) {
    let mut bytes = [0; 4096];
    while !seen.contains(wanted) {
        let count = soon(stream.read(&mut bytes)).await.unwrap();
        assert_ne!(count, 0, "the stream ended after: {seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

#[tokio::test]
async fn events_begin_with_everything_go_on_with_changes_and_end_with_the_host() {
    let mut hub = Served::new().await;
    let text = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
        hub.ours(),
        hub.token.reveal()
    );
    let mut stream = hub.send(&text).await;
    let mut seen = String::new();
    read_until(&mut stream, &mut seen, "event: snapshot").await;
    let id = hub.add("/shop").await;
    read_until(&mut stream, &mut seen, "event: event").await;
    read_until(&mut stream, &mut seen, &id).await;
    hub.end.cancel();
    let ended = soon(hub.server.join_next()).await.unwrap().unwrap();
    assert_eq!(ended, Ok(()), "a reader of events does not hold the host up");
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_is_let_go() {
    let hub = Served::new().await;
    for begun in [
        "GET /api/v1/projects HTTP/1.1\r\nhost: 127".to_owned(),
        format!(
            "POST /api/v1/rpc HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             connection: close\r\ncontent-length: 9\r\n\r\n{{",
            hub.ours(),
            hub.token.reveal()
        ),
    ] {
        let mut stream = hub.send(&begun).await;
        let mut rest = Vec::new();
        soon(stream.read_to_end(&mut rest)).await.unwrap();
    }
    assert_eq!(hub.ask("GET /api/v1/projects", "").await.status, 200, "others are served");
}

#[tokio::test]
async fn the_request_to_shut_down_reaches_whoever_hosts_the_hub() {
    let hub = Served::new().await;
    assert_eq!(hub.rpc("shutdown", json!({})).await.status, 200);
    soon(hub.api.end().cancelled()).await;
}

#[tokio::test]
async fn a_port_that_was_named_is_taken_or_refused() {
    let held = host::bind(Some(0)).await.unwrap();
    let port = held.local_addr().unwrap().port();
    assert!(held.local_addr().unwrap().ip().is_loopback());
    let refused = host::bind(Some(port)).await.unwrap_err();
    assert_eq!(refused.code, hub_domain::Code::HubServerFailed);
    assert!(refused.message.contains(&port.to_string()));
}
