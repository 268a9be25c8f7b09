//! Sums and extremes of rows in a fixed order: sixteen lanes, the unit of the floating-point
//! kernels that are plain Rust.
//!
//! The compiler turns sixteen lanes into the vectors of the instruction set that a kernel is compiled
//! for: one 512-bit register, two of 256 bits, four of 128. Operations are the same IEEE-754
//! operations everywhere: fused multiply-add is fused, and lanes are combined in one fixed tree. So
//! the kernels give the same bits whatever the instruction set.
//!
//! Three things keep the compiler on vectors. Minimum and maximum are comparisons, since `f32::min`
//! has rules for NaN that no instruction has. Numbers are rounded by adding [`ROUNDER`], since a
//! cast to an integer must check for numbers that do not fit. The tree over lanes is a call of its own:
//! where it is inlined, the compiler uses the tree's shorter vectors in the loop before it, too.

/// `1.5 * 2^23`. The sum with an `x` of magnitude below 2^22 is rounded to a whole number, ties to
/// even, whose two's complement is in its lower 22 bits.
pub(super) const ROUNDER: f32 = 12_582_912.0;

/// Folds a row, whose length is a multiple of 16, from `start` in every lane; `combine` joins lanes.
#[inline(always)]
pub(super) fn fold(
    row: &[f32],
    start: f32,
    step: impl Fn(f32, f32) -> f32,
    combine: impl Fn(f32, f32) -> f32,
) -> f32 {
    let mut lanes = [start; 16];
    for values in row.as_chunks::<16>().0 {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = step(*lane, *value);
        }
    }
    join(lanes, combine)
}

/// Smallest and largest value of a row and 0.
#[inline(always)]
pub(super) fn extremes(row: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = ([0.0; 16], [0.0; 16]);
    for values in row.as_chunks::<16>().0 {
        for ((low, high), value) in low.iter_mut().zip(&mut high).zip(values) {
            *low = smaller(*low, *value);
            *high = larger(*high, *value);
        }
    }
    (join(low, smaller), join(high, larger))
}

/// Combines lane `i` with lane `i + 8`, then `i + 4`, `i + 2`, `i + 1`.
#[inline(never)]
fn join(mut lanes: [f32; 16], combine: impl Fn(f32, f32) -> f32) -> f32 {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] = combine(lanes[i], lanes[i + half]);
        }
    }
    lanes[0]
}

#[inline(always)]
pub(super) fn sum(a: f32, b: f32) -> f32 {
    a + b
}

#[inline(always)]
pub(super) fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
pub(super) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
