//! The index writer: documents in, the files that a site serves out.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::index::clustering::Clustering;
use crate::index::document::Document;
use crate::index::lexical::{FieldText, Lexical, LexicalBuilder, LexicalOptions};
use crate::index::manifest::{
    CLUSTERS_FILE, CLUSTERS_LIST, FORMAT, FileEntry, LEXICAL_FILE, MANIFEST_FILE, Manifest, ModelIdentity, Needed, PASSAGES_FILE,
    VECTORS_FILE, file_bytes,
};
use crate::index::table::{Table, texts};
use crate::index::vectors::Vectors;
use crate::tensors::{self, ByteTensor};
use crate::text::passages::{PassageOptions, split};
use crate::text::tokenizer::Tokenizer;

/// Documents are kept in files of about this many bytes, so that a page fetches little more than the hits it shows. Chosen with the
/// bytes of a block of words on Cranfield, 1,000 sessions and a made site: of 2, 3, 4, 6 and 16 KB, 3 and 4 show ten hits in the fewest bytes.
const SHARD_BYTES: usize = 4 * 1024;

/// Documents of up to this many bytes are one file, which is loaded with the index. The words are then made from it: a list of
/// them would be two thirds of the same bytes again. Where a third of the documents is more than the files of some hits, the
/// list is what shows a hit sooner.
const SMALL_BYTES: usize = 192 * 1024;

/// The fields of the word index, with what a word weighs in each.
const LEXICAL_FIELDS: [(&str, f32); 4] = [("title", 2.5), ("people", 2.0), ("fields", 1.0), ("text", 1.0)];

/// How often the words of a part of a text count at most.
const WEIGHT_MAX: u8 = 10;

/// Names of document fields that hold people.
pub const PEOPLE: [&str; 6] = ["speakers", "speaker", "authors", "author", "presenters", "persons"];

/// The files of an index without those of its model.
pub struct IndexFiles {
    /// Every file with its path below the folder; the manifest is last.
    pub files: Vec<(String, Vec<u8>)>,
    /// The manifest among them.
    pub manifest: Manifest,
}

/// Vectors of more passages than this are laid out by cluster, so that a query fetches a part of them.
pub const WHOLE_PASSAGES: usize = 5_000;

/// The manifest as a file.
pub fn manifest_file(manifest: &Manifest) -> (String, Vec<u8>) {
    (MANIFEST_FILE.to_owned(), manifest.to_json())
}

/// Refuses documents that an index cannot hold.
///
/// # Errors
/// `empty-corpus`, `duplicate-id`, `invalid-input` for a document without an id or without any text.
pub fn check(documents: &[Document]) -> Result<()> {
    if documents.is_empty() {
        return Err(Error::new(ErrorKind::EmptyCorpus, "the corpus holds no documents: nothing to index"));
    }
    let mut seen = HashSet::new();
    for (index, Document { id, title, text, .. }) in documents.iter().enumerate() {
        if id.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, format!("document {} has an empty id", index + 1)));
        }
        if title.trim().is_empty() && text.trim().is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, format!("document {id:?} has neither a title nor a text")));
        }
        if !seen.insert(id) {
            return Err(Error::new(ErrorKind::DuplicateId, format!("two documents have the id {id:?}: ids must be unique")));
        }
    }
    Ok(())
}

/// A passage: its byte range in the document's text, and what is encoded for it.
pub type Passage = (Range<usize>, String);

/// A document cut into passages. None reaches over a heading: it is encoded behind what the model wants
/// before a passage, the title, and the headings it is below.
pub fn passages(tokenizer: &Tokenizer, document: &Document, options: PassageOptions) -> Result<Vec<Passage>> {
    let mut found = Vec::new();
    for section in document.sections() {
        let headings = section.path.iter().map(|&heading| document.heading(heading));
        let head = std::iter::once(document.title.as_str()).chain(headings).filter(|line| !line.is_empty());
        let head = head.collect::<Vec<_>>().join("\n");
        let passages = split(tokenizer, &head, &document.text[section.body.clone()], options)?;
        found.extend(passages.windows.iter().map(|window| {
            let range = section.body.start + window.start..section.body.start + window.end;
            let text = tokenizer.passage_prefix().to_owned() + &passages.with_title(&head, &prose(document, range.clone()));
            (range, text)
        }));
    }
    Ok(found)
}

/// A part of a document's text, without its code where that is most of it: a sentence encoder makes little of code, which
/// the words find better. What is nothing but code stays as it is where there is no heading or title to stand for it.
fn prose(document: &Document, range: Range<usize>) -> Cow<'_, str> {
    let inside = |code: &Range<usize>| code.start.max(range.start)..code.end.min(range.end);
    let code: Vec<Range<usize>> = document.code.iter().map(inside).filter(|code| code.start < code.end).collect();
    let of_code: usize = code.iter().map(ExactSizeIterator::len).sum();
    let text = &document.text[range.clone()];
    if of_code * 2 <= range.len() || (of_code == range.len() && document.title.is_empty()) {
        return Cow::Borrowed(text);
    }
    let mut prose = String::new();
    let mut from = range.start;
    for Range { start, end } in code {
        prose.push_str(document.text.get(from..start).unwrap_or_default());
        from = end.max(from);
    }
    prose.push_str(document.text.get(from..range.end).unwrap_or_default());
    Cow::Owned(prose.trim().to_owned())
}

/// An empty word index; `language` is a code such as `en`, or `auto` to guess it from the corpus. `boosts` say in hundredths what words
/// weigh in fields, by `title`, `people`, `fields` and `text`.
///
/// # Errors
/// `invalid-input` for another field, or a language that is none.
pub fn lexical_builder(language: &str, boosts: &[(String, u16)]) -> Result<LexicalBuilder> {
    if let Some((name, _)) = boosts.iter().find(|(name, _)| LEXICAL_FIELDS.iter().all(|(field, _)| field != name)) {
        let what = format!("{name:?} has no words of its own: boost title, people, fields or text");
        return Err(Error::new(ErrorKind::InvalidInput, what));
    }
    let weight = |name: &str, usual: f32| {
        boosts.iter().rfind(|(field, _)| field == name).map_or(usual, |(_, hundredths)| f32::from(*hundredths) / 100.0)
    };
    let fields = LEXICAL_FIELDS.map(|(name, usual)| (name.to_owned(), weight(name, usual))).to_vec();
    LexicalBuilder::new(LexicalOptions { language: language.to_owned(), fields })
}

/// A document as the word index takes it: its title, the people in it, its other fields, its text.
pub fn lexical_texts(document: &Document) -> Vec<(&'static str, String)> {
    let mut lexical = vec![("title", document.title.clone()), ("text", document.text.clone())];
    lexical.extend(document.also.iter().map(|word| ("text", word.clone())));
    for (start, end, times) in &document.weights {
        let part = document.text.get(*start..*end).unwrap_or_default();
        lexical.extend((1..*times.min(&WEIGHT_MAX)).map(|_| ("text", part.to_owned())));
    }
    for (name, value) in &document.fields {
        let field = if PEOPLE.contains(&name.as_str()) { "people" } else { "fields" };
        lexical.extend(words(value).map(|text| (field, text)));
    }
    lexical
}

/// The texts of a field's value that somebody may search for: moments in time are not.
fn words(value: &Value) -> impl Iterator<Item = String> {
    let is_moment = |text: &str| {
        let shape: String = text.chars().take(10).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == "0000-00-00"
    };
    texts(value).into_iter().filter(move |text| !is_moment(text))
}

/// The texts of [`lexical_texts`] as the word index borrows them.
pub fn field_texts<'a>(texts: &'a [(&'static str, String)]) -> Vec<FieldText<'a>> {
    texts.iter().map(|(field, text)| FieldText { field, text }).collect()
}

/// Writes the files of an index from its parts. The same parts give the same bytes.
///
/// `about_model` is the model the vectors were made with and whether it knows the language of the documents, `model_files` the entries
/// of its files in the manifest. Vectors of more than `whole_passages` passages are laid out by cluster.
///
/// # Errors
/// `internal` for what cannot be written, and for vectors whose codes are not here.
pub fn write(
    documents: &[Document],
    vectors: &Vectors,
    lexical: Vec<(String, Vec<u8>)>,
    options: PassageOptions,
    about_model: (ModelIdentity, bool),
    model_files: Vec<FileEntry>,
    whole_passages: usize,
) -> Result<IndexFiles> {
    let mut table = Table::default();
    documents.iter().for_each(|document| table.push(document));
    table.arrange();
    let documents_json = documents.iter().map(to_json).collect::<Result<Vec<_>>>()?;
    let bytes = documents_json.iter().map(|json| json.len() + 2).sum::<usize>();
    let shard_bytes = shard_bytes(bytes);
    let is_small = shard_bytes == usize::MAX;
    let needed = if is_small { Needed::Index } else { Needed::Hit };
    let language = Lexical::language_of(&lexical).ok_or_else(|| Error::new(ErrorKind::Internal, "the words say no language"))?;
    let lexical = if is_small { Lexical::without_texts(&lexical) } else { lexical };
    let (lexical, blocks) = Lexical::parted(lexical);
    let tensors: Vec<(String, Vec<u8>)> = lexical.into_iter().chain(table.save()).collect();
    let views = tensors.iter().map(|(name, bytes)| (name.as_str(), ByteTensor::of(bytes)));

    let (mut files, mut entries) = (Vec::new(), model_files);
    let mut add = |path: String, bytes: Vec<u8>, needed: Needed, first: Option<usize>| {
        entries.push(FileEntry { first, ..FileEntry::new(path.clone(), &bytes, needed) });
        files.push((path, bytes));
    };
    add(LEXICAL_FILE.to_owned(), tensors::write(views)?, Needed::Index, None);
    add(PASSAGES_FILE.to_owned(), vectors.places().write(documents.len())?, Needed::Index, None);
    let codes = vectors.codes().ok_or_else(|| Error::new(ErrorKind::Internal, "an index is written with all of its vectors"))?;
    match codes.len() > whole_passages {
        false => add(VECTORS_FILE.to_owned(), codes.write()?, Needed::Meaning, None),
        true => {
            let clustering = Clustering::of(codes, vectors.places());
            add(CLUSTERS_FILE.to_owned(), clustering.write()?, Needed::Meaning, None);
            let mut listed = Vec::new();
            for (cluster, members) in clustering.members.iter().enumerate() {
                let (path, rows) = (Manifest::cluster_path(cluster), codes.rows(members));
                listed.push(FileEntry::new(path.clone(), &rows, Needed::Vectors));
                add(path, rows, Needed::Vectors, None);
            }
            add(CLUSTERS_LIST.to_owned(), Manifest::list(&listed), Needed::Meaning, None);
        }
    }
    for (block, bytes) in blocks.into_iter().enumerate() {
        add(Manifest::words_path(block), bytes, Needed::Words, None);
    }
    for (number, (first, shard)) in shards(documents_json, shard_bytes).into_iter().enumerate() {
        add(Manifest::documents_path(number), shard, needed, Some(first));
    }
    let (model, meaning) = about_model;
    let manifest = Manifest {
        format: FORMAT,
        model,
        dim: vectors.dim(),
        documents: documents.len(),
        passages: vectors.passages(),
        passage_tokens: options.max_tokens,
        passage_overlap: options.overlap,
        language,
        meaning,
        base: None,
        files: entries,
    };
    files.push(manifest_file(&manifest));
    Ok(IndexFiles { files, manifest })
}

fn to_json(document: &Document) -> Result<Vec<u8>> {
    serde_json::to_vec(document).map_err(|cause| Error::new(ErrorKind::Internal, "a document cannot be written").caused_by(cause))
}

/// How large the files of so many bytes of documents are: one that holds them all where they are few.
fn shard_bytes(bytes: usize) -> usize {
    if bytes <= SMALL_BYTES { usize::MAX } else { file_bytes(SHARD_BYTES, bytes) }
}

/// The documents as JSON arrays of about so many bytes, each with the number of its first document.
fn shards(documents: Vec<Vec<u8>>, bytes: usize) -> Vec<(usize, Vec<u8>)> {
    let mut shards: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, json) in documents.into_iter().enumerate() {
        match shards.last_mut() {
            Some((_, shard)) if shard.len() + json.len() < bytes => {
                shard.extend_from_slice(b",\n");
                shard.extend_from_slice(&json);
            }
            _ => {
                let mut shard = vec![b'['];
                shard.extend_from_slice(&json);
                shards.push((number, shard));
            }
        }
    }
    shards.iter_mut().for_each(|(_, shard)| shard.push(b']'));
    shards
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(count: usize, bytes: usize) -> Vec<Vec<u8>> {
        (0..count).map(|number| format!("\"{number:0bytes$}\"").into_bytes()).collect()
    }

    #[test]
    fn many_documents_lie_in_files_of_about_4_kb_each_of_which_names_its_first() {
        let files = shards(documents(500, 1000), shard_bytes(500 * 1004));
        let sizes: Vec<usize> = files.iter().map(|(_, file)| file.len()).collect();
        assert!(sizes[..sizes.len() - 1].iter().all(|size| (3_000..=SHARD_BYTES).contains(size)), "{sizes:?}");
        let mut next = 0;
        for (first, file) in files {
            let texts: Vec<String> = serde_json::from_slice(&file).unwrap();
            assert_eq!(texts[0], format!("{first:01000}"));
            assert_eq!(first, next);
            next += texts.len();
        }
        assert_eq!(next, 500);
    }

    #[test]
    fn documents_that_show_a_hit_sooner_by_themselves_than_their_words_are_one_file() {
        assert_eq!(shards(documents(150, 1000), shard_bytes(150 * 1004)).len(), 1);
        assert!(shards(documents(200, 1000), shard_bytes(200 * 1004)).len() > 10);
    }

    #[test]
    fn very_many_documents_lie_in_larger_files_so_that_the_manifest_stays_short() {
        for (count, least, most) in [(40_000, 2_000, 2_500), (160_000, 4_000, 5_000)] {
            let files = shards(documents(count, 600), shard_bytes(count * 604)).len();
            assert!((least..most).contains(&files), "{files}");
        }
    }
}
