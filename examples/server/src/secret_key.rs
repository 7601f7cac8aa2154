//! `faas secret-key`: prints a new key, and encrypts the secrets of functions with it.

use faas_core::platform::reseal;
use faas_core::secrets::SecretKey;

use crate::file::File;
use crate::key_cli::Place;
use crate::print;
use crate::settings::{self, Environment};
use crate::stores::{self, chain};

/// Prints a new key.
///
/// # Errors
/// A one-line message.
pub(crate) fn make() -> Result<(), String> {
    let key = SecretKey::generate().ok_or("the system has no random numbers")?;
    print(&key.expose_hex())
}

/// Encrypts every secret in the store with the first key in `FAAS_SECRET_KEY`, and prints how many.
///
/// # Errors
/// A one-line message; also if some secrets cannot be decrypted, after all others were encrypted.
pub(crate) async fn seal_anew(place: Place, environment: &Environment) -> Result<(), String> {
    let keys = settings::secret_keys(environment.secret_key.as_ref())?;
    if keys.is_empty() {
        return Err(
            "FAAS_SECRET_KEY is not set: set it to the new key, followed by the old ones, separated by commas"
                .to_owned(),
        );
    }
    let file = File::read(place.config.as_deref())?;
    let url = settings::store(place.store, file.store, environment.mongodb_uri.as_ref())?;
    stores::expect_there(&url)?;
    let store = stores::open_secrets(&url).await?;
    let done = reseal(&*store, &keys).await;
    let done = done.map_err(|error| chain(&error))?;
    print(&format!(
        "{url}: encrypted {} with the first key, of {} in total",
        secrets(done.resealed),
        secrets(done.secrets)
    ))?;
    for lost in &done.unopened {
        print(&format!(
            "cannot open {} of {} ({}): {}",
            lost.secret, lost.function_name, lost.function, lost.error
        ))?;
    }
    if done.unopened.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} cannot be decrypted with the keys in FAAS_SECRET_KEY: add the missing key after the others, or set these secrets again",
        secrets(done.unopened.len())
    ))
}

fn secrets(count: usize) -> String {
    if count == 1 {
        "1 secret".to_owned()
    } else {
        format!("{count} secrets")
    }
}
