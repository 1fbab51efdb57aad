//! What is known of an op of TensorFlow: that it only computes, what else it does, or nothing.

use super::table::find;

/// Ops that do more than compute, with what that is.
pub(crate) const JUDGED: &str = include_str!("../../rules/tensorflow/judged.tsv");

/// Ops that compute.
pub(crate) const PLAIN: &str = include_str!("../../rules/tensorflow/plain.tsv");

/// What an op does. `tf::judge` says when that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpClass {
    /// Computes.
    Plain,
    /// Is not registered by any version of TensorFlow or package that the tables were made from.
    Unknown,
    /// Calls Python.
    Python,
    /// Writes files.
    Write,
    /// Writes a checkpoint: every model that is saved with its variables has such ops.
    Save,
    /// Reads a checkpoint.
    Restore,
    /// Prints, or writes to a file that an attribute names.
    Print,
    /// Caches a dataset, in a file if it is given a name.
    Cache,
    /// Sends or writes tensors to where an attribute says.
    Debug,
    /// Reads or lists files.
    Read,
    /// Reads a file that models bring along as an asset.
    Asset,
    /// Reads a file that an attribute may name.
    Vocabulary,
    /// Maps a part of the model file, or any file that an attribute names.
    Region,
    /// Decodes by a description in an attribute, or in a file that it names.
    Descriptor,
    /// Opens a connection.
    Network,
    /// Runs code that is not in the graph.
    Opaque,
    /// Ends the process.
    Stop,
}

/// What the tables say of an op, and why.
pub fn op(name: &str) -> (OpClass, &'static str) {
    if let Some((class, reason)) = find(JUDGED, name).and_then(|rest| rest.split_once('\t')) {
        return (class_of(class), reason);
    }
    (if find(PLAIN, name).is_some() { OpClass::Plain } else { OpClass::Unknown }, "")
}

fn class_of(word: &str) -> OpClass {
    match word {
        "python" => OpClass::Python,
        "write" => OpClass::Write,
        "save" => OpClass::Save,
        "restore" => OpClass::Restore,
        "print" => OpClass::Print,
        "cache" => OpClass::Cache,
        "debug" => OpClass::Debug,
        "read" => OpClass::Read,
        "asset" => OpClass::Asset,
        "vocabulary" => OpClass::Vocabulary,
        "region" => OpClass::Region,
        "descriptor" => OpClass::Descriptor,
        "network" => OpClass::Network,
        "opaque" => OpClass::Opaque,
        "stop" => OpClass::Stop,
        _ => OpClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_without_duplicates_and_every_line_is_understood() {
        for table in [JUDGED, PLAIN] {
            let ops: Vec<&str> = table
                .lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(|line| line.split('\t').next())
                .collect();
            assert!(ops.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()));
            for name in ops {
                let (class, reason) = op(name);
                assert_ne!(class, OpClass::Unknown, "{name}");
                assert_eq!(class == OpClass::Plain, table == PLAIN, "{name} stands in both tables");
                assert_eq!(reason.is_empty(), table == PLAIN, "{name}");
            }
        }
    }

    #[test]
    fn names_are_taken_exactly() {
        assert_eq!(op("PyFunc").0, OpClass::Python);
        assert_eq!(op("MatMul").0, OpClass::Plain);
        for name in ["", "pyfunc", "PyFunc ", "PyFunc\t", "MatMu", "MatMull", "# Ops"] {
            assert_eq!(op(name).0, OpClass::Unknown, "{name}");
        }
    }
}
