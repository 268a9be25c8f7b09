//! aarch64 with the dot-product extension: `sdot` adds four signed products to each of 4 sums.
//!
//! Both operands are signed, which activations of seven bits are as well. `sdot` is written as
//! assembly because its intrinsic is not stable. Four rows take 16 registers of 32 for sums.

use std::arch::aarch64::*;

use super::Vectors;

/// aarch64 with the dot-product extension.
pub(super) struct NeonDot;

// SAFETY (all blocks): the caller promises the instructions, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Vectors for NeonDot {
    type Ints = int32x4_t;
    type Floats = float32x4_t;
    const ROWS: usize = 4;
    const TILE_VECTORS: usize = 4;

    #[inline(always)]
    unsafe fn broadcast(from: *const u8) -> int32x4_t {
        unsafe { vdupq_n_s32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn dot(mut sums: int32x4_t, bytes: int32x4_t, weights: int32x4_t) -> int32x4_t {
        unsafe {
            std::arch::asm!(
                ".arch_extension dotprod",
                "sdot {sums:v}.4s, {weights:v}.16b, {bytes:v}.16b",
                sums = inout(vreg) sums, weights = in(vreg) weights, bytes = in(vreg) bytes,
                options(pure, nomem, nostack),
            );
        }
        sums
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(value) }
    }

    #[inline(always)]
    unsafe fn mul_add(a: float32x4_t, b: float32x4_t, sums: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(sums, a, b) }
    }

    #[inline(always)]
    unsafe fn dot_rows<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        unsafe {
            let mut sums = [vdupq_n_s32(0); R];
            for at in (0..length).step_by(16) {
                let q = vreinterpretq_s32_s8(vld1q_s8(query.add(at)));
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let codes = vreinterpretq_s32_s8(vld1q_s8(row.add(at)));
                    *sum = Self::dot(*sum, q, codes);
                }
            }
            let mut dots = [0; R];
            for (dot, sum) in dots.iter_mut().zip(sums) {
                *dot = vaddvq_s32(sum);
            }
            dots
        }
    }
}
