//! Two servers on one database: shared state, and takeover of the work of a killed server.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::{cost_of, ended, execute, get, header, nanos, sum_of_all};
use super::place::new_mongodb;
use super::running::Server;
use super::waiting::wait_until;

/// A claim lasts for the function's timeout of a second, and three more.
const MARGIN: [&str; 2] = ["--lease-margin", "3s"];
const KILLS: usize = 5;
const CLIENTS: usize = 8;

fn start(folder: &Path, store: &str) -> Server {
    let instances = [
        "--min-instances",
        "3",
        "--max-instances",
        "3",
        "--max-instances-per-function",
        "3",
    ];
    let args = [&["--store", store][..], &instances, &MARGIN].concat();
    Server::start(folder, &args)
}

/// Uploads a function that takes as many milliseconds as its input says, and returns its id.
fn upload(server: &Server) -> String {
    let function = json!({
        "name": "slow",
        "description": "takes its time",
        "code": "const end = Date.now() + input.ms; while (Date.now() < end); return input.n",
        "config": { "timeout": 5000, "retryCount": 0 },
    });
    let (status, answer) = server.send("POST", "/api/functions", &function.to_string());
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["_id"].as_str().unwrap().to_owned()
}

/// The server that an instance belongs to.
fn server_of(execution: &Value) -> String {
    let instance = execution["instanceId"].as_str().unwrap();
    instance.split('-').next().unwrap().to_owned()
}

/// Checks on each server that the reports are the sums of the executions.
fn check_sums(server: &Server) -> u64 {
    let report = &get(server, "/api/costs/system?startDate=2000-01-01")["data"];
    let (count, sum) = sum_of_all(server);
    assert_eq!(report["totalExecutions"].as_u64().unwrap(), count);
    assert_eq!(nanos(report["totalSystemCost"].as_f64().unwrap()), sum);
    count
}

#[test]
fn two_servers_share_the_work_and_each_execution_runs_once() {
    const COUNT: u64 = 150;
    let Some(store) = new_mongodb() else { return };
    let folder = TempDir::new().unwrap();
    let servers = [start(folder.path(), &store), start(folder.path(), &store)];
    let function = upload(&servers[0]);
    // All go to one server, faster than it runs 12 in a second: the other one takes executions from
    // its queue.
    let input = |n| json!({ "n": n, "ms": 250 });
    let ids: Vec<_> = (0..COUNT)
        .map(|n| execute(&servers[0], &function, &input(n)))
        .collect();
    let mut took_part = HashSet::new();
    for (n, id) in (0..).zip(&ids) {
        let execution = ended(&servers[n % 2], id);
        assert_eq!(execution["status"], "completed", "{execution}");
        assert_eq!(execution["output"], n, "{execution}");
        assert_eq!(execution["attempts"].as_array().unwrap().len(), 1);
        took_part.insert(server_of(&execution));
    }
    assert_eq!(took_part.len(), 2);
    for server in &servers {
        assert_eq!(check_sums(server), COUNT);
    }
}

#[test]
fn a_change_on_one_server_applies_on_the_other() {
    let Some(store) = new_mongodb() else { return };
    let folder = TempDir::new().unwrap();
    let [one, other] = [start(folder.path(), &store), start(folder.path(), &store)];
    let function = upload(&one);
    let path = format!("/api/functions/{function}");
    let invoke = format!("{path}/invoke");
    let input = json!({ "n": 7, "ms": 0 }).to_string();
    assert_eq!(other.send("POST", &invoke, &input), (200, "7".to_owned()));

    let change = json!({ "code": "return input.n + 1" }).to_string();
    assert_eq!(one.send("PUT", &path, &change).0, 200);
    wait_until("the other server runs the new version", || {
        other.send("POST", &invoke, &input) == (200, "8".to_owned())
    });

    // One server cancels an execution that runs on the other.
    let change = json!({ "code": "for (;;); return 0" }).to_string();
    assert_eq!(one.send("PUT", &path, &change).0, 200);
    let id = execute(&one, &function, &json!({}));
    let execution = format!("/api/executions/{id}");
    wait_until("the execution runs", || {
        get(&one, &execution)["status"] == "running"
    });
    let (status, cancelled) = other.send("POST", &format!("{execution}/cancel"), "");
    // The execution runs for a second, so the request may come too late.
    if status == 200 {
        let cancelled: Value = serde_json::from_str(&cancelled).unwrap();
        assert_eq!(cancelled["errorKind"], "cancelled", "{cancelled}");
    } else {
        assert_eq!(status, 409, "{cancelled}");
    }

    assert_eq!(one.send("DELETE", &path, "").0, 200);
    wait_until("the other server forgets the function", || {
        other.send("POST", &invoke, &input).0 == 404
    });
}

#[test]
fn a_server_that_lost_its_lease_cannot_store_its_results() {
    let Some(store) = new_mongodb() else { return };
    let folder = TempDir::new().unwrap();
    let sleeper = start(folder.path(), &store);
    let function = upload(&sleeper);
    let ids: Vec<_> = (0..3)
        .map(|n| execute(&sleeper, &function, &json!({ "n": n, "ms": 900 })))
        .collect();
    for id in &ids {
        let execution = format!("/api/executions/{id}");
        wait_until("the execution runs", || {
            get(&sleeper, &execution)["status"] == "running"
        });
    }
    sleeper.signal("STOP");
    let other = start(folder.path(), &store);
    let taken_over: Vec<_> = ids.iter().map(|id| ended(&other, id)).collect();
    for execution in &taken_over {
        let attempts = execution["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 2, "{execution}");
    }
    sleeper.signal("CONT");
    // Its running executions end, and their settlements are refused.
    wait_until("no execution runs", || {
        get(&sleeper, "/api/metrics")["overview"]["runningExecutions"] == 0
    });
    sleeper.stop();
    for (id, before) in ids.iter().zip(&taken_over) {
        assert_eq!(&get(&other, &format!("/api/executions/{id}")), before);
    }
    assert_eq!(check_sums(&other), 3);
}

#[test]
fn a_server_that_stops_leaves_its_queue_to_others_and_interrupts_nothing() {
    const QUEUED: u64 = 40;
    let Some(store) = new_mongodb() else { return };
    let folder = TempDir::new().unwrap();
    let [leaving, staying] = [start(folder.path(), &store), start(folder.path(), &store)];
    let function = upload(&leaving);
    let mut ids = Vec::new();
    // The servers run 6 executions in 400 ms, and a slow machine accepts more than that.
    wait_until("the queue is long", || {
        let inputs = (0..10).map(|n| json!({ "n": ids.len() + n, "ms": 400 }));
        let accepted: Vec<_> = inputs
            .map(|input| execute(&leaving, &function, &input))
            .collect();
        ids.extend(accepted);
        let overview = get(&staying, "/api/metrics")["overview"].clone();
        overview["pendingExecutions"].as_u64() > Some(QUEUED)
    });
    leaving.stop();
    for (n, id) in ids.iter().enumerate() {
        let execution = ended(&staying, id);
        assert_eq!(execution["output"], n, "{execution}");
        assert_eq!(execution["attempts"].as_array().unwrap().len(), 1);
    }
    assert_eq!(check_sums(&staying), ids.len() as u64);
}

/// The responses that clients received.
#[derive(Default)]
struct Told {
    /// Invoked executions, with the cost in the response.
    invoked: Mutex<Vec<(String, String)>>,
    /// Executions that were accepted, with their numbers.
    accepted: Mutex<Vec<(String, usize)>>,
}

#[test]
fn executions_of_a_killed_server_are_taken_over_and_end_once() {
    let Some(store) = new_mongodb() else { return };
    let folder = TempDir::new().unwrap();
    let servers: Vec<Mutex<Option<Server>>> = (0..2)
        .map(|_| Mutex::new(Some(start(folder.path(), &store))))
        .collect();
    let function = upload(servers[0].lock().unwrap().as_ref().unwrap());
    let (told, is_over) = (Told::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (servers, function, told, is_over) = (&servers, &function, &told, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let server = servers[client % 2].lock().unwrap();
                    let address = server.as_ref().map(|server| server.address().to_owned());
                    drop(server);
                    if let Some(address) = address {
                        hammer(&address, function, client < CLIENTS / 2, told, is_over);
                    }
                    thread::park_timeout(Duration::from_millis(20));
                }
            });
        }
        for kill in 0..KILLS {
            thread::park_timeout(Duration::from_millis(700 + fastrand::u64(..700)));
            let killed = servers[kill % 2].lock().unwrap().take().unwrap();
            killed.kill();
            // The last killed server is not restarted: the other one does all the work.
            if kill + 1 < KILLS {
                let started = start(folder.path(), &store);
                *servers[kill % 2].lock().unwrap() = Some(started);
            }
        }
        thread::park_timeout(Duration::from_millis(500));
        is_over.store(true, Ordering::Relaxed);
    });
    let Told { invoked, accepted } = told;
    let (invoked, accepted) = (
        invoked.into_inner().unwrap(),
        accepted.into_inner().unwrap(),
    );
    let loads = (invoked.len(), accepted.len());
    assert!(loads.0 > 50 && loads.1 > 50, "too little load: {loads:?}");

    let left = servers[KILLS % 2].lock().unwrap().take().unwrap();
    let mut taken_over = 0;
    for (id, n) in &accepted {
        let execution = ended(&left, id);
        assert_eq!(execution["status"], "completed", "{execution}");
        assert_eq!(execution["output"], *n, "{execution}");
        let attempts = execution["attempts"].as_array().unwrap();
        let returned = attempts.iter().filter(|one| one["error"].is_null()).count();
        assert_eq!(returned, 1, "{execution}");
        taken_over += usize::from(attempts.len() > 1);
    }
    for (id, cost) in &invoked {
        let execution = get(&left, &format!("/api/executions/{id}"));
        assert_eq!(execution["status"], "completed", "{execution}");
        assert_eq!(cost_of(&execution), nanos(cost.parse().unwrap()));
    }
    // At most the executions that the killed servers had claimed.
    assert!(taken_over <= KILLS * 50, "{taken_over} of {loads:?}");
    let count = check_sums(&left);
    assert!(count >= (loads.0 + loads.1) as u64);
    eprintln!("{loads:?} answered and accepted, {taken_over} taken over");
}

/// Sends one request after another until the server is killed or the test is over.
fn hammer(address: &str, function: &str, invoke: bool, told: &Told, is_over: &AtomicBool) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    while !is_over.load(Ordering::Relaxed) {
        let n = NUMBER.fetch_add(1, Ordering::Relaxed);
        let input = json!({ "n": n, "ms": n % 10 });
        let (path, body) = if invoke {
            (format!("/api/functions/{function}/invoke"), input)
        } else {
            let body = json!({ "input": input });
            (format!("/api/functions/{function}/execute"), body)
        };
        let Ok((status, head, body)) = Server::try_send(address, "POST", &path, &body.to_string())
        else {
            return;
        };
        match status {
            200 => {
                let (id, cost) = ("x-execution-id", "x-execution-cost");
                let answered = (header(&head, id), header(&head, cost));
                told.invoked.lock().unwrap().push(answered);
            }
            202 => {
                let body: Value = serde_json::from_str(&body).unwrap();
                let id = body["executionId"].as_str().unwrap().to_owned();
                told.accepted.lock().unwrap().push((id, n));
            }
            // Over capacity: the execution was not accepted.
            429 => thread::park_timeout(Duration::from_millis(5)),
            other => panic!("{other}: {body}"),
        }
    }
}
