//! An earlier audit, to tell what is new.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::AuditError;
use super::finding::Finding;

/// Version of the JSON output.
pub const VERSION: u64 = 1;

/// What an earlier audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    keys: HashSet<String>,
}

#[derive(Deserialize)]
struct Output {
    version: u64,
    audit: Option<Findings>,
}

#[derive(Deserialize)]
struct Findings {
    findings: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

impl Baseline {
    /// Reads what `docent audit --format json` wrote.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is no such output, or has another version.
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        let text = std::fs::read(path).map_err(|source| AuditError::ReadBaseline {
            path: path.to_owned(),
            source,
        })?;
        let broken = |source| AuditError::Baseline {
            path: path.to_owned(),
            source,
        };
        let output: Output = serde_json::from_slice(&text).map_err(broken)?;
        if output.version != VERSION {
            return Err(AuditError::BaselineVersion {
                path: path.to_owned(),
                found: output.version,
                expected: VERSION,
            });
        }
        let missing = || broken(serde::de::Error::missing_field("audit"));
        let findings = output.audit.ok_or_else(missing)?.findings;
        Ok(Self {
            keys: findings.into_iter().map(|finding| finding.key).collect(),
        })
    }

    /// Whether the earlier audit had `finding`.
    pub fn has(&self, finding: &Finding) -> bool {
        self.keys.contains(&finding.key)
    }
}
