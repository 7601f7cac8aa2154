//! Cost reports and estimates.

use std::time::Duration;

use super::{Error, Platform};
use crate::cost::Estimate;
use crate::model::{FunctionId, FunctionLabel, Json, NanoDollars};
use crate::store::{Granularity, Period, UsageRow, UsageSums};

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
    pub async fn estimate(&self, _request: &EstimateRequest) -> Result<Estimate, Error> {
        todo!()
    }

    /// The cost of everything in `period`, by function.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn system(&self, _period: Period) -> Result<SystemCost, Error> {
        todo!()
    }

    /// The cost of one function in `period`; deleted ones are still known.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn function(&self, _id: FunctionId, _period: Period) -> Result<FunctionCost, Error> {
        todo!()
    }

    /// The cost over time; spans without executions are left out.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn trends(
        &self,
        _period: Period,
        _granularity: Granularity,
        _function: Option<FunctionId>,
    ) -> Result<Vec<UsageRow>, Error> {
        todo!()
    }

    /// Names, tiers and the like of these functions, deleted ones included.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn labels(
        &self,
        _ids: &[FunctionId],
    ) -> Result<std::collections::HashMap<FunctionId, FunctionLabel>, Error> {
        todo!()
    }
}
