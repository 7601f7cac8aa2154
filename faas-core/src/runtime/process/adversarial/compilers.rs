//! Children that misbehave during a compilation.

use super::rig::{LATE, Rig, TIMEOUT};
use crate::runtime::Runtime;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};

promises! {
    a_misbehaving_compiler_fails_only_its_upload: {
        let rig = Rig::new();
        let honest = rig.function("return input");
        rig.serves(&honest);
        let before = rig.settled(1);
        for fault in [
            "sends the end of a call",
            "sends an oversized frame",
            "sends an oversized message",
            "sends garbage",
            "sends an empty frame",
            "sends nothing",
            "exits",
            "crashes",
            "closes its pipes and keeps running",
        ] {
            let code = format!("compiler: {fault}");
            let (compiled, took) = rig.timed(|| rig.processes.compile(&code.as_str().into()));
            let error = compiled.unwrap_err();
            assert!(error.message.len() < 200, "{fault}: {error:?}");
            assert!(!error.temporary, "{fault}: {error:?}");
            assert!(took < TIMEOUT + LATE, "{fault}: {took:?}");
            rig.serves(&honest);
            rig.wait_for_only(before);
        }
    };
}
