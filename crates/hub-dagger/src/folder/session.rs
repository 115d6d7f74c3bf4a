//! One mount: reads requests, has them answered side by side, and sends the answers as they come.
//!
//! Order: a request that may change the folder waits for all earlier ones and is waited for by all
//! later ones. So whoever writes and then asks sees what was written, while any number of looks and
//! reads go on at once. Pages of listings are taken in the order they were asked for: clients ask for
//! several ahead and stop at the first that says it is the end.

use std::io;
use std::sync::Arc;

use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf,
};
use tokio::sync::{
    Mutex, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, Semaphore, mpsc,
};
use tokio::task::JoinSet;
use tokio_util::bytes::Bytes;

use super::protocol::{self, MAX_REQUEST, Malformed, Reply, Request, Status};
use super::unix::Tree;

/// Requests that are worked on at once.
const AT_ONCE: usize = 16;
/// Answers that wait for the client to take them.
const ANSWERS: usize = 32;
/// Answers are put together up to about this size.
const BATCH: usize = 64 * 1024;

/// Serves until the stream ends or says something that is not the protocol.
pub(super) async fn run<S>(stream: S, tree: Tree)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (read, write) = tokio::io::split(stream);
    let (answers, to_send) = mpsc::channel(ANSWERS);
    let requests = requests(BufReader::with_capacity(BATCH, read), Arc::new(tree), answers);
    // Answers still on their way are sent after the last request; a stream that takes no answer is
    // over, whatever it may still ask.
    let ended = tokio::try_join!(requests, send(write, to_send));
    if let Err(fault) = ended {
        tracing::debug!(%fault, "a mount of the folder ended");
    }
}

/// Who may work beside whom.
#[derive(Clone, Default)]
struct Order {
    changes: Arc<RwLock<()>>,
    pages: Arc<Mutex<()>>,
}

/// A request's turn; it lasts as long as this is held.
struct Turn {
    _change: Option<OwnedRwLockWriteGuard<()>>,
    _look: Option<OwnedRwLockReadGuard<()>>,
    _page: Option<OwnedMutexGuard<()>>,
}

impl Order {
    async fn turn(&self, request: &Request) -> Turn {
        let changes = Arc::clone(&self.changes);
        let mut turn = Turn { _change: None, _look: None, _page: None };
        if request.changes() {
            turn._change = Some(changes.write_owned().await);
        } else {
            turn._look = Some(changes.read_owned().await);
        }
        if matches!(request, Request::ReadDir { .. }) {
            turn._page = Some(Arc::clone(&self.pages).lock_owned().await);
        }
        turn
    }
}

async fn requests<S: AsyncRead>(
    mut stream: BufReader<ReadHalf<S>>,
    tree: Arc<Tree>,
    answers: mpsc::Sender<Vec<u8>>,
) -> io::Result<()> {
    let hello = packet(&mut stream).await?.and_then(protocol::parse_hello);
    if hello.is_none_or(|version| version < protocol::VERSION) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no greeting of version 3"));
    }
    pass_on(&answers, protocol::encode_hello()).await?;
    let order = Order::default();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut working = JoinSet::new();
    while let Some(body) = packet(&mut stream).await? {
        let (id, request) = match protocol::parse(body) {
            Ok(request) => request,
            Err(fault @ Malformed { id: None }) => return Err(io::Error::other(fault)),
            Err(fault @ Malformed { id: Some(id) }) => {
                let reply = Reply::failed(Status::BadMessage, fault.to_string());
                pass_on(&answers, protocol::encode(id, &reply)).await?;
                continue;
            }
        };
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let turn = order.turn(&request).await;
        let (tree, answers) = (Arc::clone(&tree), answers.clone());
        working.spawn(async move {
            let answered = tokio::task::spawn_blocking(move || {
                let answer = protocol::encode(id, &tree.answer(request));
                drop(turn);
                answer
            });
            let answer = answered.await.unwrap_or_else(|fault| {
                protocol::encode(id, &Reply::failed(Status::Failure, fault.to_string()))
            });
            // The stream may be over; then nobody waits for the answer.
            let _unheard = answers.send(answer).await;
            drop(place);
        });
        while working.try_join_next().is_some() {}
    }
    while working.join_next().await.is_some() {}
    Ok(())
}

async fn pass_on(answers: &mpsc::Sender<Vec<u8>>, answer: Vec<u8>) -> io::Result<()> {
    answers.send(answer).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
}

/// The next packet without its length; nothing at the stream's end.
async fn packet<S: AsyncRead>(stream: &mut BufReader<ReadHalf<S>>) -> io::Result<Option<Bytes>> {
    let length = match stream.read_u32().await {
        Ok(length) => length,
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(fault) => return Err(fault),
    };
    if length == 0 || length > MAX_REQUEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a packet of an impossible length"));
    }
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    Ok(Some(Bytes::from(body)))
}

async fn send<S: AsyncWrite>(
    mut stream: WriteHalf<S>,
    mut answers: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(mut batch) = answers.recv().await {
        while batch.len() < BATCH {
            match answers.try_recv() {
                Ok(answer) => batch.extend_from_slice(&answer),
                Err(_none_or_over) => break,
            }
        }
        stream.write_all(&batch).await?;
        stream.flush().await?;
    }
    stream.shutdown().await
}
