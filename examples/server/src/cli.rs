//! The command line, its environment variables, and its help.
//!
//! No flag has a default here, because a missing flag may still be in the file. Defaults are in
//! [`crate::settings`]; a test compares the help with them.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::address::Address;
use crate::egress::EgressFlags;
use crate::key_cli::{KeyCommand, Place};
use crate::kv::KvFlags;
use crate::network::NetworkFlags;
use crate::units::{parse_duration, parse_size};

/// Run JavaScript functions: upload them, call them, scale them, and see what they cost.
#[derive(Debug, Parser)]
#[command(name = "faas", version, arg_required_else_help = true, after_help = faas_cli::EXIT_CODES)]
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
    /// Once a key exists, every request needs one. A change is in force when the command returns.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print a new key for FAAS_SECRET_KEY, which encrypts the secrets of functions.
    SecretKey {
        #[command(subcommand)]
        command: Option<SecretKeyCommand>,
    },
    #[command(flatten)]
    Client(faas_cli::Command),
    /// The worker process that forks the functions' processes. The server starts it.
    #[command(hide = true)]
    Worker,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretKeyCommand {
    /// Encrypt every secret with the first key in FAAS_SECRET_KEY.
    ///
    /// To change the key: start the servers with FAAS_SECRET_KEY=new,old, run this command with the
    /// same value, then start the servers with the new key alone. The command may run beside the
    /// servers, and more than once. If no key decrypts a secret, it names that secret and exits
    /// with 1.
    Reseal {
        #[command(flatten)]
        place: Place,
    },
}

const EXAMPLES: &str = "\
Examples:
  faas serve
      serve http://127.0.0.1:5000, with the data in ./data/faas.db
  faas serve --listen 127.0.0.1:0 --store memory:
      use a free port and keep nothing, for a test
  faas serve --listen 0.0.0.0:80 --durability full --log-format json
      serve other machines; this needs a key, so create one first (faas key create --help)
  MONGODB_URI=mongodb://localhost:27017/s3-compute faas serve
      keep the data in MongoDB
  FAAS_SECRET_KEY=$(faas secret-key) faas serve
      allow functions to have secrets; keep the key, only it decrypts them
  FAAS_MAX_INSTANCES=50 PORT=8080 faas serve --config prod.toml --check
      print the effective settings and exit

A flag takes precedence over its environment variable, the variable over the file (--config, or
./faas.toml if it exists), and the file over the default. The sections [retry], [scaling] and
[prices] exist only in the file; examples/server/faas.toml documents every key.

FAAS_SECRET_KEY (environment only) encrypts the secrets of functions: 32 random bytes as 64
hexadecimal digits or in base64, from faas secret-key or openssl rand -hex 32. You can give several
keys, separated by commas: the first encrypts, all decrypt. faas secret-key reseal encrypts
everything with the first. Without a key, functions cannot have secrets.";

#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Flags {
    /// Address to listen on; port 0 selects a free port [default: 127.0.0.1:5000]
    ///
    /// Without this flag, the environment variable PORT sets the port.
    #[arg(long, env = "FAAS_LISTEN", value_name = "HOST:PORT")]
    pub(crate) listen: Option<Address>,

    /// Store: sqlite:PATH, mongodb://HOST/DATABASE or memory: [default: sqlite:./data/faas.db]
    ///
    /// The environment variable MONGODB_URI applies if neither this flag nor the file sets the
    /// store. Several servers can share a MongoDB database. Put a password into the environment or
    /// the file: other users can see flags.
    // Parsed later: clap would print an invalid value, which may contain a password.
    #[arg(long, env = "FAAS_STORE", value_name = "URL", hide_env_values = true)]
    pub(crate) store: Option<Unread>,

    /// What answered executions survive: commit (the end of the process) or full (loss of power)
    /// [default: commit]
    #[arg(long, env = "FAAS_DURABILITY", value_enum, hide_possible_values = true)]
    pub(crate) durability: Option<Durability>,

    /// Delete ended executions after this many days; reports keep their sums [default: never]
    #[arg(long, env = "FAAS_RETENTION_DAYS", value_name = "DAYS")]
    pub(crate) retention_days: Option<u32>,

    /// Minimum number of instances; each runs one execution at a time, and another while that one waits [default: 1]
    #[arg(long, env = "FAAS_MIN_INSTANCES", value_name = "COUNT")]
    pub(crate) min_instances: Option<usize>,

    /// Maximum number of instances [default: 10]
    #[arg(long, env = "FAAS_MAX_INSTANCES", value_name = "COUNT")]
    pub(crate) max_instances: Option<usize>,

    /// Maximum number of instances that one function may use [default: all but one]
    #[arg(long, env = "FAAS_MAX_INSTANCES_PER_FUNCTION", value_name = "COUNT")]
    pub(crate) max_instances_per_function: Option<usize>,

    /// Maximum number of executions that wait for a timer or their host without using an instance;
    /// further ones keep their instances [default: 1000]
    #[arg(long, env = "FAAS_MAX_WAITING", value_name = "COUNT")]
    pub(crate) max_waiting: Option<usize>,

    /// Maximum number of these of one function [default: all]
    #[arg(long, env = "FAAS_MAX_WAITING_PER_FUNCTION", value_name = "COUNT")]
    pub(crate) max_waiting_per_function: Option<usize>,

    /// Maximum number of queued executions; further ones are answered 429 [default: 10000]
    #[arg(long, env = "FAAS_QUEUE_CAPACITY", value_name = "COUNT")]
    pub(crate) queue_capacity: Option<usize>,

    /// Maximum memory for inputs of unfinished executions and outputs that are not stored yet;
    /// further executions are answered 429 [default: 256MiB]
    #[arg(long, env = "FAAS_QUEUE_BYTES", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) queue_bytes: Option<usize>,

    /// Maximum share of both that one function may use, from 0 to 1 [default: 0.5]
    #[arg(long, env = "FAAS_QUEUE_SHARE", value_name = "FRACTION")]
    pub(crate) queue_share: Option<f64>,

    /// Scaling policy: queue-driven or target-concurrency [default: queue-driven]
    #[arg(
        long,
        env = "FAAS_SCALING_POLICY",
        value_enum,
        hide_possible_values = true
    )]
    pub(crate) scaling_policy: Option<Policy>,

    /// Isolation of user code: process (for untrusted code) or thread (for trusted code)
    /// [default: process on Linux, thread elsewhere]
    #[arg(long, env = "FAAS_ISOLATION", value_enum, hide_possible_values = true)]
    pub(crate) isolation: Option<Isolation>,

    /// Start with --isolation process even if the system offers no sandbox for processes
    #[arg(long, env = "FAAS_ALLOW_UNLOCKED", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) allow_unlocked: Option<bool>,

    /// Let user code call eval and new Function; only with --isolation process [default: true]
    #[arg(long, env = "FAAS_ALLOW_EVAL", value_name = "BOOL")]
    pub(crate) allow_eval: Option<bool>,

    #[command(flatten)]
    pub(crate) egress: EgressFlags,

    #[command(flatten)]
    pub(crate) kv: KvFlags,

    /// Maximum number of warm isolates, over all functions [default: 1000]
    #[arg(long, env = "FAAS_WARM_ISOLATES", value_name = "COUNT")]
    pub(crate) warm_isolates: Option<usize>,

    /// Maximum memory of all warm isolates [default: 512MiB]
    #[arg(long, env = "FAAS_WARM_MEMORY", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) warm_memory: Option<usize>,

    /// How long an unused isolate stays warm [default: 10m]
    #[arg(long, env = "FAAS_WARM_IDLE", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) warm_idle: Option<Duration>,

    /// Maximum size of an input, up to 6MiB [default: 1MiB]
    #[arg(long, env = "FAAS_MAX_BODY", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_body: Option<usize>,

    /// Maximum size of the response of an HTTP function that comes in pieces [default: 1024MiB]
    #[arg(long, env = "FAAS_MAX_RESPONSE", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_response: Option<usize>,

    /// Maximum time for a request, without the run time of the function [default: 30s]
    #[arg(long, env = "FAAS_REQUEST_TIMEOUT", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) request_timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) network: NetworkFlags,

    /// Web origin that may call the API from a browser, or *; repeatable [default: none]
    #[arg(
        long,
        env = "FAAS_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub(crate) cors_origin: Vec<String>,

    /// Domain below which each function has a host name: NAME.DOMAIN is the function NAME
    /// [default: none; functions answer at /f/NAME]
    #[arg(long, env = "FAAS_FUNCTIONS_DOMAIN", value_name = "DOMAIN")]
    pub(crate) functions_domain: Option<String>,

    /// Host name that requests may use, besides localhost and IP addresses; repeatable
    /// [default: none; any once a key exists]
    #[arg(
        long,
        env = "FAAS_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) allowed_host: Vec<String>,

    /// Serve other machines without requiring keys
    #[arg(long, env = "FAAS_INSECURE_OPEN", value_parser = BoolishValueParser::new())]
    pub(crate) insecure_open: bool,

    /// Maximum requests per second for each key, or for each address without keys
    /// [default: unlimited]
    #[arg(long, env = "FAAS_RATE_LIMIT", value_name = "COUNT")]
    pub(crate) rate_limit: Option<NonZeroU32>,

    /// Maximum burst of requests above the rate limit [default: twice the rate limit]
    #[arg(long, env = "FAAS_RATE_BURST", value_name = "COUNT")]
    pub(crate) rate_burst: Option<NonZeroU32>,

    /// Delete audit log entries after this many days [default: 365]
    #[arg(long, env = "FAAS_AUDIT_RETENTION_DAYS", value_name = "DAYS")]
    pub(crate) audit_retention_days: Option<u32>,

    /// How long running executions may continue after the server is told to stop [default: 10s]
    #[arg(long, env = "FAAS_SHUTDOWN_GRACE", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) shutdown_grace: Option<Duration>,

    /// With several servers on one store: how long after a function's timeout another server takes
    /// over its execution; the servers' clocks must agree to half of this [default: 10s]
    #[arg(long, env = "FAAS_LEASE_MARGIN", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) lease_margin: Option<Duration>,

    /// Log filter, such as warn or info,faas_core=debug [default: info]
    #[arg(long, env = "FAAS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,

    /// Log format: text, or json with one object per line [default: text]
    #[arg(long, env = "FAAS_LOG_FORMAT", value_enum, hide_possible_values = true)]
    pub(crate) log_format: Option<LogFormat>,

    /// Settings file [default: ./faas.toml if it exists]
    #[arg(long, env = "FAAS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Check the settings and the certificate, print the effective settings as TOML, and exit
    #[arg(long)]
    pub(crate) check: bool,
}

/// An unparsed store URL or key. It may contain a password and is never printed.
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
    /// Scales by the length of the queue.
    #[default]
    QueueDriven,
    /// Scales by the load per instance.
    TargetConcurrency,
}

/// The isolation of user code.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Isolation {
    /// Each function runs in its own sandboxed processes.
    #[cfg_attr(target_os = "linux", default)]
    Process,
    /// Each function has its own heaps in the server's process.
    #[cfg_attr(not(target_os = "linux"), default)]
    Thread,
}

/// How to log.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// Human-readable lines.
    #[default]
    Text,
    /// One JSON object per line.
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
    fn the_help_states_the_actual_defaults() {
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
            platform.max_waiting.to_string(),
            platform.queue_capacity.to_string(),
            format!("{}MiB", platform.queue_bytes >> 20),
            platform.queue_share.to_string(),
            format!("{}MiB", platform.max_input >> 20),
            format!("{}MiB", platform.max_response >> 20),
            format!("{}MiB", platform.kv_limits.max_value >> 20),
            platform.kv_limits.max_keys.to_string(),
            format!("{}MiB", platform.kv_limits.max_bytes >> 20),
            platform.kv_limits.max_namespaces.to_string(),
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
    fn every_flag_has_an_environment_variable_of_the_same_name() {
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
