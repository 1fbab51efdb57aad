//! Members: what their headers say together, where headers contradict each other, what is dangerous about them.

use super::header::{BLOCK, Header, Number, number, until_nul};
use super::links::{Body, Lead, danger, folder};
use super::pax::{self, Records};
use super::{Link, Pending, Place, Walk, shown};
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::sparse::{Extent, Sparse};

/// The largest size that eleven octal digits hold; larger ones need an extended header or GNU's base 256.
const OCTAL: u64 = 0o77_777_777_777;

/// The length of names in the plain header: of shorter ones a header before it need not speak.
const NAME: usize = 100;

impl Walk<'_> {
    /// A valid header: of a member, or one that speaks of the next.
    pub(super) fn entry(&mut self, header: &Header) -> Result<()> {
        let kind = header.kind();
        if !matches!(kind, b'x' | b'X' | b'g' | b'L' | b'K') {
            let pending = std::mem::take(&mut self.pending);
            return self.member_at(header, &pending);
        }
        let size = self.declared(header, &shown(header.name()));
        let data = self.offset + BLOCK;
        if size > self.limits.extended {
            self.limit("an extended header is longer than any honest one");
            self.offset = after(data, size);
            return Ok(());
        }
        let bytes = self.source.read(data, usize::try_from(size).unwrap_or(0))?;
        if (bytes.len() as u64) < size {
            self.about("TAR121", self.offset, &[("member", b"an extended header")]);
        }
        if kind == b'g' {
            self.global.read(&bytes);
            if self.global.path.is_some() || self.global.size.is_some() || self.global.link.is_some() {
                self.odd("all members", "a global header that gives every member one path or size");
            }
        } else {
            self.pending.offset.get_or_insert(self.offset);
            let name_only = bytes.iter().skip_while(|byte| **byte != 0).all(|byte| *byte == 0);
            if matches!(kind, b'L' | b'K') && !name_only {
                self.odd("a long name", "bytes behind the end of the name");
            }
            match kind {
                b'L' => self.pending.long_name = Some(until_nul(&bytes).to_vec()),
                b'K' => self.pending.long_link = Some(until_nul(&bytes).to_vec()),
                _ => self.pending.records.read(&bytes),
            }
        }
        self.offset = after(data, size);
        Ok(())
    }

    fn declared(&mut self, header: &Header, member: &str) -> u64 {
        match header.size() {
            Number::Plain(_) => {}
            Number::Python(value) => {
                self.contradiction(member.as_bytes(), "size", header.size_text(), value.to_string().as_bytes());
            }
            Number::Odd(_) => self.odd(member, "a size that readers read in different ways"),
            Number::Bad => self.odd(member, "a size that is no number"),
        }
        header.size().value()
    }

    fn member_at(&mut self, header: &Header, pending: &Pending) -> Result<()> {
        let mut records = self.global.clone();
        records.odd = None;
        records.path = pending.records.path.clone().or(records.path);
        records.link = pending.records.link.clone().or(records.link);
        records.size = pending.records.size.or(records.size);
        let path = self.path(header, pending, &records);
        let name = shown(&path);
        if let Some(reason) = pending.records.odd {
            self.odd(&name, reason);
        }
        let size = self.size(header, &records, &name);
        let data = self.offset + BLOCK;
        match header.kind() {
            b'1' | b'2' => self.link(header, pending, &records, &path),
            b'3' | b'4' => self.about("TAR108", self.offset, &[("member", &path)]),
            b'6' => self.about("TAR109", self.offset, &[("member", &path)]),
            b'5' => {}
            // Before POSIX, directories were files whose names end in a slash.
            0 if header.name().ends_with(b"/") => {}
            b'S' => return self.old_sparse(header, &path, data, size),
            _ if pending.records.sparse.any() => return self.new_sparse(&pending.records, &path, data, size),
            _ => {
                if header.kind() != b'V' || size > 0 {
                    self.file(&path, data, size)?;
                }
                self.offset = after(data, size);
                return Ok(());
            }
        }
        self.without_content(&name, data, size)
    }

    /// The path most readers use. All that some reader may use are held against the rules for names.
    fn path(&mut self, header: &Header, pending: &Pending, records: &Records) -> Vec<u8> {
        let plain = header.path();
        let sparse = pending.records.sparse.name.as_ref();
        let path = sparse.or(records.path.as_ref()).or(pending.long_name.as_ref()).unwrap_or(&plain).clone();
        let prefixed = header.prefixed();
        let said = [sparse, records.path.as_ref(), pending.long_name.as_ref(), Some(&plain), Some(&prefixed)];
        let dangerous = said.into_iter().flatten().find_map(|name| Some((name, danger(name)?)));
        if let Some((name, reason)) = dangerous {
            self.about("TAR103", self.offset, &[("member", name), ("reason", reason.as_bytes())]);
        }
        if let (Some(first), Some(second)) = (&records.path, &pending.long_name)
            && first != second
        {
            self.contradiction(&path, "name", first, second);
        } else if let Some(said) = records.path.as_ref().or(pending.long_name.as_ref())
            && said.len() < NAME
            && said.is_ascii()
            && trimmed(said) != trimmed(&plain)
            && sparse.is_none()
        {
            self.contradiction(&path, "name", said, &plain);
        }
        self.places.push(Place { offset: self.offset, path: path.clone(), symlink: header.kind() == b'2' });
        path
    }

    fn contradiction(&mut self, path: &[u8], field: &str, first: &[u8], second: &[u8]) {
        let facts = [("member", path), ("field", field.as_bytes()), ("first", first), ("second", second)];
        self.about("TAR112", self.offset, &facts);
    }

    fn size(&mut self, header: &Header, records: &Records, name: &str) -> u64 {
        let plain = self.declared(header, name);
        let Some(size) = records.size else { return plain };
        // Sizes beyond the octal field are the reason for the record; writers then put zero or what fits into the field.
        if size != plain && size <= OCTAL {
            self.contradiction(name.as_bytes(), "size", size.to_string().as_bytes(), plain.to_string().as_bytes());
        }
        size
    }

    /// A regular file; any unknown kind is extracted as one.
    fn file(&mut self, path: &[u8], data: u64, size: u64) -> Result<()> {
        if data.saturating_add(size) > self.size {
            self.about("TAR121", self.offset, &[("member", path)]);
        }
        let body = Body { offset: data, size: size.min(self.size.saturating_sub(data)) };
        let earlier = self.names.file(path, body);
        if let Some(earlier) = earlier
            && !self.same(earlier, body)?
        {
            self.about("TAR111", self.offset, &[("member", path)]);
        }
        self.member(shown(path), self.source.slice(body.offset, body.size));
        Ok(())
    }

    fn same(&mut self, one: Body, other: Body) -> Result<bool> {
        if one.size != other.size || self.compared.saturating_add(one.size) > self.limits.compared {
            return Ok(false);
        }
        self.compared += one.size;
        let mut at = 0;
        while at < one.size {
            let length = usize::try_from((one.size - at).min(1 << 18)).unwrap_or(0);
            if self.source.read(one.offset + at, length)? != self.source.read(other.offset + at, length)? {
                return Ok(false);
            }
            at += 1 << 18;
        }
        Ok(true)
    }

    /// Goes on behind a member that should have no content. Where a header or the end follows, declared bytes are not there.
    fn without_content(&mut self, name: &str, data: u64, size: u64) -> Result<()> {
        self.offset = data;
        if size == 0 {
            return Ok(());
        }
        self.report(Finding::new("TAR114", data).fact("member", name).fact("size", size));
        let block = self.block(data)?;
        if Header::of(&block).is_none() && block.iter().any(|byte| *byte != 0) {
            self.gap(data, size.min(self.size.saturating_sub(data)));
            self.offset = after(data, size);
        }
        Ok(())
    }

    fn link(&mut self, header: &Header, pending: &Pending, records: &Records, path: &[u8]) {
        let said = records.link.as_deref().or(pending.long_link.as_deref());
        let target = said.unwrap_or(header.link()).to_vec();
        if let Some(said) = said
            && said.len() < NAME
            && said.is_ascii()
            && said != header.link()
        {
            self.contradiction(path, "link", said, header.link());
        }
        let hard = header.kind() == b'1';
        if !hard && self.names.symlink(path, &target) {
            self.about("TAR111", self.offset, &[("member", path)]);
        }
        if hard {
            if let Some(body) = self.names.earlier(&target) {
                self.names.file(path, body);
            } else if self.names.lead(b"", &target) == Lead::Inside {
                self.about("TAR107", self.offset, &[("member", path), ("target", &target)]);
            }
        }
        self.links.push(Link { offset: self.offset, path: path.to_vec(), target, hard });
    }

    /// Judges links and paths, now that all of them are known.
    pub(super) fn judge_links(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let from = if link.hard { b"".as_slice() } else { folder(&link.path) };
            let facts = [("member", link.path.as_slice()), ("target", link.target.as_slice())];
            match self.names.lead(from, &link.target) {
                Lead::Outside => self.about("TAR104", link.offset, &facts),
                Lead::ThroughLink => self.about("TAR105", link.offset, &[("member", &link.path)]),
                // Hard links to a file of the archive are how archivers store one file under two names.
                Lead::Inside if link.hard => {}
                Lead::Inside => self.about("TAR106", link.offset, &facts),
            }
        }
        for place in std::mem::take(&mut self.places) {
            if self.names.passes_through_link(&place.path, place.symlink) {
                self.about("TAR105", place.offset, &[("member", &place.path)]);
            }
        }
    }

    /// GNU's old form: extents in the header and in blocks behind it.
    fn old_sparse(&mut self, header: &Header, path: &[u8], data: u64, size: u64) -> Result<()> {
        let mut entries = header.sparse_entries().to_vec();
        let mut goes_on = header.sparse_goes_on();
        let mut data = data;
        while goes_on && entries.len() / 24 < self.limits.extents {
            let block = self.block(data)?;
            let Some((more, [rest @ .., _, _, _, _, _, _, _])) = block.split_at_checked(504) else { break };
            entries.extend_from_slice(more);
            goes_on = rest.first().is_some_and(|byte| *byte != 0);
            data += BLOCK;
        }
        let extents = entries.chunks_exact(24).filter(|entry| entry.first() != Some(&0)).map(|entry| Extent {
            at: number(entry.get(..12).unwrap_or_default()).value(),
            size: number(entry.get(12..).unwrap_or_default()).value(),
        });
        let extents: Vec<Extent> = extents.collect();
        let whole = header.sparse_size().value();
        self.sparse(path, data, size, (!goes_on).then_some((extents, whole)), 0)
    }

    /// The three forms in extended headers.
    fn new_sparse(&mut self, records: &Records, path: &[u8], data: u64, size: u64) -> Result<()> {
        let whole = records.sparse.size.unwrap_or(size);
        if !records.sparse.in_data {
            let extents = pax::extents(records.sparse.map.as_deref().unwrap_or_default());
            let extents = extents.filter(|extents| extents.len() <= self.limits.extents);
            return self.sparse(path, data, size, extents.map(|extents| (extents, whole)), 0);
        }
        let most = size.min(self.limits.extended);
        let front = self.source.read(data, usize::try_from(most).unwrap_or(0))?;
        let map = pax::map_in_data(&front, self.limits.extents);
        let used = map.as_ref().map_or(0, |(_, used)| after(0, *used as u64));
        self.sparse(path, data, size, map.map(|(extents, _)| (extents, whole)), used)
    }

    /// A member with holes, whose data begins `map` bytes behind `data`: the file it stands for, and what is stored.
    fn sparse(
        &mut self,
        path: &[u8],
        data: u64,
        size: u64,
        layout: Option<(Vec<Extent>, u64)>,
        map: u64,
    ) -> Result<()> {
        let whole = layout.as_ref().map_or(0, |(_, whole)| *whole);
        let finding = Finding::new("TAR113", self.offset).fact("member", shown(path));
        self.report(finding.fact("stored", size).fact("size", whole));
        let stored = self.source.slice(data.saturating_add(map), size.saturating_sub(map));
        self.holes = self.holes.saturating_add(whole.saturating_sub(size));
        match layout.and_then(|(extents, whole)| Sparse::new(stored, &extents, whole)) {
            Some(_) if self.holes > self.limits.holes => self.limit("more holes than are read"),
            Some(sparse) => self.member(shown(path), Source::from_sparse(sparse)),
            None => self.odd(&shown(path), "a map of holes that is none"),
        }
        self.file(path, data, size)?;
        self.offset = after(data, size);
        Ok(())
    }
}

/// Where the next block lies behind data.
fn after(data: u64, size: u64) -> u64 {
    data.saturating_add(size.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX))
}

/// A path as archivers may spell it in another header.
fn trimmed(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    path.strip_suffix(b"/").unwrap_or(path)
}
