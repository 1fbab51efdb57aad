//! Patterns are found wherever they stand, in any case and encoding, and counted once.

use std::io::Write;

use super::*;
use crate::codec::Codec;

fn patterns(texts: &[&str]) -> Patterns {
    Patterns::new(texts.iter().copied()).unwrap_or_else(|_| unreachable!())
}

fn search(texts: &[&str], content: &[u8]) -> Vec<(usize, u64, u64)> {
    let source = Source::from_bytes(content.to_vec());
    let (hits, swept) = patterns(texts).search(&source, &[], &Deadline::never()).unwrap_or_else(|_| unreachable!());
    assert_eq!(swept, Swept::Whole);
    hits.iter().map(|hit| (hit.pattern, hit.count, hit.first)).collect()
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

fn noise(size: u32) -> Vec<u8> {
    (0..size).map(|number| (number.wrapping_mul(2_654_435_761).rotate_left(9) >> 24) as u8).collect()
}

#[test]
fn patterns_of_any_length_are_found_at_any_offset_in_any_encoding() {
    for pattern in [
        "xy",
        "xyz",
        "wxyz",
        "vwxyz",
        "kisses",
        "abcdefg",
        "0123456789",
        "0123456789a",
        "a longer Pattern!",
        "ж",
        "жу",
        "ЖуЖ",
        "вирус в файле",
        "straße",
        "毒药",
        "𝔄𝔅𐐀",
    ] {
        for shown in [pattern.to_owned(), pattern.to_uppercase(), pattern.to_lowercase()] {
            for offset in 0..40 {
                for (index, form) in
                    [shown.as_bytes().to_vec(), utf16(&shown, true), utf16(&shown, false)].iter().enumerate()
                {
                    if pattern.chars().count() < 2 && index > 0 {
                        continue;
                    }
                    for behind in [0, 3, 50] {
                        let content = [&vec![b'~'; offset][..], form, &vec![b'~'; behind]].concat();
                        let near = search(&[pattern], &content);
                        let [(0, 1, first)] = near[..] else {
                            unreachable!("{pattern} {shown} {offset} {index} {near:?}")
                        };
                        assert!(first.abs_diff(offset as u64) <= u64::from(index == 2), "{pattern} {offset} {first}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    assert_eq!(search(&["evil-model", "strasse", "ab"], b"evil_model stra\xc3\x9f a\0c\0b"), []);
    assert_eq!(search(&["ss", "fi"], &[0xdf, 0, 1, 0xfb]), []);
    assert_eq!(search(&["poisoned"], &noise(1 << 20)), []);
}

#[test]
fn all_beginnings_are_counted_and_the_first_is_told() {
    assert_eq!(search(&["ana", "banana"], b"..bananana banana"), [(0, 5, 3), (1, 2, 2)]);
    assert_eq!(search(&["aaaaaaaaaaaa"], &[b'a'; 100]), [(0, 89, 0)]);
    assert_eq!(search(&["no", "NO"], b"no"), [(0, 1, 0), (1, 1, 0)]);
}

#[test]
fn borders_of_blocks_hide_nothing_and_threads_change_nothing() {
    let pattern = "over the border";
    for shift in 0..20 {
        let mut content = noise(10 << 20);
        for border in 1..10_usize {
            let at = (border << 20) - shift;
            content[at..at + pattern.len()].copy_from_slice(pattern.to_uppercase().as_bytes());
        }
        assert_eq!(search(&[pattern], &content), [(0, 9, (1 << 20) - shift as u64)]);
    }
}

#[test]
fn streams_are_searched_as_they_are_decompressed() {
    let mut content = noise(5 << 20);
    content[(3 << 20) - 2..(3 << 20) + 4].copy_from_slice(b"PoIsOn");
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&content).unwrap_or_default();
    let packed = encoder.finish().unwrap_or_default();
    let source = Source::from_bytes(packed.clone()).decode(Codec::Deflate, u64::MAX);
    let found = patterns(&["poison"]).search(&source, &[], &Deadline::never()).unwrap_or_default_hits();
    assert_eq!(found, [Hit { pattern: 0, count: 1, first: (3 << 20) - 2 }]);
    // A stream that breaks is searched up to there.
    let broken = Source::from_bytes(packed[..packed.len() - 1000].to_vec()).decode(Codec::Deflate, u64::MAX);
    assert_eq!(patterns(&["poison"]).search(&broken, &[], &Deadline::never()).unwrap_or_default_hits(), found);
}

#[test]
fn what_lies_in_a_part_is_left_to_it_and_what_crosses_its_border_is_not() {
    let mut content = noise(4 << 20);
    let pattern = b"pattern";
    for at in [10, (1 << 20) - 3, (1 << 20) + 5, 2 << 20, (3 << 20) - 7, (3 << 20) - 3 + 10] {
        content[at..at + 7].copy_from_slice(pattern);
    }
    let source = Source::from_bytes(content);
    let part = source.slice(1 << 20, 2 << 20);
    let inner = part.slice(5, 7);
    let all = patterns(&["PATTERN"]);
    let of = |source: &Source, parts: &[Source]| all.search(source, parts, &Deadline::never()).unwrap_or_default_hits();
    assert_eq!(of(&source, &[]), [Hit { pattern: 0, count: 6, first: 10 }]);
    assert_eq!(of(&source, &[part.clone(), inner.clone()]), [Hit { pattern: 0, count: 3, first: 10 }]);
    assert_eq!(of(&part, std::slice::from_ref(&inner)), [Hit { pattern: 0, count: 2, first: 1 << 20 }]);
    assert_eq!(of(&inner, &[]), [Hit { pattern: 0, count: 1, first: 0 }]);
    assert_eq!(of(&source, &[Source::from_bytes(vec![0; 100])]).len(), 1);
}

#[test]
fn names_are_held_against_all_patterns() {
    assert_eq!(patterns(&["Evil", "virus", "ВИРУС"]).within("mein-eViL-вирус.pkl".as_bytes()), [0, 2]);
}

#[test]
fn patterns_that_nobody_means_are_refused() {
    assert_eq!(Patterns::new(["a", ""]).err(), Some(1));
    assert_eq!(Patterns::new(["a".repeat(LONGEST + 1).as_str()]).err(), Some(0));
}

trait Hits {
    fn unwrap_or_default_hits(self) -> Vec<Hit>;
}

impl Hits for Result<(Vec<Hit>, Swept)> {
    fn unwrap_or_default_hits(self) -> Vec<Hit> {
        self.map(|(hits, _)| hits).unwrap_or_default()
    }
}

#[test]
fn where_the_front_has_many_spellings_a_part_further_in_is_looked_for() {
    let pattern = "kisskisskiss-borrowed-area";
    let letters = fold::folded(pattern);
    let segment = segment::Spelled::new(&letters, Encoding::Utf8).segment(13, 96);
    let size = segment.map(|segment| (segment.spelled.len(), segment.before.len()));
    assert!(size.is_some_and(|(spelled, before)| spelled <= 2 && before <= 24), "{size:?}");
    for offset in 0..20 {
        for spelling in
            ["kisskisskiss-borrowed-area", "KI\u{307}ßKıſSkisſ-Borrowed-Area", "\u{212a}İßKIßKISS-BORROWED-AREA"]
        {
            let content = [&vec![b'.'; offset], spelling.as_bytes(), b"..."].concat();
            assert_eq!(search(&[pattern], &content), [(0, 1, offset as u64)], "{spelling} at {offset}");
        }
    }
}
