//! A web shop that lets its staff write the pricing rule in JavaScript.
//!
//! Run it with `cargo run -p faas-embed`, then:
//!
//! ```text
//! curl -X POST localhost:3000/orders -H 'content-type: application/json' \
//!      -d '{"items": [{"price": 30, "count": 4}]}'
//! curl localhost:3000/faas/api/functions
//! ```
//!
//! The platform is a value that the app owns: it is called in process from the app's own routes,
//! and its REST API is nested under a path of the app's choosing, where the staff can change the
//! rule while the shop is open.

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use faas_core::Platform;
use faas_core::model::{FunctionId, Status};
use faas_core::platform::NewFunction;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The rule that the shop opens with.
const PRICING: &str = "
function price(order) {
  const sum = order.items.reduce((sum, item) => sum + item.price * item.count, 0);
  return { total: sum >= 100 ? sum * 0.9 : sum };
}";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // 1. The platform. Without a store it keeps everything in memory;
    //    `.store(SqliteStore::open("shop.db").await?)` would keep it in a file.
    let platform = Platform::builder().build().await?;

    // 2. The app, with the platform inside.
    let app = app(platform.clone()).await?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    say("the shop is open at http://127.0.0.1:3000");
    axum::serve(listener, app)
        .with_graceful_shutdown(ctrl_c())
        .await?;

    // 3. The platform stops when the app says so, and lets what runs finish.
    platform.shutdown().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
fn say(line: &str) {
    println!("{line}");
}

/// The app's own routes, and the platform's beside them.
async fn app(platform: Platform) -> Result<Router, Box<dyn Error>> {
    let rule = NewFunction::new("pricing", "What an order costs", PRICING);
    let pricing = platform.functions().create(rule).await?.id;
    let shop = Arc::new(Shop {
        platform: platform.clone(),
        pricing,
    });
    let own = Router::new()
        .route("/", get(async || "Welcome to the shop"))
        .route("/orders", post(order))
        .with_state(shop);
    // A router that is nested sees only what is below its path, and the shop's own layers (a login,
    // say) go around it as around any other.
    let functions = faas_http::router(platform.clone()).merge(faas_ws::router(platform));
    Ok(own.nest("/faas", functions))
}

struct Shop {
    platform: Platform,
    pricing: FunctionId,
}

#[derive(Deserialize, Serialize)]
struct Order {
    items: Vec<Item>,
}

#[derive(Deserialize, Serialize)]
struct Item {
    price: f64,
    count: u32,
}

/// What the pricing rule has to return.
#[derive(Deserialize)]
struct Priced {
    total: f64,
}

async fn order(
    State(shop): State<Arc<Shop>>,
    Json(order): Json<Order>,
) -> Result<Json<Value>, (StatusCode, String)> {
    // `Err` is the platform's failure: overloaded, shutting down, its store away.
    let done = shop
        .platform
        .invoke(shop.pricing, json!(order))
        .await
        .map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    // What the function itself did wrong is a value: here, the staff's mistake.
    let rule_failed = |why: String| (StatusCode::BAD_GATEWAY, format!("pricing rule: {why}"));
    let output = match (done.status, &done.output) {
        (Status::Completed, Some(output)) => output,
        _ => {
            let failure = done.failure.as_ref().map(|failure| failure.message.clone());
            return Err(rule_failed(failure.unwrap_or_default()));
        }
    };
    let priced: Priced = output
        .to()
        .map_err(|error| rule_failed(error.to_string()))?;
    Ok(Json(json!({
        "total": priced.total,
        "pricedIn": format!("{:?}", done.duration),
        "pricingCost": done.cost.total().to_string(),
    })))
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // No signal will ever come.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use faas_core::platform::FunctionUpdate;
    use faas_core::store::FunctionQuery;
    use tower::ServiceExt;

    use super::*;

    async fn send(app: &Router, method: &str, path: &str, body: &str) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_shop_prices_orders_by_a_rule_that_can_be_changed_while_it_is_open() {
        const ORDER: &str = r#"{"items": [{"price": 30, "count": 4}]}"#;
        let platform = Platform::builder().build().await.unwrap();
        let app = app(platform.clone()).await.unwrap();

        let (status, answer) = send(&app, "POST", "/orders", ORDER).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(answer.contains("\"total\":108.0"), "{answer}");

        let (status, functions) = send(&app, "GET", "/faas/api/functions", "").await;
        assert_eq!(status, StatusCode::OK);
        assert!(functions.contains("pricing"), "{functions}");

        let pricing = platform
            .functions()
            .list(&FunctionQuery::default())
            .await
            .unwrap()
            .items[0]
            .id;
        let update = FunctionUpdate {
            code: Some("function price() { throw new Error('on holiday') }".to_owned()),
            ..FunctionUpdate::default()
        };
        platform.functions().update(pricing, update).await.unwrap();
        let (status, answer) = send(&app, "POST", "/orders", ORDER).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert!(answer.contains("on holiday"), "{answer}");
        platform.shutdown().await;
    }
}
