//! What can go wrong with a store, with the remedy in the message.

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address cannot be read.
    #[error(
        "cannot read the store {url}: {problem}\nhint: write milvus://HOST:PORT/DATABASE/COLLECTION"
    )]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// This machine cannot wait for answers.
    #[error("cannot prepare connections: {0}\nhint: free memory or threads")]
    Runtime(std::io::Error),
    /// The server does not answer, or stopped answering.
    #[error(
        "cannot reach {url} to {action}: {reason}\n\
         hint: check that Milvus runs and answers there; a build that is started again goes on where it was"
    )]
    Unreachable {
        /// The store.
        url: String,
        /// What was asked for.
        action: &'static str,
        /// What the connection's end says.
        reason: String,
    },
    /// The server answers that it will not.
    #[error(
        "{url} refuses to {action}: {reason}\n\
         hint: its log says more; a full disk, a missing database or a Milvus without sparse vectors (before 2.4) \
         are common causes"
    )]
    Refused {
        /// The store.
        url: String,
        /// What was asked for.
        action: &'static str,
        /// The server's answer.
        reason: String,
    },
    /// Nothing was published there.
    #[error(
        "there are no docs in {url}\nhint: put them there with `build-index DOCS --store {url}`"
    )]
    Empty {
        /// The store.
        url: String,
    },
    /// A collection of the name has other fields.
    #[error(
        "the collection {collection} of {url} is none of docent's, or holds vectors of another length\n\
         hint: name another collection, or drop this one"
    )]
    Foreign {
        /// The store.
        url: String,
        /// The collection.
        collection: String,
    },
    /// The store was written by another version of docent.
    #[error(
        "{url} has schema {found}, this docent reads schema {supported}\n\
         hint: publish the docs again with this version's build-index, into another collection"
    )]
    OtherSchema {
        /// The store.
        url: String,
        /// Its schema.
        found: u32,
        /// The schema of this program.
        supported: u32,
    },
    /// What the store gives contradicts itself.
    #[error("{url} is damaged: {what}\nhint: publish the docs again with build-index")]
    Damaged {
        /// The store.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// Another build has published.
    #[error("{url} was changed by another build in the meantime\nhint: try again")]
    Changed {
        /// The store.
        url: String,
    },
    /// A row would be longer than Milvus allows.
    #[error(
        "{section}:{line} is too long for {url}: its {what} take {bytes} bytes, a field of Milvus holds {limit}\n\
         hint: shorten its lines, or leave the file out with --exclude"
    )]
    TooLong {
        /// The store.
        url: String,
        /// The path of the section.
        section: String,
        /// First line of the chunk.
        line: u32,
        /// What is too long.
        what: &'static str,
        /// Its length in bytes, as it would be stored.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}
