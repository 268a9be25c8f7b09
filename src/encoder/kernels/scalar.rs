//! Portable kernels: plain Rust, the reference that the others must equal bit for bit.

use super::simd::F32x16;
use super::{BLOCK, Isa};

/// Any machine.
pub(super) struct Scalar;

impl Isa for Scalar {
    type Vector = Lanes;
    const TILE_ROWS: usize = 2;
    const SHIFT: i32 = 0;

    /// Reads `[K/4][64][4]`: for every step of four inputs, 64 channels of four weights.
    #[inline(always)]
    unsafe fn tile<const R: usize>(
        rows: *const u8,
        stride: usize,
        block: *const i8,
        k: usize,
        out: &mut [[i32; BLOCK]; R],
    ) {
        *out = [[0; BLOCK]; R];
        for step in 0..k / 4 {
            for (r, sums) in out.iter_mut().enumerate() {
                for (channel, sum) in sums.iter_mut().enumerate() {
                    for i in 0..4 {
                        // SAFETY: the caller promises `R` rows of `k` bytes, `stride` apart, and
                        // a block of `k * 64` weights.
                        let (a, w) = unsafe {
                            (
                                *rows.add(r * stride + step * 4 + i),
                                *block.add((step * BLOCK + channel) * 4 + i),
                            )
                        };
                        *sum += i32::from(a) * i32::from(w);
                    }
                }
            }
        }
    }
}

/// Sixteen lanes as an array.
#[derive(Clone, Copy)]
pub(super) struct Lanes([f32; 16]);

impl Lanes {
    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl F32x16 for Lanes {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 16])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller promises 16 elements; no alignment is assumed.
        Self(unsafe { from.cast::<[f32; 16]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn load_i32(from: *const i32) -> Self {
        // SAFETY: as in `load`.
        Self(unsafe { from.cast::<[i32; 16]>().read_unaligned() }.map(|v| v as f32))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller promises 16 elements; no alignment is assumed.
        unsafe { to.cast::<[f32; 16]>().write_unaligned(self.0) };
    }

    #[inline(always)]
    unsafe fn store_u8(self, to: *mut u8) {
        // SAFETY: the caller promises 16 bytes.
        unsafe {
            to.cast::<[u8; 16]>()
                .write_unaligned(self.0.map(|v| v as u8))
        };
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|i| {
            self.0[i].mul_add(factor.0[i], addend.0[i])
        }))
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, f32::min)
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, f32::max)
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        self.map(f32::abs)
    }

    #[inline(always)]
    unsafe fn copysign(self, sign: Self) -> Self {
        self.zip(sign, f32::copysign)
    }

    #[inline(always)]
    unsafe fn round_ties_even(self) -> Self {
        self.map(f32::round_ties_even)
    }

    #[inline(always)]
    unsafe fn exp2_int(self) -> Self {
        self.map(|v| f32::from_bits(((v as i32 + 127) as u32) << 23))
    }
}
