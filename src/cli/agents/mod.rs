//! `docent agents`: docent in the configuration of agents' programs.

mod files;
mod setup;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use docent::agents::{self, About, Change, Client, Place, UserFolders};
use docent::index::Index;
use docent::terminal::printable_line;

use super::exit::{CliError, Exit};
use super::{complain, note};
use files::{Edited, Files};
use setup::SetupArgs;

const HELP: &str = "\
Clients, and the files of a project that `install` writes into:
  claude    Claude Code: .mcp.json, .claude/settings.json, CLAUDE.md,
            .claude/skills/docent/SKILL.md
  codex     Codex: .codex/config.toml (read once you trust the project), AGENTS.md
  cursor    Cursor: .cursor/mcp.json, .cursor/cli.json, AGENTS.md
  opencode  opencode: opencode.json, AGENTS.md
  gemini    Gemini CLI: .gemini/settings.json, GEMINI.md
  vscode    VS Code: .vscode/mcp.json, AGENTS.md
All but claude share .agents/skills/docent/SKILL.md. Program and index are named by their
absolute paths, since what a desktop starts has another PATH: the entries are for this machine.

What is written is marked or of a form of its own. A second `install` changes nothing, another
--index takes the place of the first, and `uninstall` leaves every file as it was, to the byte.
An entry of the name docent that is not docent's, or that was edited, is left as it is with all
of that client, and docent exits with 1.

Examples:
  docent agents install claude codex
  docent agents install --user cursor --index ~/docs/docent.idx
  docent agents index >> AGENTS.md";

/// Put docent into the configuration of agents' programs: install, uninstall, show; skill, index
#[derive(Args)]
#[command(after_help = HELP)]
pub struct AgentsArgs {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the server, the tools that need no asking, one line for AGENTS.md and a skill into clients' files
    ///
    /// Without a client: into those that the project, or with --user the user, has files of.
    Install {
        #[command(flatten)]
        clients: Clients,
        #[command(flatten)]
        setup: SetupArgs,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Take out of clients' files what install wrote, and nothing else
    ///
    /// Without a client: of all. What several clients share stays as long as one of them has the server.
    Uninstall {
        #[command(flatten)]
        clients: Clients,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Print what install would write into empty files, for all clients or some, to paste it by hand
    Show {
        #[command(flatten)]
        clients: Clients,
        #[command(flatten)]
        setup: SetupArgs,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Print how an agent asks these docs: what the installed skill leads to
    Skill(IndexOption),
    /// Print what is in the docs, in at most 8 kB, for AGENTS.md
    Index(IndexOption),
}

#[derive(Args)]
struct Clients {
    /// The clients
    #[arg(value_name = "CLIENT", value_parser = client_parser())]
    clients: Vec<Client>,
}

#[derive(Args)]
struct PlaceArgs {
    /// The folder of the project [default: the working folder]
    #[arg(long, value_name = "DIR", conflicts_with = "user")]
    project: Option<PathBuf>,
    /// The user's own configuration, for all projects
    #[arg(long)]
    user: bool,
}

#[derive(Args)]
struct IndexOption {
    /// The index [env: DOCENT_INDEX] [default: docent.idx here or in a parent folder]
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// What the docs are called [default: as their guide's first heading says]
    #[arg(long)]
    title: Option<String>,
}

/// What keeps `agents` from doing anything.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No client was named, and none is in use.
    #[error("no client has files in {}\nhint: name one: docent agents install {}", place.display(), names(&Client::ALL))]
    NoClient {
        /// Where they were looked for.
        place: PathBuf,
    },
    /// The platform does not tell.
    #[error("cannot tell the home folder\nhint: set HOME, or use --project")]
    NoHome,
    /// A path that cannot stand in configuration files.
    #[error(
        "{path} cannot be written into configuration files: it is not plain text of one line\nhint: rename it"
    )]
    Unwritable {
        /// The path, printable.
        path: String,
    },
}

/// Does what the arguments say.
pub fn run(args: &AgentsArgs) -> Result<Exit> {
    match &args.command {
        Task::Install {
            clients,
            setup,
            place,
        } => install(clients, setup, &place.place()?),
        Task::Uninstall { clients, place } => uninstall(clients, &place.place()?),
        Task::Show {
            clients,
            setup,
            place,
        } => show(clients, setup, &place.place()?),
        Task::Skill(option) => skill(option),
        Task::Index(option) => index(option),
    }
}

fn install(clients: &Clients, setup: &SetupArgs, place: &Place) -> Result<Exit> {
    let clients = clients.or_those_in(place)?;
    let setup = setup.setup(place)?;
    let mut files = Files::of(place)?;
    for client in &clients {
        for spot in client.spots(place) {
            let file = files.file(first_there(&spot.paths))?;
            let change = spot.part.install(&setup, file.text());
            file.apply(change)?;
            // Tools of somebody else's server are not allowed, nor are agents told to ask them.
            if spot.part.is_server() && file.left.is_some() {
                break;
            }
        }
    }
    files.write()?;
    if matches!(place, Place::Project(_)) && files.all().iter().any(Edited::is_changed) {
        note(
            "program and index are named by their paths on this machine: for others, leave these files out \
             of version control",
        );
    }
    report(&files, place, "is as it was installed")
}

fn uninstall(clients: &Clients, place: &Place) -> Result<Exit> {
    let going = if clients.clients.is_empty() {
        &Client::ALL[..]
    } else {
        &clients.clients
    };
    let mut files = Files::of(place)?;
    let mut needed: Vec<(PathBuf, Client)> = Vec::new();
    for &client in Client::ALL.iter().filter(|client| !going.contains(client)) {
        let spots = client.spots(place);
        let is_installed = spots
            .iter()
            .filter(|spot| spot.part.is_server())
            .any(|spot| {
                let texts = spot
                    .paths
                    .iter()
                    .filter_map(|path| std::fs::read_to_string(path).ok());
                texts.into_iter().any(|text| spot.part.is_in(&text))
            });
        if is_installed {
            for path in spots.into_iter().flat_map(|spot| spot.paths) {
                needed.push((files.real(&path)?, client));
            }
        }
    }
    for spot in going.iter().flat_map(|client| client.spots(place)) {
        for path in &spot.paths {
            let real = files.real(path)?;
            if let Some((_, client)) = needed.iter().find(|(needed, _)| *needed == real) {
                note(format_args!(
                    "{} stays: {} has the server",
                    shown(path, place),
                    client.name()
                ));
                continue;
            }
            let file = files.file(path)?;
            if let Some(text) = file.text() {
                let change = spot.part.uninstall(text);
                file.apply(change)?;
            }
        }
    }
    files.write()?;
    report(&files, place, "has nothing of docent")
}

/// Says what became of each file; with `nothing` of those that are there and were not changed.
fn report(files: &Files, place: &Place, nothing: &str) -> Result<Exit> {
    let mut out = io::stdout().lock();
    for file in files.all() {
        let path = shown(&file.path, place);
        match (file.is_changed(), file.text()) {
            (true, Some(_)) => writeln!(out, "{path}: written")?,
            (true, None) => writeln!(out, "{path}: removed")?,
            (false, Some(_)) if file.left.is_none() => writeln!(out, "{path}: {nothing}")?,
            (false, _) => {}
        }
    }
    let left: Vec<(&Edited, _)> = files
        .all()
        .iter()
        .filter_map(|file| Some((file, file.left?)))
        .collect();
    for (file, left) in &left {
        complain(format_args!(
            "{}: left as it is: {left}",
            shown(&file.path, place)
        ));
    }
    if left.is_empty() {
        return Ok(Exit::Found);
    }
    complain("hint: compare with `docent agents show`, and edit by hand");
    Ok(Exit::NothingConfident)
}

fn show(clients: &Clients, setup: &SetupArgs, place: &Place) -> Result<Exit> {
    let setup = setup.setup(place)?;
    let clients = if clients.clients.is_empty() {
        &Client::ALL[..]
    } else {
        &clients.clients
    };
    let mut out = io::stdout().lock();
    let mut seen = Vec::new();
    for spot in clients.iter().flat_map(|client| client.spots(place)) {
        let Some(path) = spot
            .paths
            .into_iter()
            .next()
            .filter(|path| !seen.contains(path))
        else {
            continue;
        };
        if let Change::Text(text) = spot.part.install(&setup, None)? {
            let gap = if seen.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}==> {} <==", shown(&path, place))?;
            out.write_all(text.as_bytes())?;
        }
        seen.push(path);
    }
    Ok(Exit::Found)
}

fn skill(option: &IndexOption) -> Result<Exit> {
    let (path, caller) = match setup::locate(option.index.as_deref(), None) {
        Err(CliError::NoIndex { .. }) => {
            note("there is no index here, so that this says nothing of the docs");
            (None, setup::caller(None)?)
        }
        found => {
            let found = found?;
            let caller = setup::caller(found.named_path())?;
            (Some(found.path), caller)
        }
    };
    let about = path.map(|path| {
        Ok::<_, docent::Error>(About::of(&Index::open(&path)?, option.title.as_deref())?)
    });
    let text = agents::skill(about.transpose()?.as_ref(), &caller);
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Found)
}

fn index(option: &IndexOption) -> Result<Exit> {
    let found = setup::locate(option.index.as_deref(), None)?;
    let index = Index::open(&found.path)?;
    let about = About::of(&index, option.title.as_deref())?;
    let text = agents::digest(&index, &about, &setup::caller(found.named_path())?)?;
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Found)
}

impl Clients {
    /// Those that were named, else those that have files in `place`.
    fn or_those_in(&self, place: &Place) -> Result<Vec<Client>, SetupError> {
        if !self.clients.is_empty() {
            return Ok(self.clients.clone());
        }
        let is_there = |client: &Client| client.traces(place).iter().any(|path| path.exists());
        let there: Vec<Client> = Client::ALL.into_iter().filter(is_there).collect();
        if there.is_empty() {
            return Err(SetupError::NoClient {
                place: place.root().clone(),
            });
        }
        note(format_args!("for {}", names(&there)));
        Ok(there)
    }
}

impl PlaceArgs {
    fn place(&self) -> Result<Place> {
        if !self.user {
            let folder = self.project.clone().unwrap_or_else(|| PathBuf::from("."));
            return Ok(Place::Project(std::path::absolute(folder)?));
        }
        let variable = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        Ok(Place::User(UserFolders {
            home: dirs::home_dir().ok_or(SetupError::NoHome)?,
            claude: variable("CLAUDE_CONFIG_DIR"),
            codex: variable("CODEX_HOME"),
            xdg: variable("XDG_CONFIG_HOME"),
            platform: dirs::config_dir().ok_or(SetupError::NoHome)?,
        }))
    }
}

fn client_parser() -> impl TypedValueParser<Value = Client> {
    PossibleValuesParser::new(Client::ALL.map(Client::name)).try_map(|name| {
        let named = Client::ALL.into_iter().find(|client| client.name() == name);
        named.ok_or("there is no such client")
    })
}

fn names(clients: &[Client]) -> String {
    clients
        .iter()
        .map(|client| client.name())
        .collect::<Vec<_>>()
        .join(" ")
}

fn first_there(paths: &[PathBuf]) -> &Path {
    let there = paths.iter().find(|path| path.symlink_metadata().is_ok());
    there.unwrap_or(&paths[0])
}

/// `path` as seen from the project, or the whole of it.
fn shown(path: &Path, place: &Place) -> String {
    let path = match place {
        Place::Project(root) => path.strip_prefix(root).unwrap_or(path),
        Place::User(_) => path,
    };
    let path = path.display().to_string();
    printable_line(&path).into_owned()
}
