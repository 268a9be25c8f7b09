//! Every path against the plain one.

use super::*;

/// Codes from -127 to 127 (-128 in one of 64 if `with_min`), the extremes often.
fn codes(count: usize, with_min: bool, seed: u64) -> Vec<i8> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as u32
    };
    let code = |random: u32| match random % 64 {
        0 if with_min => i8::MIN,
        1..=9 => i8::MAX,
        10..=19 => -i8::MAX,
        _ => ((random >> 6) % 255) as i32 as i16 as i8,
    };
    (0..count)
        .map(|_| code(next()))
        .map(|code| if with_min { code } else { code.max(-i8::MAX) })
        .collect()
}

fn reference(query: &[i8], row: &[i8]) -> i32 {
    let pairs = query.iter().zip(row);
    pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

#[test]
fn all_paths_are_exact_for_any_length_and_any_number_of_rows() {
    for blocks in 1..=24 {
        let length = blocks * ROW_ALIGNMENT;
        let query = codes(length, false, blocks as u64);
        let rows = codes(37 * length, true, 1_000 + blocks as u64);
        let expected: Vec<i32> = rows
            .chunks_exact(length)
            .map(|row| reference(&query, row))
            .collect();
        for kernels in Kernels::available() {
            for count in 0..=37 {
                // All rows are met, in another order than they lie in.
                let ids: Vec<u32> = (0..count).map(|i| (i * 15 + count) % 37).collect();
                let mut dots = vec![0; ids.len()];
                DotKernel::like(kernels).dots(&query, &rows, &ids, &mut dots);
                let expected: Vec<i32> = ids.iter().map(|&id| expected[id as usize]).collect();
                assert_eq!(dots, expected, "{}, {length} codes", kernels.name());
            }
        }
    }
}

#[test]
fn no_path_saturates() {
    for (query, row) in [(127, 127), (-127, 127), (127, -128), (-127, -128)] {
        let expected = i32::from(query) * i32::from(row) * 1_024;
        for kernels in Kernels::available() {
            let mut dots = [0; 1];
            DotKernel::like(kernels).dots(&[query; 1_024], &[row; 1_024], &[0], &mut dots);
            assert_eq!(dots, [expected], "{}", kernels.name());
        }
    }
}

#[test]
#[should_panic(expected = "assertion failed")]
fn an_id_that_is_no_row_is_refused() {
    let kernel = DotKernel::like(Kernels::available()[0]);
    kernel.dots(&[0; 64], &[0; 128], &[2], &mut [0]);
}
