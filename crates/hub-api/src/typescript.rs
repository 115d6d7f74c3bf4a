//! The contract in TypeScript, made from the Rust types. `cargo run -p hub-api --example
//! export_types` writes it; a test fails when what is committed is not what would be written.

use crate::contract as c;
use hub_domain::Code;
use std::fmt::Write;
use ts_rs::{Config, TS};

impl TS for c::ErrorCode {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &Config) -> String {
        "ErrorCode".to_owned()
    }

    fn inline(_: &Config) -> String {
        Code::ALL.iter().map(|code| format!("\"{code}\"")).collect::<Vec<_>>().join(" | ")
    }

    fn inline_flattened(cfg: &Config) -> String {
        Self::inline(cfg)
    }

    fn decl(cfg: &Config) -> String {
        format!("type ErrorCode = {};", Self::inline(cfg))
    }

    fn decl_concrete(cfg: &Config) -> String {
        Self::decl(cfg)
    }
}

/// The whole file.
pub fn contract() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = String::from(
        "/*\n * Made from crates/hub-api/src/contract by the example export_types of that crate. Not to be changed by hand.\n */\n\n",
    );
    macro_rules! types {
        ($($name:ty),+ $(,)?) => {
            $(declare::<$name>(&mut text, &config);)+
        };
    }
    types!(
        c::Service,
        c::PerService<u16>,
        c::RuntimeKind,
        c::RuntimeChoice,
        c::ErrorCode,
        c::PortOffer,
        c::WireError,
        c::LogStream,
        c::LogLine,
        c::LogBatch,
        c::Proof,
        c::HealthWord,
        c::Health,
        c::Progress,
        c::ProjectState,
        c::ServiceState,
        c::Enforcement,
        c::Limits,
        c::Usage,
        c::ServiceView,
        c::RuntimeView,
        c::FolderView,
        c::Urls,
        c::Variable,
        c::ProjectView,
        c::HubInfo,
        c::Snapshot,
        c::Change,
        c::HubEvent,
        c::Verdict,
        c::Check,
        c::Settings,
        c::Nothing,
        c::ProjectParams,
        c::AddParams,
        c::RemoveParams,
        c::Removed,
        c::RunParams,
        c::RestartParams,
        c::Some4<u16>,
        c::SetParams,
        c::LogParams,
        c::OfferParams,
        c::SetSettingsParams,
    );
    text.push_str(
        "/** Every command, with what it takes and what it gives. */\nexport type Commands = {\n",
    );
    for (name, params, reply) in c::Request::table(&config) {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "  {name}: {{ params: {params}; reply: {reply} }};");
    }
    text.push_str("};\n\nexport type Command = keyof Commands;\n");
    text.push_str("export type Params<C extends Command> = Commands[C][\"params\"];\n");
    text.push_str("export type Reply<C extends Command> = Commands[C][\"reply\"];\n");
    text
}

fn declare<T: TS>(text: &mut String, config: &Config) {
    let _ = writeln!(text, "export {}\n", T::decl(config));
}
