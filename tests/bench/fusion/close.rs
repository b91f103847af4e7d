//! "Nothing close": which rule tells a collection's own queries from those of the others, fitted without the one that judges.

use inkling_search::index::fusion::{CLOSE, Ranked, closeness};

use crate::Judged;

/// The share of on-topic queries that a fitted threshold may lose, on average over the collections that fit it.
const LOST_MAX: f64 = 0.02;

/// What is tried as it is: least values of a sign.
const THRESHOLDS: [(&str, Sign, &[f64]); 2] = [
    ("closeness", |signs| signs.closeness, &[0.9, 0.95, 1.0, 1.05, 1.1, 1.2]),
    ("score shown", |signs| signs.score, &[0.02, 0.025, 0.03, 0.04, 0.05]),
];

/// What is known of a query before anything is shown.
#[derive(Clone, Copy)]
pub struct Signs {
    /// What decides in the engine.
    closeness: f64,
    /// The best score that a hit would show.
    score: f64,
    /// The best cosine.
    cosine: f64,
    /// The best coverage.
    pub coverage: f64,
    /// The mean of all cosines, and their deviation.
    pub mean: f64,
    pub deviation: f64,
    /// How far the best cosine is above the tenth.
    lead: f64,
}

impl Signs {
    /// The signs of a query for which every document was ranked.
    pub fn of(hits: &[Ranked]) -> Self {
        let mut cosines: Vec<f64> = hits.iter().map(|hit| hit.cosine.into()).collect();
        cosines.sort_by(|a, b| b.total_cmp(a));
        let count = cosines.len().max(1) as f64;
        let mean = cosines.iter().sum::<f64>() / count;
        let variance = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f64>() / count;
        let best = |of: fn(&Ranked) -> f32| f64::from(hits.iter().map(of).fold(0.0, f32::max));
        let cosine = cosines.first().copied().unwrap_or_default();
        let tenth = cosines.get(9).or(cosines.last()).copied().unwrap_or_default();
        let (score, coverage) = (best(|hit| hit.score), best(|hit| hit.coverage));
        Self {
            closeness: closeness(hits).into(),
            score,
            cosine,
            coverage,
            mean,
            deviation: variance.sqrt().max(1e-6),
            lead: cosine - tenth,
        }
    }

    /// The logit of the score that is shown.
    fn logit(&self) -> f64 {
        (self.score / (1.0 - self.score).max(1e-9)).ln()
    }

    fn standard(&self) -> f64 {
        (self.cosine - self.mean) / self.deviation
    }
}

type Sign = fn(&Signs) -> f64;

/// A way to order queries from far to close.
enum Rule {
    One(Sign),
    /// A logistic regression over several signs.
    Fitted(&'static [Sign]),
}

const RULES: [(&str, Rule); 9] = [
    ("closeness", Rule::One(|signs| signs.closeness)),
    ("score shown", Rule::One(Signs::logit)),
    ("best cosine", Rule::One(|signs| signs.cosine)),
    ("its distance from the mean, deviations", Rule::One(Signs::standard)),
    ("best coverage", Rule::One(|signs| signs.coverage)),
    ("cosine, coverage; fitted", Rule::Fitted(&[|s| s.cosine, |s| s.coverage])),
    ("score shown, mean; fitted", Rule::Fitted(&[Signs::logit, |s| s.mean])),
    ("cosine, coverage, mean; fitted", Rule::Fitted(&[|s| s.cosine, |s| s.coverage, |s| s.mean])),
    (
        "cosine, coverage, mean, deviation, lead; fitted",
        Rule::Fitted(&[|s| s.cosine, |s| s.coverage, |s| s.mean, |s| s.deviation, |s| s.lead]),
    ),
];

/// A corpus's own queries, and those of other collections.
type Case = (Vec<Signs>, Vec<Signs>);

/// The queries of a corpus without those that come from the collection left out; of its own, those that the ranking answers: others
/// have nothing to lose.
fn case(collection: &Judged, out: Option<usize>) -> Case {
    let foreign = collection.foreign.iter().filter(|(from, _)| Some(*from) != out).map(|(_, signs)| *signs).collect();
    (collection.own.iter().filter(|query| query.is_answered()).map(|query| query.signs).collect(), foreign)
}

/// A rule fitted to some corpora: the larger its value, the closer the query.
fn fit(rule: &Rule, cases: &[Case]) -> Box<dyn Fn(&Signs) -> f64> {
    match rule {
        Rule::One(sign) => Box::new(*sign),
        Rule::Fitted(signs) => {
            let signs = *signs;
            let weights = regression(signs, cases);
            Box::new(move |query| {
                weights[0] + signs.iter().zip(&weights[1..]).map(|(sign, weight)| weight * sign(query)).sum::<f64>()
            })
        }
    }
}

/// Logistic regression by gradient descent; own and foreign queries of every corpus weigh the same. The first is the constant.
fn regression(signs: &[Sign], cases: &[Case]) -> Vec<f64> {
    let mut rows: Vec<(Vec<f64>, f64, f64)> = Vec::new();
    for (own, foreign) in cases {
        for (queries, wanted) in [(own, 1.0), (foreign, 0.0)] {
            let weight = 0.5 / (queries.len().max(1) * cases.len()) as f64;
            rows.extend(queries.iter().map(|query| (signs.iter().map(|sign| sign(query)).collect(), wanted, weight)));
        }
    }
    // In units of their deviations, so that one rate suits all.
    let moments: Vec<(f64, f64)> = (0..signs.len())
        .map(|at| {
            let mean = rows.iter().map(|(values, _, weight)| weight * values[at]).sum::<f64>();
            let variance = rows.iter().map(|(values, _, weight)| weight * (values[at] - mean).powi(2)).sum::<f64>();
            (mean, variance.sqrt().max(1e-9))
        })
        .collect();
    for (values, _, _) in &mut rows {
        values.iter_mut().zip(&moments).for_each(|(value, (mean, deviation))| *value = (*value - mean) / deviation);
    }
    let mut weights = vec![0.0; signs.len() + 1];
    for _ in 0..3000 {
        let mut slope = vec![0.0; weights.len()];
        for (values, wanted, weight) in &rows {
            let logit = weights[0] + values.iter().zip(&weights[1..]).map(|(value, weight)| value * weight).sum::<f64>();
            let error = weight * (1.0 / (1.0 + (-logit).exp()) - wanted);
            slope[0] += error;
            slope[1..].iter_mut().zip(values).for_each(|(slope, value)| *slope += error * value);
        }
        weights.iter_mut().zip(&slope).for_each(|(weight, slope)| *weight -= 2.0 * slope);
    }
    for (at, (mean, deviation)) in moments.iter().enumerate() {
        weights[at + 1] /= deviation;
        weights[0] -= weights[at + 1] * mean;
    }
    weights
}

/// The highest threshold that loses no more than [`LOST_MAX`] of own queries, on average over the corpora.
fn threshold(value: &dyn Fn(&Signs) -> f64, cases: &[Case]) -> f64 {
    let mut values: Vec<(f64, f64)> = Vec::new();
    for (own, _) in cases {
        let weight = 1.0 / (own.len().max(1) * cases.len()) as f64;
        values.extend(own.iter().map(|query| (value(query), weight)));
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lost = 0.0;
    for (value, weight) in values {
        lost += weight;
        if lost > LOST_MAX {
            return value;
        }
    }
    f64::INFINITY
}

fn share(queries: &[Signs], holds: impl Fn(&Signs) -> bool) -> f64 {
    queries.iter().filter(|query| holds(query)).count() as f64 / queries.len().max(1) as f64
}

/// How often an own query is closer than a foreign one.
fn area(value: &dyn Fn(&Signs) -> f64, (own, foreign): &Case) -> f64 {
    let own: Vec<f64> = own.iter().map(value).collect();
    let above = |query: &Signs| own.iter().filter(|&&own| own > value(query)).count() as f64;
    foreign.iter().map(above).sum::<f64>() / (own.len() * foreign.len()).max(1) as f64
}

/// Prints how each rule does on the collection that it has not seen.
pub fn report(all: &[Judged]) {
    print!("\n| rule |");
    all.iter().for_each(|collection| print!(" {} |", collection.name));
    println!(" mean lost, kept | area |\n| --- |{} --- | --: |", " --- |".repeat(all.len()));
    for (name, sign, least) in
        THRESHOLDS.iter().flat_map(|(name, sign, values)| values.iter().map(move |least| (name, sign, *least)))
    {
        let close = |query: &Signs| sign(query) >= least;
        let cells = all.iter().map(|collection| {
            let (own, foreign) = case(collection, None);
            (share(&own, |query| !close(query)), share(&foreign, close), f64::NAN)
        });
        let used = if *name == "closeness" && least as f32 == CLOSE { "in use" } else { "not fitted" };
        row(&format!("{name}, {least} ({used})"), cells.collect());
    }
    for (name, rule) in &RULES {
        let judge = |(out, collection): (usize, &Judged)| {
            let others = all.iter().enumerate().filter(|(other, _)| *other != out);
            let cases: Vec<Case> = others.map(|(_, collection)| case(collection, Some(out))).collect();
            let value = fit(rule, &cases);
            let least = threshold(&value, &cases);
            let left_out = case(collection, None);
            (
                share(&left_out.0, |query| value(query) < least),
                share(&left_out.1, |query| value(query) >= least),
                area(&value, &left_out),
            )
        };
        row(name, all.iter().enumerate().map(judge).collect());
    }
    let cases: Vec<Case> = all.iter().map(|collection| case(collection, None)).collect();
    println!("\nFitted on all:");
    for (name, rule) in &RULES {
        let least = threshold(&fit(rule, &cases), &cases);
        match rule {
            Rule::One(_) => println!("- {name}: threshold {least:.4}"),
            Rule::Fitted(signs) => {
                println!("- {name}: constant and weights {:.3?}, threshold {least:.4}", regression(signs, &cases))
            }
        }
    }
}

/// Shares of own queries lost and of foreign ones kept, a cell for each collection, and the area where one was taken.
fn row(name: &str, cells: Vec<(f64, f64, f64)>) {
    let mean = |of: fn(&(f64, f64, f64)) -> f64| cells.iter().map(of).sum::<f64>() / cells.len().max(1) as f64;
    let percent = |lost: f64, kept: f64| format!("{:.1}, {:.1}", 100.0 * lost, 100.0 * kept);
    print!("| {name} |");
    cells.iter().for_each(|&(lost, kept, _)| print!(" {} |", percent(lost, kept)));
    let area = mean(|cell| cell.2);
    let area = if area.is_nan() { String::new() } else { format!("{area:.3}") };
    println!(" {} | {area} |", percent(mean(|cell| cell.0), mean(|cell| cell.1)));
}
