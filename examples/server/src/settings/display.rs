//! The effective settings as TOML, for `--check`. The output is a valid settings file.

use faas_egress::Ports;
use std::fmt;

use toml::{Table, Value};

use super::Settings;
use crate::units::{format_duration, format_size};

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# {} in FAAS_SECRET_KEY",
            match self.secret_keys.len() {
                0 => "no key".to_owned(),
                1 => "1 key".to_owned(),
                count => format!("{count} keys"),
            }
        )?;
        let table = self.to_table().map_err(|_| fmt::Error)?;
        f.write_str(&toml::to_string(&table).map_err(|_| fmt::Error)?)
    }
}

impl Settings {
    /// Every key of the settings file, except those that are not set and have no default. A
    /// password in the store's URL is left out.
    fn to_table(&self) -> Result<Table, toml::ser::Error> {
        let (platform, network) = (&self.platform, &self.network);
        let count = |count: usize| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let days = |time: std::time::Duration| {
            Value::Integer(i64::try_from(time.as_secs() / 86_400).unwrap_or(i64::MAX))
        };
        let mut table = Table::new();
        let mut set = |key: &str, value: Value| table.insert(key.to_owned(), value);
        set("listen", self.listen.to_string().into());
        set("store", self.store.to_string().into());
        set("durability", Value::try_from(self.durability)?);
        if let Some(retention) = platform.retention {
            set("retention_days", days(retention));
        }
        set("min_instances", count(platform.min_instances));
        set("max_instances", count(platform.max_instances));
        if let Some(most) = platform.max_instances_per_function {
            set("max_instances_per_function", count(most));
        }
        set("max_waiting", count(platform.max_waiting));
        if let Some(most) = platform.max_waiting_per_function {
            set("max_waiting_per_function", count(most));
        }
        set("queue_capacity", count(platform.queue_capacity));
        set("queue_bytes", format_size(platform.queue_bytes).into());
        set("queue_share", platform.queue_share.into());
        set("scaling_policy", Value::try_from(self.scaling_policy)?);
        set("isolation", Value::try_from(self.isolation)?);
        set("allow_unlocked", self.allow_unlocked.into());
        set("allow_eval", self.allow_eval.into());
        let egress = &self.egress.policy;
        set("egress", Value::try_from(egress.access)?);
        if let Ports::Only(ports) = &egress.ports {
            set("egress_port", Value::try_from(ports)?);
        }
        set("egress_allow_host", Value::try_from(&egress.allow_hosts)?);
        set("egress_deny_host", Value::try_from(&egress.deny_hosts)?);
        set(
            "egress_allow_address",
            Value::try_from(&egress.allow_addresses)?,
        );
        set(
            "egress_deny_address",
            Value::try_from(&egress.deny_addresses)?,
        );
        set("egress_ca", Value::try_from(&self.egress.authorities)?);
        let kv = &platform.kv_limits;
        let number = |count: u64| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let bytes = usize::try_from(kv.max_bytes).unwrap_or(usize::MAX);
        set("kv_max_value", format_size(kv.max_value).into());
        set("kv_max_keys", number(kv.max_keys));
        set("kv_max_bytes", format_size(bytes).into());
        set("kv_max_namespaces", number(kv.max_namespaces));
        set("warm_isolates", count(self.warm.isolates));
        set("warm_memory", format_size(self.warm.memory).into());
        set("warm_idle", format_duration(self.warm.idle).into());
        set("max_body", format_size(platform.max_input).into());
        let max_response = usize::try_from(platform.max_response).unwrap_or(usize::MAX);
        set("max_response", format_size(max_response).into());
        set(
            "request_timeout",
            format_duration(self.request_timeout).into(),
        );
        set("max_connections", count(network.max_connections));
        set(
            "max_connections_per_address",
            count(network.max_connections_per_address),
        );
        set(
            "max_body_memory",
            format_size(network.max_body_memory).into(),
        );
        set(
            "stall_timeout",
            format_duration(network.stall_timeout).into(),
        );
        set("min_rate", format_size(network.min_rate).into());
        if let Some(certificate) = &network.certificate {
            set("tls_cert", Value::try_from(&certificate.chain)?);
            set("tls_key", Value::try_from(&certificate.key)?);
        }
        set("cors_origin", Value::try_from(&self.cors_origins)?);
        if let Some(domain) = &self.functions_domain {
            set("functions_domain", domain.as_str().into());
        }
        set("allowed_host", Value::try_from(&self.access.hosts)?);
        set("insecure_open", self.insecure_open.into());
        if let Some(rate) = self.access.rate {
            set("rate_limit", i64::from(rate.per_second.get()).into());
            set("rate_burst", i64::from(rate.burst.get()).into());
        }
        set("audit_retention_days", days(self.access.audit_retention));
        set(
            "shutdown_grace",
            format_duration(platform.shutdown_grace).into(),
        );
        set(
            "lease_margin",
            format_duration(platform.lease_margin).into(),
        );
        set("log", self.log.clone().into());
        set("log_format", Value::try_from(self.log_format)?);
        let mut retry = Table::new();
        retry.insert(
            "base".to_owned(),
            format_duration(platform.retry_base).into(),
        );
        retry.insert("factor".to_owned(), platform.retry_factor.into());
        retry.insert("cap".to_owned(), format_duration(platform.retry_cap).into());
        retry.insert("jitter".to_owned(), platform.retry_jitter.into());
        set("retry", retry.into());
        let mut scaling = Table::new();
        let (tick, busy_tick) = (platform.scaling_tick, platform.scaling_busy_tick);
        scaling.insert("tick".to_owned(), format_duration(tick).into());
        scaling.insert("busy_tick".to_owned(), format_duration(busy_tick).into());
        scaling.insert(
            "queue_driven".to_owned(),
            Value::try_from(&self.scaling.queue_driven)?,
        );
        scaling.insert(
            "target_concurrency".to_owned(),
            Value::try_from(&self.scaling.target_concurrency)?,
        );
        set("scaling", scaling.into());
        set("prices", Value::try_from(&self.prices)?);
        Ok(table)
    }
}
