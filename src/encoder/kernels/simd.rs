//! Sixteen `f32` lanes, the unit of every floating-point kernel.
//!
//! Operations are the same IEEE-754 operations on every machine: fused multiply-add is fused
//! everywhere, conversions round to nearest-even, and sums over lanes take one fixed tree. So the
//! kernels written with this trait give the same bits whatever the instruction set.

/// Sixteen lanes of `f32`.
///
/// # Safety
///
/// Methods may use instructions that the implementing type stands for; call them only where the
/// processor has these. Pointers must be valid for 16 elements (64 bytes for `f32` and `i32`, 16
/// for `u8`); they need no alignment.
pub(super) trait F32x16: Copy {
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    /// Sixteen `i32`, converted.
    unsafe fn load_i32(from: *const i32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// Stores lanes, which must be integers in 0..=255, as bytes.
    unsafe fn store_u8(self, to: *mut u8);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    unsafe fn min(self, other: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    unsafe fn abs(self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    unsafe fn copysign(self, sign: Self) -> Self;
    unsafe fn round_ties_even(self) -> Self;
    /// 2 to the power of `self`, whose lanes are integers in -126..=127.
    unsafe fn exp2_int(self) -> Self;

    /// The lanes as an array.
    #[inline(always)]
    unsafe fn to_array(self) -> [f32; 16] {
        let mut lanes = [0.0; 16];
        // SAFETY: the array has 16 elements.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }

    /// Sum of the lanes, as a binary tree.
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: the caller's promise.
        fold(unsafe { self.to_array() }, |a, b| a + b)
    }

    /// Largest lane.
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        // SAFETY: the caller's promise.
        fold(unsafe { self.to_array() }, f32::max)
    }

    /// Smallest lane.
    #[inline(always)]
    unsafe fn smallest(self) -> f32 {
        // SAFETY: the caller's promise.
        fold(unsafe { self.to_array() }, f32::min)
    }
}

/// Combines lane `i` with lane `i + 8`, then `i + 4`, `i + 2`, `i + 1`.
#[inline(always)]
fn fold(mut lanes: [f32; 16], combine: impl Fn(f32, f32) -> f32) -> f32 {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] = combine(lanes[i], lanes[i + half]);
        }
    }
    lanes[0]
}
