//! `faas dev`: a server of its own for one function, which is uploaded again when its files change.
//!
//! The server is a child process: the same program as in production, with a store in the folder
//! `.faas` of the project.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::Args;
use faas_api::FunctionKey;
use faas_client::Client;
use faas_core::clock::{Clock, SystemClock};
use faas_core::secrets::SecretKey;
use notify::{RecursiveMode, Watcher};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::Output;
use super::deploy::{apply, there, url_of};
use crate::contexts::create_private;
use crate::failure::{Attempt, Failure};
use crate::follow;
use crate::plan::Plan;
use crate::project::{Code, Project};
use crate::terminal::{Paint, Terminal};

/// Editors write a file in several steps: the files are read once nothing has changed for this long.
const QUIET: Duration = Duration::from_millis(20);
/// How long the server may take to stop.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// The folder of the server's data, in the project.
const DATA: &str = ".faas";

#[derive(Debug, Args)]
pub struct Dev {
    /// Folder or file of the function
    #[arg(value_name = "FOLDER", default_value = ".")]
    path: PathBuf,
    /// Port of the server; 0 selects a free one
    #[arg(long, value_name = "PORT", default_value_t = 5050)]
    port: u16,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Dev {
    pub(crate) async fn run(
        self,
        server: Option<std::process::Command>,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let server = server.ok_or_else(|| Failure::new("this program has no server to start"))?;
        let project = Project::find(&self.path)?;
        let mut running = Running::start(server, &project.root, self.port).await?;
        let client = Client::new(&running.url)?;
        let stop = stop_signal()?;
        let ended = tokio::select! {
            ended = work(&self.path, project, &client, terminal) => ended,
            status = running.child.wait() => {
                let status = status.attempt("cannot wait for the server")?;
                Err(Failure::new(format!("the server ended: {status}")))
            }
            stopped = stop => stopped,
        };
        running.stop().await?;
        ended
    }
}

/// Uploads the function whenever it changes, and prints its logs.
async fn work(
    path: &Path,
    project: Project,
    client: &Client,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let start = SystemClock::new().now();
    let mut files = Files::watch(&project)?;
    let mut uploaded = Uploaded::default();
    let id = loop {
        uploaded.renew(path, &mut files, client, terminal).await;
        if let Some(id) = uploaded.id {
            break id;
        }
        files.changed().await?;
    };
    let mut logs = follow::Logs::new(client, terminal, id, follow::Filter::default());
    logs.start_at(start);
    let reload = async {
        loop {
            files.changed().await?;
            uploaded.renew(path, &mut files, client, terminal).await;
        }
    };
    tokio::select! {
        ended = logs.follow() => ended,
        ended = reload => ended,
    }
}

/// What the server has.
#[derive(Default)]
struct Uploaded {
    id: Option<FunctionKey>,
}

impl Uploaded {
    /// Uploads the function if it has changed. A failure is shown; the next change may mend it.
    async fn renew(
        &mut self,
        path: &Path,
        files: &mut Files,
        client: &Client,
        terminal: &Terminal,
    ) {
        let start = Instant::now();
        match self.try_renew(path, files, client).await {
            Ok(Some(what)) => {
                let millis = start.elapsed().as_millis();
                let what = terminal.paint_note(Paint::Bold, &what);
                terminal.note(format_args!("{what} in {millis} ms"));
            }
            Ok(None) => {}
            Err(failure) => {
                failure.report(terminal);
            }
        }
    }

    async fn try_renew(
        &mut self,
        path: &Path,
        files: &mut Files,
        client: &Client,
    ) -> Result<Option<String>, Failure> {
        let project = Project::find(path)?;
        let code = project.code().await?;
        files.follow(&code);
        let name = &project.name;
        let plan = Plan::new(name, code, &project.manifest, there(client, name).await?)?;
        let deployed = apply(client, plan).await?;
        let function = &deployed.function;
        let is_first = self.id.replace(function.id) != Some(function.id);
        let url = url_of(client, function);
        Ok(match (is_first, deployed.is_changed()) {
            (true, _) => Some(format!("{name} is ready at {url}")),
            (false, true) => Some(format!("{name} reloaded, version {}", function.version)),
            (false, false) => None,
        })
    }
}

/// Watches the folders of a function's files.
struct Files {
    watcher: notify::RecommendedWatcher,
    changes: mpsc::Receiver<()>,
    folders: BTreeSet<PathBuf>,
}

impl Files {
    fn watch(project: &Project) -> Result<Self, Failure> {
        // One waiting change stands for all.
        let (sender, changes) = mpsc::channel(1);
        let root = project.root.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_own = |path: &PathBuf| path.starts_with(root.join(DATA));
            let matters =
                event.is_ok_and(|event| !event.kind.is_access() && !event.paths.iter().all(is_own));
            if matters {
                // If the channel is full, a change is waiting already.
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher.attempt("cannot watch files")?;
        let mut files = Self {
            watcher,
            changes,
            folders: BTreeSet::new(),
        };
        files.add(project.root.clone());
        Ok(files)
    }

    /// Watches the folders of this code too. Folders of packages are not watched.
    fn follow(&mut self, code: &Code) {
        for folder in code.sources.iter().filter_map(|path| path.parent()) {
            self.add(folder.to_owned());
        }
    }

    fn add(&mut self, folder: PathBuf) {
        if !self.folders.contains(&folder)
            && self
                .watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .is_ok()
        {
            self.folders.insert(folder);
        }
    }

    /// Waits until files have changed, and then until nothing changes for a moment.
    async fn changed(&mut self) -> Result<(), Failure> {
        let gone = || Failure::new("files are not watched any more");
        self.changes.recv().await.ok_or_else(gone)?;
        while let Ok(change) = timeout(QUIET, self.changes.recv()).await {
            change.ok_or_else(gone)?;
        }
        Ok(())
    }
}

/// A running server.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    /// Starts a server and waits until it listens.
    async fn start(server: std::process::Command, root: &Path, port: u16) -> Result<Self, Failure> {
        let data = root.join(DATA);
        let failed = format!("cannot create {}", data.display());
        fs::create_dir_all(&data).attempt(&failed)?;
        fs::write(data.join(".gitignore"), "*\n").attempt(&failed)?;
        let secret_key = secret_key(&data)?;
        let mut child = Command::from(server)
            .current_dir(&data)
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(["--store", "sqlite:dev.db", "--log", "warn"])
            .env("FAAS_SECRET_KEY", secret_key)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .attempt("cannot start the server")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line).await;
            read.attempt("cannot read what the server writes")?;
        }
        // `faas VERSION listens on URL, store …`
        let url = line.split_whitespace().find(|word| word.contains("://"));
        match url {
            Some(url) => Ok(Self {
                url: url.trim_end_matches(',').to_owned(),
                child,
            }),
            None => Err(Failure::new("the server did not start")
                .hint("if the port is taken, choose another with --port")),
        }
    }

    /// Stops the server in order.
    async fn stop(&mut self) -> Result<(), Failure> {
        #[cfg(unix)]
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(id) = rustix::process::Pid::from_raw(id)
        {
            // It has ended already if this fails.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err() || cfg!(not(unix)) {
            let killed = self.child.kill().await;
            killed.attempt("cannot stop the server")?;
        }
        Ok(())
    }
}

/// The key that encrypts the secrets in the server's store: made at the first start, then kept.
fn secret_key(data: &Path) -> Result<String, Failure> {
    let path = data.join("secret-key");
    if let Ok(key) = fs::read_to_string(&path) {
        return Ok(key);
    }
    let key = SecretKey::generate().map(|key| key.expose_hex().to_string());
    let key = key.ok_or_else(|| Failure::new("the system has no random numbers"))?;
    create_private(&path)
        .and_then(|mut file| file.write_all(key.as_bytes()))
        .attempt(format_args!("cannot write {}", path.display()))?;
    Ok(key)
}

/// Becomes ready at Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = Result<(), Failure>>, Failure> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).attempt("cannot wait for SIGTERM")?
    };
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.attempt("cannot wait for Ctrl-C"),
            _ = terminated => Ok(()),
        }
    })
}
