//! The JSON of the header: read once, strictly, with every key that stands twice and every value that has no sense told.

use std::cell::Cell;
use std::fmt;

use rustc_hash::{FxBuildHasher, FxHashSet};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Limits;
use crate::deadline::Deadline;
use crate::finding::Finding;

/// What one key of the header says.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Option<String>,
    pub(super) shape: Option<Vec<u64>>,
    pub(super) offsets: Option<(u64, u64)>,
}

/// What the header says, up to the place where it is no JSON any more.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) entries: Vec<Entry>,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) findings: Vec<Finding>,
    /// Whether it was read to its end.
    pub(super) whole: bool,
}

impl Header {
    /// Reads a header; `cut` if it is known to end too early.
    pub(super) fn parse(bytes: &[u8], cut: bool, limits: Limits, deadline: &Deadline) -> Self {
        let clock = Clock { deadline, met: Cell::new(0), late: Cell::new(false) };
        let mut reader = Reading { bytes, limits, header: Self::default(), odd: 0, clock: &clock };
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let outcome = (&mut reader).deserialize(&mut json);
        reader.tell_duplicates();
        let outcome = outcome.and_then(|()| if cut { Ok(()) } else { json.end() });
        let mut header = reader.header;
        match outcome {
            Ok(()) => header.whole = true,
            // That is said by whoever looks at the clock next.
            Err(_) if clock.late.get() => {}
            Err(error) => {
                // The header is one line; in one of several lines the column is a hint at least.
                let offset = 8_u64.saturating_add(error.column() as u64);
                let reason = format!("its header is no JSON: {error}");
                header.findings.push(Finding::new("STN101", offset).fact("reason", reason));
            }
        }
        header
    }
}

/// The reader at work.
struct Reading<'a> {
    bytes: &'a [u8],
    limits: Limits,
    header: Header,
    /// Findings about single tensors.
    odd: usize,
    clock: &'a Clock<'a>,
}

/// Values between two looks at the clock.
const STEPS: usize = 1024;

/// Ends the reading at the deadline.
struct Clock<'a> {
    deadline: &'a Deadline,
    /// How many values were met.
    met: Cell<usize>,
    /// Whether the deadline came.
    late: Cell<bool>,
}

impl Clock<'_> {
    /// Counts a value; an error once the time is over.
    fn step<E: serde::de::Error>(&self) -> Result<(), E> {
        self.met.set(self.met.get().wrapping_add(1));
        if self.met.get().is_multiple_of(STEPS) && self.deadline.expired() {
            self.late.set(true);
            return Err(E::custom("the time is over"));
        }
        Ok(())
    }
}

impl Reading<'_> {
    fn tell_duplicates(&mut self) {
        let entries = std::mem::take(&mut self.header.entries);
        let mut names = FxHashSet::with_capacity_and_hasher(entries.len(), FxBuildHasher);
        for entry in &entries {
            if !names.insert(entry.name.as_str()) {
                self.tell("STN103", &entry.name, "");
            }
        }
        drop(names);
        self.header.entries = entries;
    }

    fn tell(&mut self, rule: &'static str, name: &str, reason: &str) {
        self.odd += 1;
        if self.odd <= self.limits.findings {
            let offset = super::layout::place(self.bytes, name, self.odd);
            let finding = Finding::new(rule, offset).fact("tensor", name);
            let finding = if rule == "STN103" { finding } else { finding.fact("reason", reason) };
            self.header.findings.push(finding);
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reading<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut metadata = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                if metadata {
                    self.tell("STN103", &name, "");
                }
                metadata = true;
                map.next_value_seed(Metadata(self))?;
            } else {
                let entry = map.next_value_seed(Described { reading: self, name })?;
                self.header.entries.push(entry);
            }
        }
        Ok(())
    }
}

/// The object of texts.
struct Metadata<'a, 'b>(&'a mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for Metadata<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match Loose::read(deserializer, self.0.clock)? {
            Loose::Object(pairs) => {
                let mut keys: FxHashSet<String> = FxHashSet::default();
                for (key, value) in pairs {
                    self.0.clock.step()?;
                    if !keys.insert(key.clone()) {
                        self.0.tell("STN103", &key, "");
                    }
                    match value {
                        Loose::Text(text) => self.0.header.metadata.push((key, text)),
                        _ => self.0.tell("STN104", "__metadata__", "a value of the metadata is no text"),
                    }
                }
            }
            _ => self.0.tell("STN104", "__metadata__", "the metadata is no object"),
        }
        Ok(())
    }
}

/// The object that describes a tensor.
struct Described<'a, 'b> {
    reading: &'a mut Reading<'b>,
    name: String,
}

impl<'de> DeserializeSeed<'de> for Described<'_, '_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        let value = Loose::read(deserializer, self.reading.clock)?;
        let Loose::Object(pairs) = value else {
            self.reading.tell("STN104", &self.name, "it is no object");
            return Ok(Entry { name: self.name, ..Entry::default() });
        };
        let mut entry = Entry { name: self.name, ..Entry::default() };
        let mut seen = [false; 3];
        for (key, value) in pairs {
            let at = match key.as_str() {
                "dtype" => 0,
                "shape" => 1,
                "data_offsets" => 2,
                _ => {
                    self.reading.tell("STN104", &entry.name, "it has a key that means nothing");
                    continue;
                }
            };
            if let Some(seen) = seen.get_mut(at) {
                if *seen {
                    self.reading.tell("STN103", &entry.name, "");
                }
                *seen = true;
            }
            match (at, value) {
                (0, Loose::Text(text)) => entry.dtype = Some(text),
                (1, Loose::List(items)) => entry.shape = items,
                (2, Loose::List(items)) => {
                    entry.offsets = items.as_deref().and_then(|items| match items {
                        [begin, end] => Some((*begin, *end)),
                        _ => None,
                    });
                }
                _ => {}
            }
        }
        if entry.dtype.is_none() || entry.shape.is_none() || entry.offsets.is_none() {
            let reason = "dtype, shape or offsets are missing, or hold something else than text and whole numbers";
            self.reading.tell("STN104", &entry.name, reason);
        }
        Ok(entry)
    }
}

/// Any JSON value, as much of it as a header can mean.
enum Loose {
    Text(String),
    /// A list of whole numbers; `None` if it holds anything else.
    List(Option<Vec<u64>>),
    Object(Vec<(String, Loose)>),
    Number(Option<u64>),
    Other,
}

impl Loose {
    fn read<'de, D: Deserializer<'de>>(deserializer: D, clock: &Clock<'_>) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor { depth: 0, clock })
    }
}

/// Reads a value. What lies deeper than a header's values do is passed over.
#[derive(Clone, Copy)]
struct LooseVisitor<'a> {
    depth: usize,
    clock: &'a Clock<'a>,
}

impl<'de> DeserializeSeed<'de> for LooseVisitor<'_> {
    type Value = Loose;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
        if self.depth > 2 {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Ok(Loose::Other);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LooseVisitor<'_> {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
        Ok(Loose::Number(Some(number)))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::Number(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::Number(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
        let mut numbers = Some(Vec::new());
        while let Some(item) = items.next_element_seed(Self { depth: self.depth + 1, clock: self.clock })? {
            self.clock.step()?;
            match (item, &mut numbers) {
                (Loose::Number(Some(number)), Some(numbers)) => numbers.push(number),
                _ => numbers = None,
            }
        }
        Ok(Loose::List(numbers))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            self.clock.step()?;
            pairs.push((key, map.next_value_seed(Self { depth: self.depth + 1, clock: self.clock })?));
        }
        Ok(Loose::Object(pairs))
    }
}
