//! AVX2 with FMA, and AVX-VNNI, its 256-bit sibling of `vpdpbusd`.
//!
//! A tile is two rows by 64 channels, done as two halves of 32: 8 accumulators of 8 `i32`,
//! which leave registers for the weights of a step.
//!
//! ```text
//!                  block  [K/4][64][4], one step of K = 256 bytes, this half's 128
//!                  w0: ch 0..8    w1: ch 8..16    w2: ch 16..24   w3: ch 24..32
//! row 0  a0 a1 a2 a3  broadcast  ->  acc[0][0] acc[0][1] acc[0][2] acc[0][3]
//! row 1  a0 a1 a2 a3  broadcast  ->  acc[1][0] acc[1][1] acc[1][2] acc[1][3]
//! ```
//!
//! AVX2's `vpmaddubsw` adds two products in 16 bits and saturates. It cannot here: an activation
//! byte `u` is taken as the signed `s = u - 128`, and `s * w` as `|s| * sign(w, s)` with
//! `|s| <= 128` and `|w| <= 127`, so a pair is at most `2 * 128 * 127 = 32512 < 32768`.

use std::arch::x86_64::*;

use super::simd::F32x16;
use super::{BLOCK, Isa};

/// x86-64 with AVX2 and FMA.
pub(super) struct Avx2;

/// x86-64 with AVX2, FMA and AVX-VNNI.
pub(super) struct AvxVnni;

impl Isa for Avx2 {
    type Vector = YmmPair;
    const TILE_ROWS: usize = 2;
    const SHIFT: i32 = 128;

    #[inline(always)]
    unsafe fn tile<const R: usize>(
        rows: *const u8,
        stride: usize,
        block: *const i8,
        k: usize,
        out: &mut [[i32; BLOCK]; R],
    ) {
        // SAFETY: the caller promises AVX2 and the memory that `half_tiles` reads.
        unsafe {
            half_tiles(rows, stride, block, k, out, |acc, bytes, weights| {
                let signed = _mm256_xor_si256(bytes, _mm256_set1_epi8(i8::MIN));
                let magnitude = _mm256_abs_epi8(signed);
                for i in 0..4 {
                    let pairs =
                        _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(weights[i], signed));
                    let quads = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
                    acc[i] = _mm256_add_epi32(acc[i], quads);
                }
            });
        }
    }
}

impl Isa for AvxVnni {
    type Vector = YmmPair;
    const TILE_ROWS: usize = 2;
    const SHIFT: i32 = 0;

    #[inline(always)]
    unsafe fn tile<const R: usize>(
        rows: *const u8,
        stride: usize,
        block: *const i8,
        k: usize,
        out: &mut [[i32; BLOCK]; R],
    ) {
        // SAFETY: the caller promises AVX-VNNI and the memory that `half_tiles` reads.
        unsafe {
            half_tiles(rows, stride, block, k, out, |acc, bytes, weights| {
                for i in 0..4 {
                    acc[i] = _mm256_dpbusd_avx_epi32(acc[i], bytes, weights[i]);
                }
            });
        }
    }
}

/// Runs `dot` over all steps of both halves of a block. `dot` gets one row's accumulators, its
/// four bytes broadcast, and the weights of 32 channels.
#[inline(always)]
unsafe fn half_tiles<const R: usize>(
    rows: *const u8,
    stride: usize,
    block: *const i8,
    k: usize,
    out: &mut [[i32; BLOCK]; R],
    dot: impl Fn(&mut [__m256i; 4], __m256i, &[__m256i; 4]),
) {
    // SAFETY: the caller promises AVX2, `R` rows of `k` bytes, `stride` apart, and a block of
    // `k * 64` weights; `out` has `R * 64` elements.
    unsafe {
        for half in 0..2 {
            let mut acc = [[_mm256_setzero_si256(); 4]; R];
            for step in 0..k / 4 {
                let from = block.add(step * 256 + half * 128);
                let mut weights = [_mm256_setzero_si256(); 4];
                for (i, w) in weights.iter_mut().enumerate() {
                    *w = _mm256_loadu_si256(from.add(i * 32).cast());
                }
                for (r, acc) in acc.iter_mut().enumerate() {
                    let four = rows.add(r * stride + step * 4).cast::<i32>();
                    dot(acc, _mm256_set1_epi32(four.read_unaligned()), &weights);
                }
            }
            for (out, acc) in out.iter_mut().zip(acc) {
                for (i, acc) in acc.into_iter().enumerate() {
                    let to = out.as_mut_ptr().add(half * 32 + i * 8);
                    _mm256_storeu_si256(to.cast(), acc);
                }
            }
        }
    }
}

/// Two 256-bit registers: lanes 0..8 and 8..16.
#[derive(Clone, Copy)]
pub(super) struct YmmPair([__m256; 2]);

impl YmmPair {
    #[inline(always)]
    fn map(self, f: impl Fn(__m256) -> __m256) -> Self {
        Self([f(self.0[0]), f(self.0[1])])
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(__m256, __m256) -> __m256) -> Self {
        Self([f(self.0[0], other.0[0]), f(self.0[1], other.0[1])])
    }
}

// SAFETY (all blocks): the caller promises AVX2 and FMA, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl F32x16 for YmmPair {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([unsafe { _mm256_set1_ps(value) }; 2])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))] })
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> Self {
        Self(unsafe {
            [
                _mm256_cvtepi32_ps(_mm256_loadu_si256(from.cast())),
                _mm256_cvtepi32_ps(_mm256_loadu_si256(from.add(8).cast())),
            ]
        })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            _mm256_storeu_ps(to, self.0[0]);
            _mm256_storeu_ps(to.add(8), self.0[1]);
        }
    }

    #[inline(always)]
    unsafe fn store_u8(self, to: *mut u8) {
        unsafe {
            let low = _mm256_cvttps_epi32(self.0[0]);
            let high = _mm256_cvttps_epi32(self.0[1]);
            // Packing works within 128-bit lanes: the permutation puts the four quads in order.
            let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi32(low, high));
            let bytes = _mm_packus_epi16(
                _mm256_castsi256_si128(words),
                _mm256_extracti128_si256::<1>(words),
            );
            _mm_storeu_si128(to.cast(), bytes);
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { _mm256_add_ps(a, b) })
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { _mm256_sub_ps(a, b) })
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { _mm256_mul_ps(a, b) })
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { _mm256_div_ps(a, b) })
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        let fused = |i: usize| unsafe { _mm256_fmadd_ps(self.0[i], factor.0[i], addend.0[i]) };
        Self([fused(0), fused(1)])
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { _mm256_min_ps(a, b) })
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| unsafe { _mm256_max_ps(a, b) })
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        self.map(|v| unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), v) })
    }

    #[inline(always)]
    unsafe fn copysign(self, sign: Self) -> Self {
        self.zip(sign, |magnitude, sign| unsafe {
            let mask = _mm256_set1_ps(-0.0);
            _mm256_or_ps(_mm256_andnot_ps(mask, magnitude), _mm256_and_ps(mask, sign))
        })
    }

    #[inline(always)]
    unsafe fn round_ties_even(self) -> Self {
        self.map(|v| unsafe {
            _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(v)
        })
    }

    #[inline(always)]
    unsafe fn exp2_int(self) -> Self {
        self.map(|v| unsafe {
            let biased = _mm256_add_epi32(_mm256_cvttps_epi32(v), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
        })
    }
}
