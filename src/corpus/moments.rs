//! Moments as mail, feeds and programs write them, to ISO 8601.

use serde_json::Value;

use super::names::words;

/// Seconds since 1970 that are a moment: from the year 2001 to 2100. Smaller numbers may be anything.
const SECONDS: std::ops::RangeInclusive<i64> = 978_307_200..=4_102_444_800;

/// Words of a name that is that of a moment.
const NAMES: &[&str] = &[
    "start",
    "starts",
    "begin",
    "begins",
    "end",
    "ends",
    "at",
    "on",
    "time",
    "date",
    "datetime",
    "timestamp",
    "ts",
    "when",
    "day",
    "created",
    "modified",
    "updated",
    "changed",
    "published",
    "due",
    "cdate",
    "mdate",
];

/// What a field's value says as a moment, where its name says that it is one: `1935732600`, `1935732600000` or
/// `/Date(1935732600000)/` as `2031-05-05T07:30Z`.
pub fn of_epoch(name: &str, value: &Value) -> Option<String> {
    let number = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => {
            let inside = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/"));
            let digits = inside.map_or(text.as_str(), |text| text.split(['+', '-']).next().unwrap_or_default());
            digits.parse().ok()?
        }
        _ => return None,
    };
    let seconds = [number, number / 1000].into_iter().find(|seconds| SECONDS.contains(seconds))?;
    if !words(name).iter().any(|word| NAMES.contains(&word.as_str())) {
        return None;
    }
    let (year, month, day) = date(seconds / 86_400);
    Some(format!("{year}-{month:02}-{day:02}T{:02}:{:02}Z", seconds / 3600 % 24, seconds / 60 % 60))
}

/// Whether a text is a date as ISO 8601 writes it.
pub fn is_date(text: &str) -> bool {
    text.split('-').map(str::len).eq([4, 2, 2]) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// The date so many days after the first of 1970.
fn date(mut days: i64) -> (i64, usize, i64) {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let mut month = 0;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        month += 1;
        if days < length {
            break;
        }
        days -= length;
    }
    (year, month, days + 1)
}

/// The moment of mail and RSS (RFC 5322) as ISO 8601: `Thu, 01 May 2031 09:30:00 +0200` is `2031-05-01T09:30:00+02:00`.
pub fn of_mail(text: &str) -> Option<String> {
    let rest = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut parts = rest.split_whitespace();
    let (day, month, year): (u32, &str, &str) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = 1 + months.iter().position(|name| month.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name)))?;
    let (time, zone) = (parts.next()?, parts.next().unwrap_or("GMT"));
    let is_number = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    if !is_number(year, 4) || !(1..=31).contains(&day) || !time.split(':').all(|part| is_number(part, 2)) {
        return None;
    }
    let zone = match zone {
        "GMT" | "UT" | "UTC" | "Z" | "+0000" | "-0000" => "Z".to_owned(),
        _ if zone.len() == 5 && zone.starts_with(['+', '-']) && is_number(&zone[1..], 4) => {
            format!("{}:{}", &zone[..3], &zone[3..])
        }
        _ => return None,
    };
    Some(format!("{year}-{month:02}-{day:02}T{time}{zone}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_and_milliseconds_are_moments_where_the_name_says_so() {
        for (value, moment) in [
            (json!(1_935_732_600), "2031-05-05T07:30Z"),
            (json!(1_935_732_600_000_i64), "2031-05-05T07:30Z"),
            (json!("1935732600"), "2031-05-05T07:30Z"),
            (json!("/Date(1935732600000+0200)/"), "2031-05-05T07:30Z"),
            (json!(1_709_251_199), "2024-02-29T23:59Z"),
            (json!(4_102_444_800_i64), "2100-01-01T00:00Z"),
        ] {
            assert_eq!(of_epoch("startsAt", &value).as_deref(), Some(moment), "{value}");
        }
        for (name, value) in [("room", json!(1_935_732_600)), ("start", json!(930)), ("start", json!("2031-05-01"))] {
            assert_eq!(of_epoch(name, &value), None, "{name} {value}");
        }
    }

    #[test]
    fn the_moments_of_feeds_become_those_of_calendars() {
        assert_eq!(of_mail("Thu, 01 May 2031 09:30:00 +0200").as_deref(), Some("2031-05-01T09:30:00+02:00"));
        assert_eq!(of_mail("1 May 2031 09:30 GMT").as_deref(), Some("2031-05-01T09:30:00Z"));
        for text in ["", "tomorrow", "Thu, 41 May 2031 09:30:00 GMT", "Thu, 01 Mai 31 x", "Thu, 01 May 2031"] {
            assert_eq!(of_mail(text), None, "{text}");
        }
    }
}
