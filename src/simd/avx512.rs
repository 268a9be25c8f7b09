//! AVX-512 VNNI: one `vpdpbusd` multiplies 64 bytes and adds them up in 16 sums, in 32 bits without
//! saturation.
//!
//! The instruction wants one unsigned and one signed operand. In a matrix product the activations are
//! the unsigned one; six rows take 24 registers of 32 for sums. In a dot product of two rows of codes
//! a row's code `c` is taken as `c + 128`, which is a flipped sign bit, and the query's sum times 128
//! is subtracted at the end: `sum((c + 128) * q) - 128 * sum(q)`.

use std::arch::x86_64::*;

use super::Vectors;

/// x86-64 with AVX-512 F, BW, VL and VNNI.
pub(super) struct Avx512Vnni;

// SAFETY (all blocks): the caller promises the instructions, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Vectors for Avx512Vnni {
    type Ints = __m512i;
    type Floats = __m512;
    const ROWS: usize = 6;
    const TILE_VECTORS: usize = 4;

    #[inline(always)]
    unsafe fn broadcast(from: *const u8) -> __m512i {
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn dot(sums: __m512i, bytes: __m512i, weights: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(sums, bytes, weights) }
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn mul_add(a: __m512, b: __m512, sums: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, sums) }
    }

    #[inline(always)]
    unsafe fn dot_rows<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        unsafe {
            let flip = _mm512_set1_epi8(i8::MIN);
            let mut sums = [_mm512_setzero_si512(); R];
            // Each code of the query times 128.
            let mut excess = _mm512_setzero_si512();
            for at in (0..length).step_by(64) {
                let q = _mm512_loadu_si512(query.add(at).cast());
                excess = _mm512_dpbusd_epi32(excess, flip, q);
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let codes = _mm512_loadu_si512(row.add(at).cast());
                    *sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(codes, flip), q);
                }
            }
            let mut dots = [0; R];
            for (dot, sum) in dots.iter_mut().zip(sums) {
                *dot = _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, excess));
            }
            dots
        }
    }
}
