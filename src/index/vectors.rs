//! The passages' vectors: int8 with one scale for the whole corpus, scanned exactly.
//!
//! | tensor | type, shape | meaning |
//! |---|---|---|
//! | `vectors` | I8 (panels, dim / 4, 8, 4) | eight passages a panel, in the order the dot kernel reads them |
//! | `scale` | F32 (1) | value = code × scale |
//! | `passage.document` | U32 (passages) | the document a passage belongs to, never falling |
//! | `passage.start`, `passage.end` | U32 (passages) | its byte range in the document's text |
//!
//! One scale for all passages lets scores be compared as integers. A query is quantized the same way, to eight bits, and
//! split into q = low - 128 × high with low in [0, 127] and high in {0, 1}: two rows of the encoder's exact 7-bit dot
//! tile, so no bit of the query is lost on any machine.

use std::borrow::Cow;
use std::ops::Range;

use safetensors::{Dtype, SafeTensors};

use crate::error::{Error, ErrorKind, Result};
use crate::isa::{Isa, Kernel, LANES, column_mut, run_best};

/// The quantized vectors of all passages and what they are of.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    panels: Vec<i8>,
    dim: usize,
    scale: f32,
    documents: Vec<u32>,
    ranges: Vec<(u32, u32)>,
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
    /// Quantizes the vectors of passages, which must be in the order of their documents.
    ///
    /// # Panics
    /// When vectors differ in length or documents fall.
    pub fn new(dim: usize, passages: &[PassageVector]) -> Self {
        assert!(passages.is_sorted_by_key(|passage| passage.document) && dim.is_multiple_of(4));
        let largest = passages.iter().flat_map(|passage| &passage.vector).fold(0.0f32, |largest, x| largest.max(x.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        let mut panels = vec![0; passages.len().next_multiple_of(LANES) * dim];
        for (index, passage) in passages.iter().enumerate() {
            assert_eq!(passage.vector.len(), dim);
            for (place, four) in column_mut(&mut panels, dim, index).zip(passage.vector.as_chunks().0) {
                *place = four.map(|x: f32| (x / scale).round() as i8);
            }
        }
        let offset = |at: usize| u32::try_from(at).expect("texts are shorter than 4 GB");
        let documents = passages.iter().map(|passage| passage.document).collect();
        let ranges = passages.iter().map(|passage| (offset(passage.range.start), offset(passage.range.end))).collect();
        Self { panels, dim, scale, documents, ranges }
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
        let scale: Vec<f32> = bytemuck::pod_collect_to_vec(tensor("scale", Dtype::F32)?.data());
        let &[scale] = scale.as_slice() else {
            return Err(damaged("there is not one scale"));
        };
        let consistent = panel_count == documents.len().div_ceil(LANES)
            && documents.len() == starts.len()
            && documents.len() == ends.len()
            && documents.is_sorted()
            && documents.last().is_none_or(|&last| (last as usize) < document_count)
            && starts.iter().zip(&ends).all(|(start, end)| start <= end)
            && (1..=16384).contains(&dim)
            && scale.is_finite();
        if !consistent {
            return Err(damaged("its parts contradict each other"));
        }
        let panels: Vec<i8> = bytemuck::cast_slice(vectors.data()).to_vec();
        if panels.contains(&i8::MIN) {
            return Err(damaged("a code is below -127"));
        }
        Ok(Self { panels, dim, scale, documents, ranges: starts.into_iter().zip(ends).collect() })
    }

    /// The bytes of `vectors.safetensors`.
    pub fn write(&self) -> Result<Vec<u8>> {
        let (starts, ends): (Vec<u32>, Vec<u32>) = self.ranges.iter().copied().unzip();
        let (passages, dim) = (self.documents.len(), self.dim);
        let shape = vec![passages.div_ceil(LANES), dim / 4, LANES, 4];
        let views = [
            ("vectors", Bytes(Dtype::I8, shape, bytemuck::cast_slice(&self.panels))),
            ("scale", Bytes(Dtype::F32, vec![1], bytemuck::bytes_of(&self.scale))),
            ("passage.document", Bytes(Dtype::U32, vec![passages], bytemuck::cast_slice(&self.documents))),
            ("passage.start", Bytes(Dtype::U32, vec![passages], bytemuck::cast_slice(&starts))),
            ("passage.end", Bytes(Dtype::U32, vec![passages], bytemuck::cast_slice(&ends))),
        ];
        safetensors::serialize(views, None)
            .map_err(|cause| Error::new(ErrorKind::Internal, "the vectors cannot be written").caused_by(cause))
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of passages.
    pub fn passages(&self) -> usize {
        self.documents.len()
    }

    /// The byte range of a passage in its document's text.
    pub fn range(&self, passage: u32) -> Range<usize> {
        let (start, end) = self.ranges[passage as usize];
        start as usize..end as usize
    }

    /// The `limit` documents whose best passage is nearest to a query, best first; equals in the order of the corpus.
    ///
    /// Only documents that `accept` lets through are ranked. Exact, in time linear in the number of passages.
    ///
    /// # Panics
    /// When the query is not `dim` long.
    pub fn search(&self, query: &[f32], limit: usize, accept: impl Fn(u32) -> bool) -> Vec<VectorHit> {
        assert_eq!(query.len(), self.dim);
        let largest = query.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        let codes: Vec<i32> = query.iter().map(|x| (x / step).round() as i32).collect();
        let scores = run_best(Scan { vectors: self, codes: &codes });

        let mut best = self.best_passages(&scores, accept);
        let order = |a: &(u32, u32), b: &(u32, u32)| {
            let score = |passage: u32| scores[passage as usize];
            score(b.1).cmp(&score(a.1)).then(a.0.cmp(&b.0))
        };
        if limit < best.len() {
            best.select_nth_unstable_by(limit, order);
            best.truncate(limit);
        }
        best.sort_unstable_by(order);
        let scored = |(document, passage): (u32, u32)| VectorHit {
            document,
            passage,
            score: scores[passage as usize] as f32 * step * self.scale,
        };
        best.into_iter().map(scored).collect()
    }

    /// Each accepted document with its best passage, the first of equals.
    fn best_passages(&self, scores: &[i32], accept: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let mut best: Vec<(u32, u32)> = Vec::new();
        let mut first = 0;
        for passages in self.documents.chunk_by(|a, b| a == b) {
            let document = passages[0];
            if accept(document) {
                let scored = (first..first + passages.len()).rev().max_by_key(|&passage| scores[passage]);
                best.extend(scored.map(|passage| (document, passage as u32)));
            }
            first += passages.len();
        }
        best
    }
}

/// A tensor to write.
struct Bytes<'a>(Dtype, Vec<usize>, &'a [u8]);

impl safetensors::View for Bytes<'_> {
    fn dtype(&self) -> Dtype {
        self.0
    }

    fn shape(&self) -> &[usize] {
        &self.1
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.2.into()
    }

    fn data_len(&self) -> usize {
        self.2.len()
    }
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
            isa.dot_tile(&rows, dim, dim, panel, &mut acc);
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
        let passage = |(document, vector): &(u32, Vec<i8>)| PassageVector {
            document: *document,
            range: 0..0,
            vector: vector.iter().map(|&x| f32::from(x)).collect(),
        };
        Vectors::new(32, &corpus.iter().map(passage).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn the_scan_equals_brute_force(
            corpus in corpus(),
            query in prop::collection::vec(-127i8..=127, 32),
            limit in 0usize..50,
            odd in any::<bool>(),
        ) {
            let mut query = query;
            query[5] = -127;
            let accept = |document: u32| !odd || document % 2 == 1;
            let dot = |vector: &[i8]| vector.iter().zip(&query).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
            let mut expected: Vec<(i32, u32, u32)> = Vec::new();
            for (passage, (document, vector)) in corpus.iter().enumerate().filter(|(_, (document, _))| accept(*document)) {
                match expected.iter_mut().find(|(_, found, _)| found == document) {
                    Some(best) if best.0 < dot(vector) => *best = (dot(vector), *document, passage as u32),
                    Some(_) => {}
                    None => expected.push((dot(vector), *document, passage as u32)),
                }
            }
            expected.sort_by_key(|&(score, document, _)| (-score, document));
            expected.truncate(limit);

            let floats: Vec<f32> = query.iter().map(|&x| f32::from(x)).collect();
            let hits = vectors(&corpus).search(&floats, limit, accept);
            let found: Vec<_> = hits.iter().map(|hit| (hit.score as i32, hit.document, hit.passage)).collect();
            prop_assert_eq!(found, expected);
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
                vectors.search(&vec![0.5; vectors.dim()], 3, |_| true);
            }
        }
    }
}
