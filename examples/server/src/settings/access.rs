//! Who may call the server: origins, host names, rates.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use faas_core::access::{AccessOptions, Rate};

use crate::address::Address;

/// The burst is this many times the rate, unless it is set.
const TWICE: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// The options of who may call the server.
pub(super) fn options(
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
    // A server that listens on a name is called by that name.
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

/// The rate limit, if there is one.
pub(super) fn rate(
    limit: Option<NonZeroU32>,
    burst: Option<NonZeroU32>,
) -> Result<Option<Rate>, String> {
    match (limit, burst) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("--rate-burst needs --rate-limit".to_owned()),
        (Some(per_second), burst) => Ok(Some(Rate {
            per_second,
            burst: burst.unwrap_or_else(|| per_second.saturating_mul(TWICE)),
        })),
    }
}

/// Refuses a value that no browser sends as an origin: it would silently match nothing.
pub(super) fn check_origin(origin: &str) -> Result<(), String> {
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

/// Refuses a value that is no domain name: no host would ever match it.
pub(super) fn check_domain(domain: &str) -> Result<(), String> {
    let is_label = |label: &str| {
        let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(is_part)
    };
    if domain.len() <= 253 && domain.split('.').all(is_label) {
        return Ok(());
    }
    Err(format!(
        "--functions-domain: expected a domain name such as functions.example, in small letters and \
         without a port, not {domain:?}"
    ))
}
