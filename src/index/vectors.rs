//! The passages' vectors: int8 with a scale for each, scanned exactly.
//!
//! | tensor | type, shape | meaning |
//! |---|---|---|
//! | `vectors` | I8 (panels, dim / 4, 8, 4) | eight passages a panel, in the order the dot kernel reads them |
//! | `passage.scale` | F32 (passages) | value = code × scale |
//! | `passage.document` | U32 (passages) | the document a passage belongs to, never falling |
//! | `passage.start`, `passage.end` | U32 (passages) | its byte range in the document's text |
//!
//! A passage's scale takes its largest number to ±127, whatever else the corpus holds: adding and removing documents never
//! changes the others' vectors. A query is quantized the same way and split into q = low - 128 × high with low in [0, 127]
//! and high in {0, 1}: two rows of the encoder's exact 7-bit dot tile, so no bit of the query is lost on any machine.

use std::ops::Range;

use safetensors::{Dtype, SafeTensors};

use crate::error::{Error, ErrorKind, Result};
use crate::isa::{Isa, Kernel, LANES, column_mut, run_best};
use crate::tensors::{self, ByteTensor};

/// The quantized vectors of all passages and what they are of.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    panels: Vec<i8>,
    dim: usize,
    scales: Vec<f32>,
    documents: Vec<u32>,
    ranges: Vec<(u32, u32)>,
    /// The first passage whose codes are in `panels`: those before it lie in slices elsewhere.
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
        assert!(dim.is_multiple_of(4));
        Self { panels: Vec::new(), dim, scales: Vec::new(), documents: Vec::new(), ranges: Vec::new(), held_from: 0 }
    }

    /// Quantizes the vector of a passage and appends it. Passages come in the order of their documents.
    ///
    /// # Panics
    /// When the vector is not `dim` long, or the document comes before the last one.
    pub fn push(&mut self, passage: &PassageVector) {
        assert_eq!(passage.vector.len(), self.dim);
        let (codes, scale) = quantize(&passage.vector);
        let offset = |at: usize| u32::try_from(at).expect("texts are shorter than 4 GB");
        self.push_codes(&codes, scale, passage.document, (offset(passage.range.start), offset(passage.range.end)));
    }

    fn push_codes(&mut self, codes: &[i32], scale: f32, document: u32, range: (u32, u32)) {
        assert!(self.documents.last().is_none_or(|&last| last <= document), "passages come in the order of documents");
        let index = self.documents.len() - self.first_column();
        self.panels.resize((index + 1).next_multiple_of(LANES) * self.dim, 0);
        for (place, four) in column_mut(&mut self.panels, self.dim, index).zip(codes.as_chunks().0) {
            *place = four.map(|code: i32| code as i8);
        }
        self.scales.push(scale);
        self.documents.push(document);
        self.ranges.push(range);
    }

    /// Reads `vectors.safetensors` of an index over `document_count` documents.
    ///
    /// # Errors
    /// `damaged-file` when the file is cut short or contradicts itself.
    pub fn read(bytes: &[u8], document_count: usize) -> Result<Self> {
        let damaged = |what: &str| {
            Error::new(
                ErrorKind::DamagedFile,
                format!("vectors.safetensors is damaged ({what}): fetch it or build the index again"),
            )
        };
        let tensors = SafeTensors::deserialize(bytes).map_err(|cause| damaged("not a safetensors file").caused_by(cause))?;
        let tensor = |name: &str, dtype: Dtype| {
            let tensor = tensors.tensor(name).map_err(|cause| damaged("a tensor is missing").caused_by(cause))?;
            if tensor.dtype() == dtype { Ok(tensor) } else { Err(damaged(&format!("{name} is of another type"))) }
        };
        let numbers = |name: &str| -> Result<Vec<u32>> { Ok(bytemuck::pod_collect_to_vec(tensor(name, Dtype::U32)?.data())) };

        let vectors = tensor("vectors", Dtype::I8)?;
        let (documents, starts, ends) = (numbers("passage.document")?, numbers("passage.start")?, numbers("passage.end")?);
        let &[panel_count, quarter, LANES, 4] = vectors.shape() else {
            return Err(damaged("vectors are not in panels"));
        };
        let dim = quarter * 4;
        let scales: Vec<f32> = bytemuck::pod_collect_to_vec(tensor("passage.scale", Dtype::F32)?.data());
        let consistent = panel_count == documents.len().div_ceil(LANES)
            && documents.len() == starts.len()
            && documents.len() == ends.len()
            && documents.is_sorted()
            && documents.last().is_none_or(|&last| (last as usize) < document_count)
            && starts.iter().zip(&ends).all(|(start, end)| start <= end)
            && (1..=16384).contains(&dim)
            && scales.len() == documents.len()
            && scales.iter().all(|scale| scale.is_finite());
        if !consistent {
            return Err(damaged("its parts contradict each other"));
        }
        let panels: Vec<i8> = bytemuck::cast_slice(vectors.data()).to_vec();
        if panels.contains(&i8::MIN) {
            return Err(damaged("a code is below -127"));
        }
        Ok(Self { panels, dim, scales, documents, ranges: starts.into_iter().zip(ends).collect(), held_from: 0 })
    }

    /// The bytes of `vectors.safetensors`.
    pub fn write(&self) -> Result<Vec<u8>> {
        let (starts, ends): (Vec<u32>, Vec<u32>) = self.ranges.iter().copied().unzip();
        let (passages, dim) = (self.documents.len(), self.dim);
        let shape = vec![passages.div_ceil(LANES), dim / 4, LANES, 4];
        let list = |dtype, bytes| ByteTensor::new(dtype, vec![passages], bytes);
        tensors::write([
            ("vectors", ByteTensor::new(Dtype::I8, shape, bytemuck::cast_slice(&self.panels))),
            ("passage.scale", list(Dtype::F32, bytemuck::cast_slice(&self.scales))),
            ("passage.document", list(Dtype::U32, bytemuck::cast_slice(&self.documents))),
            ("passage.start", list(Dtype::U32, bytemuck::cast_slice(&starts))),
            ("passage.end", list(Dtype::U32, bytemuck::cast_slice(&ends))),
        ])
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of passages.
    pub fn passages(&self) -> usize {
        self.documents.len()
    }

    /// The document of each passage; never falls.
    pub fn documents(&self) -> &[u32] {
        &self.documents
    }

    /// The byte range of a passage in its document's text.
    pub fn range(&self, passage: u32) -> Range<usize> {
        let (start, end) = self.ranges[passage as usize];
        start as usize..end as usize
    }

    /// The documents that a filter lets through, in the order of the corpus, each with the best of its passages for a query.
    ///
    /// Exact, in time linear in the number of passages. Passages whose codes lie in slices elsewhere are left out.
    ///
    /// # Panics
    /// When the query is not `dim` long.
    pub fn scan(&self, query: &[f32], accept: impl Fn(u32) -> bool) -> Vec<VectorHit> {
        assert_eq!(query.len(), self.dim);
        let (codes, step) = quantize(query);
        let dots = run_best(Scan { vectors: self, codes: &codes });
        let mut best: Vec<VectorHit> = Vec::new();
        let first = self.first_column();
        let scored = self.documents[first..].iter().zip(dots).zip(&self.scales[first..]).zip(first..);
        for (((&document, dot), scale), passage) in scored.skip(self.held_from - first) {
            let score = dot as f32 * (step * scale);
            match best.last_mut() {
                Some(hit) if hit.document == document && score <= hit.score => {}
                Some(hit) if hit.document == document => (hit.passage, hit.score) = (passage as u32, score),
                _ if accept(document) => best.push(VectorHit { document, passage: passage as u32, score }),
                _ => {}
            }
        }
        best
    }

    /// The vector of a passage, unit length but for rounding, (dim).
    pub fn vector(&self, passage: u32) -> Vec<f32> {
        self.codes(passage).into_iter().map(|code| code as f32 * self.scales[passage as usize]).collect()
    }

    /// The passage of the first column of `panels`.
    fn first_column(&self) -> usize {
        self.held_from / LANES * LANES
    }

    fn codes(&self, passage: u32) -> Vec<i32> {
        let column = passage as usize - self.first_column();
        let (panel, column) = (column / LANES, column % LANES);
        let codes = self.panels[panel * LANES * self.dim..][..LANES * self.dim].as_chunks::<4>().0;
        codes.iter().skip(column).step_by(LANES).flatten().map(|&code| i32::from(code)).collect()
    }

    /// The passages of a document.
    pub fn passages_of(&self, document: u32) -> Range<u32> {
        let first = self.documents.partition_point(|&other| other < document);
        let end = self.documents.partition_point(|&other| other <= document);
        first as u32..end as u32
    }

    /// The mean of some passages' vectors, made unit length.
    pub fn mean(&self, passages: Range<u32>) -> Vec<f32> {
        let mut mean = vec![0.0; self.dim];
        for passage in passages {
            mean.iter_mut().zip(self.vector(passage)).for_each(|(sum, x)| *sum += x);
        }
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            mean.iter_mut().for_each(|x| *x /= length);
        }
        mean
    }

    /// The vectors cut between documents into slices of at most `passages_max` passages, or of one document that has more.
    pub fn split(&self, passages_max: usize) -> Vec<Self> {
        let mut slices: Vec<Self> = Vec::new();
        for of_document in self.documents.chunk_by(|a, b| a == b) {
            let document = of_document[0];
            if slices.last().is_none_or(|slice| slice.passages() + of_document.len() > passages_max) {
                slices.push(Self::new(self.dim));
            }
            let Some(slice) = slices.last_mut() else { continue };
            for passage in self.passages_of(document) {
                let (scale, range) = (self.scales[passage as usize], self.ranges[passage as usize]);
                slice.push_codes(&self.codes(passage), scale, document, range);
            }
        }
        slices
    }

    /// What [`Self::split`] has cut, in its order.
    ///
    /// # Errors
    /// `damaged-file` when the slices are not of one index.
    pub fn join(slices: Vec<Self>) -> Result<Self> {
        check_order(&slices.iter().map(|slice| (slice.dim, slice.documents.as_slice())).collect::<Vec<_>>())?;
        let mut slices = slices.into_iter();
        let mut joined = slices.next().unwrap_or_else(|| Self::new(LANES));
        for slice in slices {
            for passage in 0..slice.passages() {
                let (scale, document, range) = (slice.scales[passage], slice.documents[passage], slice.ranges[passage]);
                joined.push_codes(&slice.codes(passage as u32), scale, document, range);
            }
        }
        Ok(joined)
    }

    /// What is known of the passages of slices whose codes are elsewhere. Passages that are pushed later are held here.
    ///
    /// # Errors
    /// `damaged-file` when the slices are not of one index.
    pub fn without_codes(slices: Vec<Outline>) -> Result<Self> {
        check_order(&slices.iter().map(|slice| (slice.dim, slice.documents.as_slice())).collect::<Vec<_>>())?;
        let mut vectors = Self::new(slices.first().map_or(LANES, |slice| slice.dim));
        for Outline { documents, ranges, .. } in slices {
            vectors.documents.extend(documents);
            vectors.ranges.extend(ranges);
        }
        vectors.held_from = vectors.documents.len();
        vectors.scales.resize(vectors.held_from, 0.0);
        Ok(vectors)
    }

    /// The same vectors with the codes that lie in slices elsewhere, given in their order.
    ///
    /// # Errors
    /// `damaged-file` when the slices are not those of this index.
    pub fn with_codes(&self, slices: Vec<Self>) -> Result<Self> {
        let mut whole = Self::join(slices)?;
        if whole.dim != self.dim || whole.documents != self.documents[..self.held_from] {
            return Err(Error::new(ErrorKind::DamagedFile, "the slices of the vectors are not of this index: load it again"));
        }
        for passage in self.held_from..self.passages() {
            let (scale, document, range) = (self.scales[passage], self.documents[passage], self.ranges[passage]);
            whole.push_codes(&self.codes(passage as u32), scale, document, range);
        }
        Ok(whole)
    }

    /// All but the codes.
    pub fn outline(&self) -> Outline {
        Outline { dim: self.dim, documents: self.documents.clone(), ranges: self.ranges.clone() }
    }

    /// Whether the codes of all passages are here.
    pub fn is_whole(&self) -> bool {
        self.held_from == 0
    }

    /// An index of some documents, numbered anew in the order given.
    pub fn select(&self, order: &[u32]) -> Self {
        let mut selected = Self::new(self.dim);
        for (number, &document) in (0u32..).zip(order) {
            for passage in self.passages_of(document) {
                let (scale, range) = (self.scales[passage as usize], self.ranges[passage as usize]);
                selected.push_codes(&self.codes(passage), scale, number, range);
            }
        }
        selected
    }
}

/// What a slice's passages are of, without their codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Length of the vectors.
    pub dim: usize,
    /// The document of each passage.
    pub documents: Vec<u32>,
    /// The byte range of each passage in its document's text.
    pub ranges: Vec<(u32, u32)>,
}

/// Refuses slices of vectors of different lengths, and any that does not begin behind the documents of the one before.
fn check_order(slices: &[(usize, &[u32])]) -> Result<()> {
    let follows = |pair: &[(usize, &[u32])]| pair[0].0 == pair[1].0 && pair[0].1.last() < pair[1].1.first();
    if slices.windows(2).all(follows) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::DamagedFile, "the slices of the vectors are not of one index: fetch or build all of them again"))
}

/// int8 codes in [-127, 127] and what one step of them is worth: the largest magnitude becomes ±127.
fn quantize(vector: &[f32]) -> (Vec<i32>, f32) {
    let largest = vector.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    (vector.iter().map(|x| (x / scale).round() as i32).collect(), scale)
}

/// The dot products of a query, as codes in [-127, 127], with all passages.
struct Scan<'a> {
    vectors: &'a Vectors,
    codes: &'a [i32],
}

impl Kernel for Scan<'_> {
    type Output = Vec<i32>;

    fn run<I: Isa>(self, isa: I) -> Vec<i32> {
        let Self { vectors, codes } = self;
        let dim = vectors.dim;
        let low = codes.iter().map(|code| I::code((code & 127) as u8));
        let high = codes.iter().map(|code| I::code((code >> 7 & 1) as u8));
        let rows: Vec<I::Code> = low.chain(high).collect();

        let mut scores = Vec::with_capacity(vectors.documents.len().next_multiple_of(LANES));
        for panel in vectors.panels.chunks_exact(LANES * dim) {
            let mut acc = [[0; LANES]; 2];
            isa.dot_tile::<2, _>(&rows, dim, dim, panel, &mut acc[..]);
            let [low, high] = acc;
            scores.extend(low.into_iter().zip(high).map(|(low, high)| low - 128 * high));
        }
        scores
    }
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
            let hits = vectors(&corpus).scan(&floats, accept);
            let found: Vec<_> = hits.iter().map(|hit| (hit.score as i32, hit.document, hit.passage)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_selection_keeps_the_codes_of_what_it_selects(corpus in corpus()) {
            let vectors = vectors(&corpus);
            let documents: Vec<u32> = vectors.documents.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            let mut renumbered = vectors.clone();
            renumbered.documents = vectors.documents.iter().map(|document| documents.binary_search(document).unwrap() as u32).collect();
            prop_assert_eq!(vectors.select(&documents), renumbered);
        }

        #[test]
        fn slices_join_to_the_whole_and_scan_as_it_does(corpus in corpus(), passages_max in 1usize..12) {
            let whole = vectors(&corpus);
            let slices = whole.split(passages_max);
            for slice in &slices {
                let several = slice.documents.first() != slice.documents.last();
                prop_assert!(slice.passages() > 0 && (slice.passages() <= passages_max || !several));
            }
            prop_assert_eq!(Vectors::join(slices.clone()).unwrap(), whole.clone());
            let query: Vec<f32> = (0..32).map(|x| (x as f32).sin()).collect();
            let mut outlined = Vectors::without_codes(slices.iter().map(Vectors::outline).collect()).unwrap();
            prop_assert_eq!(outlined.scan(&query, |_| true), vec![]);
            // What comes later is held by the whole and by the outline alike.
            let added = PassageVector { document: whole.documents.last().unwrap() + 2, range: 3..9, vector: query.clone() };
            let mut grown = whole;
            grown.push(&added);
            outlined.push(&added);
            let (mut hits, mut first) = (Vec::new(), 0);
            for slice in &slices {
                hits.extend(slice.scan(&query, |_| true).into_iter().map(|hit| VectorHit { passage: hit.passage + first, ..hit }));
                first += slice.passages() as u32;
            }
            hits.extend(outlined.scan(&query, |_| true));
            prop_assert_eq!(hits, grown.scan(&query, |_| true));
            prop_assert_eq!(outlined.with_codes(slices.clone()).unwrap(), grown);
            if slices.len() > 1 {
                prop_assert!(outlined.with_codes(slices[1..].to_vec()).is_err());
                prop_assert!(Vectors::join(slices.into_iter().rev().collect()).is_err());
            }
        }

        #[test]
        fn what_is_written_is_read_again(corpus in corpus()) {
            let vectors = vectors(&corpus);
            let documents = corpus.last().unwrap().0 as usize + 1;
            prop_assert_eq!(Vectors::read(&vectors.write().unwrap(), documents).unwrap(), vectors);
        }

        #[test]
        fn damaged_bytes_are_an_error_or_other_vectors_but_never_a_panic(
            corpus in corpus(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = vectors(&corpus).write().unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            let documents = corpus.last().unwrap().0 as usize + 1;
            if let Ok(vectors) = Vectors::read(&bytes, documents) {
                vectors.scan(&vec![0.5; vectors.dim()], |_| true);
            }
        }
    }
}
