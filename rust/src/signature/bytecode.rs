//! Headers of what virtual machines run: WebAssembly, Java, Android, LLVM, Python.

use super::bytes::{big16, little16, little32, varint};

/// WebAssembly, core specification 5.5: eight bytes, then sections whose numbers are known and whose sizes are numbers.
/// Components (version 13) begin the same way.
pub(super) fn is_wasm(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"\0asm\x01\0\0\0") && !bytes.starts_with(b"\0asm\x0d\0\x01\0") {
        return false;
    }
    match bytes.get(8) {
        // An empty module is one.
        None => true,
        Some(section) => *section <= 13 && varint(bytes, 9).is_some_and(|(size, _)| u32::try_from(size).is_ok()),
    }
}

/// Entries of a constant pool that are looked at.
const CONSTANTS: usize = 6;

/// The Java Virtual Machine Specification, 4.1 and 4.4: version 45 to 99, and a pool of constants whose tags are known
/// and whose first entries follow each other. One place in 2^32 * 2^10 * 2^(6 * 3.9); 2^50 where the first is a long text.
pub(super) fn is_java(bytes: &[u8]) -> bool {
    let version = big16(bytes, 6).is_some_and(|version| (45..100).contains(&version));
    if !bytes.starts_with(b"\xca\xfe\xba\xbe") || !version {
        return false;
    }
    let Some(count) = big16(bytes, 8).filter(|count| *count >= 5) else { return false };
    let mut at = 10_usize;
    for _ in 0..CONSTANTS.min(usize::from(count) - 1) {
        let size = match bytes.get(at) {
            Some(1) => big16(bytes, at + 1).map(|length| 3 + usize::from(length)),
            Some(7 | 8 | 16 | 19 | 20) => Some(3),
            Some(15) => Some(4),
            Some(3 | 4 | 9..=12 | 17 | 18) => Some(5),
            // Long and double numbers count as two entries.
            Some(5 | 6) => Some(9),
            _ => None,
        };
        match size {
            Some(size) => at += size,
            // Beyond what is in sight.
            None => return at >= bytes.len().min(1 << 10),
        }
    }
    true
}

/// Android's `dex` format: "dex\n", three digits and a zero, then a checksum, a signature, and the size of the header.
/// Eight bytes of magic and four of size: one place in 2^86.
pub(super) fn is_dex(bytes: &[u8]) -> bool {
    let digits = bytes.get(4..7).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
    bytes.starts_with(b"dex\n") && digits && bytes.get(7) == Some(&0) && little32(bytes, 36) == Some(0x70)
}

/// LLVM bitcode: the magic number, then the block that identifies the writer or a module, with its abbreviation width.
/// Eight bytes: one place in 2^63.
pub(super) fn is_bitcode(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BC\xc0\xde") && matches!(bytes.get(4..8), Some(b"\x35\x14\0\0" | b"\x21\x0c\0\0"))
}

/// Bytes that the numbers of a code object take before its flags, at most.
const NUMBERS: usize = 24;

/// Compiled Python: a version number followed by CR LF, what the header of that version holds, and a code object in
/// marshal's form that takes no arguments (`Lib/importlib/_bootstrap_external.py`, `Python/marshal.c`).
///
/// One place in 2^16 * 2^6 * 2^7 for the numbers and the type, and two numbers of 32 bits that are zero: 2^93.
pub(super) fn is_python(bytes: &[u8]) -> bool {
    let (Some(version), Some(b"\r\n")) = (little16(bytes, 0), bytes.get(2..4)) else { return false };
    let code = match version {
        // 2.5 to 2.7, and 3.0 to 3.2: a time follows.
        62_000..=62_400 | 3_000..=3_189 => 8,
        // 3.3 to 3.6, and PyPy's numbers: a time and a size.
        3_190..=3_391 | 16..=400 => 12,
        // PEP 552, since 3.7: flags, of which two are known; a time and a size or a hash.
        3_392..=5_000 if little32(bytes, 4).is_some_and(|flags| flags < 4) => 16,
        _ => return false,
    };
    let typed = matches!(bytes.get(code), Some(b'c' | 0xe3));
    let (arguments, more) = (little32(bytes, code + 1), little32(bytes, code + 5));
    typed && arguments == Some(0) && more == Some(0) && bytes.len() > code + NUMBERS
}

/// Where an archive member of zip begins: a signature, a version, flags and a method that exist, and a name (APPNOTE
/// 4.3.7). One place in 2^32 * 2^2 * 2^11 * 2^4, and each letter of the name makes it rarer.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    let (Some(version), Some(method), Some(name)) = (little16(bytes, 4), little16(bytes, 8), little16(bytes, 26))
    else {
        return false;
    };
    let methods = matches!(method, 0..=20 | 93..=99);
    let length = usize::from(name);
    let printable = bytes.get(30..30 + length.min(16)).is_some_and(|name| name.iter().all(|byte| *byte >= b' '));
    bytes.starts_with(b"PK\x03\x04") && version & 0xff < 64 && methods && (1..4096).contains(&length) && printable
}
