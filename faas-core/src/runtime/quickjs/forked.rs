//! Isolates in child processes: what [`ForkedEngine`] asks for.

use std::io;
use std::sync::Arc;

use super::compile::{COMPILE_MEMORY, Compiled, Form, compile_here};
use super::isolate::Isolate;
use super::raw::Bytecode;
use super::web::Mentioned;
use crate::clock::Clock;
use crate::error::CompileError;
use crate::runtime::step::{ForkedEngine, LineRecorder};

/// What precedes the bytecode of a program: its form, and whether the handler may read its second
/// argument.
const HEAD: usize = 2;

impl ForkedEngine for Isolate {
    const COMPILE_MEMORY: usize = COMPILE_MEMORY;

    fn blank(clock: Arc<dyn Clock>) -> io::Result<Self> {
        let blank = Self::blank(clock).and_then(|isolate| isolate.load_all().map(|()| isolate));
        blank.map_err(|_| io::ErrorKind::OutOfMemory.into())
    }

    fn allow_eval(&mut self) {
        self.with_eval();
    }

    fn diverge(&mut self, seed: u64, recorder: Arc<dyn LineRecorder>) {
        self.seed(seed);
        self.record_lines(recorder);
    }

    fn compile(source: &str) -> Result<Vec<u8>, CompileError> {
        let Compiled {
            form,
            bytecode,
            reads_context,
            globals: _,
        } = compile_here(source)?;
        let head = [form as u8, u8::from(reads_context)];
        Ok([&head, bytecode.bytes()].concat())
    }

    fn load(program: &[u8]) -> Option<Compiled> {
        let (&[form, reads_context], bytecode) = program.split_first_chunk::<HEAD>()?;
        Some(Compiled {
            form: Form::numbered(form)?,
            bytecode: Bytecode::received(bytecode),
            reads_context: reads_context != 0,
            globals: Mentioned::NONE,
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
        ] {
            let direct = compile_here(source).unwrap();
            let loaded = <Isolate as ForkedEngine>::compile(source).unwrap();
            let loaded = <Isolate as ForkedEngine>::load(&loaded).unwrap();
            assert_eq!(loaded.form, direct.form, "{source}");
            assert_eq!(loaded.reads_context, direct.reads_context, "{source}");
            assert_eq!(loaded.bytecode.bytes(), direct.bytecode.bytes(), "{source}");
        }
        for invalid in [&[][..], &[0], &[9, 0, 1]] {
            assert!(<Isolate as ForkedEngine>::load(invalid).is_none());
        }
    }
}
