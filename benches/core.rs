//! Throughput of the core's parts on data in memory: opcodes, pickle machine, archives, patterns, inflate, SafeTensors.
//!
//! Question: which part of a scan became slower? `cargo bench --bench core` compares with the run before.

#![allow(missing_docs)] // What the macros of the library define needs none.
#![allow(clippy::cast_possible_truncation)] // Sizes are chosen here, and small.

use std::hint::black_box;
use std::io::Write;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use modelaudit::codec::Codec;
use modelaudit::deadline::Deadline;
use modelaudit::limits::Limits;
use modelaudit::marks::Marks;
use modelaudit::pattern::Patterns;
use modelaudit::source::Source;
use modelaudit::{pickle, safetensors, zip};

/// Sizes at which growth shows: each twice the one before.
const STEPS: [usize; 3] = [1, 2, 4];

fn opcode_decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("opcode decoding, opcodes");
    // What leaves nothing behind: a number in each of four sizes, a text, and each taken away again.
    let record = &b"N0K\x010J\x01\0\0\x000G?\xf0\0\0\0\0\0\x000\x8c\x05tok120"[..];
    for step in STEPS {
        let records = 50_000 * step;
        let source = Source::from_bytes([&b"\x80\x04"[..], &record.repeat(records), b"N."].concat());
        group.throughput(Throughput::Elements((records * 10) as u64));
        group.bench_with_input(BenchmarkId::from_parameter(records), &source, |bencher, source| {
            bencher.iter(|| black_box(pickle::scan(source, &Deadline::never(), Limits::default())));
        });
    }
    group.finish();
}

fn patterns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1,000 patterns, bytes");
    let mut state = 7_u32;
    let mut letters = |count: usize| -> String {
        let mut letter = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + (state >> 24) as u8 % 26)
        };
        (0..count).map(|_| letter()).collect()
    };
    let wanted: Vec<String> = (0..1000).map(|number| letters(6 + number % 20)).collect();
    let Ok(patterns) = Patterns::new(wanted.iter().map(String::as_str)) else { return };
    for step in STEPS {
        let text: Vec<String> = (0..step * 200_000).map(|number| letters(2 + number % 9)).collect();
        let source = Source::from_bytes(text.join(" ").into_bytes());
        group.throughput(Throughput::Bytes(source.size().unwrap_or(0)));
        group.bench_with_input(BenchmarkId::from_parameter(step * 200_000), &source, |bencher, source| {
            bencher.iter(|| black_box(patterns.search(source, &[], &Deadline::never())));
        });
    }
    group.finish();
}

fn sifted_members(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sifted members, members");
    for step in STEPS {
        let members = 5_000 * step;
        let scan = zip::scan(&Source::from_bytes(archive(members)), &Deadline::never());
        group.throughput(Throughput::Elements(members as u64));
        group.bench_with_input(BenchmarkId::from_parameter(members), &scan, |bencher, scan| {
            bencher.iter(|| black_box(scan.sift(&Marks::default(), None, &Deadline::never())));
        });
    }
    group.finish();
}

fn pickle_machine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pickle machine, opcodes");
    // What a record of numbers, a text and a tuple is in protocol 4, and in protocol 0.
    let binary = &b"K\x01M\x02\x03G?\xf0\0\0\0\0\0\0\x8c\x05tok12\x94K\x01K\x02\x86\x94"[..];
    let text = &b"I12\nL123456L\nF1.5\nVtok12\np3\n(I1\nI2\ntp4\n"[..];
    for (name, record, opcodes) in [("protocol 4", binary, 9), ("protocol 0", text, 10)] {
        for step in STEPS {
            let records = 50_000 * step;
            let data = [&b"\x80\x02(("[..], &record.repeat(records), b"l."].concat();
            let source = Source::from_bytes(data);
            group.throughput(Throughput::Elements((records * opcodes) as u64));
            group.bench_with_input(BenchmarkId::new(name, records), &source, |bencher, source| {
                bencher.iter(|| black_box(pickle::scan(source, &Deadline::never(), Limits::default())));
            });
        }
    }
    group.finish();
}

fn zip_directory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("zip directory, members");
    for step in STEPS {
        let members = 5_000 * step;
        let source = Source::from_bytes(archive(members));
        group.throughput(Throughput::Elements(members as u64));
        group.bench_with_input(BenchmarkId::from_parameter(members), &source, |bencher, source| {
            bencher.iter(|| black_box(zip::scan(source, &Deadline::never())));
        });
    }
    group.finish();
}

/// A zip archive of stored members with a few bytes each.
fn archive(members: usize) -> Vec<u8> {
    let (mut data, mut directory) = (Vec::new(), Vec::new());
    for number in 0..members {
        let name = format!("folder/member{number:07}.bin");
        let offset = (data.len() as u32).to_le_bytes();
        // Version, flags, method, time, date, CRC-32 of "abcd", sizes, lengths (APPNOTE 4.3.7).
        let mut fields = b"\x14\0\0\0\0\0\0\0\x21\0\x11\xcd\x82\xed\x04\0\0\0\x04\0\0\0".to_vec();
        fields.extend_from_slice(&(name.len() as u32).to_le_bytes());
        data.extend_from_slice(&[b"PK\x03\x04", &fields[..], name.as_bytes(), b"abcd"].concat());
        directory.extend_from_slice(&[b"PK\x01\x02\x14\0", &fields[..], &[0; 10], &offset, name.as_bytes()].concat());
    }
    let counts = [(members as u16).to_le_bytes(); 2].concat();
    let sizes = [(directory.len() as u32).to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
    [data, directory, b"PK\x05\x06\0\0\0\0".to_vec(), counts, sizes, vec![0; 2]].concat()
}

fn inflate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("inflate, bytes");
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Half of the bytes are random, as in weights of low precision.
        [(state >> 24) as u8, 0x3f]
    };
    for step in STEPS {
        let plain: Vec<u8> = (0..(step << 20)).flat_map(|_| next()).collect();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
        let packed = encoder.write_all(&plain).and_then(|()| encoder.finish()).unwrap_or_default();
        group.throughput(Throughput::Bytes(plain.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(plain.len()), &packed, |bencher, packed| {
            bencher.iter(|| {
                let decoded = Source::from_bytes(packed.clone()).decode(Codec::Deflate, u64::MAX);
                black_box(decoded.read(plain.len() as u64 - 1, 1))
            });
        });
    }
    group.finish();
}

fn tensor_header(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("safetensors header, tensors");
    for step in STEPS {
        let tensors = 10_000 * step;
        let described: Vec<String> = (0..tensors)
            .map(|n| {
                format!(r#""layers.{n}.weight":{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}}"#, n * 4, n * 4 + 4)
            })
            .collect();
        let header = format!("{{{}}}", described.join(","));
        let data = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; tensors * 4]].concat();
        let source = Source::from_bytes(data);
        group.throughput(Throughput::Elements(tensors as u64));
        group.bench_with_input(BenchmarkId::from_parameter(tensors), &source, |bencher, source| {
            bencher.iter(|| black_box(safetensors::scan(source, &Deadline::never(), safetensors::Limits::default())));
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    opcode_decoding,
    pickle_machine,
    zip_directory,
    sifted_members,
    patterns,
    inflate,
    tensor_header
);
criterion_main!(benches);
