//! The QuickJS runtime: how code is read, what it can reach, where it is stopped. It promises the
//! same wherever its isolates live.

use faas_core::runtime::{QuickJs, QuickJsOptions};

#[path = "quickjs"]
mod threads {
    use super::*;

    type Tested = QuickJs;

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
    mod form_table;
    mod forms;
    mod hostile;
    mod rig;
    mod warmth;
}

#[cfg(target_os = "linux")]
#[path = "quickjs"]
mod processes {
    use faas_core::runtime::{Processes, ProcessesOptions, worker};

    use super::*;

    type Tested = Processes;

    /// Tests have no `main` of their own: what is in this section runs before theirs.
    #[used]
    #[expect(
        unsafe_code,
        reason = "puts a function where libc looks for some to call"
    )]
    // SAFETY: libc calls what is there once, with one thread, after itself is ready.
    #[unsafe(link_section = ".init_array")]
    static BE_A_WORKER: extern "C" fn() = be_a_worker_if_asked;

    extern "C" fn be_a_worker_if_asked() {
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
    mod form_table;
    mod forms;
    mod hostile;
    mod rig;
    mod warmth;
}
