//! Which server a command works with, and with which key.

use clap::Args;
use faas_client::Client;

use crate::contexts::Contexts;
use crate::failure::Failure;
use crate::host::Environment;

/// Where a server listens by default.
const DEFAULT_URL: &str = "http://127.0.0.1:5000";

/// The flags that name a server.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct Server {
    /// Server in `faas context list` [default: FAAS_URL, else the context in use, else http://127.0.0.1:5000]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// URL of the server, instead of a context
    #[arg(long, value_name = "URL", conflicts_with = "context")]
    url: Option<String>,
}

impl Server {
    /// The client of the server that the flags, the environment or the contexts name. `FAAS_KEY`
    /// replaces the key of a context.
    pub(crate) fn client(&self, environment: &Environment) -> Result<Client, Failure> {
        let url = match (&self.url, &self.context) {
            (Some(url), _) => Some(url),
            (None, Some(_)) => None,
            (None, None) => environment.url.as_ref(),
        };
        let (url, key) = match url {
            Some(url) => (url.clone(), None),
            None => {
                let contexts = Contexts::read(environment)?;
                match contexts.find(self.context.as_deref())? {
                    Some(context) => (context.url.clone(), context.key.clone()),
                    None => (DEFAULT_URL.to_owned(), None),
                }
            }
        };
        let mut builder = Client::builder(url);
        if let Some(key) = environment.key.clone().or(key) {
            builder = builder.key(key);
        }
        Ok(builder.build()?)
    }
}
