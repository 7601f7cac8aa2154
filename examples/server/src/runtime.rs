//! The runtime for user code, as configured.

use faas_core::platform::PlatformBuilder;
use faas_core::runtime::{QuickJs, QuickJsOptions};
use tracing::warn;

use crate::cli::Isolation;
use crate::settings::Settings;

/// Configures the runtime.
///
/// # Errors
/// One line when it is not available.
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
    let runtime = Processes::new(options).map_err(|error| {
        format!(
            "cannot isolate functions in processes: {}; use --isolation thread to run them in this \
             process, or --allow-unlocked to run them in processes without a sandbox",
            crate::stores::chain(&error),
        )
    })?;
    let missing = runtime.missing_locks();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        warn!(
            "this system lacks some isolation features, so functions run without them: {missing}"
        );
    }
    Ok(builder.runtime(runtime))
}

#[cfg(not(target_os = "linux"))]
fn processes(_: PlatformBuilder, _: &Settings) -> Result<PlatformBuilder, String> {
    Err("--isolation process needs Linux: use --isolation thread".to_owned())
}

/// Runs as the worker host, which forks the functions' processes.
///
/// # Errors
/// One line when it was not started by a server.
#[cfg(target_os = "linux")]
pub(crate) fn work() -> Result<(), String> {
    faas_core::runtime::worker::run().map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn work() -> Result<(), String> {
    Err("workers run on Linux only".to_owned())
}
