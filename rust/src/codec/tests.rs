//! Every codec on one and several members, on broken data, with trailing bytes, and against its budget.

use super::*;
use crate::source::Source;

/// `hello, model` in each codec, made with Python's standard library, `lz4` and `zstandard`.
fn sample(codec: Codec) -> Vec<u8> {
    match codec {
        Codec::Gzip => deflated(|plain| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            let written = std::io::Write::write_all(&mut encoder, plain);
            written.and_then(|()| encoder.finish()).unwrap_or_default()
        }),
        Codec::Deflate => deflated(|plain| {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            let written = std::io::Write::write_all(&mut encoder, plain);
            written.and_then(|()| encoder.finish()).unwrap_or_default()
        }),
        // The stream of a .lzma file behind the header that zip gives it.
        Codec::ZipLzma(_) => [&b"\x09\x04\x05\0"[..], &LZMA[..5], &LZMA[13..]].concat(),
        Codec::Zlib => deflated(|plain| {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            let written = std::io::Write::write_all(&mut encoder, plain);
            written.and_then(|()| encoder.finish()).unwrap_or_default()
        }),
        Codec::Bz2 => deflated(|plain| {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            let written = std::io::Write::write_all(&mut encoder, plain);
            written.and_then(|()| encoder.finish()).unwrap_or_default()
        }),
        Codec::Lz4 => deflated(|plain| {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            let written = std::io::Write::write_all(&mut encoder, plain);
            written.ok().and_then(|()| encoder.finish().ok()).unwrap_or_default()
        }),
        Codec::Zstd => {
            deflated(|plain| ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest))
        }
        Codec::Xz => XZ.to_vec(),
        Codec::Lzma => LZMA.to_vec(),
    }
}

const PLAIN: &[u8] = b"hello, model";
/// `lzma.compress(b"hello, model")` and the same with `format=lzma.FORMAT_ALONE`.
const XZ: &[u8] =
    b"\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\
    \x0b\x68\x65\x6c\x6c\x6f\x2c\x20\x6d\x6f\x64\x65\x6c\x00\x3c\x2f\x96\x9f\x15\xbc\x5c\xa5\x00\x01\x24\x0c\
    \xa6\x18\xd8\xd8\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a";
const LZMA: &[u8] =
    b"\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x34\x19\x49\xee\x8d\xef\x8c\x6a\x78\x88\x73\x2e\
    \x36\x14\xca\x41\xff\xfc\xe3\x00\x00";

fn deflated(compress: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    compress(PLAIN)
}

fn decode(codec: Codec, data: Vec<u8>, limit: u64) -> (Vec<u8>, Result<usize>, u64) {
    let source = Source::from_bytes(data);
    let reader = source.reader(0).unwrap_or_else(|_| unreachable!());
    let note = EndNote::default();
    let mut decoder = Decoder::new(codec, reader, limit, note.clone(), crate::account::Account::new());
    let (mut out, mut block) = (Vec::new(), [0; 7]);
    loop {
        match decoder.read(&mut block) {
            Ok(0) => break (out, Ok(0), note.get().map_or(u64::MAX, |end| end.trailing)),
            Ok(count) => out.extend_from_slice(&block[..count]),
            Err(error) => break (out, Err(error), 0),
        }
    }
}

#[test]
fn every_codec_decodes_and_counts_what_follows() {
    for codec in Codec::ALL {
        let mut data = sample(codec);
        data.extend_from_slice(b"tail");
        let (out, end, trailing) = decode(codec, data, 1000);
        assert_eq!(out, PLAIN, "{}", codec.name());
        assert!(end.is_ok(), "{}: {end:?}", codec.name());
        assert_eq!(trailing, 4, "{}", codec.name());
    }
}

#[test]
fn members_follow_each_other() {
    for codec in [Codec::Gzip, Codec::Bz2, Codec::Xz, Codec::Zstd, Codec::Lz4] {
        let (out, end, _) = decode(codec, [sample(codec), sample(codec)].concat(), 1000);
        assert_eq!(out, [PLAIN, PLAIN].concat(), "{}", codec.name());
        assert!(end.is_ok(), "{}", codec.name());
    }
}

#[test]
fn truncated_data_is_broken_and_never_complete() {
    for codec in Codec::ALL {
        let data = sample(codec);
        for length in 1..data.len() {
            let (out, end, _) = decode(codec, data[..length].to_vec(), 1000);
            assert!(PLAIN.starts_with(&out), "{}", codec.name());
            // LZ4 and bzip2 may have nothing left but a checksum or an end mark that carries no data.
            assert!(end.is_err() || out == PLAIN, "{} cut at {length}", codec.name());
        }
    }
}

#[test]
fn a_budget_is_kept() {
    for codec in Codec::ALL {
        let (_, end, _) = decode(codec, sample(codec), 5);
        assert!(matches!(end, Err(Error::Budget { limit: 5, .. })), "{}: {end:?}", codec.name());
    }
}

#[test]
fn random_bytes_are_broken_in_every_codec() {
    let noise: Vec<u8> = (0..400_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for codec in Codec::ALL {
        assert!(decode(codec, noise.clone(), 1 << 20).1.is_err(), "{}", codec.name());
    }
}

#[test]
fn a_decoded_source_is_read_from_anywhere() {
    let decoded = Source::from_bytes(sample(Codec::Gzip)).decode(Codec::Gzip, 1000);
    assert_eq!(decoded.size(), None);
    assert_eq!(decoded.read(7, 100).unwrap_or_default(), b"model");
    assert_eq!(decoded.slice(7, 3).read(0, 100).unwrap_or_default(), b"mod");
}
