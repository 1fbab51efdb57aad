//! The opcodes of pickle protocols 0 to 5 and the shape of their operands. No stack, no judgement.
//!
//! Source: `CPython`, `Lib/pickle.py` and `Modules/_pickle.c`. Where loaders differ, the union is accepted.

/// How the operand of an opcode is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No loader knows this byte.
    Unknown,
    /// The opcode and 0 to 8 bytes, a little-endian number.
    Fixed,
    /// A little-endian length, then that many bytes.
    Counted,
    /// Text up to a line feed.
    Line,
    /// Two lines of text.
    TwoLines,
}

/// One opcode.
#[derive(Debug, Clone, Copy)]
pub struct Opcode {
    /// The name in `pickle.py`.
    pub name: &'static str,
    /// How the operand is written.
    pub form: Form,
    /// Bytes up to the end of the number or length, the opcode included.
    pub head: u8,
    /// Keeps the bytes of the number in a little-endian word read after the opcode.
    pub mask: u64,
}

const UNKNOWN: Opcode = Opcode { name: "UNKNOWN", form: Form::Unknown, head: 1, mask: 0 };

macro_rules! opcodes {
    ($($name:ident $byte:literal $form:ident $width:literal;)*) => {
        $(pub(crate) const $name: u8 = $byte;)*

        /// All opcodes by their byte.
        #[allow(clippy::indexing_slicing)] // Evaluated when compiled: an index that is too large does not compile.
        pub static TABLE: [Opcode; 256] = {
            let mut table = [UNKNOWN; 256];
            $(table[$byte as usize] = Opcode {
                name: stringify!($name),
                form: Form::$form,
                head: 1 + $width,
                mask: if $width == 8 { u64::MAX } else { (1_u64 << (8 * $width)) - 1 },
            };)*
            table
        };
    };
}

opcodes! {
    MARK b'(' Fixed 0;
    STOP b'.' Fixed 0;
    POP b'0' Fixed 0;
    POP_MARK b'1' Fixed 0;
    DUP b'2' Fixed 0;
    FLOAT b'F' Line 0;
    INT b'I' Line 0;
    BININT b'J' Fixed 4;
    BININT1 b'K' Fixed 1;
    LONG b'L' Line 0;
    BININT2 b'M' Fixed 2;
    NONE b'N' Fixed 0;
    PERSID b'P' Line 0;
    BINPERSID b'Q' Fixed 0;
    REDUCE b'R' Fixed 0;
    STRING b'S' Line 0;
    BINSTRING b'T' Counted 4;
    SHORT_BINSTRING b'U' Counted 1;
    UNICODE b'V' Line 0;
    BINUNICODE b'X' Counted 4;
    APPEND b'a' Fixed 0;
    BUILD b'b' Fixed 0;
    GLOBAL b'c' TwoLines 0;
    DICT b'd' Fixed 0;
    EMPTY_DICT b'}' Fixed 0;
    APPENDS b'e' Fixed 0;
    GET b'g' Line 0;
    BINGET b'h' Fixed 1;
    INST b'i' TwoLines 0;
    LONG_BINGET b'j' Fixed 4;
    LIST b'l' Fixed 0;
    EMPTY_LIST b']' Fixed 0;
    OBJ b'o' Fixed 0;
    PUT b'p' Line 0;
    BINPUT b'q' Fixed 1;
    LONG_BINPUT b'r' Fixed 4;
    SETITEM b's' Fixed 0;
    TUPLE b't' Fixed 0;
    EMPTY_TUPLE b')' Fixed 0;
    SETITEMS b'u' Fixed 0;
    BINFLOAT b'G' Fixed 8;
    PROTO b'\x80' Fixed 1;
    NEWOBJ b'\x81' Fixed 0;
    EXT1 b'\x82' Fixed 1;
    EXT2 b'\x83' Fixed 2;
    EXT4 b'\x84' Fixed 4;
    TUPLE1 b'\x85' Fixed 0;
    TUPLE2 b'\x86' Fixed 0;
    TUPLE3 b'\x87' Fixed 0;
    NEWTRUE b'\x88' Fixed 0;
    NEWFALSE b'\x89' Fixed 0;
    LONG1 b'\x8a' Counted 1;
    LONG4 b'\x8b' Counted 4;
    BINBYTES b'B' Counted 4;
    SHORT_BINBYTES b'C' Counted 1;
    SHORT_BINUNICODE b'\x8c' Counted 1;
    BINUNICODE8 b'\x8d' Counted 8;
    BINBYTES8 b'\x8e' Counted 8;
    EMPTY_SET b'\x8f' Fixed 0;
    ADDITEMS b'\x90' Fixed 0;
    FROZENSET b'\x91' Fixed 0;
    NEWOBJ_EX b'\x92' Fixed 0;
    STACK_GLOBAL b'\x93' Fixed 0;
    MEMOIZE b'\x94' Fixed 0;
    FRAME b'\x95' Fixed 8;
    BYTEARRAY8 b'\x96' Counted 8;
    NEXT_BUFFER b'\x97' Fixed 0;
    READONLY_BUFFER b'\x98' Fixed 0;
}

/// The opcode of a byte.
#[inline]
pub fn of(byte: u8) -> &'static Opcode {
    TABLE.get(usize::from(byte)).unwrap_or(&UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_sixty_eight_opcodes() {
        assert_eq!(TABLE.iter().filter(|opcode| opcode.form != Form::Unknown).count(), 68);
    }

    #[test]
    fn heads_and_masks_agree() {
        assert_eq!((of(FRAME).head, of(FRAME).mask), (9, u64::MAX));
        assert_eq!((of(BININT2).head, of(BININT2).mask), (3, 0xffff));
        assert_eq!((of(MARK).head, of(MARK).mask), (1, 0));
    }
}
