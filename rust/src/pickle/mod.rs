//! The pickle engine: evaluates pickle streams abstractly, without creating anything they name.
//!
//! `opcode` knows the bytes, `machine` the stack and memo, `calls` and `contract` what calls mean, `stream` drives one
//! stream over a source, `scan` a whole file. Semantics follow `CPython`'s C and Python unpicklers; where they differ,
//! what either would accept is accepted.

mod arrays;
mod calls;
mod carried;
mod collector;
mod containers;
mod contract;
mod follow;
mod globals;
mod legacy;
mod literal;
mod machine;
mod memo;
pub mod opcode;
mod outcome;
mod packed;
mod render;
mod resync;
mod ring;
mod scan;
mod sidecar;
mod sniff;
mod speculate;
mod stack;
mod stream;
mod template;
mod tensors;
mod text;
mod value;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use contract::CONTRACTS;
pub use outcome::{Carried, Nested, PickleScan, Storage, Tensor};
pub use scan::{scan, scan_within};
pub use sniff::sniff;
pub(crate) use sniff::stands_out;
