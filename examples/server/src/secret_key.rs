//! `faas secret-key`: a new key for the secrets of functions, and sealing them with it.

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
/// One line for people.
pub(crate) fn make() -> Result<(), String> {
    let key = SecretKey::generate().ok_or("the system has no random numbers")?;
    print(&key.expose_hex())
}

/// Seals every secret in the store with the first key in `FAAS_SECRET_KEY`, and says of how many.
///
/// # Errors
/// One line for people; also when some secrets cannot be opened, after the others were sealed.
pub(crate) async fn seal_anew(place: Place, environment: &Environment) -> Result<(), String> {
    let keys = settings::secret_keys(environment.secret_key.as_ref())?;
    if keys.is_empty() {
        return Err(
            "FAAS_SECRET_KEY is not set: expected the new key, and behind it the old ones, with commas between them"
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
        "{url}: {} sealed anew with the first key, of {} in all",
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
        "{} cannot be opened with the keys in FAAS_SECRET_KEY: put the key that is missing behind the others, or set them again",
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
