//! An index becomes the next version of a store.

use std::collections::HashSet;

use serde_json::Value;

use super::catalogue::{Catalogue, Head};
use super::client::Client;
use super::error::StoreError;
use super::row::{Key, SectionRows, Source, parse_key};
use super::schema;
use super::url::StoreUrl;
use crate::index::Index;
use crate::{Error, Result};

/// Chunks below which a new collection compares all of them, and has no graph.
const EXACT_BELOW: usize = 100_000;
/// Rows that are written at once.
const BATCH: usize = 200;
/// Keys that one filter names.
const KEYS_AT_ONCE: usize = 200;
/// Parts in which all keys are listed: their first two digits.
const PREFIXES: u32 = 256;

/// What came of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The version that is the newest now.
    pub version: i64,
    /// Chunks of the index.
    pub chunks: usize,
    /// Chunks that were written: the others were there.
    pub written: usize,
    /// Sections that were removed.
    pub removed: usize,
}

/// Makes the store at `url` hold what `index` holds. `report` is told how many chunks are done, of how many.
///
/// What is there already is left as it is, so the same index twice changes nothing, and a publication that was
/// interrupted goes on where it was. Until the new version is whole, the store answers with the old one; then
/// what is gone is removed.
///
/// # Errors
///
/// [`StoreError`], above all [`StoreError::Changed`] if another publication was sooner; and what is found to be damaged in
/// the index.
pub fn publish(index: &Index, url: &StoreUrl, report: &dyn Fn(usize, usize)) -> Result<Published> {
    let client = Client::connect(url)?;
    let is_exact = index.num_chunks() < EXACT_BELOW;
    client.provide(&schema::chunks(url, index.vectors().dim, is_exact))?;
    client.provide(&schema::sections(url))?;
    client.provide(&schema::catalogue(url))?;

    let heads = Catalogue::heads(&client, url)?;
    let newest = heads.last_key_value();
    let current = newest.map_or(0, |(&version, _)| version);
    let mut writer = Writer::new(&client, url, current + 1);
    let source = Source::new(index, url)?;
    let mut keys = Vec::with_capacity(index.num_sections());
    let mut done = 0;
    for id in index.sections() {
        let rows = source.rows(id.position(), &index.section(id)?)?;
        keys.push(rows.key);
        writer.add(&rows)?;
        done += rows.len();
        report(done, index.num_chunks());
    }
    writer.finish()?;

    let bytes = Catalogue::encode(index, keys.clone())?;
    let is_new = writer.written > 0 || newest.map(|(_, head)| head) != Some(&Head::of(&bytes));
    if is_new {
        let now = Catalogue::heads(&client, url)?;
        if now.last_key_value().map_or(0, |(&version, _)| version) != current {
            let url = url.to_string();
            return Err(StoreError::Changed { url }.into());
        }
        Catalogue::write(&client, url, current + 1, &bytes)?;
    }
    let version = current + i64::from(is_new);
    let removed = remove_gone(&client, url, &keys, version, current + 1)?;
    Ok(Published {
        version,
        chunks: index.num_chunks(),
        written: writer.chunks_written,
        removed,
    })
}

/// Rows on their way, of chunks and of sections.
struct Writer<'a> {
    client: &'a Client,
    version: i64,
    chunks: Batch,
    sections: Batch,
    /// Rows that were written.
    written: usize,
    chunks_written: usize,
}

/// Rows of one collection, with their ids.
struct Batch {
    collection: String,
    rows: Vec<(String, Value)>,
}

impl<'a> Writer<'a> {
    fn new(client: &'a Client, url: &StoreUrl, version: i64) -> Self {
        let batch = |collection| Batch {
            collection,
            rows: Vec::new(),
        };
        Self {
            client,
            version,
            chunks: batch(url.chunks()),
            sections: batch(url.sections()),
            written: 0,
            chunks_written: 0,
        }
    }

    fn add(&mut self, rows: &SectionRows) -> Result<(), StoreError> {
        for row in rows.chunks(self.version) {
            self.chunks.rows.push(row);
            if self.chunks.rows.len() == BATCH {
                self.write_chunks()?;
            }
        }
        self.sections.rows.extend(rows.section(self.version));
        if self.sections.rows.len() >= BATCH {
            self.write_sections()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        self.write_chunks()?;
        self.write_sections()
    }

    fn write_chunks(&mut self) -> Result<(), StoreError> {
        let written = self.chunks.write(self.client)?;
        self.chunks_written += written;
        self.written += written;
        Ok(())
    }

    fn write_sections(&mut self) -> Result<(), StoreError> {
        self.written += self.sections.write(self.client)?;
        Ok(())
    }
}

impl Batch {
    /// Writes the rows whose ids are not there, and says how many.
    fn write(&mut self, client: &Client) -> Result<usize, StoreError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(0);
        }
        let ids: Vec<&str> = rows.iter().map(|(id, _)| &**id).collect();
        let filters = vec![any_of("id", &ids)];
        let there = client.query(&self.collection, filters, &["id"], |row| {
            Ok(row.text("id")?.to_owned())
        })?;
        let there: HashSet<String> = there.into_iter().collect();
        let rows = rows.into_iter().filter(|(id, _)| !there.contains(id));
        let rows: Vec<Value> = rows.map(|(_, row)| row).collect();
        let written = rows.len();
        if written > 0 {
            client.upsert(&self.collection, rows)?;
        }
        Ok(written)
    }
}

/// A filter for the rows whose `field` is any of `texts`, which are keys and ids and need no escapes.
pub fn any_of(field: &str, texts: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| format!("\"{}\"", text.as_ref()))
        .collect();
    format!("{field} in [{}]", quoted.join(","))
}

/// Removes the sections that older catalogues name, and those that builds have written that were never published as
/// version `written`, but not those of `keys`; then the catalogues before `version`. Says how many sections.
fn remove_gone(
    client: &Client,
    url: &StoreUrl,
    keys: &[Key],
    version: i64,
    written: i64,
) -> Result<usize> {
    let kept: HashSet<&Key> = keys.iter().collect();
    let mut gone: HashSet<Key> = HashSet::new();
    for (&old, head) in Catalogue::heads(client, url)?.range(..version) {
        match Catalogue::read(client, url, old, head) {
            Ok(old) => gone.extend(old.statistics.keys),
            // A build was killed while it removed the catalogue, and so after it had removed the rows.
            Err(Error::Store(StoreError::Damaged { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    gone.extend(written_sections(client, url, written)?);
    gone.retain(|key| !kept.contains(key));
    let keys: Vec<String> = gone.iter().map(hex::encode).collect();
    for some in keys.chunks(KEYS_AT_ONCE) {
        client.delete(&url.chunks(), &any_of("section", some))?;
        client.delete(&url.sections(), &any_of("id", some))?;
    }
    Catalogue::remove_before(client, url, version)?;
    Ok(gone.len())
}

/// The sections of which rows were written for `version`, whether or not all were.
fn written_sections(
    client: &Client,
    url: &StoreUrl,
    version: i64,
) -> Result<HashSet<Key>, StoreError> {
    let within = |field: &str| -> Vec<String> {
        let ranges = (0..PREFIXES).map(|prefix| {
            // `g` is what follows the last digit.
            let end = match prefix + 1 {
                PREFIXES => "g".to_owned(),
                end => format!("{end:02x}"),
            };
            format!("added == {version} and {field} >= \"{prefix:02x}\" and {field} < \"{end}\"")
        });
        ranges.collect()
    };
    // Any chunk of a section may be the only one that is there.
    let of_chunks = client.query(&url.chunks(), within("section"), &["section"], |row| {
        Ok(parse_key(row.text("section")?))
    })?;
    let of_sections = client.query(&url.sections(), within("id"), &["id"], |row| {
        Ok(parse_key(row.text("id")?))
    })?;
    Ok(of_chunks.into_iter().chain(of_sections).flatten().collect())
}
