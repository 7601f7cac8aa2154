//! Cost reports and estimates.

use std::collections::HashMap;
use std::time::Duration;

use super::Platform;
use crate::cost::{Estimate, estimate, scaling_cost, storage_cost};
use crate::error::Error;
use crate::model::UsageSums;
use crate::model::{FunctionId, FunctionLabel, Json, NanoDollars, Tier, Timestamp};
use crate::store::{Granularity, Period, Store, UsageGroup, UsageKey, UsageQuery, UsageRow};

/// What to estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct EstimateRequest {
    /// The function.
    pub function: FunctionId,
    /// Its input; counts with its size.
    pub input: Option<Json>,
    /// How long it will run; `None`: from its history.
    pub duration: Option<Duration>,
}

/// The cost of one function in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCost {
    /// The function, deleted ones included.
    pub label: FunctionLabel,
    /// Its executions' sums; all zero when there were none.
    pub sums: UsageSums,
    /// What keeping its code cost.
    pub storage: NanoDollars,
}

/// The cost of everything in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemCost {
    /// By function, dearest first; functions without executions are left out.
    pub functions: Vec<FunctionCost>,
    /// Over all executions.
    pub sums: UsageSums,
    /// What changes of capacity cost.
    pub scaling: NanoDollars,
    /// What keeping code cost.
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
    /// What the next execution will probably cost.
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
            function.tier(),
            bytes,
            request.duration,
            &recent,
            self.platform.price_book(),
        ))
    }

    /// The cost of everything in `period`, by function.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn system(&self, period: Period) -> Result<SystemCost, Error> {
        let rows = self.usage(period, None, UsageGroup::Function).await?;
        let ids: Vec<_> = rows.iter().filter_map(|row| function_of(row.key)).collect();
        let mut labels = self.labels(&ids).await?;
        let mut total = UsageSums::default();
        let mut functions = Vec::with_capacity(rows.len());
        for UsageRow { key, sums } in rows {
            total.add(&sums);
            let Some(id) = function_of(key) else { continue };
            // One that the store knows only by its executions is in the sum like all others.
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

    /// The cost of one function in `period`; deleted ones are still known.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn function(&self, id: FunctionId, period: Period) -> Result<FunctionCost, Error> {
        let label = self
            .labels(&[id])
            .await?
            .remove(&id)
            .ok_or(Error::NotFound("function"))?;
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
    /// When the store is away.
    pub async fn trends(
        &self,
        period: Period,
        granularity: Granularity,
        function: Option<FunctionId>,
    ) -> Result<Vec<UsageRow>, Error> {
        self.usage(period, function, UsageGroup::Time(granularity))
            .await
    }

    /// Names, tiers and the like of these functions, deleted ones included.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, Error> {
        Ok(self.store().labels(ids).await?)
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

    /// What keeping code has cost until now.
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

/// Stands in for the label of a function that the store does not know.
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
