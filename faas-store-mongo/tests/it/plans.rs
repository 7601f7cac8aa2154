//! Indexes answer the queries of the store.
//!
//! A proxy records the requests of each call, and the server explains them. If the server cannot
//! explain queries, the test only checks its indexes.

use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{ExecutionId, FailureKind, Status, Timestamp};
use faas_core::store::conformance::fixtures::{Fixtures, START};
use faas_core::store::conformance::{claim, insert};
use faas_core::store::{
    ExecutionQuery, FunctionQuery, Granularity, Lease, LoadTestQuery, OverdueQuery, Owner, Period,
    SecretStore as _, Stage, Store, UsageGroup, UsageQuery, Write,
};
use faas_mongo_testserver::FaultProxy;
use faas_store_mongo::MongoStore;
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Client, Database};

use super::server;

/// Indexes by their keys, as `listIndexes` returns them.
const ID: &str = "_id:1";
const STAGE: &str = "status:1,_id:-1";
const FUNCTION: &str = "functionId:1,_id:-1";
const CREATED: &str = "createdAt:1";
const KEY: &str = "keySlot:1";
const DUE: &str = "waitsSince:1";
const LEASES: &str = "leaseEnds:1";
const EVENTS: &str = "timestamp:-1";
const NAME: &str = "name:1";
const TO_CLOSE: &str = "closed:1,openUntil:1";
const EXPIRING: &str = "isExpiring:1";
const OPEN: &str = "closed:1,_id:1";

const MADE: [(&str, &[&str]); 7] = [
    (
        "executions",
        &[ID, STAGE, FUNCTION, CREATED, KEY, DUE, LEASES],
    ),
    ("functions", &[ID, NAME, "status:1,createdAt:-1"]),
    ("scalingevents", &[ID, EVENTS]),
    ("loadtests", &[ID, FUNCTION]),
    ("usagehours", &[ID, TO_CLOSE, EXPIRING]),
    ("usagedays", &[ID, OPEN]),
    ("usagemonths", &[ID, OPEN]),
];

#[tokio::test]
async fn every_query_is_answered_by_an_index_that_was_made_for_it() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let proxy = FaultProxy::to(&uri);
    let store = MongoStore::open(&proxy.uri).await.unwrap();
    let client = Client::with_uri_str(&uri).await.unwrap();
    let database = client.default_database().unwrap();
    for (collection, indexes) in MADE {
        let made = indexes_of(&database, collection).await;
        for index in indexes {
            assert!(
                made.iter().any(|one| one == index),
                "{collection}: {index} is not among {made:?}"
            );
        }
    }
    let all = calls(&store, &proxy).await;
    let mut explained = 0;
    for (call, requests, may_use) in &all {
        let queries: Vec<_> = requests.iter().flat_map(queries_of).collect();
        assert!(!queries.is_empty(), "{call} asked nothing");
        for query in queries {
            let Some(plan) = explain(&database, &query).await else {
                continue;
            };
            explained += 1;
            assert!(
                !plan.reads_all,
                "{call}: {query} reads the whole collection"
            );
            assert!(!plan.indexes.is_empty(), "{call}: {query} uses no index");
            for index in plan.indexes {
                let is_meant = index == ID || may_use.contains(&index.as_str());
                assert!(is_meant, "{call}: {query} uses {index}");
            }
        }
    }
    if explained == 0 {
        let line =
            "this server cannot explain queries: only that the indexes are there was tested\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

/// Makes calls. Returns the requests of each call, and the indexes that may answer them in addition
/// to the index of ids.
async fn calls(
    store: &MongoStore,
    proxy: &FaultProxy,
) -> Vec<(&'static str, Vec<Document>, &'static [&'static str])> {
    let mut fixtures = Fixtures::new();
    let function = fixtures.function("add");
    let mut executions = Vec::new();
    for number in 0..300 {
        let of = if number % 3 == 0 {
            function.id
        } else {
            fixtures.id()
        };
        executions.push(match number % 10 {
            0 => fixtures.pending(of),
            _ => fixtures.ended(of),
        });
        fixtures.wait(Duration::from_secs(60));
    }
    insert(store, &executions).await;
    let event = fixtures.scaling_event(None);
    store.commit(&[Write::Scaling(event)]).await.unwrap();
    let pending: Vec<ExecutionId> = executions.iter().step_by(10).map(|one| one.id).collect();
    let [first, second, ..] = pending[..] else {
        panic!("too few")
    };
    let mut running = executions.first().unwrap().clone();
    running.claim().unwrap();
    let mut released = running.clone();
    released.release().unwrap();
    let settle = Write::Settle {
        execution: Arc::new(released),
        from: Stage::of(&running),
    };
    let period = Period {
        from: START,
        to: START + Duration::from_secs(3 * 3_600),
    };
    let list = ExecutionQuery {
        limit: 20,
        ..ExecutionQuery::default()
    };
    let overdue = |status| OverdueQuery {
        status,
        before: fixtures.now,
        from: Timestamp::MIN,
        except: Vec::new(),
        limit: 20,
    };
    let lease = Lease {
        owner: Owner::new("somebody"),
        until: fixtures.now,
    };
    let usage = |group| UsageQuery {
        period,
        function: Some(function.id),
        group,
    };
    let shared = store.as_shared().unwrap();
    let mut all = Vec::new();
    let mut record = |call, may_use: &'static [&'static str]| {
        let requests = proxy.record();
        let requests = requests.iter().filter_map(|one| request(one)).collect();
        all.push((call, requests, may_use));
    };
    macro_rules! call {
        ($name:literal, $indexes:expr, $call:expr) => {
            proxy.record();
            $call.await.unwrap();
            record($name, &$indexes);
        };
    }
    call!("new function", [NAME], store.insert_function(&function));
    call!("function", [], store.function(function.id));
    let functions = FunctionQuery::default();
    call!("functions", [], store.functions(&functions));
    let named = store.function_named("add");
    call!("function by name", [NAME], named);
    call!("counts", ["status:1,createdAt:-1"], store.function_counts());
    let version = store.function_version(function.id, 7);
    call!("version", [], version);
    call!("last change", [], shared.function_updated_at(function.id));
    call!("labels", [], store.labels(&[function.id]));
    call!("claim", [STAGE], store.commit(&[claim(first, 1)]));
    call!("renewal", [STAGE], shared.renew(&[(first, 1)], &lease));
    call!("request to cancel", [STAGE], shared.request_cancel(first));
    call!("settlement", [STAGE], store.commit(&[settle]));
    call!("stale claim", [STAGE], store.commit(&[claim(second, 2)]));
    let due = overdue(Status::Pending);
    call!("overdue, pending", [DUE], shared.overdue(&due));
    let ended = overdue(Status::Running);
    call!("overdue, running", [LEASES], shared.overdue(&ended));
    call!("execution", [], store.execution(first));
    call!("list", [], store.executions(&list));
    let of_function = ExecutionQuery {
        function: Some(function.id),
        ..list.clone()
    };
    call!(
        "list of a function",
        [FUNCTION],
        store.executions(&of_function)
    );
    let failed = ExecutionQuery {
        status: Some(Status::Failed),
        before: Some(first),
        ..list.clone()
    };
    call!("list by status", [STAGE], store.executions(&failed));
    let timed_out = ExecutionQuery {
        failure: Some(FailureKind::Timeout),
        ..failed.clone()
    };
    call!("list by failure", [STAGE], store.executions(&timed_out));
    let within = ExecutionQuery { period, ..list };
    call!("list of a period", [CREATED], store.executions(&within));
    call!("unfinished", [STAGE], store.unfinished(None, 20));
    let by_key = store.find_idempotent(function.id, "key", START);
    call!("idempotency key", [KEY], by_key);
    call!("newest", [], store.newest_execution());
    let durations = store.recent_durations(Some(function.id), START, 20);
    call!("durations", [FUNCTION, STAGE, CREATED], durations);
    call!("totals", [STAGE, CREATED, OPEN, TO_CLOSE], store.totals());
    for group in [
        UsageGroup::Function,
        UsageGroup::Time(Granularity::Minute),
        UsageGroup::Time(Granularity::Hour),
        UsageGroup::Time(Granularity::Day),
        UsageGroup::Time(Granularity::Month),
    ] {
        let query = usage(group);
        call!(
            "report",
            [CREATED, STAGE, OPEN, TO_CLOSE],
            store.usage(&query)
        );
    }
    call!("events", [EVENTS], store.scaling_events(START, 9));
    call!("event count", [EVENTS], store.scaling_event_count(period));
    let expiry = store.expire(period.to, 50);
    let tests = LoadTestQuery {
        function: Some(function.id),
        limit: 9,
    };
    call!("load tests", [FUNCTION], store.load_tests(&tests));
    call!("expiry", [CREATED, STAGE, EXPIRING], expiry);
    all
}

async fn indexes_of(database: &Database, collection: &str) -> Vec<String> {
    let collection = database.collection::<Document>(collection);
    let indexes = collection.list_indexes().await.unwrap();
    let indexes: Vec<_> = indexes.try_collect().await.unwrap();
    indexes.iter().map(|index| keys(&index.keys)).collect()
}

/// As `field:direction,…`.
fn keys(pattern: &Document) -> String {
    let direction = |value: &Bson| match value {
        Bson::Int32(n) => i64::from(*n),
        Bson::Int64(n) => *n,
        #[expect(clippy::cast_possible_truncation, reason = "it is one or minus one")]
        Bson::Double(n) => *n as i64,
        other => panic!("{other}"),
    };
    let key = |(name, value): (&String, &Bson)| format!("{name}:{}", direction(value));
    pattern.iter().map(key).collect::<Vec<_>>().join(",")
}

/// The command in a wire message; `None` if the message is of another kind.
fn request(message: &[u8]) -> Option<Document> {
    const OP_MSG: u32 = 2_013;
    let code = u32::from_le_bytes(message.get(12..16)?.try_into().ok()?);
    if code != OP_MSG {
        return None;
    }
    // The flags are followed by sections: the command, and its lists of documents.
    let mut sections = message.get(20..)?;
    let mut command = Document::new();
    while let [kind, rest @ ..] = sections {
        let length = u32::from_le_bytes(rest.get(..4)?.try_into().ok()?);
        let (section, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        sections = after;
        if *kind == 0 {
            let fields = Document::from_reader(Cursor::new(section)).ok()?;
            command = fields.into_iter().chain(command).collect();
            continue;
        }
        let mut list = section.get(4..)?;
        let end = list.iter().position(|byte| *byte == 0)?;
        let name = String::from_utf8(list.get(..end)?.to_vec()).ok()?;
        list = list.get(end + 1..)?;
        let mut documents = Vec::new();
        while !list.is_empty() {
            documents.push(Bson::Document(Document::from_reader(&mut list).ok()?));
        }
        command.insert(name, documents);
    }
    Some(command)
}

/// The queries of a command that can be explained, one by one.
fn queries_of(command: &Document) -> Vec<Document> {
    let Some(name) = command.keys().next() else {
        return Vec::new();
    };
    let mut query = command.clone();
    for about in [
        "$db",
        "lsid",
        "$clusterTime",
        "$readPreference",
        "txnNumber",
        "writeConcern",
        "readConcern",
        "ordered",
    ] {
        query.remove(about);
    }
    let list = match name.as_str() {
        "find" | "aggregate" | "count" | "distinct" => return vec![query],
        "update" => "updates",
        "delete" => "deletes",
        _ => return Vec::new(),
    };
    let statements = query.get_array(list).unwrap().clone();
    let alone = |statement| {
        let mut query = query.clone();
        query.insert(list, vec![statement]);
        query
    };
    statements.into_iter().map(alone).collect()
}

#[derive(Default)]
struct Plan {
    reads_all: bool,
    indexes: Vec<String>,
}

/// How the server would answer; `None` when it does not tell, or has no such collection.
async fn explain(database: &Database, query: &Document) -> Option<Plan> {
    let explain = doc! { "explain": query.clone(), "verbosity": "queryPlanner" };
    let answer = database.run_command(explain).await.ok()?;
    let mut plan = Plan::default();
    let winner = winning_plan(&Bson::Document(answer))?;
    read_plan(&winner, &mut plan);
    let is_empty = winner.to_string().contains("\"EOF\"");
    (!is_empty).then_some(plan)
}

fn winning_plan(answer: &Bson) -> Option<Bson> {
    match answer {
        Bson::Document(fields) => match fields.get("winningPlan") {
            Some(plan) => Some(plan.clone()),
            None => fields.values().find_map(winning_plan),
        },
        Bson::Array(list) => list.iter().find_map(winning_plan),
        _ => None,
    }
}

fn read_plan(part: &Bson, plan: &mut Plan) {
    match part {
        Bson::Document(fields) => {
            let stage = fields.get_str("stage").unwrap_or_default();
            plan.reads_all |= stage == "COLLSCAN";
            let is_by_id = stage == "IDHACK" || stage.starts_with("EXPRESS");
            match fields.get("keyPattern") {
                Some(Bson::Document(pattern)) => plan.indexes.push(keys(pattern)),
                _ if is_by_id => plan.indexes.push(ID.to_owned()),
                _ => {}
            }
            fields.values().for_each(|inner| read_plan(inner, plan));
        }
        Bson::Array(list) => list.iter().for_each(|inner| read_plan(inner, plan)),
        _ => {}
    }
}

#[test]
fn a_plan_is_read_down_to_its_indexes() {
    let scan = |stage: &str| doc! { "stage": stage, "keyPattern": { "status": 1, "_id": -1 } };
    let answer = doc! { "ok": 1, "stages": [{ "$cursor": { "queryPlanner": { "winningPlan": {
        "stage": "LIMIT",
        "inputStage": { "stage": "OR", "inputStages": [
            { "stage": "FETCH", "inputStage": scan("IXSCAN") }, { "stage": "IDHACK" },
        ] },
    } } } }] };
    let mut plan = Plan::default();
    read_plan(&winning_plan(&Bson::Document(answer)).unwrap(), &mut plan);
    assert_eq!(plan.indexes, ["status:1,_id:-1", ID]);
    assert!(!plan.reads_all);
    let all = doc! { "stage": "FETCH", "inputStage": { "stage": "COLLSCAN" } };
    read_plan(&Bson::Document(all), &mut plan);
    assert!(plan.reads_all);
}
