//! The calls into QuickJS that rquickjs has no safe form of. All of this runtime's unsafe code is
//! here, in the allocator (`heap.rs`), in `promise_listeners.rs`, and where values are marked as safe
//! to change threads.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use rquickjs::{Array, Ctx, Exception, Function, Promise, Value, qjs};

use super::modules::Loader;

/// How a text is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// As a sloppy script.
    Script,
    /// As an ES module.
    Module,
}

/// An exception was thrown and is pending in the context.
#[derive(Debug)]
pub(super) struct Thrown;

#[expect(
    unsafe_code,
    reason = "rquickjs compiles modules only, and keeps their source"
)]
fn compile(
    ctx: &Ctx<'_>,
    text: &str,
    goal: Goal,
    file: &CStr,
    line: i32,
) -> Result<Vec<u8>, Thrown> {
    let mut terminated = Vec::with_capacity(text.len() + 1);
    terminated.extend_from_slice(text.as_bytes());
    terminated.push(0);
    let kind = match goal {
        Goal::Script => qjs::JS_EVAL_TYPE_GLOBAL,
        Goal::Module => qjs::JS_EVAL_TYPE_MODULE,
    };
    let mut options = qjs::JSEvalOptions {
        version: c_int::try_from(qjs::JS_EVAL_OPTIONS_VERSION).unwrap_or(1),
        eval_flags: c_int::try_from(kind | qjs::JS_EVAL_FLAG_COMPILE_ONLY).unwrap_or(0),
        filename: file.as_ptr(),
        line_num: line,
    };
    let flags = qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE;
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: `ctx` holds the runtime's lock. The text ends with a NUL that its length leaves out,
    // and it, the file name and the options outlive the call. With COMPILE_ONLY the value is
    // bytecode or a module, owned here: it is written and then freed. QuickJS owns the buffer that
    // it wrote to, `size` bytes long, until `js_free`.
    unsafe {
        let compiled = qjs::JS_Eval2(
            raw,
            terminated.as_ptr().cast(),
            text.len() as qjs::size_t,
            &raw mut options,
        );
        if qjs::JS_IsException(compiled) {
            return Err(Thrown);
        }
        let mut size = 0;
        let buffer = qjs::JS_WriteObject(
            raw,
            &raw mut size,
            compiled,
            c_int::try_from(flags).unwrap_or(0),
        );
        qjs::JS_FreeValue(raw, compiled);
        if buffer.is_null() {
            return Err(Thrown);
        }
        let bytecode = std::slice::from_raw_parts(buffer, size as usize).to_vec();
        qjs::js_free(raw, buffer.cast());
        Ok(bytecode)
    }
}

/// Makes each import of a module that is compiled lead to an empty module: QuickJS looks for the
/// modules that a text imports when it compiles the text.
#[expect(unsafe_code, reason = "rquickjs would lock the runtime again")]
pub(super) fn accept_imports(ctx: &Ctx<'_>) {
    unsafe extern "C" fn load(
        ctx: *mut qjs::JSContext,
        name: *const c_char,
        _: *mut c_void,
    ) -> *mut qjs::JSModuleDef {
        unsafe extern "C" fn no_exports(_: *mut qjs::JSContext, _: *mut qjs::JSModuleDef) -> c_int {
            0
        }
        // SAFETY: QuickJS calls this with its own context and a name that ends with a NUL.
        unsafe { qjs::JS_NewCModule(ctx, name, Some(no_exports)) }
    }
    // SAFETY: `ctx` holds the runtime's lock; the functions are static and use no opaque value.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetModuleLoaderFunc(runtime, None, Some(load), ptr::null_mut());
    }
}

/// Makes imports lead to the modules of `loader`, which must outlive the context.
#[expect(
    unsafe_code,
    reason = "rquickjs has no loader for modules that are made at run time"
)]
pub(super) fn load_imports(ctx: &Ctx<'_>, loader: &Loader) {
    // SAFETY: `ctx` holds the runtime's lock; the isolate keeps the loader in a box, and runs no code
    // once it drops it.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        let opaque = ptr::from_ref(loader).cast_mut().cast();
        qjs::JS_SetModuleLoaderFunc(runtime, Some(normalize), Some(load_module), opaque);
    }
}

/// QuickJS's callback that turns a specifier into the name of a module.
#[expect(unsafe_code, reason = "a callback of QuickJS")]
unsafe extern "C" fn normalize(
    raw: *mut qjs::JSContext,
    base: *const c_char,
    specifier: *const c_char,
    opaque: *mut c_void,
) -> *mut c_char {
    // SAFETY: QuickJS passes its context, while its lock is held, two texts that end with a NUL, and
    // the loader that `load_imports` set.
    unsafe {
        let Some(context) = NonNull::new(raw) else {
            return ptr::null_mut();
        };
        let ctx = Ctx::from_raw(context);
        let loader = &*opaque.cast::<Loader>();
        let base = CStr::from_ptr(base).to_string_lossy();
        let specifier = CStr::from_ptr(specifier).to_string_lossy();
        match loader.files().resolve(&base, &specifier) {
            Ok(name) => qjs::js_strndup(raw, name.as_ptr().cast(), name.len() as qjs::size_t),
            Err(message) => {
                drop(Exception::throw_reference(&ctx, &message));
                ptr::null_mut()
            }
        }
    }
}

/// QuickJS's callback that loads the module with a name that [`normalize`] has returned.
#[expect(unsafe_code, reason = "a callback of QuickJS")]
unsafe extern "C" fn load_module(
    raw: *mut qjs::JSContext,
    name: *const c_char,
    opaque: *mut c_void,
) -> *mut qjs::JSModuleDef {
    // SAFETY: as in `normalize`. A module's value points to its definition, which the context keeps.
    unsafe {
        let Some(context) = NonNull::new(raw) else {
            return ptr::null_mut();
        };
        let ctx = Ctx::from_raw(context);
        let loader = &*opaque.cast::<Loader>();
        let text = CStr::from_ptr(name).to_string_lossy();
        if let Some(module) = loader.es_module(&ctx, &text) {
            let Ok(module) = module else {
                return ptr::null_mut();
            };
            return qjs::JS_VALUE_GET_PTR(module.as_raw()).cast();
        }
        match loader.synthesized(&ctx, &text) {
            Ok((names, values)) => synthetic(&ctx, name, &names, &values),
            Err(_) => ptr::null_mut(),
        }
    }
}

/// Makes a module that exports `names`. `values` returns their values when it is evaluated.
///
/// # Safety
/// `name` must end with a NUL.
#[expect(
    unsafe_code,
    reason = "rquickjs fixes the exports of a native module at compile time"
)]
unsafe fn synthetic<'js>(
    ctx: &Ctx<'js>,
    name: *const c_char,
    names: &[String],
    values: &Function<'js>,
) -> *mut qjs::JSModuleDef {
    let raw = ctx.as_raw().as_ptr();
    let make = || {
        let private = Array::new(ctx.clone())?;
        private.set(0, values.clone())?;
        for (index, name) in names.iter().enumerate() {
            private.set(index + 1, name.as_str())?;
        }
        rquickjs::Result::Ok(private)
    };
    let Ok(private) = make() else {
        return ptr::null_mut();
    };
    // SAFETY: `ctx` holds the lock; all texts end with a NUL; the module takes over the reference to
    // its private value.
    unsafe {
        let module = qjs::JS_NewCModule(raw, name, Some(evaluate_synthetic));
        if module.is_null() {
            return ptr::null_mut();
        }
        for name in names {
            let Ok(name) = CString::new(name.as_str()) else {
                continue;
            };
            if qjs::JS_AddModuleExport(raw, module, name.as_ptr()) < 0 {
                return ptr::null_mut();
            }
        }
        let private = qjs::JS_DupValue(raw, private.as_raw());
        qjs::JS_SetModulePrivateValue(raw, module, private);
        module
    }
}

/// QuickJS's callback that evaluates a module of [`synthetic`].
#[expect(unsafe_code, reason = "a callback of QuickJS")]
unsafe extern "C" fn evaluate_synthetic(
    raw: *mut qjs::JSContext,
    module: *mut qjs::JSModuleDef,
) -> c_int {
    // SAFETY: QuickJS passes its context, while its lock is held, and a module whose private value
    // `synthetic` has set. `JS_SetModuleExport` takes over the value.
    unsafe {
        let Some(context) = NonNull::new(raw) else {
            return -1;
        };
        let ctx = Ctx::from_raw(context);
        let set = || {
            let private = owned(&ctx, qjs::JS_GetModulePrivateValue(raw, module))
                .map_err(|_| rquickjs::Error::Exception)?;
            let private = private.into_array().ok_or(rquickjs::Error::Unknown)?;
            let values: Function<'_> = private.get(0)?;
            let values: Array<'_> = values.call(())?;
            for index in 0..values.len() {
                let name: String = private.get(index + 1)?;
                let Ok(name) = CString::new(name) else {
                    continue;
                };
                let value: Value<'_> = values.get(index)?;
                let value = qjs::JS_DupValue(raw, value.as_raw());
                if qjs::JS_SetModuleExport(raw, module, name.as_ptr(), value) < 0 {
                    return Err(rquickjs::Error::Exception);
                }
            }
            rquickjs::Result::Ok(())
        };
        if set().is_ok() { 0 } else { -1 }
    }
}

/// Bytecode from [`compile`]. QuickJS trusts bytecode as it trusts native code, so bytes from
/// elsewhere become this type in one place only: in a sandboxed child.
#[derive(Debug)]
pub(in crate::runtime) struct Bytecode(Box<[u8]>);

impl Bytecode {
    /// Compiles `text` without keeping its source, and runs nothing. Its first line has the number
    /// `line`; zero means one. The context must have the `Eval` intrinsic.
    pub(super) fn compile(
        ctx: &Ctx<'_>,
        text: &str,
        goal: Goal,
        file: &CStr,
        line: i32,
    ) -> Result<Self, Thrown> {
        Ok(Self(compile(ctx, text, goal, file, line)?.into()))
    }

    /// Restores bytecode from another process of the same program, in a sandboxed process that
    /// serves only the owner of the bytecode.
    #[cfg(target_os = "linux")]
    pub(in crate::runtime) fn received(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the bytes, for such a process.
    #[cfg(target_os = "linux")]
    pub(in crate::runtime) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the length in bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[expect(unsafe_code, reason = "rquickjs has no call for it")]
    fn read<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>, Thrown> {
        // SAFETY: `ctx` holds the runtime's lock; the bytes are bytecode that this very engine
        // wrote, and are copied; the value that comes back is owned by the caller.
        unsafe {
            let value = qjs::JS_ReadObject(
                ctx.as_raw().as_ptr(),
                self.0.as_ptr(),
                self.0.len() as qjs::size_t,
                c_int::try_from(qjs::JS_READ_OBJ_BYTECODE).unwrap_or(0),
            );
            owned(ctx, value)
        }
    }

    /// Runs a script and returns its value.
    #[expect(unsafe_code, reason = "rquickjs has no call for it")]
    pub(super) fn run_script<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>, Thrown> {
        let code = self.read(ctx)?;
        let raw = ctx.as_raw().as_ptr();
        // SAFETY: `ctx` holds the runtime's lock; `JS_EvalFunction` frees one reference, and the
        // duplicate is that one.
        unsafe {
            let code = qjs::JS_DupValue(raw, code.as_raw());
            owned(ctx, qjs::JS_EvalFunction(raw, code))
        }
    }

    /// Reads a module without running it. `name` is its path, or the name of a module of the host,
    /// for `import.meta`.
    #[expect(unsafe_code, reason = "rquickjs has no call for it")]
    pub(super) fn read_module<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
    ) -> Result<Value<'js>, Thrown> {
        let module = self.read(ctx)?;
        // SAFETY: `ctx` holds the runtime's lock. A module value's pointer is its definition.
        let meta = unsafe {
            if qjs::JS_VALUE_GET_TAG(module.as_raw()) != qjs::JS_TAG_MODULE {
                return Err(Thrown);
            }
            let definition = qjs::JS_VALUE_GET_PTR(module.as_raw()).cast();
            owned(
                ctx,
                qjs::JS_GetImportMeta(ctx.as_raw().as_ptr(), definition),
            )?
        };
        let meta = meta.into_object().ok_or(Thrown)?;
        if name.contains(':') {
            meta.set("url", name).map_err(|_| Thrown)?;
            return Ok(module);
        }
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (key, value) in [
            ("url", format!("file:///{name}")),
            ("filename", format!("/{name}")),
            ("dirname", format!("/{folder}")),
        ] {
            meta.set(key, value).map_err(|_| Thrown)?;
        }
        Ok(module)
    }

    /// Starts a module and returns the promise of its evaluation and its namespace. `name` is its
    /// path.
    #[expect(unsafe_code, reason = "rquickjs has no call for it")]
    pub(super) fn run_module<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
    ) -> Result<(Promise<'js>, Value<'js>), Thrown> {
        let module = self.read_module(ctx, name)?;
        let raw = ctx.as_raw().as_ptr();
        // SAFETY: `ctx` holds the runtime's lock. `module` keeps one reference until the end of
        // this function; `JS_EvalFunction` frees the duplicate. A module value's pointer is its
        // definition.
        let (promise, namespace) = unsafe {
            if qjs::JS_ResolveModule(raw, module.as_raw()) < 0 {
                return Err(Thrown);
            }
            let code = qjs::JS_DupValue(raw, module.as_raw());
            let promise = owned(ctx, qjs::JS_EvalFunction(raw, code))?;
            let definition = qjs::JS_VALUE_GET_PTR(module.as_raw()).cast();
            (
                promise,
                owned(ctx, qjs::JS_GetModuleNamespace(raw, definition))?,
            )
        };
        let promise = promise.into_promise().ok_or(Thrown)?;
        Ok((promise, namespace))
    }
}

/// # Safety
/// `value` must belong to `ctx`, and the caller must own a reference to it.
#[expect(unsafe_code, reason = "takes a reference over from QuickJS")]
unsafe fn owned<'js>(ctx: &Ctx<'js>, value: qjs::JSValue) -> Result<Value<'js>, Thrown> {
    // SAFETY: by this function's own contract.
    unsafe {
        if qjs::JS_IsException(value) {
            Err(Thrown)
        } else {
            Ok(Value::from_raw(ctx.clone(), value))
        }
    }
}

/// Sets the stack that QuickJS may use, in bytes, while the context is in use.
#[expect(unsafe_code, reason = "rquickjs would lock the runtime again")]
pub(super) fn set_max_stack(ctx: &Ctx<'_>, bytes: usize) {
    // SAFETY: `ctx` holds the runtime's lock. The call only changes the limit that QuickJS compares
    // the stack pointer with.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetMaxStackSize(runtime, bytes as qjs::size_t);
    }
}

/// Adds the intrinsic with which code makes code from text.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "rquickjs adds intrinsics to new contexts only")]
pub(super) fn add_eval(ctx: &Ctx<'_>) {
    // SAFETY: `ctx` holds the runtime's lock. The call sets a function pointer of the context.
    unsafe {
        qjs::JS_AddIntrinsicEval(ctx.as_raw().as_ptr());
    }
}

/// What happened to the first pending job.
#[derive(Debug)]
pub(super) enum Job<'js> {
    /// There was none.
    None,
    /// It ran.
    Ran,
    /// It threw this.
    Threw(Value<'js>),
}

/// Returns whether a job is pending.
#[expect(unsafe_code, reason = "rquickjs would lock the runtime again")]
pub(super) fn job_pending(ctx: &Ctx<'_>) -> bool {
    // SAFETY: `ctx` holds the runtime's lock.
    unsafe { qjs::JS_IsJobPending(qjs::JS_GetRuntime(ctx.as_raw().as_ptr())) }
}

/// Runs the first pending job.
#[expect(unsafe_code, reason = "rquickjs drops what the job threw")]
pub(super) fn run_job<'js>(ctx: &Ctx<'js>) -> Job<'js> {
    let mut job_context = ptr::null_mut();
    // SAFETY: `ctx` holds the runtime's lock. An isolate has one context, so a job's exception is
    // in this one.
    let result = unsafe {
        qjs::JS_ExecutePendingJob(
            qjs::JS_GetRuntime(ctx.as_raw().as_ptr()),
            &raw mut job_context,
        )
    };
    match result {
        0 => Job::None,
        1.. => Job::Ran,
        _ => Job::Threw(ctx.catch()),
    }
}

/// Calls `read` with the text of a string, in UTF-8 except for lone surrogates; `None` if it is not
/// a string or memory runs out.
#[expect(
    unsafe_code,
    reason = "rquickjs takes the text to be valid without looking"
)]
pub(super) fn with_text<R>(value: &Value<'_>, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
    if !value.is_string() {
        return None;
    }
    let raw = value.ctx().as_raw().as_ptr();
    let mut length = 0;
    // SAFETY: the value belongs to the context, whose lock is held as long as `value` lives. The
    // text is `length` bytes long and stays until `JS_FreeCString`.
    unsafe {
        let text = qjs::JS_ToCStringLen2(raw, &raw mut length, value.as_raw(), false);
        if text.is_null() {
            // Memory is out: clear the exception.
            drop(value.ctx().catch());
            return None;
        }
        let result = read(std::slice::from_raw_parts(text.cast(), length as usize));
        qjs::JS_FreeCString(raw, text);
        Some(result)
    }
}

/// Returns the text of a string; each lone surrogate becomes U+FFFD.
pub(super) fn text(value: &Value<'_>) -> Option<String> {
    with_text(value, |bytes| {
        let mut bytes = bytes.to_vec();
        replace_surrogates(&mut bytes);
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    })
}

/// Replaces each lone surrogate with U+FFFD, which is as long in UTF-8.
fn replace_surrogates(text: &mut [u8]) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == 0xed) {
        let Some((surrogate, after)) = rest
            .get_mut(at..)
            .and_then(|tail| tail.split_first_chunk_mut::<3>())
        else {
            return;
        };
        if surrogate[1] >= 0xa0 {
            *surrogate = [0xef, 0xbf, 0xbd];
        }
        rest = after;
    }
}

/// Returns the length of a `Uint8Array` or `ArrayBuffer` in bytes; `None` for anything else.
pub(super) fn bytes_length(value: &Value<'_>) -> Option<usize> {
    with_bytes(value, <[u8]>::len)
}

/// Copies the bytes of a `Uint8Array` or `ArrayBuffer`; `None` for anything else.
pub(super) fn bytes(value: &Value<'_>) -> Option<Vec<u8>> {
    with_bytes(value, <[u8]>::to_vec)
}

/// Calls `read` with the bytes of a `Uint8Array` or `ArrayBuffer`; `None` for anything else, and for
/// one that was detached. Runs no user code.
#[expect(unsafe_code, reason = "rquickjs asks the global constructors")]
pub(super) fn with_bytes<R>(value: &Value<'_>, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
    if !value.is_object() {
        return None;
    }
    let raw = value.ctx().as_raw().as_ptr();
    let uint8 = c_int::try_from(qjs::JSTypedArrayEnum_JS_TYPED_ARRAY_UINT8).unwrap_or(-1);
    let mut length = 0;
    // SAFETY: the value belongs to the context, whose lock is held as long as `value` lives. The
    // bytes are `length` long and stay while no JavaScript runs, and `read` cannot run any.
    unsafe {
        let start = if qjs::JS_GetTypedArrayType(value.as_raw()) == uint8 {
            qjs::JS_GetUint8Array(raw, &raw mut length, value.as_raw())
        } else if qjs::JS_IsArrayBuffer(value.as_raw()) {
            qjs::JS_GetArrayBuffer(raw, &raw mut length, value.as_raw())
        } else {
            return None;
        };
        if start.is_null() {
            // Either it is empty, or it was detached, which throws.
            drop(value.ctx().catch());
            return Some(read(&[]));
        }
        Some(read(std::slice::from_raw_parts(start, length as usize)))
    }
}

/// Calls `write` with the bytes of a `Uint8Array`; `None` for anything else, and for one that was
/// detached or is out of bounds. Runs no user code.
#[expect(unsafe_code, reason = "rquickjs asks the global constructors")]
pub(super) fn with_bytes_mut<R>(
    value: &Value<'_>,
    write: impl FnOnce(&mut [u8]) -> R,
) -> Option<R> {
    let raw = value.ctx().as_raw().as_ptr();
    let uint8 = c_int::try_from(qjs::JSTypedArrayEnum_JS_TYPED_ARRAY_UINT8).unwrap_or(-1);
    let mut length = 0;
    // SAFETY: the value belongs to the context, whose lock is held as long as `value` lives. The
    // bytes are `length` long and stay while no JavaScript runs, and `write` cannot run any.
    // Nothing else refers to them: other isolates share no memory.
    unsafe {
        if !value.is_object() || qjs::JS_GetTypedArrayType(value.as_raw()) != uint8 {
            return None;
        }
        let start = qjs::JS_GetUint8Array(raw, &raw mut length, value.as_raw());
        if start.is_null() {
            drop(value.ctx().catch());
            return None;
        }
        Some(write(std::slice::from_raw_parts_mut(
            start,
            length as usize,
        )))
    }
}

/// Makes a `Uint8Array` with a copy of `bytes`.
#[expect(unsafe_code, reason = "rquickjs uses the global constructors")]
pub(super) fn new_bytes<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<Value<'js>, Thrown> {
    // SAFETY: `ctx` holds the runtime's lock; the bytes are copied; the new value is owned here.
    unsafe {
        let length = bytes.len() as qjs::size_t;
        let array = qjs::JS_NewUint8ArrayCopy(ctx.as_raw().as_ptr(), bytes.as_ptr(), length);
        owned(ctx, array)
    }
}

/// Returns the number of an object's class in QuickJS; 0 for anything else.
#[expect(unsafe_code, reason = "rquickjs has no call for it")]
pub(super) fn class(value: &Value<'_>) -> u32 {
    if !value.is_object() {
        return 0;
    }
    // SAFETY: the value is an object, which lives as long as `value`.
    unsafe { qjs::JS_GetClassID(value.as_raw()) }
}
