//! Isolates in child processes: what [`ForkedEngine`] asks for.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compile::{
    COMPILE_MEMORY, Compiled, Form, cannot_now, compile_here, compile_presets_here,
};
use super::handler::Handler;
use super::isolate::Isolate;
use super::modules::{Linked, Unit};
use super::presets::Presets;
use super::raw::Bytecode;
use super::script::Loadable;
use super::source_map::SourceMaps;
use crate::clock::Clock;
use crate::error::CompileError;
use crate::model::Source;
use crate::runtime::step::{ForkedEngine, LineRecorder};

/// A program on its way from the child that compiles it to the child that runs it.
#[derive(Serialize, Deserialize)]
struct Program<'a> {
    form: Form,
    handler: Handler,
    reads_context: bool,
    uses_deno: bool,
    maps: Cow<'a, SourceMaps>,
    main: Cow<'a, str>,
    #[serde(borrow)]
    bytecode: &'a [u8],
    #[serde(borrow)]
    files: Vec<File<'a>>,
}

/// The modules of the host on their way from the child that compiles them to the zygote.
#[derive(Serialize, Deserialize)]
struct PresetFiles<'a> {
    maps: Cow<'a, SourceMaps>,
    #[serde(borrow)]
    files: Vec<File<'a>>,
}

/// A file of a program besides its main file, or a module of the host.
#[derive(Serialize, Deserialize)]
struct File<'a> {
    path: Cow<'a, str>,
    kind: Kind,
    content: &'a [u8],
    /// The names that a CommonJS module exports.
    names: Cow<'a, [String]>,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
enum Kind {
    Module,
    CommonJs,
    Json,
    Text,
}

impl<'a> File<'a> {
    fn of(path: &'a str, unit: &'a Unit) -> Self {
        let (kind, content, names) = match unit {
            Unit::Module(bytecode) => (Kind::Module, bytecode.bytes(), [].as_slice()),
            Unit::CommonJs(bytecode, names) => (Kind::CommonJs, bytecode.bytes(), &**names),
            Unit::Json(text) => (Kind::Json, text.as_bytes(), [].as_slice()),
            Unit::Text(text) => (Kind::Text, text.as_bytes(), [].as_slice()),
        };
        Self {
            path: path.into(),
            kind,
            content,
            names: names.into(),
        }
    }

    fn into_unit(self) -> Option<(String, Unit)> {
        let text = || str::from_utf8(self.content).ok().map(str::to_owned);
        let unit = match self.kind {
            Kind::Module => Unit::Module(Bytecode::received(self.content)),
            Kind::CommonJs => {
                Unit::CommonJs(Bytecode::received(self.content), self.names.into_owned())
            }
            Kind::Json => Unit::Json(text()?),
            Kind::Text => Unit::Text(text()?),
        };
        Some((self.path.into_owned(), unit))
    }
}

impl ForkedEngine for Isolate {
    const COMPILE_MEMORY: usize = COMPILE_MEMORY;

    fn blank(clock: Arc<dyn Clock>) -> io::Result<Self> {
        let blank = Self::blank(clock).and_then(|isolate| isolate.load_all().map(|()| isolate));
        blank.map_err(|_| io::ErrorKind::OutOfMemory.into())
    }

    fn allow_eval(&mut self) {
        self.with_eval();
    }

    fn settle(&mut self) {
        self.fill_holes();
    }

    fn diverge(&mut self, seed: u64, recorder: Arc<dyn LineRecorder>) {
        self.seed(seed);
        self.record_lines(recorder);
    }

    fn compile_presets(modules: &[(String, String)]) -> Result<Vec<u8>, CompileError> {
        let presets = compile_presets_here(modules)?;
        let units = presets.units.iter();
        let modules = PresetFiles {
            maps: Cow::Borrowed(&presets.maps),
            files: units.map(|(name, unit)| File::of(name, unit)).collect(),
        };
        postcard::to_allocvec(&modules).map_err(|_| cannot_now("the modules are not writable"))
    }

    fn preset(&mut self, modules: &[u8]) -> Option<()> {
        let modules: PresetFiles<'_> = postcard::from_bytes(modules).ok()?;
        let units = modules.files.into_iter().map(File::into_unit);
        let presets = Presets::new(units.collect::<Option<_>>()?, modules.maps.into_owned());
        Self::preset(self, Arc::new(presets));
        self.read_presets().ok()
    }

    fn compile(&self, source: &Source) -> Result<(Vec<u8>, &'static str), CompileError> {
        let compiled = compile_here(source, &self.preset_names())?;
        let units = compiled.linked.units.iter();
        let program = Program {
            form: compiled.form,
            handler: compiled.handler,
            reads_context: compiled.reads_context,
            uses_deno: compiled.uses_deno,
            maps: Cow::Borrowed(&compiled.maps),
            main: compiled.linked.main.as_str().into(),
            bytecode: compiled.bytecode.bytes(),
            files: units.map(|(path, unit)| File::of(path, unit)).collect(),
        };
        let program = postcard::to_allocvec(&program);
        let program = program.map_err(|_| cannot_now("the program is not writable"))?;
        Ok((program, compiled.handler.as_str()))
    }

    fn compile_script(&self, source: &Source) -> Result<Loadable, CompileError> {
        compile_here(source, &self.preset_names()).map(Loadable::CompiledScript)
    }

    fn load(program: &[u8]) -> Option<Loadable> {
        let program: Program<'_> = postcard::from_bytes(program).ok()?;
        let files = program.files.into_iter().map(File::into_unit);
        Some(Loadable::Function(Compiled {
            form: program.form,
            handler: program.handler,
            bytecode: Bytecode::received(program.bytecode),
            reads_context: program.reads_context,
            uses_deno: program.uses_deno,
            maps: Arc::new(program.maps.into_owned()),
            linked: Arc::new(Linked {
                main: program.main.into_owned(),
                units: files.collect::<Option<_>>()?,
            }),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::presets::PresetNames;
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_program_survives_the_way_through_a_pipe() {
        let isolate = Isolate::blank(Arc::new(SystemClock::new())).unwrap();
        for source in [
            "return 1",
            "() => 1",
            "const a = 1; function f(_, context) { return a }",
            "exports.handler = () => 1",
            "export default () => 1",
            "export default (a: number): number => a",
        ] {
            let direct = compile_here(&source.into(), &PresetNames::default()).unwrap();
            let (loaded, handler) = ForkedEngine::compile(&isolate, &source.into()).unwrap();
            assert_eq!(handler, direct.handler.as_str(), "{source}");
            let loaded = <Isolate as ForkedEngine>::load(&loaded).unwrap();
            let Loadable::Function(loaded) = loaded else {
                panic!("{source}");
            };
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
