//! Downloads the Dagger command line once: archive and checksums from the place of its releases, checked
//! before anything is unpacked, in place in one step. What is interrupted is begun anew.

use flate2::read::GzDecoder;
use futures::StreamExt;
use hub_domain::{Code, Problem};
use hub_engine::runtime::{Progress, ProgressSink};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where Dagger publishes its releases.
pub(crate) const RELEASES: &str = "https://dl.dagger.io/dagger/releases";
/// A slow line brings 30 MB in this time.
const BOUND: Duration = Duration::from_secs(900);
/// A line on which nothing comes for this long is dead.
const SILENCE: Duration = Duration::from_secs(30);
/// An archive larger than this is not one.
const MAX_BYTES: usize = 300 * 1024 * 1024;
/// Progress is told this often.
const TICK: Duration = Duration::from_millis(300);

/// Where a version lies once it was downloaded.
pub(crate) fn place(folder: &Path, version: &str) -> PathBuf {
    folder.join(format!("dagger-{version}{}", std::env::consts::EXE_SUFFIX))
}

/// Name of the archive for this platform.
fn archive_name(version: &str) -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "armv7",
        other => other,
    };
    format!("dagger_v{version}_{system}_{machine}.tar.gz")
}

/// Downloads a version.
///
/// # Errors
/// `COMPONENT_DOWNLOAD_FAILED`, `COMPONENT_TAMPERED`, `DISK_FULL`.
pub(crate) async fn fetch(
    releases: &str,
    version: &str,
    folder: &Path,
    progress: &ProgressSink,
) -> Result<PathBuf, Problem> {
    let client = crate::http::client()
        .connect_timeout(SILENCE)
        .read_timeout(SILENCE)
        .timeout(BOUND)
        .build()
        .map_err(|fault| failed(&crate::fault::chain(&fault)))?;
    let base = format!("{}/{version}", releases.trim_end_matches('/'));
    let name = archive_name(version);
    let sums = get(&client, &format!("{base}/checksums.txt"), |_, _| {}).await?;
    let wanted = checksum_of(&String::from_utf8_lossy(&sums), &name)
        .ok_or_else(|| failed(&format!("{base}/checksums.txt has no line for {name}")))?;
    let step = format!("Downloading the Dagger command line {version}");
    let mut told = Instant::now();
    let archive = get(&client, &format!("{base}/{name}"), |arrived, whole| {
        if told.elapsed() >= TICK || arrived == whole {
            told = Instant::now();
            let amount = (whole > 0).then_some((arrived, whole));
            progress(Progress { step: step.clone(), amount });
        }
    })
    .await?;
    let found = hex::encode(Sha256::digest(&archive));
    if found != wanted {
        return Err(Problem::new(
            Code::ComponentTampered,
            "The Dagger command line that was downloaded is not what it must be and was not used.",
            "Check who stands between this machine and dl.dagger.io, then try again.",
        )
        .caused_by(format!("{name} has SHA-256 {found} instead of {wanted}")));
    }
    let target = place(folder, version);
    let (folder, finished) = (folder.to_path_buf(), target.clone());
    let unpacked = tokio::task::spawn_blocking(move || unpack(&archive, &folder, &finished)).await;
    match unpacked {
        Ok(Ok(())) => Ok(target),
        Ok(Err(fault)) if fault.kind() == io::ErrorKind::StorageFull => Err(Problem::new(
            Code::DiskFull,
            "The disk that holds the Hub's data is full.",
            "Free some space on it, then start again; nothing was lost.",
        )
        .caused_by(fault)),
        Ok(Err(fault)) => Err(failed(&fault.to_string())),
        Err(fault) => Err(failed(&fault.to_string())),
    }
}

async fn get(
    client: &reqwest::Client,
    address: &str,
    mut arrived: impl FnMut(u64, u64),
) -> Result<Vec<u8>, Problem> {
    let lost = |fault: &reqwest::Error| failed(&crate::fault::chain(fault));
    let answer = client.get(address).send().await.map_err(|fault| lost(&fault))?;
    if !answer.status().is_success() {
        return Err(failed(&format!("{address} answered {}", answer.status())));
    }
    let whole = answer.content_length().unwrap_or(0);
    let mut bytes = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(|fault| lost(&fault))?);
        if bytes.len() > MAX_BYTES {
            return Err(failed(&format!("{address} is larger than {MAX_BYTES} bytes")));
        }
        arrived(u64::try_from(bytes.len()).unwrap_or(u64::MAX), whole);
    }
    Ok(bytes)
}

/// The checksum of a file, from lines of "checksum  name".
fn checksum_of(sums: &str, name: &str) -> Option<String> {
    sums.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (sum, file) = (words.next()?, words.next()?);
        let fits = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
        (fits && file.trim_start_matches('*') == name).then(|| sum.to_ascii_lowercase())
    })
}

/// Takes the program, and nothing else, out of the archive.
fn unpack(archive: &[u8], folder: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let staging = tempfile::NamedTempFile::new_in(folder)?;
    let mut entries = tar::Archive::new(GzDecoder::new(archive));
    for entry in entries.entries()? {
        let mut entry = entry?;
        if entry.path()?.file_name().is_some_and(|name| name == "dagger") {
            io::copy(&mut entry, &mut staging.as_file())?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                staging.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
            }
            staging.as_file().sync_all()?;
            staging.persist(target).map_err(|fault| fault.error)?;
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the archive holds no program \"dagger\""))
}

fn failed(cause: &str) -> Problem {
    Problem::new(
        Code::ComponentDownloadFailed,
        "The Dagger command line could not be downloaded.",
        "Check the connection, or name a command line that is there in CCHUB_DAGGER_CLI.",
    )
    .caused_by(cause)
    .retryable()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(text.len()).unwrap());
            header.set_mode(0o644);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    /// A place of releases that serves these files.
    async fn releases(files: BTreeMap<String, Vec<u8>>) -> (String, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/r", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split_whitespace().nth(1).unwrap_or_default();
                let (status, body) = match files.get(path) {
                    Some(body) => ("200 OK", body.clone()),
                    None => ("403 Forbidden", b"no".to_vec()),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&body).await.unwrap();
            }
        });
        (address, server)
    }

    fn release(archive: &[u8], sum: &str) -> BTreeMap<String, Vec<u8>> {
        let name = archive_name("9.8.7");
        let sums = format!("{sum}  {name}\n{}  other.tar.gz\n", "0".repeat(64));
        BTreeMap::from([
            (format!("/r/9.8.7/{name}"), archive.to_vec()),
            ("/r/9.8.7/checksums.txt".to_owned(), sums.into_bytes()),
        ])
    }

    async fn fetched(files: BTreeMap<String, Vec<u8>>, folder: &Path) -> Result<PathBuf, Problem> {
        let (address, _server) = releases(files).await;
        let sink: ProgressSink = Arc::new(|_| {});
        fetch(&address, "9.8.7", folder, &sink).await
    }

    #[tokio::test]
    async fn the_program_arrives_whole_and_can_be_run() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let archive = archive(&[("LICENSE", "x"), ("dagger", "#!/bin/sh\n")]);
        let sum = hex::encode(Sha256::digest(&archive));
        let program = fetched(release(&archive, &sum), folder.path()).await.unwrap();
        assert_eq!(fs::read_to_string(&program).unwrap(), "#!/bin/sh\n");
        assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[tokio::test]
    async fn one_changed_byte_is_refused_and_nothing_of_it_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = archive(&[("dagger", "#!/bin/sh\n")]);
        let sum = hex::encode(Sha256::digest(&bytes));
        *bytes.last_mut().unwrap() ^= 1;
        let problem = fetched(release(&bytes, &sum), folder.path()).await.unwrap_err();
        assert_eq!(problem.code, Code::ComponentTampered);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_not_there_or_not_listed_is_a_failed_download() {
        let folder = tempfile::tempdir().unwrap();
        let problem = fetched(BTreeMap::new(), folder.path()).await.unwrap_err();
        assert_eq!(problem.code, Code::ComponentDownloadFailed);
        let bytes = archive(&[("dagger", "x")]);
        let problem = fetched(release(&bytes, "short"), folder.path()).await.unwrap_err();
        assert_eq!(problem.code, Code::ComponentDownloadFailed);
        let other = archive(&[("README", "x")]);
        let sum = hex::encode(Sha256::digest(&other));
        let problem = fetched(release(&other, &sum), folder.path()).await.unwrap_err();
        assert!(problem.cause.unwrap().contains("no program"));
    }
}
