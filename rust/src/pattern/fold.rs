//! Letters that differ in case only are the same: Unicode's full case folding, and all simple mappings besides.
//!
//! Folding is what upper-casing and lower-casing make of a character, so that `ß`, `ẞ` and `ss` are the same. The simple
//! mappings of Turkish and Lithuanian lead to and from a plain `i`: `ı`, `İ` and an `i` with a second dot are one as well.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

/// The dot that lower-casing `İ` leaves behind the `i`.
pub(super) const DOT: char = '\u{307}';

/// Where Unicode has letters with two cases, and ligatures of such; a test looks at all others.
const CASED: &[RangeInclusive<u32>] = &[
    0x80..=0x2fff,
    0xa000..=0xabff,
    0xfb00..=0xfb1f,
    0xff00..=0xff7f,
    0x1_0400..=0x1_0fff,
    0x1_1800..=0x1_18ff,
    0x1_6e00..=0x1_6eff,
    0x1_e900..=0x1_e9ff,
];

/// Hands out the characters that a character folds to: itself, mostly.
pub(super) fn fold(letter: char, mut each: impl FnMut(char)) {
    match letter {
        _ if letter.is_ascii() => each(letter.to_ascii_lowercase()),
        'ı' | 'İ' => each('i'),
        _ => {
            for lower in letter.to_lowercase() {
                for upper in lower.to_uppercase() {
                    upper.to_lowercase().for_each(&mut each);
                }
            }
        }
    }
}

/// A text of folded characters.
pub(super) fn folded(text: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    for letter in text.chars() {
        if letter == DOT && out.last() == Some(&'i') {
            continue;
        }
        fold(letter, |letter| out.push(letter));
    }
    out
}

/// A character that is not its own folding, with the characters behind the first of what it folds to.
type Other = (char, Vec<char>);

/// The characters that fold to something else, by the first character of that.
fn others() -> &'static FxHashMap<char, Vec<Other>> {
    static OTHERS: OnceLock<FxHashMap<char, Vec<Other>>> = OnceLock::new();
    OTHERS.get_or_init(|| {
        let mut others: FxHashMap<char, Vec<Other>> = FxHashMap::default();
        for letter in CASED.iter().cloned().flatten().filter_map(char::from_u32) {
            let mut to = Vec::new();
            fold(letter, |letter| to.push(letter));
            if to != [letter] && !to.is_empty() {
                let first = to.remove(0);
                others.entry(first).or_default().push((letter, to));
            }
        }
        others
    })
}

/// Hands out each text that stands for the front of `rest`, which is folded, and the number of characters it stands for.
/// ASCII letters come in lower case only.
pub(super) fn spellings(rest: &[char], mut each: impl FnMut(&[char], usize)) {
    let Some((first, behind)) = rest.split_first() else { return };
    each(&[*first], 1);
    if *first == 'i' {
        each(&['i', DOT], 1);
    }
    for (letter, more) in others().get(first).into_iter().flatten() {
        if behind.starts_with(more) {
            each(&[*letter], 1 + more.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_letters_with_two_cases_are_in_the_ranges() {
        for letter in
            ('\u{80}'..=char::MAX).filter(|letter| !CASED.iter().any(|range| range.contains(&(*letter as u32))))
        {
            let mut to = Vec::new();
            fold(letter, |letter| to.push(letter));
            assert_eq!(to, [letter], "{:x}", letter as u32);
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for letter in '\0'..=char::MAX {
            let once = folded(&letter.to_string());
            let text: String = once.iter().collect();
            assert_eq!(folded(&text), once, "{:x}", letter as u32);
            for simple in letter.to_lowercase().chain(letter.to_uppercase()) {
                let mut alike = Vec::new();
                fold(simple, |letter| alike.push(letter));
                let one = letter.to_lowercase().count() == 1 && letter.to_uppercase().count() == 1;
                assert!(!one || alike == once, "{:x}", letter as u32);
            }
        }
    }

    #[test]
    fn words_that_differ_in_case_fold_to_the_same() {
        for (one, other) in [
            ("STRASSE", "straße"),
            ("STRAẞE", "strasse"),
            ("İSTANBUL", "istanbul"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ſet", "SET"),
            ("ВИРУС", "вирус"),
            ("\u{212a}elvin", "kelvin"),
            ("ﬁle", "FILE"),
            ("i\u{307}x", "İX"),
            ("ısı", "ISI"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
    }
}
