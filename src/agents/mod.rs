//! docent among the tools of an agent: what stands in the configuration files of agents' programs, put in
//! and taken out again.
//!
//! All of it is functions from a file's text to its text. What is put in has its own form at its own place, so
//! that it can be found and taken out without a record of it, and the text is then, to the byte, what it was:
//!
//! ```
//! use docent::agents::{Change, Client, Place, Server, Setup};
//!
//! let server = Server::new("/usr/bin/docent", ["/docs/docent.idx"]);
//! let setup = Setup { server, line: "Before answering, ask.".into(), skill: "Ask.".into() };
//! let before = "{\n  // by hand\n  \"mcpServers\": {},\n}\n";
//! for spot in Client::Claude.spots(&Place::Project("/repository".into())) {
//!     if spot.paths[0].ends_with(".mcp.json") {
//!         let Change::Text(after) = spot.part.install(&setup, Some(before))? else { panic!() };
//!         assert!(after.contains(r#"{"docent": {"type": "stdio", "command": "/usr/bin/docent""#));
//!         assert_eq!(spot.part.install(&setup, Some(&after))?, Change::Nothing);
//!         assert_eq!(spot.part.uninstall(&after)?, Change::Text(before.to_owned()));
//!     }
//! }
//! # Ok::<(), docent::agents::AgentsError>(())
//! ```
//!
//! `clients` is the list of programs and their files, `json`, `toml`, `block` and `skill` are the ways in which
//! something is put in, `entry` is what a server's entry is, `about`, `text` and `digest` say what the docs are about.

mod block;
mod clients;
mod digest;
mod entry;
mod error;
mod json;
mod part;
mod skill;
mod text;
mod toml;
mod value;

pub use crate::about::About;
pub use clients::{Client, Place, Spot, UserFolders};
pub use digest::{MAX_BYTES, digest};
pub use entry::{SERVER_NAME, Server};
pub use error::{AgentsError, Left};
pub use part::{Change, Part, Setup};
pub use text::{Caller, line, skill, stub};
