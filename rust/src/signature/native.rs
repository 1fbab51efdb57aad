//! Headers of programs and libraries that a processor runs: ELF, PE, Mach-O, CUDA.
//!
//! What loaders look at is demanded and nothing else: a header that the loader accepts must not hide by a field it ignores.

use super::bytes::{big16, big32, little16, little32, little64};

/// What follows the magic number decides: type, machine and the size of one entry of a table (`elf.h`). The class and the
/// byte order are tried, not read: kernels ignore them. In random bytes one place in 2^69 passes: four bytes of magic, 14
/// bits of type, 7 of machine, 16 of the size of an entry.
pub(super) fn is_elf(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"\x7fELF") {
        return false;
    }
    [little16 as fn(&[u8], usize) -> Option<u16>, big16].into_iter().any(|read| {
        let kind = read(bytes, 16);
        let machine = read(bytes, 18).is_some_and(|machine| (1..512).contains(&machine) || machine == 0x9026);
        // A table of segments, of which a program needs one; a table of sections in what is linked later.
        let segments = read(bytes, 54) == Some(56) || read(bytes, 42) == Some(32);
        let sections = read(bytes, 58) == Some(64) || read(bytes, 46) == Some(40);
        machine && ((matches!(kind, Some(2..=4)) && segments) || (kind == Some(1) && sections))
    })
}

/// Machines of PE files (PE Format, "Machine Types").
const PE_MACHINES: &[u16] =
    &[0x14c, 0x8664, 0xaa64, 0xa641, 0xa64e, 0x1c0, 0x1c2, 0x1c4, 0x200, 0x5032, 0x5064, 0x5128, 0x6232, 0x6264, 0xebc];

/// Where the DOS header at the front says that the PE header lies.
pub(super) fn pe_header(bytes: &[u8]) -> Option<u64> {
    bytes.starts_with(b"MZ").then(|| little32(bytes, 0x3c).map(u64::from)).flatten()
}

/// Four bytes, and one of fifteen machines: one place in 2^44, and it needs a DOS header that leads there.
pub(super) fn is_pe_header(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PE\0\0") && little16(bytes, 4).is_some_and(|machine| PE_MACHINES.contains(&machine))
}

/// `mach-o/loader.h`: a known processor, a type of file, and commands that fit their size. Beyond the magic number of
/// four bytes in four forms, 28 bits of processor, 27 of type, 16 of commands: one place in 2^100.
pub(super) fn is_mach_o(bytes: &[u8]) -> bool {
    let read = match bytes.get(..4) {
        Some(b"\xfe\xed\xfa\xce" | b"\xfe\xed\xfa\xcf") => big32 as fn(&[u8], usize) -> Option<u32>,
        Some(b"\xce\xfa\xed\xfe" | b"\xcf\xfa\xed\xfe") => little32,
        _ => return false,
    };
    let (Some(processor), Some(kind), Some(commands), Some(size)) =
        (read(bytes, 4), read(bytes, 12), read(bytes, 16), read(bytes, 20))
    else {
        return false;
    };
    is_processor(processor) && (1..=16).contains(&kind) && (1..=0xffff).contains(&commands) && size / 8 >= commands
}

/// Several Mach-O files in one: each named by processor, place, size and alignment (`mach-o/fat.h`). One in 2^80.
pub(super) fn is_fat(bytes: &[u8]) -> bool {
    let wide = bytes.starts_with(b"\xca\xfe\xba\xbf");
    if !wide && !bytes.starts_with(b"\xca\xfe\xba\xbe") {
        return false;
    }
    let align = big32(bytes, if wide { 32 } else { 24 });
    // A Java class has its version here, which is 45 at least.
    big32(bytes, 4).is_some_and(|count| (1..45).contains(&count))
        && big32(bytes, 8).is_some_and(is_processor)
        && align.is_some_and(|align| align < 32)
}

/// `mach/machine.h`: VAX to PowerPC, ARM and x86 among them, and the bits for 64-bit and 64/32-bit kinds.
fn is_processor(kind: u32) -> bool {
    matches!(kind & 0x00ff_ffff, 1..=24) && matches!(kind >> 24, 0..=3)
}

/// CUDA's fat binary: magic number, version 1, a header of 16 bytes. One place in 2^64.
pub(super) fn is_cuda(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x50\xed\x55\xba\x01\0\x10\0") && little64(bytes, 8).is_some_and(|size| size > 0)
}
