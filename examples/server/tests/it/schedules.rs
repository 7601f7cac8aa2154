//! kill -9 around the times of schedules: each planned time has exactly one execution.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::api::{ended, get};
use super::running::Server;

/// How often the server is killed, unless `FAAS_TEST_KILLS` says another number.
const KILLS: usize = 10;
/// How many schedules there are. Each fires once a second, at another moment of the second.
const SCHEDULES: usize = 8;
const ARGS: [&str; 2] = ["--store", "sqlite:./faas.db"];

#[test]
fn kill_9_around_firing_times_fires_each_planned_time_exactly_once() {
    let kills = std::env::var("FAAS_TEST_KILLS").ok();
    let kills = kills.map_or(KILLS, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &ARGS);
    let function = server.upload("return input.scheduledTime");
    let path = format!("/api/functions/{function}/schedules");
    for name in 0..SCHEDULES {
        let new = json!({"name": name.to_string(), "every": "1s", "missed": "all"});
        let (status, body) = server.send("POST", &path, &new.to_string());
        assert_eq!(status, 201, "{body}");
        // The next one is created once this one has fired, at another moment.
        firings_after(&server, &path, 0, name + 1);
    }
    let mut server = Some(server);
    for kill in 0..kills {
        let running = server
            .take()
            .unwrap_or_else(|| Server::start(folder.path(), &ARGS));
        let before = firings(&get(&running, &path));
        // Some firings later, and a moment later each time.
        firings_after(&running, &path, before, 1 + kill % 3);
        for _ in 0..kill % 5 {
            get(&running, &path);
        }
        running.kill();
    }

    let server = Server::start(folder.path(), &ARGS);
    let before = firings(&get(&server, &path));
    firings_after(&server, &path, before, SCHEDULES);
    for schedule in get(&server, &path).as_array().unwrap() {
        let pause = format!("/api/schedules/{}/pause", schedule["_id"].as_str().unwrap());
        let (status, body) = server.send("POST", &pause, "");
        assert_eq!(status, 200, "{body}");
    }
    let mut times = BTreeMap::<String, Vec<i64>>::new();
    for execution in executions(&server) {
        let id = execution["_id"].as_str().unwrap();
        let execution = ended(&server, id);
        assert_eq!(execution["status"], "completed", "{execution}");
        let input = &execution["input"];
        let name = input["schedule"].as_str().unwrap().to_owned();
        let at = input["scheduledTime"].as_i64().unwrap();
        times.entry(name).or_default().push(at);
    }
    assert_eq!(times.len(), SCHEDULES);
    let mut count = 0;
    for schedule in get(&server, &path).as_array().unwrap() {
        let created = millis(&schedule["createdAt"]);
        let last = millis(&schedule["last"]["scheduledTime"]);
        let planned: Vec<i64> = (1..=(last - created) / 1_000)
            .map(|second| created + second * 1_000)
            .collect();
        let fired = times.get_mut(schedule["name"].as_str().unwrap()).unwrap();
        fired.sort_unstable();
        assert_eq!(*fired, planned, "{schedule}");
        count += planned.len();
    }
    println!("{kills} kills, {count} planned times, each fired once");
}

fn millis(moment: &Value) -> i64 {
    let moment = moment.as_str().unwrap();
    let moment = faas_core::model::Timestamp::parse_rfc3339(moment).unwrap();
    moment.as_millis()
}

/// How many times the schedules have fired, as far as their last firings say.
fn firings(schedules: &Value) -> usize {
    let schedules = schedules.as_array().unwrap().iter();
    let fired = schedules.filter(|one| !one["last"].is_null()).map(|one| {
        let since = millis(&one["last"]["scheduledTime"]) - millis(&one["createdAt"]);
        usize::try_from(since / 1_000).unwrap()
    });
    fired.sum()
}

/// Waits until the schedules have fired `more` times more than `before`.
fn firings_after(server: &Server, path: &str, before: usize, more: usize) {
    while firings(&get(server, path)) < before + more {
        std::thread::yield_now();
    }
}

fn executions(server: &Server) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(server, &format!("/api/executions?limit=1000{cursor}"));
        all.extend(page["executions"].as_array().unwrap().iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}
