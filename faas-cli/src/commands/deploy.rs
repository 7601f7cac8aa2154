//! `faas deploy`

use std::path::PathBuf;

use clap::Args;
use faas_api::{AliasChange, Function, PriceBook};
use faas_client::{Client, Target};
use faas_core::model::Tier;
use serde_json::json;

use super::Output;
use crate::failure::Failure;
use crate::host::Environment;
use crate::plan::{Change, Plan};
use crate::project::Project;
use crate::project::manifest::Manifest;
use crate::schedule_plan::SchedulePlan;
use crate::server::Server;
use crate::terminal::{Paint, Terminal};

const EXAMPLES: &str = "\
Examples:
  faas deploy
      the function in this folder: faas.json, package.json or index.ts name its main file
  faas deploy greet.ts
      one file, and what it imports, as the function greet
  faas deploy --dry-run
      say what would change

Files that the main one imports are uploaded with it. If it imports packages from npm, the project's
esbuild bundles all into one file (npm install --save-dev esbuild).

faas.json or faas.toml in the folder has these members, all optional: name, description, main, config
(the members of config in the API, such as timeout, http and kv), env (all variables; others are
removed) and schedules (all schedules; others are deleted). What it does not name stays as it is on the server.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Deploy {
    /// File or folder of the function
    #[arg(value_name = "FILE|FOLDER", default_value = ".")]
    path: PathBuf,
    /// Name of the function [default: that of faas.json, package.json, the folder or the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Upload the version without running it: calls run the version that is live now
    #[arg(long)]
    no_live: bool,
    /// Alias to move to the version, such as staging
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Change the configuration without asking; it asks only on a terminal
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Deploy {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let project = Project::find(&self.path)?;
        let client = self.server.client(environment)?;
        let name = self.name.as_ref().unwrap_or(&project.name);
        let code = project.code().await?;
        if code.is_bundled {
            let size = code.bytes();
            terminal.note(format_args!("bundled with esbuild: {size} bytes"));
        }
        let unknown = code.unknown.clone();
        let mut plan = Plan::new(name, code, &project.manifest, there(&client, name).await?)?;
        if let (Plan::Update(_, change, _), true) = (&mut plan, self.no_live) {
            change.live = Some(false);
        }
        let schedules = schedules(&client, &project.manifest, &plan).await?;
        if let Plan::Update(_, _, changes) = &plan {
            for change in changes {
                terminal.note(change);
            }
        }
        for change in &schedules.changes {
            terminal.note(change);
        }
        if self.dry_run {
            return report_plan(&plan, &schedules.changes, name, terminal);
        }
        let changes_config = match &plan {
            Plan::Create(_) => false,
            Plan::Update(_, change, _) => change.config.is_some() || !schedules.changes.is_empty(),
        };
        if changes_config && !self.yes && terminal.interactive {
            let question = format!("Change {name} on {}?", client.server());
            if !terminal.confirm(&question, true)? {
                return Err(Failure::new("nothing was changed"));
            }
        }
        let mut deployed = apply(&client, plan).await.map_err(|failure| {
            if unknown.is_empty() {
                return failure;
            }
            let names = unknown.iter().cloned().collect::<Vec<_>>().join(" ");
            failure.hint(format!(
                "packages from npm must be installed: npm install {names}"
            ))
        })?;
        let target = Target::from(deployed.function.id);
        schedules.apply(&client, target).await?;
        deployed.changes.extend(schedules.changes);
        if let Some(alias) = &self.alias {
            let target = Target::from(deployed.function.id);
            let to = AliasChange::to(deployed.function.version);
            client.set_alias(target, alias, &to).await?;
            terminal.note(format_args!(
                "{alias} runs version {}",
                deployed.function.version
            ));
        }
        report(&client, &deployed, terminal).await
    }
}

/// What changes of the schedules.
async fn schedules(
    client: &Client,
    manifest: &Manifest,
    plan: &Plan,
) -> Result<SchedulePlan, Failure> {
    let settings = manifest.schedules.as_deref();
    let there = match plan {
        Plan::Update(function, ..) if settings.is_some() => {
            client.function_schedules(Target::from(function.id)).await?
        }
        Plan::Create(_) | Plan::Update(..) => Vec::new(),
    };
    Ok(SchedulePlan::new(settings, &there))
}

/// The function with this name on the server.
pub(super) async fn there(
    client: &Client,
    name: &str,
) -> Result<Option<Function<'static>>, Failure> {
    match client.function(name).await {
        Ok(function) => Ok(Some(function)),
        Err(error) if error.has_code("function_not_found") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A function after a deployment.
pub(super) struct Deployed {
    pub(super) function: Function<'static>,
    /// The version before; 0 if it is new.
    pub(super) before: u32,
    changes: Vec<Change>,
}

impl Deployed {
    /// Whether anything was changed.
    pub(super) fn is_changed(&self) -> bool {
        self.before == 0 || !self.changes.is_empty()
    }
}

/// Carries out a plan. Nothing is uploaded if nothing changes.
pub(super) async fn apply(client: &Client, plan: Plan) -> Result<Deployed, Failure> {
    Ok(match plan {
        Plan::Create(new) => Deployed {
            function: client.create(&new).await?,
            before: 0,
            changes: Vec::new(),
        },
        Plan::Update(there, _, changes) if changes.is_empty() => Deployed {
            before: there.version,
            function: *there,
            changes,
        },
        Plan::Update(there, change, changes) => Deployed {
            function: client.update(Target::from(there.id), &change).await?,
            before: there.version,
            changes,
        },
    })
}

fn report_plan(
    plan: &Plan,
    schedules: &[Change],
    name: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match plan {
        Plan::Create(_) if terminal.json => terminal.print(&json!({"name": name, "create": true})),
        Plan::Create(_) => terminal.line(format_args!("{name} would be created")),
        Plan::Update(_, _, changes) if terminal.json => {
            let changes: Vec<_> = changes.iter().chain(schedules).collect();
            terminal.print(&json!({"name": name, "create": false, "changes": changes}))
        }
        Plan::Update(_, _, changes) if changes.is_empty() && schedules.is_empty() => {
            terminal.line(format_args!("{name} would stay as it is"))
        }
        Plan::Update(..) => terminal.line(format_args!("{name} would be changed")),
    }
}

async fn report(client: &Client, deployed: &Deployed, terminal: &Terminal) -> Result<(), Failure> {
    let function = &deployed.function;
    let price = price_of(client, function.tier.0).await?;
    let url = url_of(client, function);
    if terminal.json {
        return terminal.print(&json!({
            "name": function.name,
            "_id": function.id,
            "version": function.version,
            "changed": deployed.is_changed(),
            "changes": deployed.changes,
            "tier": function.tier,
            "price": price,
            "url": url,
        }));
    }
    let name = terminal.paint(Paint::Bold, &function.name);
    let version = function.version;
    let what = match deployed.before {
        0 => "created".to_owned(),
        _ if !deployed.is_changed() => "unchanged".to_owned(),
        before => format!("was {before}"),
    };
    terminal.line(format_args!("{name} version {version} ({what})"))?;
    terminal.line(format_args!("  tier  {price}"))?;
    terminal.line(format_args!("  url   {url}"))
}

/// A tier and its price, for people.
pub(super) async fn price_of(client: &Client, tier: Tier) -> Result<String, Failure> {
    let PriceBook { tiers, .. } = client.pricing().await?;
    let price = match tier {
        Tier::Basic => tiers.basic,
        Tier::Standard => tiers.standard,
        Tier::Premium => tiers.premium,
        Tier::Enterprise => tiers.enterprise,
    };
    let (per, memory) = (price.price_per_100ms, price.memory_mb);
    Ok(format!("{tier}: ${per} per 100 ms, {memory} MB"))
}

/// Where the function is called.
pub(super) fn url_of(client: &Client, function: &Function<'_>) -> String {
    let is_http = function
        .config
        .http
        .as_ref()
        .is_some_and(|http| http.enabled);
    if is_http {
        format!("{}/f/{}", client.server(), function.name)
    } else {
        let path = Target::from(&*function.name).path();
        format!("{}{path}/invoke", client.server())
    }
}
