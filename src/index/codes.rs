//! The numbers of the passages' vectors: int8 with a scale for each passage, scanned exactly. They come with the model.
//!
//! | tensor | type, shape | meaning |
//! |---|---|---|
//! | `vectors` | I8 (panels, dim / 4, 8, 4) | eight passages a panel, in the order the dot kernel reads them |
//! | `scales` | F32 (passages) | value = code × scale |
//!
//! A passage's scale takes its largest number to ±127, whatever else the corpus holds: adding and removing documents never
//! changes the others' vectors. A query is quantized the same way and split into q = low - 128 × high with low in [0, 127]
//! and high in {0, 1}: two rows of the encoder's exact 7-bit dot tile, so no bit of the query is lost on any machine.

use std::ops::Range;

use safetensors::Dtype;

use super::manifest::DIM_MAX;
use crate::error::{Error, ErrorKind, Result};
use crate::isa::{Isa, Kernel, LANES, column_mut, run_best};
use crate::tensors::{self, ByteTensor, Tensors};

/// The quantized vectors of passages, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Codes {
    panels: Vec<i8>,
    dim: usize,
    scales: Vec<f32>,
}

impl Codes {
    /// No codes, of vectors of `dim` numbers.
    ///
    /// # Panics
    /// When `dim` is no multiple of 4.
    pub fn new(dim: usize) -> Self {
        assert!(dim.is_multiple_of(4));
        Self { panels: Vec::new(), dim, scales: Vec::new() }
    }

    /// Quantizes a vector and appends it.
    ///
    /// # Panics
    /// When it is not `dim` long.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.dim);
        let (codes, scale) = quantize(vector);
        self.push_codes(&codes, scale);
    }

    /// Appends a passage as it is quantized.
    pub(super) fn push_codes(&mut self, codes: &[i32], scale: f32) {
        let passage = self.scales.len();
        self.panels.resize((passage + 1).next_multiple_of(LANES) * self.dim, 0);
        for (place, four) in column_mut(&mut self.panels, self.dim, passage).zip(codes.as_chunks().0) {
            *place = four.map(|code: i32| code as i8);
        }
        self.scales.push(scale);
    }

    /// Appends some passages of others as they are.
    ///
    /// # Panics
    /// When their vectors are of another length.
    pub fn extend(&mut self, others: &Self, passages: Range<usize>) {
        assert_eq!(self.dim, others.dim);
        for passage in passages {
            self.push_codes(&others.codes(passage), others.scales[passage]);
        }
    }

    /// Reads a file of vectors.
    ///
    /// # Errors
    /// `damaged-file` when it is cut short or contradicts itself.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).map_err(|what| {
            let what = format!("a file of vectors is damaged ({what}): fetch it or build the index again");
            Error::new(ErrorKind::DamagedFile, what)
        })
    }

    /// What is read, or what is wrong.
    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let tensors = Tensors::read(bytes).ok_or("not a safetensors file")?;
        let tensor = |name: &str, dtype: &str| {
            let tensor = tensors.get(name).ok_or("a tensor is missing")?;
            if tensor.dtype == dtype { Ok(tensor) } else { Err("a tensor is of another type") }
        };
        let vectors = tensor("vectors", "I8")?;
        let &[panel_count, quarter, LANES, 4] = vectors.shape.as_slice() else {
            return Err("vectors are not in panels");
        };
        let dim = quarter * 4;
        let scales: Vec<f32> = bytemuck::pod_collect_to_vec(tensor("scales", "F32")?.data);
        let consistent = panel_count == scales.len().div_ceil(LANES)
            && (1..=DIM_MAX).contains(&dim)
            && scales.iter().all(|scale| scale.is_finite());
        if !consistent {
            return Err("its parts contradict each other");
        }
        let panels: Vec<i8> = bytemuck::cast_slice(vectors.data).to_vec();
        if panels.contains(&i8::MIN) {
            return Err("a code is below -127");
        }
        Ok(Self { panels, dim, scales })
    }

    /// The bytes of a file of vectors.
    pub fn write(&self) -> Result<Vec<u8>> {
        tensors::write(self.tensors())
    }

    /// The tensors of a file of vectors.
    pub(super) fn tensors(&self) -> [(&'static str, ByteTensor<'_>); 2] {
        let passages = self.scales.len();
        let shape = vec![passages.div_ceil(LANES), self.dim / 4, LANES, 4];
        [
            ("vectors", ByteTensor::new(Dtype::I8, shape, bytemuck::cast_slice(&self.panels))),
            ("scales", ByteTensor::new(Dtype::F32, vec![passages], bytemuck::cast_slice(&self.scales))),
        ]
    }

    /// Some passages as one run of bytes: their scales, then the codes of one after the other.
    pub fn rows(&self, passages: &[u32]) -> Vec<u8> {
        let passages = || passages.iter().map(|&passage| passage as usize);
        let scales: Vec<f32> = passages().map(|passage| self.scales[passage]).collect();
        let codes: Vec<u8> = passages().flat_map(|passage| self.codes(passage)).map(|code| code as u8).collect();
        [bytemuck::cast_slice(&scales), codes.as_slice()].concat()
    }

    /// Appends so many passages from the bytes of [`Codes::rows`], or says that they are not as many, or none that can be: then nothing
    /// has changed.
    #[must_use]
    pub fn push_rows(&mut self, rows: &[u8], passages: usize) -> bool {
        let (scales, codes) = rows.split_at_checked(passages * 4).unwrap_or_default();
        let scales: Vec<f32> = bytemuck::pod_collect_to_vec(scales);
        let codes: &[i8] = bytemuck::cast_slice(codes);
        let can_be = scales.iter().all(|scale| scale.is_finite()) && !codes.contains(&i8::MIN);
        let is_whole = can_be && rows.len() == passages * (self.dim + 4);
        if is_whole {
            for (row, scale) in codes.chunks_exact(self.dim).zip(scales) {
                self.push_codes(&row.iter().map(|&code| i32::from(code)).collect::<Vec<_>>(), scale);
            }
        }
        is_whole
    }

    /// The same passages in another order, which says where each goes.
    pub(super) fn in_order(&self, places: &[u32]) -> Self {
        let mut from = vec![0; places.len()];
        (0..).zip(places).for_each(|(at, &place)| from[place as usize] = at);
        let mut ordered = Self::new(self.dim);
        from.into_iter().for_each(|at: usize| ordered.push_codes(&self.codes(at), self.scales[at]));
        ordered
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of passages.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// The dot product of a query with every passage, (passages): for unit vectors the cosine. Exact but for quantization.
    ///
    /// # Panics
    /// When the query is not `dim` long.
    pub fn scores(&self, query: &[f32]) -> Vec<f32> {
        assert_eq!(query.len(), self.dim);
        let (codes, step) = quantize(query);
        let dots = run_best(Scan { codes: self, query: &codes });
        dots.into_iter().zip(&self.scales).map(|(dot, scale)| dot as f32 * (step * scale)).collect()
    }

    /// The vector of a passage, unit length but for rounding, (dim).
    pub fn vector(&self, passage: usize) -> Vec<f32> {
        self.codes(passage).into_iter().map(|code| code as f32 * self.scales[passage]).collect()
    }

    /// The mean of some passages' vectors, made unit length.
    pub fn mean(&self, passages: Range<usize>) -> Vec<f32> {
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

    fn codes(&self, passage: usize) -> Vec<i32> {
        let (panel, column) = (passage / LANES, passage % LANES);
        let codes = self.panels[panel * LANES * self.dim..][..LANES * self.dim].as_chunks::<4>().0;
        codes.iter().skip(column).step_by(LANES).flatten().map(|&code| i32::from(code)).collect()
    }
}

/// int8 codes in [-127, 127] and what one step of them is worth: the largest magnitude becomes ±127.
fn quantize(vector: &[f32]) -> (Vec<i32>, f32) {
    let largest = vector.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    (vector.iter().map(|x| (x / scale).round() as i32).collect(), scale)
}

/// The dot products of a query, as codes in [-127, 127], with all passages.
struct Scan<'a> {
    codes: &'a Codes,
    query: &'a [i32],
}

impl Kernel for Scan<'_> {
    type Output = Vec<i32>;

    fn run<I: Isa>(self, isa: I) -> Vec<i32> {
        let Self { codes, query } = self;
        let dim = codes.dim;
        let low = query.iter().map(|code| I::code((code & 127) as u8));
        let high = query.iter().map(|code| I::code((code >> 7 & 1) as u8));
        let rows: Vec<I::Code> = low.chain(high).collect();

        let mut scores = Vec::with_capacity(codes.len().next_multiple_of(LANES));
        for panel in codes.panels.chunks_exact(LANES * dim) {
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

    fn codes(vectors: &[Vec<f32>]) -> Codes {
        let mut codes = Codes::new(32);
        vectors.iter().for_each(|vector| codes.push(vector));
        codes
    }

    fn vectors() -> impl Strategy<Value = Vec<Vec<f32>>> {
        prop::collection::vec(prop::collection::vec(-1.0f32..1.0, 32), 0..30)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(vectors in vectors()) {
            let codes = codes(&vectors);
            prop_assert_eq!(Codes::read(&codes.write().unwrap()).unwrap(), codes);
        }

        #[test]
        fn rows_of_some_are_the_same_codes(vectors in vectors(), chosen in prop::collection::vec(any::<prop::sample::Index>(), 0..20), more in 1usize..40) {
            let codes = codes(&vectors);
            let chosen: Vec<u32> = chosen.iter().filter(|_| !vectors.is_empty()).map(|at| at.index(vectors.len()) as u32).collect();
            let (mut expected, mut read) = (Codes::new(32), Codes::new(32));
            chosen.iter().for_each(|&at| expected.extend(&codes, at as usize..at as usize + 1));
            let rows = codes.rows(&chosen);
            prop_assert!(read.push_rows(&rows, chosen.len()));
            prop_assert_eq!(&read, &expected);
            prop_assert!(!read.push_rows(&[rows.clone(), vec![0; more]].concat(), chosen.len()));
            prop_assert!(!read.push_rows(&rows, chosen.len() + more));
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn damaged_bytes_are_an_error_or_other_vectors_but_never_a_panic(
            vectors in vectors(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = codes(&vectors).write().unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            if let Ok(codes) = Codes::read(&bytes) {
                codes.scores(&vec![0.5; codes.dim()]);
            }
        }
    }
}
