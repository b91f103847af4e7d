//! The index of a corpus: documents, their passages' vectors, and the manifest that ties the files together.

#[cfg(feature = "cli")]
pub mod builder;
pub mod document;
#[cfg(feature = "cli")]
pub mod folder;
pub mod lexical;
pub mod manifest;
pub mod vectors;
