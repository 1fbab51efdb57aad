//! The tables that judge: the catalogue of rules, and what is known of each callable.

pub mod callables;
pub mod catalogue;
pub mod listed;
mod names;
mod table;

pub use callables::{Action, Call, Rights, Verdict, canonical, danger_of_call, judge};
pub use catalogue::{Rule, catalogue};
pub use listed::listed;
