//! The integer matrix product: one loop for every instruction set.
//!
//! A tile is `R` rows by the 64 channels of a block, in parts of `N` vectors, one step of `K`
//! after the other; a row's four bytes are repeated in every lane:
//!
//! ```text
//!                  block  [K/4][64][4], one step = 256 bytes, this part's vectors, here four
//!                  weights[0]   weights[1]   weights[2]   weights[3]
//! row 0  a0 a1 a2 a3   ->   sums[0][0]   sums[0][1]   sums[0][2]   sums[0][3]
//! row 1  a0 a1 a2 a3   ->   sums[1][0]   sums[1][1]   sums[1][2]   sums[1][3]
//! ...
//! ```
//!
//! A lane is one channel: its four weights, the products with the row's four bytes, their sum.

use super::{BLOCK, Matrix, Quantized, Scale, by_rows};
use crate::simd::{Kernel, Vectors, prefetch};

/// Fewest tiles of rows that fetch the weights of the next block: fewer, a short question, only wait
/// for them.
const FETCHING_TILES: usize = 8;

/// The sums of a tile.
type Sums<const R: usize> = [[i32; BLOCK]; R];

/// `sum_k(rows[r][k] * block[c][k])` for `R` rows of `k` bytes, one after the other, and a block of
/// 64 channels. `fetch` is asked for, a share with each part: more at once than the processor can wait
/// for would hold up the tile.
///
/// # Safety
///
/// The processor must have what `V` needs; each of the `R` rows has a byte for each column of the
/// block, and the block's steps are even in number.
#[inline(always)]
unsafe fn tile<V: Vectors, const N: usize, const R: usize>(
    rows: &[u8],
    block: &[i8],
    fetch: &[i8],
) -> Sums<R> {
    const STEP: usize = 4 * BLOCK;
    let steps = block.len() / STEP;
    let mut out = [[0; BLOCK]; R];
    let channels = N * size_of::<V::Ints>() / 4;
    let mut fetch = fetch.chunks((fetch.len() * channels).div_ceil(BLOCK).max(1));
    for part in (0..BLOCK).step_by(channels) {
        prefetch(fetch.next().unwrap_or_default());
        // SAFETY: the caller's promise. A step's `STEP` weights lie in `block`, the part's channels
        // in each row of `out`; a `Vector` is plain bits and is read and written unaligned.
        unsafe {
            let vectors = |from: *const i8| -> [V::Ints; N] {
                std::array::from_fn(|i| from.cast::<V::Ints>().add(i).read_unaligned())
            };
            let mut sums: [[V::Ints; N]; R] = std::mem::zeroed();
            // Two steps at a time: AVX2's products are 1.05 times as fast so.
            for pair in (0..steps).step_by(2) {
                for step in pair..pair + 2 {
                    let weights = vectors(block.as_ptr().add(step * STEP + part * 4));
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let bytes = V::broadcast(rows.as_ptr().add((r * steps + step) * 4));
                        for (sums, weights) in sums.iter_mut().zip(weights) {
                            *sums = V::dot(*sums, bytes, weights);
                        }
                    }
                }
            }
            for (out, sums) in out.iter_mut().zip(sums) {
                for (i, sums) in sums.into_iter().enumerate() {
                    let to = out[part..].as_mut_ptr().cast::<V::Ints>();
                    to.add(i).write_unaligned(sums);
                }
            }
        }
    }
    out
}

/// The integer matrix product: see [`super::matmul`], which checks the lengths.
pub(super) struct Matmul<'a> {
    pub input: Quantized<'a>,
    pub matrix: &'a Matrix<'a>,
    pub out: &'a mut [f32],
}

impl Kernel for Matmul<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        // SAFETY: see `Kernel::run`; `super::matmul` checked the lengths.
        unsafe {
            match V::TILE_VECTORS {
                2 => matmul::<V, 2>(self.input, self.matrix, self.out),
                _ => matmul::<V, 4>(self.input, self.matrix, self.out),
            }
        }
    }
}

/// `out[r][n] = scale[r] * scale_n * sum_k((u[r][k] - zero[r]) * w[n][k]) + bias[n]`.
///
/// # Safety
///
/// The processor must have what `V` needs.
#[inline(always)]
unsafe fn matmul<V: Vectors, const N: usize>(
    input: Quantized<'_>,
    matrix: &Matrix<'_>,
    out: &mut [f32],
) {
    let rows = input.scales.len();
    let block = BLOCK * matrix.inputs;
    // Each of many tiles fetches its share of the next block. The processor's own prefetching is slow
    // to follow a part's reads, which leave out the lines of the other parts.
    let tiles = rows.div_ceil(V::ROWS);
    let fetching = if tiles < FETCHING_TILES { 0 } else { tiles };
    let share = block.div_ceil(tiles.max(1)).max(1);
    for first in (0..matrix.channels()).step_by(BLOCK) {
        let next = &matrix.weights[first * matrix.inputs + block..];
        let mut next = next.chunks(share).take(fetching);
        for row in (0..rows).step_by(V::ROWS) {
            let fetch = next.next().unwrap_or_default();
            // SAFETY: the caller's promise.
            by_rows!(V::ROWS.min(rows - row), R => unsafe {
                matmul_tile::<V, N, R>(input, matrix, row, first, fetch, out);
            });
        }
    }
}

/// One tile of [`matmul`]: `R` rows from `row`, the block of channels from `first`.
#[inline(always)]
unsafe fn matmul_tile<V: Vectors, const N: usize, const R: usize>(
    input: Quantized<'_>,
    matrix: &Matrix<'_>,
    row: usize,
    first: usize,
    fetch: &[i8],
    out: &mut [f32],
) {
    let k = matrix.inputs;
    let bytes = &input.bytes[row * k..][..R * k];
    let weights = &matrix.weights[first * k..][..BLOCK * k];
    // SAFETY: the caller's promise.
    let sums = unsafe { tile::<V, N, R>(bytes, weights, fetch) };
    let column_sums = &matrix.sums[first..][..BLOCK];
    let scales = &matrix.scales[first..][..BLOCK];
    let bias = &matrix.bias[first..][..BLOCK];
    for (r, sums) in sums.iter().enumerate() {
        let Scale { step, zero } = input.scales[row + r];
        let out = &mut out[(row + r) * matrix.channels() + first..][..BLOCK];
        for (c, out) in out.iter_mut().enumerate() {
            let sum = sums[c].wrapping_sub(zero.wrapping_mul(column_sums[c]));
            *out = (sum as f32).mul_add(scales[c] * step, bias[c]);
        }
    }
}
