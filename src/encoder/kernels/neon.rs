//! aarch64 with the dot-product extension: `sdot` adds four signed products to each of 4 sums.
//!
//! Both operands are signed, which activations of seven bits are as well. `sdot` is written as
//! assembly because its intrinsic is not stable. Four rows take 16 registers of 32 for sums.

use std::arch::aarch64::*;

use super::tile::Isa;

/// aarch64 with the dot-product extension.
pub(super) struct NeonDot;

// SAFETY (all blocks): the caller promises the instructions, and memory as the trait says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Isa for NeonDot {
    type Vector = int32x4_t;
    type Floats = float32x4_t;
    const ROWS: usize = 4;

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
}
