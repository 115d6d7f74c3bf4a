//! Stands in for a session: serves rows of made-up output and spans the way the engine does, and fails
//! the way connections fail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub const TOKEN: &str = "11111111-2222-3333-4444-555555555555";

/// How the double behaves.
#[derive(Clone, Default)]
pub struct Manners {
    /// Rows of one event; 1000 as in the engine when 0.
    pub batch: usize,
    /// Bytes of one write; all at once when 0.
    pub piece: usize,
    /// Every connection breaks after so many bytes.
    pub breaks_after: Option<usize>,
    /// Starts from the beginning whatever a connection asks for.
    pub forgets: bool,
    /// Takes connections up and says nothing.
    pub is_frozen: bool,
    /// Sent as it is, before the first event.
    pub preface: String,
}

/// Connections in the order they were opened: path, and the number they go on behind.
type Opened = Arc<Mutex<Vec<(String, Option<u64>)>>>;

#[derive(Clone, Default)]
struct Rows {
    logs: Vec<Value>,
    spans: Vec<Value>,
    manners: Manners,
}

pub struct Double {
    pub port: u16,
    rows: Arc<watch::Sender<Rows>>,
    opened: Opened,
    _server: JoinSet<()>,
}

impl Double {
    pub async fn new(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let rows = Arc::new(watch::Sender::new(Rows { manners, ..Rows::default() }));
        let opened = Opened::default();
        let mut server = JoinSet::new();
        let (sender, record) = (Arc::clone(&rows), Arc::clone(&opened));
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, sender.subscribe(), Arc::clone(&record)));
            }
        });
        Self { port, rows, opened, _server: server }
    }

    pub fn log(&self, rows: impl IntoIterator<Item = Value>) {
        self.rows.send_modify(|r| r.logs.extend(rows));
    }

    pub fn span(&self, row: Value) {
        self.rows.send_modify(|r| r.spans.push(row));
    }

    pub fn behave(&self, change: impl FnOnce(&mut Manners)) {
        self.rows.send_modify(|r| change(&mut r.manners));
    }

    /// What connections for the logs asked for: how many there were, and after which number.
    pub fn opened(&self, path: &str) -> Vec<Option<u64>> {
        let opened = self.opened.lock().unwrap();
        opened.iter().filter(|(p, _)| p == path).map(|(_, after)| *after).collect()
    }
}

async fn serve(mut socket: TcpStream, mut rows: watch::Receiver<Rows>, opened: Opened) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let field = |name: &str| {
        head.lines().find_map(|l| {
            let (key, value) = l.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let after: Option<u64> = field("x-last-event-id").map(|id| id.parse().unwrap());
    opened.lock().unwrap().push((path.clone(), after));
    let expected = format!("Basic {}", STANDARD.encode(format!("{TOKEN}:")));
    if field("authorization") != Some(expected) {
        let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
        let _ = socket.write_all(refusal.as_bytes()).await;
        return;
    }
    // Whoever is frozen answers when it thaws.
    if rows.wait_for(|r| !r.manners.is_frozen).await.is_err() {
        return;
    }
    let mut out = Wire { socket, sent: 0, manners: rows.borrow().manners.clone() };
    let _ = out.events(&path, after, rows).await;
}

struct Wire {
    socket: TcpStream,
    sent: usize,
    manners: Manners,
}

impl Wire {
    async fn events(
        &mut self,
        path: &str,
        after: Option<u64>,
        mut rows: watch::Receiver<Rows>,
    ) -> std::io::Result<()> {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        self.socket.write_all(head.as_bytes()).await?;
        self.chunk(b"id: \nevent: subscribed\ndata\n\n").await?;
        let preface = self.manners.preface.clone();
        self.chunk(preface.as_bytes()).await?;
        let mut at = if self.manners.forgets { 0 } else { after.unwrap_or(0) as usize };
        let size = if self.manners.batch == 0 { 1000 } else { self.manners.batch };
        let is_logs = path == "/v1/logs";
        let of = |r: &Rows| if is_logs { r.logs.len() } else { r.spans.len() };
        loop {
            if rows.wait_for(|r| of(r) > at && !r.manners.is_frozen).await.is_err() {
                return Ok(());
            }
            let batch: Vec<Value> = {
                let rows = rows.borrow();
                let all = if is_logs { &rows.logs } else { &rows.spans };
                all.iter().skip(at).take(size).cloned().collect()
            };
            at += batch.len();
            let (name, data) = if is_logs {
                ("logs", json!({"resourceLogs": [{"scopeLogs": [{"logRecords": batch}]}]}))
            } else {
                ("spans", json!({"resourceSpans": [{"scopeSpans": [{"spans": batch}]}]}))
            };
            self.chunk(format!("id: {at}\nevent: {name}\ndata: {data}\n\n").as_bytes()).await?;
        }
    }

    /// Sends bytes as chunks of the answer; breaks off where it is told to.
    async fn chunk(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let piece = if self.manners.piece == 0 { usize::MAX } else { self.manners.piece };
        for part in bytes.chunks(piece.min(bytes.len().max(1))) {
            let left = self.manners.breaks_after.unwrap_or(usize::MAX) - self.sent;
            let part = &part[..part.len().min(left)];
            if part.is_empty() {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
            self.sent += part.len();
            let mut chunk = format!("{:x}\r\n", part.len()).into_bytes();
            chunk.extend_from_slice(part);
            chunk.extend_from_slice(b"\r\n");
            self.socket.write_all(&chunk).await?;
        }
        Ok(())
    }
}

fn attribute(key: &str, value: Value) -> Value {
    json!({"key": key, "value": value})
}

pub fn base64(hex: &str) -> String {
    STANDARD.encode(hex::decode(hex).unwrap())
}

/// A piece of output of a process.
pub fn output(trace: &str, span: &str, stream: u8, text: &str) -> Value {
    json!({
        "timeUnixNano": "1000", "severityNumber": 0, "severityText": "", "fromTheFuture": {"a": [1]},
        "traceId": base64(trace), "spanId": base64(span),
        "body": {"stringValue": text},
        "attributes": [attribute("stdio.stream", json!({"intValue": stream.to_string()}))],
    })
}

/// The end of a process's stream.
pub fn eof(trace: &str, span: &str, stream: u8, time: u64) -> Value {
    json!({
        "timeUnixNano": time.to_string(),
        "traceId": base64(trace), "spanId": base64(span), "body": {"stringValue": ""},
        "attributes": [
            attribute("stdio.stream", json!({"intValue": stream.to_string()})),
            attribute("stdio.eof", json!({"boolValue": true})),
        ],
    })
}

/// A line of the engine's own.
pub fn chatter(trace: &str, text: &str) -> Value {
    json!({
        "timeUnixNano": "1000", "traceId": base64(trace), "spanId": base64("00000000000000ee"),
        "body": {"stringValue": text},
        "attributes": [attribute("dagger.io/logs.global", json!({"boolValue": true}))],
    })
}

/// The span of a service's process that runs.
pub fn process(trace: &str, span: &str, origin: &str, start: u64) -> Value {
    json!({
        "traceId": base64(trace), "spanId": base64(span), "parentSpanId": "",
        "name": "exec docker-entrypoint.sh postgres", "kind": "SPAN_KIND_INTERNAL",
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": "11651379494838206464",
        "attributes": [attribute("dagger.io/ui.passthrough", json!({"boolValue": true}))],
        "links": [{"traceId": base64(trace), "spanId": base64(origin), "attributes":
            [attribute("dagger.io/link.purpose", json!({"stringValue": "cause"}))]}],
        "status": {},
    })
}

/// The same span when the process has ended, with the exit code as engines before 1.0 tell it.
pub fn exited(running: Value, code: u32, error: &str) -> Value {
    let mut span = ended(running, error);
    span["events"] = exit_events(code);
    span
}

/// The step below a process, which has the exit code from 1.0 on.
pub fn step_below(process: &Value, code: u32) -> Value {
    json!({
        "traceId": process["traceId"], "spanId": base64("0000000000000f0f"),
        "parentSpanId": process["spanId"], "name": "exec.run",
        "startTimeUnixNano": "501", "endTimeUnixNano": "8999999999",
        "events": exit_events(code), "status": {},
    })
}

fn exit_events(code: u32) -> Value {
    json!([
        {"timeUnixNano": "8000000000", "name": "Container created"},
        {"timeUnixNano": "8999999999", "name": "Container exited",
         "attributes": [attribute("exit.code", json!({"intValue": code.to_string()}))]},
    ])
}

/// The same span when the process has ended, without an exit code.
pub fn ended(running: Value, error: &str) -> Value {
    let mut span = running;
    span["endTimeUnixNano"] = json!("9000000000");
    span["status"] = if error.is_empty() {
        json!({"code": "STATUS_CODE_OK"})
    } else {
        json!({"code": "STATUS_CODE_ERROR", "message": error})
    };
    span
}
