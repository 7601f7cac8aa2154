//! The settings file: the settings of the command line by the same names, and sections that only the
//! file has.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use faas_core::cost::PriceBook;
use faas_core::model::egress::HostPattern;
use faas_core::scaling::{QueueDrivenOptions, TargetConcurrencyOptions};
use faas_egress::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::address::Address;
use crate::cli::{Durability, Isolation, LogFormat, Policy};
use crate::egress::{EgressFlags, Reach, parse_network};
use crate::kv::KvFlags;
use crate::network::NetworkFlags;
use crate::store_url::StoreUrl;
use crate::units::{parse_duration, parse_size};

/// The file that is read if `--config` is not given.
const DEFAULT: &str = "faas.toml";

/// Every key, for the test that compares the sample file with them.
#[cfg(test)]
pub(crate) const KEYS: &[&str] = &[
    "listen",
    "store",
    "durability",
    "retention_days",
    "min_instances",
    "max_instances",
    "max_instances_per_function",
    "max_waiting",
    "max_waiting_per_function",
    "queue_capacity",
    "queue_bytes",
    "queue_share",
    "scaling_policy",
    "isolation",
    "allow_unlocked",
    "allow_eval",
    "egress",
    "egress_port",
    "egress_allow_host",
    "egress_deny_host",
    "egress_allow_address",
    "egress_deny_address",
    "egress_ca",
    "kv_max_value",
    "kv_max_keys",
    "kv_max_bytes",
    "kv_max_namespaces",
    "warm_isolates",
    "warm_memory",
    "warm_idle",
    "max_body",
    "max_response",
    "request_timeout",
    "max_connections",
    "max_connections_per_address",
    "max_body_memory",
    "stall_timeout",
    "min_rate",
    "tls_cert",
    "tls_key",
    "cors_origin",
    "functions_domain",
    "allowed_host",
    "insecure_open",
    "rate_limit",
    "rate_burst",
    "audit_retention_days",
    "shutdown_grace",
    "lease_margin",
    "log",
    "log_format",
    "retry",
    "scaling",
    "prices",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    #[serde(deserialize_with = "text")]
    pub(crate) listen: Option<Address>,
    #[serde(deserialize_with = "text")]
    pub(crate) store: Option<StoreUrl>,
    pub(crate) durability: Option<Durability>,
    pub(crate) retention_days: Option<u32>,
    pub(crate) min_instances: Option<usize>,
    pub(crate) max_instances: Option<usize>,
    pub(crate) max_instances_per_function: Option<usize>,
    pub(crate) max_waiting: Option<usize>,
    pub(crate) max_waiting_per_function: Option<usize>,
    pub(crate) queue_capacity: Option<usize>,
    #[serde(deserialize_with = "size")]
    pub(crate) queue_bytes: Option<usize>,
    pub(crate) queue_share: Option<f64>,
    pub(crate) scaling_policy: Option<Policy>,
    pub(crate) isolation: Option<Isolation>,
    pub(crate) allow_unlocked: Option<bool>,
    pub(crate) allow_eval: Option<bool>,
    egress: Option<Reach>,
    egress_port: Vec<u16>,
    egress_allow_host: Vec<HostPattern>,
    egress_deny_host: Vec<HostPattern>,
    #[serde(deserialize_with = "networks")]
    egress_allow_address: Vec<IpNet>,
    #[serde(deserialize_with = "networks")]
    egress_deny_address: Vec<IpNet>,
    egress_ca: Vec<PathBuf>,
    #[serde(deserialize_with = "size")]
    kv_max_value: Option<usize>,
    kv_max_keys: Option<u64>,
    #[serde(deserialize_with = "size")]
    kv_max_bytes: Option<usize>,
    kv_max_namespaces: Option<u64>,
    pub(crate) warm_isolates: Option<usize>,
    #[serde(deserialize_with = "size")]
    pub(crate) warm_memory: Option<usize>,
    #[serde(deserialize_with = "duration")]
    pub(crate) warm_idle: Option<Duration>,
    #[serde(deserialize_with = "size")]
    pub(crate) max_body: Option<usize>,
    #[serde(deserialize_with = "size")]
    pub(crate) max_response: Option<usize>,
    #[serde(deserialize_with = "duration")]
    pub(crate) request_timeout: Option<Duration>,
    max_connections: Option<usize>,
    max_connections_per_address: Option<usize>,
    #[serde(deserialize_with = "size")]
    max_body_memory: Option<usize>,
    #[serde(deserialize_with = "duration")]
    stall_timeout: Option<Duration>,
    #[serde(deserialize_with = "size")]
    min_rate: Option<usize>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    pub(crate) cors_origin: Vec<String>,
    pub(crate) functions_domain: Option<String>,
    pub(crate) allowed_host: Vec<String>,
    pub(crate) insecure_open: bool,
    pub(crate) rate_limit: Option<NonZeroU32>,
    pub(crate) rate_burst: Option<NonZeroU32>,
    pub(crate) audit_retention_days: Option<u32>,
    #[serde(deserialize_with = "duration")]
    pub(crate) shutdown_grace: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    pub(crate) lease_margin: Option<Duration>,
    pub(crate) log: Option<String>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) retry: Retry,
    pub(crate) scaling: Scaling,
    prices: toml::Table,
}

/// When a failed asynchronous execution is retried.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Retry {
    /// The wait before the first retry.
    #[serde(deserialize_with = "duration")]
    pub(crate) base: Option<Duration>,
    /// By how much each further wait grows.
    pub(crate) factor: Option<f64>,
    /// The longest wait.
    #[serde(deserialize_with = "duration")]
    pub(crate) cap: Option<Duration>,
    /// The random part of a wait, from 0 to 1.
    pub(crate) jitter: Option<f64>,
}

/// The numbers of the scaling policies.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scaling {
    /// How often the policy is asked.
    #[serde(deserialize_with = "duration")]
    pub(crate) tick: Option<Duration>,
    /// How often it is asked while executions wait and there may be more instances.
    #[serde(deserialize_with = "duration")]
    pub(crate) busy_tick: Option<Duration>,
    pub(crate) queue_driven: QueueDrivenOptions,
    pub(crate) target_concurrency: TargetConcurrencyOptions,
}

impl File {
    /// Reads the file at `path`; without a path, `faas.toml` in the working folder if it exists.
    ///
    /// # Errors
    /// If it cannot be read or is invalid; names the key and the line.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, String> {
        let chosen = path.map_or_else(|| PathBuf::from(DEFAULT), Path::to_owned);
        match std::fs::read_to_string(&chosen) {
            Ok(text) => text
                .parse()
                .map_err(|error| format!("{}: {error}", chosen.display())),
            Err(error) if path.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(format!("cannot read {}: {error}", chosen.display())),
        }
    }

    /// Takes the settings of the network of functions.
    pub(crate) fn take_egress(&mut self) -> EgressFlags {
        EgressFlags {
            egress: self.egress,
            egress_port: std::mem::take(&mut self.egress_port),
            egress_allow_host: std::mem::take(&mut self.egress_allow_host),
            egress_deny_host: std::mem::take(&mut self.egress_deny_host),
            egress_allow_address: std::mem::take(&mut self.egress_allow_address),
            egress_deny_address: std::mem::take(&mut self.egress_deny_address),
            egress_ca: std::mem::take(&mut self.egress_ca),
        }
    }

    pub(crate) fn kv(&self) -> KvFlags {
        KvFlags {
            kv_max_value: self.kv_max_value,
            kv_max_keys: self.kv_max_keys,
            kv_max_bytes: self.kv_max_bytes,
            kv_max_namespaces: self.kv_max_namespaces,
        }
    }

    pub(crate) fn network(&self) -> NetworkFlags {
        NetworkFlags {
            max_connections: self.max_connections,
            max_connections_per_address: self.max_connections_per_address,
            max_body_memory: self.max_body_memory,
            stall_timeout: self.stall_timeout,
            min_rate: self.min_rate,
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
        }
    }

    /// The default price book with the prices that the file sets.
    ///
    /// # Errors
    /// If it names an unknown price or sets an invalid one.
    pub(crate) fn price_book(&self) -> Result<PriceBook, String> {
        let fail = |error: &dyn std::fmt::Display| format!("[prices]: {error}");
        let mut book = toml::Table::try_from(PriceBook::default()).map_err(|e| fail(&e))?;
        overlay(&mut book, &self.prices);
        let book = PriceBook::deserialize(book).map_err(|e| fail(&in_words(e.message())))?;
        book.validate().map_err(|e| fail(&e))?;
        Ok(book)
    }
}

impl FromStr for File {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            match before {
                Some(before) => {
                    format!(
                        "line {}: {}",
                        before.matches('\n').count() + 1,
                        in_words(error.message())
                    )
                }
                None => in_words(error.message()),
            }
        })
    }
}

/// Replaces the names of Rust types in an error by words.
fn in_words(message: &str) -> String {
    let Some((found, expected)) = message.split_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number that is not negative",
        "a nonzero u32" => "a whole number above 0",
        "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    format!("{found}, expected {expected}")
}

/// Merges `changes` into `table`, table by table.
fn overlay(table: &mut toml::Table, changes: &toml::Table) {
    for (key, change) in changes {
        match (table.get_mut(key), change) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(changes)) => {
                overlay(inner, changes);
            }
            _ => {
                table.insert(key.clone(), change.clone());
            }
        }
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let networks = texts.iter().map(|text| parse_network(text));
    networks.collect::<Result<_, _>>().map_err(D::Error::custom)
}

fn text<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map(Some).map_err(D::Error::custom)
}

/// A number of bytes, or a text such as `1MiB`.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected a size such as 65536, \"512KiB\" or \"1MiB\""
    )]
    enum Size {
        Bytes(usize),
        Text(String),
    }
    match Size::deserialize(deserializer)? {
        Size::Bytes(bytes) => Ok(Some(bytes)),
        Size::Text(text) => parse_size(&text).map(Some).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_can_hold_every_setting() {
        let file: File = r#"
            listen = "0.0.0.0:80"
            store = "sqlite:/var/lib/faas.db"
            durability = "full"
            retention_days = 30
            min_instances = 2
            max_instances = 50
            max_instances_per_function = 40
            max_waiting = 500
            max_waiting_per_function = 50
            queue_capacity = 500
            queue_bytes = "64MiB"
            queue_share = 0.25
            scaling_policy = "target-concurrency"
            isolation = "thread"
            allow_unlocked = true
            warm_isolates = 100
            warm_memory = "256MiB"
            warm_idle = "1m"
            max_body = "2MiB"
            max_response = "8MiB"
            request_timeout = "1m"
            max_connections = 500
            max_connections_per_address = 100
            max_body_memory = "64MiB"
            stall_timeout = "5s"
            min_rate = "2KiB"
            cors_origin = ["https://a.example", "https://b.example"]
            allowed_host = ["faas.example"]
            insecure_open = true
            rate_limit = 100
            rate_burst = 500
            audit_retention_days = 30
            shutdown_grace = "5s"
            lease_margin = "20s"
            log = "warn"
            log_format = "json"
            [retry]
            base = "500ms"
            factor = 3.0
            cap = "10s"
            jitter = 0.5
            [scaling]
            tick = "100ms"
            busy_tick = "10ms"
            [scaling.queue_driven]
            up_above = 4
            up_wait_ms = 250
            up_wait_cooldown_ms = 20
            down_after_ms = 5000
            [scaling.target_concurrency]
            target_utilization = 0.7
            [prices]
            version = 2
            retry = 0
            [prices.premium]
            per_100ms = 900_000
        "#
        .parse()
        .unwrap();
        assert_eq!(file.max_body, Some(2 << 20));
        assert_eq!(file.max_response, Some(8 << 20));
        assert_eq!(file.network().min_rate, Some(2 << 10));
        assert_eq!(file.retry.base, Some(Duration::from_millis(500)));
        assert_eq!(file.scaling.queue_driven.down_after, Duration::from_secs(5));
        assert_eq!(file.scaling.queue_driven.down_below, 3);
        let book = file.price_book().unwrap();
        assert_eq!((book.version, book.premium.per_100ms.get()), (2, 900_000));
        assert_eq!(book.premium.name, "Premium");
        assert_eq!(book.basic, PriceBook::default().basic);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        for (text, name, line) in [
            ("\nlisen = \"x\"", "lisen", "line 2"),
            ("[retry]\nbass = \"2s\"", "bass", "line 2"),
            ("[scaling.queue_driven]\n\nup_abvoe = 1", "up_abvoe", "line"),
        ] {
            let error = text.parse::<File>().unwrap_err();
            assert!(error.contains(name) && error.contains(line), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn an_invalid_value_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("listen = \"5000\"", "HOST:PORT"),
            ("store = \"faas.db\"", "sqlite:PATH"),
            ("durability = \"none\"", "commit"),
            ("shutdown_grace = \"5\"", "duration"),
            ("max_body = \"1MB\"", "size"),
            ("min_instances = -1", "-1"),
            ("[retry", "line 1"),
        ] {
            let error = text.parse::<File>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_described_in_words() {
        for (text, expected) in [
            ("retry = 3", "expected a table"),
            ("[scaling]\nqueue_driven = 3", "expected a table"),
            (
                "min_instances = \"3\"",
                "expected a whole number that is not negative",
            ),
            ("rate_limit = 0", "expected a whole number above 0"),
            ("cors_origin = 3", "expected a list"),
            ("insecure_open = 3", "expected a boolean"),
            ("[retry]\nfactor = \"x\"", "expected a number"),
        ] {
            let error = text.parse::<File>().unwrap_err();
            assert!(error.ends_with(expected), "{text}: {error}");
        }
        let file: File = "[prices]\nbasic = 3".parse().unwrap();
        let error = file.price_book().unwrap_err();
        assert!(error.ends_with("expected a table"), "{error}");
    }

    #[test]
    fn an_unknown_or_negative_price_is_refused_by_name() {
        let error = |text: &str| text.parse::<File>().unwrap().price_book().unwrap_err();
        assert!(error("[prices]\nretyr = 1").contains("retyr"));
        assert!(error("[prices.basic]\nper_100_ms = 1").contains("per_100_ms"));
        assert!(error("[prices]\nretry = -1").contains("retry must not be negative"));
    }
}
