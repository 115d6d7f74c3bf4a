//! Asks a service for a proof of its health: a real login and a real answer, on a connection that is
//! kept for the next time. Each question is bounded. Both runtimes ask with this, at the loopback ports
//! that users reach their services by.
//!
//! Limits: knows no lifecycle and starts nothing; a question that is called off leaves nothing behind.

use hub_domain::{DATABASE, HealthCheck, Proof, Service, StackConfig, Timestamp, spec};
use hub_engine::clock::{Clock, SystemClock};
use redis::IntoConnectionInfo;
use secrecy::{ExposeSecret, SecretString};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// A probe that takes longer has failed.
const BOUND: Duration = Duration::from_secs(2);
/// A page larger than this is not ours.
const MAX_BODY: usize = 1024 * 1024;

/// Probes one project's services.
pub struct Probes {
    postgres: Mutex<Option<PostgresLine>>,
    redis: Mutex<Option<redis::aio::MultiplexedConnection>>,
    db_password: SecretString,
    redis_password: SecretString,
}

struct PostgresLine {
    client: tokio_postgres::Client,
    /// Drives the connection; ends with this.
    _driver: JoinSet<()>,
}

impl Probes {
    /// Probes for a project with these passwords.
    pub fn new(db_password: SecretString, redis_password: SecretString) -> Self {
        Self { postgres: Mutex::default(), redis: Mutex::default(), db_password, redis_password }
    }

    /// Asks once.
    ///
    /// # Errors
    /// Why there is no proof, in words.
    pub async fn ask(&self, service: Service, config: &StackConfig) -> Result<Proof, String> {
        let began = Instant::now();
        let port = config.port(service);
        let asked = async {
            match spec(service).health {
                HealthCheck::PostgresQuery => self.select(port).await,
                HealthCheck::RedisPing => self.ping(port).await,
                HealthCheck::HttpStatusOk(path) => {
                    let body = get(port, path).await?;
                    says_ok(&body, config.project().as_str())?;
                    folder_is_there(config.workspace()).await?;
                    Ok(format!("{path} said ok"))
                }
                HealthCheck::PageCarriesApiAddress(path) => {
                    let body = get(port, path).await?;
                    if body.contains(&config.api_base_url()) {
                        return Ok("its page answered".to_owned());
                    }
                    Err(format!("{path} does not carry the project's API address"))
                }
            }
        };
        let what = tokio::time::timeout(BOUND, asked)
            .await
            .unwrap_or_else(|_| Err(format!("did not answer within {} s", BOUND.as_secs())))?;
        let at: Timestamp = SystemClock.now();
        Ok(Proof { what, at, took: began.elapsed() })
    }

    async fn select(&self, port: u16) -> Result<String, String> {
        let mut line = self.postgres.lock().await;
        // Taken out while it is asked: a question that is called off leaves no half-used line behind.
        let kept = match line.take().filter(|l| !l.client.is_closed()) {
            Some(kept) => kept,
            None => self.connect(port).await?,
        };
        let answer = kept.client.simple_query("SELECT 1").await;
        answer.map_err(|fault| format!("refused SELECT 1: {}", words(&fault)))?;
        *line = Some(kept);
        Ok("SQL answered".to_owned())
    }

    async fn connect(&self, port: u16) -> Result<PostgresLine, String> {
        let mut settings = tokio_postgres::Config::new();
        settings
            .host("127.0.0.1")
            .port(port)
            .user(DATABASE)
            .dbname(DATABASE)
            .application_name("cchub health")
            .password(self.db_password.expose_secret())
            .connect_timeout(BOUND);
        let (client, connection) = settings
            .connect(tokio_postgres::NoTls)
            .await
            .map_err(|fault| format!("does not take the login: {}", words(&fault)))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            if let Err(fault) = connection.await {
                tracing::debug!("the health connection to PostgreSQL ended: {fault}");
            }
        });
        Ok(PostgresLine { client, _driver: driver })
    }

    async fn ping(&self, port: u16) -> Result<String, String> {
        let mut line = self.redis.lock().await;
        let mut kept = match line.take() {
            Some(kept) => kept,
            None => {
                let info = redis::ConnectionAddr::Tcp("127.0.0.1".to_owned(), port)
                    .into_connection_info()
                    .map_err(|fault| fault.to_string())?;
                let login = redis::RedisConnectionInfo::default()
                    .set_password(self.redis_password.expose_secret());
                let client = redis::Client::open(info.set_redis_settings(login))
                    .map_err(|fault| fault.to_string())?;
                // The client's own bounds are shorter than what a probe may take.
                let patient = redis::AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(BOUND))
                    .set_response_timeout(Some(BOUND));
                client
                    .get_multiplexed_async_connection_with_config(&patient)
                    .await
                    .map_err(|fault| format!("does not take the login: {fault}"))?
            }
        };
        let answer: String = redis::cmd("PING")
            .query_async(&mut kept)
            .await
            .map_err(|fault| format!("refused PING: {fault}"))?;
        if answer != "PONG" {
            return Err(format!("answered PING with {answer:?}"));
        }
        *line = Some(kept);
        Ok("PING answered".to_owned())
    }
}

/// The words of the server, where it said something.
fn words(fault: &tokio_postgres::Error) -> String {
    fault.as_db_error().map_or_else(|| fault.to_string(), |said| said.message().to_owned())
}

/// A backend of another project, or another program, may be on the port: its word does not count.
fn says_ok(body: &str, project: &str) -> Result<(), String> {
    let said: serde_json::Value =
        serde_json::from_str(body).map_err(|fault| format!("said something else: {fault}"))?;
    if said["status"] != "ok" {
        return Err(format!("said {}", said["status"]));
    }
    if said["project"] != project {
        return Err(format!("is the backend of another project ({})", said["project"]));
    }
    Ok(())
}

/// A backend without its project's folder answers, but does not do what it is there for.
async fn folder_is_there(path: &Path) -> Result<(), String> {
    let lost = |why: &str| Err(format!("answers, but the project folder {} {why}", path.display()));
    match tokio::fs::metadata(path).await {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => lost("is no folder any more"),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => lost("is gone"),
        Err(fault) => lost(&format!("cannot be reached: {fault}")),
    }
}

/// Fetches a page of this machine; only an answer with status 200 counts. Speaks HTTP/1.0, so that
/// the answer comes in one piece and the connection ends with it.
async fn get(port: u16, path: &str) -> Result<String, String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .map_err(|fault| format!("takes no connection: {fault}"))?;
    let request = format!(
        "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html,*/*\r\n\
         User-Agent: cchub-health\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.map_err(|fault| fault.to_string())?;
    let mut answer = Vec::new();
    let limit = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
    stream.take(limit).read_to_end(&mut answer).await.map_err(|fault| fault.to_string())?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split_whitespace().nth(1).unwrap_or("nothing");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    if status != "200" {
        let said: String = body.chars().take(200).collect();
        return Err(format!("{path} answered {status}: {}", said.trim()));
    }
    Ok(body.to_owned())
}
