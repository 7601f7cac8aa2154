//! The words that a member can be, as the model names them.

use faas_core::model;
use faas_core::store;

use crate::scalar::{Vocabulary, Word};

macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident: $of:ty = $all:expr, $text:expr;)*) => {$(
        $(#[doc = $doc])*
        pub type $name = Word<$of>;

        impl Vocabulary for $of {
            const NAME: &'static str = stringify!($name);
            const ABOUT: &'static str = concat!($($doc),*);

            fn all() -> &'static [Self] {
                $all
            }

            fn as_str(self) -> &'static str {
                ($text)(self)
            }
        }
    )*};
}

words! {
    /// The price tier of a function.
    Tier: model::Tier = &model::Tier::ALL, model::Tier::as_str;
    /// The language of source code.
    Language: model::Language =
        &[model::Language::JavaScript, model::Language::TypeScript],
        model::Language::as_str;
    /// Whether a function takes executions.
    FunctionStatus: model::FunctionStatus =
        &[model::FunctionStatus::Active, model::FunctionStatus::Inactive],
        model::FunctionStatus::as_str;
    /// The state of an execution.
    ExecutionStatus: model::Status = &[
            model::Status::Pending,
            model::Status::Running,
            model::Status::Completed,
            model::Status::Failed,
        ], model::Status::as_str;
    /// Why an execution failed.
    ErrorKind: model::FailureKind = &model::FailureKind::ALL, model::FailureKind::as_str;
    /// A part of an execution that a list may leave out.
    ExecutionPart: Part = &[Part::Input, Part::Output, Part::Logs, Part::Attempts], Part::text;
    /// The console method that wrote a line.
    LogLevel: model::LogLevel = &[
            model::LogLevel::Debug,
            model::LogLevel::Log,
            model::LogLevel::Info,
            model::LogLevel::Warn,
            model::LogLevel::Error,
        ], model::LogLevel::as_str;
    /// The direction of a change of capacity.
    ScalingAction: model::ScalingAction =
        &[model::ScalingAction::Up, model::ScalingAction::Down],
        model::ScalingAction::as_str;
    /// The source of an estimate's duration.
    Basis: model::Basis =
        &[
            model::Basis::History,
            model::Basis::Given,
            model::Basis::Probe,
            model::Basis::Default,
        ], basis;
    /// The length of the spans of a trend.
    Granularity: store::Granularity = &[
            store::Granularity::Minute,
            store::Granularity::Hour,
            store::Granularity::Day,
            store::Granularity::Month,
        ], granularity;
    /// The state of a load test.
    LoadTestStatus: model::LoadTestStatus = &[
            model::LoadTestStatus::Running,
            model::LoadTestStatus::Stopping,
            model::LoadTestStatus::Completed,
            model::LoadTestStatus::Stopped,
            model::LoadTestStatus::Interrupted,
        ], model::LoadTestStatus::as_str;
    /// What a key allows. `invoker` calls functions and reads single executions; `reader` reads everything
    /// but keys and the audit log; `developer` includes both and changes functions; `admin` does everything.
    Role: model::Role = &model::Role::ALL, model::Role::as_str;
    /// What becomes of firings that no server was there for. `skip`: nothing; `once`: the last one is made
    /// up for; `all`: each one is, the latest 100 at most.
    MissedFirings: model::Missed = &model::Missed::ALL, model::Missed::as_str;
    /// What was done.
    AuditAction: model::AuditAction = model::AuditAction::ALL, model::AuditAction::as_str;
    /// Whether keys are in use.
    Authentication: KeyUse = &[KeyUse::Required, KeyUse::Off], KeyUse::text;
}

/// Whether a server asks for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// Every request needs a key.
    Required,
    /// There are no keys.
    Off,
}

impl KeyUse {
    const fn text(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Off => "off",
        }
    }
}

/// A part of an execution that a list may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The input.
    Input,
    /// The output.
    Output,
    /// The console of all attempts.
    Logs,
    /// The attempts.
    Attempts,
}

impl Part {
    const fn text(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Logs => "logs",
            Self::Attempts => "attempts",
        }
    }

    /// The parts that were left out.
    pub(crate) fn left_out(parts: model::LeftOut) -> Vec<ExecutionPart> {
        let parts = [
            (parts.input, Self::Input),
            (parts.output, Self::Output),
            (parts.logs, Self::Logs),
            (parts.attempts, Self::Attempts),
        ];
        let left_out = parts.into_iter().filter(|(is_left_out, _)| *is_left_out);
        left_out.map(|(_, part)| Word(part)).collect()
    }
}

const fn basis(basis: model::Basis) -> &'static str {
    match basis {
        model::Basis::History => "history",
        model::Basis::Given => "given",
        model::Basis::Probe => "probe",
        model::Basis::Default => "default",
    }
}

const fn granularity(granularity: store::Granularity) -> &'static str {
    match granularity {
        store::Granularity::Minute => "minute",
        store::Granularity::Hour => "hour",
        store::Granularity::Day => "day",
        store::Granularity::Month => "month",
    }
}
