//! The index of a corpus: documents, their words, their passages' vectors, and the manifest that ties the files together.

pub mod builder;
pub mod clustering;
pub mod clusters;
pub mod codes;
pub mod document;
pub mod fusion;
mod join;
pub mod lexical;
pub mod manifest;
mod order;
pub mod places;
pub mod preferences;
pub mod runs;
pub mod sort;
pub mod table;
pub mod understood;
pub mod vectors;
