//! What `inkling eval` prints.

use std::fmt::Write as _;

use serde::Serialize;

use super::Scores;
use crate::engine::Mode;
use crate::eval::metrics::{Estimate, mean, paired_difference};

/// What one collection gave.
#[derive(Serialize)]
pub struct Report {
    pub collection: String,
    pub documents: usize,
    pub passages: usize,
    pub queries: usize,
    /// Plain BM25 first where it was asked for, then words, vectors, hybrid.
    pub figures: Vec<Figures>,
    /// The hybrid less the better of words and vectors, nDCG@10.
    pub hybrid_less_best_side: Option<Estimate>,
    /// Words less plain BM25, nDCG@10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words_less_bm25: Option<Estimate>,
    /// The same with queries by the other model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_query_model: Option<Vec<Figures>>,
    /// What the line above which something is close does, where questions about something else were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing_close: Option<NothingClose>,
}

/// The figures of one way to rank: means over all queries with bootstrap 95 % intervals.
#[derive(Serialize)]
pub struct Figures {
    pub mode: &'static str,
    pub ndcg_10: Estimate,
    pub ndcg_3: Estimate,
    pub mrr_10: Estimate,
    pub recall_100: Estimate,
    pub success_3: Estimate,
    /// What the other query model changes about nDCG@10: the mean of paired differences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Estimate>,
}

/// Shares in [0, 1] of what the hybrid answers as visitors ask it.
#[derive(Serialize)]
pub struct NothingClose {
    /// Of the collection's queries that have a right answer among the first three: those that find nothing.
    pub lost: f64,
    /// Of the questions of each file that no document answers: those that find something.
    pub answered: Vec<f64>,
}

impl Report {
    /// The hybrid held against the better side, and the words against plain BM25.
    pub fn compare(&mut self, bm25: Option<&Scores>, words: &Scores, vectors: &Scores, hybrid: &Scores) {
        let side = if mean(&words.ndcg_10) >= mean(&vectors.ndcg_10) { words } else { vectors };
        self.hybrid_less_best_side = paired_difference(&side.ndcg_10, &hybrid.ndcg_10);
        self.words_less_bm25 = bm25.and_then(|bm25| paired_difference(&bm25.ndcg_10, &words.ndcg_10));
    }

    /// All figures of one collection.
    pub fn text(&self) -> String {
        let Self { documents, passages, queries, figures, with_query_model, .. } = self;
        let mut text = format!("{documents} documents, {passages} passages, {queries} queries; 95 % intervals by bootstrap\n\n");
        text += "            nDCG@10              nDCG@3               MRR@10               Recall@100           success@3\n";
        text.extend(figures.iter().map(Figures::line));
        if let Some(difference) = self.hybrid_less_best_side {
            let _ = write!(text, "\nhybrid less the better side, nDCG@10  {}\n", signed(difference));
        }
        if let Some(difference) = self.words_less_bm25 {
            let _ = writeln!(text, "words less bm25, nDCG@10              {}", signed(difference));
        }
        if let Some(figures) = with_query_model {
            text += "\nqueries by --query-model, and what that changes about nDCG@10\n\n";
            text.extend(figures.iter().map(Figures::line));
        }
        if let Some(NothingClose { lost, answered }) = &self.nothing_close {
            let answered: Vec<String> = answered.iter().map(|share| format!("{:.1} %", 100.0 * share)).collect();
            let _ = write!(text, "\nnothing close: {:.1} % of answerable queries lost", 100.0 * lost);
            let _ = writeln!(text, ", of --off-topic answered {}", answered.join(", "));
        }
        text
    }

    /// The collection's row of a table in Markdown.
    fn row(&self) -> String {
        let mut cells = vec![self.collection.clone(), self.documents.to_string(), self.queries.to_string()];
        cells.extend(self.figures.iter().map(|figures| format!("{:.3}", figures.ndcg_10.mean)));
        cells.push(self.hybrid_less_best_side.map(signed).unwrap_or_default());
        cells.extend(self.words_less_bm25.map(signed));
        cells.extend(self.with_query_model.iter().flatten().map(|figures| {
            let change = figures.change.map(signed).unwrap_or_default();
            format!("{:.3}, {change}", figures.ndcg_10.mean)
        }));
        if let Some(NothingClose { lost, answered }) = &self.nothing_close {
            cells.extend([lost].into_iter().chain(answered).map(|share| format!("{:.1}", 100.0 * share)));
        }
        format!("| {} |\n", cells.join(" | "))
    }
}

/// Collections side by side as a table in Markdown, with the means over them.
pub fn table(reports: &[Report], off_topic: &[String]) -> String {
    let Some(first) = reports.first() else { return String::new() };
    let mut head: Vec<String> = ["collection", "documents", "queries"].map(str::to_owned).into();
    head.extend(first.figures.iter().map(|figures| figures.mode.to_owned()));
    head.push("hybrid - better side".to_owned());
    head.extend(first.words_less_bm25.map(|_| "words - bm25".to_owned()));
    head.extend(first.with_query_model.iter().flatten().map(|figures| format!("{} by query model", figures.mode)));
    if first.nothing_close.is_some() {
        head.push("lost, %".to_owned());
        head.extend(off_topic.iter().map(|name| format!("{name}, %")));
    }
    let mut text = "nDCG@10; differences are means over queries with 95 % intervals by bootstrap\n\n".to_owned();
    let _ = writeln!(text, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
    text.extend(reports.iter().map(Report::row));
    let over = |value: &dyn Fn(&Report) -> f64| mean(&reports.iter().map(value).collect::<Vec<_>>());
    let mut last = vec!["mean".to_owned(), String::new(), String::new()];
    last.extend((0..first.figures.len()).map(|at| format!("{:.3}", over(&|report| report.figures[at].ndcg_10.mean))));
    last.resize(head.len(), String::new());
    if let Some(close) = &first.nothing_close {
        let share = |report: &Report, at: usize| {
            report.nothing_close.as_ref().map_or(0.0, |close| if at == 0 { close.lost } else { close.answered[at - 1] })
        };
        let from = head.len() - close.answered.len() - 1;
        for (at, cell) in last[from..].iter_mut().enumerate() {
            *cell = format!("{:.1}", 100.0 * over(&|report| share(report, at)));
        }
    }
    let _ = writeln!(text, "| {} |", last.join(" | "));
    text
}

impl Figures {
    fn line(&self) -> String {
        let cells = [self.ndcg_10, self.ndcg_3, self.mrr_10, self.recall_100, self.success_3];
        let cells = cells.map(|Estimate { mean, low, high }| format!("{mean:.3} ({low:.3}-{high:.3})"));
        let cells = cells.map(|cell| format!("{cell:<19}")).join("  ") + "  " + &self.change.map(signed).unwrap_or_default();
        format!("{:<10}  {}\n", self.mode, cells.trim_end())
    }
}

/// A difference with its interval.
fn signed(Estimate { mean, low, high }: Estimate) -> String {
    format!("{mean:+.3} ({low:+.3} to {high:+.3})")
}

/// What a way to rank is called.
pub const fn name_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Lexical => "words",
        Mode::Semantic => "vectors",
        Mode::Hybrid => "hybrid",
    }
}
