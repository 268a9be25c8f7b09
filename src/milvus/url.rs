//! Where a store is: `milvus://host:port/database/collection`.

use std::fmt;
use std::str::FromStr;

use super::error::StoreError;

/// The address of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl {
    /// Host and port.
    pub(super) server: String,
    pub(super) database: String,
    pub(super) collection: String,
}

/// Longest name of a database or collection: Milvus allows 255, and suffixes are added.
const LONGEST_NAME: usize = 200;

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = |problem| StoreError::Url {
            url: text.to_owned(),
            problem,
        };
        let rest = text
            .strip_prefix("milvus://")
            .ok_or_else(|| wrong("it does not begin with milvus://"))?;
        let parts: Vec<&str> = rest.split('/').collect();
        let &[server, database, collection] = &parts[..] else {
            return Err(wrong(
                "it is not a server, a database and a collection, with / between them",
            ));
        };
        let port = server.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        let port = port.and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() || server.contains(['@', '?', '#', ' ']) {
            return Err(wrong("the server is not HOST:PORT"));
        }
        if ![database, collection].into_iter().all(is_name) {
            return Err(wrong(
                "a database or collection is named with letters, digits and _, not a digit first",
            ));
        }
        Ok(Self {
            server: server.to_owned(),
            database: database.to_owned(),
            collection: collection.to_owned(),
        })
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= LONGEST_NAME
        && text.chars().all(is_part)
        && text.starts_with(|c: char| !c.is_ascii_digit())
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "milvus://{}/{}/{}",
            self.server, self.database, self.collection
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_server_database_and_collection() {
        let url: StoreUrl = "milvus://127.0.0.1:19530/default/docs_1".parse().unwrap();
        assert_eq!(url.server, "127.0.0.1:19530");
        assert_eq!((&*url.database, &*url.collection), ("default", "docs_1"));
        assert_eq!(url.to_string(), "milvus://127.0.0.1:19530/default/docs_1");
        assert!("milvus://[::1]:1/a/b".parse::<StoreUrl>().is_ok());
        for wrong in [
            "",
            "http://h:1/a/b",
            "milvus://h:1/a",
            "milvus://h:1/a/b/c",
            "milvus://h/a/b",
            "milvus://:1/a/b",
            "milvus://h:70000/a/b",
            "milvus://u:p@h:1/a/b",
            "milvus://h:1//b",
            "milvus://h:1/a/",
            "milvus://h:1/a/1b",
            "milvus://h:1/a/b\"c",
        ] {
            assert!(wrong.parse::<StoreUrl>().is_err(), "{wrong}");
        }
    }
}
