//! A decompressed stream that several readers go through: its front is kept, and so is the decoder that came farthest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::account::Account;
use crate::codec::{Codec, Decoder, EndNote};
use crate::error::Result;
use crate::source::Source;

/// Decoded bytes that are kept: most members of archives are smaller, and what looks at content reads its front.
const FRONT: usize = 1 << 20;

/// Bytes before the place of a decoder that are kept with it: a reader that looks ahead in blocks goes back so far.
const RECENT: usize = 512 << 10;

/// The content of a compressed source.
pub(crate) struct Decoded {
    pub(crate) base: Source,
    pub(crate) end: EndNote,
    /// No other stream of this process has it.
    pub(crate) number: u64,
    codec: Codec,
    limit: u64,
    account: Arc<Account>,
    front: OnceLock<Front>,
    /// The decoder that was put aside last, for the next reader that goes on behind the front.
    parked: Mutex<Option<Box<Place>>>,
}

/// The first decoded bytes, kept so that looking at them several times costs decoding them once.
struct Front {
    bytes: Vec<u8>,
    /// There are no more.
    whole: bool,
}

/// A decoder somewhere in the stream.
struct Place {
    decoder: Decoder,
    /// The offset of the next byte that it delivers.
    position: u64,
    /// The bytes before that.
    recent: Vec<u8>,
}

impl Decoded {
    pub(crate) fn new(base: Source, codec: Codec, limit: u64, account: Arc<Account>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (end, front, parked) = (EndNote::default(), OnceLock::new(), Mutex::new(None));
        Self { base, end, number, codec, limit, account, front, parked }
    }

    /// The number of bytes, once they are all known.
    pub(crate) fn size(&self) -> Option<u64> {
        self.front.get().filter(|front| front.whole).and_then(|front| u64::try_from(front.bytes.len()).ok())
    }

    /// Copies what the front has at `offset`.
    pub(crate) fn copy_front(&self, offset: u64, into: &mut [u8]) -> usize {
        self.front.get().map_or(0, |front| copy(&front.bytes, offset, into))
    }

    /// The first bytes, decoded now unless they were before.
    fn front(&self) -> Result<&Front> {
        if let Some(front) = self.front.get() {
            return Ok(front);
        }
        let mut place = Place { decoder: self.decoder()?, position: 0, recent: Vec::new() };
        let (mut bytes, mut whole): (Vec<u8>, _) = (Vec::new(), false);
        while bytes.len() < FRONT {
            let (filled, room) = (bytes.len(), bytes.len().clamp(1 << 12, 1 << 16));
            bytes.resize(filled + room, 0);
            // An error repeats when a reader comes to the end of the front.
            let count = place.decoder.read(bytes.get_mut(filled..).unwrap_or_default()).ok();
            bytes.truncate(filled + count.unwrap_or(0));
            whole = count == Some(0);
            if count.unwrap_or(0) == 0 {
                break;
            }
        }
        bytes.shrink_to_fit();
        if !whole {
            place.position = bytes.len() as u64;
            self.park(Box::new(place));
        }
        Ok(self.front.get_or_init(|| Front { bytes, whole }))
    }

    fn decoder(&self) -> Result<Decoder> {
        Ok(Decoder::new(self.codec, self.base.reader(0)?, self.limit, self.end.clone(), Arc::clone(&self.account)))
    }

    fn park(&self, place: Box<Place>) {
        if let Ok(mut parked) = self.parked.lock() {
            *parked = Some(place);
        }
    }

    /// A decoder that can deliver the byte at `offset` without going back to the start, or a new one.
    fn place_for(&self, offset: u64) -> Result<Box<Place>> {
        let parked = self.parked.lock().ok().and_then(|mut parked| parked.take_if(|place| place.reaches(offset)));
        match parked {
            Some(place) => Ok(place),
            None => Ok(Box::new(Place { decoder: self.decoder()?, position: 0, recent: Vec::new() })),
        }
    }
}

impl Place {
    fn reaches(&self, offset: u64) -> bool {
        self.position.saturating_sub(self.recent.len() as u64) <= offset
    }

    /// Delivers bytes from `offset` on, decoding those before it if need be.
    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let mut block = Vec::new();
        while self.position < offset {
            block.resize(1 << 16, 0);
            let want = usize::try_from(offset - self.position).unwrap_or(usize::MAX).min(block.len());
            if self.decode(block.get_mut(..want).unwrap_or_default())? == 0 {
                return Ok(0);
            }
        }
        if offset < self.position {
            let start = self.position.saturating_sub(self.recent.len() as u64);
            return Ok(copy(&self.recent, offset.saturating_sub(start), into));
        }
        self.decode(into)
    }

    fn decode(&mut self, into: &mut [u8]) -> Result<usize> {
        let count = self.decoder.read(into)?;
        self.position = self.position.saturating_add(count as u64);
        let delivered = into.get(..count).unwrap_or_default();
        let newest = delivered.get(count.saturating_sub(RECENT)..).unwrap_or_default();
        if self.recent.len() + newest.len() > 2 * RECENT {
            let keep = RECENT.saturating_sub(newest.len()).min(self.recent.len());
            self.recent.drain(..self.recent.len() - keep);
        }
        self.recent.extend_from_slice(newest);
        Ok(count)
    }
}

/// One reader of a decompressed stream.
pub struct DecodedReader {
    stream: Arc<Decoded>,
    offset: u64,
    place: Option<Box<Place>>,
}

impl DecodedReader {
    pub(crate) fn new(stream: Arc<Decoded>) -> Self {
        Self { stream, offset: 0, place: None }
    }

    /// Fills the front of `into`; 0 at the end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let front = self.stream.front()?;
        let mut count = copy(&front.bytes, self.offset, into);
        if count == 0 && !front.whole {
            let place = match &mut self.place {
                Some(place) => place,
                none => none.insert(self.stream.place_for(self.offset)?),
            };
            count = place.read(self.offset, into)?;
        }
        self.offset = self.offset.saturating_add(count as u64);
        Ok(count)
    }

    /// Moves on by at most `count` bytes of those that are kept; returns by how many.
    pub(crate) fn skip_kept(&mut self, count: u64) -> Result<u64> {
        let front = self.stream.front()?.bytes.len() as u64;
        let parked = self.stream.parked.lock().ok();
        let parked = parked.and_then(|parked| parked.as_ref().map(|place| place.position)).unwrap_or(0);
        let step = count.min(front.max(parked).saturating_sub(self.offset));
        self.offset = self.offset.saturating_add(step);
        Ok(step)
    }
}

impl Drop for DecodedReader {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.stream.park(place);
        }
    }
}

fn copy(from: &[u8], offset: u64, into: &mut [u8]) -> usize {
    let from = from.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
    let count = from.len().min(into.len());
    if let (Some(to), Some(from)) = (into.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(content: &[u8]) -> Source {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap_or_default();
        Source::from_bytes(encoder.finish().unwrap_or_default()).decode(Codec::Deflate, u64::MAX)
    }

    fn content() -> Vec<u8> {
        (0..3_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
    }

    #[test]
    fn bytes_are_the_same_wherever_reading_begins() {
        let content = content();
        let source = deflated(&content);
        for offset in [0_usize, 5, 1 << 20, 2_999_999, (1 << 20) - 3, 1_700_000, 1_500_000, 2_900_000, 3_000_000] {
            let read = source.read(offset as u64, 700_000).unwrap_or_default();
            assert!(read == content[offset..(offset + 700_000).min(content.len())], "{offset}");
        }
    }

    #[test]
    fn readers_that_go_on_where_others_stopped_decode_nothing_twice() {
        let content = content();
        let source = deflated(&content);
        let mut outer = source.reader(0).unwrap_or_else(|_| unreachable!());
        let mut block = vec![0; 1 << 18];
        outer.read(&mut block).unwrap_or_default();
        for offset in (0..2_900_000).step_by(1_000) {
            assert_eq!(
                source.read(offset, 10).unwrap_or_default(),
                content[usize::try_from(offset).unwrap_or(0)..][..10]
            );
        }
        let spent = source.account().paid();
        assert!(spent < 7_000_000, "{spent}");
    }

    #[test]
    fn what_is_small_gets_a_size_and_random_access() {
        let source = deflated(b"some text");
        assert_eq!(source.size(), None);
        source.read(0, 1).unwrap_or_default();
        assert_eq!(source.size(), Some(9));
        assert!(source.random_access());
    }
}
