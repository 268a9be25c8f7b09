//! What a family of models expects around its inputs, and how it pools.

use fastembed::Pooling;

/// Texts that a model was trained to see before its input; empty for most models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Prefixes {
    pub(super) query: String,
    pub(super) passage: String,
}

impl Prefixes {
    pub(super) fn new(query: &str, passage: &str) -> Self {
        Self {
            query: query.to_owned(),
            passage: passage.to_owned(),
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Family {
    /// Lower-case parts of model names, any one of which tells the family.
    names: &'static [&'static str],
    query: &'static str,
    passage: &'static str,
    pooling: Pooling,
}

impl Family {
    pub(super) fn prefixes(&self) -> Prefixes {
        Prefixes::new(self.query, self.passage)
    }

    pub(super) fn pooling(&self) -> Pooling {
        self.pooling.clone()
    }
}

const RETRIEVE: &str = "Represent this sentence for searching relevant passages: ";

/// Source of each row: the usage section of the family's model card. A name is looked up from the
/// top, so a special case comes before the general one.
const FAMILIES: &[Family] = &[
    // BAAI/bge-*-en-v1.5: an instruction for the query only, [CLS] pooling.
    Family {
        names: &["bge-small-en", "bge-base-en", "bge-large-en"],
        query: RETRIEVE,
        passage: "",
        pooling: Pooling::Cls,
    },
    // BAAI/bge-*-zh-v1.5: the same in Chinese.
    Family {
        names: &["bge-small-zh", "bge-base-zh", "bge-large-zh"],
        query: "为这个句子生成表示以用于检索相关文章：",
        passage: "",
        pooling: Pooling::Cls,
    },
    // BAAI/bge-m3: no instruction.
    Family {
        names: &["bge-m3"],
        query: "",
        passage: "",
        pooling: Pooling::Cls,
    },
    // intfloat/e5-*, intfloat/multilingual-e5-*.
    Family {
        names: &["e5-small", "e5-base", "e5-large"],
        query: "query: ",
        passage: "passage: ",
        pooling: Pooling::Mean,
    },
    // Snowflake/snowflake-arctic-embed-{m,l}-v2.0.
    Family {
        names: &["arctic-embed-m-v2", "arctic-embed-l-v2"],
        query: "query: ",
        passage: "",
        pooling: Pooling::Cls,
    },
    // Snowflake/snowflake-arctic-embed-*, mixedbread-ai/mxbai-embed-large-v1.
    Family {
        names: &["arctic-embed-", "mxbai-embed-large"],
        query: RETRIEVE,
        passage: "",
        pooling: Pooling::Cls,
    },
    // nomic-ai/nomic-embed-text-v1 and v1.5, lightonai/modernbert-embed-large.
    Family {
        names: &["nomic-embed-text-v1", "modernbert-embed"],
        query: "search_query: ",
        passage: "search_document: ",
        pooling: Pooling::Mean,
    },
    // google/embeddinggemma-300m.
    Family {
        names: &["embeddinggemma"],
        query: "task: search result | query: ",
        passage: "title: none | text: ",
        pooling: Pooling::Mean,
    },
    // Alibaba-NLP/gte-*-en-v1.5: no instruction.
    Family {
        names: &["gte-base-en-v1.5", "gte-large-en-v1.5"],
        query: "",
        passage: "",
        pooling: Pooling::Cls,
    },
];

/// The family of the model called `name`, if its needs are known.
///
/// Instruction-tuned variants (`multilingual-e5-large-instruct`) share a family's name but not its
/// prefixes, so they have none here.
pub(super) fn of(name: &str) -> Option<&'static Family> {
    let name = name.to_lowercase();
    if name.contains("instruct") {
        return None;
    }
    FAMILIES
        .iter()
        .find(|family| family.names.iter().any(|part| name.contains(part)))
}

#[cfg(test)]
mod tests {
    use fastembed::TextEmbedding;

    use super::*;

    fn prefixes(name: &str) -> Option<(&'static str, &'static str)> {
        of(name).map(|family| (family.query, family.passage))
    }

    #[test]
    fn names_lead_to_the_prefixes_of_their_model_card() {
        let cases = [
            ("Xenova/bge-small-en-v1.5", Some((RETRIEVE, ""))),
            ("Qdrant/bge-base-en-v1.5-onnx-Q", Some((RETRIEVE, ""))),
            ("BAAI/bge-m3", Some(("", ""))),
            (
                "intfloat/multilingual-e5-small",
                Some(("query: ", "passage: ")),
            ),
            ("intfloat/multilingual-e5-large-instruct", None),
            (
                "snowflake/snowflake-arctic-embed-m-long",
                Some((RETRIEVE, "")),
            ),
            (
                "Snowflake/snowflake-arctic-embed-m-v2.0",
                Some(("query: ", "")),
            ),
            (
                "nomic-ai/nomic-embed-text-v1.5",
                Some(("search_query: ", "search_document: ")),
            ),
            ("sentence-transformers/all-MiniLM-L6-v2", None),
        ];
        for (name, expected) in cases {
            assert_eq!(prefixes(name), expected, "{name}");
        }
    }

    #[test]
    fn pooling_agrees_with_fastembed_for_every_model_it_knows() {
        for info in TextEmbedding::list_supported_models() {
            if let Some(family) = of(&info.model_code) {
                let expected = TextEmbedding::get_default_pooling_method(&info.model);
                assert_eq!(Some(family.pooling()), expected, "{}", info.model_code);
            }
        }
    }
}
