//! Retrieval collections in the layout of BEIR: `corpus.jsonl`, `queries.jsonl`, and judgements in `qrels.tsv` or `qrels/test.tsv`.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

/// A document to be found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Document {
    /// The id that judgements name.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its title, perhaps empty.
    #[serde(default)]
    pub title: String,
    /// Its text without the title, perhaps empty.
    #[serde(default)]
    pub text: String,
}

/// A question with the grades of the documents that answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Id of the query.
    pub id: String,
    /// What to search for.
    pub text: String,
    /// Grade of each judged document by id; 0 is judged and useless. At least one is above 0.
    pub grades: BTreeMap<String, u32>,
}

impl Topic {
    /// The grades of documents in the order given, 0 for one without a judgement: the ranking that the metrics want.
    pub fn ranking<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Vec<u32> {
        ids.into_iter().map(|id| self.grades.get(id).copied().unwrap_or(0)).collect()
    }

    /// All grades, in no particular order.
    pub fn judged(&self) -> Vec<u32> {
        self.grades.values().copied().collect()
    }
}

/// Documents and judged queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// All documents, in the order of the file.
    pub documents: Vec<Document>,
    /// The queries that have a document of a grade above 0, in the order of the file.
    pub topics: Vec<Topic>,
}

/// A line of `queries.jsonl`.
#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

impl Collection {
    /// Reads a folder in the layout of BEIR.
    ///
    /// Grades below 0 count as 0. Judgements of documents that the corpus lacks stay: they are relevant documents never found.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a missing file, [`ErrorKind::DamagedFile`] with the line for one that cannot be read,
    /// [`ErrorKind::DuplicateId`] for two documents of one id, [`ErrorKind::EmptyCorpus`] without documents or judged queries.
    pub fn read(folder: &Path) -> Result<Self> {
        let documents: Vec<Document> = read_lines(&folder.join("corpus.jsonl"))?;
        let mut ids = HashSet::new();
        if let Some(twice) = documents.iter().find(|document| !ids.insert(document.id.as_str())) {
            return Err(Error::new(
                ErrorKind::DuplicateId,
                format!("two documents of {} have the id {:?}", folder.display(), twice.id),
            ));
        }
        let queries: Vec<QueryLine> = read_lines(&folder.join("queries.jsonl"))?;
        let plain = folder.join("qrels.tsv");
        let mut judgements = read_judgements(&if plain.exists() { plain } else { folder.join("qrels").join("test.tsv") })?;
        let topics: Vec<Topic> = queries
            .into_iter()
            .filter_map(|QueryLine { id, text }| judgements.remove(&id).map(|grades| Topic { id, text, grades }))
            .filter(|topic| topic.grades.values().any(|&grade| grade > 0))
            .collect();
        if documents.is_empty() || topics.is_empty() {
            let text = format!("{} has no documents or no query with a relevant one", folder.display());
            return Err(Error::new(ErrorKind::EmptyCorpus, text));
        }
        Ok(Self { documents, topics })
    }

    /// A collection of known items from documents without judgements: each title is a query, its one answer the document's text.
    ///
    /// The documents keep only their texts, without the title where the text repeats it at its start. Documents without a title
    /// or a text ask nothing; those that share a title with another are all answers to it.
    pub fn known_items(documents: &[Document]) -> Self {
        let mut topics: BTreeMap<&str, Topic> = BTreeMap::new();
        let mut hidden = Vec::with_capacity(documents.len());
        for document in documents {
            let title = document.title.trim();
            let text = document.text.trim();
            let text = text.strip_prefix(title).unwrap_or(text).trim_start();
            hidden.push(Document { id: document.id.clone(), title: String::new(), text: text.to_owned() });
            if !title.is_empty() && !text.is_empty() {
                let topic = topics.entry(title).or_insert_with(|| Topic {
                    id: document.id.clone(),
                    text: title.to_owned(),
                    grades: BTreeMap::new(),
                });
                topic.grades.insert(document.id.clone(), 1);
            }
        }
        Self { documents: hidden, topics: topics.into_values().collect() }
    }
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        let kind = if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("cannot read {}", path.display())).caused_by(error)
    })
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = read_text(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(i, line)| {
        serde_json::from_str(line).map_err(|error| {
            let text = format!("line {} of {} is not an object with the keys of BEIR", i + 1, path.display());
            Error::new(ErrorKind::DamagedFile, text).caused_by(error)
        })
    });
    parsed.collect()
}

/// Grades by document by query, from lines of query, document and grade (or of query, 0, document and grade, as TREC has them).
fn read_judgements(path: &Path) -> Result<BTreeMap<String, BTreeMap<String, u32>>> {
    let text = read_text(path)?;
    let mut judgements: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for (i, line) in text.lines().enumerate() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (query, document, grade) = match columns.as_slice() {
            [] => continue,
            [query, document, grade] | [query, _, document, grade] => (query, document, grade.parse::<i64>()),
            _ => (&"", &"", "".parse()),
        };
        match grade {
            Ok(grade) => {
                let grade = u32::try_from(grade.max(0)).unwrap_or(u32::MAX);
                judgements.entry((*query).to_owned()).or_default().insert((*document).to_owned(), grade);
            }
            Err(_) if i == 0 => {} // the header
            Err(_) => {
                let text = format!("line {} of {} is not query, document and grade", i + 1, path.display());
                return Err(Error::new(ErrorKind::DamagedFile, text));
            }
        }
    }
    Ok(judgements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    const CORPUS: (&str, &str) =
        ("corpus.jsonl", "{\"_id\":\"a\",\"title\":\"T\",\"text\":\"x\",\"metadata\":{}}\n\n{\"_id\":\"b\",\"text\":\"y\"}\n");
    const QUERIES: (&str, &str) = ("queries.jsonl", "{\"_id\":\"1\",\"text\":\"one\"}\n{\"_id\":\"2\",\"text\":\"two\"}\n");

    #[test]
    fn only_queries_with_a_relevant_document_are_kept() {
        let judgements = "query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t-1\n2\ta\t0\n";
        for name in ["qrels.tsv", "qrels/test.tsv"] {
            let folder = folder(&[CORPUS, QUERIES, (name, judgements)]);
            let found = Collection::read(folder.path()).unwrap();
            assert_eq!(found.documents.len(), 2);
            assert_eq!(found.topics.len(), 1);
            assert_eq!(found.topics[0].ranking(["b", "zz", "a"]), [0, 0, 2]);
            assert_eq!(found.topics[0].judged(), [2, 0]);
        }
    }

    #[test]
    fn files_that_are_missing_or_wrong_are_named_with_the_line() {
        let kind = |files: &[(&str, &str)]| Collection::read(folder(files).path()).unwrap_err();
        assert_eq!(kind(&[CORPUS, QUERIES]).kind(), ErrorKind::NotFound);
        let error = kind(&[CORPUS, QUERIES, ("qrels.tsv", "h h h\n1 a x\n")]);
        assert!(error.kind() == ErrorKind::DamagedFile && error.to_string().contains("line 2"), "{error}");
        let error = kind(&[("corpus.jsonl", "{\"_id\":\"a\"}\nnonsense\n"), QUERIES]);
        assert!(error.kind() == ErrorKind::DamagedFile && error.to_string().contains("line 2"), "{error}");
        let error = kind(&[("corpus.jsonl", "{\"_id\":\"a\"}\n{\"_id\":\"a\"}\n"), QUERIES]);
        assert_eq!(error.kind(), ErrorKind::DuplicateId);
        let error = kind(&[CORPUS, QUERIES, ("qrels.tsv", "")]);
        assert_eq!(error.kind(), ErrorKind::EmptyCorpus);
    }

    #[test]
    fn known_items_ask_for_titles_and_hide_them() {
        let document = |id: &str, title: &str, text: &str| Document { id: id.into(), title: title.into(), text: text.into() };
        let found = Collection::known_items(&[
            document("a", "On X", "On X. A text."),
            document("b", "", "No title."),
            document("c", "On Y", "Another."),
            document("d", "On Y", "A third."),
            document("e", "On Z", ""),
        ]);
        assert_eq!(found.documents[0], document("a", "", ". A text."));
        let asked: Vec<_> = found.topics.iter().map(|topic| (topic.text.as_str(), topic.grades.len())).collect();
        assert_eq!(asked, [("On X", 1), ("On Y", 2)]);
    }
}
