//! Byte code in R's serialization: instructions, and constants, among which is the code it was compiled from.

use super::item::{BCODESXP, LANGSXP, LISTSXP};
use super::{Place, Reader, Task};
use crate::walk::{Stop, Taken};

/// A shared part: its first appearance, and later ones.
const BCREPDEF: i32 = 244;
const BCREPREF: i32 = 243;

/// Calls and lists that have attributes.
const ATTRLANGSXP: i32 = 240;
const ATTRLISTSXP: i32 = 239;

impl Reader<'_> {
    /// The instructions are an object; how many constants follow is told behind it.
    pub(super) fn byte_code(&mut self) {
        self.then([Some(Task::Item(Place::Value)), Some(Task::ConstantCount)]);
    }

    pub(super) fn constants(&mut self) -> Taken<()> {
        let count = u64::try_from(self.stream.int()?).map_err(|_| Stop::Broken("a vector of negative length"))?;
        self.fits(count, 4)?;
        self.tasks.push(Task::Constants(count));
        Ok(())
    }

    pub(super) fn constant(&mut self) -> Taken<()> {
        let kind = self.stream.int()?;
        match kind {
            BCODESXP => self.byte_code(),
            LANGSXP | LISTSXP | BCREPDEF | BCREPREF | ATTRLANGSXP | ATTRLISTSXP => {
                self.code_part(kind, Place::Value)?;
            }
            _ => self.tasks.push(Task::Item(Place::Value)),
        }
        Ok(())
    }

    /// A part of code of which the type was read.
    pub(super) fn code_part(&mut self, kind: i32, place: Place) -> Taken<()> {
        let kind = match kind {
            BCREPREF => {
                self.stream.int()?;
                return Ok(());
            }
            BCREPDEF => {
                self.stream.int()?;
                self.stream.int()?
            }
            other => other,
        };
        let head = match kind {
            LANGSXP | ATTRLANGSXP => Place::Called,
            LISTSXP | ATTRLISTSXP => Place::Value,
            _ => {
                self.tasks.push(Task::Item(place));
                return Ok(());
            }
        };
        let attributes = matches!(kind, ATTRLANGSXP | ATTRLISTSXP).then_some(Task::Item(Place::Value));
        let rest = [Some(Task::CodePart(head)), Some(Task::CodePart(Place::Value))];
        self.then([attributes, Some(Task::Item(Place::Tag)), rest[0], rest[1]]);
        Ok(())
    }
}
