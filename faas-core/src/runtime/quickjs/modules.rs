//! The modules of a program while it runs: loads them when code imports or requires them.
//!
//! QuickJS resolves and loads the imports of ES modules through two callbacks, whose state is the
//! [`Loader`] of the isolate. What is no ES module (CommonJS, JSON, texts, built-in modules) reaches
//! an import as a module whose exports `prelude/modules.js` computes when it is evaluated. That file
//! also has `require`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rquickjs::{Array, Ctx, Function, IntoJs, Object, Persistent, Value};

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

/// The files of the program of one isolate; empty until the isolate loads a program.
#[derive(Debug, Default)]
pub(super) struct Files(OnceLock<Arc<Linked>>);

impl Files {
    /// Sets the program. An isolate loads one program in its life.
    pub(super) fn link(&self, linked: &Arc<Linked>) {
        let _ = self.0.set(linked.clone());
    }

    fn unit(&self, name: &str) -> Option<&Unit> {
        self.0.get()?.units.get(name)
    }

    /// The name of the module that `specifier` means in `base`.
    pub(super) fn resolve(&self, base: &str, specifier: &str) -> Result<String, String> {
        resolve::resolve(base, specifier, |path| {
            (self.0.get()).is_some_and(|linked| path == linked.main) || self.unit(path).is_some()
        })
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
    /// `synthesize` of `prelude/main.js`.
    synthesize: Persistent<Function<'static>>,
}

impl Loader {
    pub(super) fn new(files: Arc<Files>, synthesize: Persistent<Function<'static>>) -> Self {
        Self { files, synthesize }
    }

    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// The bytecode of an ES module of the program.
    pub(super) fn es_module(&self, name: &str) -> Option<&Bytecode> {
        match self.files.unit(name)? {
            Unit::Module(bytecode) => Some(bytecode),
            _ => None,
        }
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
