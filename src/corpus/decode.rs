//! Bytes to text: UTF-8 where it is, and otherwise what the file declares, or what its bytes look like.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE};

use super::notes::{NoteKind, Notes};

/// How many bytes are looked at to tell UTF-16 by its zeros.
const LOOKED_AT: usize = 4096;

/// The text of a file, without its byte order mark; what was assumed is noted.
pub fn decode<'a>(bytes: &'a [u8], notes: &mut Notes) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, &bytes[length..], notes);
    }
    match std::str::from_utf8(bytes) {
        Ok(_) if is_iso_2022_jp(bytes) => decode_as(ISO_2022_JP, bytes, notes),
        // In UTF-16 every other byte of a text in Latin letters is zero.
        Ok(text) if !bytes[..bytes.len().min(LOOKED_AT)].contains(&0) => Cow::Borrowed(text),
        _ => decode_as(detect(bytes), bytes, notes),
    }
}

/// The text of bytes in an encoding that is known.
pub fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8], notes: &mut Notes) -> Cow<'a, str> {
    if encoding != UTF_8 {
        notes.say(NoteKind::Encoding, encoding.name());
    }
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        let (line, count) = replaced(&text);
        notes.add_many(NoteKind::ReplacedBytes, encoding.name(), count, &format!("line {line}"));
    }
    text
}

/// The line of the first replaced byte, and how many there are.
fn replaced(text: &str) -> (usize, usize) {
    let before = text.split('\u{fffd}').next().unwrap_or_default();
    (before.matches('\n').count() + 1, text.matches('\u{fffd}').count())
}

/// Whether bytes switch to Japanese characters, by an escape that no text has, and do so rightly: they look like ASCII.
fn is_iso_2022_jp(bytes: &[u8]) -> bool {
    let switches = |bytes: &[u8]| matches!(bytes, b"\x1b$B" | b"\x1b$@");
    bytes.windows(3).any(switches) && !ISO_2022_JP.decode_without_bom_handling(bytes).1
}

/// The encoding of bytes that are not UTF-8.
pub fn detect(bytes: &[u8]) -> &'static Encoding {
    let looked_at = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |first: usize| looked_at.iter().skip(first).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), looked_at.len() / 2);
    if half > 0 && odd * 3 > half && even * 20 <= half {
        return UTF_16LE;
    }
    if half > 0 && even * 3 > half && odd * 20 <= half {
        return UTF_16BE;
    }
    // A damaged byte does not make another encoding of a text that is UTF-8 everywhere else.
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if bad == 0 || good > 4 * bad {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // No page is written as Macs did, but tables are.
    if guess.is_single_byte() && is_of_old_macs(bytes) { MACINTOSH } else { guess }
}

/// Whether most letters that are not ASCII lie where Macs had them, between small letters, and windows-1252 has signs that stand between none.
fn is_of_old_macs(bytes: &[u8]) -> bool {
    let (mut of_macs, mut of_others) = (0usize, 0usize);
    for around in bytes.windows(3).filter(|around| around[0].is_ascii_alphabetic() && around[2].is_ascii_lowercase()) {
        of_macs += usize::from(matches!(around[1], 0x80..=0x84 | 0x86..=0x90 | 0x9b | 0x9d | 0x9f));
        of_others += usize::from(around[1] >= 0xc0);
    }
    of_macs > of_others
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Vec<String>) {
        let mut notes = Notes::default();
        let text = decode(bytes, &mut notes).into_owned();
        (text, notes.iter().map(|note| note.about.clone()).collect())
    }

    #[test]
    fn the_encodings_of_spreadsheets_are_told_apart_and_named() {
        let german = "Titel;Räume\nÄpfel für Anfänger;Großer Saal\nÜber Bäume;Gewächshaus\n";
        let japanese = "タイトル,部屋\n庭の手入れについて,大ホール\n薔薇と土の話,小ホール\n";
        for (text, encoding) in
            [(german, "windows-1252"), (japanese, "Shift_JIS"), (japanese, "EUC-JP"), (japanese, "ISO-2022-JP")]
        {
            let bytes = Encoding::for_label(encoding.as_bytes()).unwrap().encode(text).0.into_owned();
            assert_eq!(read(&bytes), (text.to_owned(), vec![encoding.to_owned()]), "{encoding}");
        }
        let of_mac = b"Titel;R\x8aume\rG\x8arten f\x9fr Anf\x8anger;Gro\xa7er Saal\r";
        assert_eq!(read(of_mac), ("Titel;Räume\rGärten für Anfänger;Großer Saal\r".to_owned(), vec!["macintosh".to_owned()]));
        assert_eq!(read(german.as_bytes()), (german.to_owned(), vec![]));
        assert_eq!(read(b"an escape \x1b$B that means nothing").1, Vec::<String>::new());
    }

    #[test]
    fn utf_16_is_read_with_and_without_a_byte_order_mark() {
        let plain: Vec<u8> = "title,room\nRoses,Lawn\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&plain).0, "title,room\nRoses,Lawn\n");
        let text = "title,room\nRosen für alle,Glashaus\n";
        for (mark, encoding) in [(&b"\xff\xfe"[..], "UTF-16LE"), (b"", "UTF-16LE"), (b"\xfe\xff", "UTF-16BE"), (b"", "UTF-16BE")]
        {
            let units = text.encode_utf16();
            let bytes: Vec<u8> = match encoding {
                "UTF-16LE" => units.flat_map(u16::to_le_bytes).collect(),
                _ => units.flat_map(u16::to_be_bytes).collect(),
            };
            assert_eq!(read(&[mark, &bytes].concat()), (text.to_owned(), vec![encoding.to_owned()]));
        }
        assert_eq!(read("\u{feff}title".as_bytes()), ("title".to_owned(), vec![]));
    }

    #[test]
    fn one_damaged_byte_does_not_change_the_encoding_of_the_others() {
        let mut bytes = "Gärten, Bäume, Flüsse und Höhen\nzwei ".as_bytes().to_vec();
        bytes.extend_from_slice(b"\xff W\xc3\xb6rter");
        let mut notes = Notes::default();
        assert_eq!(decode(&bytes, &mut notes), "Gärten, Bäume, Flüsse und Höhen\nzwei \u{fffd} Wörter");
        let note = notes.iter().next().unwrap();
        assert_eq!((note.kind, note.first.as_str(), note.count), (NoteKind::ReplacedBytes, "line 2", 1));
    }
}
