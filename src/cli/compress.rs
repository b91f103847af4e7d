//! `inkling compress`, and `--compress` of the commands that write what a site serves.

use std::path::{Path, PathBuf};

use super::progress::counter;
use super::{print, print_json};
use crate::error::Result;
use crate::files::twins::{Twins, files_to_twin, write_twins};

/// Write `.br` and `.gz` beside the files of a folder, for hosts that send these and do not compress themselves.
///
/// Only of files that get smaller by it: weights and vectors are compressed already. `inkling site`, `index` and `bundle` do the same
/// with --compress for what they write.
#[derive(clap::Args)]
pub struct Args {
    /// The folder that a site serves, or a file
    path: PathBuf,
    /// Print the figures as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let twins = compress(&self.path)?;
        if self.json {
            return print_json(&twins);
        }
        let Twins { files, bytes, brotli_bytes } = twins;
        let (before, after) = (bytes as f64 / 1e6, brotli_bytes as f64 / 1e6);
        print(format!("{}: {files} files with .br and .gz, {before:.2} MB as {after:.2} MB under Brotli\n", self.path.display()))
    }
}

/// Writes the compressed twins of a file, or of what is in a folder.
pub fn compress(path: &Path) -> Result<Twins> {
    let files = files_to_twin(path)?;
    let bar = counter("compressing", "files", files.len());
    let twins = write_twins(&files, || bar.inc(1));
    bar.finish_and_clear();
    twins
}
