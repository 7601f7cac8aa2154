//! Which setting applies: flag, then environment, then file, then default.
//!
//! Flags and environment come merged, from [`crate::cli`]. The variables `PORT` and `MONGODB_URI`
//! are shared with other programs, so they are handled here: `PORT` comes before the file, and
//! `MONGODB_URI`, which may be meant for another program, after it. `FAAS_SECRET_KEY` is not a flag,
//! which other users of the machine could see, and not in the file, which is stored beside the data
//! that the key protects.
//!
//! [`platform`] merges and checks the options of the platform, [`access`] those of who may call it;
//! [`display`] is the output of `--check`.

mod access;
mod display;
mod platform;
#[cfg(test)]
mod tests;

use std::time::Duration;

use faas_core::access::AccessOptions;
use faas_core::cost::PriceBook;
use faas_core::options::PlatformOptions;
use faas_core::scaling::{QueueDriven, ScalingPolicy, TargetConcurrency};
use faas_core::secrets::SecretKeys;
use faas_http::HttpOptions;

use crate::address::{Address, parse_port};
use crate::cli::{Durability, Flags, Isolation, LogFormat, Policy, Unread};
use crate::egress::Egress;
use crate::file::{File, Scaling};
use crate::network::Network;
use crate::store_url::StoreUrl;

/// How long a request may take; what `invoke` waits for does not count.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The bounds of the warm isolates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Warm {
    pub(crate) isolates: usize,
    /// The bytes that they may use together.
    pub(crate) memory: usize,
    /// How long an unused isolate is kept.
    pub(crate) idle: Duration,
}

/// The environment variables that no flag corresponds to.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `PORT`
    pub(crate) port: Option<String>,
    /// `MONGODB_URI`
    pub(crate) mongodb_uri: Option<Unread>,
    /// `FAAS_SECRET_KEY`
    pub(crate) secret_key: Option<Unread>,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        // A value that is not UTF-8 is refused when it is read, not ignored.
        let set = |name| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
            Some(value.to_string_lossy().into_owned())
        };
        Self {
            port: set("PORT"),
            mongodb_uri: set("MONGODB_URI").map(Unread::from),
            secret_key: set("FAAS_SECRET_KEY").map(Unread::from),
        }
    }
}

/// All settings, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: Address,
    pub(crate) store: StoreUrl,
    pub(crate) durability: Durability,
    pub(crate) scaling_policy: Policy,
    pub(crate) isolation: Isolation,
    pub(crate) allow_unlocked: bool,
    pub(crate) allow_eval: bool,
    pub(crate) egress: Egress,
    pub(crate) warm: Warm,
    pub(crate) request_timeout: Duration,
    pub(crate) network: Network,
    pub(crate) cors_origins: Vec<String>,
    /// The domain below which functions have host names.
    pub(crate) functions_domain: Option<String>,
    pub(crate) access: AccessOptions,
    /// Whether the server may be reachable from other machines without any key.
    pub(crate) insecure_open: bool,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) prices: PriceBook,
    pub(crate) secret_keys: SecretKeys,
    pub(crate) scaling: Scaling,
    pub(crate) platform: PlatformOptions,
}

impl Settings {
    /// Merges flags, environment and file.
    ///
    /// # Errors
    /// Names the invalid setting, and what was expected.
    pub(crate) fn merge(
        flags: Box<Flags>,
        mut file: File,
        environment: &Environment,
    ) -> Result<Self, String> {
        let prices = file.price_book()?;
        let network = file.network();
        let egress = file.take_egress();
        let platform = platform::merge(&flags, &file)?;
        let listen = listen(flags.listen, file.listen, environment.port.as_deref())?;
        let secret_keys = secret_keys(environment.secret_key.as_ref())?;
        let store = store(flags.store, file.store, environment.mongodb_uri.as_ref())?;
        within(
            "[scaling.queue_driven]",
            file.scaling.queue_driven.validate(),
        )?;
        within(
            "[scaling.target_concurrency]",
            file.scaling.target_concurrency.validate(),
        )?;
        let request_timeout = flags
            .request_timeout
            .or(file.request_timeout)
            .unwrap_or(REQUEST_TIMEOUT);
        if request_timeout.is_zero() {
            return Err("--request-timeout must be more than 0".to_owned());
        }
        let largest_body = HttpOptions::with_max_body(platform.max_input).max_upload();
        let network = Network::merge(&flags.network, &network, largest_body)?;
        let cors_origins = either(flags.cors_origin, file.cors_origin);
        cors_origins
            .iter()
            .try_for_each(|origin| access::check_origin(origin))?;
        let functions_domain = flags.functions_domain.or(file.functions_domain);
        if let Some(domain) = &functions_domain {
            access::check_domain(domain)?;
        }
        let hosts = either(flags.allowed_host, file.allowed_host);
        let rate = access::rate(
            flags.rate_limit.or(file.rate_limit),
            flags.rate_burst.or(file.rate_burst),
        )?;
        let audit_days = flags.audit_retention_days.or(file.audit_retention_days);
        let access = access::options(&listen, &cors_origins, hosts, rate, audit_days)?;
        Ok(Self {
            access,
            insecure_open: flags.insecure_open || file.insecure_open,
            listen,
            store,
            durability: flags.durability.or(file.durability).unwrap_or_default(),
            scaling_policy: flags
                .scaling_policy
                .or(file.scaling_policy)
                .unwrap_or_default(),
            isolation: flags.isolation.or(file.isolation).unwrap_or_default(),
            allow_unlocked: flags
                .allow_unlocked
                .or(file.allow_unlocked)
                .unwrap_or_default(),
            allow_eval: flags.allow_eval.or(file.allow_eval).unwrap_or(true),
            egress: flags.egress.merge(egress),
            warm: Warm {
                isolates: flags.warm_isolates.or(file.warm_isolates).unwrap_or(1000),
                memory: flags.warm_memory.or(file.warm_memory).unwrap_or(512 << 20),
                idle: flags
                    .warm_idle
                    .or(file.warm_idle)
                    .unwrap_or(Duration::from_secs(600)),
            },
            request_timeout,
            network,
            cors_origins,
            functions_domain,
            log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: flags.log_format.or(file.log_format).unwrap_or_default(),
            prices,
            secret_keys,
            scaling: file.scaling,
            platform,
        })
    }

    /// The chosen policy with its numbers.
    pub(crate) fn policy(&self) -> Box<dyn ScalingPolicy> {
        match self.scaling_policy {
            Policy::QueueDriven => Box::new(QueueDriven::new(self.scaling.queue_driven.clone())),
            Policy::TargetConcurrency => Box::new(TargetConcurrency::new(
                self.scaling.target_concurrency.clone(),
            )),
        }
    }
}

/// The first list that is not empty.
pub(crate) fn either<T>(one: Vec<T>, other: Vec<T>) -> Vec<T> {
    if one.is_empty() { other } else { one }
}

/// Adds the section to an error.
fn within(section: &str, checked: Result<(), String>) -> Result<(), String> {
    checked.map_err(|error| format!("{section}: {error}"))
}

fn listen(
    given: Option<Address>,
    in_file: Option<Address>,
    port: Option<&str>,
) -> Result<Address, String> {
    if let Some(given) = given {
        return Ok(given);
    }
    let mut address = in_file.unwrap_or_default();
    if let Some(port) = port {
        address.port = parse_port(port).map_err(|error| format!("PORT: {error}"))?;
    }
    Ok(address)
}

/// The store: the same for `serve` as for `key`.
///
/// # Errors
/// Says where it was set, and what was expected.
pub(crate) fn store(
    given: Option<Unread>,
    in_file: Option<StoreUrl>,
    mongodb_uri: Option<&Unread>,
) -> Result<StoreUrl, String> {
    if let Some(given) = given {
        return given.read().map_err(|error| format!("--store: {error}"));
    }
    match (in_file, mongodb_uri) {
        (Some(in_file), _) => Ok(in_file),
        (None, Some(uri)) => match uri.read() {
            Ok(uri) => Ok(StoreUrl::Mongo(uri)),
            Err(error) => Err(format!("MONGODB_URI: {error}")),
        },
        (None, None) => Ok(StoreUrl::default()),
    }
}

/// The keys that seal and open secrets.
pub(crate) fn secret_keys(given: Option<&Unread>) -> Result<SecretKeys, String> {
    let Some(given) = given else {
        return Ok(SecretKeys::default());
    };
    given
        .read()
        .map_err(|error| format!("FAAS_SECRET_KEY: {error}; several have commas between them"))
}
