//! The least that reading a pickle can cost: from opcode to opcode by the table, without a stack, a memo or a judgement.
//!
//! Question: how far is the machine from this limit? `make bench` runs it: `walk FILE` prints the best of five, in seconds.

#![allow(clippy::print_stdout)] // Its output is what a benchmark is for.

use std::hint::black_box;
use std::time::Instant;

use modelaudit::pickle::opcode::{Form, TABLE};

const ROUNDS: usize = 5;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let data = given.map_or_else(|| b"\x80\x04K\x01.".repeat(1000), |path| std::fs::read(path).unwrap_or_default());
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(walk(black_box(&data)));
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{best:.4}");
}

/// Counts the opcodes up to the end, or to a byte that is none.
fn walk(mut rest: &[u8]) -> u64 {
    let mut opcodes = 0;
    while let Some((code, behind)) = rest.split_first() {
        let Some(opcode) = TABLE.get(usize::from(*code)) else { break };
        let size = match opcode.form {
            Form::Unknown => return opcodes,
            Form::Fixed => usize::from(opcode.head),
            Form::Counted => {
                let word = behind.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)) & opcode.mask;
                usize::from(opcode.head).saturating_add(usize::try_from(word).unwrap_or(usize::MAX))
            }
            Form::Line => line(behind) + 1,
            Form::TwoLines => {
                let first = line(behind);
                first + line(behind.get(first..).unwrap_or_default()) + 1
            }
        };
        opcodes += 1;
        rest = rest.get(size..).unwrap_or_default();
    }
    opcodes
}

/// The length of a line with its line feed.
fn line(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1)
}
