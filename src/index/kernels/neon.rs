//! aarch64: `smull` multiplies eight codes, `sadalp` adds pairs of products to four sums.
//!
//! A product is at most 128 * 127 and fits 16 bits. (`sdot` would do both at once; its intrinsic is
//! not stable.)

use std::arch::aarch64::*;

use super::Isa;

/// Codes in a register.
const STEP: usize = 16;

/// aarch64; NEON is in its base set.
pub(super) struct Neon;

impl Isa for Neon {
    #[inline(always)]
    unsafe fn tile<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        // SAFETY: the caller promises `length` codes at each pointer.
        unsafe {
            let mut sums = [vdupq_n_s32(0); R];
            for at in (0..length).step_by(STEP) {
                let q = vld1q_s8(query.add(at));
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let codes = vld1q_s8(row.add(at));
                    let low = vmull_s8(vget_low_s8(codes), vget_low_s8(q));
                    let high = vmull_high_s8(codes, q);
                    *sum = vpadalq_s16(vpadalq_s16(*sum, low), high);
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
