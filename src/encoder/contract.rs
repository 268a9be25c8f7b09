//! What an encoder owes, checked where its vectors enter docent: on the way into an index and when a
//! question is embedded.

use super::{Embedding, ModelId};
use crate::simd::Simd;

/// How far from 1 the squared length of a unit vector may be.
const UNIT_TOLERANCE: f32 = 1e-3;

/// How an encoder's result differs from what [`super::Encoder`] promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// There is not one embedding for each text.
    #[error("it gave {found} embeddings for {expected} texts")]
    Count {
        /// Texts.
        expected: usize,
        /// Embeddings.
        found: usize,
    },
    /// A sentence vector has another length than the model says.
    #[error("it gave a sentence vector of {found} values, its model has {expected} dimensions")]
    Dimension {
        /// The model's dimension.
        expected: usize,
        /// Values of the vector.
        found: usize,
    },
    /// A vector is not of unit length, or not finite.
    #[error("it gave a {what} that is not a finite vector of length 1")]
    NotUnit {
        /// Which vector.
        what: &'static str,
    },
    /// Token vectors were asked for, the encoder says that it makes them, and gave none.
    #[error("it gave no token vectors, though it says that it makes them")]
    NoTokenVectors,
    /// Token vectors are not as many rows of their dimension as there are tokens.
    #[error("it gave {found} values for {tokens} token vectors of {dim} dimensions")]
    TokenShape {
        /// Token ids.
        tokens: usize,
        /// Their dimension.
        dim: usize,
        /// Values.
        found: usize,
    },
    /// Token vectors have another dimension than those that they shall be compared with.
    #[error("it gave token vectors of {found} dimensions among others of {expected}")]
    TokenDimension {
        /// Dimension of the others.
        expected: usize,
        /// Dimension of these.
        found: usize,
    },
}

/// Checks the embeddings of `texts` texts by a model; with token vectors if `with_tokens`.
///
/// O(values).
pub(crate) fn check(
    embeddings: &[Embedding],
    texts: usize,
    model: &ModelId,
    with_tokens: bool,
) -> Result<(), ContractError> {
    let (expected, found) = (texts, embeddings.len());
    if expected != found {
        return Err(ContractError::Count { expected, found });
    }
    let simd = Simd::best();
    let check_unit = |vector: &[f32], what| match is_unit(simd, vector) {
        true => Ok(()),
        false => Err(ContractError::NotUnit { what }),
    };
    for embedding in embeddings {
        let (expected, found) = (model.dim as usize, embedding.sentence.len());
        if expected != found {
            return Err(ContractError::Dimension { expected, found });
        }
        check_unit(&embedding.sentence, "sentence vector")?;
        match &embedding.tokens {
            Some(tokens) => {
                let (count, dim, found) = (tokens.ids.len(), tokens.dim, tokens.vectors.len());
                if dim == 0 || count.checked_mul(dim) != Some(found) {
                    let tokens = count;
                    return Err(ContractError::TokenShape { tokens, dim, found });
                }
                let mut rows = tokens.vectors.chunks_exact(dim);
                rows.try_for_each(|row| check_unit(row, "token vector"))?;
            }
            None if with_tokens => return Err(ContractError::NoTokenVectors),
            None => {}
        }
    }
    Ok(())
}

/// Whether a vector is finite and of length 1.
pub(crate) fn is_unit(simd: Simd, vector: &[f32]) -> bool {
    // A NaN must fail the comparison, too.
    (simd.dot(vector, vector) - 1.0).abs() <= UNIT_TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::TokenVectors;

    fn embedding(sentence: &[f32], tokens: Option<(usize, &[f32])>) -> Embedding {
        Embedding {
            sentence: sentence.to_vec(),
            length: 1,
            tokens: tokens.map(|(dim, vectors)| TokenVectors {
                dim,
                ids: vec![7],
                vectors: vectors.to_vec(),
            }),
        }
    }

    #[test]
    fn each_breach_is_named() {
        let model = ModelId {
            name: "m".to_owned(),
            dim: 2,
            max_tokens: 8,
            digest: String::new(),
        };
        let check = |embedding: Embedding, with_tokens| {
            super::check(&[embedding], 1, &model, with_tokens).map_err(|error| error.to_string())
        };
        let good = || embedding(&[0.6, 0.8], Some((3, &[0.0, 1.0, 0.0])));
        assert_eq!(check(good(), true), Ok(()));
        assert_eq!(check(embedding(&[0.6, 0.8], None), false), Ok(()));
        for (broken, message) in [
            (
                embedding(&[1.0], None),
                "it gave a sentence vector of 1 values, its model has 2 dimensions",
            ),
            (
                embedding(&[0.6, f32::NAN], None),
                "it gave a sentence vector that is not a finite vector of length 1",
            ),
            (
                embedding(&[0.6, 0.8], None),
                "it gave no token vectors, though it says that it makes them",
            ),
            (
                embedding(&[0.6, 0.8], Some((3, &[0.0, 1.0]))),
                "it gave 2 values for 1 token vectors of 3 dimensions",
            ),
            (
                embedding(&[0.6, 0.8], Some((2, &[2.0, 1.0]))),
                "it gave a token vector that is not a finite vector of length 1",
            ),
        ] {
            assert_eq!(check(broken, true), Err(message.to_owned()));
        }
        assert_eq!(
            super::check(&[good(), good()], 1, &model, true),
            Err(ContractError::Count {
                expected: 1,
                found: 2
            })
        );
    }
}
