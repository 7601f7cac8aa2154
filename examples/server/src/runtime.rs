//! Where user code runs, as the settings say.

use faas_core::platform::PlatformBuilder;
use faas_core::runtime::{QuickJs, QuickJsOptions};
use tracing::warn;

use crate::cli::Isolation;
use crate::settings::Settings;

/// Gives the builder its runtime.
///
/// # Errors
/// One line for people when it cannot be had.
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

    open_more_files();
    let mut options = ProcessesOptions::default();
    options.worker = WorkerCommand::this_program(["worker"]);
    options.warm_children = settings.warm.isolates;
    options.warm_bytes = settings.warm.memory;
    options.warm_idle = settings.warm.idle;
    options.allow_unlocked = settings.allow_unlocked;
    let runtime = Processes::new(options).map_err(|error| {
        format!(
            "cannot isolate functions in processes: {}; --isolation thread runs them in this one, \
             --allow-unlocked in processes that nothing locks in",
            crate::stores::chain(&error),
        )
    })?;
    let missing = runtime.missing_locks();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        warn!("the functions' processes go without what this system does not offer: {missing}");
    }
    Ok(builder.runtime(runtime))
}

/// Each warm process takes five descriptors, and the usual limit of 1,024 is for programs of another
/// kind. What is allowed is taken.
#[cfg(target_os = "linux")]
fn open_more_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, "cannot open more files than {:?}", limit.current);
    }
}

#[cfg(not(target_os = "linux"))]
fn processes(_: PlatformBuilder, _: &Settings) -> Result<PlatformBuilder, String> {
    Err("--isolation process needs Linux: use --isolation thread".to_owned())
}

/// Is the process that makes the functions' processes.
///
/// # Errors
/// One line for people when it was not started by a server.
#[cfg(target_os = "linux")]
pub(crate) fn work() -> Result<(), String> {
    faas_core::runtime::worker::run().map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn work() -> Result<(), String> {
    Err("there are workers on Linux only".to_owned())
}
