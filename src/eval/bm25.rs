//! Plain BM25 over title and text, to hold the word index against.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

/// Saturation of counts and share of the length, as bm25s and Anserini have them by default.
const K1: f32 = 0.9;
const B: f32 = 0.4;

/// The English stop words of Lucene.
const STOP_WORDS: &str = "a an and are as at be but by for if in into is it no not of on or such that the their then there these they \
                          this to was will with";

/// An index of the stems of English texts, ranked by BM25 with an idf that is never negative (Robertson and Zaragoza 2009, as
/// Lucene has it).
pub struct Bm25 {
    /// For each stem the numbers of the texts that have it, and how often.
    postings: HashMap<String, Vec<(u32, f32)>>,
    /// The number of stems of each text.
    lengths: Vec<f32>,
}

impl Bm25 {
    /// Indexes texts; a text's number is its place.
    pub fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let (mut postings, mut lengths) = (HashMap::<String, Vec<(u32, f32)>>::new(), Vec::new());
        for (number, text) in (0..).zip(texts) {
            let stems = stems(text.as_ref());
            lengths.push(stems.len() as f32);
            for stem in stems {
                let texts = postings.entry(stem).or_default();
                match texts.last_mut() {
                    Some((last, count)) if *last == number => *count += 1.0,
                    _ => texts.push((number, 1.0)),
                }
            }
        }
        Self { postings, lengths }
    }

    /// The `k` best texts that have a stem of the query, best first, and in their own order where scores are equal.
    pub fn rank(&self, query: &str, k: usize) -> Vec<u32> {
        let count = self.lengths.len() as f32;
        let average = (self.lengths.iter().sum::<f32>() / count).max(f32::MIN_POSITIVE);
        let mut scores = HashMap::<u32, f32>::new();
        for texts in stems(query).iter().filter_map(|stem| self.postings.get(stem)) {
            let having = texts.len() as f32;
            let idf = (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
            for &(text, count) in texts {
                let length = self.lengths[text as usize] / average;
                *scores.entry(text).or_default() += idf * count / (count + K1 * (1.0 - B + B * length));
            }
        }
        let mut ranked: Vec<(u32, f32)> = scores.into_iter().collect();
        ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.into_iter().take(k).map(|(text, _)| text).collect()
    }
}

/// The words of two letters and more, folded, without stop words, by their stems.
fn stems(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let kept = words.filter(|word| word.chars().nth(1).is_some() && !STOP_WORDS.split(' ').any(|stop| stop == *word));
    kept.map(|word| stemmer.stem(word).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_word_counts_more_than_a_common_one_and_a_short_text_more_than_a_long_one() {
        let texts = [
            "roses and data",
            "data of the garden",
            "data, more data and still more data about data in the world of data",
            "tulips",
        ];
        let index = Bm25::new(texts);
        assert_eq!(index.rank("rose data", 10)[0], 0);
        assert_eq!(index.rank("The garden's", 10), [1]);
        assert_eq!(index.rank("tulip", 10), [3]);
        assert!(index.rank("gardens", 0).is_empty());
        assert!(index.rank("the of", 10).is_empty());
    }

    #[test]
    fn scores_are_those_of_a_calculation_by_hand() {
        // Two texts of 1 and 3 stems, 2 on average. "data" is in both: idf ln 1.2. Counts 1 and 2; length terms 0.8 and 1.2:
        // 1 / (1 + 0.72) = 0.581 against 2 / (2 + 1.08) = 0.649.
        assert_eq!(Bm25::new(["data", "data data roses"]).rank("data", 2), [1, 0]);
        // Counts 1 and 1: 0.581 against 1 / (1 + 1.08) = 0.481.
        assert_eq!(Bm25::new(["data", "data garden roses"]).rank("data", 2), [0, 1]);
    }
}
