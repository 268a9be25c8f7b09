//! Dot products of int8 rows, compiled once for each instruction set and chosen at run time.
//!
//! One call takes a query and the rows that a list of links names: the sums are exact integers, so
//! every path gives the same, and a build the same bytes on every machine.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use crate::encoder::kernels::{KernelError, Kernels};

/// Rows are padded with zeros to a multiple of this many codes: a cache line, and no path has a
/// remainder to take care of.
pub(super) const ROW_ALIGNMENT: usize = 64;
/// Rows that are multiplied at a time, so that their loads wait together.
const TILE: usize = 4;

/// The rows that a query is multiplied with.
#[derive(Clone, Copy)]
struct Job<'a> {
    /// `length` codes, none of them -128.
    query: *const i8,
    /// A multiple of [`ROW_ALIGNMENT`].
    length: usize,
    /// Row `i` starts `i * length` codes after this.
    rows: *const i8,
    /// Rows to multiply with.
    ids: &'a [u32],
}

/// One instruction set.
///
/// Implementations use loops rather than `array::map`: what is not inlined, as its closures often
/// are not, is compiled without the instructions.
trait Isa {
    /// The dot products of `length` codes at `query` with those at each of `rows`.
    ///
    /// # Safety
    ///
    /// The processor has the instructions, all pointers are good for `length` codes, a multiple
    /// of [`ROW_ALIGNMENT`], and no code of the query is -128.
    unsafe fn tile<const R: usize>(
        query: *const i8,
        rows: [*const i8; R],
        length: usize,
    ) -> [i32; R];
}

/// Multiplies all rows of a job, [`TILE`] at a time.
///
/// # Safety
///
/// As [`Isa::tile`] for every row of `job`; `dots` is as long as `job.ids`.
#[inline(always)]
unsafe fn run<I: Isa>(job: Job<'_>, dots: &mut [i32]) {
    let (tiles, rest) = job.ids.as_chunks::<TILE>();
    let (dot_tiles, dot_rest) = dots.as_chunks_mut::<TILE>();
    // SAFETY: the caller promises that every id is a row.
    let row = |id: u32| unsafe { job.rows.add(id as usize * job.length) };
    for (&[a, b, c, d], dots) in tiles.iter().zip(dot_tiles) {
        // SAFETY: the caller's promise.
        *dots = unsafe { I::tile(job.query, [row(a), row(b), row(c), row(d)], job.length) };
    }
    for (&id, dot) in rest.iter().zip(dot_rest) {
        // SAFETY: the caller's promise.
        [*dot] = unsafe { I::tile(job.query, [row(id)], job.length) };
    }
}

/// Compiles [`run`] for one instruction set.
macro_rules! dots {
    ($isa:ty $(, $features:literal)?) => {{
        $(#[target_feature(enable = $features)])?
        unsafe fn dots(job: Job<'_>, dots: &mut [i32]) {
            // SAFETY: the caller's promise.
            unsafe { run::<$isa>(job, dots) }
        }
        dots
    }};
}

/// One way to multiply int8 rows; exists only where the processor can do it.
#[derive(Clone, Copy)]
pub(super) struct DotKernel(unsafe fn(Job<'_>, &mut [i32]));

impl std::fmt::Debug for DotKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DotKernel")
    }
}

impl DotKernel {
    /// The path that the encoder takes: what `DOCENT_KERNEL` names, else the best one.
    ///
    /// # Errors
    ///
    /// [`KernelError::Unavailable`] if the variable names a path that is not there.
    pub fn detect() -> Result<Self, KernelError> {
        Kernels::detect().map(Self::like)
    }

    /// The path of the same name as the encoder's, which needs at least the same instructions.
    pub fn like(kernels: Kernels) -> Self {
        Self(match kernels.name() {
            #[cfg(target_arch = "x86_64")]
            "avx512vnni" => dots!(
                avx512::Avx512Vnni,
                "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma"
            ),
            #[cfg(target_arch = "x86_64")]
            "avxvnni" => dots!(avx2::AvxVnni, "avxvnni,avx2,fma"),
            #[cfg(target_arch = "x86_64")]
            "avx2" => dots!(avx2::Avx2, "avx2,fma"),
            #[cfg(target_arch = "aarch64")]
            "neon" => dots!(neon::Neon),
            _ => dots!(scalar::Scalar),
        })
    }

    /// The dot products of `query` with the rows `ids` of `rows`, which are as long as it.
    ///
    /// # Panics
    ///
    /// If the query's length is no multiple of [`ROW_ALIGNMENT`], an id is not one of a row, or
    /// `dots` is not as long as `ids`.
    pub fn dots(self, query: &[i8], rows: &[i8], ids: &[u32], dots: &mut [i32]) {
        let length = query.len();
        assert!(length > 0 && length.is_multiple_of(ROW_ALIGNMENT) && dots.len() == ids.len());
        let count = rows.len() / length;
        assert!(ids.iter().all(|&id| (id as usize) < count));
        debug_assert!(!query.contains(&i8::MIN));
        let job = Job {
            query: query.as_ptr(),
            length,
            rows: rows.as_ptr(),
            ids,
        };
        // SAFETY: lengths and ids are checked above; a `DotKernel` exists only where its path does.
        unsafe { (self.0)(job, dots) }
    }
}
