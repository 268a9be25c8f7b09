//! The arithmetic of the encoder, once for every instruction set.
//!
//! Integer matrix products (`tile`) and attention's products have one loop over each instruction
//! set's vectors (`Isa`); all other floating-point work is plain Rust (`float`, `lanes`), which
//! the compiler makes vectors of for each instruction set. Integer sums are exact and every float
//! operation has the same order and rounding everywhere, so **all paths give the same bits**.
//!
//! | path | needs | tile |
//! |---|---|---|
//! | `avx512vnni` | AVX-512 F, BW, VL, VNNI | 6 rows x 64 channels |
//! | `avxvnni` | AVX2, FMA, AVX-VNNI | 6 x 16 |
//! | `avx2` | AVX2, FMA | 4 x 16 |
//! | `neon` | aarch64 with dot product | 4 x 16 |
//! | `scalar` | nothing | 2 x 64 |
//!
//! The best path that the processor has is taken; the environment variable `DOCENT_KERNEL` forces
//! one by name.
//!
//! # Weights
//!
//! A [`Matrix`] of `N` output channels by `K` inputs is stored in blocks of 64 channels,
//! `[N/64][K/4][64][4]`: what a tile reads is one sequential stream, 256 bytes a step.
//!
//! # Activations
//!
//! The bytes of a quantized row are at most 127: signed and unsigned instructions read the same
//! number, and two products with weights fit into the 16 bits of AVX2's `vpmaddubsw`. With eight bits
//! AVX2 needs a fourth instruction for 32 products beside its three, which made its products a
//! quarter slower; the mean cosine to fp32 was .9997 with eight bits and is .9994 with seven.
//!
//! # Rotation
//!
//! A row is quantized by its extremes, so a few large values would cost all others their
//! precision. Inputs are therefore rotated before they are quantized, which spreads every value
//! over a group, and weights are rotated when they are packed, which undoes it (Ashkboos et al.,
//! 2024, QuaRot): `(H x) . (H w) / n = x . w` for the Hadamard matrix `H` of size `n`. [`rotate`]
//! is the definition.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod float;
mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;
mod tile;

/// Evaluates `$body` with the constant `$R` equal to `$count`, which is in 1..=6.
macro_rules! by_rows {
    ($count:expr, $R:ident => $body:expr) => {
        by_rows!($count, $R => $body, 1 2 3 4 5)
    };
    ($count:expr, $R:ident => $body:expr, $($rows:literal)*) => {
        match $count {
            $($rows => { const $R: usize = $rows; $body })*
            _ => { const $R: usize = 6; $body }
        }
    };
}
use by_rows;

/// Output channels in a block of weights.
pub const BLOCK: usize = 64;
/// Values of one attention head.
pub const HEAD_DIM: usize = 32;
/// Keys come in blocks of this many, the last one padded.
pub const KEY_PAD: usize = 32;
/// Most query rows that one attention step takes: the scratch needs this many rows of scores.
pub const SCORE_ROWS: usize = 6;

/// Size of the Hadamard matrix for rows of `width`: the largest power of two that
/// divides `width / 16`, at most 1024.
pub fn rotation_size(width: usize) -> usize {
    1 << (width / 16).trailing_zeros().min(10)
}

/// Multiplies `row` by Hadamard matrices (Sylvester's order, entries 1 and -1): value `16 i + lane`
/// of a group of `16 * rotation_size` consecutive values by row `i`, each lane for itself, so that
/// vectors of 16 need no shuffles. Doing it twice multiplies by [`rotation_size`].
#[inline(always)]
pub fn rotate(row: &mut [f32]) {
    let size = 16 * rotation_size(row.len());
    for group in row.chunks_exact_mut(size) {
        let mut part = 16;
        // Two steps of the transform at once halve the passes over memory.
        while 4 * part <= size {
            for block in group.chunks_exact_mut(4 * part) {
                let (ab, cd) = block.split_at_mut(2 * part);
                let ((a, b), (c, d)) = (ab.split_at_mut(part), cd.split_at_mut(part));
                for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                    let (ab, cd) = ((*a + *b, *a - *b), (*c + *d, *c - *d));
                    (*a, *b) = (ab.0 + cd.0, ab.1 + cd.1);
                    (*c, *d) = (ab.0 - cd.0, ab.1 - cd.1);
                }
            }
            part *= 4;
        }
        if part < size {
            let (a, b) = group.split_at_mut(part);
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
    }
}

/// Asks for `memory` before it is needed; a hint that changes nothing else.
#[inline(always)]
pub(crate) fn prefetch<T>(memory: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in memory.chunks(64 / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and cannot fault; SSE is in every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = memory;
}

/// Weights of a linear layer, used where they lie: `y = W x + b`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    /// `[N/64][K/4][64][4]`, each in -127..=127.
    pub weights: &'a [i8],
    /// `N` scales: the real weight is the stored one times its channel's scale.
    pub scales: &'a [f32],
    /// `N` biases.
    pub bias: &'a [f32],
    /// `N` sums of a channel's stored weights.
    pub sums: &'a [i32],
    /// `K`, a multiple of 8.
    pub inputs: usize,
}

impl Matrix<'_> {
    /// `N`, the number of output channels.
    pub fn channels(&self) -> usize {
        self.scales.len()
    }
}

/// Gain and bias of a LayerNorm.
#[derive(Debug, Clone, Copy)]
pub struct Norm<'a> {
    /// One factor a value.
    pub gain: &'a [f32],
    /// One addend a value.
    pub bias: &'a [f32],
}

impl Norm<'_> {
    /// BERT's `layer_norm_eps`.
    const EPSILON: f32 = 1e-12;
}

/// How a row of bytes stands for real numbers: `x = step * (u - zero)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scale {
    /// Real distance between neighbouring bytes.
    pub step: f32,
    /// The byte that stands for 0.
    pub zero: i32,
}

/// Quantized rows: `scales.len()` rows of equal width.
#[derive(Debug, Clone, Copy)]
pub struct Quantized<'a> {
    /// Row-major bytes, at most 127: so signed and unsigned are the same, and two products by weights
    /// fit into 16 bits.
    pub bytes: &'a [u8],
    /// One scale a row.
    pub scales: &'a [Scale],
}

/// One attention head of one sequence, for some of its query rows.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Number of query rows.
    pub queries: usize,
    /// Query `r` is the 32 values from `r * query_stride`.
    pub query: &'a [f32],
    /// Distance between queries.
    pub query_stride: usize,
    /// Keys, each block transposed: `[padded/32][32 values][32 keys]`, `padded` being `length`
    /// rounded up to [`KEY_PAD`].
    pub keys: &'a [f32],
    /// Values: `[padded][32]`.
    pub values: &'a [f32],
    /// Number of keys.
    pub length: usize,
    /// Distance between results.
    pub out_stride: usize,
}

/// What can go wrong when a path is chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// `DOCENT_KERNEL` names a path that this processor, or this build, does not have.
    #[error(
        "DOCENT_KERNEL asks for the kernel `{asked}`, which is not available here\n\
         hint: unset it, or use one of: {}", available.join(", ")
    )]
    Unavailable {
        /// What the environment variable says.
        asked: String,
        /// The paths of this machine, best first.
        available: Vec<&'static str>,
    },
}

/// The environment variable that forces a path.
pub const KERNEL_VARIABLE: &str = "DOCENT_KERNEL";

/// The kernels of one path.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    name: &'static str,
    matmul: unsafe fn(Quantized<'_>, &Matrix<'_>, &mut [f32]),
    quantize: unsafe fn(&mut [f32], &mut [u8]) -> Scale,
    add_norm: unsafe fn(&mut [f32], &[f32], &Norm<'_>),
    gelu: unsafe fn(&mut [f32]),
    attention: unsafe fn(Head<'_>, &mut [f32], &mut [f32]),
}

/// Compiles every kernel for one instruction set, integer tiles with so many vectors of channels.
/// All are safe where it is available.
macro_rules! kernels {
    ($name:literal, $isa:ty, $vectors:literal $(, $features:literal)?) => {{
        $(#[target_feature(enable = $features)])?
        fn matmul(input: Quantized<'_>, matrix: &Matrix<'_>, out: &mut [f32]) {
            // SAFETY: the function is compiled for what the path needs.
            unsafe { tile::matmul::<$isa, $vectors>(input, matrix, out) }
        }
        $(#[target_feature(enable = $features)])?
        fn quantize(row: &mut [f32], bytes: &mut [u8]) -> Scale {
            float::quantize(row, bytes)
        }
        $(#[target_feature(enable = $features)])?
        fn add_norm(x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
            float::add_norm(x, y, norm)
        }
        $(#[target_feature(enable = $features)])?
        fn gelu(values: &mut [f32]) {
            float::gelu(values)
        }
        $(#[target_feature(enable = $features)])?
        fn attention(head: Head<'_>, out: &mut [f32], scores: &mut [f32]) {
            // SAFETY: as above.
            unsafe { float::attention::<$isa>(head, out, scores) }
        }
        Kernels { name: $name, matmul, quantize, add_norm, gelu, attention }
    }};
}

impl Kernels {
    /// The path that `DOCENT_KERNEL` names, else the best one of this processor.
    ///
    /// # Errors
    ///
    /// [`KernelError::Unavailable`] if the variable names a path that is not there.
    pub fn detect() -> Result<Self, KernelError> {
        match std::env::var(KERNEL_VARIABLE) {
            Ok(asked) if !asked.is_empty() => Self::named(&asked),
            _ => Ok(Self::available()[0]),
        }
    }

    /// The path called `name`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Unavailable`] if this machine has no such path.
    pub fn named(name: &str) -> Result<Self, KernelError> {
        let available = Self::available();
        available
            .iter()
            .find(|kernels| kernels.name == name)
            .copied()
            .ok_or_else(|| KernelError::Unavailable {
                asked: name.to_owned(),
                available: available.iter().map(|kernels| kernels.name).collect(),
            })
    }

    /// All paths of this machine, best first; the last is `scalar`.
    pub fn available() -> Vec<Self> {
        let mut paths = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            if is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni")
            {
                paths.push(kernels!(
                    "avx512vnni",
                    avx512::Avx512Vnni,
                    4,
                    "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma"
                ));
            }
            if is_x86_feature_detected!("avxvnni") {
                paths.push(kernels!("avxvnni", avx2::Avx2<true>, 2, "avxvnni,avx2,fma"));
            }
            paths.push(kernels!("avx2", avx2::Avx2<false>, 2, "avx2,fma"));
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            paths.push(kernels!("neon", neon::NeonDot, 4));
        }
        paths.push(kernels!("scalar", scalar::Scalar, 4));
        paths
    }

    /// The path's name, as `DOCENT_KERNEL` takes it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// `out[r][n] = W x[r] + b`: `rows x N`, row-major. Integer sums are exact.
    ///
    /// # Panics
    ///
    /// If a length does not fit the others, as all methods here.
    pub fn matmul(&self, input: Quantized<'_>, matrix: &Matrix<'_>, out: &mut [f32]) {
        let (rows, k, n) = (input.scales.len(), matrix.inputs, matrix.channels());
        assert!(k % 8 == 0 && k < 1 << 16 && n % BLOCK == 0);
        assert!(input.bytes.len() == rows * k && out.len() == rows * n);
        assert!(matrix.weights.len() == n * k);
        assert!(matrix.bias.len() == n && matrix.sums.len() == n);
        // SAFETY: lengths checked above; a `Kernels` exists only where its path is available.
        unsafe { (self.matmul)(input, matrix, out) }
    }

    /// Rotates one row in place ([`rotate`]), then quantizes it to 128 levels between its extremes
    /// and 0.
    pub fn quantize(&self, row: &mut [f32], bytes: &mut [u8]) -> Scale {
        assert!(row.len() == bytes.len() && row.len().is_multiple_of(16));
        // SAFETY: a `Kernels` exists only where its path is available.
        unsafe { (self.quantize)(row, bytes) }
    }

    /// `x = LayerNorm(x + y)` for one row.
    pub fn add_norm(&self, x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
        assert!(x.len() == y.len() && x.len().is_multiple_of(16));
        assert!(norm.gain.len() == x.len() && norm.bias.len() == x.len());
        // SAFETY: as in `matmul`.
        unsafe { (self.add_norm)(x, y, norm) }
    }

    /// GELU of every value, within 1e-6 of `x / 2 * (1 + erf(x / sqrt 2))`.
    pub fn gelu(&self, values: &mut [f32]) {
        assert!(values.len().is_multiple_of(16));
        // SAFETY: as in `matmul`.
        unsafe { (self.gelu)(values) }
    }

    /// `softmax(q K^T / sqrt 32) V` for every query row of `head`; `scores` is scratch of
    /// [`SCORE_ROWS`] rows as long as the padded keys.
    pub fn attention(&self, head: Head<'_>, out: &mut [f32], scores: &mut [f32]) {
        let padded = head.length.next_multiple_of(KEY_PAD);
        let reach = |stride: usize| head.queries.saturating_sub(1) * stride + HEAD_DIM;
        assert!(head.length > 0);
        assert!(head.keys.len() == HEAD_DIM * padded && head.values.len() == HEAD_DIM * padded);
        assert!(head.query.len() >= reach(head.query_stride));
        assert!(out.len() >= reach(head.out_stride) && scores.len() >= SCORE_ROWS * padded);
        // SAFETY: as in `matmul`.
        unsafe { (self.attention)(head, out, scores) }
    }
}
