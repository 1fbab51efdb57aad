//! What is reported of an op that does more than compute: for some, that depends on its attributes and constants.

use rustc_hash::FxHashSet;

use super::collect::{Constant, Use};
use super::paths::leads_out;
use crate::rules::OpClass;

/// Streams that `PrintV2` knows; anything else is a file.
const STREAMS: &[&[u8]] = &[b"stdout", b"stderr", b"log(info)", b"log(warning)", b"log(error)"];

/// The rule for a use, and the constant that decided or that tells where it leads; none if it does nothing to report.
pub(super) fn judge(used: &Use, assets: &FxHashSet<Vec<u8>>) -> Option<(&'static str, Vec<u8>)> {
    let first = || used.constants.iter().flatten().map(|(_, text)| text.clone()).find(|text| !text.is_empty());
    let named = |rule| Some((rule, first().unwrap_or_default()));
    match used.class {
        OpClass::Plain | OpClass::Unknown => None,
        OpClass::Python => Some(("TFG101", Vec::new())),
        OpClass::Write => named("TFG102"),
        OpClass::Read => named("TFG103"),
        OpClass::Network => named("TFG104"),
        OpClass::Opaque => Some(("TFG105", Vec::new())),
        OpClass::Stop => Some(("TFG106", Vec::new())),
        OpClass::Save => {
            // Only MergeV2Checkpoints takes a second name: where to.
            let names = if used.op == b"MergeV2Checkpoints" { 2 } else { 1 };
            outside(used, names).map(|path| ("TFG102", path))
        }
        OpClass::Restore => outside(used, 1).map(|path| ("TFG103", path)),
        OpClass::Print => attribute(used, "output_stream", |stream| !STREAMS.contains(&stream), "TFG102"),
        OpClass::Cache => match used.constants.get(1) {
            Some(names) if !names.is_empty() && names.iter().all(|(_, name)| name.is_empty()) => None,
            _ => named("TFG102"),
        },
        OpClass::Debug => attribute(used, "debug_urls", |url| url.starts_with(b"file:"), "TFG102").or_else(|| {
            let url = used.node.attribute("debug_urls").next().unwrap_or_default();
            Some(("TFG104", url.to_vec()))
        }),
        OpClass::Asset => {
            let is_other = |(node, path): &&Constant| !assets.contains(node) && !path.is_empty();
            used.constants.iter().flatten().find(is_other).map(|(_, path)| ("TFG103", path.clone()))
        }
        OpClass::Vocabulary => attribute(used, "vocab_file", |path| !path.is_empty(), "TFG103"),
        OpClass::Region => {
            attribute(used, "memory_region_name", |name| !name.starts_with(b"memmapped_package://"), "TFG103")
        }
        OpClass::Descriptor => {
            let is_file = |source: &[u8]| !matches!(source, b"" | b"local://") && !source.starts_with(b"bytes://");
            attribute(used, "descriptor_source", is_file, "TFG103")
        }
    }
}

/// The constant name of a checkpoint that leads out of the model.
fn outside(used: &Use, names: usize) -> Option<Vec<u8>> {
    used.constants.iter().take(names).flatten().map(|(_, path)| path).find(|path| leads_out(path)).cloned()
}

fn attribute(
    used: &Use,
    key: &'static str,
    is_bad: impl Fn(&[u8]) -> bool,
    rule: &'static str,
) -> Option<(&'static str, Vec<u8>)> {
    used.node.attribute(key).find(|value| is_bad(value)).map(|value| (rule, value.to_vec()))
}
