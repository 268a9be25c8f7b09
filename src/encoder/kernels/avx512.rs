//! AVX-512 VNNI: one `vpdpbusd` multiplies 64 bytes and adds them up in 16 sums.
//!
//! Activations are the unsigned operand and weights the signed one, as the instruction wants;
//! it sums in 32 bits without saturation. Six rows take 24 registers of 32 for sums.

use std::arch::x86_64::*;

use super::tile::Isa;

/// x86-64 with AVX-512 F, BW, VL and VNNI.
pub(super) struct Avx512Vnni;

// SAFETY (all blocks): the caller promises the instructions, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Isa for Avx512Vnni {
    type Vector = __m512i;
    type Floats = __m512;
    const ROWS: usize = 6;

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
}
