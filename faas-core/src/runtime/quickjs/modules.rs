//! The modules of a program while it runs: loads them when code imports or requires them.
//!
//! QuickJS resolves and loads the imports of ES modules through two callbacks, whose state is the
//! [`Loader`] of the isolate. What is no ES module (CommonJS, JSON, texts, built-in modules) reaches
//! an import as a module whose exports `prelude/modules.js` computes when it is evaluated. That file
//! also has `require`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rquickjs::{Array, Ctx, Function, IntoJs, Object, Persistent, Value};

use super::heap::Heap;
use super::presets::{PresetNames, Presets};
use super::raw::{self, Bytecode};
use super::{builtin_modules, resolve};

/// A file of a program.
#[derive(Debug)]
pub(in crate::runtime) enum Unit {
    /// An ES module.
    Module(Bytecode),
    /// The function of a CommonJS module, and the names that it exports as far as they can be seen.
    CommonJs(Bytecode, Vec<String>),
    /// JSON text.
    Json(String),
    /// Another text: its default export is the text.
    Text(String),
}

/// The files of a program besides its main file, and the name of the main file.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Linked {
    pub(in crate::runtime) main: String,
    pub(in crate::runtime) units: BTreeMap<String, Unit>,
}

/// The files of the program of one isolate, and the modules of the host.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Empty until the isolate loads a program.
    linked: OnceLock<Arc<Linked>>,
    presets: OnceLock<Arc<Presets>>,
}

impl Files {
    /// Sets the program. An isolate loads one program in its life.
    pub(super) fn link(&self, linked: &Arc<Linked>) {
        let _ = self.linked.set(linked.clone());
    }

    /// Sets the modules of the host, once, before the program.
    pub(super) fn preset(&self, presets: Arc<Presets>) {
        let _ = self.presets.set(presets);
    }

    /// The modules of the host.
    pub(super) fn presets(&self) -> Option<&Arc<Presets>> {
        self.presets.get()
    }

    /// A file has no colon in its path, so no name means two things.
    fn unit(&self, name: &str) -> Option<&Unit> {
        let file = self.linked.get().and_then(|linked| linked.units.get(name));
        file.or_else(|| self.presets.get()?.units.get(name))
    }

    /// The name of the module that `specifier` means in `base`.
    pub(super) fn resolve(&self, base: &str, specifier: &str) -> Result<String, String> {
        let linked = self.linked.get();
        let has = |path: &str| {
            linked.is_some_and(|linked| path == linked.main || linked.units.contains_key(path))
        };
        match self.presets.get() {
            Some(presets) => resolve::resolve(base, specifier, has, &presets.names),
            None => resolve::resolve(base, specifier, has, &PresetNames::default()),
        }
    }

    /// What `prelude/modules.js` needs of a module, as `[kind, payload, member]`.
    fn part<'js>(&self, ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Array<'js>> {
        let array = |kind: &str, payload: Value<'js>, member: Option<&str>| {
            let array = Array::new(ctx.clone())?;
            array.set(0, kind)?;
            array.set(1, payload)?;
            array.set(2, member)?;
            Ok(array)
        };
        if let Some(builtin) = builtin_modules::find(name) {
            return array("builtin", builtin.part.into_js(ctx)?, builtin.member);
        }
        match self.unit(name) {
            Some(Unit::CommonJs(bytecode, _)) => {
                let function = bytecode
                    .run_script(ctx)
                    .map_err(|_| rquickjs::Error::Exception)?;
                array("commonjs", function, None)
            }
            Some(Unit::Json(text)) => array("json", text.as_str().into_js(ctx)?, None),
            Some(Unit::Text(text)) => array("text", text.as_str().into_js(ctx)?, None),
            Some(Unit::Module(_)) => array("module", Value::new_undefined(ctx.clone()), None),
            None => array("none", Value::new_undefined(ctx.clone()), None),
        }
    }
}

/// What QuickJS's callbacks for imports use. QuickJS points to it, so the isolate keeps it in a box
/// until its runtime has ended.
pub(super) struct Loader {
    files: Arc<Files>,
    heap: Arc<Heap>,
    /// `synthesize` of `prelude/main.js`.
    synthesize: Persistent<Function<'static>>,
}

impl Loader {
    pub(super) fn new(
        files: Arc<Files>,
        heap: Arc<Heap>,
        synthesize: Persistent<Function<'static>>,
    ) -> Self {
        Self {
            files,
            heap,
            synthesize,
        }
    }

    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// Reads an ES module; `None` if `name` means something else.
    pub(super) fn es_module<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
    ) -> Option<Result<Value<'js>, raw::Thrown>> {
        match self.files.unit(name)? {
            Unit::Module(bytecode) => {
                self.heap.load_module();
                Some(bytecode.read_module(ctx, name))
            }
            _ => None,
        }
    }

    /// Reads the ES modules of the host, in an isolate that will be forked: QuickJS finds them by
    /// their names when code imports them.
    #[cfg(target_os = "linux")]
    pub(super) fn read_presets(&self, ctx: &Ctx<'_>) -> Result<(), raw::Thrown> {
        let units = self.files.presets().map(|presets| &presets.units);
        for (name, unit) in units.into_iter().flatten() {
            if let Unit::Module(bytecode) = unit {
                bytecode.read_module(ctx, name)?;
            }
        }
        Ok(())
    }

    /// What another module exports: the names, and a function that returns their values.
    pub(super) fn synthesized<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
    ) -> rquickjs::Result<(Vec<String>, Function<'js>)> {
        let known = match self.files.unit(name) {
            Some(Unit::CommonJs(_, names)) => names.clone(),
            _ => Vec::new(),
        };
        let is_builtin = builtin_modules::find(name).is_some();
        let synthesize = self.synthesize.clone().restore(ctx)?;
        let made: Array<'js> = synthesize.call((name, known, is_builtin))?;
        Ok((made.get(0)?, made.get(1)?))
    }
}

/// The host functions of `prelude/modules.js`: `resolve(base, specifier)` returns a name, or an
/// object with a `message`; `part(name)` returns what a module is made of.
pub(super) fn host_functions<'js>(
    ctx: &Ctx<'js>,
    files: &Arc<Files>,
) -> rquickjs::Result<Object<'js>> {
    let functions = Object::new(ctx.clone())?;
    let known = files.clone();
    let resolve = move |ctx: Ctx<'js>, base: Value<'js>, specifier: Value<'js>| {
        let base = raw::text(&base).unwrap_or_default();
        let specifier = raw::text(&specifier).unwrap_or_default();
        match known.resolve(&base, &specifier) {
            Ok(name) => name.into_js(&ctx),
            Err(message) => {
                let error = Object::new(ctx.clone())?;
                error.set("message", message)?;
                Ok(error.into_value())
            }
        }
    };
    functions.set("resolve", Function::new(ctx.clone(), resolve)?)?;
    let known = files.clone();
    let part = move |ctx: Ctx<'js>, name: Value<'js>| {
        known.part(&ctx, &raw::text(&name).unwrap_or_default())
    };
    functions.set("part", Function::new(ctx.clone(), part)?)?;
    Ok(functions)
}
