//! Whether an engine at a given address can be reached, as far as that can be told within 2 s and
//! without opening a session.

use super::container::{ANSWER_BOUND, RuntimeName};
use super::{Place, tool};
use crate::limits::{EngineSide, ssh_arguments};
use hub_domain::{EngineAddress, EngineScheme};
use std::path::PathBuf;
use tokio::net::TcpStream;

/// Looks. Whoever is reached over SSH or through Kubernetes is not asked: that takes their programs
/// longer than 2 s on a slow line, which is no reason not to try.
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
        EngineScheme::Ssh => needs("ssh").map(drop),
        EngineScheme::KubePod => needs("kubectl").map(drop),
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

/// Asks whatever [`check`] leaves unasked: has its machine or its pod run a program that does nothing.
///
/// # Errors
/// Why there is no answer, in words that can follow a colon.
pub(crate) async fn ask(address: &EngineAddress) -> Result<(), String> {
    let (program, arguments) = match address.scheme() {
        EngineScheme::Ssh => ("ssh", on_machine(address)?),
        EngineScheme::KubePod => ("kubectl", in_pod(address)?),
        EngineScheme::Unix | EngineScheme::Tcp | EngineScheme::Tls | EngineScheme::Container => {
            return Ok(());
        }
    };
    tool::output(&needs(program)?, &arguments, ANSWER_BOUND).await.map(drop)
}

const NOTHING: &str = "true";

fn on_machine(address: &EngineAddress) -> Result<Vec<String>, String> {
    match crate::instance::side(&Place::Given(address.clone())) {
        EngineSide::Ssh { destination, port } => Ok(ssh_arguments(&destination, port, NOTHING)),
        EngineSide::Closed { because } => Err(because),
        EngineSide::Local | EngineSide::Container { .. } => {
            Err("its address names no machine".to_owned())
        }
    }
}

/// A value stands behind its option in one argument, and a pod's name never begins with a dash, so that
/// neither is an option of its own.
fn in_pod(address: &EngineAddress) -> Result<Vec<String>, String> {
    let url = reqwest::Url::parse(address.as_str()).map_err(|fault| fault.to_string())?;
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    };
    let pod = url.host_str().filter(is_name).ok_or("its address names no pod")?;
    let mut arguments = vec!["exec".to_owned()];
    for (option, value) in url.query_pairs() {
        if ["context", "namespace", "container"].contains(&&*option) {
            arguments.push(format!("--{option}={value}"));
        }
    }
    arguments.extend([pod, "--", NOTHING].map(str::to_owned));
    Ok(arguments)
}

fn needs(program: &str) -> Result<PathBuf, String> {
    tool::on_path(program).ok_or_else(|| format!("the program {program} is not on this machine"))
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

    #[test]
    fn a_machine_is_asked_without_a_question_and_no_name_is_an_option() {
        let asked = |text: &str| on_machine(&EngineAddress::parse(text).unwrap());
        assert_eq!(
            asked("ssh://ada@big.example:2222/run/engine.sock?x=y").unwrap().join(" "),
            "-T -o BatchMode=yes -o ConnectTimeout=5 -p 2222 -- ada@big.example true"
        );
        for text in ["ssh:///-oProxyCommand=x", "ssh://a;b", "ssh://$(x)@host", "ssh://?-x"] {
            assert!(asked(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pod_is_asked_where_its_address_says_and_no_name_is_an_option() {
        let asked = |text: &str| in_pod(&EngineAddress::parse(text).unwrap());
        assert_eq!(asked("kube-pod://engine-0").unwrap(), ["exec", "engine-0", "--", "true"]);
        let text = "kube-pod://engine-0?context=ada%40lab&namespace=ci&container=engine&other=x";
        assert_eq!(
            asked(text).unwrap().join(" "),
            "exec --context=ada@lab --namespace=ci --container=engine engine-0 -- true"
        );
        assert_eq!(
            asked("kube-pod://engine-0?namespace=--kubeconfig%3Dx").unwrap()[1],
            "--namespace=--kubeconfig=x"
        );
        for text in ["kube-pod:///-x", "kube-pod://?-x", "kube-pod://x;y", "kube-pod://ada@/-x"] {
            assert!(asked(text).is_err(), "{text}");
        }
    }
}
