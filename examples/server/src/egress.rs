//! Which requests functions may make with `fetch`.

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use faas_core::model::egress::HostPattern;
use faas_egress::{Access, Broker, IpNet, Policy, Ports};
use serde::{Deserialize, Serialize};

use crate::settings::either;
use crate::stores::chain;

/// Which addresses functions can reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reach {
    /// None: functions have no network.
    None,
    /// Public addresses.
    #[default]
    Public,
    /// All addresses, those of the server's own network among them.
    All,
}

/// These settings as flags and environment variables, or as a file has them.
#[derive(Debug, Default, Args)]
pub(crate) struct EgressFlags {
    /// What functions can reach with fetch: none, public (no loopback, private or other special
    /// address) or all [default: public]
    #[arg(long, env = "FAAS_EGRESS", value_enum, hide_possible_values = true)]
    pub(crate) egress: Option<Reach>,

    /// A port that functions can reach; several: repeat it, or separate them by commas
    /// [default: 80 and 443]
    #[arg(
        long,
        env = "FAAS_EGRESS_PORT",
        value_name = "PORT",
        value_delimiter = ','
    )]
    pub(crate) egress_port: Vec<u16>,

    /// A host that functions can reach, such as api.example.com or *.example.com; with it, no other
    /// can be reached
    #[arg(
        long,
        env = "FAAS_EGRESS_ALLOW_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub(crate) egress_allow_host: Vec<HostPattern>,

    /// A host that functions cannot reach
    #[arg(
        long,
        env = "FAAS_EGRESS_DENY_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub(crate) egress_deny_host: Vec<HostPattern>,

    /// An address or network that functions can reach although it is not public, such as
    /// 10.1.2.0/24
    #[arg(long, env = "FAAS_EGRESS_ALLOW_ADDRESS", value_name = "ADDRESS", value_delimiter = ',', value_parser = parse_network)]
    pub(crate) egress_allow_address: Vec<IpNet>,

    /// An address or network that functions cannot reach
    #[arg(long, env = "FAAS_EGRESS_DENY_ADDRESS", value_name = "ADDRESS", value_delimiter = ',', value_parser = parse_network)]
    pub(crate) egress_deny_address: Vec<IpNet>,

    /// A file with certificates, in PEM, of authorities to trust besides the public ones
    #[arg(
        long,
        env = "FAAS_EGRESS_CA",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub(crate) egress_ca: Vec<PathBuf>,
}

/// The network of functions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Egress {
    pub(crate) policy: Policy,
    /// Files with certificates of authorities.
    pub(crate) authorities: Vec<PathBuf>,
}

/// Reads an address or a network.
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = text.parse().map(|address: std::net::IpAddr| address.into());
    address
        .or_else(|_| text.parse())
        .map_err(|_| "expected an address or a network, such as 10.1.2.3 or 10.1.2.0/24".to_owned())
}

impl EgressFlags {
    /// The settings; lists that are not set by a flag come from `file`.
    pub(crate) fn merge(self, file: Self) -> Egress {
        let ports = either(self.egress_port, file.egress_port);
        let policy = Policy {
            access: match self.egress.or(file.egress).unwrap_or_default() {
                Reach::None => Access::None,
                Reach::Public => Access::Public,
                Reach::All => Access::All,
            },
            ports: if ports.is_empty() {
                Ports::default()
            } else {
                Ports::Only(ports.into_iter().collect())
            },
            allow_hosts: either(self.egress_allow_host, file.egress_allow_host),
            deny_hosts: either(self.egress_deny_host, file.egress_deny_host),
            allow_addresses: either(self.egress_allow_address, file.egress_allow_address),
            deny_addresses: either(self.egress_deny_address, file.egress_deny_address),
        };
        Egress {
            policy,
            authorities: either(self.egress_ca, file.egress_ca),
        }
    }
}

/// The broker; `None` if functions have no network.
///
/// # Errors
/// When a certificate cannot be read, or TLS cannot be set up.
pub(crate) fn broker(egress: &Egress) -> Result<Option<Broker>, String> {
    let mut builder = Broker::builder(egress.policy.clone());
    for file in &egress.authorities {
        let within = |error: &dyn Error| format!("{}: {}", file.display(), chain(error));
        let pem = std::fs::read(file).map_err(|error| within(&error))?;
        builder = builder
            .root_certificates(&pem)
            .map_err(|error| within(&error))?;
    }
    if egress.policy.access == Access::None {
        return Ok(None);
    }
    let broker = builder.build().map_err(|error| chain(&error))?;
    Ok(Some(broker))
}
