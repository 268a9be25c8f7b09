//! The floating-point kernels, written once over [`F32x16`].
//!
//! Rows have a width that is a multiple of 16; the safe wrappers in `super` check every length.

use super::simd::F32x16;
use super::{
    BLOCK, HEAD_DIM, Isa, KEY_PAD, MAX_WIDTH, Matrix, Norm, Quantized, Scale, rotation_size,
};

/// `out[r][n] = scale[r] * scale_n * sum_k((u[r][k] - zero[r]) * w[n][k]) + bias[n]`.
///
/// # Safety
///
/// The processor must have what `I` needs; lengths as [`super::Kernels::matmul`] checks them.
#[inline(always)]
pub(super) unsafe fn matmul<I: Isa>(input: Quantized<'_>, matrix: &Matrix<'_>, out: &mut [f32]) {
    let rows = input.scales.len();
    for block in 0..matrix.channels() / BLOCK {
        let mut row = 0;
        while row < rows {
            let count = I::TILE_ROWS.min(rows - row);
            // SAFETY: the caller's promise; `count` rows from `row` exist, `block` exists.
            unsafe {
                match count {
                    1 => matmul_tile::<I, 1>(input, matrix, row, block, out),
                    2 => matmul_tile::<I, 2>(input, matrix, row, block, out),
                    3 => matmul_tile::<I, 3>(input, matrix, row, block, out),
                    4 => matmul_tile::<I, 4>(input, matrix, row, block, out),
                    5 => matmul_tile::<I, 5>(input, matrix, row, block, out),
                    _ => matmul_tile::<I, 6>(input, matrix, row, block, out),
                }
            }
            row += count;
        }
    }
}

/// One tile of [`matmul`]: `R` rows from `row`, the channels of `block`.
#[inline(always)]
unsafe fn matmul_tile<I: Isa, const R: usize>(
    input: Quantized<'_>,
    matrix: &Matrix<'_>,
    row: usize,
    block: usize,
    out: &mut [f32],
) {
    let (k, channels, first) = (matrix.inputs, matrix.channels(), block * BLOCK);
    let mut sums = [[0i32; BLOCK]; R];
    // SAFETY: `row + R` rows of `k` bytes and `block + 1` blocks of `k * 64` weights exist; each
    // per-channel array has `channels` elements and `out` has `rows * channels`.
    unsafe {
        let bytes = input.bytes.as_ptr().add(row * k);
        let weights = matrix.weights.as_ptr().add(first * k);
        I::tile::<R>(bytes, k, weights, k, &mut sums);
        for (r, sums) in sums.iter_mut().enumerate() {
            let Scale { step, zero } = *input.scales.get_unchecked(row + r);
            let column_sums = matrix.sums.get_unchecked(first..first + BLOCK);
            for (sum, column) in sums.iter_mut().zip(column_sums) {
                *sum = sum.wrapping_sub((zero - I::SHIFT).wrapping_mul(*column));
            }
            let step = I::Vector::splat(step);
            for lane in (0..BLOCK).step_by(16) {
                let scale = I::Vector::load(matrix.scales.as_ptr().add(first + lane)).mul(step);
                let bias = I::Vector::load(matrix.bias.as_ptr().add(first + lane));
                let value = I::Vector::load_i32(sums.as_ptr().add(lane)).mul_add(scale, bias);
                value.store(out.as_mut_ptr().add((row + r) * channels + first + lane));
            }
        }
    }
}

/// Quantizes one row, times `shrink` if given, then rotated: `x = step * (u - zero)`.
///
/// # Safety
///
/// The processor must have what `V` needs; all lengths are equal, multiples of 16 and at most
/// [`MAX_WIDTH`].
#[inline(always)]
pub(super) unsafe fn quantize<V: F32x16>(
    row: &[f32],
    shrink: Option<&[f32]>,
    bytes: &mut [u8],
) -> Scale {
    let mut rotated = [0.0; MAX_WIDTH];
    // SAFETY: the caller's promise: every load and store of 16 lies within the slices.
    unsafe {
        let rotated = rotated.get_unchecked_mut(..row.len());
        match shrink {
            Some(factors) => {
                for i in (0..row.len()).step_by(16) {
                    let factor = V::load(factors.as_ptr().add(i));
                    V::load(row.as_ptr().add(i))
                        .mul(factor)
                        .store(rotated.as_mut_ptr().add(i));
                }
            }
            None => rotated.copy_from_slice(row),
        }
        rotate::<V>(rotated);
        let at = |i: usize| V::load(rotated.as_ptr().add(i));
        let (mut low, mut high) = (V::splat(0.0), V::splat(0.0));
        for i in (0..row.len()).step_by(16) {
            low = low.min(at(i));
            high = high.max(at(i));
        }
        let (low, high) = (low.smallest(), high.largest());
        let step = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
        let inverse = 1.0 / step;
        let zero = (-low * inverse).round_ties_even();
        let (inverse, offset) = (V::splat(inverse), V::splat(zero));
        for i in (0..row.len()).step_by(16) {
            let level = at(i).mul(inverse).round_ties_even().add(offset);
            level
                .max(V::splat(0.0))
                .min(V::splat(255.0))
                .store_u8(bytes.as_mut_ptr().add(i));
        }
        Scale {
            step,
            zero: zero as i32,
        }
    }
}

/// [`super::rotate`] with vectors, up to three steps at a time in registers.
#[inline(always)]
unsafe fn rotate<V: F32x16>(row: &mut [f32]) {
    let size = 16 * rotation_size(row.len());
    for group in row.chunks_exact_mut(size) {
        let mut stride = 16;
        while stride < size {
            let count = (size / stride).min(8);
            for block in group.chunks_exact_mut(count * stride) {
                for i in (0..stride).step_by(16) {
                    // SAFETY: `block` has `count` runs of `stride` values; `i + 16 <= stride`.
                    unsafe {
                        let first = block.as_mut_ptr().add(i);
                        match count {
                            2 => butterflies::<V, 2>(first, stride),
                            4 => butterflies::<V, 4>(first, stride),
                            _ => butterflies::<V, 8>(first, stride),
                        }
                    }
                }
            }
            stride *= count;
        }
    }
}

/// Hadamard matrix of size `N` on the `N` vectors from `first`, `stride` apart.
#[inline(always)]
unsafe fn butterflies<V: F32x16, const N: usize>(first: *mut f32, stride: usize) {
    // SAFETY: the caller promises 16 values at each of the `N` places.
    unsafe {
        let mut values = [V::splat(0.0); N];
        for (i, value) in values.iter_mut().enumerate() {
            *value = V::load(first.add(i * stride));
        }
        butterfly_step::<V, N, 1>(&mut values);
        butterfly_step::<V, N, 2>(&mut values);
        butterfly_step::<V, N, 4>(&mut values);
        for (i, value) in values.iter().enumerate() {
            value.store(first.add(i * stride));
        }
    }
}

/// Sums and differences of vectors `HALF` apart; nothing if there are not so many. `HALF` is a
/// constant so that the values stay in registers.
#[inline(always)]
unsafe fn butterfly_step<V: F32x16, const N: usize, const HALF: usize>(values: &mut [V; N]) {
    for i in 0..N {
        if i & HALF == 0 && i + HALF < N {
            let (a, b) = (values[i], values[i + HALF]);
            // SAFETY: registers only; the caller's promise.
            (values[i], values[i + HALF]) = unsafe { (a.add(b), a.sub(b)) };
        }
    }
}

/// `x = norm(x + y)` of one row: LayerNorm (Ba et al., 2016, eq. 3-4) of the residual sum.
///
/// # Safety
///
/// The processor must have what `V` needs; all lengths are equal and multiples of 16.
#[inline(always)]
pub(super) unsafe fn add_norm<V: F32x16>(x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
    let width = x.len() as f32;
    // SAFETY: the caller's promise: every load and store of 16 lies within the slices.
    unsafe {
        let mut sum = V::splat(0.0);
        for i in (0..x.len()).step_by(16) {
            let value = V::load(x.as_ptr().add(i)).add(V::load(y.as_ptr().add(i)));
            value.store(x.as_mut_ptr().add(i));
            sum = sum.add(value);
        }
        let mean = V::splat(sum.sum() / width);
        let mut squares = V::splat(0.0);
        for i in (0..x.len()).step_by(16) {
            let deviation = V::load(x.as_ptr().add(i)).sub(mean);
            squares = deviation.mul_add(deviation, squares);
        }
        let inverse = V::splat(1.0 / (squares.sum() / width + Norm::EPSILON).sqrt());
        for i in (0..x.len()).step_by(16) {
            let scale = V::load(norm.gain.as_ptr().add(i)).mul(inverse);
            let deviation = V::load(x.as_ptr().add(i)).sub(mean);
            let value = deviation.mul_add(scale, V::load(norm.bias.as_ptr().add(i)));
            value.store(x.as_mut_ptr().add(i));
        }
    }
}

/// `x = x / 2 * (1 + erf(x / sqrt 2))`, with `erf` by formula 7.1.26 of Abramowitz and Stegun,
/// whose error is at most 1.5e-7; so the result is within 1e-6 of the exact one for `|x| <= 8`.
///
/// # Safety
///
/// The processor must have what `V` needs; the length is a multiple of 16.
#[inline(always)]
pub(super) unsafe fn gelu<V: F32x16>(values: &mut [f32]) {
    const P: f32 = 0.327_591_1;
    const A: [f32; 5] = [
        1.061_405_4,
        -1.453_152_1,
        1.421_413_8,
        -0.284_496_72,
        0.254_829_6,
    ];
    // SAFETY: the caller's promise: every load and store of 16 lies within the slice.
    unsafe {
        let one = V::splat(1.0);
        for i in (0..values.len()).step_by(16) {
            let x = V::load(values.as_ptr().add(i));
            let z = x.abs().mul(V::splat(std::f32::consts::FRAC_1_SQRT_2));
            let t = one.div(z.mul_add(V::splat(P), one));
            let mut poly = V::splat(A[0]);
            for a in &A[1..] {
                poly = poly.mul_add(t, V::splat(*a));
            }
            let tail = poly.mul(t).mul(exp(V::splat(0.0).sub(z.mul(z))));
            let erf = one.sub(tail).copysign(x);
            let half = x.mul(V::splat(0.5));
            half.mul_add(erf, half).store(values.as_mut_ptr().add(i));
        }
    }
}

/// `e^x` for `x <= 0`, within 2e-7 relative down to -87 and at most 1.7e-38 below.
///
/// Cody and Waite's reduction to `|r| <= ln 2 / 2`, then the Taylor polynomial of degree 7.
#[inline(always)]
unsafe fn exp<V: F32x16>(x: V) -> V {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    const C: [f32; 7] = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    // SAFETY: registers only; the caller's promise.
    unsafe {
        let x = x.max(V::splat(-87.0));
        let n = x.mul(V::splat(std::f32::consts::LOG2_E)).round_ties_even();
        let r = n.mul_add(V::splat(-LN2_HIGH), x);
        let r = n.mul_add(V::splat(-LN2_LOW), r);
        let mut poly = V::splat(1.0 / 5040.0);
        for c in C {
            poly = poly.mul_add(r, V::splat(c));
        }
        poly.mul(n.exp2_int())
    }
}

/// `out[r][c] = sum_i(a[r][i] * b[i][c])` for `R` rows and 32 columns, in the order of `i`.
///
/// # Safety
///
/// `a` has `R` rows of `depth`, `a_stride` apart; `b` has `depth` rows of 32, `b_stride` apart;
/// `out` has `R` rows of 32, `out_stride` apart.
#[inline(always)]
unsafe fn product<V: F32x16, const R: usize>(
    (a, a_stride): (*const f32, usize),
    (b, b_stride): (*const f32, usize),
    depth: usize,
    (out, out_stride): (*mut f32, usize),
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); 2]; R];
        for i in 0..depth {
            let columns = [
                V::load(b.add(i * b_stride)),
                V::load(b.add(i * b_stride + 16)),
            ];
            for (r, acc) in acc.iter_mut().enumerate() {
                let value = V::splat(*a.add(r * a_stride + i));
                acc[0] = value.mul_add(columns[0], acc[0]);
                acc[1] = value.mul_add(columns[1], acc[1]);
            }
        }
        for (r, acc) in acc.iter().enumerate() {
            acc[0].store(out.add(r * out_stride));
            acc[1].store(out.add(r * out_stride + 16));
        }
    }
}

/// One head's attention (Vaswani et al., 2017, eq. 1) for `queries` rows.
///
/// `keys` is `[32][padded]` (transposed), `values` `[padded][32]`, both of the first `length`
/// positions; query row `r` begins at `query[r * query_stride]`, its result at
/// `out[r * out_stride]`. `scores` is scratch of at least `6 * padded`.
///
/// # Safety
///
/// The processor must have what `I` needs; lengths as [`super::Kernels::attention`] checks them.
#[inline(always)]
pub(super) unsafe fn attention<I: Isa>(head: super::Head<'_>, out: &mut [f32], scores: &mut [f32]) {
    let mut row = 0;
    while row < head.queries {
        let count = I::TILE_ROWS.min(head.queries - row);
        // SAFETY: the caller's promise; `count` query rows from `row` exist.
        unsafe {
            match count {
                1 => attention_tile::<I, 1>(&head, row, out, scores),
                2 => attention_tile::<I, 2>(&head, row, out, scores),
                3 => attention_tile::<I, 3>(&head, row, out, scores),
                4 => attention_tile::<I, 4>(&head, row, out, scores),
                5 => attention_tile::<I, 5>(&head, row, out, scores),
                _ => attention_tile::<I, 6>(&head, row, out, scores),
            }
        }
        row += count;
    }
}

/// `R` query rows of [`attention`].
#[inline(always)]
unsafe fn attention_tile<I: Isa, const R: usize>(
    head: &super::Head<'_>,
    row: usize,
    out: &mut [f32],
    scores: &mut [f32],
) {
    let padded = head.length.next_multiple_of(KEY_PAD);
    // SAFETY: the caller's promise on all lengths.
    unsafe {
        let query = head.query.as_ptr().add(row * head.query_stride);
        for key in (0..padded).step_by(KEY_PAD) {
            product::<I::Vector, R>(
                (query, head.query_stride),
                (head.keys.as_ptr().add(key), padded),
                HEAD_DIM,
                (scores.as_mut_ptr().add(key), padded),
            );
        }
        let mut sums = [0.0; R];
        for (r, sum) in sums.iter_mut().enumerate() {
            let row = scores.get_unchecked_mut(r * padded..(r + 1) * padded);
            row.get_unchecked_mut(head.length..).fill(f32::NEG_INFINITY);
            *sum = softmax_numerators::<I::Vector>(row);
        }
        let to = out.as_mut_ptr().add(row * head.out_stride);
        product::<I::Vector, R>(
            (scores.as_ptr(), padded),
            (head.values.as_ptr(), HEAD_DIM),
            head.length,
            (to, head.out_stride),
        );
        for (r, sum) in sums.iter().enumerate() {
            let inverse = I::Vector::splat(1.0 / sum);
            for lane in [0, 16] {
                let at = to.add(r * head.out_stride + lane);
                I::Vector::load(at).mul(inverse).store(at);
            }
        }
    }
}

/// `row = e^((row - max(row)) / sqrt 32)`; returns the sum.
#[inline(always)]
unsafe fn softmax_numerators<V: F32x16>(row: &mut [f32]) -> f32 {
    // 1 / sqrt(32), the head dimension.
    const SCALE: f32 = 0.176_776_7;
    // SAFETY: the caller's promise: the length is a multiple of 16.
    unsafe {
        let mut largest = V::splat(f32::NEG_INFINITY);
        for i in (0..row.len()).step_by(16) {
            largest = largest.max(V::load(row.as_ptr().add(i)));
        }
        let largest = V::splat(largest.largest());
        let mut sum = V::splat(0.0);
        for i in (0..row.len()).step_by(16) {
            let distance = V::load(row.as_ptr().add(i)).sub(largest);
            let value = exp(distance.mul(V::splat(SCALE)));
            value.store(row.as_mut_ptr().add(i));
            sum = sum.add(value);
        }
        sum.sum()
    }
}
