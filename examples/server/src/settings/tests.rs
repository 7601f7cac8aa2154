//! Which setting applies, and which are refused.

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
fn settings_that_are_not_set_have_their_defaults() {
    let settings = merge(Flags::default(), "", &Environment::default()).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(settings.store.to_string(), "sqlite:./data/faas.db");
    assert_eq!(settings.platform, PlatformOptions::default());
    assert_eq!(settings.prices, PriceBook::default());
}

#[test]
fn a_flag_overrides_the_file_and_the_file_the_default() {
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
fn port_sets_the_port_unless_the_listen_flag_is_given() {
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
fn mongodb_uri_sets_the_store_if_nothing_else_does() {
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
fn a_name_to_listen_on_is_an_allowed_host_and_an_address_is_not() {
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
        ("max_connections = 0", "--max-connections"),
        (
            "max_connections_per_address = 0",
            "--max-connections-per-address",
        ),
        ("max_body_memory = \"1MiB\"", "--max-body-memory"),
        ("queue_capacity = 0", "--queue-capacity"),
        (
            "max_instances_per_function = 0",
            "--max-instances-per-function must be at least 1",
        ),
        ("queue_share = 0.0", "--queue-share must be above 0"),
        ("queue_share = 1.5", "--queue-share"),
        ("queue_share = nan", "--queue-share"),
        ("queue_bytes = \"1KiB\"", "--queue-bytes (1024) must be"),
        ("max_body = 0", "--max-body"),
        ("max_response = 0", "--max-response"),
        ("max_body = \"7MiB\"", "--max-body"),
        (
            "kv_max_value = \"9MiB\"",
            "--kv-max-value must be from 1 to",
        ),
        ("retention_days = 0", "--retention-days"),
        ("audit_retention_days = 0", "--audit-retention-days"),
        ("rate_burst = 5", "--rate-burst needs --rate-limit"),
        ("allowed_host = [\"a:80\"]", "--allowed-host"),
        ("request_timeout = \"0s\"", "--request-timeout"),
        ("[retry]\nfactor = 0.5", "factor"),
        ("[retry]\nfactor = nan", "factor"),
        ("[retry]\njitter = 2.0", "jitter"),
        ("[scaling]\ntick = \"0s\"", "tick"),
        ("[scaling]\nbusy_tick = \"0s\"", "busy_tick"),
        ("[scaling.queue_driven]\nup_wait_ms = 0", "up_wait_ms"),
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

/// `--check` prints settings that, as a file, give the same settings.
#[test]
fn the_effective_settings_can_be_used_as_a_settings_file() {
    for file in [
        "",
        "listen = \"0.0.0.0:80\"\nretention_days = 30\nrate_limit = 5\nrate_burst = 9\n\
         durability = \"full\"\nisolation = \"thread\"\nscaling_policy = \"target-concurrency\"\n\
         max_instances_per_function = 2\nmax_waiting = 9\nmax_waiting_per_function = 3\nqueue_share = 0.25\nlog_format = \"json\"\n\
         cors_origin = [\"https://a.example\"]\nwarm_idle = \"1500ms\"\nmax_body = 65537\n\
         [retry]\nbase = \"100ms\"\njitter = 0.5\n[scaling]\ntick = \"50ms\"\n\
         [scaling.queue_driven]\nup_above = 4\n[prices]\nversion = 2\n\
         [prices.basic]\nper_100ms = 7",
    ] {
        let settings = merge(Flags::default(), file, &Environment::default()).unwrap();
        let shown = settings.to_string();
        let again = merge(Flags::default(), &shown, &Environment::default()).unwrap();
        assert_eq!(again.to_string(), shown);
        assert_eq!(again.platform, settings.platform);
        assert_eq!(again.prices, settings.prices);
    }
}

/// `examples/server/faas.toml` documents every key with its default.
#[test]
fn the_sample_file_has_every_key_and_its_default() {
    const SAMPLE: &str = include_str!("../../faas.toml");
    let uncommented: String = SAMPLE
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let defaults = merge(Flags::default(), "", &Environment::default()).unwrap();
    let sample = merge(Flags::default(), SAMPLE, &Environment::default()).unwrap();
    assert_eq!(sample.to_string(), defaults.to_string());
    // Keys without a default are commented out with `#: `; with them the file has every key.
    let mut all: toml::Table = toml::from_str(&uncommented).unwrap();
    merge(Flags::default(), &uncommented, &Environment::default()).unwrap();
    let shown: toml::Table = toml::from_str(&defaults.to_string()).unwrap();
    for key in crate::file::KEYS {
        assert!(all.remove(*key).is_some(), "{key} is missing in faas.toml");
    }
    assert!(all.is_empty(), "{all:?}");
    assert_eq!(
        toml::from_str::<toml::Table>(SAMPLE).unwrap()["prices"],
        shown["prices"]
    );
}
