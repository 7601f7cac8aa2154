//! The HTTP settings of a function (`config.http`): whether it answers HTTP requests, and which.
//!
//! ```
//! use faas_core::model::http::{HttpConfig, Routed};
//!
//! let http: HttpConfig = serde_json::from_str(
//!     r#"{ "enabled": true, "auth": "public", "routes": ["GET /orders/:id", "POST /orders"] }"#,
//! )?;
//! let Routed::Matched(params) = http.route("GET", "/orders/7") else {
//!     panic!("the first route matches");
//! };
//! assert_eq!(params, [("id".to_owned(), "7".to_owned())]);
//! assert_eq!(http.route("GET", "/customers"), Routed::NoRoute);
//! assert_eq!(
//!     http.route("DELETE", "/orders/7"),
//!     Routed::WrongMethod { allow: "GET, HEAD".to_owned() },
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The settings are data: a front end decides with them which requests become executions.
//! [`HttpConfig`] has their shape and bounds, `route` the routes, `pattern` the patterns of their
//! paths, and `cors` what browsers may read.

mod config;
mod cors;
mod pattern;
mod route;

pub use config::{HttpAuth, HttpConfig, InvalidHttp, Routed};
pub use cors::HttpCors;
pub use pattern::RoutePattern;
pub use route::HttpRoute;

#[cfg(test)]
mod tests;
