//! Moving aliases of functions, by hand and by canaries.
//!
//! Every server that has a function loaded checks its canaries. They all decide by what is stored, and
//! the store accepts the first change only, so that a canary takes each step once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use crate::error::{Conflict, Error, Resource, StoreError};
use crate::events::EventKind;
use crate::model::{Alias, Aliases, Canary, Function, FunctionId, Split, Status, Timestamp};
use crate::store::{ExecutionQuery, Period};

/// How often the store may refuse a change because of another one.
const TRIES: usize = 5;

/// How often canaries are looked at.
const TICK: Duration = Duration::from_secs(1);

/// The longest time between two looks at the executions of a canary.
const LONGEST_CHECK: Duration = Duration::from_secs(30);

/// How many executions are read at most to find out how a version does: the newest ones.
const SAMPLE: usize = 2_000;

/// How the executions of a version went: those that ended, of the newest 2,000 of the function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionStats {
    /// How many have ended.
    pub executions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// What they cost.
    pub cost: crate::model::NanoDollars,
    /// The run times of those that completed, in ascending order.
    pub durations: Vec<Duration>,
}

impl VersionStats {
    /// The failed ones of 10,000.
    pub fn error_rate(&self) -> u64 {
        (self.failed * 10_000)
            .checked_div(self.executions)
            .unwrap_or(0)
    }

    /// The run time that this share of the completed executions, in percent, did not exceed; `None` if
    /// none has completed. This is the nearest-rank percentile.
    pub fn percentile(&self, percent: usize) -> Option<Duration> {
        let rank = (self.durations.len() * percent).div_ceil(100);
        self.durations.get(rank.max(1) - 1).copied()
    }
}

impl Engine {
    /// Changes the aliases of a function with `change`, which may be called more than once.
    pub(crate) async fn change_aliases(
        &self,
        id: FunctionId,
        change: impl Fn(&Function, &mut Aliases) -> Result<(), Error>,
    ) -> Result<Function, Error> {
        let engine = &self.0;
        let mut name = String::new();
        for _ in 0..TRIES {
            let changes = engine.registry.changes();
            let before = engine.store.function(id).await?;
            let before = before.ok_or(Error::NotFound(Resource::Function))?;
            name = before.name.to_string();
            let mut aliases = Aliases::clone(&before.aliases);
            change(&before, &mut aliases)?;
            if aliases == *before.aliases {
                return Ok(before);
            }
            let after = Function {
                aliases: Arc::new(aliases),
                // Later than before even when the clock was set back: the store compares it.
                updated_at: (engine.clock.now()).max(before.updated_at + Duration::from_micros(1)),
                ..before.clone()
            };
            match engine
                .store
                .update_function(&after, before.updated_at)
                .await
            {
                Ok(()) => {
                    engine.registry.moved(changes, &after);
                    self.publish_moves(&before, &after);
                    return Ok(after);
                }
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Conflict::FunctionBusy(name).into())
    }

    /// Publishes which aliases differ.
    pub(crate) fn publish_moves(&self, before: &Function, after: &Function) {
        let moved = |alias: &Arc<str>, to: Option<&Alias>| EventKind::AliasMoved {
            function_id: after.id,
            alias: alias.clone(),
            to: to.cloned().map(Box::new),
        };
        let set = after.aliases.iter();
        let set = set.filter(|(name, alias)| before.aliases.get(name) != Some(alias));
        let set = set.map(|(name, alias)| moved(name, Some(alias)));
        let removed = before.aliases.iter();
        let removed = removed.filter(|(name, _)| after.aliases.get(name).is_none());
        let removed = removed.map(|(name, _)| moved(name, None));
        let events: Vec<EventKind> = set.chain(removed).collect();
        self.0.events.publish(self.0.clock.now(), events);
    }

    /// How the versions of a function do, by the executions that were accepted at or after `since`.
    pub(crate) async fn version_stats(
        &self,
        function: FunctionId,
        since: Timestamp,
    ) -> Result<HashMap<u32, VersionStats>, Error> {
        let query = ExecutionQuery {
            function: Some(function),
            period: Period {
                from: since,
                ..Period::ALL
            },
            limit: SAMPLE,
            max_bytes: 0,
            ..ExecutionQuery::default()
        };
        let mut versions: HashMap<u32, VersionStats> = HashMap::new();
        for execution in self.0.store.executions(&query).await? {
            if !execution.status.is_terminal() {
                continue;
            }
            let stats = versions.entry(execution.function_version).or_default();
            stats.executions += 1;
            stats.cost += execution.cost.total();
            if execution.status == Status::Completed {
                stats.durations.push(execution.duration);
            } else {
                stats.failed += 1;
            }
        }
        for stats in versions.values_mut() {
            stats.durations.sort_unstable();
        }
        Ok(versions)
    }
}

/// Moves the canaries of the functions that are loaded.
pub(super) async fn move_canaries(engine: Engine) {
    let mut next: HashMap<FunctionId, Timestamp> = HashMap::new();
    loop {
        engine.0.clock.sleep(TICK).await;
        let now = engine.0.clock.now();
        let with_canaries = engine.0.registry.with_canaries();
        next.retain(|id, _| with_canaries.contains(id));
        for id in with_canaries {
            if next.get(&id).is_some_and(|due| *due > now) {
                continue;
            }
            match engine.move_canaries_of(id).await {
                Ok(pause) => {
                    next.insert(id, now + pause);
                }
                Err(error) => {
                    tracing::warn!(function_id = %id, %error, "cannot check a canary now");
                }
            }
        }
    }
}

impl Engine {
    /// Moves the canaries of one function as far as they are due. Returns when to look again.
    async fn move_canaries_of(&self, id: FunctionId) -> Result<Duration, Error> {
        let Some(function) = self.0.store.function(id).await? else {
            self.0.registry.has_no_canary(id);
            return Ok(TICK);
        };
        if function.aliases.canaries().next().is_none() {
            self.0.registry.has_no_canary(id);
        }
        let mut pause = LONGEST_CHECK;
        for (name, canary) in function.aliases.canaries() {
            pause = pause.min((canary.every() / 10).max(TICK));
            let Some(split) = function.aliases.get(name).and_then(|alias| alias.split) else {
                continue;
            };
            let mut stats = if canary.roll_back_if.is_never() {
                HashMap::new()
            } else {
                self.version_stats(id, canary.since).await?
            };
            let stats = stats.remove(&split.version).unwrap_or_default();
            let now = self.0.clock.now();
            let Some(verdict) = judge(canary, &stats, now) else {
                continue;
            };
            self.change_aliases(id, |_, aliases| {
                // Another server, or a person, may have moved it meanwhile.
                let unchanged = aliases
                    .get(name)
                    .filter(|one| one.canary.as_ref() == Some(canary));
                match unchanged.cloned() {
                    Some(alias) => {
                        let moved = carry_out(alias, &verdict, now);
                        aliases.set(name, moved).map_err(Error::Invalid)
                    }
                    None => Ok(()),
                }
            })
            .await?;
        }
        Ok(pause)
    }
}

/// What becomes of a canary.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The next step begins.
    Next,
    /// The old version runs all calls again.
    RollBack(String),
}

/// Decides what becomes of a canary; `None`: nothing now.
fn judge(canary: &Canary, stats: &VersionStats, now: Timestamp) -> Option<Verdict> {
    let limits = &canary.roll_back_if;
    let is_known = stats.executions >= u64::from(limits.min_executions.max(1));
    if is_known
        && let Some(most) = limits.error_rate
        && stats.error_rate() > u64::from(most)
    {
        let (failed, all) = (stats.failed, stats.executions);
        let percent = f64::from(most) / 100.0;
        return Some(Verdict::RollBack(format!(
            "{failed} of {all} executions failed, more than {percent} %"
        )));
    }
    if is_known
        && let Some(most) = limits.p99
        && let Some(p99) = stats.percentile(99)
        && p99 > Duration::from_millis(most)
    {
        let p99 = p99.as_secs_f64() * 1e3;
        return Some(Verdict::RollBack(format!(
            "the 99th percentile of the run time is {p99:.1} ms, more than {most} ms"
        )));
    }
    let is_over = now.since(canary.since) >= canary.every();
    (is_over && (is_known || limits.is_never())).then_some(Verdict::Next)
}

fn carry_out(mut alias: Alias, verdict: &Verdict, now: Timestamp) -> Alias {
    let (Some(canary), Some(split)) = (&mut alias.canary, alias.split) else {
        return alias;
    };
    alias.moved_at = now;
    match verdict {
        Verdict::RollBack(reason) => {
            let percent = split.percent;
            let reason = format!(
                "rolled back from version {} at {percent} %: {reason}",
                split.version
            );
            alias.reason = Some(reason.into());
            alias.split = None;
            alias.canary = None;
        }
        Verdict::Next => {
            canary.step += 1;
            canary.since = now;
            let (percent, of) = (canary.percent(), canary.steps.len());
            alias.reason = Some(format!("step {} of {of}: {percent} %", canary.step + 1).into());
            if percent >= 100 {
                alias.version = split.version;
                alias.split = None;
                alias.canary = None;
            } else {
                alias.split = Some(Split { percent, ..split });
            }
        }
    }
    alias
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RollBackIf;

    const EVERY: Duration = Duration::from_secs(60);

    fn canary(limits: RollBackIf) -> Canary {
        Canary::new(vec![10, 50], EVERY, limits).unwrap()
    }

    fn stats(completed: u64, failed: u64, millis: u64) -> VersionStats {
        VersionStats {
            executions: completed + failed,
            failed,
            durations: vec![Duration::from_millis(millis); usize::try_from(completed).unwrap()],
            ..VersionStats::default()
        }
    }

    const LIMITS: RollBackIf = RollBackIf {
        error_rate: Some(500),
        p99: Some(800),
        min_executions: 20,
    };

    #[test]
    fn a_canary_goes_back_when_a_limit_is_exceeded_and_enough_executions_have_ended() {
        let at = |stats| judge(&canary(LIMITS), &stats, Timestamp::default());
        let goes_back = |stats| matches!(at(stats), Some(Verdict::RollBack(_)));
        assert!(goes_back(stats(18, 2, 1)));
        assert!(!goes_back(stats(95, 5, 1)));
        assert!(goes_back(stats(20, 0, 801)));
        assert!(!goes_back(stats(20, 0, 800)));
        assert!(!goes_back(stats(0, 19, 1)));
    }

    #[test]
    fn a_step_lasts_its_time_and_until_enough_executions_have_ended() {
        let end = Timestamp::default() + EVERY;
        let before = Timestamp::default() + (EVERY - Duration::from_micros(1));
        let with_limits = canary(LIMITS);
        assert_eq!(judge(&with_limits, &stats(20, 0, 1), before), None);
        assert_eq!(judge(&with_limits, &stats(19, 0, 1), end), None);
        let next = judge(&with_limits, &stats(20, 0, 1), end);
        assert_eq!(next, Some(Verdict::Next));
        // Without limits, there is nothing to wait for.
        let without = canary(RollBackIf::default());
        let next = judge(&without, &VersionStats::default(), end);
        assert_eq!(next, Some(Verdict::Next));
    }

    #[test]
    fn the_steps_lead_to_the_new_version_and_a_rollback_to_the_old_one() {
        let split = Some(Split {
            version: 8,
            percent: 10,
        });
        let begun = Alias {
            split,
            canary: Some(canary(LIMITS)),
            ..Alias::of(7, Timestamp::default())
        };
        let now = Timestamp::from_millis(1);
        let half = carry_out(begun.clone(), &Verdict::Next, now);
        assert_eq!(
            half.split,
            Some(Split {
                version: 8,
                percent: 50
            })
        );
        assert_eq!(half.canary.as_ref().map(|canary| canary.since), Some(now));
        let back = carry_out(half.clone(), &Verdict::RollBack("slow".into()), now);
        assert_eq!((back.version, back.split, &back.canary), (7, None, &None));
        assert!(back.reason.unwrap().contains("slow"));
        let done = carry_out(half, &Verdict::Next, now);
        assert_eq!((done.version, done.split, done.canary), (8, None, None));
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let millis = |ms: &[u64]| VersionStats {
            durations: ms.iter().copied().map(Duration::from_millis).collect(),
            ..VersionStats::default()
        };
        assert_eq!(millis(&[]).percentile(99), None);
        assert_eq!(millis(&[5]).percentile(50), Some(Duration::from_millis(5)));
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(
            millis(&hundred).percentile(99),
            Some(Duration::from_millis(99))
        );
        assert_eq!(
            millis(&hundred).percentile(100),
            Some(Duration::from_millis(100))
        );
    }
}
