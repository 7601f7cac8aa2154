//! A host that keeps its stock in a database of its own, and gives functions one way to it, and a module
//! of JavaScript that they share.
//!
//! Run it with `cargo run -p faas-host-functions`. The function cannot see the database: it can only
//! call `context.inventory.reserve`, and every call is bounded and kept with the execution.

use std::error::Error;
use std::sync::{Arc, Mutex};

use faas_core::Platform;
use faas_core::bindings::{Binding, HostCall};
use faas_core::platform::NewFunction;
use faas_core::runtime::HostError;
use rusqlite::Connection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What functions import as `shop:orders`.
const ORDERS: &str = "
export const unlessOutOfStock = async (order) => {
  try {
    return await order();
  } catch (error) {
    if (error.code !== 'OUT_OF_STOCK') throw error;
    return { sorry: error.message };
  }
};";

const CODE: &str = "
import { unlessOutOfStock } from 'shop:orders';
export default ({ sku, count }, context) =>
  unlessOutOfStock(() => context.inventory.reserve({ sku, count }));";

#[derive(Deserialize, JsonSchema)]
struct Reserve {
    sku: String,
    count: u32,
}

#[derive(Serialize, JsonSchema)]
struct Reserved {
    left: u32,
}

/// The binding `inventory`, on the host's own database.
fn inventory(stock: Arc<Mutex<Connection>>) -> Binding {
    Binding::new("inventory").function("reserve", move |_: HostCall, item: Reserve| {
        let stock = stock.clone();
        async move {
            // The database blocks, so it gets a thread that may block.
            let reserved = tokio::task::spawn_blocking(move || reserve(&stock, &item));
            reserved
                .await
                .map_err(|_| HostError::new("ERR_HOST", "the inventory is broken"))?
        }
    })
}

fn reserve(stock: &Mutex<Connection>, item: &Reserve) -> Result<Reserved, HostError> {
    // What is wrong with the database is no business of the function's.
    let broken = |_| HostError::new("ERR_HOST", "the inventory is not available");
    let stock = stock
        .lock()
        .map_err(|_| HostError::new("ERR_HOST", "the inventory is broken"))?;
    let sql = "UPDATE stock SET count = count - ?2 WHERE sku = ?1 AND count >= ?2";
    if stock
        .execute(sql, (&item.sku, item.count))
        .map_err(broken)?
        == 0
    {
        let text = format!("there are fewer than {} of {}", item.count, item.sku);
        return Err(HostError::new("OUT_OF_STOCK", text));
    }
    let sql = "SELECT count FROM stock WHERE sku = ?1";
    let left = stock
        .query_row(sql, [&item.sku], |row| row.get(0))
        .map_err(broken)?;
    Ok(Reserved { left })
}

async fn shop() -> Result<Platform, Box<dyn Error>> {
    let stock = Connection::open_in_memory()?;
    stock.execute_batch(
        "CREATE TABLE stock (sku TEXT, count INT); INSERT INTO stock VALUES ('tea', 5)",
    )?;
    let binding = inventory(Arc::new(Mutex::new(stock)));
    let builder = Platform::builder()
        .bind(binding)
        .module("shop:orders", ORDERS);
    Ok(builder.build().await?)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let platform = shop().await?;
    let order = NewFunction::new("order", "Orders tea", CODE);
    let order = platform.functions().upsert(order).await?;
    for count in [2, 2, 2] {
        let input = json!({ "sku": "tea", "count": count });
        let done = platform.invoke(order.id, input).await?;
        println!("{:?}: {:?}", done.output, done.host_calls);
    }
    println!("{}", platform.bindings().typescript());
    platform.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn orders_are_served_until_the_stock_is_used_up() {
        let platform = shop().await.unwrap();
        let order = NewFunction::new("order", "Orders tea", CODE);
        let order = platform.functions().create(order).await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..3 {
            let input = json!({ "sku": "tea", "count": 2 });
            let done = platform.invoke(order.id, input).await.unwrap();
            assert_eq!(done.host_calls.len(), 1);
            answers.push(done.output.as_ref().unwrap().as_str().to_owned());
        }
        let sorry = r#"{"sorry":"there are fewer than 2 of tea"}"#;
        assert_eq!(answers, [r#"{"left":3}"#, r#"{"left":1}"#, sorry]);
        platform.shutdown().await;
    }
}
