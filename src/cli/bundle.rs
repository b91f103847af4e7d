//! `inkling bundle`

use std::path::PathBuf;

use super::compress::compress;
use super::{found, print, print_json};
use crate::engine::folder::{IndexFolder, read_file};
use crate::error::{Error, ErrorKind, Result};
use crate::files::twins::remove_twins;
use crate::page::write_page;

/// Write an index and a page to search it as one HTML file, which opens from disk without a server.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of the index, as `inkling index` writes it
    index: PathBuf,
    /// HTML file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The page to put the index into [default: single.html of the npm package]
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Heading of the page
    #[arg(long, default_value = "Search")]
    title: String,
    /// Address that relative addresses of documents start at; without it only full ones become links
    #[arg(long, value_name = "URL", default_value = "")]
    site: String,
    /// Also write .br and .gz beside what gets smaller by it, for hosts that do not compress themselves
    #[arg(long)]
    compress: bool,
    /// Print the figures as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let folder = IndexFolder::open(&self.index)?;
        let path = self.page.unwrap_or_else(|| found::dist(None).join("single.html"));
        let page = read_file(&path).map_err(|cause| {
            let what = "there is no page to put the index into: npm install inkling-search, or name its single.html with --page";
            Error::new(cause.kind(), what).caused_by(cause)
        })?;
        let page = String::from_utf8(page).map_err(|cause| {
            let what = format!("{} is not UTF-8: take dist/single.html of the npm package", path.display());
            Error::new(ErrorKind::DamagedFile, what).caused_by(cause)
        })?;
        let bundled = write_page(&folder, &page, &self.title, &self.site, &self.out)?;
        if self.compress {
            compress(&self.out)?;
        } else {
            // Those of an earlier page would be sent in this one's place.
            remove_twins(&self.out)?;
        }
        if self.json {
            return print_json(&bundled);
        }
        let megabytes = bundled.bytes as f64 / 1e6;
        print(format!("{}: {} documents, {megabytes:.1} MB\n", bundled.file, bundled.documents))
    }
}
