//! Throughput of the pickle machine: how many opcodes and bytes a second, on data in memory.
//!
//! Question: what does one opcode cost, apart from reading the file? `cargo bench` makes its own stream;
//! `cargo bench -- FILE` takes a pickle instead.

#![allow(clippy::print_stdout)] // Its output is what a benchmark is for.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Counts far below 2^52, short texts.

use std::hint::black_box;
use std::time::Instant;

use modelaudit::deadline::Deadline;
use modelaudit::limits::Limits;
use modelaudit::pickle::scan;
use modelaudit::source::Source;

const ROUNDS: usize = 5;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let data = given.map_or_else(|| dense_stream(1_000_000), |path| std::fs::read(path).unwrap_or_default());
    let size = data.len();
    let source = Source::from_bytes(data);
    let mut best = f64::INFINITY;
    let mut opcodes = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let scanned = black_box(scan(&source, &Deadline::never(), Limits::default()));
        best = best.min(start.elapsed().as_secs_f64());
        opcodes = scanned.map_or(0, |scanned| scanned.opcodes);
    }
    let nanoseconds = best * 1e9 / opcodes as f64;
    println!("{size} bytes, {opcodes} opcodes: best of {ROUNDS} {best:.4} s, {nanoseconds:.2} ns an opcode");
}

/// What `pickle.dumps(records, protocol=4)` writes for a list of small records, without frames.
fn dense_stream(records: u32) -> Vec<u8> {
    let mut out = b"\x80\x04]\x94(".to_vec();
    for number in 0..records {
        out.extend_from_slice(&[b'K', (number % 100) as u8, b'M', 1, 2]);
        out.push(b'J');
        out.extend_from_slice(&number.to_le_bytes());
        out.push(b'G');
        out.extend_from_slice(&f64::from(number).to_be_bytes());
        let text = format!("tok{number}");
        out.extend_from_slice(&[0x8c, text.len() as u8]);
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\x94K\x01K\x02\x88\x87\x94}\x94(\x8c\x02idK\x07\x8c\x01tNu]\x94(K\x05N\x89e");
        if number % 1000 == 999 {
            out.extend_from_slice(b"e(");
        }
    }
    out.extend_from_slice(b"e.");
    out
}
