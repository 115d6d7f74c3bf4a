//! Whether an engine at a given address can be reached, as far as that can be told within 2 s and
//! without opening a session.

use super::container::{ANSWER_BOUND, RuntimeName};
use super::tool;
use hub_domain::{EngineAddress, EngineScheme};
use tokio::net::TcpStream;

/// Looks.
///
/// # Errors
/// Why it cannot be reached, in words that can follow a colon.
pub(crate) async fn check(address: &EngineAddress) -> Result<(), String> {
    match tokio::time::timeout(ANSWER_BOUND, look(address)).await {
        Ok(found) => found,
        Err(_) => Err(format!("no answer within {} s", ANSWER_BOUND.as_secs())),
    }
}

async fn look(address: &EngineAddress) -> Result<(), String> {
    let place = address.place();
    match address.scheme() {
        EngineScheme::Unix => unix(place.split('?').next().unwrap_or(place)).await,
        EngineScheme::Tcp | EngineScheme::Tls => {
            let authority = place.split(['/', '?']).next().unwrap_or(place);
            TcpStream::connect(authority).await.map(drop).map_err(|fault| fault.to_string())
        }
        // Names come from the user's own SSH and Kubernetes settings; only their programs know them.
        EngineScheme::Ssh => needs("ssh"),
        EngineScheme::KubePod => needs("kubectl"),
        EngineScheme::Container => container(place.split('?').next().unwrap_or(place)).await,
    }
}

#[cfg(unix)]
async fn unix(path: &str) -> Result<(), String> {
    tokio::net::UnixStream::connect(path).await.map(drop).map_err(|fault| fault.to_string())
}

#[cfg(not(unix))]
async fn unix(_path: &str) -> Result<(), String> {
    Err("this system has no such sockets".to_owned())
}

fn needs(program: &str) -> Result<(), String> {
    match tool::on_path(program) {
        Some(_) => Ok(()),
        None => Err(format!("the program {program} is not on this machine")),
    }
}

async fn container(name: &str) -> Result<(), String> {
    let mut refusals = Vec::new();
    for runtime in RuntimeName::ALL {
        let Some(program) = tool::on_path(runtime.program()) else { continue };
        let question = match runtime {
            RuntimeName::Apple => vec!["inspect", name],
            _ => vec!["container", "inspect", "--format", "{{.State.Running}}", name],
        };
        match tool::output(&program, &question, ANSWER_BOUND).await {
            Ok(said) if said == "true" || said.contains("running") => return Ok(()),
            Ok(_) => refusals.push(format!("it is stopped in {}", runtime.program())),
            Err(why) => refusals.push(why),
        }
    }
    if refusals.is_empty() {
        refusals.push("no container runtime was found".to_owned());
    }
    Err(refusals.join("; "))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_listens_is_reached_and_one_that_does_not_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let address = EngineAddress::parse(&format!("unix://{}", path.display())).unwrap();
        assert!(check(&address).await.is_err());
        let _listener = tokio::net::UnixListener::bind(&path).unwrap();
        assert_eq!(check(&address).await, Ok(()));
    }

    #[tokio::test]
    async fn a_port_that_nobody_listens_on_is_not_reached() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let text = format!("tcp://{}", listener.local_addr().unwrap());
        let address = EngineAddress::parse(&text).unwrap();
        assert_eq!(check(&address).await, Ok(()));
        drop(listener);
        assert!(check(&address).await.is_err());
    }
}
