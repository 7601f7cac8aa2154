//! Runs a platform on a journal, stops it, and starts it again.
//!
//! `cargo run -p faas-custom-store -- my.journal`; without a path, in the folder for temporary files.

use std::error::Error;
use std::path::{Path, PathBuf};

use faas_core::Platform;
use faas_core::platform::NewFunction;
use faas_core::store::FunctionQuery;
use faas_custom_store::JournalStore;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.unwrap_or_else(|| std::env::temp_dir().join("faas-custom-store.journal"));
    for line in demo(&path).await? {
        say(&line);
    }
    Ok(())
}

/// Runs everything once and tells what happened.
async fn demo(path: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut told = Vec::new();
    let platform = start(path).await?;
    told.push(format!("the store is {}", platform.describe_store()));
    let functions = platform
        .functions()
        .list(&FunctionQuery::default())
        .await?
        .items;
    let greet = match functions.into_iter().find(|one| &*one.name == "greet") {
        Some(there) => there.id,
        None => {
            let code = "return `Hello, ${input.name}!`";
            let new = NewFunction::new("greet", "greets", code);
            platform.functions().create(new).await?.id
        }
    };
    let done = platform.invoke(greet, json!({"name": "Ada"})).await?;
    if let Some(output) = &done.output {
        told.push(format!(
            "greet returned {output} for ${}",
            done.cost.total()
        ));
    }
    platform.shutdown().await;

    let platform = start(path).await?;
    let again = platform.executions().get(done.id).await?;
    told.push(format!("after a restart it is {}", again.status));
    let overview = platform.overview().await?;
    told.push(format!("{} executions so far", overview.totals.completed));
    platform.shutdown().await;
    Ok(told)
}

async fn start(path: &Path) -> Result<Platform, Box<dyn Error>> {
    let store = JournalStore::open(path).await?;
    Ok(Platform::builder().store(store).build().await?)
}

#[expect(clippy::print_stdout, reason = "an example shows what it did")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_the_example_stores_is_there_when_it_runs_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faas.journal");
        for run in 1..=2 {
            let told = demo(&path).await.unwrap();
            let has = |part: &str| assert!(told.iter().any(|line| line.contains(part)), "{told:?}");
            has("greet returned \"Hello, Ada!\"");
            has("after a restart it is completed");
            has(&format!("{run} executions so far"));
        }
    }
}
