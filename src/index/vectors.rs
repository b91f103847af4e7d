//! The passages of an index: of what each is ([`Places`]), and its vector ([`Codes`]), which may be there later or elsewhere.

use std::ops::Range;

use super::codes::Codes;
use super::places::Places;
use crate::error::{Error, ErrorKind, Result};

/// The vectors of all passages and what they are of.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    places: Places,
    /// The codes of the passages from `held_from` on: those before it have not come yet, or lie in slices elsewhere.
    codes: Codes,
    held_from: usize,
}

/// A document that was found, by the best of its passages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorHit {
    /// The document's number.
    pub document: u32,
    /// The number of its best passage.
    pub passage: u32,
    /// The dot product of the query with that passage: for unit vectors the cosine, in [-1, 1].
    pub score: f32,
}

/// One passage to put into an index.
pub struct PassageVector {
    /// The number of its document.
    pub document: u32,
    /// Its byte range in the document's text.
    pub range: Range<usize>,
    /// Its unit vector.
    pub vector: Vec<f32>,
}

impl Vectors {
    /// An index without passages, for vectors of `dim` numbers.
    ///
    /// # Panics
    /// When `dim` is no multiple of 4.
    pub fn new(dim: usize) -> Self {
        Self { places: Places::default(), codes: Codes::new(dim), held_from: 0 }
    }

    /// Passages whose codes, of vectors of `dim` numbers, are not here. Passages that are pushed later are held here.
    ///
    /// # Panics
    /// When `dim` is no multiple of 4.
    pub fn without_codes(places: Places, dim: usize) -> Self {
        let held_from = places.len();
        Self { places, codes: Codes::new(dim), held_from }
    }

    /// Reads the files of vectors of an index over `document_count` documents: that of the places, and all of the codes in order.
    ///
    /// # Errors
    /// `damaged-file` when one is cut short, or they contradict each other.
    pub fn read(places: &[u8], codes: impl IntoIterator<Item = impl AsRef<[u8]>>, document_count: usize) -> Result<Self> {
        let slices = codes.into_iter().map(|bytes| Codes::read(bytes.as_ref())).collect::<Result<Vec<_>>>()?;
        let codes = join(slices)?;
        let mut vectors = Self::without_codes(Places::read(places, document_count)?, codes.dim());
        vectors.set_codes(codes)?;
        Ok(vectors)
    }

    /// Quantizes the vector of a passage and appends it. Passages come in the order of their documents.
    ///
    /// # Panics
    /// When the vector is not `dim` long, the range ends before it begins, or the document comes before the last one.
    pub fn push(&mut self, passage: &PassageVector) {
        let offset = |at: usize| u32::try_from(at).expect("texts are shorter than 4 GB");
        self.places.push(passage.document, (offset(passage.range.start), offset(passage.range.end)));
        self.codes.push(&passage.vector);
    }

    /// Appends a passage of other vectors of the same length, byte for byte, as one of a document.
    ///
    /// # Panics
    /// When its codes are not there, or the document comes before the last one.
    pub fn push_kept(&mut self, from: &Self, passage: u32, document: u32) {
        let place = passage as usize - from.held_from;
        self.places.push(document, from.places.range(passage));
        self.codes.extend(&from.codes, place..place + 1);
    }

    /// Takes the codes of the passages that had none, in the order of the passages.
    ///
    /// # Errors
    /// `damaged-file` when they are not those of this index; then nothing has changed.
    pub fn set_codes(&mut self, mut codes: Codes) -> Result<()> {
        if codes.dim() != self.dim() || codes.len() != self.held_from {
            let what = "the files of vectors are not of this index: fetch or build all of them again";
            return Err(Error::new(ErrorKind::DamagedFile, what));
        }
        codes.extend(&self.codes, 0..self.codes.len());
        (self.codes, self.held_from) = (codes, 0);
        Ok(())
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.codes.dim()
    }

    /// Number of passages.
    pub fn passages(&self) -> usize {
        self.places.len()
    }

    /// Of what the passages are.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// How many passages have no codes here: the first ones.
    pub fn elsewhere(&self) -> usize {
        self.held_from
    }

    /// The byte range of a passage in its document's text.
    pub fn range(&self, passage: u32) -> Range<usize> {
        let (start, end) = self.places.range(passage);
        start as usize..end as usize
    }

    /// The documents that a filter lets through, in the order of the corpus, each with the best of its passages for a query.
    /// `elsewhere` are the scores of the passages whose codes are elsewhere.
    ///
    /// Exact, in time linear in the number of passages.
    ///
    /// # Panics
    /// When the query is not `dim` long, or `elsewhere` are not [`Vectors::elsewhere`] scores.
    pub fn scan(&self, query: &[f32], elsewhere: &[f32], accept: impl Fn(u32) -> bool) -> Vec<VectorHit> {
        assert_eq!(elsewhere.len(), self.held_from);
        let here = self.codes.scores(query);
        let scores = elsewhere.iter().chain(&here);
        let mut best: Vec<VectorHit> = Vec::new();
        for ((&document, &score), passage) in self.places.documents().iter().zip(scores).zip(0..) {
            match best.last_mut() {
                Some(hit) if hit.document == document && score <= hit.score => {}
                Some(hit) if hit.document == document => (hit.passage, hit.score) = (passage, score),
                _ if accept(document) => best.push(VectorHit { document, passage, score }),
                _ => {}
            }
        }
        best
    }

    /// The vector of a passage whose codes are here, unit length but for rounding, (dim).
    pub fn vector(&self, passage: u32) -> Vec<f32> {
        self.codes.vector(passage as usize - self.held_from)
    }

    /// The mean of the vectors of some passages whose codes are here, made unit length.
    pub fn mean(&self, passages: Range<u32>) -> Vec<f32> {
        self.codes.mean(passages.start as usize - self.held_from..passages.end as usize - self.held_from)
    }

    /// The passages of a document.
    pub fn passages_of(&self, document: u32) -> Range<u32> {
        self.places.of(document)
    }

    /// The codes cut between documents into slices of at most `passages_max` passages, or of one document that has more. All of
    /// them must be here.
    pub fn slices(&self, passages_max: usize) -> Vec<Codes> {
        let mut ends: Vec<usize> = Vec::new();
        let (mut first, mut end) = (0, 0);
        for of_document in self.places.documents().chunk_by(|a, b| a == b) {
            if end > first && end + of_document.len() - first > passages_max {
                ends.push(end);
                first = end;
            }
            end += of_document.len();
        }
        ends.push(end);
        let mut first = 0;
        let cut = |end| {
            let mut slice = Codes::new(self.dim());
            slice.extend(&self.codes, first..end);
            first = end;
            slice
        };
        ends.into_iter().map(cut).collect()
    }

    /// The codes, where all of them are here.
    pub fn codes(&self) -> Option<&Codes> {
        (self.held_from == 0).then_some(&self.codes)
    }

    /// An index of some documents, numbered anew in the order given. All codes must be here.
    pub fn select(&self, order: &[u32]) -> Self {
        let mut selected = Self::new(self.dim());
        for (number, &document) in (0u32..).zip(order) {
            let passages = self.passages_of(document);
            passages.clone().for_each(|passage| selected.places.push(number, self.places.range(passage)));
            selected.codes.extend(&self.codes, passages.start as usize..passages.end as usize);
        }
        selected
    }
}

/// The codes of slices, given in their order, as one.
///
/// # Errors
/// `damaged-file` when their vectors are of different lengths.
pub fn join(slices: Vec<Codes>) -> Result<Codes> {
    let mut slices = slices.into_iter();
    let mut joined = slices.next().unwrap_or_else(|| Codes::new(0));
    for slice in slices {
        if slice.dim() != joined.dim() {
            let what = "the slices of the vectors are not of one index: fetch or build all of them again";
            return Err(Error::new(ErrorKind::DamagedFile, what));
        }
        joined.extend(&slice, 0..slice.len());
    }
    Ok(joined)
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Passages of a few documents, with small whole numbers so that quantization is exact.
    fn corpus() -> impl Strategy<Value = Vec<(u32, Vec<i8>)>> {
        let passage = (0u32..3, prop::collection::vec(-127i8..=127, 32));
        prop::collection::vec(passage, 1..40).prop_map(|mut passages| {
            let mut document = 0;
            for (step, vector) in &mut passages {
                document += *step;
                *step = document;
                vector[0] = 127;
            }
            passages
        })
    }

    fn vectors(corpus: &[(u32, Vec<i8>)]) -> Vectors {
        let mut vectors = Vectors::new(32);
        for (document, vector) in corpus {
            let vector = vector.iter().map(|&x| f32::from(x)).collect();
            vectors.push(&PassageVector { document: *document, range: 0..0, vector });
        }
        vectors
    }

    proptest! {
        #[test]
        fn the_scan_equals_brute_force(
            corpus in corpus(),
            query in prop::collection::vec(-127i8..=127, 32),
            odd in any::<bool>(),
        ) {
            let mut query = query;
            query[5] = -127;
            let accept = |document: u32| !odd || document % 2 == 1;
            let dot = |vector: &[i8]| vector.iter().zip(&query).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
            let mut expected: Vec<(i32, u32, u32)> = Vec::new();
            for (passage, (document, vector)) in corpus.iter().enumerate().filter(|(_, (document, _))| accept(*document)) {
                match expected.last_mut().filter(|(_, found, _)| found == document) {
                    Some(best) if best.0 < dot(vector) => *best = (dot(vector), *document, passage as u32),
                    Some(_) => {}
                    None => expected.push((dot(vector), *document, passage as u32)),
                }
            }
            let floats: Vec<f32> = query.iter().map(|&x| f32::from(x)).collect();
            let hits = vectors(&corpus).scan(&floats, &[], accept);
            let found: Vec<_> = hits.iter().map(|hit| (hit.score as i32, hit.document, hit.passage)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_selection_keeps_the_codes_of_what_it_selects(corpus in corpus()) {
            let vectors = vectors(&corpus);
            let all = vectors.places.documents();
            let documents: Vec<u32> = all.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            let mut renumbered = Places::default();
            all.iter().for_each(|document| renumbered.push(documents.binary_search(document).unwrap() as u32, (0, 0)));
            let codes = vectors.codes.clone();
            prop_assert_eq!(vectors.select(&documents), Vectors { places: renumbered, codes, held_from: 0 });
        }

        #[test]
        fn codes_that_come_later_or_lie_in_slices_give_what_the_whole_gives(corpus in corpus(), passages_max in 1usize..12) {
            let whole = vectors(&corpus);
            let slices = whole.slices(passages_max);
            let mut first = 0;
            for slice in &slices {
                let documents = &whole.places.documents()[first..first + slice.len()];
                let several = documents.first() != documents.last();
                prop_assert!(!slice.is_empty() && (slice.len() <= passages_max || !several));
                first += slice.len();
                prop_assert!(whole.places.documents().get(first).is_none_or(|next| Some(next) != documents.last()));
            }
            prop_assert_eq!(&join(slices.clone()).unwrap(), whole.codes().unwrap());
            let query: Vec<f32> = (0..32).map(|x| (x as f32).sin()).collect();
            let mut later = Vectors::without_codes(whole.places.clone(), 32);
            prop_assert_eq!((later.elsewhere(), later.codes()), (whole.passages(), None));
            // What is added meanwhile is held by both alike.
            let added = PassageVector { document: whole.places.documents().last().unwrap() + 2, range: 3..9, vector: query.clone() };
            let mut grown = whole;
            grown.push(&added);
            later.push(&added);
            let elsewhere: Vec<f32> = slices.iter().flat_map(|slice| slice.scores(&query)).collect();
            prop_assert_eq!(later.scan(&query, &elsewhere, |_| true), grown.scan(&query, &[], |_| true));
            if slices.len() > 1 {
                prop_assert!(later.set_codes(join(slices[1..].to_vec()).unwrap()).is_err());
            }
            prop_assert!(later.set_codes(Codes::new(16)).is_err());
            later.set_codes(join(slices).unwrap()).unwrap();
            prop_assert_eq!(later, grown);
        }
    }
}
