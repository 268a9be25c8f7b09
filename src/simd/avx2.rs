//! AVX2 with FMA, and AVX-VNNI, its 256-bit sibling of `vpdpbusd`.
//!
//! AVX2's `vpmaddubsw` adds two products in 16 bits and saturates. It cannot here: with activations
//! of seven bits a pair is at most `2 * 127 * 127 = 32258` away from 0.
//!
//! Four rows by 16 channels take 8 registers of 16 for sums, which leaves room for what a step of
//! AVX2 needs. AVX-VNNI needs less but has a latency of 5 cycles: six rows by 16 channels are twelve
//! sums, enough to hide it.
//!
//! Both multiply unsigned by signed. In a dot product of two rows of codes a row's code is taken
//! without its sign, the query's with the row's sign on top: two products of AVX2 are at most
//! `2 * 128 * 127 = 32512`, since no code of a query is -128.

use std::arch::x86_64::*;

use super::Vectors;

/// x86-64 with AVX2 and FMA, and with AVX-VNNI if `VNNI`.
pub(super) struct Avx2<const VNNI: bool>;

// SAFETY (all blocks): the caller promises the instructions, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl<const VNNI: bool> Vectors for Avx2<VNNI> {
    type Ints = __m256i;
    type Floats = __m256;
    const ROWS: usize = if VNNI { 6 } else { 4 };
    const TILE_VECTORS: usize = 2;

    #[inline(always)]
    unsafe fn broadcast(from: *const u8) -> __m256i {
        unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn dot(sums: __m256i, bytes: __m256i, weights: __m256i) -> __m256i {
        unsafe {
            if VNNI {
                return _mm256_dpbusd_avx_epi32(sums, bytes, weights);
            }
            let pairs = _mm256_maddubs_epi16(bytes, weights);
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn mul_add(a: __m256, b: __m256, sums: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, sums) }
    }

    #[inline(always)]
    unsafe fn dot_rows<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        unsafe {
            let mut sums = [_mm256_setzero_si256(); R];
            for at in (0..length).step_by(32) {
                let q = _mm256_loadu_si256(query.add(at).cast());
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let codes = _mm256_loadu_si256(row.add(at).cast());
                    let (unsigned, signed) = (_mm256_abs_epi8(codes), _mm256_sign_epi8(q, codes));
                    *sum = Self::dot(*sum, unsigned, signed);
                }
            }
            let mut dots = [0; R];
            for (dot, sum) in dots.iter_mut().zip(sums) {
                let four = _mm_add_epi32(
                    _mm256_castsi256_si128(sum),
                    _mm256_extracti128_si256::<1>(sum),
                );
                let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
                let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
                *dot = _mm_cvtsi128_si32(one);
            }
            dots
        }
    }
}
