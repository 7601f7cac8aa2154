//! The server's policy: which hosts, ports and addresses functions may reach. It is pure: it neither
//! resolves names nor connects.

mod special;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use faas_core::model::egress::{HostPattern, Target};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use self::special::{embedded, special};

/// The server's policy. The rules of functions can only narrow it.
///
/// ```
/// use faas_egress::{Access, Policy};
///
/// let policy = Policy {
///     deny_addresses: vec!["8.8.8.0/24".parse()?],
///     ..Policy::public()
/// };
/// assert!(policy.check_address("1.1.1.1".parse()?).is_ok());
/// assert!(policy.check_address("8.8.8.8".parse()?).is_err());
/// let refused = policy.check_address("169.254.169.254".parse()?).unwrap_err();
/// assert_eq!(refused.to_string(), "it is a link-local address (RFC 3927)");
/// assert_eq!(Policy::default().access, Access::None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Which addresses can be reached.
    pub access: Access,
    /// The ports that can be reached.
    pub ports: Ports,
    /// Addresses that can be reached although `access` refuses them as not public. Matches the
    /// address of the connection, not an address inside it.
    pub allow_addresses: Vec<IpNet>,
    /// Addresses that cannot be reached, whatever else is set. Also matches IPv4 addresses inside
    /// IPv6 addresses (mapped, translated, 6to4, Teredo).
    pub deny_addresses: Vec<IpNet>,
    /// The hosts that can be reached; empty: all. Their addresses are checked as well.
    pub allow_hosts: Vec<HostPattern>,
    /// Hosts that cannot be reached.
    pub deny_hosts: Vec<HostPattern>,
}

/// Which addresses can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// No address.
    #[default]
    None,
    /// Public addresses: no loopback, private, link-local or other special-purpose address.
    Public,
    /// All addresses, those of the server and its network among them.
    All,
}

/// The ports that can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ports {
    /// All ports.
    Any,
    /// These ports.
    Only(BTreeSet<u16>),
}

impl Default for Ports {
    /// 80 and 443.
    fn default() -> Self {
        Self::Only(BTreeSet::from([80, 443]))
    }
}

/// Nothing can be reached.
impl Default for Policy {
    fn default() -> Self {
        Self {
            access: Access::None,
            ports: Ports::default(),
            allow_addresses: Vec::new(),
            deny_addresses: Vec::new(),
            allow_hosts: Vec::new(),
            deny_hosts: Vec::new(),
        }
    }
}

/// Why the policy refuses a request, or an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// Functions have no network.
    #[error("functions have no access to the network")]
    NoAccess,
    /// The port is not among those that can be reached.
    #[error("port {port} is not among the allowed ports ({allowed})")]
    Port {
        /// The port.
        port: u16,
        /// Those that can be reached.
        allowed: Ports,
    },
    /// The host is denied.
    #[error("the host is denied ({0})")]
    DeniedHost(HostPattern),
    /// The host is not among those that can be reached.
    #[error("the host is not among the allowed hosts")]
    UnknownHost,
    /// The address is not public.
    #[error("it is {0}")]
    Special(&'static str),
    /// The address is denied.
    #[error("the address is denied")]
    DeniedAddress,
}

impl Policy {
    /// Public addresses on ports 80 and 443.
    pub fn public() -> Self {
        Self {
            access: Access::Public,
            ..Self::default()
        }
    }

    /// All addresses on all ports. For trusted functions only: they reach everything that the server
    /// reaches.
    pub fn all() -> Self {
        Self {
            access: Access::All,
            ports: Ports::Any,
            ..Self::default()
        }
    }

    /// Checks the host and the port of a request, before its name is resolved.
    ///
    /// # Errors
    /// [`PolicyRefusal`] if they cannot be reached.
    pub fn check_target(&self, target: &Target<'_>) -> Result<(), PolicyRefusal> {
        if self.access == Access::None {
            return Err(PolicyRefusal::NoAccess);
        }
        if let Ports::Only(ports) = &self.ports
            && !ports.contains(&target.port)
        {
            return Err(PolicyRefusal::Port {
                port: target.port,
                allowed: self.ports.clone(),
            });
        }
        let matches = |pattern: &&HostPattern| pattern.matches(target.host);
        if let Some(denied) = self.deny_hosts.iter().find(matches) {
            return Err(PolicyRefusal::DeniedHost(denied.clone()));
        }
        if !self.allow_hosts.is_empty() && !self.allow_hosts.iter().any(|one| matches(&one)) {
            return Err(PolicyRefusal::UnknownHost);
        }
        Ok(())
    }

    /// Checks an address, before it is connected to.
    ///
    /// # Errors
    /// [`PolicyRefusal`] if it cannot be reached.
    pub fn check_address(&self, address: IpAddr) -> Result<(), PolicyRefusal> {
        if self.access == Access::None {
            return Err(PolicyRefusal::NoAccess);
        }
        let is_denied = |one: &IpAddr| self.deny_addresses.iter().any(|net| net.contains(one));
        if is_denied(&address) || embedded(address).iter().any(is_denied) {
            return Err(PolicyRefusal::DeniedAddress);
        }
        if self.access == Access::All
            || self
                .allow_addresses
                .iter()
                .any(|net| net.contains(&address))
        {
            return Ok(());
        }
        special(address).map_or(Ok(()), |what| Err(PolicyRefusal::Special(what)))
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Only(ports) => {
                let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
                f.write_str(&ports.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: u16) -> Target<'_> {
        Target {
            is_https: true,
            host,
            port,
            method: "GET",
            path: "/",
        }
    }

    #[test]
    fn the_default_refuses_everything_even_what_is_listed() {
        let policy = Policy {
            allow_addresses: vec!["0.0.0.0/0".parse().unwrap()],
            ..Policy::default()
        };
        assert_eq!(
            policy.check_target(&target("a.example", 443)),
            Err(PolicyRefusal::NoAccess)
        );
        assert_eq!(
            policy.check_address([1, 1, 1, 1].into()),
            Err(PolicyRefusal::NoAccess)
        );
    }

    #[test]
    fn hosts_and_ports_are_checked_before_a_name_is_resolved() {
        let policy = Policy {
            allow_hosts: vec!["*.example".parse().unwrap()],
            deny_hosts: vec!["bad.example".parse().unwrap()],
            ..Policy::public()
        };
        assert_eq!(policy.check_target(&target("a.example", 80)), Ok(()));
        let refused = |host, port| {
            policy
                .check_target(&target(host, port))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("a.example", 22),
            "port 22 is not among the allowed ports (80, 443)"
        );
        assert_eq!(
            refused("bad.example.", 80),
            "the host is denied (bad.example)"
        );
        assert_eq!(
            refused("a.test", 80),
            "the host is not among the allowed hosts"
        );
    }

    #[test]
    fn a_denied_address_is_denied_in_every_form_and_before_what_is_allowed() {
        let policy = Policy {
            allow_addresses: vec!["10.1.0.0/16".parse().unwrap()],
            deny_addresses: vec![
                "10.1.2.3/32".parse().unwrap(),
                "8.8.8.8/32".parse().unwrap(),
            ],
            ..Policy::public()
        };
        let is_allowed = |text: &str| policy.check_address(text.parse().unwrap()).is_ok();
        assert!(is_allowed("10.1.2.4") && is_allowed("8.8.4.4"));
        assert!(!is_allowed("10.1.2.3") && !is_allowed("10.2.0.0"));
        assert!(
            !is_allowed("::ffff:10.1.2.4"),
            "the list names another address"
        );
        let all = Policy {
            deny_addresses: policy.deny_addresses.clone(),
            ..Policy::all()
        };
        for text in [
            "8.8.8.8",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:0:808:808::",
        ] {
            assert!(all.check_address(text.parse().unwrap()).is_err(), "{text}");
        }
        assert!(all.check_address("127.0.0.1".parse().unwrap()).is_ok());
    }
}
