//! The recorded session `docs/first-function.txt`, which the README shows.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{User, esbuild};

const SESSION: &str = include_str!("../../../../../docs/first-function.txt");
const README: &str = include_str!("../../../../../README.md");
/// Where the server of the recording listens.
const RECORDED: &str = "127.0.0.1:5000";
/// Stands for any text in a recorded line.
const ANY: char = '…';

/// A command of the session, and what the terminal showed until the next one.
struct Step {
    command: &'static str,
    shown: Vec<&'static str>,
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in SESSION.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step {
                command,
                shown: Vec::new(),
            }),
            None => steps.last_mut().unwrap().shown.push(line),
        }
    }
    steps
}

#[test]
fn the_readme_shows_the_commands_of_the_session_which_are_at_most_ten() {
    let steps = steps();
    assert!(steps.len() <= 10, "{}", steps.len());
    let mut rest = README;
    for step in steps {
        // The README has comments behind some commands.
        let (_, after) = rest
            .split_once(step.command)
            .unwrap_or_else(|| panic!("not in the README, or not in order: {}", step.command));
        rest = after;
    }
}

#[test]
fn the_session_of_the_readme_shows_what_was_recorded() {
    let Some(esbuild) = esbuild() else { return };
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/node_modules");
    if !web.join("zod").exists() {
        eprintln!("skipped: zod is not installed: run npm ci in web");
        return;
    }
    Terminal::new(&[&esbuild, &web.canonicalize().unwrap()]).replay(&steps());
}

/// A shell with `faas` and `npm` in its path.
struct Terminal {
    user: User,
    /// Where the server listens.
    address: String,
    /// Commands that run in the background, and the lines that they write.
    background: Vec<Child>,
    sender: Sender<String>,
    lines: Receiver<String>,
}

impl Terminal {
    /// `npm install` links packages from `modules`, so that nothing is downloaded.
    fn new(modules: &[&Path]) -> Self {
        let faas = env!("CARGO_BIN_EXE_faas");
        let mut user = User::new();
        user.write("bin/faas", &format!("#!/bin/sh\nexec '{faas}' \"$@\"\n"));
        let modules = modules.iter().map(|path| path.to_str().unwrap());
        let modules = modules.collect::<Vec<_>>().join(" ");
        user.write(
            "bin/npm",
            &format!(
                "#!/bin/sh\n\
                 # npm install --prefix FOLDER --silent PACKAGE…\n\
                 set -e\n\
                 folder=$3; shift 4\n\
                 mkdir -p \"$folder/node_modules/.bin\"\n\
                 for package in \"$@\"; do for modules in {modules}; do\n\
                 if [ -d \"$modules/$package\" ]; then\n\
                 ln -sf \"$modules/$package\" \"$folder/node_modules/$package\"\n\
                 if [ -e \"$modules/.bin/$package\" ]; then\n\
                 ln -sf \"$modules/.bin/$package\" \"$folder/node_modules/.bin/$package\"\n\
                 fi; fi; done; done\n"
            ),
        );
        for name in ["bin/faas", "bin/npm"] {
            let path = user.path(name);
            let made = Command::new("chmod").arg("+x").arg(path).status().unwrap();
            assert!(made.success());
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", user.path("bin").display());
        user = user
            .with("PATH", &path)
            .with("FAAS_LISTEN", "127.0.0.1:0")
            .with("FAAS_LOG", "warn");
        let (sender, lines) = channel();
        Self {
            user,
            address: RECORDED.to_owned(),
            background: Vec::new(),
            sender,
            lines,
        }
    }

    fn replay(mut self, steps: &[Step]) {
        for step in steps {
            let command = step.command.replace(RECORDED, &self.address);
            match command.strip_suffix('&') {
                Some(command) => self.start(command),
                None => {
                    let shown = self.run(&command);
                    self.expect(step, shown);
                    continue;
                }
            }
            if step.command.starts_with("faas serve") {
                let line = self.next_line(step.command);
                let (_, rest) = line.split_once("http://").unwrap();
                rest.split(',')
                    .next()
                    .unwrap()
                    .clone_into(&mut self.address);
                self.user = std::mem::replace(&mut self.user, User::new())
                    .with("FAAS_URL", &format!("http://{}", self.address));
                self.expect(step, vec![line]);
            } else {
                self.expect(step, Vec::new());
            }
        }
    }

    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell
            .current_dir(self.user.folder.path())
            .env_clear()
            .env("HOME", self.user.folder.path())
            .envs(self.user.environment.iter().cloned())
            .args(["-c", &format!("exec 2>&1; {command}")]);
        shell
    }

    /// Runs a command and returns its lines.
    fn run(&self, command: &str) -> Vec<String> {
        let output = self.shell(command).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}: {out}");
        out.lines().map(str::to_owned).collect()
    }

    /// Starts a command in the background.
    fn start(&mut self, command: &str) {
        let mut child = self
            .shell(&format!("exec {command}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let sender = self.sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        self.background.push(child);
    }

    fn next_line(&self, command: &str) -> String {
        let line = self.lines.recv_timeout(Duration::from_secs(60));
        line.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Compares what the terminal shows with the recording: the lines of the command in order, among
    /// those that commands in the background write.
    fn expect(&self, step: &Step, shown: Vec<String>) {
        let mut shown = shown.into_iter().peekable();
        for recorded in &step.shown {
            let recorded = recorded.replace(RECORDED, &self.address);
            let line = match shown.next_if(|line| matches(&recorded, line)) {
                Some(_) => continue,
                None => self.next_line(&format!("{}: {recorded} among {shown:?}", step.command)),
            };
            assert!(matches(&recorded, &line), "{recorded}\n{line}");
        }
        assert_eq!(shown.next(), None, "after {}", step.command);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for child in self.background.iter_mut().rev() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether `line` is the recorded one, in which [`ANY`] stands for any text.
fn matches(recorded: &str, line: &str) -> bool {
    let mut parts = recorded.split(ANY);
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}
