//! Words that are neighbours in the query and near each other in a document: "heat transfer" is more than heat and transfer.
//!
//! For each two words that follow one another in the query, stop words left out, each place of a document where the second comes
//! at most [`WINDOW`] words behind the first counts as an occurrence of the pair:
//!
//! ```text
//! c           = occurrences / (1 - b + b · length(d) / average length)       lengths over all fields
//! score(p, d) = pair · (idf(first) + idf(second)) / 2 · c · (k1 + 1) / (c + k1)
//! ```
//!
//! Only the best [`DOCS_MAX`] documents by their words get it, with those that tie: it reorders what the words have found, and its
//! positions are read for no more documents than that. This is the ordered window of the sequential dependence model (Metzler and Croft, *A Markov Random Field Model for Term
//! Dependencies*, 2005) scored as BM25.

use super::Lexical;
use super::expand::Expansion;
use super::query::Query;
use super::score::Sum;
use super::top::nth_best;
use crate::index::sort::sort_keys;

/// How many words behind the first the second may come: two more words, such as the stop words of "state of the art".
const WINDOW: u64 = 3;

/// Most different words of a query whose pairs count. Longer queries are texts, in which neighbours mean less (CISI's paragraphs
/// lose by them) and cost more.
pub(super) const WORDS_MAX: usize = 32;

/// How many of the best documents are looked into for pairs.
const DOCS_MAX: usize = 1000;

/// A pair of words of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    /// Indexes of the words in the query.
    words: (usize, usize),
    /// The most that a document can get for it, never reached.
    lift: f32,
}

/// A word's places, ascending: the document in the upper half of each, the position in the lower.
pub(super) type Places = Vec<u64>;

impl Lexical {
    /// The pairs of a query, each once. `docs` says for each word how many live documents have it.
    pub(super) fn pairs(&self, query: &Query, expansions: &[Expansion], docs: &[usize]) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        if query.words.len() > WORDS_MAX {
            return pairs;
        }
        let content: Vec<usize> = query.sequence.iter().copied().filter(|&word| !expansions[word].stop).collect();
        for neighbours in content.windows(2) {
            let words = (neighbours[0], neighbours[1]);
            let known = docs[words.0] > 0 && docs[words.1] > 0;
            if known && words.0 != words.1 && pairs.iter().all(|pair| pair.words != words) {
                let idf = (self.idf(docs[words.0]) + self.idf(docs[words.1])) / 2.0;
                pairs.push(Pair { words, lift: self.ranking.pair * idf * (self.k1 + 1.0) });
            }
        }
        pairs
    }

    /// Adds the pairs to the scores of the best documents.
    pub(super) fn score_pairs(&self, pairs: &[Pair], expansions: &[Expansion], sums: &mut [Sum]) {
        if pairs.is_empty() {
            return;
        }
        let least = nth_best(sums.iter().map(|sum| sum.score), |_| true, DOCS_MAX);
        let is_wanted = |sum: &Sum| sum.score > 0.0 && sum.score >= least;
        let wanted: Vec<u32> = (0..).zip(sums.iter()).filter(|(_, sum)| is_wanted(sum)).map(|(doc, _)| doc).collect();
        let mut places: Vec<Option<Places>> = vec![None; expansions.len()];
        let average = self.length_sums.iter().sum::<u64>() as f64 / f64::from(self.live_docs());
        for pair in pairs {
            for word in [pair.words.0, pair.words.1] {
                if places[word].is_none() {
                    places[word] = Some(self.places(&expansions[word], &wanted));
                }
            }
            let (Some(first), Some(second)) = (&places[pair.words.0], &places[pair.words.1]) else { continue };
            each_count(first, second, |doc, count| {
                let norm = 1.0 - self.ranking.b + self.ranking.b * (f64::from(self.length(doc)) / average) as f32;
                let count = count as f32 / norm;
                let sum = &mut sums[doc as usize];
                sum.score += pair.lift * count / (count + self.k1);
                sum.pairs += 1;
            });
        }
    }

    /// Where the forms of a word are in the documents that are wanted, given in ascending order.
    pub(super) fn places(&self, expansion: &Expansion, wanted: &[u32]) -> Places {
        let (_, forms) = &expansion.layers[0];
        let (mut places, mut positions) = (Places::new(), Vec::new());
        for (part, segment) in self.segments().into_iter().enumerate() {
            let first = self.global(part, 0);
            let wanted = &wanted[wanted.partition_point(|&doc| doc < first)..];
            for form in forms {
                let Some(term) = segment.find(form) else { continue };
                let (mut postings, mut wanted) = (segment.postings(term), wanted);
                while let Some(doc) = wanted.first().and_then(|&doc| postings.next_from(doc - first)) {
                    let doc = first + doc;
                    wanted = &wanted[wanted.partition_point(|&other| other < doc)..];
                    if wanted.first() == Some(&doc) {
                        postings.positions(&mut positions);
                        places.extend(positions.iter().map(|&position| u64::from(doc) << 32 | u64::from(position)));
                        wanted = &wanted[1..];
                    } else if wanted.is_empty() {
                        break;
                    }
                }
            }
        }
        sort_keys(&mut places);
        places
    }

    /// How many words a document has in all fields.
    fn length(&self, doc: u32) -> u32 {
        let (segment, doc) = self.local(doc);
        let fields = self.fields.len();
        segment.store().lengths()[doc as usize * fields..][..fields].iter().sum()
    }
}

/// Calls `visit` with each document that has the pair, and how often.
fn each_count(first: &Places, second: &Places, mut visit: impl FnMut(u32, u32)) {
    let mut from = 0;
    let doc = |place: u64| (place >> 32) as u32;
    for places in first.chunk_by(|&a, &b| doc(a) == doc(b)) {
        let mut count = 0;
        for &place in places {
            while second.get(from).is_some_and(|&other| other <= place) {
                from += 1;
            }
            let within = |other: &&u64| doc(**other) == doc(place) && **other - place <= WINDOW;
            count += second[from..].iter().take_while(within).count() as u32;
        }
        if count > 0 {
            visit(doc(places[0]), count);
        }
    }
}
