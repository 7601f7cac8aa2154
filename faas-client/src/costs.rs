//! Prices and costs.

use faas_api::{Breakdown, Data, Estimate, EstimateRequest, PriceBook, Trends};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// The prices of all tiers.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pricing(&self) -> Result<PriceBook<'static>, Error> {
        self.costs("pricing").await
    }

    /// What a call of a function is likely to cost.
    ///
    /// # Errors
    /// See [`Error`]; the code `function_not_found`.
    pub async fn estimate(&self, request: &EstimateRequest) -> Result<Estimate, Error> {
        let data: Data<_> = self.post("/api/costs/estimate", request).await?;
        Ok(data.data)
    }

    /// The costs of each function since a date or time: `2026-01-31` or RFC 3339. Without one, of the
    /// last 24 hours.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn costs_by_function(
        &self,
        since: Option<&str>,
    ) -> Result<Breakdown<'static>, Error> {
        self.costs(&format!("breakdown{}", query(since, ""))).await
    }

    /// The costs of each day since a date or time: `2026-01-31` or RFC 3339. Without one, of the last
    /// seven days.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn costs_by_day(&self, since: Option<&str>) -> Result<Trends, Error> {
        self.costs(&format!("trends{}", query(since, "granularity=day")))
            .await
    }

    async fn costs<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let data: Data<T> = self.get(&format!("/api/costs/{path}")).await?;
        Ok(data.data)
    }
}

fn query(since: Option<&str>, rest: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(since) = since {
        query.append_pair("startDate", since);
    }
    format!("?{rest}&{}", query.finish())
}
