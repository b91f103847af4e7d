//! An index inside a page: one HTML file that opens from disk and needs no server.
//!
//! The page comes from the npm package (`dist/single.html`): markup, styles, scripts and the wasm modules. What is added are
//! the files of an index, as blocks of base64 that browsers neither run nor show.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::engine::folder::IndexFolder;
use crate::error::{Error, ErrorKind, Result};
use crate::files::OutFile;
use crate::index::manifest::{MANIFEST_FILE, Needed};

/// Where the files of the index go: just before the end of the page's body.
const FILES_MARK: &str = "<!--inkling:files-->";

/// Most bytes of an index in a page: a browser holds the whole page in memory, once as text and once as files.
const BYTES_MAX: usize = 256 << 20;

/// Bytes of a block, a multiple of three: the page decodes block by block and stays responsive.
const BLOCK_BYTES: usize = 768 << 10;

/// What was written.
#[derive(Debug, Serialize)]
pub struct Bundled {
    /// The page's path.
    pub file: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// Documents that it searches.
    pub documents: usize,
}

/// Writes a page with an index inside.
///
/// `title` is its heading; `site` is the address that relative addresses of documents start at, or empty where they lead
/// nowhere.
///
/// # Errors
/// `damaged-file` when the page has no place for an index, `invalid-input` when the index is larger than 256 MiB, what
/// [`IndexFolder::file`] says, and `io`.
pub fn write_page(folder: &IndexFolder, page: &str, title: &str, site: &str, out: &Path) -> Result<Bundled> {
    let manifest = folder.manifest();
    let Some((before, after)) = page.split_once(FILES_MARK).filter(|(_, after)| !after.contains(FILES_MARK)) else {
        let what = format!("the page has no place for an index ({FILES_MARK}, once): take dist/single.html of the npm package");
        return Err(Error::new(ErrorKind::DamagedFile, what));
    };
    // The page adds nothing: what encodes documents, where that is apart, stays outside.
    let mut manifest = manifest.clone();
    manifest.files.retain(|file| file.needed != Needed::Documents);
    let total: usize = manifest.files.iter().fold(0, |sum, file| sum.saturating_add(file.digest.bytes));
    if total > BYTES_MAX {
        let (found, most) = (total >> 20, BYTES_MAX >> 20);
        let what = format!("the index has {found} MiB, a page holds {most} at most: serve it as a folder");
        return Err(Error::new(ErrorKind::InvalidInput, what));
    }
    let named = before.replace("{{title}}", &escape(title)).replace("{{site}}", &escape(site));
    let json = serde_json::to_vec(&manifest);
    let json = json.map_err(|cause| Error::new(ErrorKind::Internal, "the manifest is no JSON").caused_by(cause))?;

    let mut page = Page { out: OutFile::create(out)?, bytes: 0 };
    page.put(named.trim_end())?;
    page.put_file(MANIFEST_FILE, &json)?;
    for file in &manifest.files {
        page.put_file(&file.path, &folder.file(&file.path)?)?;
    }
    page.put(after)?;
    Ok(Bundled { bytes: page.bytes, file: page.out.finish()?, documents: manifest.documents })
}

struct Page {
    out: OutFile,
    bytes: usize,
}

impl Page {
    fn put(&mut self, text: &str) -> Result<()> {
        self.bytes += text.len();
        self.out.put(text)
    }

    fn put_file(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let start = format!("\n<script type=\"application/octet-stream\" data-inkling-file=\"{}\">", escape(path));
        // An empty file is a block, too.
        for block in bytes.chunks(BLOCK_BYTES).chain(bytes.is_empty().then_some(bytes)) {
            self.put(&start)?;
            self.put(&STANDARD.encode(block))?;
            self.put("</script>")?;
        }
        Ok(())
    }
}

/// A text as it stands in HTML, in an attribute or between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_text_and_never_markup() {
        assert_eq!(escape("<b>\"R&D\"</b>"), "&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;");
    }
}
