//! The tables that judge: the catalogue of rules, what is known of each callable, and of ops.

pub mod callables;
pub mod catalogue;
pub mod listed;
mod names;
pub mod ops;
mod table;

pub use callables::{Action, Call, Rights, Verdict, canonical, danger_of_call, judge};
pub use catalogue::{Rule, catalogue};
pub use listed::listed;
pub use ops::{OpClass, op};
