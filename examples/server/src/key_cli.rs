//! The arguments of `faas key`, and its help.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Subcommand};
use faas_core::model::{Role, Timestamp};

use crate::cli::Unread;
use crate::units::parse_duration;

const KEY_EXAMPLES: &str = "\
Examples:
  faas key create --name me --role admin
      shows the key once: send it as Authorization: Bearer
  faas key create --name ci --role invoker --expires 30d
  faas key list
  faas key revoke ci
      revoke it for good

A change is in force when the command returns: a running server on the same SQLite file confirms it;
servers on MongoDB read the keys every half second, and the command waits a second.";

#[derive(Debug, Subcommand)]
#[command(after_help = KEY_EXAMPLES)]
pub(crate) enum KeyCommand {
    /// Create a key and print it once.
    Create {
        /// Name of the key
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Role: admin, developer, invoker or reader
        ///
        /// A reader reads functions, executions, metrics, costs and live events. An invoker calls
        /// functions and reads single executions by id. A developer may also change functions, cancel
        /// and repeat executions, and run load tests. An admin may also manage keys and read the
        /// audit log.
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: Role,
        /// When the key expires: a duration such as 12h or 30d, or an RFC 3339 time [default: never]
        #[arg(long, value_name = "WHEN", value_parser = Expiry::from_str)]
        expires: Option<Expiry>,
        #[command(flatten)]
        place: Place,
    },
    /// List all keys, newest first.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a key for good.
    Revoke {
        /// Id or name of the key
        #[arg(value_name = "ID|NAME")]
        key: String,
        #[command(flatten)]
        place: Place,
    },
}

/// The store, resolved as for `serve`.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Store: sqlite:PATH or mongodb://HOST/DATABASE
    /// [default: sqlite:./data/faas.db]
    #[arg(long, env = "FAAS_STORE", value_name = "URL", hide_env_values = true)]
    pub(crate) store: Option<Unread>,

    /// Settings file [default: ./faas.toml if it exists]
    #[arg(long, env = "FAAS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// When a key expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    After(Duration),
    At(Timestamp),
}

impl FromStr for Expiry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(moment) = Timestamp::parse_rfc3339(text) {
            return Ok(Self::At(moment));
        }
        let days = text.strip_suffix('d');
        let days = days.and_then(|days| days.parse::<u16>().ok());
        match days {
            Some(days) => Ok(Self::After(DAY * u32::from(days))),
            None => parse_duration(text).map(Self::After).map_err(|_| {
                format!(
                    "expected a duration such as 12h or 30d, or a time such as 2030-01-31T14:00:00Z, not {text:?}"
                )
            }),
        }
    }
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::named(text)
        .ok_or_else(|| format!("expected admin, developer, invoker or reader, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_after_a_time_or_at_a_moment() {
        let read = |text: &str| text.parse::<Expiry>();
        let hours = |hours: u64| Ok(Expiry::After(Duration::from_secs(hours * 3_600)));
        assert_eq!(read("30d"), hours(720));
        assert_eq!(read("12h"), hours(12));
        let moment = Timestamp::from_millis(1_769_868_309_000);
        assert_eq!(read("2026-01-31T14:05:09Z"), Ok(Expiry::At(moment)));
        for bad in [
            "",
            "d",
            "-1d",
            "1.5d",
            "70000d",
            "30",
            "2026-01-31",
            "tomorrow",
        ] {
            assert!(read(bad).unwrap_err().contains("30d"), "{bad}");
        }
    }
}
