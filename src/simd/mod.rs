//! The processor's instruction sets: detected once, and dispatched in one place.
//!
//! A [`Simd`] is the proof that this processor has an instruction set: only [`Simd::detect`],
//! [`Simd::named`] and [`Simd::available`] make one. Whoever computes holds one and passes it on. A
//! loop that wants wide vectors is a `Kernel`, written once; `Simd::run` compiles it for every
//! instruction set and calls the one that it stands for:
//!
//! ```text
//! Simd::detect()  ->  encoder, index  ->  Simd::run(kernel)  ->  kernel.run::<Avx512Vnni>()
//!  (environment,       (keep it)           (one match)            (compiled with its features)
//!   processor)
//! ```
//!
//! | name | needs |
//! |---|---|
//! | `avx512vnni` | AVX-512 F, BW, VL and VNNI |
//! | `avxvnni` | AVX2, FMA, AVX-VNNI |
//! | `avx2` | AVX2, FMA |
//! | `neon` | aarch64 with the dot-product extension |
//! | `scalar` | nothing |
//!
//! The environment variable `DOCENT_KERNEL` forces one by name. Integer sums are exact and every
//! operation on floats has the same order and rounding everywhere, so **all instruction sets give the
//! same bits**.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

/// The environment variable that forces an instruction set by name.
pub const KERNEL_VARIABLE: &str = "DOCENT_KERNEL";

/// An instruction set that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simd(InstructionSet);

/// All instruction sets that this build knows, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InstructionSet {
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    Scalar,
}

impl InstructionSet {
    const ALL: &[Self] = &[
        #[cfg(target_arch = "x86_64")]
        Self::Avx512Vnni,
        #[cfg(target_arch = "x86_64")]
        Self::AvxVnni,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        #[cfg(target_arch = "aarch64")]
        Self::NeonDot,
        Self::Scalar,
    ];

    /// Whether this processor has it.
    fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                has_avx2
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => has_avx2 && is_x86_feature_detected!("avxvnni"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has_avx2,
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => std::arch::is_aarch64_feature_detected!("dotprod"),
            Self::Scalar => true,
        }
    }
}

/// What can go wrong when an instruction set is chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// `DOCENT_KERNEL` names an instruction set that this processor, or this build, does not have.
    #[error(
        "DOCENT_KERNEL asks for the kernel `{asked}`, which is not available here\n\
         hint: unset it, or use one of: {}", available.join(", ")
    )]
    Unavailable {
        /// What the environment variable says.
        asked: String,
        /// The instruction sets of this machine, best first.
        available: Vec<&'static str>,
    },
}

impl Simd {
    /// The instruction set that `DOCENT_KERNEL` names, else the best one of this processor.
    ///
    /// # Errors
    ///
    /// [`KernelError::Unavailable`] if the variable names one that is not there.
    pub fn detect() -> Result<Self, KernelError> {
        match std::env::var(KERNEL_VARIABLE) {
            Ok(asked) if !asked.is_empty() => Self::named(&asked),
            _ => Ok(Self::best()),
        }
    }

    /// The best instruction set of this processor.
    pub fn best() -> Self {
        Self::available().next().unwrap_or(Self::SCALAR)
    }

    /// The instruction set called `name`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Unavailable`] if this machine does not have it.
    pub fn named(name: &str) -> Result<Self, KernelError> {
        let found = Self::available().find(|simd| simd.name() == name);
        found.ok_or_else(|| KernelError::Unavailable {
            asked: name.to_owned(),
            available: Self::available().map(Self::name).collect(),
        })
    }

    /// All instruction sets of this machine, best first; the last is `scalar`.
    pub fn available() -> impl Iterator<Item = Self> {
        let all = InstructionSet::ALL.iter().copied();
        all.filter(|set| set.is_available()).map(Self)
    }

    /// What every processor has.
    pub const SCALAR: Self = Self(InstructionSet::Scalar);

    /// Its name, as `DOCENT_KERNEL` takes it.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512Vnni => "avx512vnni",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::AvxVnni => "avxvnni",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            InstructionSet::NeonDot => "neon",
            InstructionSet::Scalar => "scalar",
        }
    }

    /// Runs `kernel`, compiled for this instruction set.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        macro_rules! compiled {
            ($vectors:ty $(, $features:literal)?) => {{
                $(#[target_feature(enable = $features)])?
                unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
                    kernel.run::<$vectors>()
                }
                // SAFETY: a `Simd` exists only where the processor has its instruction set.
                unsafe { run(kernel) }
            }};
        }
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512Vnni => compiled!(
                avx512::Avx512Vnni,
                "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma"
            ),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::AvxVnni => compiled!(avx2::Avx2<true>, "avxvnni,avx2,fma"),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => compiled!(avx2::Avx2<false>, "avx2,fma"),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::NeonDot => compiled!(neon::NeonDot),
            InstructionSet::Scalar => compiled!(scalar::Scalar),
        }
    }

    /// The dot product over the shorter length, summed in a fixed order: the same on every machine,
    /// whichever its vectors.
    #[inline]
    pub fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        self.run(Dot { a, b })
    }
}

/// A loop that is compiled for every instruction set.
pub(crate) trait Kernel {
    /// What it computes.
    type Output;

    /// Computes it. Implementations are `#[inline(always)]`: what is not inlined is compiled without
    /// the instructions. For the same reason they use loops rather than closures such as those of
    /// `array::map`.
    ///
    /// The processor has the instructions of `V`: types that implement [`Vectors`] cannot be named
    /// outside of this module, so only [`Simd::run`] calls this method.
    fn run<V: Vectors>(self) -> Self::Output;
}

/// An instruction set's vectors and what the hand-written kernels do with them.
///
/// # Safety
///
/// Methods may be called only where the processor has the instructions; pointers must be valid
/// for what a method says that it reads and need no alignment.
pub(crate) trait Vectors {
    /// Sums of 32 bits, or the four bytes that each is summed from; plain bits.
    type Ints: Copy;
    /// As many lanes of `f32`; plain bits.
    type Floats: Copy;
    /// Rows of a full tile of an integer matrix product, at most 6.
    const ROWS: usize;
    /// Vectors of channels of such a tile.
    const TILE_VECTORS: usize;

    /// Four activation bytes in every lane.
    unsafe fn broadcast(from: *const u8) -> Self::Ints;
    /// `sums + bytes . weights`, exact, for bytes of at most 127.
    unsafe fn dot(sums: Self::Ints, bytes: Self::Ints, weights: Self::Ints) -> Self::Ints;
    /// `value` in every lane.
    unsafe fn splat(value: f32) -> Self::Floats;
    /// `a * b + sums`, rounded once.
    unsafe fn mul_add(a: Self::Floats, b: Self::Floats, sums: Self::Floats) -> Self::Floats;
    /// The exact dot products of `length` codes at `query`, none of them -128, with those at each of
    /// `rows`; `length` is a multiple of 64.
    unsafe fn dot_rows<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R];
}

/// See [`Simd::dot`].
struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl Kernel for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<V: Vectors>(self) -> f32 {
        // Independent sums, so that the compiler may use vector registers without reordering; four
        // of the widest, so that one need not wait for the other.
        let mut lanes = [0.0f32; 64];
        let length = self.a.len().min(self.b.len());
        let (a, a_rest) = self.a[..length].as_chunks::<64>();
        let (b, b_rest) = self.b[..length].as_chunks::<64>();
        for (x, y) in a.iter().zip(b) {
            for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
                *lane += x * y;
            }
        }
        for ((lane, x), y) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
            *lane += x * y;
        }
        let mut width = lanes.len() / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] += lanes[i + width];
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// Asks for `memory` before it is needed; a hint that changes nothing else.
#[inline(always)]
pub(crate) fn prefetch<T>(memory: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in memory.chunks(64 / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and cannot fault; SSE is in every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = memory;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_of_any_length_is_exact_on_small_integers() {
        for n in 0..70u32 {
            let a: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let expected: u32 = (0..n).map(|i| i * i).sum();
            for simd in Simd::available() {
                assert_eq!(simd.dot(&a, &a), expected as f32, "{}, {n}", simd.name());
            }
        }
    }

    #[test]
    fn dot_gives_the_same_bits_on_every_instruction_set() {
        let a: Vec<f32> = (0..399).map(|i| (i as f32 * 0.7).sin()).collect();
        let b: Vec<f32> = (0..399).map(|i| (i as f32 * 0.3).cos()).collect();
        for simd in Simd::available() {
            assert_eq!(
                simd.dot(&a, &b),
                Simd::SCALAR.dot(&a, &b),
                "{}",
                simd.name()
            );
        }
    }

    #[test]
    fn an_unavailable_instruction_set_is_an_error_with_the_available_ones() {
        let error = Simd::named("sse9").unwrap_err().to_string();
        assert!(error.contains("`sse9`"));
        assert!(error.lines().last().unwrap().starts_with("hint: "));
        assert!(error.ends_with("scalar"));
    }
}
