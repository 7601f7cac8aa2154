//! Children that lie about an upload.

use super::rig::{LATE, Rig, TIMEOUT, serves};
use crate::runtime::Runtime;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};

promises! {
    a_compiler_that_lies_costs_its_upload_alone: {
        let rig = Rig::new();
        let honest = rig.function("return input");
        let mut instance = rig.instance();
        serves(&mut *instance, &honest);
        let before = rig.settled(1);
        for lie in [
            "it says a call has ended",
            "it makes too much of it",
            "it says too much against it",
            "it says garbage",
            "it says a frame of no bytes",
            "it says nothing",
            "it ends",
            "it crashes",
            "it closes its pipes and lives on",
        ] {
            let code = format!("compiler: {lie}");
            let (compiled, took) = rig.timed(|| rig.processes.compile(&code));
            let error = compiled.unwrap_err();
            assert!(error.message.len() < 200, "{lie}: {error:?}");
            assert!(!error.temporary, "{lie}: {error:?}");
            assert!(took < TIMEOUT + LATE, "{lie}: {took:?}");
            serves(&mut *instance, &honest);
            rig.has_only(before);
        }
    };
}
