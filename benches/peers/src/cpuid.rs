//! Hides AVX-512 and AVX-VNNI from this process, so that every library in it takes what it has for
//! processors with AVX2 alone.
//!
//! Linux can make `cpuid` fault in user mode where the processor can (Intel since Ivy Bridge, and
//! virtual machines that pass it on). The fault's handler runs the instruction with faulting off
//! and clears the bits of its answer. Threads inherit the setting, programs that are started do not.

#![allow(unsafe_code)]

use std::arch::x86_64::{__cpuid_count, CpuidResult};

use anyhow::{Result, ensure};

/// The bytes of the instruction.
const CPUID: [u8; 2] = [0x0f, 0xa2];
/// Bits of leaf 7: F, DQ, IFMA, PF, ER, CD, BW, VL in EBX; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ in
/// ECX; 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, FP16, AMX-TILE, AMX-INT8 in EDX.
const LEAF_7: [u32; 3] = [0xdc23_0000, 0x5842, 0x03c0_010c];
/// Bits of leaf 7.1: AVX-VNNI, AVX512-BF16 in EAX; AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16,
/// AVX10 in EDX.
const LEAF_7_1: [u32; 2] = [0x30, 0x0008_0430];

/// From now on `cpuid` says that the processor has neither.
///
/// # Errors
///
/// If the processor or the kernel cannot make `cpuid` fault.
pub fn hide_avx512() -> Result<()> {
    // SAFETY: an all-zero `sigaction` is a valid one; the handler keeps to what a signal may do:
    // one system call and plain memory.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
    }
    ensure!(
        allow_cpuid(false) == 0,
        "this machine cannot make `cpuid` fault: {}",
        std::io::Error::last_os_error()
    );
    Ok(())
}

fn allow_cpuid(allow: bool) -> libc::c_long {
    const ARCH_CPUID_SET: libc::c_int = 0x1012;
    // SAFETY: changes how this thread runs `cpuid`, nothing else.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_CPUID_SET, i64::from(allow)) }
}

/// Answers a `cpuid` that faulted; any other fault is fatal, as without a handler.
unsafe extern "C" fn on_fault(
    signal: libc::c_int,
    _: *const libc::siginfo_t,
    context: *mut libc::ucontext_t,
) {
    // SAFETY: the kernel passes the context of the thread that faulted, whose instruction pointer
    // is at an instruction; a fault on reading it ends the process.
    unsafe {
        let registers = &mut (*context).uc_mcontext.gregs;
        let at = registers[libc::REG_RIP as usize] as *const [u8; 2];
        if *at != CPUID {
            libc::signal(signal, libc::SIG_DFL);
            return;
        }
        let [leaf, part] =
            [libc::REG_RAX, libc::REG_RCX].map(|name| registers[name as usize] as u32);
        let answer = masked(leaf, part);
        for (name, value) in [
            (libc::REG_RAX, answer.eax),
            (libc::REG_RBX, answer.ebx),
            (libc::REG_RCX, answer.ecx),
            (libc::REG_RDX, answer.edx),
        ] {
            registers[name as usize] = i64::from(value);
        }
        registers[libc::REG_RIP as usize] += CPUID.len() as i64;
    }
}

fn masked(leaf: u32, part: u32) -> CpuidResult {
    allow_cpuid(true);
    let mut answer = __cpuid_count(leaf, part);
    allow_cpuid(false);
    match (leaf, part) {
        (7, 0) => {
            answer.ebx &= !LEAF_7[0];
            answer.ecx &= !LEAF_7[1];
            answer.edx &= !LEAF_7[2];
        }
        (7, 1) => {
            answer.eax &= !LEAF_7_1[0];
            answer.edx &= !LEAF_7_1[1];
        }
        _ => {}
    }
    answer
}
