//! AVX-512 VNNI: one `vpdpbusd` multiplies 64 codes and adds them up in 16 sums.
//!
//! The instruction wants one unsigned operand. A row's code `c` is taken as `c + 128`, which is a
//! flipped sign bit, and the query's sum times 128 is subtracted at the end:
//! `sum((c + 128) * q) - 128 * sum(q)`.

use std::arch::x86_64::*;

use super::{Isa, ROW_ALIGNMENT};

/// x86-64 with AVX-512 F, BW, VL and VNNI.
pub(super) struct Avx512Vnni;

impl Isa for Avx512Vnni {
    #[inline(always)]
    unsafe fn tile<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        // SAFETY: the caller promises the instructions and `length` codes at each pointer.
        unsafe {
            let flip = _mm512_set1_epi8(i8::MIN);
            let mut sums = [_mm512_setzero_si512(); R];
            // Each code of the query times 128.
            let mut excess = _mm512_setzero_si512();
            for at in (0..length).step_by(ROW_ALIGNMENT) {
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
