//! Taking JSON apart (RFC 8259): what stands where is told to visitors, who know what they want.

use std::borrow::Cow;
use std::str;

use miniserde::de::Visitor;

use crate::number;

/// How deep lists and objects may be in each other: what takes them apart again goes as deep.
const DEPTH_MAX: usize = 128;

/// The largest power of ten that is a float, and the largest of those that are products of tens without rounding.
const POWER_MAX: u32 = 308;
const EXACT_POWER_MAX: u32 = 22;

/// Tells a visitor what a text says; nothing where that is no JSON, or not what the visitor wants.
pub fn parse(text: &[u8], visitor: &mut dyn Visitor) -> Option<()> {
    let mut reader = Reader { text: str::from_utf8(text).ok()?, at: 0 };
    reader.value(visitor, 0)?;
    reader.peek().is_none().then_some(())
}

/// A text, and how much of it has been read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, visitor: &mut dyn Visitor, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(visitor, depth),
            b'[' => self.list(visitor, depth),
            b'"' => visitor.string(&self.string()?).ok(),
            b'n' => self.word("null").and_then(|()| visitor.null().ok()),
            b't' => self.word("true").and_then(|()| visitor.boolean(true).ok()),
            b'f' => self.word("false").and_then(|()| visitor.boolean(false).ok()),
            _ => self.number(visitor),
        }
    }

    fn object(&mut self, visitor: &mut dyn Visitor, depth: usize) -> Option<()> {
        let mut map = visitor.map().ok()?;
        self.items(b'}', depth, |reader| {
            reader.peek().filter(|&byte| byte == b'"')?;
            let name = reader.string()?;
            let property = map.key(&name).ok()?;
            reader.peek().filter(|&byte| byte == b':')?;
            reader.at += 1;
            reader.value(property, depth + 1)
        })?;
        map.finish().ok()
    }

    fn list(&mut self, visitor: &mut dyn Visitor, depth: usize) -> Option<()> {
        let mut list = visitor.seq().ok()?;
        self.items(b']', depth, |reader| reader.value(list.element().ok()?, depth + 1))?;
        list.finish().ok()
    }

    /// Reads what stands between brackets, with commas between its items.
    fn items(&mut self, close: u8, depth: usize, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if depth == DEPTH_MAX {
            return None;
        }
        self.at += 1;
        if self.peek()? != close {
            loop {
                item(self)?;
                match self.peek()? {
                    b',' => self.at += 1,
                    other if other == close => break,
                    _ => return None,
                }
            }
        }
        self.at += 1;
        Some(())
    }

    /// The next byte that is no space; it is still to be read.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.here(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.here()
    }

    fn here(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.here()?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_here = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is_here.then_some(())
    }

    /// A text in quotes.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.at += 1;
        let (text, mut start, mut read) = (self.text, self.at, None);
        loop {
            match self.next()? {
                b'"' => {
                    let rest = &text[start..self.at - 1];
                    return Some(read.map_or(Cow::Borrowed(rest), |read: String| Cow::Owned(read + rest)));
                }
                b'\\' => {
                    let read = read.get_or_insert_default();
                    read.push_str(&text[start..self.at - 1]);
                    read.push(self.escaped()?);
                    start = self.at;
                }
                ..b' ' => return None,
                _ => {}
            }
        }
    }

    /// The character that stands behind a backslash.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => byte.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                // Characters beyond 16 bits are two halves.
                if unit & 0xFC00 != 0xD800 {
                    return char::from_u32(unit);
                }
                (self.next()? == b'\\' && self.next()? == b'u').then_some(())?;
                let low = self.unit()?.checked_sub(0xDC00).filter(|&low| low < 0x400)?;
                char::from_u32(0x10000 + ((unit & 0x3FF) << 10) + low)?
            }
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit << 4 | char::from(self.next()?).to_digit(16)?))
    }

    fn digit(&mut self) -> Option<u64> {
        let digit = self.here().filter(u8::is_ascii_digit)?;
        self.at += 1;
        Some(u64::from(digit - b'0'))
    }

    /// Reads digits behind others; false where there is none. What does not fit any more, and all integer digits behind it, are counted.
    fn digits(&mut self, value: &mut u64, dropped: &mut i32) -> bool {
        let start = self.at;
        while let Some(digit) = self.digit() {
            match value.checked_mul(10).and_then(|value| value.checked_add(digit)).filter(|_| *dropped == 0) {
                Some(longer) => *value = longer,
                None => *dropped = dropped.saturating_add(1),
            }
        }
        self.at > start
    }

    fn number(&mut self, visitor: &mut dyn Visitor) -> Option<()> {
        let is_negative = self.takes(|byte| byte == b'-').is_some();
        let (start, mut value, mut exponent) = (self.at, 0, 0);
        let is_long = self.here() == Some(b'0');
        if !self.digits(&mut value, &mut exponent) || (is_long && self.at > start + 1) {
            return None;
        }
        let mut is_whole = exponent == 0;
        if self.takes(|byte| byte == b'.').is_some() {
            is_whole = false;
            let (start, mut dropped) = (self.at, 0);
            if !self.digits(&mut value, &mut dropped) {
                return None;
            }
            exponent = exponent.saturating_sub((self.at - start) as i32 - dropped);
        }
        if self.takes(|byte| byte | 0x20 == b'e').is_some() {
            is_whole = false;
            let sign = self.takes(|byte| matches!(byte, b'+' | b'-'));
            let (mut power, mut dropped) = (0, 0);
            if !self.digits(&mut power, &mut dropped) {
                return None;
            }
            let power = i32::try_from(power).unwrap_or(i32::MAX);
            exponent = if sign == Some(b'-') { exponent.saturating_sub(power) } else { exponent.saturating_add(power) };
        }
        match (is_whole, is_negative) {
            (true, false) => visitor.nonnegative(value).ok(),
            (true, true) if value <= 1 << 63 => visitor.negative((value as i64).wrapping_neg()).ok(),
            _ => {
                let number = scaled(value, exponent)?;
                visitor.float(if is_negative { -number } else { number }).ok()
            }
        }
    }

    fn takes(&mut self, is_wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let byte = self.here().filter(|&byte| is_wanted(byte))?;
        self.at += 1;
        Some(byte)
    }
}

/// A number times a power of ten, rounded as `serde_json` does it; nothing where it is too large.
fn scaled(value: u64, mut exponent: i32) -> Option<f64> {
    let mut number = value as f64;
    while number != 0.0 && exponent < -(POWER_MAX as i32) {
        number /= power(POWER_MAX)?;
        exponent += POWER_MAX as i32;
    }
    if number == 0.0 {
        return Some(number);
    }
    let power = (exponent.unsigned_abs() <= POWER_MAX).then(|| power(exponent.unsigned_abs()))??;
    let number = if exponent < 0 { number / power } else { number * power };
    number.is_finite().then_some(number)
}

/// A power of ten.
fn power(exponent: u32) -> Option<f64> {
    match exponent {
        ..=EXACT_POWER_MAX => Some((0..exponent).fold(1.0, |power, _| power * 10.0)),
        _ => number::parse(&format!("1e{exponent}")),
    }
}
