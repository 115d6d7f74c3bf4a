//! What is left behind by a stop, by a start that fails and by a launch that is called off.

use crate::TURN;
use crate::engine::Engine;
use crate::project::{Log, launch, options};
use hub_dagger::DaggerRuntime;
use hub_domain::{Code, Service};
use hub_engine::runtime::{Launch, Runtime};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A project on an engine in name only.
struct Bench {
    folder: TempDir,
    engine: Engine,
    /// Something listens where the engine would; only its command line is ever spoken to.
    listens: TcpListener,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::start(folder.path()).await;
        let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { folder, engine, listens }
    }

    fn runtime(&self, cli: &Path) -> DaggerRuntime {
        DaggerRuntime::new(options(self.folder.path(), cli))
    }

    fn launch(&self) -> Launch {
        let address = format!("tls://{}", self.listens.local_addr().unwrap());
        launch(self.folder.path(), &address, false, &Arc::new(Log::default()))
    }
}

/// Which of the project's ports somebody listens on.
fn held(ports: [u16; 4]) -> Vec<u16> {
    let is_held = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_err();
    ports.into_iter().filter(is_held).collect()
}

fn ports(launch: &Launch) -> [u16; 4] {
    Service::ALL.map(|service| launch.config.port(service))
}

/// A start may follow at once, and asks for the same ports.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_its_ports_free() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let launch = bench.launch();
    let ports = ports(&launch);
    let instance = bench.runtime(&bench.engine.cli).prepare(launch).await.unwrap();
    assert_eq!(held(ports), ports);
    instance.close().await;
    assert_eq!(held(ports), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_leaves_its_ports_free() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let launch = bench.launch();
    let ports = ports(&launch);
    let missing = bench.folder.path().join("missing");
    let problem = bench.runtime(&missing).prepare(launch).await.err().unwrap();
    assert_eq!(held(ports), [0; 0]);
    assert_eq!(problem.code, Code::ComponentMissing);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_launch_that_is_called_off_left_is_killed_before_the_next_one_begins() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let engine = &bench.engine;
    let instance = bench.runtime(&engine.cli).prepare(bench.launch()).await.unwrap();
    // The gateway is started already.
    engine.hold(&["start}", "kill:true"]);
    tokio::select! {
        launched = instance.launch(Service::Postgres) => panic!("launched: {:?}", launched.err()),
        () = engine.until_asked(2, |query| query.contains("start}")) => {}
    }
    engine.until_asked(1, |query| query.contains("kill:true")).await;
    engine.hold(&["kill:true"]);
    // Two servers on one volume would ruin it.
    let mut again = std::pin::pin!(instance.launch(Service::Postgres));
    for _ in 0..50 {
        tokio::select! {
            biased;
            again = &mut again => panic!("launched: {:?}", again.err()),
            // The engine answers meanwhile.
            opinion = instance.second_opinion(Service::Redis) => assert_eq!(opinion, None),
        }
    }
    engine.hold(&[]);
    let launched = again.await.unwrap();
    launched.control.kill().await;
    launched.exited.await;
    instance.close().await;
}
