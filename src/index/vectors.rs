//! The passages of an index: of what each is ([`Places`]), and its vector ([`Codes`]), which comes later, by cluster where there are many.

use std::ops::Range;

use super::clusters::Clusters;
use super::codes::Codes;
use super::manifest::{FileEntry, Manifest, PASSAGES_FILE, VECTORS_FILE};
use super::places::{Places, TO_END};
use crate::error::{Error, ErrorKind, Result};

/// The vectors of all passages and what they are of.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    places: Places,
    /// The codes that have come: of all passages in their order, or of none, or of those of some clusters.
    codes: Codes,
    /// Where the others are, as long as not all have come.
    parts: Option<Parts>,
}

/// Codes that come by cluster.
#[derive(Debug, Clone, PartialEq)]
struct Parts {
    clusters: Clusters,
    /// The passages whose codes have come, in the order in which they have.
    passages: Vec<u32>,
}

/// A document that was found, by the best of its passages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorHit {
    /// The document's number.
    pub document: u32,
    /// The number of its best passage; nothing where the vectors of none have come, so that the score is a guess.
    pub passage: Option<u32>,
    /// The dot product of the query with that passage: for unit vectors the cosine, in [-1, 1].
    pub score: f32,
}

/// One passage to put into an index.
pub struct PassageVector {
    /// The number of its document.
    pub document: u32,
    /// Its byte range in the document's text, up to [`TO_END`] where it reaches to its end.
    pub range: Range<usize>,
    /// Its unit vector.
    pub vector: Vec<f32>,
}

impl PassageVector {
    /// A part of a document's text.
    pub fn of(document: u32, range: Range<usize>, text: &str, vector: Vec<f32>) -> Self {
        let end = if range.end == text.len() { TO_END as usize } else { range.end };
        Self { document, range: range.start..end, vector }
    }
}

impl Vectors {
    /// An index without passages, for vectors of `dim` numbers.
    ///
    /// # Panics
    /// When `dim` is no multiple of 4.
    pub fn new(dim: usize) -> Self {
        Self::without_codes(Places::default(), dim)
    }

    /// Passages whose codes, of vectors of `dim` numbers, are still to come.
    ///
    /// # Panics
    /// When `dim` is no multiple of 4.
    pub fn without_codes(places: Places, dim: usize) -> Self {
        Self { places, codes: Codes::new(dim), parts: None }
    }

    /// Reads all files of vectors of an index, which `file` gives.
    ///
    /// # Errors
    /// Those of `file`, and `damaged-file` when one is cut short, or they contradict each other.
    pub fn read<B: AsRef<[u8]>>(manifest: &Manifest, file: impl Fn(&FileEntry) -> Result<B>) -> Result<Self> {
        let places = Places::read(file(manifest.file(PASSAGES_FILE)?)?.as_ref(), manifest.documents)?;
        let mut vectors = Self::without_codes(places, manifest.dim);
        let first = file(manifest.vectors_file()?)?;
        if manifest.vectors_file()?.path == VECTORS_FILE {
            vectors.set_codes(Codes::read(first.as_ref())?)?;
            return Ok(vectors);
        }
        vectors.set_clusters(Clusters::read(first.as_ref())?)?;
        for (cluster, entry) in manifest.cluster_files().enumerate() {
            vectors.load(cluster, file(entry)?.as_ref())?;
        }
        if vectors.codes().is_some() { Ok(vectors) } else { Err(not_of_one_index()) }
    }

    /// Quantizes the vector of a passage and appends it. Passages come in the order of their documents.
    ///
    /// # Panics
    /// When the vector is not `dim` long, the range ends before it begins, the document comes before the last one, or codes are still to
    /// come.
    pub fn push(&mut self, passage: &PassageVector) {
        assert!(self.codes().is_some(), "all codes have come before others are added");
        let offset = |at: usize| u32::try_from(at).expect("texts are shorter than 4 GB");
        self.places.push(passage.document, (offset(passage.range.start), offset(passage.range.end)));
        self.codes.push(&passage.vector);
    }

    /// Appends a passage of other vectors of the same length, byte for byte, as one of a document. All codes of both must be here.
    ///
    /// # Panics
    /// When its codes are not there, or the document comes before the last one.
    pub fn push_kept(&mut self, from: &Self, passage: u32, document: u32) {
        let place = passage as usize;
        self.places.push(document, from.places.range(passage));
        self.codes.extend(&from.codes, place..place + 1);
    }

    /// Takes the codes of all passages, in their order.
    ///
    /// # Errors
    /// `damaged-file` when they are not those of this index; then nothing has changed.
    pub fn set_codes(&mut self, codes: Codes) -> Result<()> {
        if codes.dim() != self.dim() || codes.len() != self.passages() {
            return Err(not_of_one_index());
        }
        (self.codes, self.parts) = (codes, None);
        Ok(())
    }

    /// Takes what tells where the codes are, which then come by [`Vectors::load`].
    ///
    /// # Errors
    /// `damaged-file` when it is not that of this index; then nothing has changed.
    pub fn set_clusters(&mut self, clusters: Clusters) -> Result<()> {
        if clusters.dim() != self.dim() || clusters.passages() != self.passages() {
            return Err(not_of_one_index());
        }
        if self.parts.is_none() && self.codes().is_none() {
            self.parts = Some(Parts { clusters, passages: Vec::new() });
        }
        Ok(())
    }

    /// Takes the file of a cluster. One that is there already is passed over.
    ///
    /// # Errors
    /// `damaged-file` when it is not that of this index; then nothing has changed.
    pub fn load(&mut self, cluster: usize, bytes: &[u8]) -> Result<()> {
        let Some(Parts { clusters, passages }) = &mut self.parts else { return Ok(()) };
        let Some(is_here) = clusters.is_here.get(cluster) else { return Err(not_of_one_index()) };
        if *is_here {
            return Ok(());
        }
        if !self.codes.push_rows(bytes, clusters.members(cluster).len()) {
            return Err(not_of_one_index());
        }
        passages.extend(clusters.members(cluster));
        clusters.is_here[cluster] = true;
        if passages.len() == self.places.len() {
            self.codes = self.codes.in_order(passages);
            self.parts = None;
        }
        Ok(())
    }

    /// The clusters that have not come.
    pub fn missing(&self) -> Vec<usize> {
        self.parts.as_ref().map_or_else(Vec::new, |parts| parts.clusters.missing())
    }

    /// Those of them that a query looks at: the nearest with a document that is `accepted`, and all of some documents.
    pub fn missing_near(&self, query: &[f32], documents: &[u32], accepted: &[bool]) -> Vec<usize> {
        let Some(Parts { clusters, .. }) = &self.parts else { return Vec::new() };
        let mut wanted = clusters.nearest(query, looked_at(self.passages()), self.places.documents(), accepted);
        for &document in documents {
            self.passages_of(document).for_each(|passage| wanted.push(clusters.of(passage)));
        }
        let mut is_named = clusters.is_here.clone();
        wanted.retain(|&cluster| !std::mem::replace(&mut is_named[cluster], true));
        wanted
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

    /// The byte range of a passage in its document's text, as far as the two are of one index.
    pub fn range(&self, passage: u32, text: &str) -> Range<usize> {
        let (start, end) = self.places.range(passage);
        start as usize..if end == TO_END { text.len() } else { end as usize }
    }

    /// Whether a query can be compared with passages, if need be with some: without that words alone answer.
    pub fn can_scan(&self) -> bool {
        self.parts.is_some() || self.codes().is_some()
    }

    /// The documents that a filter lets through, in the order of the corpus, each with the best of its passages for a query: of those
    /// whose codes have come, where there is one, else by a guess.
    ///
    /// Exact once all have come, in time linear in the number of passages.
    ///
    /// # Panics
    /// When the query is not `dim` long.
    pub fn scan(&self, query: &[f32], accept: impl Fn(u32) -> bool) -> Vec<VectorHit> {
        let mut scores = self.codes.scores(query);
        let mut is_here = vec![true; scores.len()];
        if let Some(Parts { clusters, passages }) = &self.parts {
            let here = scores;
            scores = vec![clusters.guess(query, &here); self.passages()];
            is_here = vec![false; scores.len()];
            for (&passage, score) in passages.iter().zip(here) {
                (scores[passage as usize], is_here[passage as usize]) = (score, true);
            }
        }
        let mut best: Vec<VectorHit> = Vec::new();
        for (((&document, score), is_here), passage) in self.places.documents().iter().zip(scores).zip(is_here).zip(0..) {
            let found = VectorHit { document, passage: is_here.then_some(passage), score };
            match best.last_mut() {
                Some(hit) if hit.document == document && (is_here, score) <= (hit.passage.is_some(), hit.score) => {}
                Some(hit) if hit.document == document => *hit = found,
                _ if accept(document) => best.push(found),
                _ => {}
            }
        }
        best
    }

    /// What the least score of a document for a query may be, as long as not all codes have come.
    pub fn least(&self, query: &[f32]) -> Option<f32> {
        self.parts.as_ref().map(|parts| parts.clusters.least(query))
    }

    /// The vector of a passage, unit length but for rounding, (dim). All codes must be here.
    pub fn vector(&self, passage: u32) -> Vec<f32> {
        self.codes.vector(passage as usize)
    }

    /// The mean of the vectors of some passages, made unit length. All codes must be here.
    pub fn mean(&self, passages: Range<u32>) -> Vec<f32> {
        self.codes.mean(passages.start as usize..passages.end as usize)
    }

    /// The passages of a document.
    pub fn passages_of(&self, document: u32) -> Range<u32> {
        self.places.of(document)
    }

    /// The codes in the order of the passages, where all of them are here.
    pub fn codes(&self) -> Option<&Codes> {
        (self.parts.is_none() && self.codes.len() == self.places.len()).then_some(&self.codes)
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

/// So many passages a query looks at where not all have come. They have 96 or 97 of a hundred of the ten nearest
/// (docs/performance.md).
fn looked_at(passages: usize) -> usize {
    1500 + passages / 64
}

pub(super) fn not_of_one_index() -> Error {
    let what = "the files of vectors are not of this index: fetch or build all of them again";
    Error::new(ErrorKind::DamagedFile, what)
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use crate::index::clustering::Clustering;
    use crate::tensors::Tensors;
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

    #[test]
    fn a_query_looks_at_a_part_of_many_vectors_which_has_nearly_all_that_are_nearest() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 32_768.0 - 1.0
        };
        let mut around = |middle: &[f32]| -> Vec<f32> { middle.iter().map(|x| x + random()).collect() };
        let middles: Vec<Vec<f32>> = (0..200).map(|_| around(&[0.0; 32])).collect();
        let mut whole = Vectors::new(32);
        for document in 0..8000 {
            whole.push(&PassageVector { document, range: 0..0, vector: around(&middles[document as usize * 7 % 200]) });
        }
        let clustering = Clustering::of(whole.codes().unwrap(), &whole.places);
        let mut later = Vectors::without_codes(whole.places.clone(), 32);
        later.set_clusters(Clusters::read(&clustering.write().unwrap()).unwrap()).unwrap();
        let (mut found, mut asked) = (0, 0);
        for query in &middles[..40] {
            let near = later.missing_near(query, &[7], &[true; 8000]);
            let passages: usize = near.iter().map(|&cluster| clustering.members[cluster].len()).sum();
            assert!((looked_at(8000)..looked_at(8000) + 200).contains(&passages), "{passages}");
            assert!(near.iter().any(|&cluster| clustering.members[cluster].contains(&7)), "and at what words have found");
            let mut exact = whole.scan(query, |_| true);
            exact.sort_by(|a, b| b.score.total_cmp(&a.score));
            let is_near = |document| near.iter().any(|&cluster| clustering.members[cluster].contains(&document));
            found += exact[..10].iter().filter(|hit| is_near(hit.document)).count();
            asked += 10;
            let mut first = [false; 8000];
            first[..5].fill(true);
            let few = later.missing_near(query, &[], &first);
            assert!(
                few.len() <= 5 && few.iter().all(|&cluster| clustering.members[cluster][0] < 5),
                "of what a filter lets through"
            );
        }
        assert!(found * 100 >= asked * 97, "{found} of {asked}");
    }

    #[test]
    fn clusters_with_what_is_no_number_are_refused() {
        let whole = vectors(&[(0, vec![127; 32]), (1, vec![-127; 32])]);
        let bytes = Clustering::of(whole.codes().unwrap(), &whole.places).write().unwrap();
        assert!(Clusters::read(&bytes).is_ok());
        for name in ["clusters.mean", "clusters.reach"] {
            let tensor = Tensors::read(&bytes).unwrap().bytes(name).unwrap();
            let at = tensor.as_ptr() as usize - bytes.as_ptr() as usize;
            let mut other = bytes.clone();
            other[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
            assert_eq!(Clusters::read(&other).unwrap_err().kind(), ErrorKind::DamagedFile, "{name}");
        }
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
            let found: Vec<_> = hits.iter().map(|hit| (hit.score as i32, hit.document, hit.passage.unwrap())).collect();
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
            prop_assert_eq!(vectors.select(&documents), Vectors { places: renumbered, codes, parts: None });
        }

        #[test]
        fn codes_that_come_by_cluster_give_exact_scores_of_what_has_come_and_what_the_whole_gives_at_the_end(
            corpus in corpus(),
            order in prop::collection::vec(any::<u32>(), 40),
            byte in any::<u8>(),
        ) {
            let whole = vectors(&corpus);
            let codes = whole.codes().unwrap();
            let clustering = Clustering::of(codes, &whole.places);
            let mut later = Vectors::without_codes(whole.places.clone(), 32);
            prop_assert!(!later.can_scan() || corpus.is_empty());
            prop_assert!(later.set_clusters(Clusters::read(&Clustering::of(&Codes::new(32), &Places::default()).write().unwrap()).unwrap()).is_err());
            later.set_clusters(Clusters::read(&clustering.write().unwrap()).unwrap()).unwrap();
            let query: Vec<f32> = (0..32).map(|x| (x as f32).sin()).collect();
            let exact = codes.scores(&query);
            let mut clusters: Vec<usize> = (0..clustering.members.len()).collect();
            clusters.sort_by_key(|&cluster| order[cluster]);
            let mut come = Vec::new();
            for cluster in clusters {
                prop_assert!(later.codes().is_none() && later.missing().contains(&cluster));
                let members = &clustering.members[cluster];
                let file = codes.rows(members);
                prop_assert!(later.load(cluster, &file[1..]).is_err() && later.load(cluster, &[&file[..], &[byte]].concat()).is_err());
                prop_assert!(later.load(clustering.members.len(), &file).is_err());
                later.load(cluster, &file).unwrap();
                later.load(cluster, &file).unwrap();
                come.extend(members.iter().copied());
                let hits = later.scan(&query, |_| true);
                prop_assert_eq!(hits.len(), whole.scan(&query, |_| true).len());
                for hit in hits {
                    let of_document = || whole.passages_of(hit.document).filter(|passage| come.contains(passage));
                    let best = of_document().map(|passage| exact[passage as usize]).fold(f32::NEG_INFINITY, f32::max);
                    match hit.passage {
                        Some(passage) => prop_assert_eq!((exact[passage as usize].to_bits(), hit.score.to_bits()), (best.to_bits(), best.to_bits())),
                        None => prop_assert!(of_document().next().is_none() && hit.score.is_finite()),
                    }
                }
            }
            prop_assert_eq!(&later, &whole);
            prop_assert_eq!(later.scan(&query, |_| true), whole.scan(&query, |_| true));
        }
    }
}
