//! A store as what is searched.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::catalogue::{Catalogue, Statistics, Terms};
use super::client::{Client, Search, Vector};
use super::error::StoreError;
use super::evidence::{self, QueryWeights, score};
use super::publish::any_of;
use super::row::{Key, StoredChunk, chunk_id, parse_chunk_id, parse_key, term_number};
use super::url::StoreUrl;
use crate::Result;
use crate::index::{Index, IndexError, SectionId};
use crate::rank::{bm25, fusion};
use crate::search::{Evidence, PER_ARM, Request, Scope, Store};

/// Rows that a search asks for at first: more than are needed, since some may be of another version or equally good.
const FIRST_LIMIT: usize = 256;
/// Most rows that Milvus lets a search ask for.
const LAST_LIMIT: usize = 16_384;
/// Chunks that one request fetches, at most 70 kB each: an answer may have 4 MB.
const CHUNKS_AT_ONCE: usize = 40;
/// Sections whose terms one request fetches, some kB each.
const SECTIONS_AT_ONCE: usize = 100;

/// One version of a store, open to be asked.
///
/// Holds its catalogue in memory; chunks are fetched for each question.
pub struct MilvusStore {
    pub(super) client: Client,
    pub(super) url: StoreUrl,
    version: i64,
    pub(super) catalogue: CatalogueOf,
    by_key: HashMap<Key, SectionId>,
}

/// The catalogue of a version.
pub(super) struct CatalogueOf {
    pub index: Arc<Index>,
    pub statistics: Statistics,
}

impl MilvusStore {
    /// Opens the newest version of the store at `url`. Reads its catalogue, in as many bytes as that has.
    ///
    /// # Errors
    ///
    /// [`StoreError`], [`StoreError::Empty`] if nothing was published there; the index's errors if the catalogue is
    /// damaged.
    pub fn open(url: &StoreUrl) -> Result<Self> {
        let client = Client::connect(url)?;
        let empty = || StoreError::Empty {
            url: url.to_string(),
        };
        if !client.has(&url.catalogue())? {
            return Err(empty().into());
        }
        for collection in [url.catalogue(), url.sections(), url.chunks()] {
            client.load(&collection)?;
        }
        let newest = || -> Result<_, StoreError> {
            let mut heads = Catalogue::heads(&client, url)?;
            heads.pop_last().ok_or_else(empty)
        };
        let (mut version, mut head) = newest()?;
        let Catalogue { index, statistics } = loop {
            let read = Catalogue::read(&client, url, version, &head);
            let newer = newest()?;
            if read.is_ok() || newer.0 == version {
                break read?;
            }
            // A build has published, and removed what was being read.
            (version, head) = newer;
        };
        let by_key = statistics.keys.iter().copied().zip((0..).map(SectionId));
        Ok(Self {
            by_key: by_key.collect(),
            catalogue: CatalogueOf {
                index: Arc::new(index),
                statistics,
            },
            client,
            url: url.clone(),
            version,
        })
    }

    /// The version that is asked.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Rows of this version, and of `scope`.
    fn filter(&self, field: &str, scope: Option<&Scope>) -> String {
        let added = format!("added <= {}", self.version);
        let Some(scope) = scope else {
            return added;
        };
        let all = self.catalogue.index.sections();
        let (within, without): (Vec<_>, Vec<_>) = all.partition(|&id| scope.has_section(id));
        let keys = |ids: Vec<SectionId>| -> Vec<String> {
            let keys = ids.iter().map(|id| self.key(*id));
            keys.map(hex::encode).collect()
        };
        // What is shorter to say.
        match without.len() < within.len() {
            true if without.is_empty() => added,
            true => format!("{added} and not ({})", any_of(field, &keys(without))),
            false => format!("{added} and {}", any_of(field, &keys(within))),
        }
    }

    fn key(&self, section: SectionId) -> &Key {
        &self.catalogue.statistics.keys[section.position()]
    }

    /// The candidates that the arms name, and those that are wanted.
    fn names(
        &self,
        request: &Request<'_>,
        chunk_query: &QueryWeights,
        section_query: &QueryWeights,
    ) -> Result<BTreeMap<SectionId, BTreeSet<u32>>, StoreError> {
        let search = |collection, field, vector, filter| Search {
            collection,
            field,
            vector,
            filter,
            limit: FIRST_LIMIT,
        };
        let sparse = |query: &QueryWeights| Vector::Sparse(query.iter().copied().collect());
        let of_chunks = self.filter("section", request.scope);
        let dense = Vector::Dense(request.vector.to_vec());
        let mut searches = vec![search(
            self.url.chunks(),
            "vector",
            dense,
            of_chunks.clone(),
        )];
        if !chunk_query.is_empty() {
            let query = sparse(chunk_query);
            searches.push(search(self.url.chunks(), "bm25", query, of_chunks));
        }
        let num_chunk_searches = searches.len();
        if !section_query.is_empty() {
            let of_sections = self.filter("id", request.scope);
            let query = sparse(section_query);
            searches.push(search(self.url.sections(), "bm25", query, of_sections));
        }
        let found = self.search(searches)?;
        let (of_chunks, of_sections) = found.split_at(num_chunk_searches);
        let wanted = request.wanted.iter().map(|&id| (id, BTreeSet::new()));
        let mut named: BTreeMap<SectionId, BTreeSet<u32>> = wanted.collect();
        for &(section, place) in of_chunks.iter().flatten() {
            named.entry(section).or_default().insert(place);
        }
        for &(section, _) in of_sections.iter().flatten() {
            named.entry(section).or_default();
        }
        Ok(named)
    }

    /// The best [`PER_ARM`] of each search, as sections with the places of chunks, 0 for whole sections; of equal
    /// scores those that come first in the catalogue.
    fn search(&self, searches: Vec<Search>) -> Result<Vec<Vec<(SectionId, u32)>>, StoreError> {
        let answers = self.client.search(searches.clone())?;
        let mut best = Vec::with_capacity(answers.len());
        for (mut search, mut answer) in searches.into_iter().zip(answers) {
            loop {
                let known = answer.iter().filter_map(|(id, score)| {
                    let (key, place) = match id.contains('-') {
                        true => parse_chunk_id(id)?,
                        false => (parse_key(id)?, 0),
                    };
                    let section = *self.by_key.get(&key)?;
                    let count = self.catalogue.statistics.chunks[section.position()];
                    let is_there = place < count || !id.contains('-');
                    is_there.then_some((section, place, *score))
                });
                let mut known: Vec<_> = known.collect();
                let is_all = answer.len() < search.limit || search.limit == LAST_LIMIT;
                if known.len() >= PER_ARM || is_all {
                    fusion::keep_first(&mut known, PER_ARM, |a, b| {
                        b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1)))
                    });
                    let named = known
                        .into_iter()
                        .map(|(section, place, _)| (section, place));
                    best.push(named.collect());
                    break;
                }
                // Nearly all that was found is not removed yet.
                search.limit = LAST_LIMIT;
                let again = self.client.search(vec![search.clone()])?;
                answer = again.into_iter().next().unwrap_or_default();
            }
        }
        Ok(best)
    }

    /// The rows of all chunks of `sections`, as far as they are there.
    fn chunks(&self, sections: &[SectionId]) -> Result<Vec<StoredChunk>, StoreError> {
        let places = |&id: &SectionId| {
            let count = self.catalogue.statistics.chunks[id.position()];
            (0..count).map(move |place| chunk_id(self.key(id), place))
        };
        let ids: Vec<String> = sections.iter().flat_map(places).collect();
        let filters = ids.chunks(CHUNKS_AT_ONCE).map(|ids| any_of("id", ids));
        self.client.query(
            &self.url.chunks(),
            filters.collect(),
            &StoredChunk::FIELDS,
            StoredChunk::read,
        )
    }

    /// BM25 of `sections`.
    fn section_bm25(
        &self,
        sections: &[SectionId],
        query: &QueryWeights,
    ) -> Result<Vec<f32>, StoreError> {
        if query.is_empty() {
            return Ok(vec![0.0; sections.len()]);
        }
        let keys: Vec<String> = sections
            .iter()
            .map(|&id| hex::encode(self.key(id)))
            .collect();
        let filters = keys.chunks(SECTIONS_AT_ONCE).map(|keys| any_of("id", keys));
        let rows = self.client.query(
            &self.url.sections(),
            filters.collect(),
            &["id", "bm25"],
            |row| {
                Ok((
                    row.text("id")?.to_owned(),
                    score(query, row.sparse("bm25")?),
                ))
            },
        )?;
        let scores: HashMap<String, f32> = rows.into_iter().collect();
        // A section without terms has no row.
        let scores = keys
            .iter()
            .map(|key| scores.get(key).copied().unwrap_or(0.0));
        Ok(scores.collect())
    }
}

impl Store for MilvusStore {
    fn catalogue(&self) -> &Arc<Index> {
        &self.catalogue.index
    }

    fn num_chunks(&self) -> usize {
        self.catalogue.statistics.num_chunks() as usize
    }

    fn chunk_term(&self, term: &str) -> Result<Option<(u32, usize)>, IndexError> {
        let frequency = self.catalogue.statistics.chunk_terms.frequency(term);
        Ok(frequency.map(|frequency| (term_number(term), frequency)))
    }

    fn has_section_term(&self, term: &str) -> Result<bool, IndexError> {
        let terms = &self.catalogue.statistics.section_terms;
        Ok(terms.frequency(term).is_some())
    }

    /// Two round trips, and a third where the server has many rows of another version.
    fn evidence(&self, request: &Request<'_>) -> Result<Evidence> {
        let statistics = &self.catalogue.statistics;
        let weights = |num_docs, terms: &Terms| -> Vec<(u32, f32)> {
            let weights =
                bm25::query_weights(request.terms, num_docs, |term| terms.frequency(term));
            let weights = weights.into_iter();
            weights
                .map(|(term, weight)| (term_number(term), weight))
                .collect()
        };
        let chunk_query = weights(self.num_chunks(), &statistics.chunk_terms);
        let num_sections = self.catalogue.index.num_sections();
        let section_query = weights(num_sections, &statistics.section_terms);
        let named = self.names(request, &chunk_query, &section_query)?;
        let sections: Vec<SectionId> = named.keys().copied().collect();
        let rows = self.chunks(&sections)?;
        let section_bm25 = self.section_bm25(&sections, &section_query)?;
        let named: Vec<_> = named.into_iter().collect();
        let evidence = evidence::assemble(self, named, rows, section_bm25, &chunk_query)?;
        let changed = || StoreError::Changed {
            url: self.url.to_string(),
        };
        Ok(evidence.ok_or_else(changed)?)
    }
}
