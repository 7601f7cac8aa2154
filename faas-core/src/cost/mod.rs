//! Exact costs of executions.
//!
//! This module has the price book (data), the pricing function ([`price`]) and estimates. It uses
//! neither clock nor store: [`price`] is a pure function of a [`Usage`] and a [`PriceBook`]. Sums
//! over many executions come from the store's roll-ups (see
//! [`UsageSums`](crate::model::UsageSums)).

mod estimate;
mod price;
mod price_book;

pub(crate) use estimate::percentile;
pub use estimate::{Estimate, estimate};
pub use price::{Usage, price, scaling_cost, storage_cost};
pub use price_book::{PriceBook, TierBounds, TierPrice, TierThresholds};
