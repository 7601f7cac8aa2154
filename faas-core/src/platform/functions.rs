//! Uploading, changing, listing and deleting functions.

use super::{Error, Platform};
use crate::model::{Function, FunctionConfig, FunctionId, FunctionStatus};

/// A function to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFunction {
    /// Unique; 1 to 128 characters.
    pub name: String,
    /// What it is for, in words.
    pub description: String,
    /// JavaScript source.
    pub code: String,
    /// How to run it.
    pub config: FunctionConfig,
}

impl NewFunction {
    /// A function with the default configuration.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        code: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            code: code.into(),
            config: FunctionConfig::default(),
        }
    }
}

/// A change of a function: what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionUpdate {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// New code.
    pub code: Option<String>,
    /// Whether it takes executions.
    pub status: Option<FunctionStatus>,
    /// A new timeout.
    pub timeout: Option<std::time::Duration>,
    /// A new number of retries.
    pub retry_count: Option<u32>,
    /// A new concurrency limit; `Some(None)` lifts it.
    pub concurrency: Option<Option<u32>>,
}

/// See [`Platform::functions`].
#[derive(Clone, Copy)]
pub struct Functions<'a> {
    pub(super) platform: &'a Platform,
}

impl Functions<'_> {
    /// Checks, compiles and stores a function.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Compile`], or [`Error::Conflict`] when the name is taken.
    pub async fn create(&self, _new: NewFunction) -> Result<Function, Error> {
        todo!()
    }

    /// Changes a function. Executions that run go on with the version they started with.
    ///
    /// # Errors
    /// As for [`Functions::create`], and [`Error::NotFound`].
    pub async fn update(
        &self,
        _id: FunctionId,
        _update: FunctionUpdate,
    ) -> Result<Function, Error> {
        todo!()
    }

    /// The function with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get(&self, _id: FunctionId) -> Result<Function, Error> {
        todo!()
    }

    /// All functions, newest first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn list(&self) -> Result<Vec<Function>, Error> {
        todo!()
    }

    /// Deletes a function. Its history stays in the reports; what of it is pending fails.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn delete(&self, _id: FunctionId) -> Result<(), Error> {
        todo!()
    }
}
