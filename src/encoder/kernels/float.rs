//! The floating-point kernels, compiled for every instruction set: plain loops over values where
//! each stands for itself, [`fold`] where the order of sums must be fixed; only attention's
//! products are written with the instruction set's own vectors.
//!
//! Rows have a width that is a multiple of 16; the wrappers in `super` check every length.

use super::lanes::{ROUNDER, extremes, fold, larger, sum};
use super::{Head, KEY_PAD, Norm, SCORE_ROWS, Scale, by_rows, rotate};
use crate::simd::{Kernel, Vectors};

/// Largest activation byte: seven bits.
const LARGEST: f32 = 127.0;

/// See [`super::quantize`].
pub(super) struct Quantize<'a> {
    pub row: &'a mut [f32],
    pub bytes: &'a mut [u8],
}

impl Kernel for Quantize<'_> {
    type Output = Scale;

    #[inline(always)]
    fn run<V: Vectors>(self) -> Scale {
        quantize(self.row, self.bytes)
    }
}

/// Rotates `row` in place and quantizes it: `rotated = step * (u - zero)`.
#[inline(always)]
fn quantize(row: &mut [f32], bytes: &mut [u8]) -> Scale {
    rotate(row);
    let (low, high) = extremes(row);
    let step = ((high - low) / LARGEST).max(f32::MIN_POSITIVE);
    let inverse = 1.0 / step;
    let zero = (-low * inverse).round_ties_even() as i32;
    // The difference of two such sums' bits is the difference of the whole numbers.
    let offset = zero - ROUNDER.to_bits() as i32;
    for (value, byte) in row.iter().zip(bytes) {
        let rounded = value * inverse + ROUNDER;
        *byte = (rounded.to_bits() as i32 + offset).clamp(0, LARGEST as i32) as u8;
    }
    Scale { step, zero }
}

/// See [`super::add_norm`].
pub(super) struct AddNorm<'a> {
    pub x: &'a mut [f32],
    pub y: &'a [f32],
    pub norm: &'a Norm<'a>,
}

impl Kernel for AddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        add_norm(self.x, self.y, self.norm);
    }
}

/// `x = norm(x + y)` of one row: LayerNorm (Ba et al., 2016, eq. 3-4) of the residual sum.
#[inline(always)]
fn add_norm(x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
    let width = x.len() as f32;
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
    let mean = fold(x, 0.0, sum, sum) / width;
    let square = |sum: f32, x: f32| (x - mean).mul_add(x - mean, sum);
    let inverse = 1.0 / (fold(x, 0.0, square, sum) / width + Norm::EPSILON).sqrt();
    for ((x, gain), bias) in x.iter_mut().zip(norm.gain).zip(norm.bias) {
        *x = (*x - mean).mul_add(gain * inverse, *bias);
    }
}

/// See [`super::gelu`].
pub(super) struct Gelu<'a>(pub &'a mut [f32]);

impl Kernel for Gelu<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        gelu(self.0);
    }
}

/// `x = x / 2 * (1 + erf(x / sqrt 2))`, within 1e-6: as `max(x, 0) - |x| 2^q(|x|)`, where `2^q(|x|)` is
/// the normal distribution's tail, 1/2 at 0. Of the polynomials `q` of degree 8 this one has the least
/// error of the product, 4e-8.
#[inline(always)]
fn gelu(values: &mut [f32]) {
    const Q: [f32; 9] = [
        -1.904_039_3e-6,
        2.808_370_8e-5,
        -1.316_195_1e-4,
        -2.716_611_8e-4,
        7.244_769_5e-3,
        -5.262_705e-2,
        -0.459_162_38,
        -1.151_111,
        -1.0,
    ];
    for x in values {
        let size = x.abs();
        let tail = exp2(polynomial(&Q, size));
        *x = (-size).mul_add(tail, larger(*x, 0.0));
    }
}

/// `2^x` for `x <= 0`, but at least `2^-100`, so that products are not subnormal. The polynomial is
/// the one of degree 6 with the least relative error for `|x| <= 1/2`; with rounding it is 7e-8.
#[inline(always)]
fn exp2(x: f32) -> f32 {
    const P: [f32; 7] = [
        0.000_153_264_7,
        0.001_339_080_7,
        0.009_618_506,
        0.055_503_6,
        0.240_226_48,
        std::f32::consts::LN_2,
        1.0,
    ];
    let x = larger(x, -100.0);
    let rounded = x + ROUNDER;
    let rest = x - (rounded - ROUNDER);
    // Of `rounded` only the bits of the whole number survive the shift into the exponent.
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1f32.to_bits()));
    polynomial(&P, rest) * power
}

/// The polynomial with these coefficients, of the highest power first, at `x` (Horner).
#[inline(always)]
fn polynomial(coefficients: &[f32], x: f32) -> f32 {
    let (first, rest) = (coefficients[0], &coefficients[1..]);
    rest.iter().fold(first, |sum, &c| sum.mul_add(x, c))
}

/// See [`super::attention`], which checks the lengths; `D` is the head's `dim`.
pub(super) struct Attention<'a, const D: usize> {
    pub head: Head<'a>,
    pub out: &'a mut [f32],
    pub scores: &'a mut [f32],
}

impl<const D: usize> Kernel for Attention<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        // SAFETY: see `Kernel::run`; `super::attention` checked the lengths.
        unsafe { attention::<V, D>(self.head, self.out, self.scores) }
    }
}

/// One head's attention (Vaswani et al., 2017, eq. 1) for all its query rows, [`SCORE_ROWS`] at a
/// time.
///
/// # Safety
///
/// The processor must have what `V` needs.
#[inline(always)]
unsafe fn attention<V: Vectors, const D: usize>(
    head: Head<'_>,
    out: &mut [f32],
    scores: &mut [f32],
) {
    for row in (0..head.queries).step_by(SCORE_ROWS) {
        // SAFETY: the caller's promise.
        by_rows!(SCORE_ROWS.min(head.queries - row), R => unsafe {
            attention_tile::<V, D, R>(&head, row, out, scores);
        });
    }
}

/// `R` query rows of [`attention`] from `row`.
#[inline(always)]
unsafe fn attention_tile<V: Vectors, const D: usize, const R: usize>(
    head: &Head<'_>,
    row: usize,
    out: &mut [f32],
    scores: &mut [f32],
) {
    let padded = head.length.next_multiple_of(KEY_PAD);
    let queries: [&[f32]; R] =
        std::array::from_fn(|r| &head.query[(row + r) * head.query_stride..][..D]);
    let keys = head.keys.as_chunks::<KEY_PAD>().0;
    for (block, keys) in keys.chunks_exact(D).enumerate() {
        // SAFETY: the caller's promise.
        let products = unsafe { product::<V, R, KEY_PAD>(queries, keys) };
        for (r, products) in products.into_iter().enumerate() {
            scores[r * padded + block * KEY_PAD..][..KEY_PAD].copy_from_slice(&products);
        }
    }
    let mut sums = [0.0; R];
    for (r, sum) in sums.iter_mut().enumerate() {
        let row = &mut scores[r * padded..][..head.length.next_multiple_of(16)];
        row[head.length..].fill(f32::NEG_INFINITY);
        *sum = softmax_numerators::<D>(row);
    }
    let weights = std::array::from_fn(|r| &scores[r * padded..][..head.length]);
    let values = &head.values.as_chunks::<D>().0[..head.length];
    // SAFETY: the caller's promise.
    let results = unsafe { product::<V, R, D>(weights, values) };
    for (r, (result, sum)) in results.into_iter().zip(sums).enumerate() {
        let inverse = 1.0 / sum;
        let out = &mut out[(row + r) * head.out_stride..][..D];
        for (out, value) in out.iter_mut().zip(result) {
            *out = value * inverse;
        }
    }
}

/// `sums[r][c] = sum_i(a[r][i] * b[i][c])` for `C` columns, a multiple of 32, in the order of `i`; two
/// vectors of columns at a time. In plain Rust the compiler would read the columns again for every row.
#[inline(always)]
unsafe fn product<V: Vectors, const R: usize, const C: usize>(
    a: [&[f32]; R],
    b: &[[f32; C]],
) -> [[f32; C]; R] {
    const N: usize = 2;
    let a = a.map(|row| row[..b.len()].as_ptr());
    let mut out = [[0.0; C]; R];
    for part in (0..C).step_by(N * size_of::<V::Floats>() / 4) {
        // SAFETY: the caller's promise. Each row of `a` has a value for each row of `b`; the part's
        // columns lie in rows of `C` values; `Floats` is plain bits and is read and written unaligned.
        unsafe {
            let mut sums = [[V::splat(0.0); N]; R];
            for (i, columns) in b.iter().enumerate() {
                let columns = columns.as_ptr().add(part).cast::<V::Floats>();
                let columns: [_; N] = std::array::from_fn(|v| columns.add(v).read_unaligned());
                for (sums, a) in sums.iter_mut().zip(a) {
                    let value = V::splat(*a.add(i));
                    for (sum, columns) in sums.iter_mut().zip(columns) {
                        *sum = V::mul_add(value, columns, *sum);
                    }
                }
            }
            for (out, sums) in out.iter_mut().zip(sums) {
                let to = out[part..].as_mut_ptr().cast::<[V::Floats; N]>();
                to.write_unaligned(sums);
            }
        }
    }
    out
}

/// `row = e^((row - max(row)) / sqrt D)`; returns the sum.
#[inline(always)]
fn softmax_numerators<const D: usize>(row: &mut [f32]) -> f32 {
    // 1 / sqrt(D), for powers of two.
    let scale = if D == 32 { 0.176_776_7 } else { 0.125 } * std::f32::consts::LOG2_E;
    let largest = fold(row, f32::NEG_INFINITY, larger, larger);
    for value in row.iter_mut() {
        *value = exp2((*value - largest) * scale);
    }
    fold(row, 0.0, sum, sum)
}
