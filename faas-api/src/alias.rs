//! Versions of functions, and the aliases for them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use faas_core::model::{self, RollBackIf as Limits};
use faas_core::platform::{self, VersionStats as Stats};
use serde::{Deserialize, Serialize};

use crate::FunctionConfig;
use crate::duration::{self, parse_duration};
use crate::number::{Dollars, Millis};
use crate::scalar::{Moment, Word};
use crate::words::{Language, Tier};

/// What an alias stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Alias<'a> {
    /// The version that its calls run; with a canary, the old one.
    pub version: u32,
    /// How many of 100 calls run which version, if they run two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub weights: Option<BTreeMap<String, u8>>,
    /// The canary that moves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub canary: Option<Canary>,
    /// When it was moved last.
    pub moved_at: Moment,
    /// Why, if a canary moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub reason: Option<Cow<'a, str>>,
}

impl<'a> From<&'a model::Alias> for Alias<'a> {
    fn from(alias: &'a model::Alias) -> Self {
        let weights = alias.split.map(|split| {
            BTreeMap::from([
                (alias.version.to_string(), 100 - split.percent),
                (split.version.to_string(), split.percent),
            ])
        });
        Self {
            version: alias.version,
            weights,
            canary: alias.canary.as_ref().map(Canary::from),
            moved_at: Moment(alias.moved_at),
            reason: alias.reason.as_deref().map(Cow::Borrowed),
        }
    }
}

pub(crate) fn aliases(aliases: &model::Aliases) -> BTreeMap<Cow<'_, str>, Alias<'_>> {
    let aliases = aliases.iter();
    aliases
        .map(|(name, alias)| (Cow::Borrowed(&**name), Alias::from(alias)))
        .collect()
}

/// The share of a new version rises step by step, and goes back to none when a limit is exceeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Canary {
    /// The percentages of calls that run the new version, in ascending order, up to 20. A last step of
    /// 100, which ends the canary, can be left out.
    pub steps: Vec<u8>,
    /// How long each step lasts at least: a number with `s`, `m`, `h` or `d`, such as `5m`.
    pub every: String,
    /// What ends the canary.
    #[serde(default)]
    pub rollback_if: RollbackIf,
    /// The step in force; the first is 1. Ignored in requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, read_only))]
    pub step: Option<usize>,
    /// When it began. Ignored in requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, read_only))]
    pub since: Option<Moment>,
}

/// The limits of a canary, about the executions of the new version since the step began. Without any, it
/// is never rolled back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RollbackIf {
    /// The largest share of failed executions, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub error_rate: Option<f64>,
    /// The longest 99th percentile of the run time, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<u64>,
    /// How many executions must have ended before the limits count. A step lasts until then. Default: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_executions: Option<u32>,
}

impl From<&model::Canary> for Canary {
    fn from(canary: &model::Canary) -> Self {
        let limits = &canary.roll_back_if;
        Self {
            steps: canary.steps.clone(),
            every: format!("{}s", canary.every().as_secs()),
            rollback_if: RollbackIf {
                error_rate: limits.error_rate.map(|rate| f64::from(rate) / 10_000.0),
                p99: limits.p99,
                min_executions: Some(limits.min_executions),
            },
            step: Some(canary.step + 1),
            since: Some(Moment(canary.since)),
        }
    }
}

/// Where to move an alias: to a version, to two by weight, or to a version step by step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AliasChange {
    /// The version that its calls run. Absent if there are `weights`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// How many of 100 calls run which of two versions: `{"7": 90, "8": 10}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<BTreeMap<String, u8>>,
    /// Moves the alias to `version` step by step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

impl AliasChange {
    /// All calls run this version.
    pub fn to(version: u32) -> Self {
        Self {
            version: Some(version),
            ..Self::default()
        }
    }
}

impl TryFrom<AliasChange> for platform::AliasUpdate {
    /// What is wrong, for people.
    type Error = String;

    fn try_from(change: AliasChange) -> Result<Self, String> {
        let mut weights: Vec<(u32, u8)> = Vec::new();
        for (version, percent) in change.weights.unwrap_or_default() {
            let number = version.parse();
            let number = number.map_err(|_| format!("{version:?} in `weights` is no version"))?;
            weights.push((number, percent));
        }
        let mut update = match (change.version, &weights[..]) {
            (Some(version), []) => Self::to(version),
            (version, [(one, 100)]) if version.is_none_or(|version| version == *one) => {
                Self::to(*one)
            }
            (version, [(one, first), (two, second)])
                if u16::from(*first) + u16::from(*second) == 100 =>
            {
                match version {
                    Some(version) if version == *two => Self::to(*two).split(*one, *first),
                    None => Self::to(*one).split(*two, *second),
                    Some(version) if version == *one => Self::to(*one).split(*two, *second),
                    Some(version) => {
                        return Err(format!(
                            "`weights` has no version {version}, which is `version`"
                        ));
                    }
                }
            }
            (None, []) => return Err("`version` or `weights` is missing".to_owned()),
            _ => {
                return Err("`weights` must name one or two versions, with 100 together".to_owned());
            }
        };
        if let Some(canary) = change.canary {
            update = update.canary(canary.try_into()?);
        }
        Ok(update)
    }
}

impl TryFrom<Canary> for model::Canary {
    type Error = String;

    fn try_from(canary: Canary) -> Result<Self, String> {
        let RollbackIf {
            error_rate,
            p99,
            min_executions,
        } = canary.rollback_if;
        let error_rate = match error_rate {
            None => None,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 0 to 10,000"
            )]
            Some(rate) if (0.0..=1.0).contains(&rate) => Some((rate * 10_000.0).round() as u16),
            Some(rate) => return Err(format!("`errorRate` must be from 0 to 1, not {rate}")),
        };
        let default = Limits::default();
        let limits = Limits {
            error_rate,
            p99,
            min_executions: min_executions.unwrap_or(default.min_executions),
        };
        let every = parse_duration(&canary.every)
            .ok_or_else(|| duration::invalid("every", &canary.every))?;
        Self::new(canary.steps, every, limits)
    }
}

/// The versions of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Versions<'a> {
    /// The versions that are stored, newest first, without their code.
    pub versions: Vec<Version<'a>>,
    /// The aliases of the function. Without `live`, calls run the newest version.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Alias>))]
    pub aliases: BTreeMap<Cow<'a, str>, Alias<'a>>,
}

/// A version in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Version<'a> {
    /// Its number.
    pub version: u32,
    /// When it was stored; of the newest one, also when the function was changed otherwise.
    pub updated_at: Moment,
    /// The length of all files in bytes of UTF-8.
    pub code_length: u64,
    /// The language of the code, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub language: Option<Language>,
    /// How the code is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub handler: Option<Cow<'a, str>>,
    /// How it is run.
    pub config: FunctionConfig<'a>,
    /// The price tier that its code and timeout put it in.
    pub tier: Tier,
    /// How its executions of the last 24 hours went; absent if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub stats: Option<VersionStats>,
}

impl<'a> Version<'a> {
    /// A version with how it does.
    pub fn new(function: &'a model::FunctionSummary, stats: Option<&Stats>) -> Self {
        Self {
            version: function.version,
            updated_at: Moment(function.updated_at),
            code_length: function.code_bytes,
            language: function.language.map(Word),
            handler: function.handler.as_deref().map(Cow::Borrowed),
            config: FunctionConfig::new(&function.config, &function.environment),
            tier: Word(function.tier),
            stats: stats.map(VersionStats::from),
        }
    }
}

impl<'a> Versions<'a> {
    /// The versions and aliases of a function.
    pub fn new(versions: Vec<Version<'a>>, of: &'a model::Aliases) -> Self {
        Self {
            versions,
            aliases: aliases(of),
        }
    }
}

/// How the executions of a version went: those of the function's newest 2,000 that have ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct VersionStats {
    /// How many have ended.
    pub executions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// The median run time of those that completed; absent if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub p50: Option<Millis>,
    /// The 99th percentile of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub p99: Option<Millis>,
    /// What they cost together.
    pub total_cost: Dollars,
}

impl From<&Stats> for VersionStats {
    fn from(stats: &Stats) -> Self {
        Self {
            executions: stats.executions,
            failed: stats.failed,
            p50: stats.percentile(50).map(Millis),
            p99: stats.percentile(99).map(Millis),
            total_cost: Dollars(stats.cost),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn update(json: &str) -> Result<platform::AliasUpdate, String> {
        let change: AliasChange = crate::read(json).map_err(|error| error.to_string())?;
        change.try_into()
    }

    #[test]
    fn an_alias_moves_to_one_version_or_to_two_by_weight() {
        use platform::AliasUpdate;
        for (json, expected) in [
            (r#"{"version": 7}"#, AliasUpdate::to(7)),
            (r#"{"weights": {"7": 100}}"#, AliasUpdate::to(7)),
            (
                r#"{"weights": {"7": 90, "8": 10}}"#,
                AliasUpdate::to(7).split(8, 10),
            ),
            (
                r#"{"version": 8, "weights": {"7": 90, "8": 10}}"#,
                AliasUpdate::to(8).split(7, 90),
            ),
        ] {
            assert_eq!(update(json).unwrap(), expected, "{json}");
        }
        for json in [
            "{}",
            r#"{"weights": {"7": 90}}"#,
            r#"{"weights": {"7": 90, "8": 20}}"#,
            r#"{"version": 9, "weights": {"7": 90, "8": 10}}"#,
            r#"{"weights": {"1": 50, "2": 25, "3": 25}}"#,
            r#"{"weights": {"x": 100}}"#,
        ] {
            assert!(update(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_canary_is_read_and_written_alike() {
        let json = r#"{"version": 8, "canary": {"steps": [1, 10, 50, 100], "every": "5m",
            "rollbackIf": {"errorRate": 0.05, "p99": 800}}}"#;
        let canary = update(json).unwrap().canary.unwrap();
        assert_eq!(canary.every(), Duration::from_secs(300));
        assert_eq!(canary.roll_back_if.error_rate, Some(500));
        let shown = Canary::from(&canary);
        assert_eq!((shown.every.as_str(), shown.step), ("300s", Some(1)));
        assert_eq!(model::Canary::try_from(shown).unwrap(), canary);
        for (every, rate) in [
            ("5", 0.1),
            ("", 0.1),
            ("m", 0.1),
            ("5w", 0.1),
            ("-1s", 0.1),
            ("5m", 1.5),
        ] {
            let json = format!(
                r#"{{"version": 8, "canary": {{"steps": [1], "every": "{every}",
                    "rollbackIf": {{"errorRate": {rate}}}}}}}"#
            );
            assert!(update(&json).is_err(), "{json}");
        }
    }
}
