//! Files that are many, as a manifest lists them: numbered from 0, with what is the same for all said once. Every visitor fetches the
//! list, in which a file is then its hash and little else.

use serde::Serialize;

use super::manifest::{FileEntry, Needed};
use crate::hash::{Digest, SHORT};

/// So many files are in one folder, where a run has folders.
const TOGETHER: usize = 500;

/// Files of one kind.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Their paths, with `*` in place of the number, or twice, for a folder and what is in it.
    path: String,
    /// When a visitor needs them.
    needed: Needed,
    /// The length of each.
    bytes: Vec<usize>,
    /// The first halves of their hashes, one after the other.
    sha256: String,
    /// How many documents each has, where they have documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<usize>>,
}

/// The same as it is read.
#[derive(miniserde::Deserialize)]
pub struct ReadRun {
    path: String,
    needed: Needed,
    bytes: Vec<usize>,
    sha256: String,
    documents: Option<Vec<usize>>,
}

/// The path of a file in a run.
pub fn numbered(path: &str, number: usize) -> String {
    let Some((start, end)) = path.split_once('*') else { return path.to_owned() };
    match end.split_once('*') {
        None => format!("{start}{number:03}{end}"),
        Some((between, end)) => format!("{start}{:02}{between}{:03}{end}", number / TOGETHER, number % TOGETHER),
    }
}

impl Run {
    /// The run that some files are, of an index of so many documents; nothing where they are none.
    pub fn of(path: &str, files: &[&FileEntry], documents: usize) -> Option<Self> {
        let needed = files.first()?.needed;
        let is_here = |(number, file): (usize, &&FileEntry)| {
            file.path == numbered(path, number) && file.digest.sha256.len() == SHORT && file.needed == needed
        };
        let firsts: Vec<usize> = files.iter().filter_map(|file| file.first).collect();
        let ends = firsts.iter().copied().skip(1).chain([documents]);
        let counts: Vec<usize> = firsts.iter().zip(ends).map(|(first, end)| end.checked_sub(*first)).collect::<Option<_>>()?;
        let is_from_first = firsts.is_empty() || (firsts.len() == files.len() && firsts[0] == 0);
        if !is_from_first || !files.iter().enumerate().all(is_here) {
            return None;
        }
        Some(Self {
            path: path.to_owned(),
            needed,
            bytes: files.iter().map(|file| file.digest.bytes).collect(),
            sha256: files.iter().map(|file| file.digest.sha256.as_str()).collect(),
            documents: (!firsts.is_empty()).then_some(counts),
        })
    }
}

impl ReadRun {
    /// The files; nothing where the parts contradict each other.
    pub fn files(self) -> Option<Vec<FileEntry>> {
        let Self { path, needed, bytes, sha256, documents } = self;
        let is_whole = |list: &Vec<usize>| list.len() == bytes.len();
        if bytes.len().checked_mul(SHORT) != Some(sha256.len()) || !documents.as_ref().is_none_or(is_whole) {
            return None;
        }
        let (mut files, mut next) = (Vec::with_capacity(bytes.len()), 0usize);
        for (number, &bytes) in bytes.iter().enumerate() {
            let sha256 = sha256.get(number * SHORT..(number + 1) * SHORT)?.to_owned();
            let first = documents.as_ref().map(|_| next);
            files.push(FileEntry { path: numbered(&path, number), digest: Digest { bytes, sha256 }, needed, first });
            next = next.checked_add(documents.as_ref().map_or(0, |documents| documents[number]))?;
        }
        Some(files)
    }
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json;

    #[test]
    fn a_path_has_its_number_in_three_digits_or_its_folder_in_two() {
        assert_eq!(numbered("docs/*.json", 7), "docs/007.json");
        assert_eq!(numbered("docs/*.json", 1234), "docs/1234.json");
        assert_eq!(numbered("index/vectors/*/*.bin", 1234), "index/vectors/02/234.bin");
    }

    #[test]
    fn what_contradicts_itself_is_no_run() {
        let read = |rest: &str| {
            let text = format!(r#"{{"path": "docs/*.json", "needed": "hit", {rest}}}"#);
            json::read::<ReadRun>(text.as_bytes()).and_then(ReadRun::files)
        };
        let hash = "0".repeat(SHORT);
        assert_eq!(
            read(&format!(r#""bytes": [1, 2], "sha256": "{hash}{hash}", "documents": [3, 4]"#)).unwrap()[1].first,
            Some(3)
        );
        for rest in [
            format!(r#""bytes": [1], "sha256": "{hash}{hash}""#),
            format!(r#""bytes": [1, 2], "sha256": "{hash}""#),
            format!(r#""bytes": [1], "sha256": "{hash}", "documents": [1, 1]"#),
            format!(r#""bytes": [1], "sha256": "{hash}", "documents": [18446744073709551615, 1]"#),
            format!(r#""bytes": [1, 1], "sha256": "x{}x""#, "é".repeat(SHORT - 1)),
        ] {
            assert!(read(&rest).is_none(), "{rest}");
        }
    }

    proptest! {
        #[test]
        fn files_that_are_written_as_a_run_are_read_as_they_were(
            counts in prop::collection::vec(0usize..5, 1..60),
            has_documents in any::<bool>(),
            clusters in any::<bool>(),
        ) {
            let path = if clusters { "index/vectors/*/*.bin" } else { "docs/*.json" };
            let mut next = 0;
            let mut files = Vec::new();
            for (number, count) in counts.iter().enumerate() {
                let entry = FileEntry::new(numbered(path, number), &number.to_le_bytes(), Needed::Hit);
                files.push(FileEntry { first: has_documents.then_some(next), ..entry });
                next += count;
            }
            let run = Run::of(path, &files.iter().collect::<Vec<_>>(), next).unwrap();
            let read: ReadRun = json::read(&serde_json::to_vec(&run).unwrap()).unwrap();
            prop_assert_eq!(read.files().unwrap(), files);
        }

        #[test]
        fn files_that_are_no_run_are_not_written_as_one(wrong in 0usize..4) {
            let mut files: Vec<FileEntry> =
                (0..3).map(|number| FileEntry::new(numbered("docs/*.json", number), b"a", Needed::Hit)).collect();
            match wrong {
                0 => files.swap(0, 1),
                1 => files[1].digest = Digest::of(b"a"),
                2 => files[2].first = Some(1),
                _ => files.iter_mut().for_each(|file| file.first = Some(4)),
            }
            prop_assert!(Run::of("docs/*.json", &files.iter().collect::<Vec<_>>(), 3).is_none());
        }
    }
}
