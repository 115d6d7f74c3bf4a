//! Copies what a running Redis holds, as a replica would: it logs in, asks to be brought up to date, and
//! keeps the snapshot that comes first.

use super::Request;
use hub_domain::Service;
use secrecy::ExposeSecret;
use std::io::Write;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Longest line of an answer.
const MAX_LINE: u64 = 1024;
const PIECE: usize = 64 * 1024;

/// Copies the Redis that listens on the loopback port. Calling it off leaves nothing half done.
///
/// # Errors
/// Why there is no copy, in words.
pub(crate) async fn fetch(request: &Request<'_>) -> Result<(), String> {
    let text = |fault: std::io::Error| fault.to_string();
    let stream = TcpStream::connect(("127.0.0.1", request.port)).await.map_err(text)?;
    let mut stream = BufReader::new(stream);
    let password = request.password.expose_secret();
    let login = format!("*2\r\n$4\r\nAUTH\r\n${}\r\n{password}\r\n", password.len());
    stream.write_all(login.as_bytes()).await.map_err(text)?;
    let answer = line(&mut stream).await?;
    if answer != "+OK" {
        return Err(format!("refused the login: {answer}"));
    }
    stream.write_all(b"*1\r\n$4\r\nSYNC\r\n").await.map_err(text)?;
    let length = loop {
        let answer = line(&mut stream).await?;
        // Empty lines keep the connection while the snapshot is written.
        if answer.is_empty() {
            continue;
        }
        let length = answer.strip_prefix('$').and_then(|digits| digits.parse::<u64>().ok());
        break length.ok_or_else(|| format!("answered SYNC with {answer}"))?;
    };
    let mut file = request.vault.begin().map_err(text)?;
    let mut left = length;
    let mut piece = vec![0; PIECE];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = stream.read(&mut piece[..most]).await.map_err(text)?;
        if read == 0 {
            return Err("closed the connection in the middle of its snapshot".to_owned());
        }
        file.write_all(&piece[..read]).map_err(text)?;
        left -= u64::try_from(read).unwrap_or(left);
    }
    let kept = request.vault.keep(Service::Redis, request.at, request.engine, file.into());
    kept.map_err(text)
}

async fn line(stream: &mut BufReader<TcpStream>) -> Result<String, String> {
    let mut line = String::new();
    let read =
        stream.take(MAX_LINE).read_line(&mut line).await.map_err(|fault| fault.to_string())?;
    if read == 0 {
        return Err("closed the connection".to_owned());
    }
    Ok(line.trim_end().to_owned())
}
