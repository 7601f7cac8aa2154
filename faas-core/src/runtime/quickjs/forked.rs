//! Isolates in child processes: what [`ForkedEngine`] asks for.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compile::{COMPILE_MEMORY, Compiled, Form, cannot_now, compile_here};
use super::isolate::Isolate;
use super::raw::Bytecode;
use super::source_map::SourceMaps;
use crate::clock::Clock;
use crate::error::CompileError;
use crate::runtime::step::{ForkedEngine, LineRecorder};

/// What precedes the bytecode of a program.
#[derive(Serialize, Deserialize)]
struct Head {
    form: Form,
    reads_context: bool,
    maps: SourceMaps,
}

impl ForkedEngine for Isolate {
    const COMPILE_MEMORY: usize = COMPILE_MEMORY;

    fn blank(clock: Arc<dyn Clock>) -> io::Result<Self> {
        let blank = Self::blank(clock).and_then(|isolate| isolate.load_all().map(|()| isolate));
        blank.map_err(|_| io::ErrorKind::OutOfMemory.into())
    }

    fn diverge(&mut self, seed: u64, recorder: Arc<dyn LineRecorder>) {
        self.seed(seed);
        self.record_lines(recorder);
    }

    fn compile(source: &str) -> Result<Vec<u8>, CompileError> {
        let compiled = compile_here(source)?;
        let head = Head {
            form: compiled.form,
            reads_context: compiled.reads_context,
            maps: (*compiled.maps).clone(),
        };
        let mut program =
            postcard::to_allocvec(&head).map_err(|_| cannot_now("the program is not writable"))?;
        program.extend_from_slice(compiled.bytecode.bytes());
        Ok(program)
    }

    fn load(program: &[u8]) -> Option<Compiled> {
        let (head, bytecode) = postcard::take_from_bytes::<Head>(program).ok()?;
        Some(Compiled {
            form: head.form,
            bytecode: Bytecode::received(bytecode),
            reads_context: head.reads_context,
            maps: Arc::new(head.maps),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_survives_the_way_through_a_pipe() {
        for source in [
            "return 1",
            "() => 1",
            "const a = 1; function f(_, context) { return a }",
            "exports.handler = () => 1",
            "export default () => 1",
            "export default (a: number): number => a",
        ] {
            let direct = compile_here(source).unwrap();
            let loaded = <Isolate as ForkedEngine>::compile(source).unwrap();
            let loaded = <Isolate as ForkedEngine>::load(&loaded).unwrap();
            assert_eq!(loaded.form, direct.form, "{source}");
            assert_eq!(loaded.reads_context, direct.reads_context, "{source}");
            assert_eq!(loaded.maps, direct.maps, "{source}");
            assert_eq!(loaded.bytecode.bytes(), direct.bytecode.bytes(), "{source}");
        }
        for invalid in [&[][..], &[0], &[9, 0, 1]] {
            assert!(<Isolate as ForkedEngine>::load(invalid).is_none());
        }
    }
}
