//! The order of a field's values: numbers by size, dates and times as such, and in all other texts the numbers in them by size,
//! so that "Level 10" comes where people expect it.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

use super::lexical::unicode::{lower, lower_text};
use super::sort::sort_by;
use crate::number;

/// What a value is compared by.
enum Key {
    Number(f64),
    /// Seconds: of a date since 1970, of a time since midnight.
    Moment(i64),
    Text,
}

/// The place of each value in the order of all: numbers, then moments, then texts without regard to case.
pub fn places(values: &[String]) -> Vec<u32> {
    // 13/05 in one value tells how 05/06 is meant in the others.
    let is_day_first = values.iter().any(|value| moment(value, false).is_none() && moment(value, true).is_some());
    // As 1,50 in one value tells it of 1,500 in the others.
    let is_comma = values.iter().any(|value| number(value, '.').is_none() && number(value, ',').is_some());
    let number_of = |value: &str| number(value, ',').filter(|_| is_comma).or_else(|| number(value, '.'));
    let key = |value: &String| match (number_of(value), moment(value, is_day_first)) {
        (Some(number), _) => Key::Number(number),
        (_, Some(moment)) => Key::Moment(moment),
        _ => Key::Text,
    };
    let keys: Vec<Key> = values.iter().map(key).collect();
    let mut sorted: Vec<usize> = (0..values.len()).collect();
    sort_by(&mut sorted, |&a, &b| compare((&keys[a], &values[a]), (&keys[b], &values[b])));
    let mut places = vec![0; values.len()];
    (0..).zip(sorted).for_each(|(place, value)| places[value] = place);
    places
}

fn compare((key_a, a): (&Key, &str), (key_b, b): (&Key, &str)) -> Ordering {
    let rank = |key: &Key| match key {
        Key::Number(_) => 0,
        Key::Moment(_) => 1,
        Key::Text => 2,
    };
    match (key_a, key_b) {
        (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
        (Key::Moment(a), Key::Moment(b)) => a.cmp(b),
        (Key::Text, Key::Text) => by_parts(a, b),
        _ => rank(key_a).cmp(&rank(key_b)),
    }
    .then_with(|| a.cmp(b))
}

/// The number that a text is: `12`, `-0.5`, `1,503`, `€ 12.50`, `30 %`; where the decimal sign is a comma `1.503,50` and `1 503,5`.
fn number(text: &str, decimal: char) -> Option<f64> {
    let is_unit = |c: char| c.is_whitespace() || matches!(c, '$' | '€' | '£' | '¥' | '₹' | '%');
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '.' | ',' | '\'' | '’') && c != decimal;
    let (whole, part) = text.trim_matches(is_unit).split_once(decimal).unwrap_or((text.trim_matches(is_unit), ""));
    let groups: Vec<&str> = whole.split(is_gap).collect();
    let is_grouped = groups[1..].iter().all(|group| group.len() == 3);
    let bare = if part.is_empty() { groups.concat() } else { groups.concat() + "." + part };
    let is_number = bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
        && bare.bytes().any(|byte| byte.is_ascii_digit());
    if is_number && is_grouped { number::parse(&bare) } else { None }
}

/// The moment that a text is: `2031-05-10T09:30+02:00`, `10.05.2031`, `5/10/2031 9:30 PM`, `May 10, 2031`, `9:30`.
fn moment(text: &str, is_day_first: bool) -> Option<i64> {
    if text.len() > 40 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (text, zone) = without_zone(text);
    let (mut numbers, mut month, mut half): (Vec<(i64, usize)>, Option<i64>, i64) = Default::default();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        let mut part = String::from(first);
        while let Some(next) = rest
            .next_if(|next| first.is_alphanumeric() && next.is_alphabetic() == first.is_alphabetic() && next.is_alphanumeric())
        {
            part.push(next);
        }
        if first.is_ascii_digit() {
            numbers.push((part.parse().ok()?, part.len()));
        } else if first.is_alphabetic() {
            match word(&part)? {
                Word::Month(number) => month = Some(number),
                Word::Afternoon => half = 12,
                Word::Morning => half = -12,
                Word::Nothing => {}
            }
        }
    }
    let (year, month, day, time) = match (month, &numbers[..]) {
        (Some(month), [(day, 1 | 2), (year, 4), time @ ..] | [(year, 4), (day, 1 | 2), time @ ..]) => (*year, month, *day, time),
        (None, [(year, 4), (month, 1 | 2), (day, 1 | 2), time @ ..]) => (*year, *month, *day, time),
        (None, [(a, 1 | 2), (b, 1 | 2), (year, 4), time @ ..]) => {
            match is_day_first || holds(text, &format!("{a}.")) || holds(text, &format!("{a:02}.")) {
                true => (*year, *b, *a, time),
                false => (*year, *a, *b, time),
            }
        }
        (None, time @ ([(_, 1 | 2), (_, 2)] | [(_, 1 | 2), (_, 2), (_, 2)])) if text.contains(':') && zone == 0 => {
            (1970, 1, 1, time)
        }
        _ => return None,
    };
    let (hours, minutes, seconds) = match time {
        [] => (0, 0, 0),
        [(hours, _)] if half != 0 => (*hours, 0, 0),
        [(hours, _), (minutes, _), rest @ ..] => (*hours, *minutes, rest.first().map_or(0, |(seconds, _)| *seconds)),
        _ => return None,
    };
    let is_there = (1..=12).contains(&month) && (1..=31).contains(&day) && hours <= 24 && minutes < 60 && seconds <= 60;
    let hours = match half {
        12 => hours % 12 + 12,
        -12 => hours % 12,
        _ => hours,
    };
    is_there.then(|| ((days(year, month, day) * 24 + hours) * 60 + minutes - zone) * 60 + seconds)
}

/// Whether a short text is in another, found without the standard library's search, which is 3 KB of code.
fn holds(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

enum Word {
    Month(i64),
    Morning,
    Afternoon,
    Nothing,
}

/// What a word in a moment says; nothing where it has no place in one.
fn word(word: &str) -> Option<Word> {
    let word: String = lower_text(word).chars().take(3).collect();
    let months = "jan feb mar apr may jun jul aug sep oct nov dec mär mai okt dez";
    match word.as_str() {
        "am" | "a" => Some(Word::Morning),
        "pm" | "p" => Some(Word::Afternoon),
        "t" | "z" | "m" | "utc" | "gmt" | "at" | "um" | "uhr" | "st" | "nd" | "rd" | "th" => Some(Word::Nothing),
        "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun" => Some(Word::Nothing),
        _ => {
            let place = months.split(' ').position(|month| month == word)?;
            Some(Word::Month([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 3, 5, 10, 12][place]))
        }
    }
}

/// A moment without `+02:00` at its end, and the minutes that this is.
fn without_zone(text: &str) -> (&str, i64) {
    let Some(at) = text.rfind(['+', '-']).filter(|&at| text[..at].contains(':')) else { return (text, 0) };
    let digits: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    match digits.parse::<i64>() {
        Ok(zone) if digits.len() == 4 => {
            let minutes = zone / 100 * 60 + zone % 100;
            (&text[..at], if text[at..].starts_with('-') { -minutes } else { minutes })
        }
        _ => (text, 0),
    }
}

/// Days from 1970 to a date of the Gregorian calendar: those of whole years from March on, which ends with the leap day, and
/// of the months since (153 days in five of them).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469
}

/// Compares texts part by part: digits by the number that they are, anything else by its letters.
fn by_parts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (digits(&mut a), digits(&mut b));
                x.len().cmp(&y.len()).then_with(|| x.cmp(&y))
            }
            (Some(x), Some(y)) => {
                let order = lower(*x).cmp(&lower(*y));
                a.next();
                b.next();
                order
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The digits that come next, without zeros before them.
fn digits(chars: &mut Peekable<Chars>) -> String {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if !(digits.is_empty() && digit == '0') {
            digits.push(digit);
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'a>(values: &[&'a str]) -> Vec<&'a str> {
        let owned: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut sorted: Vec<(u32, &str)> = places(&owned).into_iter().zip(values.iter().copied()).collect();
        sorted.sort_unstable();
        sorted.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn numbers_come_by_size() {
        assert_eq!(sorted(&["10", "2", "1", "9", "100", "0", "-3", "20"]), ["-3", "0", "1", "2", "9", "10", "20", "100"]);
        assert_eq!(sorted(&["1503", "150", "1.5", "1.25", "1,000", "-0.5"]), ["-0.5", "1.25", "1.5", "150", "1,000", "1503"]);
        assert_eq!(sorted(&["€ 12.50", "$9", "100 €"]), ["$9", "€ 12.50", "100 €"]);
        assert_eq!(
            sorted(&["1.234,50", "99,9", "1 200,00 €", "7,25", "1,000"]),
            ["1,000", "7,25", "99,9", "1 200,00 €", "1.234,50"]
        );
        assert_eq!(sorted(&["1'200.50", "1,000", "20"]), ["20", "1,000", "1'200.50"]);
        assert_eq!(sorted(&["Level 10", "level 2", "Level 1", "7", ""]), ["7", "", "Level 1", "level 2", "Level 10"]);
    }

    #[test]
    fn dates_and_times_come_as_they_follow_each_other() {
        for dates in [
            &["2031-04-30T23:15+02:00", "2031-04-30T22:00:00Z", "2031-05-09", "2031-05-10", "2031-05-10 09:30"][..],
            &["9.4.2031", "30.04.2031", "01.05.2031", "1.5.2031 10:00"],
            &["12/31/2030", "1/2/2031", "2/1/2031 9:30 AM", "02/01/2031 12:15 PM", "2/1/2031 1:00 PM"],
            &["31/12/2030", "02/01/2031", "01/02/2031"],
            &["March 3, 2021", "3 Apr 2021", "Sat, 1 May 2021", "10. Mai 2021", "Dez 1, 2021"],
            &["9:15", "09:30", "10:00", "23:00"],
            &["12:05 AM", "9:15 AM", "12:30 pm", "1:00 PM"],
            &["9:00-10:30", "9:30-9:45", "10:00-11:00"],
        ] {
            let mut reversed: Vec<&str> = dates.to_vec();
            reversed.reverse();
            assert_eq!(sorted(&reversed), dates);
        }
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1) - days(2000, 2, 28), 2);
        for text in ["Hall 3", "1.2.3", "13/13/2031", "2031-13-01", "25:00", "room 9:30", "10:75", "99999999999999999999:00"] {
            assert_eq!(moment(text, false), None, "{text}");
        }
    }

    #[test]
    fn the_order_is_one_whatever_is_compared() {
        let values = [
            "1", "01", "1.0", "a1", "A01", "", " ", "-", "1e999", "nan", "inf", "é", "E", "１", "2,5", "1,23,456", "…", "9:30",
            "1.2.2031",
        ];
        let sorted_once = sorted(&values);
        let mut turned = values.to_vec();
        for _ in 0..values.len() {
            turned.rotate_left(1);
            assert_eq!(sorted(&turned), sorted_once);
        }
    }
}
