//! An engine in name only: a command line that says where it serves, and a server that holds every
//! query against the recorded schema, keeps it, and answers with something of the right kind.

use crate::beside::program;
use crate::graphql::Schema;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// One request for the API.
#[derive(Clone, Debug)]
pub struct Asked {
    pub query: String,
    pub variables: serde_json::Value,
    pub refused: Option<String>,
    pub trace: bool,
}

/// What an engine and its connections share.
struct State {
    schema: Schema,
    asked: watch::Sender<Vec<Asked>>,
    /// What the engine's containers write, by a word of their query: the first that fits.
    outputs: Mutex<Vec<(String, String)>>,
    /// Words of queries that are not answered now.
    held: watch::Sender<Vec<&'static str>>,
}

pub struct Engine {
    pub cli: PathBuf,
    state: Arc<State>,
    _server: JoinSet<()>,
}

impl Engine {
    pub async fn start(folder: &Path) -> Self {
        Self::serve(folder, include_str!("schema.txt")).await
    }

    /// One that cannot mount a folder live.
    pub async fn without_live_folders(folder: &Path) -> Self {
        let known = |line: &&str| {
            !line.contains("sshfsVolume") && !line.contains("Volume(path: String!, volume")
        };
        let schema: Vec<&str> = include_str!("schema.txt").lines().filter(known).collect();
        Self::serve(folder, &schema.join("\n")).await
    }

    async fn serve(folder: &Path, schema: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!(
            "case $1 in\nversion) echo 'dagger v0.21.9 (image) linux/amd64' ;;\n\
             session) echo '{{\"port\":{port},\"session_token\":\"token\"}}'; cat >/dev/null ;;\nesac\n"
        );
        let cli = program(folder, "dagger", &script);
        let state = State {
            schema: Schema::read(schema),
            asked: watch::Sender::new(Vec::new()),
            outputs: Mutex::default(),
            held: watch::Sender::new(Vec::new()),
        };
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { cli, state, _server: server }
    }

    /// From now on containers in whose query this word stands write this.
    pub fn writes(&self, word: &str, output: &str) {
        self.state.outputs.lock().unwrap().insert(0, (word.to_owned(), output.to_owned()));
    }

    /// From now on queries in which one of these words stands are not answered; all others are.
    pub fn hold(&self, words: &[&'static str]) {
        self.state.held.send_replace(words.to_vec());
    }

    /// Waits until so many queries like this were asked.
    pub async fn until_asked(&self, count: usize, is_so: impl Fn(&str) -> bool) {
        let mut asked = self.state.asked.subscribe();
        let are = |all: &Vec<Asked>| all.iter().filter(|one| is_so(&one.query)).count() >= count;
        let seen = timeout(Duration::from_secs(30), asked.wait_for(are)).await;
        assert!(seen.is_ok(), "that was not asked in time");
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.borrow().clone()
    }
}

/// Puts what a container writes into an answer.
fn write(answer: &mut serde_json::Value, output: &str) {
    let Some(fields) = answer.as_object_mut() else { return };
    for (name, value) in fields {
        match name.as_str() {
            "stdout" => *value = output.into(),
            _ => write(value, output),
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut seen = Vec::new();
    let head = loop {
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8_lossy(&seen[..end]).to_lowercase();
        }
        let mut piece = [0; 8192];
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => seen.extend_from_slice(&piece[..read]),
            _ => return,
        }
    };
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |value| value.trim().parse().unwrap());
    let from = head.len() + 4;
    while seen.len() < from + length {
        let mut piece = [0; 8192];
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => seen.extend_from_slice(&piece[..read]),
            _ => return,
        }
    }
    let (status, body) = if head.starts_with("post /query ") {
        let body: serde_json::Value = serde_json::from_slice(&seen[from..]).unwrap();
        let query = body["query"].as_str().unwrap().to_owned();
        let mut answer = state.schema.answer(&query, &body["variables"]);
        let written = state.outputs.lock().unwrap().clone();
        if let Ok(data) = &mut answer
            && let Some((_, output)) = written.iter().find(|(word, _)| query.contains(word))
        {
            write(data, output);
        }
        let trace = head.contains("\r\ntraceparent: 00-");
        let refused = answer.as_ref().err().cloned();
        let variables = body["variables"].clone();
        let mut held = state.held.subscribe();
        let asked = Asked { query: query.clone(), variables, refused, trace };
        state.asked.send_modify(|all| all.push(asked));
        let goes = |words: &Vec<&str>| !words.iter().any(|word| query.contains(word));
        drop(held.wait_for(goes).await.unwrap());
        let answer = match answer {
            Ok(data) => serde_json::json!({ "data": data }),
            Err(message) => serde_json::json!({ "errors": [{ "message": message }] }),
        };
        ("200 OK", answer.to_string())
    } else {
        ("404 Not Found", String::new())
    };
    let reply = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whoever asked may have lost interest.
    drop(stream.write_all(reply.as_bytes()).await);
}
