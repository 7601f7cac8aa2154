//! The part of a store that resealing needs: versions of functions and their sealed secrets.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Function, FunctionId, Timestamp};

/// Keeps versions of functions with their sealed secrets.
///
/// This is a separate trait because `faas secret-key reseal` runs while a server may own the store. A
/// store that can be opened beside that server implements this part only.
#[async_trait]
pub trait SecretStore: Send + Sync + 'static {
    /// The versions, current and kept, of functions that are not deleted, as far as they have
    /// secrets: id and version. Reads no code.
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError>;

    /// The function as it was at this version: its code, configuration and sealed environment.
    ///
    /// Versions of a function are the current one and those that [`super::Store::update_function`] keeps: as
    /// long as an alias stands for a version or an unfinished execution was accepted with it, it is
    /// there. `None` when there is no such version any more, or when the function was deleted.
    async fn function_version(
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
