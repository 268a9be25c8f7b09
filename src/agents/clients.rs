//! The programs that docent is installed in, and their files.
//!
//! | client | servers and what may be called without asking |
//! |---|---|
//! | Claude Code | <https://code.claude.com/docs/en/mcp>, <https://code.claude.com/docs/en/permissions>: `claude -p` refuses tools that no rule allows |
//! | Codex | <https://developers.openai.com/codex/mcp>, <https://developers.openai.com/codex/config-reference>: `codex exec` refuses tools that are not approved; the file of a project is read once the project is trusted |
//! | Cursor | <https://cursor.com/docs/mcp>, <https://cursor.com/docs/cli/reference/permissions>; not `permissions.json`, which takes the place of what is allowed in the program |
//! | opencode | <https://opencode.ai/docs/mcp-servers>, <https://opencode.ai/docs/migrate-v1>: tools are allowed unless a rule says otherwise |
//! | Gemini CLI | <https://geminicli.com/docs/tools/mcp-server>: `trust` |
//! | VS Code | <https://code.visualstudio.com/docs/agents/reference/mcp-configuration>: what is allowed is no matter of a file of the project |
//!
//! Each of them documents skills (`SKILL.md`): Claude Code reads `.claude/skills`, all others `.agents/skills`
//! (<https://developers.openai.com/codex/skills>, <https://cursor.com/docs/context/skills>,
//! <https://opencode.ai/docs/skills>, <https://geminicli.com/docs/cli/using-agent-skills>,
//! <https://code.visualstudio.com/docs/agent-customization/agent-skills>). Claude Code reads `CLAUDE.md`, Gemini CLI
//! `GEMINI.md`, all others `AGENTS.md`.
//!
//! What is written was listed as a server by Claude Code 2.1.197, Codex 0.171.0, Gemini CLI 0.61.0 and opencode 1.18.33
//! (`mcp list` of each) on 2026-11-30; Cursor and VS Code were held against their pages only.

use std::path::PathBuf;

use super::entry::{Allowed, Shape};
use super::part::{Kind, Part};

/// A program that agents live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Claude Code.
    Claude,
    /// Codex, as a command and in editors.
    Codex,
    /// Cursor, the editor and the command.
    Cursor,
    /// opencode.
    OpenCode,
    /// Gemini CLI.
    Gemini,
    /// Visual Studio Code.
    VsCode,
}

/// Whose configuration it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// That of the project in this folder.
    Project(PathBuf),
    /// The user's.
    User(UserFolders),
}

/// Where a user's configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFolders {
    /// The home folder.
    pub home: PathBuf,
    /// `CLAUDE_CONFIG_DIR`, which takes the place of `~/.claude`.
    pub claude: Option<PathBuf>,
    /// `CODEX_HOME`, which takes the place of `~/.codex`.
    pub codex: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, which takes the place of `~/.config` for opencode.
    pub xdg: Option<PathBuf>,
    /// The platform's folder for configuration, where VS Code has its own.
    pub platform: PathBuf,
}

/// A file, and what docent puts into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file by its names: the first that is there counts, else the first.
    pub paths: Vec<PathBuf>,
    /// What goes in.
    pub part: Part,
}

const CLAUDE_TOOLS: Allowed = Allowed(&["mcp__docent__search_docs", "mcp__docent__read_docs"]);
const CURSOR_TOOLS: Allowed = Allowed(&["Mcp(docent:search_docs)", "Mcp(docent:read_docs)"]);

impl Client {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Claude,
        Self::Codex,
        Self::Cursor,
        Self::OpenCode,
        Self::Gemini,
        Self::VsCode,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Cursor => "cursor",
            Self::OpenCode => "opencode",
            Self::Gemini => "gemini",
            Self::VsCode => "vscode",
        }
    }

    /// Its files, and what docent puts into each.
    pub fn spots(self, place: &Place) -> Vec<Spot> {
        let folders = Folders::of(place);
        let project = matches!(place, Place::Project(_));
        let spot = |path: PathBuf, kind| Spot {
            paths: vec![path],
            part: Part(kind),
        };
        let skill = |folder: PathBuf| spot(folder.join("skills/docent/SKILL.md"), Kind::Skill);
        let Folders {
            root,
            claude,
            codex,
            opencode,
            vscode,
        } = &folders;
        match self {
            Self::Claude => vec![
                match place {
                    Place::Project(root) => {
                        spot(root.join(".mcp.json"), Kind::Entry(Shape::Claude))
                    }
                    Place::User(user) => {
                        let folder = user.claude.as_ref().unwrap_or(&user.home);
                        spot(folder.join(".claude.json"), Kind::Entry(Shape::Claude))
                    }
                },
                spot(claude.join("settings.json"), Kind::Allowed(CLAUDE_TOOLS)),
                spot(
                    if project { root } else { claude }.join("CLAUDE.md"),
                    Kind::Line,
                ),
                skill(claude.clone()),
            ],
            Self::Codex => vec![
                spot(codex.join("config.toml"), Kind::Toml),
                spot(
                    if project { root } else { codex }.join("AGENTS.md"),
                    Kind::Line,
                ),
                skill(root.join(".agents")),
            ],
            Self::Cursor => {
                let cursor = root.join(".cursor");
                let settings = if project {
                    "cli.json"
                } else {
                    "cli-config.json"
                };
                let mut spots = vec![
                    spot(cursor.join("mcp.json"), Kind::Entry(Shape::Cursor)),
                    spot(cursor.join(settings), Kind::Allowed(CURSOR_TOOLS)),
                    skill(root.join(".agents")),
                ];
                // What a user tells Cursor everywhere is in no file.
                if project {
                    spots.insert(2, spot(root.join("AGENTS.md"), Kind::Line));
                }
                spots
            }
            Self::OpenCode => vec![
                Spot {
                    paths: ["opencode.json", "opencode.jsonc"]
                        .into_iter()
                        .map(|name| opencode.join(name))
                        .chain(project.then(|| root.join(".opencode/opencode.json")))
                        .chain(project.then(|| root.join(".opencode/opencode.jsonc")))
                        .collect(),
                    part: Part(Kind::Entry(Shape::OpenCode)),
                },
                spot(opencode.join("AGENTS.md"), Kind::Line),
                skill(root.join(".agents")),
            ],
            Self::Gemini => {
                let gemini = root.join(".gemini");
                vec![
                    spot(gemini.join("settings.json"), Kind::Entry(Shape::Gemini)),
                    spot(
                        if project { root } else { &gemini }.join("GEMINI.md"),
                        Kind::Line,
                    ),
                    skill(root.join(".agents")),
                ]
            }
            Self::VsCode => {
                let mut spots = vec![
                    spot(vscode.join("mcp.json"), Kind::Entry(Shape::VsCode)),
                    skill(root.join(".agents")),
                ];
                if project {
                    spots.insert(1, spot(root.join("AGENTS.md"), Kind::Line));
                }
                spots
            }
        }
    }

    /// Files and folders of which each shows that the client is in use.
    pub fn traces(self, place: &Place) -> Vec<PathBuf> {
        let folders = Folders::of(place);
        let Folders {
            root,
            claude,
            codex,
            opencode,
            vscode,
        } = folders;
        let project = matches!(place, Place::Project(_));
        let names = |names: &[&str]| names.iter().map(|name| root.join(name)).collect::<Vec<_>>();
        match self {
            Self::Claude if project => names(&[".claude", ".mcp.json", "CLAUDE.md"]),
            Self::Claude => vec![claude, root.join(".claude.json")],
            Self::Codex => vec![codex],
            Self::Cursor => names(&[".cursor"]),
            Self::OpenCode if project => names(&["opencode.json", "opencode.jsonc", ".opencode"]),
            Self::OpenCode => vec![opencode],
            Self::Gemini if project => names(&[".gemini", "GEMINI.md"]),
            Self::Gemini => names(&[".gemini"]),
            Self::VsCode => vec![vscode],
        }
    }
}

impl Place {
    /// The folder that all files of a project are in, or most of a user's.
    pub fn root(&self) -> &PathBuf {
        match self {
            Self::Project(root) => root,
            Self::User(folders) => &folders.home,
        }
    }
}

/// The folders of clients.
struct Folders {
    root: PathBuf,
    claude: PathBuf,
    codex: PathBuf,
    opencode: PathBuf,
    vscode: PathBuf,
}

impl Folders {
    fn of(place: &Place) -> Self {
        let root = place.root().clone();
        let in_root =
            |own: Option<&PathBuf>, name: &str| own.cloned().unwrap_or_else(|| root.join(name));
        match place {
            Place::Project(_) => Self {
                claude: root.join(".claude"),
                codex: root.join(".codex"),
                opencode: root.clone(),
                vscode: root.join(".vscode"),
                root,
            },
            Place::User(user) => Self {
                claude: in_root(user.claude.as_ref(), ".claude"),
                codex: in_root(user.codex.as_ref(), ".codex"),
                opencode: in_root(user.xdg.as_ref(), ".config").join("opencode"),
                vscode: user.platform.join("Code/User"),
                root,
            },
        }
    }
}
