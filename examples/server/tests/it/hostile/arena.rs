//! A server with attackers, and a neighbour that calls a harmless function meanwhile.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::case::{Case, Verdict};
use super::footprint::Footprint;
use crate::running::Server;

/// Attackers at once.
pub(super) const ATTACKERS: usize = 8;

/// Instances: one for each attacker, for the neighbour, and for threads that are being replaced.
const INSTANCES: &str = "20";

/// The pause of the neighbour between two calls.
const REST: Duration = Duration::from_millis(10);

/// A server to attack.
pub(super) struct Arena {
    pub(super) server: Server,
    _folder: TempDir,
}

/// The result of a case.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) case: Case,
    /// The deviations from its verdicts.
    pub(super) wrong: Vec<String>,
}

impl Arena {
    /// Starts a server with this isolation, and a call of each kind behind it.
    pub(super) fn open(isolation: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let args = [
            "--isolation",
            isolation,
            "--store",
            "memory:",
            "--min-instances",
            INSTANCES,
            "--max-instances",
            INSTANCES,
            "--log",
            "off",
        ];
        let server = Server::start(folder.path(), &args);
        Self {
            server,
            _folder: folder,
        }
    }

    /// Runs all `cases`, [`ATTACKERS`] at a time, while the neighbour calls. Panics if the neighbour
    /// is not served; deviations of a case are in its result.
    pub(super) fn attack(&self, cases: &[Case]) -> Vec<Ran> {
        let neighbour = self
            .upload("neighbour", "return input.a + 1", 60_000)
            .unwrap();
        let over = AtomicBool::new(false);
        let waiting = Mutex::new(cases.iter().cloned().collect::<VecDeque<_>>());
        let ran = thread::scope(|scope| {
            let calls = scope.spawn(|| self.call_until(&over, &neighbour));
            let attackers: Vec<_> = (0..ATTACKERS)
                .map(|_| scope.spawn(|| self.work_through(&waiting)))
                .collect();
            let ran = attackers.into_iter().flat_map(|one| one.join().unwrap());
            let ran = ran.collect();
            over.store(true, Ordering::Relaxed);
            calls.join().unwrap();
            ran
        });
        self.delete(&neighbour);
        ran
    }

    fn work_through(&self, waiting: &Mutex<VecDeque<Case>>) -> Vec<Ran> {
        let next = || waiting.lock().unwrap().pop_front();
        std::iter::from_fn(next)
            .map(|case| self.run(case))
            .collect()
    }

    /// The neighbour: calls at least once, until `over`, and must be served each time.
    fn call_until(&self, over: &AtomicBool, function: &str) {
        let path = format!("/api/functions/{function}/invoke");
        for n in 0.. {
            let (status, answer) = self.server.send("POST", &path, &format!("{{\"a\":{n}}}"));
            assert_eq!(
                (status, answer),
                (200, (n + 1).to_string()),
                "the neighbour"
            );
            if over.load(Ordering::Relaxed) {
                return;
            }
            thread::park_timeout(REST);
        }
    }

    /// Uploads a case, executes it as often as it says, and deletes it.
    pub(super) fn run(&self, case: Case) -> Ran {
        let mut ran = Ran {
            wrong: Vec::new(),
            case,
        };
        let case = &ran.case;
        let name = case.name.replace('/', " ");
        match self.upload(&name, &case.code, case.timeout.as_millis()) {
            Err((400 | 413, error)) => {
                ran.wrong
                    .extend(judge(&case.executions[0], &Verdict::Refused { error }));
            }
            Err((status, error)) => ran.wrong.push(format!("{status} at upload: {error}")),
            Ok(id) => {
                for verdicts in &case.executions {
                    let record = self.execute(&id, &case.input);
                    ran.wrong.extend(judge(verdicts, &verdict(&record)));
                    let logs = record["logs"].to_string().len();
                    if logs > 1 << 20 {
                        ran.wrong.push(format!("kept {logs} bytes of logs"));
                    }
                }
                self.delete(&id);
            }
        }
        ran
    }

    /// The function's id, or the status and the error of a refusal.
    pub(super) fn upload(
        &self,
        name: &str,
        code: &str,
        timeout: impl TryInto<u64>,
    ) -> Result<String, (u16, String)> {
        let timeout = timeout.try_into().unwrap_or(u64::MAX);
        let body = json!({
            "name": name, "description": "hostile", "code": code,
            "config": {"timeout": timeout, "retryCount": 0},
        });
        let (status, answer) = self
            .server
            .send("POST", "/api/functions", &body.to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        match status {
            201 => Ok(answer["_id"].as_str().unwrap().to_owned()),
            _ => Err((status, answer["error"].as_str().unwrap().to_owned())),
        }
    }

    /// Executes the function and returns the record.
    pub(super) fn execute(&self, function: &str, input: &str) -> Value {
        let path = format!("/api/functions/{function}/invoke");
        let address = self.server.address();
        let (status, head, body) = Server::try_send(address, "POST", &path, input).unwrap();
        let id = head
            .lines()
            .find_map(|line| line.strip_prefix("x-execution-id: "));
        let id = id.unwrap_or_else(|| panic!("{status} without an execution: {body}"));
        let (status, record) = self
            .server
            .send("GET", &format!("/api/executions/{id}"), "");
        assert_eq!(status, 200, "{record}");
        serde_json::from_str(&record).unwrap()
    }

    pub(super) fn delete(&self, function: &str) {
        let path = format!("/api/functions/{function}");
        let (status, answer) = self.server.send("DELETE", &path, "");
        assert_eq!(status, 200, "{answer}");
    }

    /// The sample of this name in the server's metrics.
    pub(super) fn sample(&self, name: &str) -> u64 {
        let (_, page) = self.server.send("GET", "/metrics", "");
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        let value = line.unwrap_or_else(|| panic!("no {name} in {page}"));
        value.trim().parse().unwrap()
    }

    pub(super) fn footprint(&self) -> Footprint {
        Footprint::of(self.server.id())
    }
}

fn judge(wanted: &[Verdict], came: &Verdict) -> Option<String> {
    let right = wanted.iter().any(|wanted| wanted.allows(came));
    (!right).then(|| {
        let mut came = format!("{came:?}");
        came.truncate(came.floor_char_boundary(600));
        format!("came {came}, wanted {wanted:?}")
    })
}

fn verdict(record: &Value) -> Verdict {
    if record["status"] == "completed" {
        return Verdict::Completed(record["output"].clone());
    }
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    Verdict::Failed {
        kind: text("errorKind"),
        error: text("error"),
    }
}
