//! Dumps a running PostgreSQL: the server itself runs `pg_dump` beside it, over the socket that only its
//! own container has, and hands the file over in pieces. No other container, no password in an argument,
//! and the programs of exactly the server's version.

use super::Vault;
use hub_domain::{DATABASE, Service, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

/// So much of the file comes at a time.
const PIECE: i64 = 1024 * 1024;
const CONNECT_BOUND: Duration = Duration::from_secs(2);

/// Dumps the database that listens on the loopback port. Calling it off leaves nothing half done.
///
/// # Errors
/// Why there is no dump, in words.
pub(crate) async fn postgres(
    port: u16,
    password: &SecretString,
    vault: &Vault,
    at: Timestamp,
) -> Result<PathBuf, String> {
    let mut settings = tokio_postgres::Config::new();
    settings
        .host("127.0.0.1")
        .port(port)
        .user(DATABASE)
        .dbname(DATABASE)
        .application_name("cchub dump")
        .password(password.expose_secret())
        .connect_timeout(CONNECT_BOUND);
    let (client, connection) = settings.connect(NoTls).await.map_err(|fault| words(&fault))?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let at_server = format!("{}/dump.partial", crate::stack::DATA);
    // What is unlogged can be made again, by its maker's own word, and may be larger than all the rest.
    let command = format!(
        "pg_dump -h {}/socket -U {DATABASE} -d {DATABASE} --no-unlogged-table-data -Fc -f {at_server}",
        crate::stack::DATA
    );
    run(&client, &command).await?;
    let mut file = vault.begin().map_err(|fault| fault.to_string())?;
    let mut from: i64 = 0;
    loop {
        let row = client
            .query_one(
                "SELECT pg_read_binary_file($1::text, $2::bigint, $3::bigint)",
                &[&at_server, &from, &PIECE],
            )
            .await
            .map_err(|fault| words(&fault))?;
        let piece: &[u8] = row.try_get(0).map_err(|fault| words(&fault))?;
        file.write_all(piece).map_err(|fault| fault.to_string())?;
        let length = i64::try_from(piece.len()).unwrap_or(i64::MAX);
        from += length;
        if length < PIECE {
            break;
        }
    }
    run(&client, &format!("rm -f {at_server}")).await?;
    vault.keep(Service::Postgres, at.as_millis() / 1000, file).map_err(|fault| fault.to_string())
}

/// Runs a command beside the server. It holds no text of the user's.
async fn run(client: &Client, command: &str) -> Result<(), String> {
    let sql = format!("COPY (SELECT 1 LIMIT 0) TO PROGRAM '{command}'");
    client.batch_execute(&sql).await.map_err(|fault| words(&fault))
}

fn words(fault: &tokio_postgres::Error) -> String {
    fault.as_db_error().map_or_else(|| fault.to_string(), |said| said.message().to_owned())
}
