//! aarch64 with the dot-product extension: `sdot` adds four signed products to each of 4 sums.
//!
//! A tile is four rows by 16 channels at a time, 16 accumulators of 4 `i32`:
//!
//! ```text
//!                  block  [K/4][64][4], one step of K = 256 bytes, this quarter's 64
//!                  w0: ch 0..4    w1: ch 4..8     w2: ch 8..12    w3: ch 12..16
//! row 0  a0 a1 a2 a3  broadcast  ->  acc[0][0] acc[0][1] acc[0][2] acc[0][3]
//! ...                                ...
//! row 3  a0 a1 a2 a3  broadcast  ->  acc[3][0] acc[3][1] acc[3][2] acc[3][3]
//! ```
//!
//! Both operands are signed: an activation byte `u` is taken as `u - 128`. `sdot` is written as
//! assembly because its intrinsic is not stable.

use std::arch::aarch64::*;

use super::scalar::Lanes;
use super::{BLOCK, Isa};

/// aarch64 with the dot-product extension.
pub(super) struct NeonDot;

impl Isa for NeonDot {
    /// The compiler makes NEON of the portable lanes: fused multiply-add is in the base set.
    type Vector = Lanes;
    const TILE_ROWS: usize = 4;
    const SHIFT: i32 = 128;

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
            for quarter in 0..4 {
                let mut acc = [[vdupq_n_s32(0); 4]; R];
                for step in 0..k / 4 {
                    let from = block.add(step * 256 + quarter * 64);
                    let mut weights = [vdupq_n_s8(0); 4];
                    for (i, w) in weights.iter_mut().enumerate() {
                        *w = vld1q_s8(from.add(i * 16));
                    }
                    for (r, acc) in acc.iter_mut().enumerate() {
                        let four = rows.add(r * stride + step * 4).cast::<u32>();
                        let bytes = vdupq_n_u32(four.read_unaligned() ^ 0x8080_8080);
                        for i in 0..4 {
                            acc[i] = sdot(acc[i], weights[i], vreinterpretq_s8_u32(bytes));
                        }
                    }
                }
                for (out, acc) in out.iter_mut().zip(acc) {
                    for (i, acc) in acc.into_iter().enumerate() {
                        vst1q_s32(out.as_mut_ptr().add(quarter * 16 + i * 4), acc);
                    }
                }
            }
        }
    }
}

/// `acc[i] += dot(a[4 * i..][..4], b[4 * i..][..4])`.
#[inline(always)]
unsafe fn sdot(mut acc: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: registers only; the caller promises the dot-product extension.
    unsafe {
        std::arch::asm!(
            ".arch_extension dotprod",
            "sdot {acc:v}.4s, {a:v}.16b, {b:v}.16b",
            acc = inout(vreg) acc, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack),
        );
    }
    acc
}
