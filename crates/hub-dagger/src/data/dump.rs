//! Dumps a running PostgreSQL: the server itself runs `pg_dump` beside it, over the socket that only its
//! own container has, and hands the files over in pieces. No other container, no password in an
//! argument, and the programs of exactly the server's version.
//!
//! A dump holds every database and the roles they need, but not the roles' passwords.

use super::vault::{Draft, FURTHER, ROLES};
use super::{Request, Vault};
use crate::stack::DATA;
use hub_domain::{DATABASE, Service};
use secrecy::ExposeSecret;
use std::io::Write;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

/// So much of the file comes at a time.
const PIECE: i64 = 1024 * 1024;
const CONNECT_BOUND: Duration = Duration::from_secs(2);

/// Dumps the database that listens on the loopback port. Calling it off leaves nothing half done that
/// the next dump would trip over.
///
/// # Errors
/// Why there is no dump, in words. What the dump lacks, where there is one, is returned.
pub(crate) async fn postgres(request: &Request<'_>) -> Result<Vec<String>, String> {
    let vault = request.vault;
    let mut settings = tokio_postgres::Config::new();
    settings
        .host("127.0.0.1")
        .port(request.port)
        .user(DATABASE)
        .dbname(DATABASE)
        .application_name("cchub dump")
        .password(request.password.expose_secret())
        .connect_timeout(CONNECT_BOUND);
    let (client, connection) = settings.connect(NoTls).await.map_err(|fault| words(&fault))?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let server = Server { client, vault };
    // Of a dump that was called off; whoever still writes one of them writes for nobody.
    server.run(&format!("rm -f {DATA}/dump*.partial")).await?;
    let mut draft = Draft::from(server.dump(DATABASE).await?);
    let mut lacking = Vec::new();
    match server.roles().await {
        Ok(file) => draft.beside.push((ROLES.to_owned(), file)),
        Err(why) => lacking.push(format!("its roles ({why})")),
    }
    for (index, name) in server.further().await?.iter().enumerate() {
        match server.dump(name).await {
            Ok(file) => draft.beside.push((format!("{index}.{FURTHER}"), file)),
            Err(why) => lacking.push(format!("the database {name:?} ({why})")),
        }
    }
    let kept = vault.keep(Service::Postgres, request.at, request.engine, draft);
    kept.map(|()| lacking).map_err(|fault| fault.to_string())
}

struct Server<'a> {
    client: Client,
    vault: &'a Vault,
}

impl Server<'_> {
    /// Databases beside the workbench's own.
    async fn further(&self) -> Result<Vec<String>, String> {
        let sql = "SELECT datname::text FROM pg_database
                   WHERE datallowconn AND NOT datistemplate AND datname <> $1 ORDER BY oid";
        let rows = self.client.query(sql, &[&DATABASE]).await.map_err(|fault| words(&fault))?;
        rows.iter().map(|row| row.try_get(0).map_err(|fault| words(&fault))).collect()
    }

    async fn dump(&self, database: &str) -> Result<NamedTempFile, String> {
        let database = in_shell(&format!("dbname={}", in_conninfo(database)));
        // What is unlogged can be made again, by its maker's own word, and may be larger than all else.
        self.made(&format!("pg_dump -d {database} --no-unlogged-table-data -Fc")).await
    }

    async fn roles(&self) -> Result<NamedTempFile, String> {
        self.made("pg_dumpall --roles-only --no-role-passwords").await
    }

    /// What a program beside the server writes.
    async fn made(&self, program: &str) -> Result<NamedTempFile, String> {
        let name = hex::encode(rand::random::<[u8; 8]>());
        let at_server = format!("{DATA}/dump-{name}.partial");
        self.run(&format!("{program} -h {DATA}/socket -U {DATABASE} -f {at_server}")).await?;
        let file = self.fetch(&at_server).await?;
        self.run(&format!("rm -f {at_server}")).await?;
        Ok(file)
    }

    /// Fetches a file of the server.
    async fn fetch(&self, at_server: &str) -> Result<NamedTempFile, String> {
        let sql = "SELECT size FROM pg_stat_file($1::text)";
        let row = self.client.query_one(sql, &[&at_server]).await.map_err(|fault| words(&fault))?;
        let size: i64 = row.try_get(0).map_err(|fault| words(&fault))?;
        let mut file = self.vault.begin().map_err(|fault| fault.to_string())?;
        let mut from: i64 = 0;
        while from < size {
            let sql = "SELECT pg_read_binary_file($1::text, $2::bigint, $3::bigint)";
            let row = self.client.query_one(sql, &[&at_server, &from, &PIECE]).await;
            let row = row.map_err(|fault| words(&fault))?;
            let piece: &[u8] = row.try_get(0).map_err(|fault| words(&fault))?;
            if piece.is_empty() {
                return Err(format!("only {from} of its {size} bytes came"));
            }
            file.write_all(piece).map_err(|fault| fault.to_string())?;
            from += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        }
        Ok(file)
    }

    /// Runs a command beside the server.
    async fn run(&self, command: &str) -> Result<(), String> {
        let sql = format!("COPY (SELECT 1 LIMIT 0) TO PROGRAM {}", in_sql(command));
        self.client.batch_execute(&sql).await.map_err(|fault| words(&fault))
    }
}

/// A value of a connection string.
fn in_conninfo(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// One word for the shell.
fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text in SQL, whatever the server takes a backslash for.
fn in_sql(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn words(fault: &tokio_postgres::Error) -> String {
    fault.as_db_error().map_or_else(|| fault.to_string(), |said| said.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_databases_name_reaches_its_program_whatever_it_holds() {
        for name in ["plain", "two words", "it's", "a\\b", "\\' $(id) `id` \"x\"\n", "-d x=y"] {
            let word = in_shell(&format!("dbname={}", in_conninfo(name)));
            let seen = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {word}")])
                .output()
                .unwrap();
            let seen: tokio_postgres::Config =
                String::from_utf8(seen.stdout).unwrap().parse().unwrap();
            assert_eq!(seen.get_dbname(), Some(name));
        }
    }
}
