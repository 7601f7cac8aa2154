//! The secrets of a function that only the network reads.

use std::collections::BTreeMap;

use super::Secrets;
use crate::secrets::SecretText;

/// Secrets that headers of network rules have. They are not part of the code's environment.
#[derive(Debug, Default)]
pub(crate) struct HostSecrets(BTreeMap<String, SecretText>);

impl HostSecrets {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, SecretText)>) -> Self {
        let secrets = secrets.into_iter();
        Self(
            secrets
                .map(|(name, text)| (name.to_owned(), text))
                .collect(),
        )
    }
}

impl Secrets for HostSecrets {
    fn secret(&self, name: &str) -> Option<SecretText> {
        self.0.get(name).map(|text| text.expose().into())
    }
}
