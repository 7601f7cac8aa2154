//! Reads a URI and makes the driver's client of it.

use std::time::Duration;

use faas_core::error::StoreError;
use mongodb::Client;
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern};

use crate::error::unusable;
use crate::options::MongoOptions;

/// The database where the URI names none.
const DATABASE: &str = "s3-compute";

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// How often servers are asked whether they are there: a silent one is found out soon.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// A client, the database's name, and how to call it when talking to people.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) database: String,
    pub(crate) described: String,
}

pub(crate) async fn connect(uri: &str, options: &MongoOptions) -> Result<Connected, StoreError> {
    if uri.starts_with("mongodb+srv:") {
        return Err(unusable(
            "mongodb+srv is not supported: name the hosts, as in mongodb://host1,host2/name",
        ));
    }
    let mut client = ClientOptions::parse(uri).await.map_err(|_| refuse())?;
    client.app_name.get_or_insert_with(|| "faas".to_owned());
    client.max_pool_size.get_or_insert(options.pool);
    client
        .server_selection_timeout
        .get_or_insert(options.server_selection_timeout);
    client.connect_timeout.get_or_insert(CONNECT);
    client.heartbeat_freq.get_or_insert(HEARTBEAT);
    client.retry_writes.get_or_insert(true);
    client.retry_reads.get_or_insert(true);
    // What was answered survives the loss of any one server.
    client.write_concern.get_or_insert_with(|| {
        let mut concern = WriteConcern::default();
        concern.w = Some(Acknowledgment::Majority);
        concern
    });
    client.read_concern.get_or_insert_with(ReadConcern::local);
    let hosts: Vec<_> = client.hosts.iter().map(ToString::to_string).collect();
    let database = client.default_database.clone();
    let database = database.unwrap_or_else(|| DATABASE.to_owned());
    let described = format!("mongodb://{}/{database}", hosts.join(","));
    let client = Client::with_options(client).map_err(|_| refuse())?;
    Ok(Connected {
        client,
        database,
        described,
    })
}

/// The driver says more, but repeats parts of the URI: where that is mistyped, any part may be the
/// password.
fn refuse() -> StoreError {
    unusable(
        "not a MongoDB URI, or one with a wrong option: expected mongodb://[user:password@]host[:port][,host…][/name][?option=value&…]",
    )
}
