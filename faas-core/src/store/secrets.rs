//! What sealing secrets anew needs of a store.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Function, FunctionId, Timestamp};

/// Keeps versions of functions with their sealed secrets.
///
/// This is a trait of its own, because the command line seals secrets anew while a server may own the
/// store: such a store opens the functions beside that server.
#[async_trait]
pub trait SecretStore: Send + Sync + 'static {
    /// The versions, current and kept, of functions that are not deleted, as far as they have
    /// secrets: id and version. Reads no code.
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError>;

    /// The function at this version, as [`super::Store::function_version`] has it.
    async fn sealed_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError>;

    /// Replaces the environment and the time of change of this version of a function by those of
    /// `function`, if the stored time of change still is `expected`. Nothing else changes.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the version was changed or deleted in the meantime.
    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError>;
}
