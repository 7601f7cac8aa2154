//! A runtime, and calls with settable limits.

use std::sync::Arc;
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
use tokio::runtime::{Builder, Runtime as Tokio};
use tokio::task::JoinHandle;

use super::{Tested, start};

pub(super) struct Rig {
    pub(super) quickjs: Tested,
    pub(super) limits: Limits,
    /// Runs the calls. Each rig has its own.
    pub(super) tokio: Tokio,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(QuickJsOptions {
            blank_isolates: 1,
            // A busy machine can take longer than the default.
            compile_timeout: Duration::from_secs(60),
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
                host_calls: 10,
                host_bytes: 1 << 20,
            },
            tokio: Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    /// Compiles code that may be invalid.
    pub(super) fn quickjs_compile(&self, source: &str) -> Result<Program, CompileError> {
        self.quickjs.compile(&source.into())
    }

    pub(super) fn compile(&self, source: &str) -> Program {
        self.quickjs
            .compile(&source.into())
            .unwrap_or_else(|error| panic!("{error}: {source}"))
    }

    pub(super) fn error(&self, source: &str) -> CompileError {
        match self.quickjs.compile(&source.into()) {
            Ok(_) => panic!("it compiled: {source}"),
            Err(error) => error,
        }
    }

    /// Compiles and calls once, in a new isolate.
    pub(super) fn run(&self, source: &str, input: &str) -> Outcome {
        let function = FunctionId::from_u128(fastrand::u128(..));
        let outcome = self.call(function, &self.compile(source), input);
        self.quickjs.forget(function);
        outcome
    }

    pub(super) fn call(&self, function: FunctionId, program: &Program, input: &str) -> Outcome {
        self.run_call(self.make_call(function, program, input))
    }

    pub(super) fn call_named(
        &self,
        function: FunctionId,
        program: &Program,
        name: &str,
    ) -> Outcome {
        let mut call = self.make_call(function, program, "{}");
        call.context = Arc::new(CallContext {
            function_name: name.into(),
            ..CallContext::clone(&call.context)
        });
        self.run_call(call)
    }

    /// Calls with these names in the environment.
    pub(super) fn call_in<'a>(
        &self,
        function: FunctionId,
        program: &Program,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Outcome {
        self.run_call(Call {
            environment: Arc::new(OpenEnvironment::new(names)),
            ..self.make_call(function, program, "{}")
        })
    }

    /// Makes a call that was not started yet.
    pub(super) fn make_call(&self, function: FunctionId, program: &Program, input: &str) -> Call {
        let context = CallContext {
            execution_id: ExecutionId::from_u128(0x1234),
            function_id: function,
            function_name: "adder".into(),
            attempt: 2,
            deadline: Timestamp::from_millis(1_769_868_309_123),
            instance_id: InstanceId::new("i-7"),
        };
        Call {
            function: (function, 1),
            program: program.clone(),
            environment: Arc::new(OpenEnvironment::EMPTY),
            bindings: Arc::new([]),
            input: Json::parse(input.to_owned()).unwrap(),
            is_http: false,
            context: Arc::new(context),
            limits: self.limits,
            stop: Arc::new(StopSignal::default()),
            host: Arc::new(()),
        }
    }

    pub(super) fn run_call(&self, call: Call) -> Outcome {
        self.tokio.block_on(run(self.quickjs.clone(), call))
    }

    /// Starts a call without waiting for its end.
    pub(super) fn spawn_call(&self, call: Call) -> JoinHandle<Outcome> {
        self.tokio.spawn(run(self.quickjs.clone(), call))
    }

    /// Waits for something, which must happen.
    pub(super) fn wait_for<T>(&self, event: impl Future<Output = T>) -> T {
        const HANGS: Duration = Duration::from_secs(60);
        let waited = async { tokio::time::timeout(HANGS, event).await };
        self.tokio.block_on(waited).expect("it does not happen")
    }

    /// Returns what the code returns; it must return.
    pub(super) fn value(&self, source: &str, input: &str) -> Value {
        match self.run(source, input).result {
            Ok(output) => output.to().unwrap(),
            Err(failure) => panic!("{failure:?}: {source}"),
        }
    }

    /// Returns how the code fails; it must fail.
    pub(super) fn failure(&self, source: &str) -> Failure {
        match self.run(source, "{}").result {
            Ok(output) => panic!("it returned {output}: {source}"),
            Err(failure) => failure,
        }
    }

    /// Returns the message of a user error.
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

async fn run(quickjs: Tested, call: Call) -> Outcome {
    let instance = quickjs.acquire(call.function).await.unwrap();
    instance.run(call).await
}
