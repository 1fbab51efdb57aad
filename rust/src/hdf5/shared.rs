//! Messages that stand elsewhere: in the header of a committed datatype, or in the heap that the whole file shares.

use super::datatype::{self, Datatype};
use super::fault::{Fault, Read};
use super::file::File;
use super::fractal::{self, Heap};
use super::header::{self, Message, kind};

/// The heaps of shared messages, each with the kinds of messages it holds, as bits.
#[derive(Debug, Default)]
pub(super) struct Shared {
    heaps: Vec<(u16, u64, Option<Heap>)>,
}

/// Committed datatypes that lead to each other. The library knows one step.
const STEPS: usize = 4;

impl Shared {
    /// Reads the table that a message in the extension of the superblock leads to.
    pub(super) fn table(&mut self, file: &File, message: &Message) -> Read<()> {
        let mut cursor = file.cursor(&message.body, message.at, "table of shared messages");
        cursor.version(0)?;
        let address = cursor.address()?.ok_or_else(|| cursor.broken("it leads nowhere"))?;
        let count = u64::from(cursor.u8()?);
        let pointer = u64::from(file.shape.offsets);
        let bytes = file.up_to(address, 4 + count * (14 + 2 * pointer))?;
        let mut cursor = file.cursor(&bytes, file.place(address), "table of shared messages");
        cursor.expect(b"SMTB")?;
        for _ in 0..count {
            cursor.version(0)?;
            cursor.u8()?;
            let kinds = cursor.u16()?;
            cursor.take(10)?;
            cursor.address()?;
            if let Some(heap) = cursor.address()? {
                self.heaps.push((kinds, heap, None));
            }
        }
        Ok(())
    }

    /// The body of a message that may stand elsewhere, and where that lies in the source.
    pub(super) fn body(&mut self, file: &File, message: &Message) -> Read<(Vec<u8>, u64)> {
        let mut message = message.clone();
        for _ in 0..STEPS {
            if !message.shared {
                return Ok((message.body, message.at));
            }
            message = self.step(file, &message)?;
        }
        Err(Fault::broken(message.at, "shared message", "it leads from one to the next"))
    }

    fn step(&mut self, file: &File, message: &Message) -> Read<Message> {
        let mut cursor = file.cursor(&message.body, message.at, "shared message");
        let version = cursor.u8()?;
        let place = cursor.u8()?;
        if version == 0 || version > 3 {
            return Err(cursor.unknown());
        }
        cursor.take(if version == 1 { 6 } else { 0 })?;
        if version == 3 && place == 1 {
            let at = cursor.place();
            let id = cursor.take(8)?.to_vec();
            let (body, at) = self.kept(file, message.kind, &id, at)?;
            return Ok(Message { kind: message.kind, shared: false, at, body });
        }
        let address = cursor.address()?.ok_or_else(|| cursor.broken("it leads nowhere"))?;
        let (messages, fault) = header::messages(file, address);
        let found = messages.into_iter().find(|other| other.kind == message.kind);
        found.ok_or_else(|| fault.unwrap_or_else(|| cursor.broken("what it stands for is missing")))
    }

    /// A message of the shared heap.
    pub(super) fn kept(&mut self, file: &File, wanted: u16, id: &[u8], at: u64) -> Read<(Vec<u8>, u64)> {
        let missing = Fault::broken(at, "shared message", "the file has no heap for it");
        let bit = 1_u16.checked_shl(u32::from(wanted)).unwrap_or(0);
        let (_, address, heap) = self.heaps.iter_mut().find(|(kinds, ..)| kinds & bit != 0).ok_or(missing)?;
        let heap = match heap {
            Some(heap) => heap,
            None => heap.insert(fractal::open(file, *address)?),
        };
        heap.object(file, id, at)
    }
}

/// An attribute, before its value is looked at.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Vec<u8>,
    pub(super) datatype: Datatype,
    pub(super) data: Vec<u8>,
    /// Where the data lies in the source.
    pub(super) at: u64,
}

/// Reads an attribute message.
pub(super) fn attribute(file: &File, shared: &mut Shared, body: &[u8], at: u64) -> Read<Attribute> {
    let mut cursor = file.cursor(body, at, "attribute");
    let version = cursor.u8()?;
    if version == 0 || version > 3 {
        return Err(cursor.unknown());
    }
    let flags = if version == 1 { 0 } else { cursor.clone().u8()? };
    cursor.u8()?;
    let sizes = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
    cursor.take(usize::from(version == 3))?;
    let [name, type_size, space_size] = sizes;
    let name = cursor.padded(name, version == 1)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    let mut part = |kind: u16, size: usize, elsewhere: bool| -> Read<(Vec<u8>, u64)> {
        let at = cursor.place();
        let body = cursor.padded(size, version == 1)?.to_vec();
        shared.body(file, &Message { kind, shared: elsewhere, at, body })
    };
    let (bytes, place) = part(kind::DATATYPE, type_size, flags & 1 != 0)?;
    let datatype = datatype::datatype(&mut file.cursor(&bytes, place, "datatype"))?;
    let (bytes, place) = part(kind::DATASPACE, space_size, flags & 2 != 0)?;
    let space = datatype::dataspace(&mut file.cursor(&bytes, place, "dataspace"))?;
    let length = datatype::elements(&space).and_then(|count| count.checked_mul(datatype.size));
    let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    let at = cursor.place();
    let data = cursor.take(length)?.to_vec();
    Ok(Attribute { name, datatype, data, at })
}
