//! The options of the platform: instances, queue, limits, retries.

use std::time::Duration;

use faas_core::options::{MOST_INSTANCES, PlatformOptions, SHORTEST_LEASE_MARGIN};

use crate::cli::Flags;
use crate::file::{File, Retry};

/// The largest input that a store can keep in one record.
const MAX_BODY: usize = 6 << 20;

/// Merges and checks them.
pub(super) fn merge(flags: &Flags, file: &File) -> Result<PlatformOptions, String> {
    let mut platform = PlatformOptions::default();
    set(
        &mut platform.min_instances,
        flags.min_instances.or(file.min_instances),
    );
    set(
        &mut platform.max_instances,
        flags.max_instances.or(file.max_instances),
    );
    if let Some(most) = flags
        .max_instances_per_function
        .or(file.max_instances_per_function)
    {
        platform.max_instances_per_function = Some(most);
    }
    set(
        &mut platform.max_waiting,
        flags.max_waiting.or(file.max_waiting),
    );
    if let Some(most) = flags
        .max_waiting_per_function
        .or(file.max_waiting_per_function)
    {
        platform.max_waiting_per_function = Some(most);
    }
    set(
        &mut platform.queue_capacity,
        flags.queue_capacity.or(file.queue_capacity),
    );
    set(
        &mut platform.queue_bytes,
        flags.queue_bytes.or(file.queue_bytes),
    );
    set(
        &mut platform.queue_share,
        flags.queue_share.or(file.queue_share),
    );
    set(&mut platform.max_input, flags.max_body.or(file.max_body));
    let max_response = flags.max_response.or(file.max_response);
    set(
        &mut platform.max_response,
        max_response.map(|bytes| bytes as u64),
    );
    set(
        &mut platform.shutdown_grace,
        flags.shutdown_grace.or(file.shutdown_grace),
    );
    set(
        &mut platform.lease_margin,
        flags.lease_margin.or(file.lease_margin),
    );
    set(&mut platform.scaling_tick, file.scaling.tick);
    set(&mut platform.scaling_busy_tick, file.scaling.busy_tick);
    platform.retention = flags
        .retention_days
        .or(file.retention_days)
        .map(|days| Duration::from_secs(u64::from(days) * 24 * 3600));
    platform.kv_limits = flags.kv.merge(&file.kv())?;
    retry(&mut platform, &file.retry);
    check(&platform)?;
    Ok(platform)
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
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
        return Err(format!("--max-instances must be at most {MOST_INSTANCES}"));
    }
    if platform.queue_capacity == 0 {
        return Err("--queue-capacity must be at least 1".to_owned());
    }
    if platform.max_instances_per_function == Some(0) {
        return Err("--max-instances-per-function must be at least 1".to_owned());
    }
    if !(platform.queue_share > 0.0 && platform.queue_share <= 1.0) {
        return Err(format!(
            "--queue-share must be above 0 and at most 1, not {}",
            platform.queue_share
        ));
    }
    if platform.max_input == 0 || platform.max_input > MAX_BODY {
        return Err(format!(
            "--max-body must be from 1 to {MAX_BODY} bytes, not {}",
            platform.max_input
        ));
    }
    if platform.max_response == 0 {
        return Err("--max-response must be at least 1 byte".to_owned());
    }
    if platform.queue_bytes < platform.max_input {
        return Err(format!(
            "--queue-bytes ({}) must be at least --max-body ({})",
            platform.queue_bytes, platform.max_input
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
    for (name, tick) in [
        ("tick", platform.scaling_tick),
        ("busy_tick", platform.scaling_busy_tick),
    ] {
        if tick < Duration::from_millis(1) {
            return Err(format!("[scaling]: {name} must be at least 1ms"));
        }
    }
    if !(platform.retry_factor.is_finite() && platform.retry_factor >= 1.0) {
        return Err("[retry]: factor must be a number of at least 1".to_owned());
    }
    if !(0.0..=1.0).contains(&platform.retry_jitter) {
        return Err("[retry]: jitter must be from 0 to 1".to_owned());
    }
    Ok(())
}
