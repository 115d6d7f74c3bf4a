//! What can be typed. The words here are the help that `--help` shows.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not healthy.\n\
    PROJECT is an id, a name or the path of a folder.";

/// One isolated CommandCenter per project folder: PostgreSQL, Redis, a backend and a page.
#[derive(Debug, Parser)]
#[command(name = "cchub", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The Hub's data folder [default: the platform's place for such data]
    #[arg(long, global = true, env = "CCHUB_HOME", value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,

    /// Answer in JSON, in the form the REST interface uses
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a folder if it is new, start it, print its addresses; Ctrl+C stops it
    Run(AddArguments),
    /// Register a folder; nothing is written into it
    Add(AddArguments),
    /// List all projects
    #[command(visible_alias = "ls")]
    List,
    /// Start a project and wait until it is healthy
    Start {
        /// Which project
        project: String,
        /// Do not wait
        #[arg(long)]
        no_wait: bool,
    },
    /// Stop a project and wait until nothing of it runs
    Stop {
        /// Which project
        project: String,
        /// Do not wait
        #[arg(long)]
        no_wait: bool,
    },
    /// Restart a project, or one of its services while the others go on
    Restart {
        /// Which project
        project: String,
        /// postgres, redis, backend or frontend
        service: Option<String>,
        /// Do not wait
        #[arg(long)]
        no_wait: bool,
    },
    /// Show how a project, or every project, is
    Status {
        /// Which project
        project: Option<String>,
    },
    /// Show what services wrote
    Logs(LogArguments),
    /// Open a project's page in the browser, or the Hub's own
    Open {
        /// Which project [default: the Hub itself]
        project: Option<String>,
        /// Only print the address
        #[arg(long)]
        print: bool,
    },
    /// Change a setting of a project
    #[command(after_help = SET_HELP)]
    Set {
        /// Which project
        project: String,
        /// Which setting
        key: String,
        /// Its new value
        value: String,
    },
    /// Show which ports belong to which project
    Ports,
    /// Look at everything a start depends on
    Doctor,
    /// Forget a project, its databases and its logs; its folder stays as it is
    #[command(visible_alias = "rm")]
    Remove {
        /// Which project
        project: String,
        /// Keep its databases and logs in the Hub home
        #[arg(long)]
        keep_data: bool,
    },
    /// Run the Hub without a window and serve its page on loopback
    Serve {
        /// Port on 127.0.0.1; 0 takes any free one [default: 9001, or a free one if that is held]
        #[arg(long, env = "CCHUB_PORT")]
        port: Option<u16>,
        /// Leave the terminal and work in the background
        #[arg(long, hide = true)]
        detached: bool,
    },
    /// Stop all projects and end the Hub
    Shutdown,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

const SET_HELP: &str = "Settings:\n  \
    name NAME                     its name\n  \
    runtime auto|native|dagger    what carries it out\n  \
    engine ADDRESS                a Dagger engine: unix://, ssh://, tls://, kube-pod://; empty: the Hub's\n  \
    image.SERVICE NAME            its container image; empty: the stack's own\n  \
    read-only on|off              the workbench may not write into the folder\n  \
    pinned on|off                 a tray icon of its own\n  \
    autostart on|off              starts with the Hub\n  \
    ports.SERVICE PORT            its port on 127.0.0.1\n  \
    limits.SERVICE CPU,MB         cores and memory, e.g. 0.5,512\n  \
    limits.SERVICE.cpu CORES      only the cores\n  \
    limits.SERVICE.memory MB      only the memory\n  \
    env.SERVICE.NAME VALUE        an environment variable; empty removes it";

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// The folder
    pub(crate) path: PathBuf,
    /// Its name [default: the folder's]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What carries it out
    #[arg(long, value_enum)]
    pub(crate) runtime: Option<Runtime>,
    /// The workbench may not write into the folder
    #[arg(long)]
    pub(crate) read_only: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Runtime {
    Auto,
    Native,
    Dagger,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// Which project
    pub(crate) project: String,
    /// postgres, redis, backend or frontend [default: all]
    pub(crate) service: Option<String>,
    /// The last so many lines
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) tail: u32,
    /// Go on with what comes, until Ctrl+C
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only lines that match this regular expression
    #[arg(long)]
    pub(crate) grep: Option<String>,
    /// Only lines since then: "90s", "10m", "2h", "3d", or a time like 2026-01-31T12:00:00Z
    #[arg(long)]
    pub(crate) since: Option<String>,
}
