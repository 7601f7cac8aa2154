//! Creates functions and executions for the tests, the same ones in each run.

use std::sync::Arc;
use std::time::Duration;

use crate::cost::PriceBook;
use crate::model::UsageSums;
use crate::model::{
    Actor, ApiKey, Attempt, AuditAction, AuditEntry, CallerLabel, CodeHash, Environment, Execution,
    ExecutionId, Failure, FailureKind, Function, FunctionConfig, FunctionId, FunctionStatus,
    HostCallRecord, IdGenerator, InstanceId, Json, KeyHash, KvUsage, LogLevel, LogLine,
    NanoDollars, Queueing, RequestRecord, RetryAdvice, Role, ScalingAction, ScalingEvent, Secret,
    Tier, Timestamp,
};
use crate::model::{Basis, Cost};
use crate::model::{
    ErrorGroup, LoadEstimate, LoadResult, LoadTest, LoadTestStatus, ResponseTimes, Second,
};
use crate::secrets::{SecretKey, SecretKeys};

/// 2026-01-15, in the middle of a minute.
pub const START: Timestamp = Timestamp::from_micros(1_768_472_430_123_456);

const LEVELS: [LogLevel; 5] = [
    LogLevel::Debug,
    LogLevel::Log,
    LogLevel::Info,
    LogLevel::Warn,
    LogLevel::Error,
];

#[derive(Debug)]
pub struct Fixtures {
    ids: IdGenerator,
    /// The time of the next record.
    pub now: Timestamp,
    pub random: fastrand::Rng,
}

impl Fixtures {
    pub fn new() -> Self {
        Self {
            ids: IdGenerator::default(),
            now: START,
            random: fastrand::Rng::with_seed(42),
        }
    }

    pub fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    pub fn id(&mut self) -> FunctionId {
        self.ids.function(self.now)
    }

    pub fn function(&mut self, name: &str) -> Function {
        Function {
            id: self.id(),
            name: name.into(),
            description: format!("does {name}").into(),
            code: "return input".into(),
            language: None,
            modules: None,
            handler: None,
            created_at: self.now,
            updated_at: self.now,
            version: 1,
            status: FunctionStatus::Active,
            config: FunctionConfig::default(),
            environment: Arc::default(),
            tier: Tier::Basic,
            aliases: Arc::default(),
        }
    }

    /// A key that is not revoked, with a random role and hash; every other one expires.
    pub fn key(&mut self, name: &str) -> ApiKey {
        let mut hash = [0; 32];
        self.random.fill(&mut hash);
        let expires = self.random.bool().then(|| Duration::from_micros(7));
        ApiKey {
            id: self.ids.key(self.now),
            name: name.into(),
            role: Role::ALL[self.random.usize(..Role::ALL.len())],
            hash: KeyHash(hash),
            created_at: self.now,
            expires_at: expires.map(|after| self.now + after),
            revoked_at: None,
            last_used_at: None,
        }
    }

    pub fn audit_entry(&mut self, actor: Actor, action: AuditAction) -> AuditEntry {
        AuditEntry {
            id: self.ids.audit(self.now),
            at: self.now,
            actor,
            action,
            target: format!("target {}", self.random.u32(..)),
        }
    }

    /// Variables and secrets with values that are easily damaged.
    pub fn environment(&mut self, function: FunctionId) -> Arc<Environment> {
        let keys: SecretKeys = [SecretKey::new([7; 32])].into_iter().collect();
        let texts = [
            "",
            "plain",
            "söme \"quoted\" 😀\nlines\u{0}",
            "$where {\"$gt\": 1}",
        ];
        let mut environment = Environment::default();
        for (n, text) in texts.into_iter().enumerate() {
            let (name, secret) = (format!("VARIABLE_{n}"), format!("SECRET_{n}"));
            let sealed = keys.seal(function, &secret, &text.into()).unwrap();
            let set_at = self.now + Duration::from_micros(n as u64);
            let secret_of = Secret { sealed, set_at };
            environment.variables.insert(name.into(), text.into());
            environment.secrets.insert(secret.into(), secret_of);
        }
        let proto = ("__proto__".into(), "no prototype".into());
        environment.variables.extend([proto]);
        Arc::new(environment)
    }

    pub fn pending(&mut self, function: FunctionId) -> Execution {
        let (id, input) = (self.ids.execution(self.now), Json::trusted(r#"{"a":1}"#));
        let free = Cost::zero(Tier::Basic, &PriceBook::default());
        Execution {
            max_retries: 3,
            ..Execution::new(id, function, input, free, self.now)
        }
    }

    /// An execution that completed or, one time in five, failed, with random duration and costs.
    pub fn ended(&mut self, function: FunctionId) -> Execution {
        let mut execution = self.pending(function);
        execution.claim().unwrap();
        self.end(&mut execution);
        execution
    }

    /// Ends a running execution.
    pub fn end(&mut self, execution: &mut Execution) {
        let failed = self.random.u8(..5) == 0;
        let attempt = self.attempt(failed);
        let end = attempt.start_time + attempt.duration;
        let failure = attempt.failure.clone();
        execution.end_attempt(attempt).unwrap();
        match failure {
            Some(failure) => execution.fail(failure, end).unwrap(),
            None => execution.complete(self.json(), end).unwrap(),
        }
        execution.cost = self.cost();
    }

    pub fn attempt(&mut self, failed: bool) -> Attempt {
        let random = &mut self.random;
        let stack = random.bool().then(|| "at handler:3:7\nat main".to_owned());
        let failure = failed.then(|| Failure {
            kind: FailureKind::ALL[random.usize(..FailureKind::ALL.len())],
            message: format!("TypeError: no. {}", random.u32(..)),
            stack,
            retry: RetryAdvice::Policy,
        });
        let instance = format!("instance-{}", random.u8(1..=10));
        let known = random.u8(..8) > 0;
        Attempt {
            start_time: self.now + Duration::from_micros(random.u64(..5_000)),
            duration: Duration::from_micros(random.u64(..2_000_000)),
            failure,
            instance_id: known.then(|| InstanceId::new(instance)),
            cold_start: random.u8(..3) == 0,
            cpu_time: Duration::from_nanos(random.u64(..4) * random.u64(..2_000_000_000)),
            kv: match random.u8(..4) {
                0 => KvUsage {
                    reads: random.u64(..1_000),
                    writes: random.u64(..1_000),
                    lists: random.u64(..1_000),
                },
                _ => KvUsage::default(),
            },
            code: (random.u8(..4) == 0).then(|| CodeHash([random.u8(..); 32])),
        }
    }

    pub fn cost(&mut self) -> Cost {
        let random = &mut self.random;
        Cost {
            tier: Tier::ALL[random.usize(..4)],
            base: NanoDollars::new(random.i64(0..10_000_000)),
            cold_start: NanoDollars::new(random.i64(0..50_000)),
            retry: NanoDollars::new(random.i64(0..60_000)),
            data_transfer: NanoDollars::new(random.i64(0..1_000_000)),
            kv: NanoDollars::new(random.i64(0..1_000_000)),
            memory_mb: random.u32(..2_048),
            cpu_millis: random.u32(..2_000),
            price_version: random.u32(..9),
        }
    }

    /// An execution with a random value in every field.
    pub fn any(&mut self, function: FunctionId) -> Execution {
        let mut execution = self.pending(function);
        let attempts = self.random.usize(..4);
        for _ in 0..attempts {
            execution.claim().unwrap();
            let failed = self.attempt(true);
            execution.end_attempt(failed).unwrap();
            execution.retry(self.now + Duration::from_secs(2)).unwrap();
        }
        if self.random.u8(..4) > 0 {
            execution.claim().unwrap();
            self.end(&mut execution);
        }
        let random = &mut self.random;
        execution.function_version = random.u32(1..100);
        execution.tier = Tier::ALL[random.usize(..4)];
        execution.max_retries = random.u32(..11);
        let key = format!("key-{}", random.u64(..));
        execution.idempotency_key = random.bool().then(|| Arc::from(key));
        if random.bool() {
            let key = random
                .bool()
                .then(|| format!("customer \"ü\" {}", random.u8(..)).into());
            execution.queueing = Queueing {
                priority: random.i8(-100..=100),
                concurrency_key: key,
                singleton_key: random
                    .bool()
                    .then(|| format!("job {}", random.u64(..)).into()),
            };
        }
        execution.caller = random.bool().then(|| {
            let caller = CallerLabel::new(format!("tenant \"ü\" {}", random.u8(..)));
            match random.bool() {
                true => caller.named(format!("Acme {}", random.u8(..))),
                false => caller,
            }
        });
        let other = ExecutionId::from_u128(random.u128(..));
        execution.retry_of = random.bool().then_some(other);
        for _ in 0..random.usize(..4) {
            execution.logs.push(LogLine {
                level: LEVELS[random.usize(..LEVELS.len())],
                message: format!("line {} \u{0}\n\"'ü😀", random.u32(..)),
                at: START + Duration::from_micros(random.u64(..1_000_000)),
            });
        }
        execution.input = self.json();
        if self.random.u8(..3) == 0 {
            let calls = self.random.usize(1..6);
            execution.host_calls = (0..calls).map(|_| self.host_call()).collect();
            if self.random.bool() {
                execution.more_host_calls = self.random.u64(1..1 << 40);
            }
        }
        execution
    }

    /// A host call with a random value in every field.
    pub fn host_call(&mut self) -> HostCallRecord {
        let random = &mut self.random;
        HostCallRecord {
            attempt: random.u32(1..5),
            name: format!("binding_{}.\"ü\"_{}", random.u8(..), random.u8(..)),
            start_time: START + Duration::from_micros(random.u64(..1_000_000)),
            duration: Duration::from_nanos(random.u64(..1 << 40)),
            bytes_in: random.u64(..1 << 40),
            bytes_out: random.u64(..1 << 40),
            error: random.bool().then(|| format!("ERR_{}", random.u8(..))),
            request: random.bool().then(|| {
                let time =
                    |random: &mut fastrand::Rng| random.bool().then(|| random.u64(..1 << 40));
                Box::new(RequestRecord {
                    method: "GET".to_owned(),
                    scheme: "https".to_owned(),
                    host: format!("{}.example.com", random.u8(..)),
                    port: random.u16(..),
                    status: random.bool().then(|| random.u16(200..600)),
                    http2: random.bool(),
                    reused: random.bool(),
                    dns: time(random),
                    connect: time(random),
                    tls: time(random),
                    first_byte: time(random),
                    refused_by: random.bool().then(|| "server".to_owned()),
                    refusal: random.bool().then(|| "it is a loopback address".to_owned()),
                })
            }),
        }
    }

    /// A log line with a message of this length.
    pub fn line(&mut self, length: usize) -> LogLine {
        LogLine {
            level: LogLevel::Log,
            message: "x".repeat(length),
            at: self.now,
        }
    }

    /// A load test that ran for three seconds.
    pub fn load_test(&mut self, function: &Function) -> LoadTest {
        let mut sums = UsageSums::default();
        for _ in 0..9 {
            sums.add(&UsageSums::of(&self.ended(function.id)));
        }
        let second = |second| Second {
            second,
            completed: 3,
            failed: 1,
            p95: Duration::from_micros(1_234),
            instances: 2,
            cost: NanoDollars::new(1_000_001),
        };
        let result = LoadResult {
            elapsed: Duration::from_millis(3_210),
            sums,
            refused: self.random.u64(..9),
            response_time: ResponseTimes {
                p99: Duration::from_nanos(1_234_567),
                ..ResponseTimes::default()
            },
            errors: vec![ErrorGroup {
                message: "TypeError: \"ü\" 😀".to_owned(),
                count: 2,
            }],
            timeline: (0..3).map(second).collect(),
            scaling_events: vec![self.scaling_event(None)],
        };
        LoadTest {
            id: self.ids.load_test(self.now),
            function_id: function.id,
            function_name: function.name.to_string(),
            concurrency: 20,
            duration: Duration::from_secs(3),
            rate: self.random.bool().then_some(12.5),
            input: self.json(),
            status: LoadTestStatus::Completed,
            created_at: self.now,
            updated_at: self.now + Duration::from_secs(3),
            ended_at: Some(self.now + Duration::from_secs(3)),
            estimate: LoadEstimate {
                requests: 99,
                duration: Duration::from_micros(1),
                basis: Basis::History,
                total: NanoDollars::new(5),
                low: NanoDollars::new(1),
                high: NanoDollars::new(i64::MAX),
            },
            result,
        }
    }

    pub fn scaling_event(&mut self, function: Option<FunctionId>) -> ScalingEvent {
        let up = self.random.bool();
        ScalingEvent {
            id: self.ids.scaling_event(self.now),
            function_id: function,
            action: if up {
                ScalingAction::Up
            } else {
                ScalingAction::Down
            },
            instance_count: self.random.u32(1..=10),
            at: self.now,
            reason: "queue length 14 > 10".to_owned(),
        }
    }

    fn json(&mut self) -> Json {
        let number = self.random.i32(..);
        let texts = [
            format!("{number}"),
            "null".to_owned(),
            format!("{{ \"n\" : {number}, \"s\":\"\\u0000 ü 😀\" }}"),
            "[1.0, 1e400, 100000000000000000000]".to_owned(),
            format!("\"{}\"", "x".repeat(self.random.usize(..3_000))),
        ];
        Json::trusted(texts[self.random.usize(..texts.len())].clone())
    }
}

impl Default for Fixtures {
    fn default() -> Self {
        Self::new()
    }
}
