//! Plain Rust for any machine: the reference that the others must equal bit for bit.

use super::tile::Isa;

/// Any machine.
pub(super) struct Scalar;

impl Isa for Scalar {
    type Vector = [i32; 16];
    type Floats = [f32; 16];
    const ROWS: usize = 2;

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
}
