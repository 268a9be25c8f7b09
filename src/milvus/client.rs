//! A connection to Milvus: the one file that knows its SDK. Every call waits for its answer, within bounds.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::result::Result;
use std::sync::Arc;
use std::time::Duration;

use milvus::v2::error::Error;
use milvus::v2::prelude::*;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::error::StoreError;
use super::schema::{Field, Schema};
use super::url::StoreUrl;

/// How long one request may take.
const ANSWER: Duration = Duration::from_secs(20);
/// How long the first answer of a server may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a request is made, before a server that does not answer is given up.
const ATTEMPTS: u32 = 4;
/// Longest pause before the second attempt; it doubles with each.
const PAUSE: Duration = Duration::from_millis(200);
/// Requests that run at the same time.
const AT_ONCE: usize = 8;
/// Most rows that a query may give.
pub const MOST_ROWS: i64 = 16_384;
/// Candidates of a walk on the server's graph: more than any search asks for.
const EF: i64 = 1_024;

/// A sparse vector: dimensions and values.
pub type Sparse = BTreeMap<u32, f32>;

/// A connection to the server of a store.
pub struct Client {
    url: StoreUrl,
    sdk: ClientV2,
    /// Dropped last: the SDK's connection runs on it.
    runtime: Runtime,
}

/// What is nearest to a vector by inner product.
#[derive(Debug, Clone)]
pub struct Search {
    /// Where.
    pub collection: String,
    /// By which field.
    pub field: &'static str,
    /// To what.
    pub vector: Vector,
    /// Among which rows.
    pub filter: String,
    /// How many.
    pub limit: usize,
}

/// What a search compares with.
#[derive(Debug, Clone)]
pub enum Vector {
    /// A whole vector.
    Dense(Vec<f32>),
    /// Dimensions and values, at least one.
    Sparse(Sparse),
}

/// A row of an answer.
pub struct Row<'a>(ResultRow<'a>);

/// A field of a row is missing or of another type.
pub struct NotThere(String);

impl NotThere {
    /// That `field` cannot be read.
    pub fn of(field: &str, reason: &dyn std::fmt::Display) -> Self {
        Self(format!("{field}: {reason}"))
    }
}

impl<'a> Row<'a> {
    pub fn text(&self, field: &str) -> Result<&'a str, NotThere> {
        self.0.get_str(field).map_err(not_there)
    }

    pub fn number(&self, field: &str) -> Result<i64, NotThere> {
        self.0.get_i64(field).map_err(not_there)
    }

    pub fn vector(&self, field: &str) -> Result<&'a [f32], NotThere> {
        self.0.get_float_vector(field).map_err(not_there)
    }

    pub fn sparse(&self, field: &str) -> Result<&'a Sparse, NotThere> {
        self.0.get_sparse_float_vector(field).map_err(not_there)
    }
}

fn not_there(error: Error) -> NotThere {
    NotThere(error.to_string())
}

impl Client {
    /// Connects to the server of `url`; an error if it does not answer within 5 s.
    pub fn connect(url: &StoreUrl) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(StoreError::Runtime)?;
        // Attempts are made here, with pauses that differ between clients.
        let config = ConnectConfig::new()
            .uri(format!("http://{}", url.server))
            .database(&url.database)
            .connect_timeout(CONNECT)
            .rpc_timeout(ANSWER)
            .retry(RetryConfig::new().max_attempts(1))
            .telemetry(TelemetryConfig::new().enabled(false));
        let sdk = runtime.block_on(ClientV2::new(&config));
        let sdk = sdk.map_err(|error| failure(url, "connect", &error))?;
        Ok(Self {
            url: url.clone(),
            sdk,
            runtime,
        })
    }

    /// Creates the collection with its indexes, unless it is there, and loads it; an error if one is there that has
    /// other fields.
    pub fn provide(&self, schema: &Schema) -> Result<(), StoreError> {
        let name = &*schema.collection;
        let is_new = !self.has(name)?;
        if is_new {
            self.create(schema)?;
        }
        self.check(schema)?;
        // A build may have been killed before it had made the indexes, without which nothing can be loaded.
        if is_new || self.load(name).is_err() {
            self.create_indexes(schema)?;
        }
        self.load(name)
    }

    fn create(&self, schema: &Schema) -> Result<(), StoreError> {
        const ACTION: &str = "create a collection";
        let mut fields = CollectionSchema::new();
        for (i, (name, field)) in schema.fields.iter().enumerate() {
            fields = fields.add_field(field_schema(name, *field).primary_key(i == 0));
        }
        let request = CreateCollectionRequest::builder()
            .collection_name(&*schema.collection)
            .schema(fields);
        self.call(ACTION, request.build(), |sdk, request| async move {
            sdk.create_collection(request).await
        })
    }

    fn create_indexes(&self, schema: &Schema) -> Result<(), StoreError> {
        const ACTION: &str = "create an index";
        for (field, kind) in &schema.fields {
            let Some(params) = index_params(field, *kind) else {
                continue;
            };
            // Where a build waits for the index, milvus-lite's answer is not understood.
            let request = CreateIndexRequest::builder()
                .collection_name(&*schema.collection)
                .index_param(params)
                .sync(false);
            self.call(ACTION, request.build(), |sdk, request| async move {
                sdk.create_index(request).await
            })?;
        }
        Ok(())
    }

    /// Whether there is a collection `name`.
    pub fn has(&self, name: &str) -> Result<bool, StoreError> {
        let request = HasCollectionRequest::builder().collection_name(name);
        let found = self.call(
            "look for a collection",
            request.build(),
            |sdk, request| async move { sdk.has_collection(request).await },
        )?;
        Ok(found.exists())
    }

    /// Makes a collection ready to be asked.
    pub fn load(&self, name: &str) -> Result<(), StoreError> {
        const ACTION: &str = "load a collection";
        let request = LoadCollectionRequest::builder().collection_name(name);
        let request = self.built(ACTION, request.build())?;
        let load = || {
            let (sdk, request) = (self.sdk.clone(), request.clone());
            async move { sdk.load_collection(request).await }
        };
        let loaded = self.runtime.block_on(persist(load));
        loaded.map_err(|error| failure(&self.url, ACTION, &error))
    }

    /// An error unless the collection has the fields of `schema`.
    fn check(&self, schema: &Schema) -> Result<(), StoreError> {
        let request = DescribeCollectionRequest::builder().collection_name(&*schema.collection);
        let found = self.call(
            "describe a collection",
            request.build(),
            |sdk, request| async move { sdk.describe_collection(request).await },
        )?;
        let found = found.description().get_schema().get_fields();
        let is_there = |(name, field): &(&str, Field)| {
            let expected = field_schema(name, *field);
            found.iter().any(|found| {
                found.get_name() == *name
                    && found.get_data_type() == expected.get_data_type()
                    && found.get_dimension() == expected.get_dimension()
            })
        };
        if schema.fields.iter().all(is_there) {
            return Ok(());
        }
        Err(StoreError::Foreign {
            url: self.url.to_string(),
            collection: schema.collection.clone(),
        })
    }

    /// The ids that each of `searches` finds, best first, with their scores; all run at the same time.
    pub fn search(&self, searches: Vec<Search>) -> Result<Vec<Vec<(String, f32)>>, StoreError> {
        const ACTION: &str = "search";
        let mut requests = Vec::with_capacity(searches.len());
        for search in searches {
            let vectors = match search.vector {
                Vector::Dense(vector) => SearchVectors::Float(vec![vector]),
                Vector::Sparse(vector) => SearchVectors::SparseFloat(vec![vector]),
            };
            let ef = [("ef".to_owned(), EF.to_string())];
            let request = SearchRequest::builder()
                .collection_name(search.collection)
                .vector_field(search.field)
                .vectors(vectors)
                .filter(search.filter)
                .limit(search.limit as i64)
                // Where no field is named, milvus-lite gives all of them.
                .output_fields(["added"])
                .extra_params(ef.into())
                .consistency_level(ConsistencyLevel::Strong);
            requests.push(self.built(ACTION, request.build())?);
        }
        let found = self.call_all(ACTION, requests, |sdk, request| async move {
            sdk.search(request).await
        })?;
        let of_one = |response: SearchResponse| {
            let found = response.results().get_results().first();
            let Some((Ids::VarChar(ids), scores)) =
                found.map(|found| (found.get_ids(), found.get_scores()))
            else {
                return Vec::new();
            };
            ids.iter().cloned().zip(scores.iter().copied()).collect()
        };
        Ok(found.into_iter().map(of_one).collect())
    }

    /// What `read` makes of the rows of `collection` for which any of `filters` holds, in no order; the queries run at
    /// the same time, and each may give [`MOST_ROWS`].
    pub fn query<T>(
        &self,
        collection: &str,
        filters: Vec<String>,
        fields: &[&str],
        read: impl Fn(&Row<'_>) -> Result<T, NotThere>,
    ) -> Result<Vec<T>, StoreError> {
        const ACTION: &str = "read rows";
        let requests = filters.into_iter().map(|filter| {
            let request = QueryRequest::builder()
                .collection_name(collection)
                .filter(filter)
                .output_fields(fields.iter().copied())
                .limit(MOST_ROWS)
                .consistency_level(ConsistencyLevel::Strong);
            self.built(ACTION, request.build())
        });
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let found = self.call_all(ACTION, requests, |sdk, request| async move {
            sdk.query(request).await
        })?;
        let damaged = |error: NotThere| self.damaged(error.0);
        let mut all = Vec::new();
        for response in found {
            if response.results().get_row_count() == 0 {
                continue;
            }
            let rows = response.results().rows().map_err(not_there);
            for row in rows.map_err(damaged)? {
                all.push(read(&Row(row)).map_err(damaged)?);
            }
        }
        Ok(all)
    }

    /// Writes rows; those whose ids are there are replaced.
    pub fn upsert(&self, collection: &str, rows: Vec<Value>) -> Result<(), StoreError> {
        const ACTION: &str = "write rows";
        let rows = InsertRequest::builder()
            .collection_name(collection)
            .rows(rows);
        let request = UpsertRequest::builder().insert(self.built(ACTION, rows.build())?);
        self.call(ACTION, request.build(), |sdk, request| async move {
            sdk.upsert(request).await
        })?;
        Ok(())
    }

    /// Removes the rows for which `filter` holds.
    pub fn delete(&self, collection: &str, filter: &str) -> Result<(), StoreError> {
        const ACTION: &str = "remove rows";
        let request = DeleteRequest::builder()
            .collection_name(collection)
            .filter(filter);
        self.call(ACTION, request.build(), |sdk, request| async move {
            sdk.delete(request).await
        })?;
        Ok(())
    }

    /// Makes the server keep what was written.
    pub fn flush(&self, collections: &[String]) -> Result<(), StoreError> {
        const ACTION: &str = "keep rows";
        let request = FlushRequest::builder().collection_names(collections.iter().cloned());
        self.call(ACTION, request.build(), |sdk, request| async move {
            sdk.flush(request).await
        })?;
        Ok(())
    }

    /// That the store contradicts itself.
    pub fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            url: self.url.to_string(),
            what: what.into(),
        }
    }

    fn built<T>(&self, action: &'static str, request: Result<T, Error>) -> Result<T, StoreError> {
        request.map_err(|error| failure(&self.url, action, &error))
    }

    /// The answer to a request that may be made again.
    fn call<R, T, F>(
        &self,
        action: &'static str,
        request: Result<R, Error>,
        ask: impl Fn(ClientV2, R) -> F,
    ) -> Result<T, StoreError>
    where
        R: Clone,
        F: Future<Output = Result<T, Error>>,
    {
        let request = self.built(action, request)?;
        self.loaded(action, || {
            persist(|| ask(self.sdk.clone(), request.clone()))
        })
    }

    /// The answers to `requests`, in their order.
    fn call_all<R, T, F>(
        &self,
        action: &'static str,
        requests: Vec<R>,
        ask: impl Fn(ClientV2, R) -> F + Clone + Send + Sync + 'static,
    ) -> Result<Vec<T>, StoreError>
    where
        R: Clone + Send + Sync + 'static,
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.loaded(action, || {
            let (requests, ask, sdk) = (requests.clone(), ask.clone(), self.sdk.clone());
            at_once(requests, move |request| ask(sdk.clone(), request))
        })
    }

    /// The answer to `request`, which is made again where a server that was started anew has to load collections.
    fn loaded<T, F>(&self, action: &'static str, request: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut answer = self.runtime.block_on(request());
        if answer.as_ref().err().is_some_and(is_not_loaded) {
            for collection in [self.url.chunks(), self.url.sections(), self.url.catalogue()] {
                self.load(&collection)?;
            }
            answer = self.runtime.block_on(request());
        }
        answer.map_err(|error| failure(&self.url, action, &error))
    }
}

/// The answers to `requests`, some of which run at the same time, in their order.
async fn at_once<R, T, F>(
    requests: Vec<R>,
    ask: impl Fn(R) -> F + Clone + Send + Sync + 'static,
) -> Result<Vec<T>, Error>
where
    R: Clone + Send + Sync + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (i, request) in requests.into_iter().enumerate() {
        let (ask, permits) = (ask.clone(), Arc::clone(&permits));
        tasks.spawn(async move {
            // Never closed.
            let _permit = permits.acquire_owned().await;
            (i, persist(|| ask(request.clone())).await)
        });
    }
    let mut answers = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        let (i, answer) = done.map_err(|error| Error::Cancelled(error.to_string()))?;
        answers.insert(i, answer?);
    }
    Ok(answers.into_values().collect())
}

/// The answer to a request that is made again, after a pause, where the server did not answer.
async fn persist<T, F>(request: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        match request().await {
            Err(error) if is_passing(&error) => {
                // Between half of it and all of it, so that clients of a server that was away do not come together.
                let share = RandomState::new().hash_one(0u8) as f64 / u64::MAX as f64;
                tokio::time::sleep(pause.mul_f64(0.5 + 0.5 * share)).await;
                pause *= 2;
            }
            answer => return answer,
        }
    }
    request().await
}

/// Whether a collection must be loaded first: Milvus' error 101.
fn is_not_loaded(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.code() == 101)
}

/// Whether the same request may have another answer later.
fn is_passing(error: &Error) -> bool {
    match error {
        // Cancelled, unknown (a connection that broke), deadline exceeded, unavailable.
        Error::Grpc(status) => matches!(status.code() as i32, 1 | 2 | 4 | 14),
        Error::Timeout(_) | Error::Cancelled(_) => true,
        Error::RetryExhausted { source, .. } => is_passing(source),
        _ => false,
    }
}

fn failure(url: &StoreUrl, action: &'static str, error: &Error) -> StoreError {
    let (url, reason) = (url.to_string(), error.to_string());
    match is_passing(error) {
        true => StoreError::Unreachable {
            url,
            action,
            reason,
        },
        false => StoreError::Refused {
            url,
            action,
            reason,
        },
    }
}

fn field_schema(name: &str, field: Field) -> FieldSchema {
    let schema = FieldSchema::new().name(name);
    match field {
        Field::Text(longest) => schema
            .data_type(DataType::VarChar)
            .max_length(longest as u32),
        Field::Number => schema.data_type(DataType::Int64),
        Field::Vector { dim, .. } => schema
            .data_type(DataType::FloatVector)
            .dimension(dim as u32),
        Field::Sparse => schema.data_type(DataType::SparseFloatVector),
    }
}

fn index_params(name: &str, field: Field) -> Option<IndexParam> {
    let params = IndexParam::new()
        .field_name(name)
        .metric_type(MetricType::Ip);
    match field {
        Field::Text(_) | Field::Number => None,
        Field::Vector { exact: true, .. } => Some(params.index_type(IndexType::Flat)),
        Field::Vector { exact: false, .. } => {
            let graph = [("M", "16"), ("efConstruction", "200")];
            let graph = graph.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Some(
                params
                    .index_type(IndexType::Hnsw)
                    .extra_params(graph.into()),
            )
        }
        Field::Sparse => Some(params.index_type(IndexType::SparseInvertedIndex)),
    }
}
