//! Aliases: names for the versions of a function.
//!
//! The alias `live` says which version calls run that name no other one. A function without it runs
//! its newest version.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The aliases of a function by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aliases(BTreeMap<Arc<str>, Alias>);

/// What an alias stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alias {
    /// The version that its calls run.
    pub version: u32,
    /// Another version, which a share of the calls runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// The canary that changes the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// When it was moved last.
    pub moved_at: Timestamp,
    /// Why it was moved last, if a canary moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

/// A share of the calls of an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The version that they run.
    pub version: u32,
    /// How many of 100 calls: 1 to 99.
    pub percent: u8,
}

/// A canary: the share of a new version rises step by step while the version does well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// The shares in percent, in ascending order, the last one 100.
    pub steps: Vec<u8>,
    /// How long each step lasts at least, in seconds.
    every: u64,
    /// What ends the canary.
    #[serde(default)]
    pub roll_back_if: RollBackIf,
    /// The place of the step in force among `steps`.
    #[serde(default)]
    pub step: usize,
    /// When that step began.
    #[serde(default)]
    pub since: Timestamp,
}

/// When a canary goes back to the old version. Both limits are about executions of the new version
/// that began since the step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollBackIf {
    /// The largest share of failed executions, in ten-thousandths; `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<u16>,
    /// The longest 99th percentile of the run time, in milliseconds; `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<u64>,
    /// How many executions must have ended before the limits count. With a limit, a step lasts until
    /// that many have ended.
    pub min_executions: u32,
}

impl Default for RollBackIf {
    /// No limits; 10 executions.
    fn default() -> Self {
        Self {
            error_rate: None,
            p99: None,
            min_executions: 10,
        }
    }
}

impl RollBackIf {
    /// Whether there is no limit.
    pub const fn is_never(&self) -> bool {
        self.error_rate.is_none() && self.p99.is_none()
    }
}

impl Aliases {
    /// The alias for calls that name none.
    pub const LIVE: &'static str = "live";
    /// The most aliases that a function may have.
    pub const MAX: usize = 32;
    /// The longest name, in characters.
    const MAX_NAME: usize = 64;

    /// The alias with this name.
    pub fn get(&self, name: &str) -> Option<&Alias> {
        self.0.get(name)
    }

    /// The alias `live`; `None` if it follows the newest version.
    pub fn live(&self) -> Option<&Alias> {
        self.get(Self::LIVE)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Alias)> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets an alias.
    ///
    /// # Errors
    /// Says what is wrong with the name, or that there are too many.
    pub fn set(&mut self, name: &str, alias: Alias) -> Result<(), String> {
        let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
        if name.is_empty() || name.len() > Self::MAX_NAME || !name.bytes().all(is_allowed) {
            let shown: String = name.chars().take(Self::MAX_NAME).collect();
            let most = Self::MAX_NAME;
            return Err(format!(
                "{shown:?} is no name of an alias: use 1 to {most} ASCII letters, digits, _ or -"
            ));
        }
        if self.0.len() >= Self::MAX && !self.0.contains_key(name) {
            let most = Self::MAX;
            return Err(format!(
                "a function may have at most {most} aliases: delete one first"
            ));
        }
        self.0.insert(name.into(), alias);
        Ok(())
    }

    /// Removes an alias. Returns whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The versions that aliases stand for, some of them perhaps more than once.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        let versions = self.0.values();
        versions
            .flat_map(|alias| [Some(alias.version), alias.split.map(|split| split.version)])
            .flatten()
    }

    /// The names of the aliases whose canary goes on.
    pub fn canaries(&self) -> impl Iterator<Item = (&Arc<str>, &Canary)> {
        let aliases = self.0.iter();
        aliases.filter_map(|(name, alias)| Some((name, alias.canary.as_ref()?)))
    }
}

impl Alias {
    /// An alias for one version.
    pub const fn of(version: u32, moved_at: Timestamp) -> Self {
        Self {
            version,
            split: None,
            canary: None,
            moved_at,
            reason: None,
        }
    }

    /// The version for a call that drew this number of 0 to 99.
    pub const fn version_for(&self, drawn: u8) -> u32 {
        match self.split {
            Some(split) if drawn < split.percent => split.version,
            _ => self.version,
        }
    }
}

impl Canary {
    /// The most steps.
    pub const MAX_STEPS: usize = 20;
    /// How long a step may last.
    pub const EVERY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30 * 24 * 3600)];

    /// A canary with these shares in percent, each for `every`, a whole number of seconds. A last share
    /// of 100 may be left out.
    ///
    /// # Errors
    /// Says what is wrong with the steps or the time.
    pub fn new(
        mut steps: Vec<u8>,
        every: Duration,
        roll_back_if: RollBackIf,
    ) -> Result<Self, String> {
        if steps.last() != Some(&100) {
            steps.push(100);
        }
        let most = Self::MAX_STEPS;
        let rises = steps.is_sorted_by(|one, next| one < next);
        if !rises || steps.first() == Some(&0) || steps.len() > most {
            return Err(format!(
                "the steps of a canary must be up to {most} percentages that rise from 1 to 100"
            ));
        }
        let [shortest, longest] = Self::EVERY;
        if every < shortest || every > longest || every.subsec_nanos() > 0 {
            return Err("a step of a canary must last 1 second to 30 days".to_owned());
        }
        Ok(Self {
            steps,
            every: every.as_secs(),
            roll_back_if,
            step: 0,
            since: Timestamp::default(),
        })
    }

    /// How long each step lasts at least.
    pub const fn every(&self) -> Duration {
        Duration::from_secs(self.every)
    }

    /// The share of the step in force, in percent.
    pub fn percent(&self) -> u8 {
        self.steps.get(self.step).copied().unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(percent: u8) -> Alias {
        Alias {
            split: Some(Split {
                version: 8,
                percent,
            }),
            ..Alias::of(7, Timestamp::default())
        }
    }

    #[test]
    fn a_split_sends_its_percentage_of_the_calls_to_the_second_version() {
        for percent in [1, 10, 50, 99] {
            let to_second = (0..100).filter(|drawn| split(percent).version_for(*drawn) == 8);
            assert_eq!(to_second.count(), usize::from(percent));
        }
        assert!((0..100).all(|drawn| Alias::of(7, Timestamp::default()).version_for(drawn) == 7));
    }

    #[test]
    fn names_and_the_number_of_aliases_are_bounded() {
        let mut aliases = Aliases::default();
        let alias = Alias::of(1, Timestamp::default());
        for name in ["", "a b", "ü", "a/b", "@", &"x".repeat(65)] {
            assert!(aliases.set(name, alias.clone()).is_err(), "{name}");
        }
        for number in 0..Aliases::MAX {
            aliases.set(&format!("a-{number}"), alias.clone()).unwrap();
        }
        assert!(aliases.set("more", alias.clone()).is_err());
        // One that exists can still be moved.
        aliases
            .set("a-0", Alias::of(2, Timestamp::default()))
            .unwrap();
        assert!(aliases.remove("a-1") && !aliases.remove("a-1"));
        aliases.set("more", alias).unwrap();
    }

    #[test]
    fn the_steps_of_a_canary_rise_to_one_hundred() {
        let canary = |steps: &[u8], every| {
            Canary::new(
                steps.to_vec(),
                Duration::from_millis(every),
                RollBackIf::default(),
            )
        };
        assert_eq!(canary(&[1, 10], 1_000).unwrap().steps, [1, 10, 100]);
        assert_eq!(canary(&[], 1_000).unwrap().steps, [100]);
        for steps in [&[0, 10][..], &[10, 10], &[10, 1], &[1, 101], &[1, 200]] {
            assert!(canary(steps, 1_000).is_err(), "{steps:?}");
        }
        assert!(canary(&(1..=21).collect::<Vec<_>>(), 1_000).is_err());
        for every in [0, 999, 1_500, 31 * 24 * 3_600_000] {
            assert!(canary(&[50], every).is_err(), "{every}");
        }
    }
}
