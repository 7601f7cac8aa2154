//! Functions by name, conflicts that a host can match, and tiers from the price book.

use std::sync::Arc;
use std::time::Duration;

use faas_core::cost::PriceBook;
use faas_core::error::{Conflict, Resource};
use faas_core::model::{FunctionConfig, FunctionId, Tier};
use faas_core::platform::{FunctionUpdate, NewFunction};
use faas_core::store::FunctionQuery;
use faas_core::{Error, Platform};
use serde_json::json;

use crate::platform::World;
use crate::scripted::Scripted;

fn add() -> NewFunction {
    NewFunction::new("add", "adds", "echo")
}

#[tokio::test]
async fn upsert_creates_a_function_once_and_then_finds_or_changes_it() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let first = functions.upsert(add().variable("A", "1")).await.unwrap();
    let second = functions.upsert(add().variable("A", "1")).await.unwrap();
    assert_eq!(second, first, "nothing differs, so nothing changes");

    let mut changed = add().timeout(Duration::from_secs(5)).variable("B", "2");
    changed.code = "attempt".to_owned();
    let third = functions.upsert(changed).await.unwrap();
    assert_eq!((third.id, third.version), (first.id, 2));
    assert_eq!(&*third.code, "attempt");
    assert_eq!(third.config.timeout, Duration::from_secs(5));
    let names: Vec<_> = third
        .environment
        .variables
        .keys()
        .map(|name| &**name)
        .collect();
    assert_eq!(names, ["A", "B"], "variables that it does not name stay");

    functions.delete(first.id).await.unwrap();
    let again = functions.upsert(add()).await.unwrap();
    assert_ne!(again.id, first.id);
}

#[tokio::test]
async fn upserts_at_the_same_time_make_one_function() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let upserts = (0..20).map(|_| functions.upsert(add()));
    let done = futures_util::future::join_all(upserts).await;
    let ids: Vec<_> = done
        .into_iter()
        .map(|function| function.unwrap().id)
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let listed = functions.list(&FunctionQuery::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
}

#[tokio::test]
async fn a_function_is_found_by_its_name_until_it_is_renamed_or_deleted() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let function = functions.create(add()).await.unwrap();
    assert_eq!(functions.get_by_name(" add ").await.unwrap(), function);
    let renamed = FunctionUpdate::default().name(" sum ");
    functions.update(function.id, renamed).await.unwrap();
    assert_eq!(functions.get_by_name("sum").await.unwrap().id, function.id);
    for gone in ["add", "", "Sum"] {
        let unknown = functions.get_by_name(gone).await;
        assert!(
            matches!(unknown, Err(Error::NotFound(Resource::Function))),
            "{gone}: {unknown:?}"
        );
    }
    functions.delete(function.id).await.unwrap();
    assert!(functions.get_by_name("sum").await.is_err());
}

#[tokio::test]
async fn a_conflict_names_the_function_that_has_the_name() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let first = functions.create(add()).await.unwrap();
    let other = functions
        .create(NewFunction::new("other", "d", "echo"))
        .await
        .unwrap();
    let taken: [Result<_, Error>; 2] = [
        functions.create(add()).await,
        functions
            .update(other.id, FunctionUpdate::default().name("add"))
            .await,
    ];
    for taken in taken {
        let Err(Error::Conflict(conflict)) = taken else {
            panic!("{taken:?}");
        };
        assert_eq!(
            conflict.to_string(),
            "a function named \"add\" already exists"
        );
        let name = "add".to_owned();
        let existing = Some(first.id);
        assert_eq!(conflict, Conflict::FunctionName { name, existing });
    }
}

#[tokio::test]
async fn what_is_not_found_is_named_by_its_kind() {
    let world = World::new(|_| {}).await;
    let unknown = FunctionId::from_u128(1);
    let called = world.platform.execute(unknown, json!(1)).await.unwrap_err();
    assert!(matches!(called, Error::NotFound(Resource::Function)));
    assert_eq!(called.to_string(), "function not found");
    assert!(!called.is_retryable());
}

#[tokio::test]
async fn a_function_is_in_the_tier_that_the_price_book_puts_it_in() {
    let mut book = PriceBook::default();
    book.thresholds.basic.code_length = 4;
    book.thresholds.basic.timeout_ms = 1_000;
    let platform = Platform::builder()
        .runtime(Scripted::default())
        .price_book(book)
        .build()
        .await
        .unwrap();
    let functions = platform.functions();
    let short = NewFunction::new("short", "d", "echo").timeout(Duration::from_secs(1));
    let short = functions.create(short).await.unwrap();
    assert_eq!(short.tier, Tier::Basic);
    let slower = FunctionUpdate::default().timeout(FunctionConfig::default().timeout);
    let slower = functions.update(short.id, slower).await.unwrap();
    assert_eq!(slower.tier, Tier::Standard);
    let done = platform.invoke(short.id, json!(1)).await.unwrap();
    assert_eq!(
        (done.tier, done.cost.tier),
        (Tier::Standard, Tier::Standard)
    );

    let mut falling = PriceBook::default();
    falling.thresholds.premium.code_length = 1;
    let refused = Platform::builder().price_book(falling).build().await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

fn refusal(refused: Result<faas_core::model::Function, Error>) -> String {
    match refused {
        Err(Error::Invalid(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn memory_can_be_set_up_to_what_the_tier_gives() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let add = functions.create(add().memory(128)).await.unwrap();
    assert_eq!((add.tier, add.config.memory), (Tier::Basic, Some(128)));
    for memory in [0, 129, u32::MAX] {
        let update = FunctionUpdate::default().memory(Some(memory));
        assert_eq!(
            refusal(functions.update(add.id, update).await),
            format!(
                "memory is {memory} MiB: expected 1 to 128 MiB, which tier basic gives, or none \
                 for 128 MiB"
            )
        );
    }
    // A slower function is in a tier with more memory.
    let slow = FunctionUpdate::default().timeout(Duration::from_secs(61));
    let slow = slow.memory(Some(1_000));
    let slow = functions.update(add.id, slow).await.unwrap();
    assert_eq!((slow.tier, slow.version), (Tier::Premium, 2));
    let fast = FunctionUpdate::default().timeout(Duration::from_secs(1));
    let message = refusal(functions.update(add.id, fast.clone()).await);
    assert!(message.contains("memory is 1000 MiB"), "{message}");
    let fast = functions.update(add.id, fast.memory(None)).await.unwrap();
    assert_eq!((fast.tier, fast.config.memory), (Tier::Basic, None));
    assert_eq!(fast.version, 3);
}

#[tokio::test]
async fn bindings_are_at_most_64_different_names_of_letters_digits_and_underscores() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let names: Vec<String> = (0..64).map(|n| format!("{n:_>64}")).collect();
    let add = functions.create(add().bindings(names)).await.unwrap();
    assert_eq!(
        add.config.bindings.as_ref().map(|names| names.len()),
        Some(64)
    );
    let update = async |names: &[&str]| {
        let names: Arc<[Arc<str>]> = names.iter().map(|name| Arc::from(*name)).collect();
        let update = FunctionUpdate::default().bindings(Some(names));
        functions.update(add.id, update).await
    };
    let long = "x".repeat(65);
    for name in ["", "a b", "a.b", "ü", "a\n", &long] {
        let shown: String = name.chars().take(64).collect();
        assert_eq!(
            refusal(update(&["fine", name]).await),
            format!("bindings[1] is {shown:?}: expected 1 to 64 ASCII letters, digits or _")
        );
    }
    assert_eq!(
        refusal(update(&["a", "b", "a"]).await),
        "bindings names a twice"
    );
    let many = ["a"; 65];
    let message = refusal(update(&many).await);
    assert_eq!(message, "bindings has 65 names: at most 64 are allowed");
    let none = update(&[]).await.unwrap();
    assert_eq!(
        (none.version, none.config.bindings.as_deref()),
        (2, Some(&[][..]))
    );
    let open = FunctionUpdate::default().bindings(None);
    let open = functions.update(add.id, open).await.unwrap();
    assert_eq!((open.version, open.config.bindings), (3, None));
}
