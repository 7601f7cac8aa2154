//! Executions that HTTP requests start. They differ from other direct ones in their input, in their
//! result, and in that they end with their client.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use super::exchange::{Client, Exchange, Started};
use super::execute::{Accepted, Request, illegal, shutting_down};
use super::job::{Job, Loaded};
use crate::error::Error;
use crate::http::{self, Answer, Input, Output, Response, ResponseBody, Timing};
use crate::model::{Execution, ExecutionId, Failure, FailureKind, Status, Timestamp};

/// A request whose execution is queued.
struct Asked {
    id: ExecutionId,
    accepted_at: Timestamp,
    exchange: Arc<Exchange>,
    client: Client,
    started: oneshot::Receiver<Started>,
    ended: oneshot::Receiver<Result<Arc<Execution>, Error>>,
}

impl Engine {
    /// Queues the execution of a request.
    fn ask(
        &self,
        function: &Arc<Loaded>,
        mut request: http::Request,
        retry_of: Option<ExecutionId>,
    ) -> Result<Asked, Error> {
        let config = function.function.config.http.as_deref();
        let timeout = config.and_then(crate::model::http::HttpConfig::time_limit);
        let input =
            Input::of(&mut request).map_err(|error| Error::Internal(error.to_string().into()))?;
        let place = self.admit_http(function.function.id, &input.record)?;
        let (exchange, started) =
            Exchange::new(input.call, input.body, timeout, request.method == "HEAD");
        let exchange = Arc::new(exchange);
        let request = Request {
            retry_of,
            ..Request::once(input.record, request.caller)
        };
        let mut execution = self.accepted(function, request);
        execution.claim().map_err(illegal)?;
        let accepted_at = execution.created_at;
        let mut client = Client::new(self.clone(), exchange.clone(), execution.id);
        let (id, (answer, ended)) = (execution.id, oneshot::channel());
        let job = Job::direct(place, function.clone(), Arc::new(execution), answer);
        let job = job.exchanging(exchange.clone());
        if self.enqueue(job).is_err() {
            client.finish();
            return Err(shutting_down());
        }
        Ok(Asked {
            id,
            accepted_at,
            exchange,
            client,
            started,
            ended,
        })
    }

    /// Runs a function for the request of an execution that has ended. Nobody gets the response; the
    /// new execution is stored when it has ended.
    pub(crate) fn answer_again(
        &self,
        function: &Arc<Loaded>,
        request: http::Request,
        retry_of: ExecutionId,
    ) -> Result<Accepted, Error> {
        let asked = self.ask(function, request, Some(retry_of))?;
        let id = asked.id;
        self.0.handle.spawn(async move {
            let mut client = asked.client;
            match first(asked.started, asked.ended).await {
                First::Started(started) => {
                    let mut body = client.body(started.pieces);
                    while let Some(Ok(_)) = body.next().await {}
                }
                First::Ended(_) => client.finish(),
            }
        });
        Ok(Accepted {
            id,
            duplicate: false,
            status: Status::Pending,
        })
    }

    /// Runs a function for a request, and waits for its response. The execution of a response that is
    /// not in pieces is stored.
    pub(crate) async fn answer(
        &self,
        function: &Arc<Loaded>,
        request: http::Request,
    ) -> Result<Answer, Error> {
        let asked = self.ask(function, request, None)?;
        let (id, accepted_at) = (asked.id, asked.accepted_at);
        let (exchange, mut client) = (asked.exchange, asked.client);
        let timing = |now| timing(&exchange, accepted_at, now);
        match first(asked.started, asked.ended).await {
            First::Started(started) => Ok(Answer::Response(Response {
                status: started.head.status,
                headers: started.head.headers,
                execution_id: id,
                timing: timing(started.at),
                body: ResponseBody::Stream {
                    pieces: client.body(started.pieces),
                    length: started.length,
                },
            })),
            First::Ended(ended) => {
                client.finish();
                let execution = ended?;
                let ended_at = execution.end_time.unwrap_or(accepted_at);
                let mut timing = timing(ended_at);
                timing.commit = Some(self.0.clock.now().since(ended_at));
                Ok(whole(execution, timing))
            }
        }
    }
}

/// What comes first.
enum First {
    Started(Started),
    Ended(Result<Arc<Execution>, Error>),
}

async fn first(
    mut started: oneshot::Receiver<Started>,
    mut ended: oneshot::Receiver<Result<Arc<Execution>, Error>>,
) -> First {
    let over = |ended: Result<Result<_, _>, _>| {
        First::Ended(ended.unwrap_or_else(|_| Err(shutting_down())))
    };
    tokio::select! {
        biased;
        started = &mut started => match started {
            Ok(started) => First::Started(started),
            // There was no head.
            Err(_) => over(ended.await),
        },
        ended = &mut ended => over(ended),
    }
}

fn timing(exchange: &Exchange, accepted_at: Timestamp, now: Timestamp) -> Timing {
    let (taken, begun) = exchange.times();
    let taken = taken.unwrap_or(now);
    let begun = begun.unwrap_or(now);
    Timing {
        queue: taken.since(accepted_at),
        start: begun.since(taken),
        run: now.since(begun),
        commit: None,
    }
}

/// The response of an execution that has ended.
fn whole(execution: Arc<Execution>, timing: Timing) -> Answer {
    let output = match (&execution.status, &execution.output) {
        (Status::Completed, Some(output)) => output,
        _ => return Answer::Failed(execution),
    };
    match http::read(output) {
        Ok(Output::Whole(head, body)) => Answer::Response(Response {
            status: head.status,
            headers: head.headers,
            body: ResponseBody::Bytes(body),
            execution_id: execution.id,
            timing,
        }),
        // The result was checked before it was stored.
        Ok(Output::Sent) | Err(_) => Answer::Failed(execution),
    }
}

/// Checks the result of an HTTP call, and replaces that of a response in pieces by what the record
/// has of it.
pub(super) fn result(
    exchange: &Exchange,
    result: Result<crate::model::Json, Failure>,
) -> Result<crate::model::Json, Failure> {
    match result {
        Ok(output) => match http::read(&output) {
            Ok(Output::Whole(..)) => Ok(output),
            Ok(Output::Sent) => exchange.record().ok_or_else(|| {
                Failure::new(FailureKind::UserError, "the function has sent no response")
            }),
            Err(wrong) => Err(Failure::new(FailureKind::UserError, wrong)),
        },
        Err(mut failure) => {
            if failure.kind == FailureKind::Cancelled && exchange.was_left() {
                "cancelled: the client has closed the connection".clone_into(&mut failure.message);
            } else if let Some(bytes) = exchange.cut_after() {
                failure.message = format!(
                    "the response ended early, after {bytes} bytes: {}",
                    failure.message
                );
            }
            Err(failure)
        }
    }
}

/// The time limit of a call.
pub(super) fn limit(exchange: Option<&Arc<Exchange>>, function: &Loaded) -> Duration {
    let own = exchange.and_then(|exchange| exchange.timeout);
    own.map_or(function.limits.timeout, |own| {
        own.min(function.limits.timeout)
    })
}
