//! Any processor: the reference of all other paths.

use super::Isa;

/// No instructions in particular.
pub(super) struct Scalar;

impl Isa for Scalar {
    #[inline(always)]
    unsafe fn tile<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R] {
        // SAFETY: the caller promises `length` codes at each pointer.
        let codes = |at: *const i8| unsafe { std::slice::from_raw_parts(at, length) };
        rows.map(|row| {
            let pairs = codes(query).iter().zip(codes(row));
            pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
        })
    }
}
