//! From object to object: each is visited once, in the order of a reader that goes down into groups first.

use std::collections::{HashMap, HashSet};

use super::dataset::Parts;
use super::datatype::{Datatype, Element};
use super::fault::{Fault, Read};
use super::file::File;
use super::fractal;
use super::group;
use super::header::{self, Message, kind};
use super::heap::Global;
use super::link::{self, Dense, Link, Target};
use super::names::{Lookup, Names, Other, shown};
use super::report::{Report, text};
use super::shared::{self, Shared};
use super::superblock::Superblock;
use super::values::{self, Room};
use super::{Attribute, Dataset, Kind, Limits};
use crate::error::Result;
use crate::finding::Finding;

/// What a walk found.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) datasets: Vec<Dataset>,
    pub(super) groups: usize,
    pub(super) names: Names,
}

/// A walk at work.
pub(super) struct Walk<'a> {
    pub(super) file: &'a File<'a>,
    pub(super) limits: Limits,
    pub(super) report: Report,
    pub(super) names: Names,
    name_bytes: usize,
    /// The address of each object, by number.
    addresses: Vec<u64>,
    known: HashMap<u64, u32>,
    todo: Vec<u32>,
    others: Vec<(u32, Box<str>, Other)>,
    /// Soft links: where each stands.
    soft: Vec<(usize, u64)>,
    /// Heaps and trees of groups and attributes that were read.
    structures: HashSet<(u64, [Option<u64>; 2])>,
    /// Where attributes lie: headers that share their parts show the same ones again and again.
    places: HashSet<u64>,
    pub(super) filters: HashSet<u16>,
    pub(super) global: Global,
    shared: Shared,
    room: Room,
    pub(super) data_room: Room,
    attributes: Vec<Attribute>,
    pub(super) datasets: Vec<Dataset>,
    groups: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a File<'a>, limits: Limits, report: Report) -> Self {
        Self {
            file,
            limits,
            report,
            names: Names::default(),
            name_bytes: 0,
            addresses: Vec::new(),
            known: HashMap::new(),
            todo: Vec::new(),
            others: Vec::new(),
            soft: Vec::new(),
            structures: HashSet::new(),
            places: HashSet::new(),
            filters: HashSet::new(),
            global: Global::default(),
            shared: Shared::default(),
            room: Room { bytes: limits.text, items: limits.items },
            data_room: Room { bytes: limits.text, items: limits.items },
            attributes: Vec::new(),
            datasets: Vec::new(),
            groups: 0,
        }
    }

    /// Visits all objects.
    pub(super) fn run(&mut self, superblock: &Superblock) -> Result<()> {
        let start = superblock.shape.base;
        if superblock.end > self.file.size() {
            let finding = Finding::new("HDF102", start).fact("declared", superblock.end).fact("size", self.file.size());
            self.report.add(finding);
        }
        if superblock.driver.is_some() {
            self.spread(start);
        }
        if let Some(address) = superblock.extension {
            let (messages, fault) = header::messages(self.file, address);
            self.note(fault)?;
            for message in &messages {
                if message.kind == kind::SHARED_TABLE {
                    let fault = self.shared.table(self.file, message).err();
                    self.note(fault)?;
                }
                if message.kind == kind::DRIVER {
                    self.spread(message.at);
                }
            }
        }
        let Some(root) = superblock.root else {
            return self.note(Some(Fault::broken(start, "superblock", "it has no root group")));
        };
        self.names.add(0, "");
        self.addresses.push(root);
        self.known.insert(root, 0);
        if let Some((tree, heap)) = superblock.cached {
            let fault = self.old_group(0, tree, heap).err();
            self.note(fault)?;
        }
        self.todo.push(0);
        while let Some(object) = self.todo.pop() {
            if self.report.over {
                break;
            }
            let before = self.todo.len();
            self.object(object)?;
            if let Some(added) = self.todo.get_mut(before..) {
                added.reverse();
            }
        }
        Ok(())
    }

    /// What is left to say once all objects are known.
    pub(super) fn finish(mut self) -> Found {
        if !self.report.over && !self.soft.is_empty() {
            let lookup = Lookup::new(&self.names, &self.others);
            for (number, at) in &self.soft {
                if let Some((group, name, Other::Soft(target))) = self.others.get(*number)
                    && lookup.dangles(*group, target)
                {
                    let path = child(&self.names.path(*group), name);
                    let finding = Finding::new("HDF114", *at).fact("path", path).fact("target", target.as_str());
                    self.report.add(finding);
                }
            }
        }
        Found {
            findings: self.report.findings,
            attributes: self.attributes,
            datasets: self.datasets,
            groups: self.groups,
            names: self.names,
        }
    }

    fn note(&mut self, fault: Option<Fault>) -> Result<()> {
        fault.map_or(Ok(()), |fault| self.report.fault(fault))
    }

    fn spread(&mut self, at: u64) {
        self.report.once(String::new(), Finding::new("HDF118", at));
    }

    fn object(&mut self, object: u32) -> Result<()> {
        let address = usize::try_from(object).ok().and_then(|number| self.addresses.get(number).copied()).unwrap_or(0);
        let (messages, fault) = header::messages(self.file, address);
        self.note(fault)?;
        let mut parts = Parts::default();
        let mut group = false;
        for message in &messages {
            group |= matches!(message.kind, kind::SYMBOL_TABLE | kind::LINK_INFO | kind::LINK);
            let fault = self.message(object, message, &mut parts).err();
            let over = fault.as_ref().is_some_and(Fault::is_final);
            self.note(fault)?;
            if over {
                return Ok(());
            }
        }
        self.groups += usize::from(group);
        if parts.layout.is_some() {
            let fault = self.dataset(object, address, parts).err();
            self.note(fault)?;
        }
        Ok(())
    }

    fn message(&mut self, object: u32, message: &Message, parts: &mut Parts) -> Read<()> {
        let file = self.file;
        match message.kind {
            kind::SYMBOL_TABLE => {
                let mut cursor = file.cursor(&message.body, message.at, "symbol table");
                let (tree, heap) = (cursor.address()?, cursor.address()?);
                let (tree, heap) = tree.zip(heap).ok_or_else(|| cursor.broken("it leads nowhere"))?;
                return self.old_group(object, tree, heap);
            }
            kind::LINK_INFO => {
                let mut cursor = file.cursor(&message.body, message.at, "link info");
                if let Some(dense) = link::dense(&mut cursor, 8)?
                    && self.structures.insert((dense.heap, dense.trees))
                {
                    return group::new(file, &dense, &mut |link| self.take(object, link));
                }
            }
            kind::LINK => {
                let link = link::message(&mut file.cursor(&message.body, message.at, "link"))?;
                return self.take(object, Ok(link));
            }
            kind::ATTRIBUTE => {
                let (body, at) = self.shared.body(file, message)?;
                return self.attribute(object, &body, at);
            }
            kind::ATTRIBUTE_INFO => {
                let mut cursor = file.cursor(&message.body, message.at, "attribute info");
                if let Some(dense) = link::dense(&mut cursor, 2)?
                    && self.structures.insert((dense.heap, dense.trees))
                {
                    return self.dense_attributes(object, &dense);
                }
            }
            kind::DATASPACE | kind::DATATYPE | kind::LAYOUT | kind::FILTERS | kind::EXTERNAL_FILES => {
                let (body, at) = self.shared.body(file, message)?;
                return self.part(message.kind, &body, at, parts);
            }
            _ => {}
        }
        Ok(())
    }

    fn old_group(&mut self, object: u32, tree: u64, heap: u64) -> Read<()> {
        if !self.structures.insert((heap, [Some(tree), None])) {
            return Ok(());
        }
        group::old(self.file, tree, heap, &mut |link| self.take(object, link))
    }

    /// Takes a link of a group.
    fn take(&mut self, group: u32, link: std::result::Result<Link, Fault>) -> Read<()> {
        let link = match link {
            Ok(link) => link,
            Err(fault) => return self.report.fault(fault).map_err(Fault::Io),
        };
        let name = shown(&link.name);
        self.name_bytes = self.name_bytes.saturating_add(name.len());
        if self.name_bytes > self.limits.names || self.others.len() >= self.limits.links {
            self.report.limit(link.at, "links of all groups", self.limits.links);
            return Ok(());
        }
        let other = match link.target {
            Target::Hard(address) => match self.known.get(&address) {
                Some(object) => Other::Again(*object),
                None if self.names.len() >= self.limits.objects => {
                    self.report.limit(link.at, "objects", self.limits.objects);
                    return Ok(());
                }
                None => {
                    let object = self.names.add(group, &name);
                    self.addresses.push(address);
                    self.known.insert(address, object);
                    self.todo.push(object);
                    return Ok(());
                }
            },
            Target::Soft(target) => {
                self.name_bytes = self.name_bytes.saturating_add(target.len());
                self.soft.push((self.others.len(), link.at));
                Other::Soft(shown(&target))
            }
            Target::External { file, path } => {
                let finding = Finding::new("HDF111", link.at)
                    .fact("path", child(&self.names.path(group), &name))
                    .fact("file", text(&file))
                    .fact("target", text(&path));
                self.report.add(finding);
                Other::Away
            }
            Target::UserDefined(class) => {
                let path = child(&self.names.path(group), &name);
                let finding = Finding::new("HDF115", link.at).fact("path", path).fact("class", u64::from(class));
                self.report.add(finding);
                Other::Away
            }
        };
        self.others.push((group, name.into(), other));
        Ok(())
    }

    fn dense_attributes(&mut self, object: u32, dense: &Dense) -> Read<()> {
        let file = self.file;
        let mut heap = fractal::open(file, dense.heap)?;
        let (found, fault) = group::kept(file, dense, [8, 9]);
        for kept in found {
            let body = if kept.shared {
                self.shared.kept(file, kind::ATTRIBUTE, &kept.id, kept.id_at)
            } else {
                heap.object(file, &kept.id, kept.id_at)
            };
            let outcome = body.and_then(|(body, at)| self.attribute(object, &body, at));
            match outcome {
                Err(fault) if fault.is_final() => return Err(fault),
                Err(fault) => self.report.fault(fault).map_err(Fault::Io)?,
                Ok(()) => {}
            }
        }
        fault.map_or(Ok(()), Err)
    }

    fn attribute(&mut self, object: u32, body: &[u8], at: u64) -> Read<()> {
        if !self.places.insert(at) {
            return Ok(());
        }
        if self.attributes.len() >= self.limits.attributes {
            self.report.limit(at, "attributes", self.limits.attributes);
            return Ok(());
        }
        let found = shared::attribute(self.file, &mut self.shared, body, at)?;
        let (values, fault, all) =
            values::values(self.file, &self.global, &found.datatype, &found.data, found.at, &mut self.room);
        if !all {
            self.report.limit(found.at, "values of attributes", self.limits.text);
        }
        let position = values.first().map_or(found.at, |value| value.at);
        self.attributes.push(Attribute {
            object,
            name: shown(&found.name),
            position,
            kind: kind_of(&found.datatype),
            dtype: found.datatype.name,
            values,
        });
        fault.map_or(Ok(()), Err)
    }
}

pub(super) fn kind_of(datatype: &Datatype) -> Kind {
    match datatype.element {
        Element::Text | Element::VariableText => Kind::Text,
        Element::Bytes | Element::VariableBytes => Kind::Bytes,
        Element::Other => Kind::Other,
    }
}

fn child(group: &str, name: &str) -> String {
    if group == "/" { format!("/{name}") } else { format!("{group}/{name}") }
}
