//! Datasets: where their data lies, whether all of it is there, and the text or the bytes of small ones.

use super::data::{self, Stored};
use super::datatype::{self, Datatype, Space};
use super::fault::{Fault, Read};
use super::filter;
use super::header::kind;
use super::heap;
use super::layout::{self, Filter, Layout};
use super::report::text;
use super::values;
use super::walk::{Walk, kind_of};
use super::{Dataset, Kind};
use crate::finding::Finding;

/// Data that is declared although it is not stored, in bytes and as a multiple: what is compressed best has 1,032 times.
const BOMB: u64 = 1 << 30;
const BOMB_FACTOR: u64 = 1100;

/// What the messages of one object say about its data.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) space: Option<Space>,
    pub(super) datatype: Option<Datatype>,
    pub(super) layout: Option<Layout>,
    pub(super) filters: Vec<Filter>,
    pub(super) external: Vec<String>,
}

impl Walk<'_> {
    /// Takes what a message says about the data of an object.
    pub(super) fn part(&mut self, kind: u16, body: &[u8], at: u64, parts: &mut Parts) -> Read<()> {
        let file = self.file;
        match kind {
            kind::DATASPACE => {
                parts.space = Some(datatype::dataspace(&mut file.cursor(body, at, "dataspace"))?);
            }
            kind::DATATYPE => {
                parts.datatype = Some(datatype::datatype(&mut file.cursor(body, at, "datatype"))?);
            }
            kind::LAYOUT => {
                let layout = layout::layout(&mut file.cursor(body, at, "data layout"))?;
                parts.layout = Some(layout);
            }
            kind::FILTERS => {
                parts.filters = layout::filters(&mut file.cursor(body, at, "filter pipeline"))?;
            }
            _ => {
                let (heap, names) = layout::external(&mut file.cursor(body, at, "list of external files"))?;
                let heap = heap::local(file, heap)?;
                for name in names {
                    let (name, _) = heap.text(file, name)?;
                    parts.external.push(text(&name));
                }
            }
        }
        Ok(())
    }

    /// Takes a dataset.
    pub(super) fn dataset(&mut self, object: u32, address: u64, parts: Parts) -> Read<()> {
        let at = self.file.place(address);
        let Some(layout) = parts.layout else { return Ok(()) };
        let (Some(space), Some(datatype)) = (parts.space, parts.datatype) else {
            return Err(Fault::broken(at, "dataset", "it has no type or no shape"));
        };
        let stored = Stored { layout, filters: parts.filters, space, element: datatype.size };
        let size = stored.size();
        let elsewhere = self.elsewhere(object, at, &stored, &parts.external)?;
        self.filters_of(object, at, &stored.filters);
        let mut dataset = Dataset {
            object,
            position: at,
            kind: kind_of(&datatype),
            dtype: datatype.name.clone(),
            extents: stored.space.extents.clone(),
            layout: elsewhere.unwrap_or(match stored.layout {
                Layout::Compact { .. } => "compact",
                Layout::Contiguous { .. } => "contiguous",
                Layout::Chunked { .. } => "chunked",
                Layout::Virtual { .. } => "virtual",
            }),
            offset: if elsewhere.is_some() { None } else { stored.offset(self.file) },
            size,
            filters: stored.filters.iter().map(|filter| filter.number).collect(),
            values: Vec::new(),
            whole: false,
            stored,
            shape: self.file.shape,
        };
        let mut fault = None;
        if elsewhere.is_none() {
            fault = self.stored(object, at, &dataset).err();
            let small = size.is_some_and(|size| size <= self.limits.dataset);
            if dataset.kind != Kind::Other && small && fault.is_none() {
                fault = self.small(&mut dataset, &datatype).err();
            }
        }
        self.datasets.push(dataset);
        fault.map_or(Ok(()), Err)
    }

    /// Whether the data lies in other files or is put together from other datasets, and which.
    fn elsewhere(&mut self, object: u32, at: u64, stored: &Stored, external: &[String]) -> Read<Option<&'static str>> {
        for name in external {
            let finding = Finding::new("HDF112", at).fact("path", self.names.path(object)).fact("file", name.as_str());
            self.report.once(format!("{object} {name}"), finding);
        }
        if !external.is_empty() {
            return Ok(Some("external"));
        }
        let Layout::Virtual { collection, number } = &stored.layout else { return Ok(None) };
        let Some(collection) = collection else { return Ok(Some("virtual")) };
        let (address, length) = self.global.object(self.file, *collection, *number)?;
        let bytes = self.file.read(address, length, "virtual dataset")?;
        let mut cursor = self.file.cursor(&bytes, self.file.place(address), "virtual dataset");
        let (sources, fault) = layout::sources(&mut cursor);
        for name in sources.into_iter().filter(|name| name != ".") {
            let finding =
                Finding::new("HDF113", at).fact("path", self.names.path(object)).fact("file", text(name.as_bytes()));
            self.report.once(format!("{object} {name}"), finding);
        }
        fault.map_or(Ok(Some("virtual")), Err)
    }

    fn filters_of(&mut self, object: u32, at: u64, filters: &[Filter]) {
        for filter in filters {
            if !filter::is_known(filter.number) && self.filters.insert(filter.number) {
                let finding = Finding::new("HDF121", at)
                    .fact("filter", u64::from(filter.number))
                    .fact("name", filter.name.as_str())
                    .fact("path", self.names.path(object));
                self.report.add(finding);
            }
        }
    }

    /// Holds what is declared against what is stored.
    fn stored(&mut self, object: u32, at: u64, dataset: &Dataset) -> Read<()> {
        const WHAT: &str = "dataset";
        let file = self.file;
        let size = dataset.size.ok_or(Fault::broken(at, WHAT, "its size is impossible"))?;
        let mut there = 0;
        match &dataset.stored.layout {
            Layout::Compact { bytes, .. } => {
                there = bytes.len() as u64;
                if there < size {
                    return Err(Fault::broken(at, WHAT, "its data is shorter than its shape"));
                }
            }
            Layout::Contiguous { address: Some(address), size: declared } => {
                there = declared.unwrap_or(size);
                if !file.holds(*address, there) {
                    return Err(Fault::broken(at, WHAT, "its data lies outside of the file"));
                }
                if there < size {
                    return Err(Fault::broken(at, WHAT, "its data is shorter than its shape"));
                }
            }
            Layout::Chunked { index, address, shape } if size >= BOMB => {
                let filtered = !dataset.stored.filters.is_empty();
                there = match layout::chunks(file, (*index, *address), shape, &dataset.stored.space, filtered) {
                    Ok(chunks) => chunks.iter().fold(0_u64, |sum, chunk| sum.saturating_add(chunk.size)),
                    // So many are no small file.
                    Err(Fault::Many { .. }) => u64::MAX,
                    Err(fault) => return Err(fault),
                };
                there = there.min(file.size());
            }
            _ => {}
        }
        if size >= BOMB && size / BOMB_FACTOR > there {
            let finding = Finding::new("HDF116", at)
                .fact("path", self.names.path(object))
                .fact("declared", size)
                .fact("stored", there);
            self.report.add(finding);
        }
        Ok(())
    }

    /// Reads the text or the bytes of a small dataset.
    fn small(&mut self, dataset: &mut Dataset, datatype: &Datatype) -> Read<()> {
        let Some(data) = data::front(self.file, &dataset.stored, self.limits.dataset)? else { return Ok(()) };
        let at = dataset.offset.unwrap_or(dataset.position);
        // Attributes have room of their own: large texts are ordinary data of a dataset.
        let (values, fault, all) = values::values(self.file, &self.global, datatype, &data, at, &mut self.data_room);
        dataset.whole = all && fault.is_none();
        dataset.values = values;
        fault.map_or(Ok(()), Err)
    }
}
