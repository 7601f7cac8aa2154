//! Load tests: the whole record as JSON text, beside it what it is found by and what people look for.

use faas_core::model::LoadTest;
use faas_core::model::LoadTestId;
use faas_core::store::LoadTestQuery;
use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};

use crate::collections::LOAD_TESTS;
use crate::documents::damage::readable;
use crate::documents::{Fields, date};
use crate::error::{Error, unusable};
use crate::ids::Id;
use crate::store::Inner;

impl Inner {
    pub(crate) async fn put_load_test(&self, test: &LoadTest) -> Result<(), Error> {
        let document = write(test)?;
        for _ in 0..2 {
            let tests = &self.collections.load_tests;
            let put = tests.replace_one(doc! { "_id": test.id.bson() }, document.clone());
            match put.upsert(true).await.map_err(Error::from) {
                // Two that stored it first at the same moment.
                Err(error) if error.is_duplicate() => {}
                other => return other.map(drop),
            }
        }
        Err(Error::Contended("a load test"))
    }

    pub(crate) async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, Error> {
        let found = self
            .collections
            .load_tests
            .find_one(doc! { "_id": id.bson() });
        found.await?.as_ref().map(read).transpose()
    }

    pub(crate) async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, Error> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        let filter = match query.function {
            Some(function) => doc! { "functionId": function.bson() },
            None => Document::new(),
        };
        let find = self.collections.load_tests.find(filter);
        let mut found = find
            .sort(doc! { "_id": -1 })
            .limit(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .await?;
        let mut tests = Vec::new();
        while let Some(document) = found.try_next().await? {
            tests.extend(readable(&document, read(&document))?);
        }
        Ok(tests)
    }
}

fn write(test: &LoadTest) -> Result<Document, Error> {
    let record = serde_json::to_string(test);
    let record = record.map_err(|error| Error::Store(unusable(error.to_string())))?;
    Ok(doc! {
        "_id": test.id.bson(),
        "functionId": test.function_id.bson(),
        "functionName": test.function_name.as_str(),
        "status": test.status.as_str(),
        "createdAt": date(test.created_at),
        "record": record,
    })
}

fn read(document: &Document) -> Result<LoadTest, Error> {
    let fields = Fields::new(document, LOAD_TESTS);
    let record = fields.text("record")?;
    serde_json::from_str(record).map_err(|_| fields.unreadable("record"))
}
