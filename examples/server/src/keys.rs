//! `faas key`: creates, lists and revokes API keys in the store, whether or not a server runs on it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use faas_core::access::{Keys, NewKey};
use faas_core::clock::{Clock, SystemClock};
use faas_core::model::{Actor, ApiKey, Timestamp};

use crate::file::File;
use crate::key_cli::{Expiry, KeyCommand, Place};
use crate::settings::{self, Environment};
use crate::store_url::StoreUrl;
use crate::{key_notice, print, stores};

/// Runs `command`.
///
/// # Errors
/// One line that says what is wrong.
pub(crate) async fn run(command: KeyCommand, environment: &Environment) -> Result<(), String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    match command {
        KeyCommand::Create {
            name,
            role,
            expires,
            place,
        } => {
            let url = store(place, environment)?;
            let was_there = stores::is_there(&url);
            let keys = open(&url, &clock).await?;
            let expires_at = expires.map(|expiry| match expiry {
                Expiry::After(time) => clock.now() + time,
                Expiry::At(moment) => moment,
            });
            let new = NewKey {
                name,
                role,
                expires_at,
            };
            let created = keys.create(new, &Actor::Local).await;
            let (_, text) = created.map_err(|error| error.to_string())?;
            let announced = if was_there {
                key_notice::announce(&url).await
            } else {
                Ok(())
            };
            if !was_there {
                // Standard output has the key and nothing else.
                let _ = writeln!(
                    std::io::stderr(),
                    "created the store {url}: only a server that is started on it knows this key"
                );
            }
            // The key is shown in any case: it cannot be shown again.
            print(text.expose())?;
            announced
        }
        KeyCommand::List { place } => {
            let keys = open_existing(&store(place, environment)?, &clock).await?;
            let there = keys.list().await.map_err(|error| error.to_string())?;
            print(&table(&there, clock.now()))
        }
        KeyCommand::Revoke { key, place } => {
            let url = store(place, environment)?;
            let keys = open_existing(&url, &clock).await?;
            let there = keys.list().await.map_err(|error| error.to_string())?;
            let is_meant = |one: &&ApiKey| {
                one.revoked_at.is_none() && (*one.name == *key || one.id.to_string() == key)
            };
            let found = there.iter().find(is_meant);
            let found =
                found.ok_or_else(|| format!("no valid key {key:?}: see 'faas key list'"))?;
            let revoked = keys.revoke(found.id, &Actor::Local).await;
            let revoked = revoked.map_err(|error| error.to_string())?;
            print(&format!("revoked {} ({})", revoked.name, revoked.id))?;
            key_notice::announce(&url).await
        }
    }
}

fn store(place: Place, environment: &Environment) -> Result<StoreUrl, String> {
    let file = File::read(place.config.as_deref())?;
    settings::store(place.store, file.store, environment.mongodb_uri.as_ref())
}

async fn open(url: &StoreUrl, clock: &Arc<dyn Clock>) -> Result<Keys, String> {
    let store = stores::open_keys(url).await?;
    Ok(Keys::new(store, Arc::clone(clock)))
}

/// Opens the keys of a store that must exist.
async fn open_existing(url: &StoreUrl, clock: &Arc<dyn Clock>) -> Result<Keys, String> {
    stores::expect_there(url)?;
    open(url, clock).await
}

/// One line for each key, below a header.
fn table(keys: &[ApiKey], now: Timestamp) -> String {
    let mut lines = format!(
        "{:36}  {:9}  {:24}  {:24}  {:24}  {:8}  NAME",
        "ID", "ROLE", "CREATED", "EXPIRES", "LAST USED", "STATE"
    );
    for key in keys {
        let or_never = |moment: Option<Timestamp>| match moment {
            Some(moment) => moment.to_string(),
            None => "never".to_owned(),
        };
        let (expires, used) = (or_never(key.expires_at), or_never(key.last_used_at));
        let state = if key.revoked_at.is_some() {
            "revoked"
        } else if key.has_expired(now) {
            "expired"
        } else {
            "valid"
        };
        // Writing to a string cannot fail.
        let _ = write!(
            lines,
            "\n{}  {:9}  {}  {expires:24}  {used:24}  {state:8}  {}",
            key.id,
            key.role.as_str(),
            key.created_at,
            key.name
        );
    }
    lines
}
