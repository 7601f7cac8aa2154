//! Accepting many executions of one function with one commit.

use std::collections::HashMap;
use std::sync::Arc;

use super::Engine;
use super::execute::{Accepted, Request, same_value};
use super::record::Accepting;
use crate::error::Error;
use crate::model::{ExecutionId, FunctionId, Json};
use crate::store::Written;

/// The most executions of a batch.
pub(crate) const MOST: usize = 1_000;
/// The most bytes that the inputs of a batch have together.
const MOST_BYTES: usize = 8 << 20;

impl Engine {
    /// Accepts all of these executions, or none of them. Returns one answer for each, in order.
    pub(crate) async fn execute_batch(
        &self,
        function: FunctionId,
        requests: Vec<Request>,
    ) -> Result<Vec<Accepted>, Error> {
        check_size(&requests)?;
        check_keys(&requests)?;
        let mut answers = vec![None; requests.len()];
        let (mut places, mut inputs, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for (index, request) in requests.into_iter().enumerate() {
            if let Some(first) = self.accepted_before(function, &request).await? {
                let key = request.idempotency_key;
                let first = self.duplicate(first, key, &request.input).await?;
                if let Some(answer) = answers.get_mut(index) {
                    *answer = Some(first);
                }
                continue;
            }
            let admitted = self.admit_waiting(function, &request).await;
            let (loaded, waiting) = admitted.map_err(|error| at(index, error))?;
            places.push(index);
            inputs.push((request.idempotency_key.clone(), request.input.clone()));
            new.push(self.accepting(waiting, loaded, request)?);
        }
        let ids: Vec<_> = new.iter().map(|new: &Accepting| new.execution.id).collect();
        let written = if new.is_empty() {
            Vec::new()
        } else {
            self.accept(new).await?
        };
        for (((index, id), (key, input)), written) in
            places.into_iter().zip(ids).zip(inputs).zip(written)
        {
            let accepted = self.stored_as(id, key, &input, written).await?;
            if let Some(answer) = answers.get_mut(index) {
                *answer = Some(accepted);
            }
        }
        answers
            .into_iter()
            .map(|answer| {
                answer.ok_or_else(|| Error::Internal("an execution was not stored".into()))
            })
            .collect()
    }

    async fn stored_as(
        &self,
        id: ExecutionId,
        key: Option<Arc<str>>,
        input: &Json,
        written: Written,
    ) -> Result<Accepted, Error> {
        match written {
            Written::Done => Ok(Accepted::new(id)),
            // Accepted since the batch was checked, or twice in it.
            Written::Duplicate(first) => self.duplicate(first, key, input).await,
            Written::Stale => Err(Error::Internal(
                "a new execution was refused as stale".into(),
            )),
        }
    }
}

fn check_size(requests: &[Request]) -> Result<(), Error> {
    if requests.is_empty() {
        return Err(Error::Invalid("the batch has no executions".into()));
    }
    if requests.len() > MOST {
        return Err(Error::TooLarge(format!(
            "the batch has {} executions: at most {MOST} are accepted",
            requests.len()
        )));
    }
    let bytes: usize = requests.iter().map(|request| request.input.len()).sum();
    if bytes > MOST_BYTES {
        return Err(Error::TooLarge(format!(
            "the inputs of the batch have {bytes} bytes: at most {MOST_BYTES} are accepted"
        )));
    }
    Ok(())
}

/// Checks that executions with the same idempotency key have the same input.
fn check_keys(requests: &[Request]) -> Result<(), Error> {
    let mut first = HashMap::<&Arc<str>, (usize, &Json)>::new();
    for (index, request) in requests.iter().enumerate() {
        let Some(key) = &request.idempotency_key else {
            continue;
        };
        let (other, input) = *first.entry(key).or_insert((index, &request.input));
        if !same_value(input, &request.input) {
            return Err(Error::Invalid(format!(
                "executions[{index}] has the idempotency key of executions[{other}] and another \
                 input: use a new key for each request"
            )));
        }
    }
    Ok(())
}

/// Names the execution of the batch in an error about its input.
fn at(index: usize, error: Error) -> Error {
    match error {
        Error::Invalid(reason) => Error::Invalid(format!("executions[{index}]: {reason}")),
        Error::TooLarge(reason) => Error::TooLarge(format!("executions[{index}]: {reason}")),
        other => other,
    }
}
