//! Many updates in one command.

use mongodb::bson::{Bson, Document, doc};

use crate::error::{Error, unavailable, unusable};
use crate::store::Inner;

impl Inner {
    /// Sends one command with many updates. Returns how many documents matched.
    pub(crate) async fn bulk_update(
        &self,
        collection: &str,
        statements: Vec<Bson>,
    ) -> Result<i64, Error> {
        if statements.is_empty() {
            return Ok(0);
        }
        let mut command = doc! {
            "update": collection,
            "updates": statements,
            "ordered": false,
        };
        if let Some(concern) = &self.write_concern {
            command.insert("writeConcern", concern.clone());
        }
        let answer = self.database.run_command(command).await?;
        // The updates were made, but maybe by too few servers to last.
        if answer.contains_key("writeConcernError") {
            return Err(Error::Store(unavailable(
                "not enough servers confirmed a write",
            )));
        }
        if let Ok(errors) = answer.get_array("writeErrors") {
            return Err(first_error(errors));
        }
        match answer.get("n") {
            Some(Bson::Int32(n)) => Ok(i64::from(*n)),
            Some(Bson::Int64(n)) => Ok(*n),
            _ => Err(Error::Store(unavailable("an answer without a count"))),
        }
    }
}

fn first_error(errors: &[Bson]) -> Error {
    let first = errors.first().and_then(Bson::as_document);
    let message = first.and_then(|error: &Document| error.get_str("errmsg").ok());
    let message = message.unwrap_or("no reason was given");
    Error::Store(unusable(format!(
        "an update was refused by the server: {message}"
    )))
}
