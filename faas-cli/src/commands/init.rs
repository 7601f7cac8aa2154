//! `faas init`

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Output;
use crate::failure::{Attempt, Failure};
use crate::terminal::Terminal;

/// The types of functions: the package `@s3-for-compute/types`.
const TYPES: &str = include_str!("../../../clients/types/index.d.ts");

#[derive(Debug, Args)]
pub struct Init {
    /// Folder to create; its name becomes the name of the function
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// What the function is
    #[arg(long, value_enum, default_value_t = Template::Http)]
    template: Template,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Template {
    /// Answers HTTP requests, in JavaScript
    Http,
    /// Runs at times, in JavaScript
    Cron,
    /// A function of its input, in TypeScript
    Ts,
    /// A handler in the form of AWS Lambda
    Lambda,
}

impl Template {
    /// The files with their texts.
    const fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Http => &[
                ("index.js", include_str!("../../templates/http/index.js")),
                (
                    "index.test.js",
                    include_str!("../../templates/http/index.test.js"),
                ),
            ],
            Self::Cron => &[
                ("index.js", include_str!("../../templates/cron/index.js")),
                (
                    "index.test.js",
                    include_str!("../../templates/cron/index.test.js"),
                ),
            ],
            Self::Ts => &[
                ("index.ts", include_str!("../../templates/ts/index.ts")),
                (
                    "index.test.ts",
                    include_str!("../../templates/ts/index.test.ts"),
                ),
                (
                    "tsconfig.json",
                    include_str!("../../templates/ts/tsconfig.json"),
                ),
            ],
            Self::Lambda => &[
                ("index.js", include_str!("../../templates/lambda/index.js")),
                (
                    "index.test.js",
                    include_str!("../../templates/lambda/index.test.js"),
                ),
            ],
        }
    }

    /// The settings file.
    fn manifest(self, name: &str) -> Value {
        let http = json!({"http": {"enabled": true, "auth": "public"}});
        match self {
            Self::Http | Self::Lambda => json!({
                "name": name, "description": "Greets by name", "main": "index.js", "config": http,
            }),
            Self::Cron => json!({
                "name": name, "description": "Runs at times", "main": "index.js",
                "config": {"timeout": 60_000}, "env": {"REGION": "eu"},
                "schedules": [{"name": "often", "cron": "*/5 * * * *", "timeZone": "UTC"}],
            }),
            Self::Ts => json!({
                "name": name, "description": "Greets by name", "main": "index.ts", "config": http,
            }),
        }
    }

    fn package(self, name: &str) -> Value {
        // Node.js removes types of TypeScript since that version.
        let node = if self == Self::Ts { ">=22.18" } else { ">=20" };
        json!({
            "name": name,
            "private": true,
            "type": "module",
            "scripts": {"test": "node --test"},
            "engines": {"node": node},
        })
    }
}

impl Init {
    pub(crate) fn run(self, terminal: &Terminal) -> Result<(), Failure> {
        let folder = &self.folder;
        let failed = format!("cannot create {}", folder.display());
        fs::create_dir_all(folder).attempt(&failed)?;
        let path = fs::canonicalize(folder).attempt(&failed)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.into_owned();
        let json = |value: Value| serde_json::to_string_pretty(&value).map(|text| text + "\n");
        let mut files = vec![
            (
                "faas.json",
                json(self.template.manifest(&name)).attempt(&failed)?,
            ),
            (
                "package.json",
                json(self.template.package(&name)).attempt(&failed)?,
            ),
            (".gitignore", "node_modules/\n.faas/\n".to_owned()),
            ("faas.d.ts", TYPES.to_owned()),
        ];
        let others = self.template.files().iter();
        files.extend(others.map(|(path, text)| (*path, (*text).to_owned())));
        if let Some((taken, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
            let taken = folder.join(taken);
            return Err(Failure::new(format!("{} exists already", taken.display()))
                .hint("choose a new folder"));
        }
        for (name, text) in &files {
            write(&folder.join(name), text)?;
        }
        if terminal.json {
            let names = files.iter().map(|(name, _)| name);
            return terminal.print(&json!({"folder": path, "files": names.collect::<Vec<_>>()}));
        }
        let shown = folder.display();
        for (name, _) in &files {
            terminal.line(format_args!("created {shown}/{name}"))?;
        }
        terminal.note(format_args!(
            "next: faas dev {shown} to try it, faas deploy {shown} to upload it"
        ));
        Ok(())
    }
}

/// Writes a new file.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .attempt(format_args!("cannot write {}", path.display()))
}
