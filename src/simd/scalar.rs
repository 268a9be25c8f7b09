//! Plain Rust for any machine: the reference that the others must equal bit for bit.

use super::Vectors;

/// Any machine.
pub(super) struct Scalar;

impl Vectors for Scalar {
    type Ints = [i32; 16];
    type Floats = [f32; 16];
    const ROWS: usize = 2;
    const TILE_VECTORS: usize = 4;

    #[inline(always)]
    unsafe fn broadcast(from: *const u8) -> [i32; 16] {
        // SAFETY: the caller promises four bytes.
        [unsafe { from.cast::<i32>().read_unaligned() }; 16]
    }

    #[inline(always)]
    unsafe fn dot(sums: [i32; 16], bytes: [i32; 16], weights: [i32; 16]) -> [i32; 16] {
        std::array::from_fn(|channel| {
            let weights = weights[channel].to_ne_bytes();
            let products = bytes[channel].to_ne_bytes().into_iter().zip(weights);
            let dot: i32 = products
                .map(|(u, w)| i32::from(u) * i32::from(w as i8))
                .sum();
            sums[channel] + dot
        })
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> [f32; 16] {
        [value; 16]
    }

    #[inline(always)]
    unsafe fn mul_add(a: [f32; 16], b: [f32; 16], sums: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|lane| a[lane].mul_add(b[lane], sums[lane]))
    }

    #[inline(always)]
    unsafe fn dot_rows<const R: usize>(
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
