//! AVX2 with FMA, and AVX-VNNI, its 256-bit sibling of `vpdpbusd`.
//!
//! AVX2's `vpmaddubsw` adds two products in 16 bits and saturates. It cannot here: an activation
//! byte `u` is taken as the signed `s = u - 128`, and `s * w` for a negative `s` as
//! `|s| * -w = |s| * !w + |s|`, where `!w` is one exclusive or and the second term the same for all
//! channels. With `|s| <= 128` and `|w| <= 127` a pair is between `2 * 128 * -128 = -32768` and
//! `2 * 127 * 127 = 32258`: it fits.
//!
//! Two rows by 32 channels take 8 registers of 16 for sums, which leaves room for what a step of
//! AVX2 needs. AVX-VNNI needs less but has a latency of 5 cycles: six rows by 16 channels are twelve
//! sums, enough to hide it.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::BLOCK;
use super::tile::{Isa, Sums, tile};

/// x86-64 with AVX2 and FMA.
pub(super) struct Avx2;

/// x86-64 with AVX2, FMA and AVX-VNNI.
pub(super) struct AvxVnni;

/// Bytes of a row that are prepared at a time.
const CHUNK: usize = 384;
/// Distance from a prepared row's masks, all ones where `u < 128`, to its `|u - 128|`.
const PLANE: usize = Avx2::ROWS * CHUNK;

// SAFETY (all blocks): the caller promises the instructions, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Isa for Avx2 {
    type Vector = __m256i;
    /// Masks and magnitudes.
    type Step = [__m256i; 2];
    type Floats = __m256;
    const ROWS: usize = 2;
    const SHIFT: i32 = 128;

    /// Reads a prepared row.
    #[inline(always)]
    unsafe fn broadcast(from: *const u8) -> Self::Step {
        unsafe {
            [
                AvxVnni::broadcast(from),
                AvxVnni::broadcast(from.add(PLANE)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn dot(sums: __m256i, [mask, magnitude]: Self::Step, weights: __m256i) -> __m256i {
        unsafe {
            let pairs = _mm256_maddubs_epi16(magnitude, _mm256_xor_si256(weights, mask));
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        unsafe { AvxVnni::splat(value) }
    }

    #[inline(always)]
    unsafe fn mul_add(a: __m256, b: __m256, sums: __m256) -> __m256 {
        unsafe { AvxVnni::mul_add(a, b, sums) }
    }

    /// Prepares rows, which serves all 64 channels.
    #[inline(always)]
    unsafe fn tile<const V: usize, const R: usize>(rows: &[u8], block: &[i8], out: &mut Sums<R>) {
        let k = rows.len() / R;
        let mut prepared = [MaybeUninit::<u8>::uninit(); 2 * PLANE];
        for (chunk, block) in block.chunks(CHUNK * BLOCK).enumerate() {
            let (mask, magnitude) = prepared.split_at_mut(PLANE);
            for r in 0..R {
                let bytes = &rows[r * k + chunk * CHUNK..][..block.len() / BLOCK];
                for (to, u) in mask[r * CHUNK..].iter_mut().zip(bytes) {
                    to.write(if *u < 128 { 0xff } else { 0 });
                }
                for (to, u) in magnitude[r * CHUNK..].iter_mut().zip(bytes) {
                    to.write(u.abs_diff(128));
                }
                let negative: i32 = bytes.iter().map(|u| 128 - i32::from(*u.min(&128))).sum();
                out[r].iter_mut().for_each(|sum| *sum += negative);
            }
            // SAFETY: the caller's promise; the bytes of `R` rows, `CHUNK` apart, are written in
            // both planes, `PLANE` apart.
            unsafe { tile::<Self, V, R>(prepared.as_ptr().cast(), CHUNK, block, out) }
        }
    }
}

// SAFETY (all blocks): as above.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Isa for AvxVnni {
    type Vector = __m256i;
    type Step = __m256i;
    type Floats = __m256;
    const ROWS: usize = 6;
    const SHIFT: i32 = 0;

    #[inline(always)]
    unsafe fn broadcast(from: *const u8) -> __m256i {
        unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn dot(sums: __m256i, bytes: __m256i, weights: __m256i) -> __m256i {
        unsafe { _mm256_dpbusd_avx_epi32(sums, bytes, weights) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn mul_add(a: __m256, b: __m256, sums: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, sums) }
    }
}
