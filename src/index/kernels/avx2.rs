//! AVX2 and AVX-VNNI: 32 codes at a time.
//!
//! Both multiply unsigned by signed: a row's code is taken without its sign, the query's with the
//! row's sign on top. In AVX2's `vpmaddubsw` two products meet in 16 bits and are at most
//! `2 * 128 * 127 = 32512`: they never saturate, since no code of a query is -128.

use std::arch::x86_64::*;

use super::Isa;

/// Codes in a register.
const STEP: usize = 32;

/// x86-64 with AVX2.
pub(super) struct Avx2;

/// x86-64 with AVX-VNNI.
pub(super) struct AvxVnni;

impl Isa for Avx2 {
    #[inline(always)]
    unsafe fn tile<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        // SAFETY: the caller's promise.
        unsafe {
            tile(query, rows, length, |sums, unsigned, signed| {
                let pairs = _mm256_maddubs_epi16(unsigned, signed);
                _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
            })
        }
    }
}

impl Isa for AvxVnni {
    #[inline(always)]
    unsafe fn tile<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        // SAFETY: the caller's promise.
        unsafe {
            tile(query, rows, length, |sums, unsigned, signed| {
                _mm256_dpbusd_avx_epi32(sums, unsigned, signed)
            })
        }
    }
}

/// Both paths, which differ in how four products are added to each of eight sums.
///
/// # Safety
///
/// As [`Isa::tile`].
#[inline(always)]
unsafe fn tile<const R: usize>(
    query: *const i8,
    rows: [*const i8; R],
    length: usize,
    multiply_add: impl Fn(__m256i, __m256i, __m256i) -> __m256i,
) -> [i32; R] {
    // SAFETY: the caller promises the instructions and `length` codes at each pointer.
    unsafe {
        let mut sums = [_mm256_setzero_si256(); R];
        for at in (0..length).step_by(STEP) {
            let q = _mm256_loadu_si256(query.add(at).cast());
            for (sum, row) in sums.iter_mut().zip(rows) {
                let codes = _mm256_loadu_si256(row.add(at).cast());
                *sum = multiply_add(*sum, _mm256_abs_epi8(codes), _mm256_sign_epi8(q, codes));
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
