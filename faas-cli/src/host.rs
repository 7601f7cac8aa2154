//! What the commands need of the process that they run in.

use std::path::PathBuf;

/// The exit codes of all commands, for the help.
pub const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage.";

/// The program that runs the commands.
#[derive(Debug)]
pub struct Host {
    pub(crate) command: clap::Command,
    pub(crate) environment: Environment,
    /// `faas serve`, without its flags.
    pub(crate) server: Option<std::process::Command>,
}

impl Host {
    /// A program with this command line.
    pub fn new(command: clap::Command, environment: Environment) -> Self {
        Self {
            command,
            environment,
            server: None,
        }
    }

    /// The program and the environment of a server. `faas dev` adds the arguments.
    #[must_use]
    pub fn server(mut self, server: std::process::Command) -> Self {
        self.server = Some(server);
        self
    }
}

/// The environment variables that the commands use.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Environment {
    /// `FAAS_URL`: the server.
    pub url: Option<String>,
    /// `FAAS_KEY`: the API key.
    pub key: Option<String>,
    /// The folder for settings of the user: `XDG_CONFIG_HOME`, or `.config` in `HOME`.
    pub config_folder: Option<PathBuf>,
    /// `NO_COLOR`: whether to write without colours.
    pub no_color: bool,
}
