//! Answers as JavaScript sees them.

use std::ops::Range;

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::convert::{list, plain, properties, set};
use crate::engine::{Answer, Hit, Mode, Passage};
use crate::index::understood::Understood;

/// An answer as JavaScript sees it. What is measured and decided there, it adds.
pub fn shown_answer(answer: &Answer, typed: &str, hits: &[Hit]) -> JsValue {
    let Answer { found, mode, facets, corrected, absent, understood, truncated, partial, timings, .. } = answer;
    let counts = Object::new();
    for (field, values) in facets {
        let count = |(value, count): &(String, usize)| plain([("value", value.into()), ("count", (*count).into())]);
        set(&counts, field, &list(values.iter().map(count)));
    }
    let named = |Understood { field, value, start, end }: &Understood| {
        let (start, end) = (units(typed, *start).into(), units(typed, *end).into());
        plain([("field", field.into()), ("value", value.into()), ("start", start), ("end", end)])
    };
    let mode = match mode {
        Mode::Hybrid => "hybrid",
        Mode::Semantic => "semantic",
        Mode::Lexical => "lexical",
    };
    let timings = plain([
        ("words", timings.words.into()),
        ("tokenize", timings.tokenize.into()),
        ("encode", timings.encode.into()),
        ("scan", timings.scan.into()),
        ("rank", timings.rank.into()),
    ]);
    let answer = plain([
        ("hits", shown(hits)),
        ("found", (*found).into()),
        ("mode", mode.into()),
        ("facets", counts.into()),
        ("understood", list(understood.iter().map(named))),
        ("truncated", (*truncated).into()),
        ("partial", (*partial).into()),
        ("timings", timings),
    ]);
    for (name, text) in [("corrected", corrected), ("absent", absent)] {
        if let Some(text) = text {
            set(&answer, name, &text.into());
        }
    }
    answer
}

/// Hits as JavaScript sees them, with offsets counted as it does.
pub fn shown(hits: &[Hit]) -> JsValue {
    list(hits.iter().map(shown_hit))
}

fn shown_hit(hit: &Hit) -> JsValue {
    let pairs = |text: &str, ranges: &[Range<usize>]| {
        list(ranges.iter().map(|range| list([units(text, range.start), units(text, range.end)].map(JsValue::from))))
    };
    let Passage { text, start, end } = &hit.passage;
    let place = [*start, *end].map(|at| JsValue::from(units(&hit.text, at)));
    let shown = plain([
        ("id", (&hit.id).into()),
        ("score", hit.score.into()),
        ("cosine", hit.cosine.into()),
        ("bm25", hit.bm25.into()),
        ("title", (&hit.title).into()),
        ("fields", properties(&hit.fields)),
        ("passage", plain([("text", text.into()), ("start", place[0].clone()), ("end", place[1].clone())])),
        ("matches", pairs(text, &hit.matches)),
        ("titleMatches", pairs(&hit.title, &hit.title_matches)),
    ]);
    // What has no page of its own is read where it was found.
    let (name, place) = hit.url.as_ref().map_or(("text", &hit.text), |url| ("url", url));
    set(&shown, name, &place.into());
    if !hit.headings.is_empty() {
        set(&shown, "headings", &list(hit.headings.iter().map(JsValue::from)));
    }
    shown
}

/// A byte offset in the UTF-16 units that JavaScript counts in.
fn units(text: &str, at: usize) -> usize {
    text[..at].encode_utf16().count()
}
