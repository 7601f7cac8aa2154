//! Which setting wins: flag, then environment, then file, then default.
//!
//! Flags and environment come merged, from [`crate::cli`]. The variables `PORT` and `MONGODB_URI`
//! are not this program's own, so they are handled here: `PORT` comes before the file, and
//! `MONGODB_URI`, which may be meant for other programs, after it. `FAAS_SECRET_KEY` is neither a
//! flag, which others could see, nor in the file, which lies beside the data that it protects.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use faas_core::access::{AccessOptions, Rate};
use faas_core::cost::PriceBook;
use faas_core::options::{MOST_INSTANCES, PlatformOptions, SHORTEST_LEASE_MARGIN};
use faas_core::scaling::{QueueDriven, ScalingPolicy, TargetConcurrency};
use faas_core::secrets::SecretKeys;
use faas_http::HttpOptions;

use crate::address::{Address, parse_port};
use crate::cli::{Durability, Flags, Isolation, LogFormat, Policy, Unread};
use crate::file::{File, Retry, Scaling};
use crate::network::Network;
use crate::store_url::StoreUrl;

/// The largest input that a store can hold in one record.
const MAX_BODY: usize = 6 << 20;

/// How much more than the average may come at once, unless it is set.
const TWICE: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// How long a request may take; what `invoke` waits for does not count.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How many isolates are kept warm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Warm {
    pub(crate) isolates: usize,
    /// Bytes that they hold together.
    pub(crate) memory: usize,
    /// How long one is kept that nobody uses.
    pub(crate) idle: Duration,
}

/// The environment variables that are no flags.
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
    /// That of this process.
    pub(crate) fn of_process() -> Self {
        // What is no text is refused when it is read, rather than ignored.
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
    pub(crate) warm: Warm,
    pub(crate) request_timeout: Duration,
    pub(crate) network: Network,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) access: AccessOptions,
    /// Whether it may be reached by others while no key is required.
    pub(crate) insecure_open: bool,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) prices: PriceBook,
    pub(crate) secret_keys: SecretKeys,
    pub(crate) scaling: Scaling,
    pub(crate) platform: PlatformOptions,
}

impl Settings {
    /// Merges them.
    ///
    /// # Errors
    /// Names the setting that makes no sense, and what was expected.
    pub(crate) fn merge(
        flags: Box<Flags>,
        file: File,
        environment: &Environment,
    ) -> Result<Self, String> {
        let prices = file.price_book()?;
        let network = file.network();
        let listen = listen(flags.listen, file.listen, environment.port.as_deref())?;
        let secret_keys = secret_keys(environment.secret_key.as_ref())?;
        let store = store(flags.store, file.store, environment.mongodb_uri.as_ref())?;
        let mut platform = PlatformOptions::default();
        set(
            &mut platform.min_instances,
            flags.min_instances.or(file.min_instances),
        );
        set(
            &mut platform.max_instances,
            flags.max_instances.or(file.max_instances),
        );
        set(
            &mut platform.queue_capacity,
            flags.queue_capacity.or(file.queue_capacity),
        );
        set(&mut platform.max_input, flags.max_body.or(file.max_body));
        set(
            &mut platform.shutdown_grace,
            flags.shutdown_grace.or(file.shutdown_grace),
        );
        set(
            &mut platform.lease_margin,
            flags.lease_margin.or(file.lease_margin),
        );
        set(&mut platform.scaling_tick, file.scaling.tick);
        platform.retention = flags
            .retention_days
            .or(file.retention_days)
            .map(|days| Duration::from_secs(u64::from(days) * 24 * 3600));
        retry(&mut platform, &file.retry);
        check(&platform)?;
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
            .try_for_each(|origin| check_origin(origin))?;
        let hosts = either(flags.allowed_host, file.allowed_host);
        let rate = rate(
            flags.rate_limit.or(file.rate_limit),
            flags.rate_burst.or(file.rate_burst),
        )?;
        let audit_days = flags.audit_retention_days.or(file.audit_retention_days);
        let access = access(&listen, &cors_origins, hosts, rate, audit_days)?;
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

/// The first that is not empty.
fn either(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    if one.is_empty() { other } else { one }
}

/// Who is let in.
fn access(
    listen: &Address,
    origins: &[String],
    mut hosts: Vec<String>,
    rate: Option<Rate>,
    audit_days: Option<u32>,
) -> Result<AccessOptions, String> {
    if let Some(wrong) = hosts.iter().find(|host| !is_host_name(host)) {
        return Err(format!(
            "--allowed-host: expected a name without a port such as faas.example, or *, not {wrong:?}"
        ));
    }
    // Whoever listens on a name is known by it.
    if listen.host.parse::<IpAddr>().is_err() && listen.host != "localhost" {
        hosts.push(listen.host.clone());
    }
    let mut access = AccessOptions::default();
    access.origins = origins.to_vec();
    access.hosts = hosts;
    access.rate = rate;
    if let Some(days) = audit_days {
        if days == 0 {
            return Err("--audit-retention-days must be at least 1".to_owned());
        }
        access.audit_retention = Duration::from_secs(u64::from(days) * 24 * 3600);
    }
    Ok(access)
}

fn is_host_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text == "*" || (!text.is_empty() && text.bytes().all(fits))
}

fn rate(limit: Option<NonZeroU32>, burst: Option<NonZeroU32>) -> Result<Option<Rate>, String> {
    match (limit, burst) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("--rate-burst needs --rate-limit".to_owned()),
        (Some(per_second), burst) => Ok(Some(Rate {
            per_second,
            burst: burst.unwrap_or_else(|| per_second.saturating_mul(TWICE)),
        })),
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Says in which section something is wrong.
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

/// Which store: the same for `serve` as for `key`.
///
/// # Errors
/// Says where it was given, and what was expected.
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

/// Those that secrets are sealed with and opened.
pub(crate) fn secret_keys(given: Option<&Unread>) -> Result<SecretKeys, String> {
    let Some(given) = given else {
        return Ok(SecretKeys::default());
    };
    given
        .read()
        .map_err(|error| format!("FAAS_SECRET_KEY: {error}; several have commas between them"))
}

fn retry(platform: &mut PlatformOptions, retry: &Retry) {
    set(&mut platform.retry_base, retry.base);
    set(&mut platform.retry_factor, retry.factor);
    set(&mut platform.retry_cap, retry.cap);
    set(&mut platform.retry_jitter, retry.jitter);
}

fn check(platform: &PlatformOptions) -> Result<(), String> {
    let PlatformOptions {
        min_instances,
        max_instances,
        ..
    } = platform;
    if *min_instances == 0 {
        return Err("--min-instances must be at least 1".to_owned());
    }
    if min_instances > max_instances {
        return Err(format!(
            "--min-instances ({min_instances}) must be at most --max-instances ({max_instances})"
        ));
    }
    if *max_instances > MOST_INSTANCES {
        return Err(format!(
            "--max-instances must be at most {MOST_INSTANCES}: each is a thread"
        ));
    }
    if platform.queue_capacity == 0 {
        return Err("--queue-capacity must be at least 1".to_owned());
    }
    if platform.max_input == 0 || platform.max_input > MAX_BODY {
        return Err(format!(
            "--max-body must be from 1 to {MAX_BODY} bytes, not {}",
            platform.max_input
        ));
    }
    if platform.retention.is_some_and(|kept| kept.is_zero()) {
        return Err("--retention-days must be at least 1".to_owned());
    }
    if platform.lease_margin < SHORTEST_LEASE_MARGIN {
        return Err(format!(
            "--lease-margin must be at least {SHORTEST_LEASE_MARGIN:?}"
        ));
    }
    if platform.scaling_tick < Duration::from_millis(1) {
        return Err("[scaling]: tick must be at least 1ms".to_owned());
    }
    if !(platform.retry_factor.is_finite() && platform.retry_factor >= 1.0) {
        return Err("[retry]: factor must be a number of at least 1".to_owned());
    }
    if !(0.0..=1.0).contains(&platform.retry_jitter) {
        return Err("[retry]: jitter must be from 0 to 1".to_owned());
    }
    Ok(())
}

/// Refuses what no browser sends as the origin of a page: it would silently match nothing.
fn check_origin(origin: &str) -> Result<(), String> {
    let host = origin.split_once("://").map(|(_, host)| host);
    let is_host = |host: &str| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"/?#@,".contains(&b))
    };
    if origin == "*" || host.is_some_and(is_host) && origin.to_ascii_lowercase() == origin {
        return Ok(());
    }
    Err(format!(
        "--cors-origin: expected an origin such as https://app.example or http://localhost:5173, \
         in small letters and without a path, or *, not {origin:?}"
    ))
}

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
        writeln!(f, "queue_capacity = {}", platform.queue_capacity)?;
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
        let network = &self.network;
        writeln!(f, "max_connections = {}", network.max_connections)?;
        writeln!(
            f,
            "max_connections_per_address = {}",
            network.max_connections_per_address
        )?;
        writeln!(f, "max_body_memory = {} bytes", network.max_body_memory)?;
        writeln!(f, "stall_timeout = {:?}", network.stall_timeout)?;
        writeln!(f, "min_rate = {} bytes a second", network.min_rate)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(flags: Flags, file: &str, environment: &Environment) -> Result<Settings, String> {
        Settings::merge(Box::new(flags), file.parse().unwrap(), environment)
    }

    fn listening(flag: Option<&str>, file: &str, port: Option<&str>) -> String {
        let flags = Flags {
            listen: flag.map(|text| text.parse().unwrap()),
            ..Flags::default()
        };
        let environment = Environment {
            port: port.map(str::to_owned),
            ..Environment::default()
        };
        merge(flags, file, &environment).unwrap().listen.to_string()
    }

    #[test]
    fn what_nobody_sets_has_its_default() {
        let settings = merge(Flags::default(), "", &Environment::default()).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:5000");
        assert_eq!(settings.store.to_string(), "sqlite:./data/faas.db");
        assert_eq!(settings.platform, PlatformOptions::default());
        assert_eq!(settings.prices, PriceBook::default());
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let file = "min_instances = 3\nmax_instances = 30\ncors_origin = [\"https://a.example\"]";
        let flags = Flags {
            max_instances: Some(40),
            ..Flags::default()
        };
        let settings = merge(flags, file, &Environment::default()).unwrap();
        assert_eq!(settings.platform.min_instances, 3);
        assert_eq!(settings.platform.max_instances, 40);
        assert_eq!(settings.platform.queue_capacity, 10_000);
        assert_eq!(settings.cors_origins, ["https://a.example"]);
    }

    #[test]
    fn port_sets_the_port_unless_an_address_was_given() {
        let file = "listen = \"127.0.0.2:7000\"";
        assert_eq!(listening(None, "", Some("8080")), "127.0.0.1:8080");
        assert_eq!(listening(None, file, None), "127.0.0.2:7000");
        assert_eq!(listening(None, file, Some("8080")), "127.0.0.2:8080");
        assert_eq!(
            listening(Some("[::1]:9000"), file, Some("8080")),
            "[::1]:9000"
        );
        let environment = Environment {
            port: Some("http".to_owned()),
            ..Environment::default()
        };
        let error = merge(Flags::default(), "", &environment).unwrap_err();
        assert!(error.starts_with("PORT: expected a port"), "{error}");
    }

    #[test]
    fn a_mongodb_uri_chooses_the_store_where_nothing_else_does() {
        let uri = "mongodb://me:s3cr3t@db:1/faas";
        let store = |flag: Option<&str>, file: &str, uri: &str| {
            let flags = Flags {
                store: flag.map(|text| Unread::from(text.to_owned())),
                ..Flags::default()
            };
            let environment = Environment {
                mongodb_uri: Some(Unread::from(uri.to_owned())),
                ..Environment::default()
            };
            merge(flags, file, &environment).map(|settings| settings.store.to_string())
        };
        let sqlite = "store = \"sqlite:x.db\"";
        assert_eq!(store(None, "", uri).unwrap(), "mongodb://db:1/faas");
        assert_eq!(store(None, sqlite, uri).unwrap(), "sqlite:x.db");
        assert_eq!(store(Some("memory:"), sqlite, uri).unwrap(), "memory:");
        assert_eq!(store(Some("memory:"), "", "nonsense").unwrap(), "memory:");
        for bad in ["sqlite:x.db", "s3cr3t", "mongodb+srv://me:s3cr3t@db"] {
            let error = store(None, "", bad).unwrap_err();
            assert!(error.starts_with("MONGODB_URI: "), "{error}");
            assert!(error.contains("mongodb://"), "{error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn no_setting_shows_a_password() {
        let uri = "mongodb://me:s3cr3t@db:1/faas";
        let flags = Flags {
            store: Some(Unread::from(uri.to_owned())),
            ..Flags::default()
        };
        let shown = format!("{flags:?}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
        let file = format!("store = \"{uri}\"");
        let settings = merge(Flags::default(), &file, &Environment::default()).unwrap();
        let shown = format!("{settings} {settings:?}");
        assert!(shown.contains("db:1/faas"), "{shown}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn the_name_that_is_listened_on_is_a_host_and_an_address_need_not_be_one() {
        let hosts = |file: &str| {
            let settings = merge(Flags::default(), file, &Environment::default());
            settings.unwrap().access.hosts
        };
        assert_eq!(hosts("listen = \"0.0.0.0:80\""), [""; 0]);
        assert_eq!(hosts("listen = \"localhost:80\""), [""; 0]);
        assert_eq!(hosts("listen = \"a.example:80\""), ["a.example"]);
        let file = "listen = \"a.example:80\"\nallowed_host = [\"b.example\"]";
        assert_eq!(hosts(file), ["b.example", "a.example"]);
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused_by_name() {
        for (file, name) in [
            ("min_instances = 11", "--min-instances (11)"),
            ("min_instances = 0", "--min-instances must be at least 1"),
            (
                "max_instances = 5000",
                "--max-instances must be at most 4096",
            ),
            ("queue_capacity = 0", "--queue-capacity"),
            ("max_body = 0", "--max-body"),
            ("max_body = \"7MiB\"", "--max-body"),
            ("retention_days = 0", "--retention-days"),
            ("audit_retention_days = 0", "--audit-retention-days"),
            ("rate_burst = 5", "--rate-burst needs --rate-limit"),
            ("allowed_host = [\"a:80\"]", "--allowed-host"),
            ("request_timeout = \"0s\"", "--request-timeout"),
            ("max_connections = 0", "--max-connections"),
            (
                "max_connections_per_address = 0",
                "--max-connections-per-address",
            ),
            ("max_body_memory = \"1MiB\"", "--max-body-memory"),
            ("[retry]\nfactor = 0.5", "factor"),
            ("[retry]\nfactor = nan", "factor"),
            ("[retry]\njitter = 2.0", "jitter"),
            ("[scaling]\ntick = \"0s\"", "tick"),
            (
                "[scaling.queue_driven]\nup_step = 0",
                "[scaling.queue_driven]: up_step",
            ),
            ("[scaling.target_concurrency]\ntolerance = 1.0", "tolerance"),
            ("[prices]\nretry = -1", "[prices]: retry"),
        ] {
            let error = merge(Flags::default(), file, &Environment::default()).unwrap_err();
            assert!(error.contains(name), "{file}: {error}");
        }
    }

    #[test]
    fn the_retry_section_changes_the_waits() {
        let file = "[retry]\nbase = \"100ms\"\nfactor = 3.0\ncap = \"9s\"\njitter = 0.2";
        let platform = merge(Flags::default(), file, &Environment::default())
            .unwrap()
            .platform;
        assert_eq!(platform.retry_base, Duration::from_millis(100));
        assert_eq!(platform.retry_cap, Duration::from_secs(9));
        assert!((platform.retry_factor - 3.0).abs() < 1e-9);
        assert!((platform.retry_jitter - 0.2).abs() < 1e-9);
    }
}
