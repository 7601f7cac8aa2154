//! Cost reports and estimates.

use std::collections::HashMap;
use std::time::Duration;

use super::Platform;
use crate::cost::{Estimate, estimate, scaling_cost, storage_cost};
use crate::error::{Error, Resource};
use crate::model::UsageSums;
use crate::model::{FunctionId, FunctionLabel, Json, NanoDollars, Tier, Timestamp};
use crate::store::{Granularity, Period, Store, UsageGroup, UsageKey, UsageQuery, UsageRow};

/// What to estimate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EstimateRequest {
    /// The function.
    pub function: FunctionId,
    /// Its input, whose size counts.
    pub input: Option<Json>,
    /// How long it will run; `None`: from its history.
    pub duration: Option<Duration>,
}

impl EstimateRequest {
    /// The next execution of this function, without an input.
    pub const fn new(function: FunctionId) -> Self {
        Self {
            function,
            input: None,
            duration: None,
        }
    }
}

/// The cost of one function in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionCost {
    /// The function, deleted ones included.
    pub label: FunctionLabel,
    /// Its executions' sums; all zero when there were none.
    pub sums: UsageSums,
    /// The cost of storing its code.
    pub storage: NanoDollars,
}

/// The cost of everything in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SystemCost {
    /// By function, the most expensive first; functions without executions are left out.
    pub functions: Vec<FunctionCost>,
    /// Over all executions.
    pub sums: UsageSums,
    /// The cost of changes of capacity.
    pub scaling: NanoDollars,
    /// The cost of storing code.
    pub storage: NanoDollars,
}

impl SystemCost {
    /// Executions, scaling and storage.
    pub fn grand_total(&self) -> NanoDollars {
        self.sums.total() + self.scaling + self.storage
    }
}

/// See [`Platform::costs`].
#[derive(Clone, Copy)]
pub struct Costs<'a> {
    pub(super) platform: &'a Platform,
}

impl Costs<'_> {
    /// Estimates the cost of the next execution.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn estimate(&self, request: &EstimateRequest) -> Result<Estimate, Error> {
        /// How many of the newest executions count as recent.
        const RECENT: usize = 1_000;
        let function = self.platform.functions().get(request.function).await?;
        let recent = match request.duration {
            Some(_) => Vec::new(),
            None => {
                self.store()
                    .recent_durations(Some(function.id), Timestamp::default(), RECENT)
                    .await?
            }
        };
        let bytes = request.input.as_ref().map_or(0, Json::len) as u64;
        Ok(estimate(
            function.tier,
            bytes,
            request.duration,
            &recent,
            self.platform.price_book(),
        ))
    }

    /// The cost of everything in `period`, by function.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn system(&self, period: Period) -> Result<SystemCost, Error> {
        let rows = self.usage(period, None, UsageGroup::Function).await?;
        let ids: Vec<_> = rows.iter().filter_map(|row| function_of(row.key)).collect();
        let mut labels = self.labels(&ids).await?;
        let mut total = UsageSums::default();
        let mut functions = Vec::with_capacity(rows.len());
        for UsageRow { key, sums } in rows {
            total.add(&sums);
            let Some(id) = function_of(key) else { continue };
            // The store may know a function only by its executions.
            let label = labels.remove(&id).unwrap_or_else(|| unknown(id, &sums));
            functions.push(FunctionCost {
                label,
                sums,
                storage: NanoDollars::ZERO,
            });
        }
        functions.sort_by_key(|function| std::cmp::Reverse(function.sums.total()));
        let book = self.platform.price_book();
        Ok(SystemCost {
            functions,
            sums: total,
            scaling: scaling_cost(self.store().scaling_event_count(period).await?, book),
            storage: self.storage(period, None).await?,
        })
    }

    /// The cost of one function in `period`, also of a deleted one.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn function(&self, id: FunctionId, period: Period) -> Result<FunctionCost, Error> {
        let label = self
            .labels(&[id])
            .await?
            .remove(&id)
            .ok_or(Error::NotFound(Resource::Function))?;
        let rows = self.usage(period, Some(id), UsageGroup::Function).await?;
        let sums = rows.first().map(|row| row.sums).unwrap_or_default();
        Ok(FunctionCost {
            label,
            sums,
            storage: self.storage(period, Some(id)).await?,
        })
    }

    /// The cost over time; spans without executions are left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn trends(
        &self,
        period: Period,
        granularity: Granularity,
        function: Option<FunctionId>,
    ) -> Result<Vec<UsageRow>, Error> {
        self.usage(period, function, UsageGroup::Time(granularity))
            .await
    }

    /// The labels of these functions, deleted ones included, and [`FunctionId::RUN`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, Error> {
        let mut labels = self.store().labels(ids).await?;
        if ids.contains(&FunctionId::RUN) {
            labels.insert(FunctionId::RUN, label_of_runs());
        }
        Ok(labels)
    }

    fn store(&self) -> &dyn Store {
        &*self.platform.engine().0.store
    }

    async fn usage(
        &self,
        period: Period,
        function: Option<FunctionId>,
        group: UsageGroup,
    ) -> Result<Vec<UsageRow>, Error> {
        Ok(self
            .store()
            .usage(&UsageQuery {
                period,
                function,
                group,
            })
            .await?)
    }

    /// The cost of storing code until now.
    async fn storage(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<NanoDollars, Error> {
        let kept = Period {
            from: period.from,
            to: period.to.min(self.platform.now()),
        };
        if kept.from >= kept.to {
            return Ok(NanoDollars::ZERO);
        }
        let byte_micros = self.store().code_byte_micros(kept, function).await?;
        Ok(storage_cost(byte_micros, self.platform.price_book()))
    }
}

/// The label of all code that ran once. Its tier depends on the code.
fn label_of_runs() -> FunctionLabel {
    FunctionLabel {
        id: FunctionId::RUN,
        name: "(run)".into(),
        description: "code that ran once and is not stored".into(),
        tier: Tier::Basic,
        deleted: true,
    }
}

/// The label of a function that the store does not know.
fn unknown(id: FunctionId, sums: &UsageSums) -> FunctionLabel {
    FunctionLabel {
        id,
        name: "(unknown)".into(),
        description: "".into(),
        tier: sums.tier.unwrap_or(Tier::Basic),
        deleted: true,
    }
}

fn function_of(key: UsageKey) -> Option<FunctionId> {
    match key {
        UsageKey::Function(id) => Some(id),
        UsageKey::Time(_) => None,
    }
}
