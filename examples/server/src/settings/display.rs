//! The settings that are in force, for `--check`.

use std::fmt;

use super::{Settings, Warm};
use crate::cli::Policy;

/// One `name = value` a line, for `--check`.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platform = &self.platform;
        writeln!(f, "listen = {}", self.listen)?;
        writeln!(f, "store = {}", self.store)?;
        writeln!(f, "durability = {:?}", self.durability)?;
        writeln!(f, "retention = {:?}", platform.retention)?;
        writeln!(f, "min_instances = {}", platform.min_instances)?;
        writeln!(f, "max_instances = {}", platform.max_instances)?;
        writeln!(
            f,
            "max_instances_per_function = {}",
            platform.instances_per_function()
        )?;
        writeln!(f, "queue_capacity = {}", platform.queue_capacity)?;
        writeln!(f, "queue_bytes = {}", platform.queue_bytes)?;
        writeln!(f, "queue_share = {}", platform.queue_share)?;
        writeln!(f, "scaling_policy = {:?}", self.scaling_policy)?;
        writeln!(f, "isolation = {:?}", self.isolation)?;
        writeln!(f, "allow_unlocked = {}", self.allow_unlocked)?;
        let Warm {
            isolates,
            memory,
            idle,
        } = self.warm;
        writeln!(f, "warm = {isolates} isolates, {memory} bytes, {idle:?}")?;
        writeln!(f, "max_body = {} bytes", platform.max_input)?;
        writeln!(f, "request_timeout = {:?}", self.request_timeout)?;
        writeln!(f, "cors_origin = {:?}", self.cors_origins)?;
        writeln!(f, "allowed_host = {:?}", self.access.hosts)?;
        writeln!(f, "insecure_open = {}", self.insecure_open)?;
        match self.access.rate {
            Some(rate) => writeln!(
                f,
                "rate_limit = {} a second, {} at once",
                rate.per_second, rate.burst
            )?,
            None => writeln!(f, "rate_limit = none")?,
        }
        writeln!(f, "audit_retention = {:?}", self.access.audit_retention)?;
        writeln!(f, "shutdown_grace = {:?}", platform.shutdown_grace)?;
        writeln!(f, "lease_margin = {:?}", platform.lease_margin)?;
        writeln!(f, "log = {}", self.log)?;
        writeln!(f, "log_format = {:?}", self.log_format)?;
        writeln!(
            f,
            "retry = {:?}, times {}, at most {:?}, jitter {}",
            platform.retry_base, platform.retry_factor, platform.retry_cap, platform.retry_jitter
        )?;
        writeln!(f, "scaling_tick = {:?}", platform.scaling_tick)?;
        writeln!(f, "scaling_busy_tick = {:?}", platform.scaling_busy_tick)?;
        match self.scaling_policy {
            Policy::QueueDriven => writeln!(f, "scaling = {:?}", self.scaling.queue_driven)?,
            Policy::TargetConcurrency => {
                writeln!(f, "scaling = {:?}", self.scaling.target_concurrency)?;
            }
        }
        writeln!(f, "secret_keys = {}", self.secret_keys.len())?;
        write!(f, "price_book = version {}", self.prices.version)?;
        Ok(())
    }
}
