//! The collections of a store: their names, their fields, and how they are searched.

use super::url::StoreUrl;

/// Version of all that is stored: raised when a field goes or changes its meaning.
pub const SCHEMA: u32 = 1;
/// Most bytes of a text field.
pub const LONGEST_TEXT: usize = 65_535;
/// Number of hexadecimal digits of a section's key.
pub const KEY_DIGITS: usize = 32;

/// A collection as it is created.
pub struct Schema {
    /// Its name.
    pub collection: String,
    /// Its fields, of which the first is the key of rows.
    pub fields: Vec<(&'static str, Field)>,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Text of at most so many bytes.
    Text(usize),
    /// A whole number.
    Number,
    /// A vector of that dimension, searched by inner product: exactly, or on a graph.
    Vector { dim: usize, exact: bool },
    /// A sparse vector, searched by inner product.
    Sparse,
}

/// Chunks, with sentence vectors of `dim` numbers; searched exactly, or on a graph.
pub fn chunks(url: &StoreUrl, dim: usize, exact: bool) -> Schema {
    Schema {
        collection: url.chunks(),
        fields: vec![
            ("id", Field::Text(KEY_DIGITS + 9)),
            ("section", Field::Text(KEY_DIGITS)),
            ("ordinal", Field::Number),
            ("added", Field::Number),
            ("vector", Field::Vector { dim, exact }),
            ("bm25", Field::Sparse),
            ("codes", Field::Text(LONGEST_TEXT)),
            ("passage", Field::Text(LONGEST_TEXT)),
        ],
    }
}

/// Sections.
pub fn sections(url: &StoreUrl) -> Schema {
    Schema {
        collection: url.sections(),
        fields: vec![
            ("id", Field::Text(KEY_DIGITS)),
            ("added", Field::Number),
            ("bm25", Field::Sparse),
        ],
    }
}

/// Versions of the catalogue. Milvus wants a vector in every collection; this one says nothing.
pub fn catalogue(url: &StoreUrl) -> Schema {
    Schema {
        collection: url.catalogue(),
        fields: vec![
            ("id", Field::Text(64)),
            ("version", Field::Number),
            ("part", Field::Number),
            ("data", Field::Text(LONGEST_TEXT)),
            (
                "vector",
                Field::Vector {
                    dim: 2,
                    exact: true,
                },
            ),
        ],
    }
}

impl StoreUrl {
    /// The collection of chunks.
    pub fn chunks(&self) -> String {
        self.collection.clone()
    }

    /// The collection of sections.
    pub fn sections(&self) -> String {
        format!("{}_sections", self.collection)
    }

    /// The collection of catalogues.
    pub fn catalogue(&self) -> String {
        format!("{}_catalogue", self.collection)
    }
}
