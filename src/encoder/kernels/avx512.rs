//! AVX-512 VNNI: one `vpdpbusd` multiplies 64 bytes and adds them up in 16 sums.
//!
//! A tile is six rows by 64 channels, 24 accumulators of 16 `i32`:
//!
//! ```text
//!                  block  [K/4][64][4], one step of K = 256 bytes
//!                  w0: ch 0..16   w1: ch 16..32   w2: ch 32..48   w3: ch 48..64
//! row 0  a0 a1 a2 a3  broadcast  ->  acc[0][0] acc[0][1] acc[0][2] acc[0][3]
//! ...                                ...
//! row 5  a0 a1 a2 a3  broadcast  ->  acc[5][0] acc[5][1] acc[5][2] acc[5][3]
//! ```
//!
//! Activations are the unsigned operand and weights the signed one, as the instruction wants;
//! it sums in 32 bits without saturation.

use std::arch::x86_64::*;

use super::simd::F32x16;
use super::{BLOCK, Isa};

/// x86-64 with AVX-512 F, BW, VL and VNNI.
pub(super) struct Avx512Vnni;

impl Isa for Avx512Vnni {
    type Vector = Zmm;
    const TILE_ROWS: usize = 6;
    const SHIFT: i32 = 0;

    #[inline(always)]
    unsafe fn tile<const R: usize>(
        rows: *const u8,
        stride: usize,
        block: *const i8,
        k: usize,
        out: &mut [[i32; BLOCK]; R],
    ) {
        // SAFETY: the caller promises the instructions, `R` rows of `k` bytes, `stride` apart, and
        // a block of `k * 64` weights; `out` has `R * 64` elements.
        unsafe {
            let mut acc = [[_mm512_setzero_si512(); 4]; R];
            for step in 0..k / 4 {
                let weights: [__m512i; 4] = std::array::from_fn(|i| {
                    _mm512_loadu_si512(block.add(step * 256 + i * 64).cast())
                });
                for (r, acc) in acc.iter_mut().enumerate() {
                    let four = rows.add(r * stride + step * 4).cast::<i32>();
                    let activation = _mm512_set1_epi32(four.read_unaligned());
                    for (acc, weights) in acc.iter_mut().zip(weights) {
                        *acc = _mm512_dpbusd_epi32(*acc, activation, weights);
                    }
                }
            }
            for (out, acc) in out.iter_mut().zip(acc) {
                for (i, acc) in acc.into_iter().enumerate() {
                    _mm512_storeu_si512(out.as_mut_ptr().add(i * 16).cast(), acc);
                }
            }
        }
    }
}

/// One 512-bit register.
#[derive(Clone, Copy)]
pub(super) struct Zmm(__m512);

// SAFETY (all blocks): the caller promises AVX-512 F, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl F32x16 for Zmm {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { _mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> Self {
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_loadu_si512(from.cast())) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_u8(self, to: *mut u8) {
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(self.0))) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(unsafe { _mm512_abs_ps(self.0) })
    }

    #[inline(always)]
    unsafe fn copysign(self, sign: Self) -> Self {
        unsafe {
            let mask = _mm512_set1_epi32(i32::MIN);
            // Bitwise choice: where the mask is set take `sign`, else `self`.
            let bits = _mm512_ternarylogic_epi32::<0xD8>(
                _mm512_castps_si512(self.0),
                _mm512_castps_si512(sign.0),
                mask,
            );
            Self(_mm512_castsi512_ps(bits))
        }
    }

    #[inline(always)]
    unsafe fn round_ties_even(self) -> Self {
        Self(unsafe { _mm512_roundscale_ps::<0>(self.0) })
    }

    #[inline(always)]
    unsafe fn exp2_int(self) -> Self {
        unsafe {
            let biased = _mm512_add_epi32(_mm512_cvttps_epi32(self.0), _mm512_set1_epi32(127));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased)))
        }
    }
}
