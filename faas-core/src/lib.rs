//! Runs users' JavaScript functions: queued, isolated, scaled, retried, metered and priced.
//!
//! ```
//! use faas_core::{Platform, platform::NewFunction};
//! use serde_json::json;
//!
//! # #[cfg(feature = "quickjs")]
//! # #[tokio::main]
//! # async fn main() -> Result<(), faas_core::Error> {
//! let platform = Platform::builder().build().await?;
//! let new = NewFunction::new("add", "adds", "return input.a + input.b");
//! let add = platform.functions().upsert(new).await?;
//!
//! let done = platform.invoke(add.id, json!({"a": 1, "b": 2})).await?;
//! assert_eq!(done.output.as_ref().map(|output| output.as_str()), Some("3"));
//! println!("took {:?}, cost ${}", done.duration, done.cost.total());
//!
//! platform.shutdown().await;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "quickjs"))]
//! # fn main() {}
//! ```
//!
//! Everything is in memory here: pass a store to [`PlatformBuilder::store`](platform::PlatformBuilder::store)
//! to keep functions and executions.
//!
//! Functions reach nothing outside, unless you give them a [binding](bindings):
//!
//! ```
//! # #[cfg(feature = "quickjs")]
//! # #[tokio::main]
//! # async fn main() -> Result<(), faas_core::Error> {
//! use faas_core::bindings::Binding;
//! use faas_core::{Platform, platform::NewFunction};
//! use serde_json::json;
//!
//! let prices = Binding::new("prices").function("of", |_, sku: String| async move {
//!     Ok(sku.len() * 100)
//! });
//! let platform = Platform::builder().bind(prices).build().await?;
//! let code = "return { total: input.count * await context.prices.of(input.sku) }";
//! let total = platform.functions().upsert(NewFunction::new("total", "a total", code)).await?;
//!
//! let done = platform.invoke(total.id, json!({"sku": "tea", "count": 2})).await?;
//! assert_eq!(done.output.as_ref().map(|output| output.as_str()), Some(r#"{"total":600}"#));
//! assert_eq!(done.host_calls[0].name, "prices.of");
//! # platform.shutdown().await;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "quickjs"))]
//! # fn main() {}
//! ```
//!
//! Read the modules in this order: [`model`] (the data), [`cost`] (prices), [`store`], [`runtime`] and
//! [`scaling`] (the traits that a host can implement), [`bindings`] (functions of the host), [`egress`] (requests to the network), [`http`] (requests to functions),
//! [`events`], then `engine` (the life of an
//! execution), [`secrets`], [`load_test`], [`platform`] (the handle that a host holds), [`access`]
//! (authentication) and [`request_id`], which front ends share.

pub mod access;
pub mod bindings;
pub mod clock;
pub mod cost;
pub mod egress;
mod engine;
pub mod error;
pub mod events;
pub mod http;
pub mod kv;
pub mod load_test;
pub mod model;
pub mod options;
pub mod platform;
pub mod request_id;
pub mod runtime;
pub mod samples;
pub mod scaling;
pub mod secrets;
pub mod store;

pub use error::Error;
pub use options::PlatformOptions;
pub use platform::Platform;
