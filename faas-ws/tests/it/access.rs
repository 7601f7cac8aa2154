//! Who may listen, and for how long.

use std::time::Duration;

use faas_core::access::NewKey;
use faas_core::model::{Actor, ApiKey, Role};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::server::{Client, Server, start_guarded};

impl Server {
    async fn make(&self, role: Role, lasts: Option<Duration>) -> (ApiKey, String) {
        let access = self.access.as_ref().unwrap();
        let new = NewKey {
            name: format!("{role} {lasts:?}"),
            role,
            expires_at: lasts.map(|time| self.platform.now() + time),
        };
        let (key, text) = access.keys().create(new, &Actor::Local).await.unwrap();
        access.refresh().await.unwrap();
        (key, text.expose().to_owned())
    }

    /// Connects with these subprotocols, and gives the one that is spoken.
    async fn offer(&self, protocols: &str) -> Result<(Client, Option<String>), u16> {
        let mut request = format!("ws://{}/ws", self.address)
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocols.parse().unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, answer)) => {
                let spoken = answer.headers().get("sec-websocket-protocol");
                let spoken = spoken.map(|name| name.to_str().unwrap().to_owned());
                Ok((Client::new(socket), spoken))
            }
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }
}

async fn closed_with(client: &mut Client) -> u16 {
    loop {
        if let Message::Close(frame) = client.next().await {
            return frame.unwrap().code.into();
        }
    }
}

#[tokio::test]
async fn a_browser_brings_its_key_as_a_subprotocol_and_never_hears_it_again() {
    let server = start_guarded(|_| {}).await;
    let (_, reader) = server.make(Role::Reader, None).await;
    let (_, invoker) = server.make(Role::Invoker, None).await;
    let offer = async |key: &str| server.offer(&format!("faas, faas.key.{key}")).await;
    let (_, spoken) = offer(&reader).await.unwrap();
    assert_eq!(spoken.as_deref(), Some("faas"));
    assert_eq!(server.offer("faas").await.map(drop), Err(401));
    assert_eq!(offer("faas_x").await.map(drop), Err(401));
    assert_eq!(offer(&invoker).await.map(drop), Err(403));
    assert!(server.connect_to("/ws", None).await.is_err());
}

#[tokio::test]
async fn who_may_not_stay_is_told_so_and_others_stay() {
    let server = start_guarded(|_| {}).await;
    let mut unnamed = server.connect().await;
    let (_, stays) = server.make(Role::Reader, None).await;
    assert_eq!(closed_with(&mut unnamed).await, 1008);
    let (revoked, of_revoked) = server.make(Role::Admin, None).await;
    let (_, expires) = server
        .make(Role::Reader, Some(Duration::from_secs(1)))
        .await;
    let connect = async |key: &str| {
        let connected = server.offer(&format!("faas, faas.key.{key}")).await;
        connected.unwrap().0
    };
    let mut stays = connect(&stays).await;
    let mut of_revoked = connect(&of_revoked).await;
    let mut expires = connect(&expires).await;
    let keys = server.access.as_ref().unwrap().keys();
    keys.revoke(revoked.id, &Actor::Local).await.unwrap();
    // Nobody tells this process of it: it finds out.
    assert_eq!(closed_with(&mut of_revoked).await, 1008);
    assert_eq!(closed_with(&mut expires).await, 1008);
    stays.settle().await;
}
