//! What the doctor says of the engine: found or not and why, its version, where it runs, what of its
//! disk is used, what is enforced there.

use crate::engine::Place;
use crate::runtime::Shared;
use crate::session::{Opening, Session};
use hub_engine::runtime::{Check, Verdict};
use std::time::Duration;

/// A doctor waits this long for an engine.
const BOUND: Duration = Duration::from_secs(4);

pub(crate) async fn look(shared: &Shared) -> Vec<Check> {
    let outlook = shared.engines.outlook(None).await;
    let place = shared.engines.place(None).await.ok();
    let cli = shared.engines.peek_cli(place.as_ref()).await;
    // The Hub's own may be stopped: a start brings it up.
    let in_order = outlook.answers || (outlook.usable && matches!(place, Some(Place::Own(_))));
    let mut checks = vec![check(
        "dagger-engine",
        "Dagger engine",
        if in_order { Verdict::Ok } else { Verdict::Warning },
        outlook.why.clone(),
        if in_order {
            ""
        } else {
            "Nothing, if projects run natively; else start a container runtime or name an engine."
        },
    )];
    checks.push(match &cli {
        Ok(cli) => {
            let found = format!("{} at {}: {}", cli.version, cli.program.display(), cli.why);
            check("dagger-cli", "Dagger command line", Verdict::Ok, found, "")
        }
        Err(why) => {
            let action = "Nothing: the first start on an engine downloads it.";
            check("dagger-cli", "Dagger command line", Verdict::Warning, why.clone(), action)
        }
    });
    if let (true, Some(place), Ok(cli)) = (outlook.answers, place, cli) {
        let asked = tokio::time::timeout(BOUND, ask(shared, &place, cli.program)).await;
        match asked.unwrap_or_else(|_| Err(format!("no answer within {} s", BOUND.as_secs()))) {
            Ok(more) => checks.extend(more),
            Err(why) => checks.push(check(
                "dagger-session",
                "Session of the Dagger engine",
                Verdict::Failed,
                why,
                "See whether the engine runs and takes this command line.",
            )),
        }
    }
    checks
}

/// What only the engine itself can tell.
async fn ask(
    shared: &Shared,
    place: &Place,
    cli: std::path::PathBuf,
) -> Result<Vec<Check>, String> {
    let folder = shared.empty_folder().map_err(|problem| problem.to_string())?;
    let opening = Opening { cli, engine: place.address(), folder, bound: BOUND };
    let session = Session::open(&opening).await.map_err(|fault| fault.to_string())?;
    let version = session.engine_version(BOUND).await.map_err(|fault| fault.to_string())?;
    let live = crate::stack::gateway::has_live_folders(&session).await;
    let used = session.query(BOUND).engine().local_cache().entry_set().disk_space_bytes().await;
    session.close().await;
    let mut checks = vec![check(
        "dagger-session",
        "Session of the Dagger engine",
        Verdict::Ok,
        format!("engine {version} at {}", place.address()),
        "",
    )];
    if let Ok(bytes) = used {
        let found = format!("{} MB used by the engine", bytes / 1_000_000);
        checks.push(check("dagger-disk", "Disk of the Dagger engine", Verdict::Ok, found, ""));
    }
    let limits = crate::limits::Limiter::new(crate::instance::side(place)).available().await;
    let (verdict, words) = match limits {
        hub_domain::Enforcement::Enforced { by } => (Verdict::Ok, format!("enforced by {by}")),
        hub_domain::Enforcement::NotEnforced { because } => {
            (Verdict::Warning, format!("not enforced there, because {because}"))
        }
    };
    checks.push(check("dagger-limits", "Limits on the Dagger engine", verdict, words, ""));
    checks.push(match live {
        Ok(true) => check(
            "dagger-folder",
            "Project folders on the Dagger engine",
            Verdict::Ok,
            "mounted live, read-only where asked".to_owned(),
            "",
        ),
        Ok(false) => check(
            "dagger-folder",
            "Project folders on the Dagger engine",
            Verdict::Warning,
            "this engine cannot mount them live".to_owned(),
            "Use an engine of version 0.21.9 or newer.",
        ),
        Err(fault) => check(
            "dagger-folder",
            "Project folders on the Dagger engine",
            Verdict::Failed,
            fault.to_string(),
            "See what the engine said.",
        ),
    });
    Ok(checks)
}

fn check(id: &str, title: &str, verdict: Verdict, found: String, action: &str) -> Check {
    Check { id: id.to_owned(), title: title.to_owned(), verdict, found, action: action.to_owned() }
}
