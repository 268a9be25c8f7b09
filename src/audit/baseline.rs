//! An earlier audit, to tell what is new.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::AuditError;
use super::finding::{Finding, Rule};

/// Version of the JSON output.
pub const VERSION: u64 = 1;

/// What an earlier audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Keys of findings, each with the number of its related places.
    known: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct Output {
    version: u64,
    audit: Option<Findings>,
}

#[derive(Deserialize)]
struct Findings {
    findings: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    key: String,
    related: Vec<IgnoredAny>,
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
        let known = findings
            .into_iter()
            .map(|known| (known.key, known.related.len()));
        Ok(Self {
            known: known.collect(),
        })
    }

    /// Whether the earlier audit had `finding`. One that lists places has become another one where there are
    /// more of them: a further link to what is not there is new.
    pub fn has(&self, finding: &Finding) -> bool {
        let is_list = matches!(
            finding.rule,
            Rule::BrokenLink | Rule::BareHeading | Rule::UnnamedSection
        );
        let known = self.known.get(&finding.key);
        known.is_some_and(|&places| !is_list || finding.related.len() <= places)
    }
}
