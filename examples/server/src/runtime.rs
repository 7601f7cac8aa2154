//! The runtime that the settings select.

#[cfg(target_os = "linux")]
use std::time::Duration;

use faas_core::platform::PlatformBuilder;
use faas_core::runtime::{QuickJs, QuickJsOptions};
use tracing::warn;

use crate::cli::Isolation;
use crate::settings::Settings;

/// Sets the builder's runtime.
///
/// # Errors
/// A one-line message if the runtime is not available.
pub(crate) fn with_runtime(
    builder: PlatformBuilder,
    settings: &Settings,
) -> Result<PlatformBuilder, String> {
    match settings.isolation {
        Isolation::Thread => {
            let options = QuickJsOptions {
                warm_isolates: settings.warm.isolates,
                warm_bytes: settings.warm.memory,
                warm_idle: settings.warm.idle,
                ..QuickJsOptions::default()
            };
            let runtime = QuickJs::new(options).map_err(|error| error.to_string())?;
            Ok(builder.runtime(runtime))
        }
        Isolation::Process => processes(builder, settings),
    }
}

#[cfg(target_os = "linux")]
fn processes(builder: PlatformBuilder, settings: &Settings) -> Result<PlatformBuilder, String> {
    use faas_core::runtime::{Processes, ProcessesOptions, WorkerCommand};

    let mut options = ProcessesOptions::default();
    options.worker = WorkerCommand::this_program(["worker"]);
    options.warm_children = settings.warm.isolates;
    options.warm_bytes = settings.warm.memory;
    options.warm_idle = settings.warm.idle;
    options.allow_unlocked = settings.allow_unlocked;
    options.allow_eval = settings.allow_eval;
    let runtime = Processes::new(options).map_err(|error| {
        format!(
            "cannot isolate functions in processes: {}; use --isolation thread to run them in the server's \
             process, or --allow-unlocked to run them in processes without a sandbox",
            crate::stores::chain(&error),
        )
    })?;
    let missing = runtime.missing_locks();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        warn!("this system lacks parts of the sandbox for processes: {missing}");
    }
    // The host kills a child that is late, so its instance always returns. To abandon it on a busy
    // machine would only cost another thread.
    let builder = builder.options(|options| options.abandon_grace = Duration::from_secs(10));
    Ok(builder.runtime(runtime))
}

#[cfg(not(target_os = "linux"))]
fn processes(_: PlatformBuilder, _: &Settings) -> Result<PlatformBuilder, String> {
    Err("--isolation process needs Linux: use --isolation thread".to_owned())
}

/// Runs the worker process.
///
/// # Errors
/// A one-line message if no server started this process.
#[cfg(target_os = "linux")]
pub(crate) fn work() -> Result<(), String> {
    faas_core::runtime::worker::run().map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn work() -> Result<(), String> {
    Err("workers exist on Linux only".to_owned())
}
