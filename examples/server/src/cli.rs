//! What can be set on the command line or in the environment, and its help.
//!
//! Nothing has a default here: what is not given may still be in the file. Defaults are in
//! [`crate::settings`], and a test holds the help to them.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::address::Address;
use crate::key_cli::{KeyCommand, Place};
use crate::network::NetworkFlags;
use crate::units::{parse_duration, parse_size};

/// Upload a JavaScript function; this server runs it, scales it and prices it.
#[derive(Debug, Parser)]
#[command(name = "faas", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<Flags>),
    /// Create, list and revoke API keys.
    ///
    /// Once there is a key, every request needs one. A change is in force when the command returns.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print a new key for FAAS_SECRET_KEY, which seals the secrets of functions; or seal them anew.
    SecretKey {
        #[command(subcommand)]
        command: Option<SecretKeyCommand>,
    },
    /// Be the process that makes the functions' processes: the server starts it itself.
    #[command(hide = true)]
    Worker,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretKeyCommand {
    /// Seal every secret with the first key in FAAS_SECRET_KEY, so that the others can go.
    ///
    /// To change the key: start the servers with the new key before the old one,
    /// FAAS_SECRET_KEY=new,old; run this with the same; start the servers with the new one alone.
    /// It may run beside them, and again. It ends with 1 when there are secrets that no key opens,
    /// and names them.
    Reseal {
        #[command(flatten)]
        place: Place,
    },
}

const EXAMPLES: &str = "\
Examples:
  faas serve
      on http://127.0.0.1:5000, everything kept in ./data/faas.db
  faas serve --listen 127.0.0.1:0 --store memory:
      on any free port, nothing kept: for a test
  faas serve --listen 0.0.0.0:80 --durability full --log-format json
      for others to reach: they need a key, so first make one (faas key create --help)
  MONGODB_URI=mongodb://localhost:27017/s3-compute faas serve
      everything kept in MongoDB
  FAAS_SECRET_KEY=$(faas secret-key) faas serve
      lets functions have secrets: keep the key, nothing else opens them
  FAAS_MAX_INSTANCES=50 PORT=8080 faas serve --config prod.toml --check
      shows the settings that would be in force, and stops

Each setting is taken from its flag, else from its environment variable, else from the file
(--config, or ./faas.toml where there is one), else it has its default. Only the file has the
sections [retry], [scaling.queue_driven], [scaling.target_concurrency] and [prices].

FAAS_SECRET_KEY, in the environment only, is the key that the secrets of functions are sealed with:
32 random bytes as 64 hexadecimal digits or in base64, from faas secret-key or openssl rand -hex 32.
Of several with commas between them the first seals and all open; faas secret-key reseal seals what
the others have sealed with the first. Without it no function can have secrets.";

#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Flags {
    /// Where to listen; port 0 is any that is free [default: 127.0.0.1:5000]
    ///
    /// Without this flag, the environment variable PORT replaces the port.
    #[arg(long, env = "FAAS_LISTEN", value_name = "HOST:PORT")]
    pub(crate) listen: Option<Address>,

    /// Where everything is kept: sqlite:PATH, mongodb://HOST/DATABASE or memory:
    /// [default: sqlite:./data/faas.db]
    ///
    /// Where neither this nor the file says it, the environment variable MONGODB_URI does. Several
    /// servers may share a MongoDB database. A password belongs into the environment or the file:
    /// others can see flags.
    // Read later: clap would repeat a wrong one, and with it a password that it may hold.
    #[arg(long, env = "FAAS_STORE", value_name = "URL", hide_env_values = true)]
    pub(crate) store: Option<Unread>,

    /// What an answered execution survives: commit, the end of the process; full, losing power
    /// [default: commit]
    #[arg(long, env = "FAAS_DURABILITY", value_enum, hide_possible_values = true)]
    pub(crate) durability: Option<Durability>,

    /// Delete ended executions after so many days, keeping their sums [default: never]
    #[arg(long, env = "FAAS_RETENTION_DAYS", value_name = "DAYS")]
    pub(crate) retention_days: Option<u32>,

    /// The fewest instances; each runs one execution at a time [default: 1]
    #[arg(long, env = "FAAS_MIN_INSTANCES", value_name = "COUNT")]
    pub(crate) min_instances: Option<usize>,

    /// The most instances [default: 10]
    #[arg(long, env = "FAAS_MAX_INSTANCES", value_name = "COUNT")]
    pub(crate) max_instances: Option<usize>,

    /// How many executions may wait; one more is answered 429 [default: 10000]
    #[arg(long, env = "FAAS_QUEUE_CAPACITY", value_name = "COUNT")]
    pub(crate) queue_capacity: Option<usize>,

    /// Who decides the number of instances: queue-driven or target-concurrency
    /// [default: queue-driven]
    #[arg(
        long,
        env = "FAAS_SCALING_POLICY",
        value_enum,
        hide_possible_values = true
    )]
    pub(crate) scaling_policy: Option<Policy>,

    /// How user code is kept apart: process, for everybody's code; thread, for code that you trust
    /// [default: process on Linux, where alone it can be had]
    #[arg(long, env = "FAAS_ISOLATION", value_enum, hide_possible_values = true)]
    pub(crate) isolation: Option<Isolation>,

    /// Go on with --isolation process where the system offers nothing to lock processes in with
    #[arg(long, env = "FAAS_ALLOW_UNLOCKED", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) allow_unlocked: Option<bool>,

    /// How many isolates are kept warm, over all functions [default: 1000]
    #[arg(long, env = "FAAS_WARM_ISOLATES", value_name = "COUNT")]
    pub(crate) warm_isolates: Option<usize>,

    /// How much memory these may hold together [default: 512MiB]
    #[arg(long, env = "FAAS_WARM_MEMORY", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) warm_memory: Option<usize>,

    /// How long one is kept that nobody uses [default: 10m]
    #[arg(long, env = "FAAS_WARM_IDLE", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) warm_idle: Option<Duration>,

    /// The largest input of an execution, up to 6MiB [default: 1MiB]
    #[arg(long, env = "FAAS_MAX_BODY", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_body: Option<usize>,

    /// The longest that a request may take, apart from the function that it calls [default: 30s]
    #[arg(long, env = "FAAS_REQUEST_TIMEOUT", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) request_timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) network: NetworkFlags,

    /// A web origin that may call the API from a browser, or *; may be repeated [default: none]
    #[arg(
        long,
        env = "FAAS_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub(crate) cors_origin: Vec<String>,

    /// A host name by which browsers may call the server, beside localhost and addresses; may be
    /// repeated [default: none; once there is a key, any]
    #[arg(
        long,
        env = "FAAS_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) allowed_host: Vec<String>,

    /// Serve without keys where other machines can reach it
    #[arg(long, env = "FAAS_INSECURE_OPEN", value_parser = BoolishValueParser::new())]
    pub(crate) insecure_open: bool,

    /// How many requests a second each key may make, on average; without keys, each address
    /// [default: as many as it likes]
    #[arg(long, env = "FAAS_RATE_LIMIT", value_name = "COUNT")]
    pub(crate) rate_limit: Option<NonZeroU32>,

    /// How many requests it may make at once after a pause [default: twice the rate limit]
    #[arg(long, env = "FAAS_RATE_BURST", value_name = "COUNT")]
    pub(crate) rate_burst: Option<NonZeroU32>,

    /// Delete entries of the audit log after so many days [default: 365]
    #[arg(long, env = "FAAS_AUDIT_RETENTION_DAYS", value_name = "DAYS")]
    pub(crate) audit_retention_days: Option<u32>,

    /// How long running executions may go on once the server is told to stop [default: 10s]
    #[arg(long, env = "FAAS_SHUTDOWN_GRACE", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) shutdown_grace: Option<Duration>,

    /// Where several servers share a store: how much longer than a function's timeout its work is
    /// left to a server that is silent; their clocks must agree to half of it [default: 10s]
    #[arg(long, env = "FAAS_LEASE_MARGIN", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) lease_margin: Option<Duration>,

    /// What to log, such as warn or info,faas_core=debug [default: info]
    #[arg(long, env = "FAAS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,

    /// How to log: text or json, one object a line [default: text]
    #[arg(long, env = "FAAS_LOG_FORMAT", value_enum, hide_possible_values = true)]
    pub(crate) log_format: Option<LogFormat>,

    /// A file of settings [default: ./faas.toml where there is one]
    #[arg(long, env = "FAAS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Check the settings, show what would be in force, and stop
    #[arg(long)]
    pub(crate) check: bool,
}

/// A store or a key as it was given. It may hold a password, and is not shown.
#[derive(Clone)]
pub(crate) struct Unread(String);

impl Unread {
    /// Reads it.
    ///
    /// # Errors
    /// Says what was expected, and never a password.
    pub(crate) fn read<T: FromStr<Err: fmt::Display>>(&self) -> Result<T, String> {
        self.0.parse().map_err(|error: T::Err| error.to_string())
    }
}

impl From<String> for Unread {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unread")
    }
}

/// What an answered execution survives.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Durability {
    /// The end of the process, however it comes.
    #[default]
    Commit,
    /// Losing power.
    Full,
}

/// Who decides the number of instances.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Policy {
    /// The length of the queue.
    #[default]
    QueueDriven,
    /// The load per instance.
    TargetConcurrency,
}

/// How user code is kept apart.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Isolation {
    /// Each function runs in processes of its own, which are locked in.
    #[cfg_attr(target_os = "linux", default)]
    Process,
    /// Each function has heaps of its own, in the server's process.
    #[cfg_attr(not(target_os = "linux"), default)]
    Thread,
}

/// How to log.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::file::File;
    use crate::settings::{Environment, Settings};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_that_the_help_names_are_the_real_ones() {
        let mut command = Cli::command();
        let serve = command.find_subcommand_mut("serve").unwrap();
        let help = serve.render_help().to_string().replace("\n", " ");
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let environment = Environment::default();
        let settings = Settings::merge(Box::default(), File::default(), &environment).unwrap();
        let platform = &settings.platform;
        for default in [
            settings.listen.to_string(),
            settings.store.to_string(),
            platform.min_instances.to_string(),
            platform.max_instances.to_string(),
            platform.queue_capacity.to_string(),
            format!("{}MiB", platform.max_input >> 20),
            settings.warm.isolates.to_string(),
            format!("{}MiB", settings.warm.memory >> 20),
            format!("{}m", settings.warm.idle.as_secs() / 60),
            format!("{}s", settings.request_timeout.as_secs()),
            settings.network.max_connections.to_string(),
            format!("{}MiB", settings.network.max_body_memory >> 20),
            format!("{}s", settings.network.stall_timeout.as_secs()),
            format!("{}KiB", settings.network.min_rate >> 10),
            format!("{}s", platform.shutdown_grace.as_secs()),
            format!("{}s", platform.lease_margin.as_secs()),
            (settings.access.audit_retention.as_secs() / 86_400).to_string(),
            settings.log.clone(),
        ] {
            let default = format!("[default: {default}]");
            assert!(help.contains(&default), "{default} is not in {help}");
        }
    }

    #[test]
    fn every_setting_has_an_environment_variable_named_after_its_flag() {
        let mut command = Cli::command();
        let serve = command.find_subcommand_mut("serve").unwrap();
        for argument in serve.get_arguments() {
            let Some(flag) = argument.get_long().filter(|flag| *flag != "check") else {
                continue;
            };
            let expected = format!("FAAS_{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(argument.get_env().unwrap(), expected.as_str());
        }
    }
}
