//! `faas completions`

use clap::Args;
use clap_complete::Shell;

use crate::failure::{Attempt, Failure};

const EXAMPLES: &str = "\
Examples:
  faas completions bash > ~/.local/share/bash-completion/completions/faas
  faas completions zsh > \"${fpath[1]}/_faas\"
  faas completions fish > ~/.config/fish/completions/faas.fish";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, mut command: clap::Command) -> Result<(), Failure> {
        let name = command.get_name().to_owned();
        // Collected first: writing to a closed pipe panics inside.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        std::io::Write::write_all(&mut std::io::stdout(), &script)
            .attempt("cannot write to standard output")
    }
}
