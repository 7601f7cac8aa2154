//! How many keys and values the namespaces of functions take.

use clap::Args;
use faas_core::model::KvLimits;

use crate::units::parse_size;

/// These settings as flags and environment variables, or as a file has them.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct KvFlags {
    /// Maximum size of a value that functions keep under a key, up to 8MiB [default: 1MiB]
    #[arg(long, env = "FAAS_KV_MAX_VALUE", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) kv_max_value: Option<usize>,

    /// Maximum number of keys of a namespace [default: 1000000]
    #[arg(long, env = "FAAS_KV_MAX_KEYS", value_name = "COUNT")]
    pub(crate) kv_max_keys: Option<u64>,

    /// Maximum size of a namespace: of its keys, values and metadata [default: 1024MiB]
    #[arg(long, env = "FAAS_KV_MAX_BYTES", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) kv_max_bytes: Option<usize>,

    /// Maximum number of namespaces that have keys [default: 10000]
    #[arg(long, env = "FAAS_KV_MAX_NAMESPACES", value_name = "COUNT")]
    pub(crate) kv_max_namespaces: Option<u64>,
}

impl KvFlags {
    /// The limits; those that are not set by a flag come from `file`.
    ///
    /// # Errors
    /// Names the flag that is out of range.
    pub(crate) fn merge(&self, file: &Self) -> Result<KvLimits, String> {
        let mut limits = KvLimits::default();
        if let Some(bytes) = self.kv_max_value.or(file.kv_max_value) {
            let most = KvLimits::LARGEST_VALUE;
            if bytes == 0 || bytes > most {
                return Err(format!(
                    "--kv-max-value must be from 1 to {most} bytes, not {bytes}"
                ));
            }
            limits.max_value = bytes;
        }
        if let Some(keys) = self.kv_max_keys.or(file.kv_max_keys) {
            limits.max_keys = keys;
        }
        if let Some(bytes) = self.kv_max_bytes.or(file.kv_max_bytes) {
            limits.max_bytes = bytes as u64;
        }
        if let Some(namespaces) = self.kv_max_namespaces.or(file.kv_max_namespaces) {
            limits.max_namespaces = namespaces;
        }
        Ok(limits)
    }
}
