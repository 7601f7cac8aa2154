//! A runtime with one instance, and calls with settable limits.

use std::thread;
use std::time::Duration;

use faas_core::error::CompileError;
use faas_core::model::{
    ExecutionId, Failure, FailureKind, FunctionId, InstanceId, Json, Timestamp,
};
use faas_core::runtime::{
    Call, CallContext, Limits, OpenEnvironment, Outcome, Program, QuickJsOptions, Runtime,
    StopSignal,
};
use serde_json::Value;

use super::{Tested, start};

pub(super) struct Rig {
    pub(super) quickjs: Tested,
    pub(super) limits: Limits,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(QuickJsOptions {
            blank_isolates: 1,
            ..QuickJsOptions::default()
        })
    }

    pub(super) fn with(options: QuickJsOptions) -> Self {
        Self {
            quickjs: start(options),
            limits: Limits {
                timeout: Duration::from_secs(20),
                memory: 64 << 20,
                output: 1 << 20,
                log_lines: 100,
                log_bytes: 10_000,
            },
        }
    }

    /// Compiles what may be wrong.
    pub(super) fn quickjs_compile(&self, source: &str) -> Result<Program, CompileError> {
        self.quickjs.compile(source)
    }

    pub(super) fn compile(&self, source: &str) -> Program {
        self.quickjs
            .compile(source)
            .unwrap_or_else(|error| panic!("{error}: {source}"))
    }

    pub(super) fn error(&self, source: &str) -> CompileError {
        match self.quickjs.compile(source) {
            Ok(_) => panic!("it compiled: {source}"),
            Err(error) => error,
        }
    }

    /// Compiles and calls once, in an isolate of its own.
    pub(super) fn run(&self, source: &str, input: &str) -> Outcome {
        let function = FunctionId::from_u128(fastrand::u128(..));
        let outcome = self.call(function, &self.compile(source), input);
        self.quickjs.forget(function);
        outcome
    }

    pub(super) fn call(&self, function: FunctionId, program: &Program, input: &str) -> Outcome {
        self.call_until(function, program, input, &StopSignal::default())
    }

    pub(super) fn call_named(
        &self,
        function: FunctionId,
        program: &Program,
        name: &str,
    ) -> Outcome {
        let none = OpenEnvironment::EMPTY;
        self.call_with(function, program, "{}", name, &none, &StopSignal::default())
    }

    pub(super) fn call_until(
        &self,
        function: FunctionId,
        program: &Program,
        input: &str,
        stop: &StopSignal,
    ) -> Outcome {
        let none = OpenEnvironment::EMPTY;
        self.call_with(function, program, input, "adder", &none, stop)
    }

    /// As [`Rig::call`], with these names in the environment.
    pub(super) fn call_in<'a>(
        &self,
        function: FunctionId,
        program: &Program,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Outcome {
        let stop = StopSignal::default();
        let environment = OpenEnvironment::new(names);
        self.call_with(function, program, "{}", "adder", &environment, &stop)
    }

    fn call_with(
        &self,
        function: FunctionId,
        program: &Program,
        input: &str,
        name: &str,
        environment: &OpenEnvironment,
        stop: &StopSignal,
    ) -> Outcome {
        let instance = InstanceId::new("i-7");
        let context = CallContext {
            execution_id: ExecutionId::from_u128(0x1234),
            function_id: function,
            function_name: name.into(),
            attempt: 2,
            deadline: Timestamp::from_millis(1_769_868_309_123),
            instance_id: instance.clone(),
        };
        let input = Json::parse(input.to_owned()).unwrap();
        // With the stack that the runtime asks its hosts for.
        thread::scope(|scope| {
            let run = || {
                self.quickjs.instance(&instance).unwrap().run(&Call {
                    function: (function, 1),
                    program,
                    environment,
                    input: &input,
                    context: &context,
                    limits: &self.limits,
                    stop,
                })
            };
            let thread = thread::Builder::new().stack_size(self.quickjs.stack_size());
            thread.spawn_scoped(scope, run).unwrap().join().unwrap()
        })
    }

    /// What the code returns; it must.
    pub(super) fn value(&self, source: &str, input: &str) -> Value {
        match self.run(source, input).result {
            Ok(output) => output.to().unwrap(),
            Err(failure) => panic!("{failure:?}: {source}"),
        }
    }

    /// How the code fails; it must.
    pub(super) fn failure(&self, source: &str) -> Failure {
        match self.run(source, "{}").result {
            Ok(output) => panic!("it returned {output}: {source}"),
            Err(failure) => failure,
        }
    }

    /// The message of a failure that is the user's.
    pub(super) fn user_error(&self, source: &str) -> String {
        let failure = self.failure(source);
        assert_eq!(
            failure.kind,
            FailureKind::UserError,
            "{failure:?}: {source}"
        );
        failure.message
    }
}
