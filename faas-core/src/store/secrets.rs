//! What sealing secrets anew asks of a store.

use async_trait::async_trait;

use super::{Store, StoreError};
use crate::model::{Function, FunctionId, Timestamp};

/// Keeps functions with their sealed secrets. Every [`Store`] does.
///
/// A trait of its own, because secrets are sealed anew by the command line, which may do so while a
/// server has the store for itself: such a store opens its functions beside that server.
#[async_trait]
pub trait SecretStore: Send + Sync + 'static {
    /// All functions that are not deleted.
    async fn sealed_functions(&self) -> Result<Vec<Function>, StoreError>;

    /// The function with this id; `None` when there is none or it was deleted.
    async fn sealed_function(&self, id: FunctionId) -> Result<Option<Function>, StoreError>;

    /// Replaces the environment and the time of change of this function by those of `function`, if
    /// the stored time of change still is `expected`. All else is as it was then.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it was changed or deleted in the meantime.
    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError>;
}

#[async_trait]
impl<S: Store> SecretStore for S {
    async fn sealed_functions(&self) -> Result<Vec<Function>, StoreError> {
        self.functions().await
    }

    async fn sealed_function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        self.function(id).await
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        self.update_function(function, expected).await
    }
}
