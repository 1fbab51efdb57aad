//! HDF5 files: every object that a reader would find, its links, attributes and how its data is stored.
//!
//! Written for hostile files: the C library is not, and follows links and storage into other files. `file` reads bytes by
//! address under a budget, `superblock`, `header`, `btree`, `heap` and `fractal` know the structures, `link`, `datatype`,
//! `layout` and `shared` the messages, `values` and `data` what text and data they lead to. `walk` goes from object to object
//! without recursion and visits each once; `names` knows their paths, `report` makes findings of what was met.
//!
//! The order of the bytes is that of "HDF5 File Format Specification Version 3.0"; what it leaves open is as the library
//! of version 1.14 does it. Checksums are not looked at: they keep nobody from writing what they like.

mod array;
mod btree;
mod data;
mod dataset;
mod datatype;
mod fault;
mod file;
mod filter;
mod fractal;
mod group;
mod header;
mod heap;
mod layout;
mod link;
mod names;
mod report;
mod shared;
mod superblock;
mod values;
mod walk;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::source::Source;
use crate::spool::{Kept, spool};
use fault::Fault;
use file::{File, Shape};
use names::Names;
pub use values::Value;

/// Caps on what one file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Objects, about 150 bytes each. The largest honest files known have 100,000.
    pub objects: usize,
    /// Links that lead to an object a second time, or to none.
    pub links: usize,
    /// Bytes of all names together.
    pub names: usize,
    /// Attributes: most objects of some libraries have three or four.
    pub attributes: usize,
    /// Bytes of the values of all attributes that are kept, and as many of small datasets: the largest configurations of
    /// models have some megabytes.
    pub text: usize,
    /// Values that are kept, of both.
    pub items: usize,
    /// Bytes of the data of one dataset whose values are kept.
    pub dataset: u64,
    /// Findings.
    pub findings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            objects: 500_000,
            links: 500_000,
            names: 64 << 20,
            attributes: 1_000_000,
            text: 64 << 20,
            items: 1 << 20,
            dataset: 4 << 20,
            findings: 2_000,
        }
    }
}

/// What values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, of a fixed or a variable size.
    Text,
    /// Bytes without a meaning, or numbers of one byte each.
    Bytes,
    /// Numbers and all else: their values are not kept.
    Other,
}

/// An attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    object: u32,
    /// Its name.
    pub name: String,
    /// Where its value lies, or else what leads there.
    pub position: u64,
    /// What it holds.
    pub kind: Kind,
    /// Its type, as numpy writes it where that has a name for it.
    pub dtype: String,
    /// Text and bytes in order.
    pub values: Vec<Value>,
}

/// A dataset.
#[derive(Debug, Clone)]
pub struct Dataset {
    object: u32,
    /// Where its object header lies.
    pub position: u64,
    /// What it holds.
    pub kind: Kind,
    /// Its type, as numpy writes it where that has a name for it.
    pub dtype: String,
    /// Its extents; empty for a single element.
    pub extents: Vec<u64>,
    /// 'compact', 'contiguous', 'chunked', 'virtual' or 'external'.
    pub layout: &'static str,
    /// Where its data begins, if it stands there in one piece and as it is.
    pub offset: Option<u64>,
    /// Bytes of all its elements; `None` if no number holds it.
    pub size: Option<u64>,
    /// The numbers of its filters.
    pub filters: Vec<u16>,
    /// Text and bytes in order, of a dataset that is small.
    pub values: Vec<Value>,
    /// Whether `values` are all there are.
    pub whole: bool,
    stored: data::Stored,
    shape: Shape,
}

/// The outcome of a scan.
#[derive(Debug)]
pub struct Hdf5Scan {
    /// In order of discovery.
    pub findings: Vec<Finding>,
    /// Of all objects, in order of discovery.
    pub attributes: Vec<Attribute>,
    /// In order of discovery.
    pub datasets: Vec<Dataset>,
    /// Groups that were visited.
    pub groups: usize,
    /// Where the superblock lies.
    pub start: u64,
    /// Where the file ends, as the superblock says.
    pub end: u64,
    /// The bytes that offsets count from: decompressed, where the source was not.
    pub source: Source,
    names: Arc<Names>,
}

impl Hdf5Scan {
    /// The paths of objects.
    #[must_use]
    pub fn paths(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }
}

impl Attribute {
    /// The path of the object it belongs to.
    pub fn path(&self, names: &Names) -> String {
        names.path(self.object)
    }
}

impl Dataset {
    /// One path to it.
    pub fn path(&self, names: &Names) -> String {
        names.path(self.object)
    }
}

pub use names::Names as Paths;

/// Where an HDF5 file begins in a source, if it is one.
///
/// # Errors
/// Only when the source cannot be read.
pub fn find(source: &Source) -> Result<Option<u64>> {
    superblock::find(source)
}

/// Visits all objects of a file, plain or decompressed.
///
/// # Errors
/// Only when the source cannot be read; broken files are findings.
pub fn scan(source: &Source, deadline: &Deadline, limits: Limits) -> Result<Hdf5Scan> {
    let (source, kept) = spool(source, deadline)?;
    let start = superblock::find(&source)?.unwrap_or(0);
    let mut report = report::Report::new(limits.findings);
    match kept {
        Kept::Whole => {}
        Kept::Broken => report.fault(Fault::broken(start, "compressed stream", "it breaks off"))?,
        Kept::Full => report.limit(start, "bytes kept of a compressed stream", 0),
        Kept::Late => report.fault(Fault::Late { at: start })?,
    }
    let superblock = match superblock::read(&source, start) {
        Ok(superblock) => superblock,
        Err(fault) => {
            report.fault(fault)?;
            let end = source.size().unwrap_or(0);
            return Ok(Hdf5Scan {
                findings: report.findings,
                attributes: Vec::new(),
                datasets: Vec::new(),
                groups: 0,
                start,
                end,
                source,
                names: Arc::default(),
            });
        }
    };
    let file = File::new(&source, superblock.shape, deadline);
    let mut walk = walk::Walk::new(&file, limits, report);
    walk.run(&superblock)?;
    let found = walk.finish();
    Ok(Hdf5Scan {
        findings: found.findings,
        attributes: found.attributes,
        datasets: found.datasets,
        groups: found.groups,
        start,
        end: superblock.end,
        source,
        names: Arc::new(found.names),
    })
}

/// The front of the data of a dataset as its elements follow each other, at most `most` bytes of it; `None` if it lies
/// elsewhere, or is stored or compressed in a way that is not read here. `source` is that of the scan.
///
/// # Errors
/// Only when the source cannot be read.
pub fn read_dataset(source: &Source, dataset: &Dataset, most: u64, deadline: &Deadline) -> Result<Option<Vec<u8>>> {
    let file = File::new(source, dataset.shape, deadline);
    match data::front(&file, &dataset.stored, most) {
        Ok(data) => Ok(data),
        Err(Fault::Io(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Operating system errors end a scan; all else is evidence.
fn only_io(fault: Fault) -> std::result::Result<Fault, Error> {
    match fault {
        Fault::Io(error) => Err(error),
        other => Ok(other),
    }
}
