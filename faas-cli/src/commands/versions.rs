//! `faas versions`, `faas rollback` and `faas alias`

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use faas_api::{Alias, AliasChange, Versions};
use faas_client::{Client, Target};
use serde_json::json;

use super::Output;
use crate::failure::Failure;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

/// The alias for calls that name none.
const LIVE: &str = "live";

#[derive(Debug, Args)]
pub struct ListVersions {
    /// Name or id of the function
    name: String,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

const ROLLBACK_EXAMPLES: &str = "\
Examples:
  faas rollback greet
      the version before the one that is live
  faas rollback greet --to 7";

#[derive(Debug, Args)]
#[command(after_help = ROLLBACK_EXAMPLES)]
pub struct Rollback {
    /// Name or id of the function
    name: String,
    /// Version to go back to [default: the one before the one that is live]
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

const ALIAS_EXAMPLES: &str = "\
Examples:
  faas alias set greet staging 8
  faas alias set greet live 7=90 8=10
      90 of 100 calls run version 7, 10 run version 8
  faas alias delete greet live
      calls run the newest version";

#[derive(Debug, Subcommand)]
#[command(after_help = ALIAS_EXAMPLES)]
pub enum AliasCommand {
    /// Set an alias, or move it.
    Set {
        /// Name or id of the function
        name: String,
        /// Name of the alias; calls that name none run `live`
        alias: String,
        /// Version, or two versions with the percentages of their calls
        #[arg(required = true, num_args = 1..=2, value_name = "VERSION|VERSION=PERCENT", value_parser = share)]
        versions: Vec<(u32, Option<u8>)>,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
    /// Delete an alias.
    Delete {
        /// Name or id of the function
        name: String,
        /// Name of the alias
        alias: String,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
}

fn share(text: &str) -> Result<(u32, Option<u8>), String> {
    let (version, percent) = match text.split_once('=') {
        Some((version, percent)) => (version, Some(percent)),
        None => (text, None),
    };
    let expected = || format!("{text:?} is neither a version nor VERSION=PERCENT");
    let percent = percent.map(str::parse).transpose();
    let percent = percent.map_err(|_| expected())?;
    Ok((version.parse().map_err(|_| expected())?, percent))
}

impl ListVersions {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let found = client.versions(Target::of(&self.name)).await?;
        if terminal.json {
            return terminal.print(&found);
        }
        let titles = [
            "VERSION",
            "ALIASES",
            "UPDATED",
            "EXECUTIONS",
            "FAILED",
            "P50 MS",
            "COST",
        ];
        let rows = found.versions.iter().map(|one| {
            let stats = one.stats.as_ref();
            [
                one.version.to_string(),
                aliases_of(one.version, &found).join(" "),
                one.updated_at.to_string(),
                stats.map_or_else(String::new, |stats| stats.executions.to_string()),
                stats.map_or_else(String::new, |stats| stats.failed.to_string()),
                stats
                    .and_then(|stats| stats.p50)
                    .map_or_else(String::new, |p50| p50.to_string()),
                stats.map_or_else(String::new, |stats| format!("${}", stats.total_cost)),
            ]
        });
        let rows = [titles.map(str::to_owned)].into_iter().chain(rows);
        terminal.table(&rows.collect::<Vec<_>>())
    }
}

/// The aliases that stand for a version. `live` follows the newest one unless it is set.
fn aliases_of(version: u32, found: &Versions<'_>) -> Vec<String> {
    let shares = found.aliases.iter().filter_map(|(name, alias)| {
        let percent = share_of(version, alias);
        match percent {
            0 => None,
            100 => Some(name.to_string()),
            _ => Some(format!("{name}={percent}%")),
        }
    });
    let newest = found.versions.first().map(|newest| newest.version);
    let follows = !found.aliases.contains_key(LIVE) && newest == Some(version);
    follows
        .then(|| LIVE.to_owned())
        .into_iter()
        .chain(shares)
        .collect()
}

/// How many of 100 calls of an alias run a version.
fn share_of(version: u32, alias: &Alias<'_>) -> u8 {
    match &alias.weights {
        Some(weights) => weights.get(&version.to_string()).copied().unwrap_or(0),
        None if alias.version == version => 100,
        None => 0,
    }
}

/// The version that calls run: of two, the one that `live` stood for first.
fn live(found: &Versions<'_>) -> Option<u32> {
    let newest = found.versions.first().map(|newest| newest.version);
    found.aliases.get(LIVE).map(|live| live.version).or(newest)
}

impl Rollback {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let target = Target::of(&self.name);
        let found = client.versions(&target).await?;
        let from = live(&found).unwrap_or(0);
        let before = || {
            let versions = found.versions.iter().map(|one| one.version);
            versions.filter(|version| *version < from).max()
        };
        let to = self.to.or_else(before).ok_or_else(|| {
            Failure::new(format!("version {from} of {} is the oldest one", self.name))
                .hint("faas versions lists those that are stored")
        })?;
        set(&client, &target, LIVE, &AliasChange::to(to), terminal).await?;
        if terminal.json {
            return Ok(());
        }
        terminal.line(format_args!("{} runs version {to} (was {from})", self.name))
    }
}

impl AliasCommand {
    pub(crate) const fn output(&self) -> Output {
        match self {
            Self::Set { output, .. } | Self::Delete { output, .. } => *output,
        }
    }

    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        match self {
            Self::Set {
                name,
                alias,
                versions,
                server,
                ..
            } => {
                let client = server.client(environment)?;
                let change = change(&versions);
                set(&client, &Target::of(&name), &alias, &change, terminal).await?;
                if terminal.json {
                    return Ok(());
                }
                let versions = versions.iter().map(|(version, percent)| match percent {
                    Some(percent) => format!("version {version} ({percent} %)"),
                    None => format!("version {version}"),
                });
                let versions = versions.collect::<Vec<_>>().join(", ");
                terminal.line(format_args!("{alias} of {name}: {versions}"))
            }
            Self::Delete {
                name,
                alias,
                server,
                ..
            } => {
                let client = server.client(environment)?;
                let changed = client.delete_alias(Target::of(&name), &alias).await?;
                if terminal.json {
                    return terminal.print(&json!({ "aliases": changed.aliases }));
                }
                terminal.line(format_args!("deleted {alias} of {name}"))
            }
        }
    }
}

/// A version without a percentage has all calls, or what the other one leaves.
fn change(versions: &[(u32, Option<u8>)]) -> AliasChange {
    if let [(version, None | Some(100))] = versions {
        return AliasChange::to(*version);
    }
    let given: u8 = versions
        .iter()
        .filter_map(|(_, percent)| *percent)
        .fold(0, u8::saturating_add);
    let weights: BTreeMap<String, u8> = versions
        .iter()
        .map(|(version, percent)| {
            let percent = percent.unwrap_or(100_u8.saturating_sub(given));
            (version.to_string(), percent)
        })
        .collect();
    let mut change = AliasChange::default();
    change.weights = Some(weights);
    change
}

/// Sets an alias; writes the aliases as JSON if JSON is asked for.
pub(super) async fn set(
    client: &Client,
    target: &Target,
    alias: &str,
    change: &AliasChange,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let changed = client.set_alias(target, alias, change).await?;
    if terminal.json {
        terminal.print(&json!({ "aliases": changed.aliases }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_a_percentage_has_what_the_other_one_leaves() {
        let weights = |texts: &[&str]| {
            let versions: Vec<_> = texts.iter().map(|text| share(text).unwrap()).collect();
            let change = change(&versions);
            (change.version, change.weights)
        };
        let shares = |a, b| Some(BTreeMap::from([("7".to_owned(), a), ("8".to_owned(), b)]));
        assert_eq!(weights(&["7"]), (Some(7), None));
        assert_eq!(weights(&["7=100"]), (Some(7), None));
        assert_eq!(weights(&["7=90", "8=10"]), (None, shares(90, 10)));
        assert_eq!(weights(&["7", "8=10"]), (None, shares(90, 10)));
        for wrong in ["", "v7", "7=x", "7=300", "=5"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
