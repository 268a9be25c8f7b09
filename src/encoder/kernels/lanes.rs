//! Sixteen `f32` lanes, the unit of the floating-point kernels that are plain Rust.
//!
//! Plain Rust, which the compiler turns into the vectors of the instruction set that a kernel is
//! compiled for: one 512-bit register, two of 256 bits, four of 128. Operations are the same IEEE-754
//! operations everywhere: fused multiply-add is fused, and sums over lanes take one fixed tree. So
//! the kernels give the same bits whatever the instruction set.
//!
//! Three things keep the compiler on vectors. Minimum and maximum are comparisons, since `f32::min`
//! has rules for NaN that no instruction has. Numbers are rounded by adding [`ROUNDER`], since a
//! cast to an integer must check for numbers that do not fit. Sums over lanes are calls, since in
//! line they would tempt it to cut the loop before them into smaller vectors.

/// `1.5 * 2^23`. The sum with an `x` of magnitude below 2^22 is rounded to a whole number, ties to
/// even, whose two's complement is in its lower 22 bits.
pub(super) const ROUNDER: f32 = 12_582_912.0;

/// Sixteen lanes of `f32`.
#[derive(Clone, Copy)]
pub(super) struct Lanes(pub [f32; 16]);

impl Lanes {
    pub const ZERO: Self = Self([0.0; 16]);

    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; 16])
    }

    #[inline(always)]
    fn zip(mut self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        for (lane, other) in self.0.iter_mut().zip(other.0) {
            *lane = f(*lane, other);
        }
        self
    }

    /// `self * factor + addend`, rounded once.
    #[inline(always)]
    pub fn mul_add(mut self, factor: Self, addend: Self) -> Self {
        for (lane, (factor, addend)) in self.0.iter_mut().zip(factor.0.into_iter().zip(addend.0)) {
            *lane = lane.mul_add(factor, addend);
        }
        self
    }

    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.zip(other, smaller)
    }

    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.zip(other, larger)
    }

    /// Sum of the lanes.
    #[inline(never)]
    pub fn sum(self) -> f32 {
        self.fold(|a, b| a + b)
    }

    /// Smallest lane.
    #[inline(never)]
    pub fn smallest(self) -> f32 {
        self.fold(smaller)
    }

    /// Largest lane.
    #[inline(never)]
    pub fn largest(self) -> f32 {
        self.fold(larger)
    }

    /// Combines lane `i` with lane `i + 8`, then `i + 4`, `i + 2`, `i + 1`.
    fn fold(mut self, combine: impl Fn(f32, f32) -> f32) -> f32 {
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                self.0[i] = combine(self.0[i], self.0[i + half]);
            }
        }
        self.0[0]
    }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// An operator that takes lane by lane.
macro_rules! operator {
    ($name:ident, $method:ident, $op:tt) => {
        impl std::ops::$name for Lanes {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $op b)
            }
        }
    };
}
operator!(Add, add, +);
operator!(Sub, sub, -);

/// `row` as groups of 16; its length is a multiple of 16.
#[inline(always)]
pub(super) fn lanes<T>(row: &[T]) -> &[[T; 16]] {
    row.as_chunks().0
}
