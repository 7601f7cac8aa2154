//! Code that runs once: the isolate that runs it compiles it.

use std::sync::Arc;
use std::time::Duration;

use super::compile::{Compiled, Compiler};
use crate::error::CompileError;
use crate::model::Source;

/// What an isolate in a thread loads.
pub(in crate::runtime) enum Loadable {
    /// A function.
    Function(Compiled),
    /// Code that runs once.
    Script(Script),
    /// Code that runs once, and was compiled for it.
    CompiledScript(Compiled),
}

/// Code that is not compiled yet.
pub(in crate::runtime) struct Script {
    compiler: Arc<Compiler>,
    source: Source,
}

impl Script {
    pub(super) fn new(compiler: Arc<Compiler>, source: Source) -> Self {
        Self { compiler, source }
    }

    /// Compiles the code. Blocks the calling thread, for at most `time` and the time that an upload
    /// has.
    pub(super) fn compile(&self, time: Duration) -> Result<Compiled, CompileError> {
        self.compiler.compile_within(&self.source, time)
    }
}
