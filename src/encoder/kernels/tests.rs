use super::*;

/// Numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// In -1..1.
    fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }
}

/// A linear layer in plain order, its packed weights, and an input.
struct Case {
    weights: Vec<i8>,
    packed: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    sums: Vec<i32>,
    bytes: Vec<u8>,
    row_scales: Vec<Scale>,
    inputs: usize,
}

impl Case {
    fn new(
        rows: usize,
        inputs: usize,
        channels: usize,
        mut byte: impl FnMut() -> u8,
        mut weight: impl FnMut() -> i8,
    ) -> Self {
        let mut numbers = Numbers(1);
        let weights: Vec<i8> = (0..channels * inputs).map(|_| weight()).collect();
        let mut packed = vec![0; weights.len()];
        for n in 0..channels {
            for k in 0..inputs {
                let at = ((n / BLOCK * (inputs / 4) + k / 4) * BLOCK + n % BLOCK) * 4 + k % 4;
                packed[at] = weights[n * inputs + k];
            }
        }
        let sum = |row: &[i8]| row.iter().map(|w| i32::from(*w)).sum();
        Self {
            sums: weights.chunks_exact(inputs).map(sum).collect(),
            weights,
            packed,
            scales: (0..channels).map(|_| numbers.float().abs() + 0.1).collect(),
            bias: numbers.floats(channels),
            bytes: (0..rows * inputs).map(|_| byte()).collect(),
            row_scales: (0..rows)
                .map(|_| Scale {
                    step: numbers.float().abs(),
                    zero: numbers.below(128) as i32,
                })
                .collect(),
            inputs,
        }
    }

    /// The definition, one output at a time.
    fn expected(&self) -> Vec<f32> {
        let mut out = Vec::new();
        for (row, scale) in self.bytes.chunks_exact(self.inputs).zip(&self.row_scales) {
            for (n, weights) in self.weights.chunks_exact(self.inputs).enumerate() {
                let products = row.iter().zip(weights);
                let sum: i64 = products
                    .map(|(u, w)| (i64::from(*u) - i64::from(scale.zero)) * i64::from(*w))
                    .sum();
                out.push((sum as f32).mul_add(self.scales[n] * scale.step, self.bias[n]));
            }
        }
        out
    }

    fn run(&self, simd: Simd) -> Vec<f32> {
        let matrix = Matrix {
            weights: &self.packed,
            scales: &self.scales,
            bias: &self.bias,
            sums: &self.sums,
            inputs: self.inputs,
        };
        let mut out = vec![f32::NAN; self.row_scales.len() * self.scales.len()];
        let input = Quantized {
            bytes: &self.bytes,
            scales: &self.row_scales,
        };
        matmul(simd, input, &matrix, &mut out);
        out
    }
}

#[test]
fn matmul_equals_the_definition_bit_for_bit() {
    for (rows, inputs, channels) in (1..=13).map(|rows| (rows, 8 * rows, 64)).chain([
        (7, 40, 128),
        (3, 400, 64),
        (25, 384, 192),
        (3, 1536, 64),
    ]) {
        let (mut a, mut w) = (Numbers(2), Numbers(3));
        let case = Case::new(
            rows,
            inputs,
            channels,
            || a.next() as u8 & 127,
            || (w.below(255) as i16 - 127) as i8,
        );
        for simd in Simd::available() {
            assert_eq!(
                case.run(simd),
                case.expected(),
                "{} {rows}x{inputs}",
                simd.name()
            );
        }
    }
}

#[test]
fn matmul_does_not_saturate_at_the_extremes() {
    for byte in [0, 1, 63, 64, 127] {
        for weight in [-127, 127] {
            let case = Case::new(4, 1536, 64, || byte, || weight);
            for simd in Simd::available() {
                assert_eq!(case.run(simd), case.expected(), "{} {byte}", simd.name());
            }
        }
    }
}

#[test]
fn rotation_is_hadamard_within_each_lane() {
    // Width 64: one group of four vectors.
    let mut row = vec![0.0; 64];
    (row[3], row[16 + 3], row[32 + 3], row[48 + 3]) = (1.0, 2.0, 3.0, 5.0);
    rotate(&mut row);
    assert_eq!([row[3], row[19], row[35], row[51]], [11.0, -3.0, -5.0, 1.0]);
    assert_eq!(row.iter().filter(|value| **value != 0.0).count(), 4);
    assert_eq!([16, 48, 384, 1536].map(rotation_size), [1, 1, 8, 32]);

    let original: Vec<f32> = (0..384).map(|i| (i % 23) as f32 - 11.0).collect();
    let mut row = original.clone();
    rotate(&mut row);
    rotate(&mut row);
    assert!(
        row.iter()
            .zip(&original)
            .all(|(twice, once)| *twice == 8.0 * once)
    );
}

#[test]
fn quantize_is_within_half_a_step_of_the_rotated_row_and_exact_at_zero() {
    let mut numbers = Numbers(4);
    for width in [16, 64, 384, 1536] {
        let mut row = numbers.floats(width);
        row[9] = 5.5;
        let mut rotated = row.clone();
        rotate(&mut rotated);
        for simd in Simd::available() {
            let (mut changed, mut bytes) = (row.clone(), vec![0; width]);
            let scale = quantize(simd, &mut changed, &mut bytes);
            assert_eq!(changed, rotated, "{}", simd.name());
            for (value, byte) in rotated.iter().zip(&bytes) {
                let back = scale.step * (i32::from(*byte) - scale.zero) as f32;
                assert!(
                    (value - back).abs() <= scale.step * 0.501,
                    "{value} became {back}"
                );
            }
            let zeros = quantize(simd, &mut vec![0.0; width], &mut bytes);
            assert_eq!((zeros.zero, bytes), (0, vec![0; width]));
        }
    }
}

#[test]
fn add_norm_equals_the_formula() {
    let mut numbers = Numbers(5);
    let [x, y, gain, bias] = std::array::from_fn(|_| numbers.floats(384));
    let sum: Vec<f64> = x.iter().zip(&y).map(|(a, b)| f64::from(a + b)).collect();
    let mean = sum.iter().sum::<f64>() / 384.0;
    let variance = sum.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 384.0;
    for simd in Simd::available() {
        let mut got = x.clone();
        add_norm(
            simd,
            &mut got,
            &y,
            &Norm {
                gain: &gain,
                bias: &bias,
            },
        );
        for i in 0..384 {
            let expected =
                (sum[i] - mean) / variance.sqrt() * f64::from(gain[i]) + f64::from(bias[i]);
            assert!((f64::from(got[i]) - expected).abs() < 1e-5);
        }
    }
}

/// erf by its Taylor series, exact to 1e-12 for |x| <= 4.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..120 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

#[test]
fn gelu_is_within_its_stated_error() {
    let inputs: Vec<f32> = (-5504..5504).map(|i| i as f32 / 1000.0).collect();
    for simd in Simd::available() {
        let mut got = inputs.clone();
        gelu(simd, &mut got);
        for (x, got) in inputs.iter().zip(got) {
            let x = f64::from(*x);
            let expected = x / 2.0 * (1.0 + erf(x / std::f64::consts::SQRT_2));
            assert!(
                (f64::from(got) - expected).abs() < 1e-6,
                "{x}: {got}, not {expected}"
            );
        }
        let mut far = [50.0; 16];
        far[1] = -50.0;
        gelu(simd, &mut far);
        // 2^-100 is the least tail.
        assert_eq!(far[..2], [50.0, -50.0 * 2f32.powi(-100)]);
    }
}

/// Softmax attention of one query, in `f64`.
fn attend(query: &[f32], keys: &[f32], values: &[f32]) -> Vec<f64> {
    let dim = query.len();
    let weights: Vec<f64> = keys
        .chunks_exact(dim)
        .map(|key| {
            let score: f64 = query.iter().zip(key).map(|(q, k)| f64::from(q * k)).sum();
            (score / (dim as f64).sqrt()).exp()
        })
        .collect();
    let total: f64 = weights.iter().sum();
    (0..dim)
        .map(|i| {
            let rows = weights.iter().zip(values.chunks_exact(dim));
            rows.map(|(weight, value)| weight / total * f64::from(value[i]))
                .sum()
        })
        .collect()
}

#[test]
fn attention_equals_the_formula_and_ignores_padding() {
    let shapes: [(usize, usize); 6] = [(1, 1), (2, 2), (5, 31), (7, 32), (13, 33), (6, 256)];
    let cases = HEAD_DIMS.map(|dim| shapes.map(|(queries, length)| (dim, queries, length)));
    for (dim, queries, length) in cases.into_iter().flatten() {
        let mut numbers = Numbers(6);
        let padded = length.next_multiple_of(KEY_PAD);
        let stride = dim + 8;
        let query = numbers.floats(queries * stride);
        let keys: Vec<f32> = numbers
            .floats(length * dim)
            .iter()
            .map(|k| k * 4.0)
            .collect();
        let values = numbers.floats(length * dim);
        let mut transposed = vec![1e3; dim * padded];
        let mut blocks: Vec<_> = transposed.chunks_exact_mut(dim * KEY_PAD).collect();
        for (position, key) in keys.chunks_exact(dim).enumerate() {
            for (i, value) in key.iter().enumerate() {
                blocks[position / KEY_PAD][i * KEY_PAD + position % KEY_PAD] = *value;
            }
        }
        let mut padded_values = values.clone();
        padded_values.resize(padded * dim, 1e6);
        let mut bits: Option<Vec<f32>> = None;
        for simd in Simd::available() {
            let mut out = vec![0.0; queries * stride];
            let head = Head {
                dim,
                queries,
                query: &query,
                query_stride: stride,
                keys: &transposed,
                values: &padded_values,
                length,
                out_stride: stride,
            };
            attention(simd, head, &mut out, &mut vec![0.0; SCORE_ROWS * padded]);
            for (got, query) in out.chunks_exact(stride).zip(query.chunks_exact(stride)) {
                let expected = attend(&query[..dim], &keys, &values);
                for (got, expected) in got.iter().zip(expected) {
                    assert!(
                        (f64::from(*got) - expected).abs() < 1e-5,
                        "{got}, not {expected}"
                    );
                }
            }
            assert_eq!(
                bits.get_or_insert_with(|| out.clone()),
                &out,
                "{}",
                simd.name()
            );
        }
    }
}

#[test]
fn floating_point_kernels_give_the_same_bits_on_every_path() {
    let mut numbers = Numbers(7);
    let row: Vec<f32> = numbers.floats(384).iter().map(|v| v * 6.0).collect();
    let [y, gain, bias] = std::array::from_fn(|_| numbers.floats(384));
    let run = |simd: Simd| {
        let mut x = row.clone();
        add_norm(
            simd,
            &mut x,
            &y,
            &Norm {
                gain: &gain,
                bias: &bias,
            },
        );
        gelu(simd, &mut x);
        let mut bytes = vec![0; 384];
        let scale = quantize(simd, &mut x, &mut bytes);
        (x, scale, bytes)
    };
    let expected = run(Simd::SCALAR);
    for simd in Simd::available() {
        assert_eq!(run(simd), expected, "{}", simd.name());
    }
}
