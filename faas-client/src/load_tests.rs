//! Load tests.

use faas_api::{LoadTest, LoadTestKey, NewLoadTest};
use hyper::Method;

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Starts a load test.
    ///
    /// # Errors
    /// See [`Error`]; the codes `function_not_found` and `load_test_running`.
    pub async fn start_load_test(&self, new: &NewLoadTest) -> Result<LoadTest<'static>, Error> {
        self.post("/api/load-tests", new).await
    }

    /// A load test, with what it has measured so far.
    ///
    /// # Errors
    /// See [`Error`]; the code `load_test_not_found`.
    pub async fn load_test(&self, id: LoadTestKey) -> Result<LoadTest<'static>, Error> {
        self.get(&format!("/api/load-tests/{id}")).await
    }

    /// Stops a load test.
    ///
    /// # Errors
    /// See [`Error`]; the code `load_test_not_found`.
    pub async fn stop_load_test(&self, id: LoadTestKey) -> Result<LoadTest<'static>, Error> {
        let path = format!("/api/load-tests/{id}");
        self.send(Method::DELETE, &path, None::<&()>).await
    }
}
