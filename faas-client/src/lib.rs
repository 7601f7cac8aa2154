//! A client of a faas server: functions, executions, costs, load tests and live events.
//!
//! ```no_run
//! use faas_api::NewFunction;
//! use faas_client::Client;
//! use serde_json::json;
//!
//! # async fn run() -> Result<(), faas_client::Error> {
//! let client = Client::builder("http://127.0.0.1:5000").key("faas_…").build()?;
//!
//! let new = NewFunction::new("greet", "greets", "return `Hello, ${input.name}!`");
//! let function = client.create(&new).await?;
//! println!("version {}", function.version);
//!
//! // A text is the name of a function; `function.id` would do as well.
//! let done = client.invoke("greet", &json!({"name": "Ada"})).await?;
//! println!("{} in execution {}", done.output.get(), done.execution);
//!
//! // Live events; after a break, the client connects again and resumes.
//! let mut events = client.events(faas_api::Subscribe::default());
//! while let Some(event) = events.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Answers are the types of [`faas_api`]. [`Client::get`], [`Client::post`] and [`Client::send`] reach
//! routes that have no method here.
//!
//! An error that the server answers is [`Error::Api`], with its code, its message and the id of the
//! request. The client does not repeat requests, does not follow redirects and uses no proxy. Requests
//! have no time limit, because a function may run for long; dropping a future ends its request.
//!
//! Read the modules in this order: `client` (requests and answers), `target` (ids and names),
//! `functions`, `calls`, `upload`, `executions`, `mcp`, `costs` and `load_tests` (the routes), `events` (the
//! WebSocket), `connect` (TCP and TLS), `error`.

mod calls;
mod client;
mod connect;
mod costs;
mod error;
mod events;
mod executions;
mod functions;
mod load_tests;
mod mcp;
mod schedules;
mod target;
mod upload;

pub use calls::{CallOptions, Invocation};
pub use client::{Client, ClientBuilder};
pub use error::{ApiError, Error};
pub use events::{Event, Events};
pub use executions::ExecutionQuery;
pub use hyper::Method;
pub use mcp::Mcp;
pub use target::Target;
pub use upload::{Upload, UploadKind};
