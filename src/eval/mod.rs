//! Measuring how good a ranking is: collections with judgements, and the usual figures over them.

pub mod beir;
pub mod bm25;
pub mod metrics;
