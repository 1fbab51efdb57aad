//! The core of modelaudit: says what is in the bytes of a model file, without Python and without running anything.
//!
//! `source` gives bytes, `codec` decompresses them, `spool` keeps what was decompressed. `pickle` evaluates pickle streams
//! abstractly, `zip` and `tar` see archives whole, `wire` walks protobuf for `tf` and `onnx`; `hdf5`, `safetensors`, `gguf`,
//! `msgpack` and `rds` read one format each. `rules` holds the tables that judge what was found. `py` is the only module
//! that knows Python.
//! `source` gives bytes, `codec` decompresses them, `spool` keeps what was decompressed, `pickle` evaluates pickle streams
//! abstractly, `zip` and `tar` see archives whole, `keywords` finds words in text, `rules` holds the tables that judge
//! what was found. `py` is the only module that knows Python.
//! abstractly, `zip` and `tar` see archives whole, `pattern` finds literal text, `signature` programs, `rules` holds the tables that judge what was found. `py` is the only
//! module that knows Python.

pub(crate) mod account;
pub mod codec;
pub mod deadline;
pub(crate) mod decoded;
pub mod encoded;
pub mod error;
pub mod finding;
pub mod gguf;
pub mod hdf5;
pub mod jsontext;
pub mod keywords;
pub mod limits;
pub mod marks;
pub mod msgpack;
pub mod onnx;
pub mod pattern;
pub mod pickle;
pub mod rds;
pub mod rules;
pub mod safetensors;
pub mod sift;
pub mod signature;
pub mod source;
pub mod sparse;
pub mod spool;
pub mod starts;
pub mod sweep;
pub mod tar;
pub mod tf;
pub mod walk;
pub mod window;
pub mod wire;
pub mod zip;

#[cfg(feature = "python")]
mod py;
