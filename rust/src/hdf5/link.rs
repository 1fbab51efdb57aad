//! Links: where the members of a group are, in the group's messages, in a B-tree or in a heap.

use super::fault::Read;
use super::file::Cursor;

/// What a link leads to.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// The object at an address.
    Hard(u64),
    /// A path in the same file.
    Soft(Vec<u8>),
    /// A path in another file.
    External { file: Vec<u8>, path: Vec<u8> },
    /// Whatever a program has registered for links of this class.
    UserDefined(u8),
}

/// A member of a group.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) name: Vec<u8>,
    /// Where the message or the entry lies in the source.
    pub(super) at: u64,
    pub(super) target: Target,
}

/// Reads a link message.
pub(super) fn message(cursor: &mut Cursor) -> Read<Link> {
    let at = cursor.place();
    cursor.version(1)?;
    let flags = cursor.u8()?;
    let class = if flags & 0x08 == 0 { 0 } else { cursor.u8()? };
    cursor.take(if flags & 0x04 == 0 { 0 } else { 8 })?;
    cursor.take(usize::from(flags & 0x10 != 0))?;
    let length = cursor.uint(1 << (flags & 3))?;
    let name = cursor.take(usize::try_from(length).unwrap_or(usize::MAX))?.to_vec();
    let target = match class {
        0 => Target::Hard(cursor.address()?.ok_or_else(|| cursor.broken("it leads nowhere"))?),
        1 => {
            let length = cursor.u16()?;
            Target::Soft(cursor.take(usize::from(length))?.to_vec())
        }
        64 => {
            let length = cursor.u16()?;
            let place = cursor.place();
            let value = cursor.take(usize::from(length))?;
            let mut value = cursor.inside(value, place, "external link");
            value.u8()?;
            let file = value.until_nul()?.to_vec();
            let path = value.rest().split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
            Target::External { file, path }
        }
        class => Target::UserDefined(class),
    };
    Ok(Link { name, at, target })
}

/// What a link info message says: the heap of the links, and the B-trees over it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dense {
    pub(super) heap: u64,
    pub(super) trees: [Option<u64>; 2],
}

/// Reads a link info message or an attribute info message; `None` if nothing is kept in a heap.
pub(super) fn dense(cursor: &mut Cursor, order_width: usize) -> Read<Option<Dense>> {
    cursor.version(0)?;
    let flags = cursor.u8()?;
    cursor.take(if flags & 1 == 0 { 0 } else { order_width })?;
    let heap = cursor.address()?;
    let names = cursor.address()?;
    let order = if flags & 2 == 0 { None } else { cursor.address()? };
    Ok(heap.map(|heap| Dense { heap, trees: [names, order] }))
}
