//! Writes load tests.

use faas_core::model::LoadTest;

use super::Writer;
use crate::error::Error;
use crate::rows::load_test;

impl Writer {
    pub(crate) fn put_load_test(&mut self, test: &LoadTest) -> Result<(), Error> {
        let no = self.number(test.function_id)?;
        load_test::put(&self.connection, no, test)
    }
}
