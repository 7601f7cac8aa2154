//! The QuickJS runtime: how it reads code, what code can reach, and how it is stopped. All of it is
//! the same for isolates in threads and in processes.

use faas_core::runtime::{QuickJs, QuickJsOptions};

#[path = "quickjs"]
mod threads {
    use super::*;

    type Tested = QuickJs;

    const IN_PROCESSES: bool = false;

    fn start(options: QuickJsOptions) -> Tested {
        QuickJs::new(options).unwrap()
    }

    mod any_text;
    mod attacks;
    mod bombs;
    mod calls;
    mod console;
    mod environment;
    mod errors;
    mod files;
    mod form_table;
    mod forms;
    mod handlers;
    mod host;
    mod host_calls;
    mod hostile;
    mod kv;
    mod mistakes;
    mod node;
    mod presets;
    mod retries;
    mod rig;
    mod scripts;
    mod sessions;
    mod waiting;
    mod warmth;
    mod web;
}

#[cfg(target_os = "linux")]
#[path = "quickjs"]
mod processes {
    use faas_core::runtime::{Processes, ProcessesOptions, worker};

    use super::*;

    type Tested = Processes;

    const IN_PROCESSES: bool = true;

    /// Tests have no `main` of their own. Functions in this section run before the test harness's.
    #[used]
    #[expect(
        unsafe_code,
        reason = "registers a function that libc calls at startup"
    )]
    // SAFETY: libc calls the function once, with one thread, after its own initialization.
    #[unsafe(link_section = ".init_array")]
    static RUN_WORKER: extern "C" fn() = run_worker_if_asked;

    extern "C" fn run_worker_if_asked() {
        worker::run_if_asked();
    }

    #[test]
    fn a_worker_is_not_started_by_hand() {
        let error = worker::run().unwrap_err().to_string();
        assert!(error.contains("by hand"), "{error}");
    }

    fn start(options: QuickJsOptions) -> Tested {
        let mut processes = ProcessesOptions::default();
        processes.blank_children = options.blank_isolates;
        processes.warm_children = options.warm_isolates;
        processes.warm_bytes = options.warm_bytes;
        processes.warm_idle = options.warm_idle;
        processes.compile_timeout = options.compile_timeout;
        processes.compile_concurrency = options.compile_concurrency;
        processes.clock = options.clock;
        Processes::new(processes).unwrap()
    }

    mod any_text;
    mod attacks;
    mod bombs;
    mod calls;
    mod console;
    mod environment;
    mod errors;
    mod files;
    mod form_table;
    mod forms;
    mod handlers;
    mod host;
    mod host_calls;
    mod hostile;
    mod kv;
    mod mistakes;
    mod node;
    mod presets;
    mod retries;
    mod rig;
    mod scripts;
    mod sessions;
    mod waiting;
    mod warmth;
    mod web;
}
