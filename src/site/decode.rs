//! Bytes to text, by the encoding that a page declares.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use scraper::Html;

use super::dom::{attribute, elements, name};

/// Bytes at the beginning of a page in which its encoding must be declared are 1,024; some pages are late.
const DECLARED_WITHIN: usize = 4096;

/// A page's text, and what had to be assumed: a sentence, and the line it is about.
pub struct Decoded {
    pub text: String,
    pub note: Option<(Option<usize>, String)>,
}

/// Reads a page: by its byte order mark, else as it declares itself, else as UTF-8, else by a guess.
pub fn decode(bytes: &[u8]) -> Decoded {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..], "begins with the byte order mark of");
    }
    match declared(bytes) {
        Some(encoding) => with(encoding, bytes, "is declared as"),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Decoded { text: text.to_owned(), note: None },
            Err(_) => {
                let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
                detector.feed(bytes, true);
                let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
                let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
                let note = format!("declares no encoding and is not UTF-8: read as {}", encoding.name());
                Decoded { text, note: Some((None, note)) }
            }
        },
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8], why: &str) -> Decoded {
    let (text, has_misfits) = encoding.decode_without_bom_handling(bytes);
    let note = has_misfits.then(|| {
        let line = text.split('\u{FFFD}').next().map(|before| before.matches('\n').count() + 1);
        (line, format!("{why} {}, but has bytes that do not fit: they were replaced", encoding.name()))
    });
    Decoded { text: text.into_owned(), note }
}

/// The encoding that a page declares in a `meta` element.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    // What declares it is ASCII in every encoding that a page may have.
    let head: String = bytes.iter().take(DECLARED_WITHIN).map(|&byte| char::from(byte)).collect();
    let page = Html::parse_document(&head);
    let labels = elements(&page).filter(|element| name(*element) == "meta").filter_map(|meta| {
        attribute(meta, "charset").or_else(|| {
            let content = attribute(meta, "content").filter(|_| attribute(meta, "http-equiv").is_some())?;
            let at = content.to_ascii_lowercase().find("charset=")? + "charset=".len();
            content[at..].split([';', ' ', ',']).next()
        })
    });
    let label = labels.map(|label| label.trim_matches(['"', '\'', ' '])).find(|label| !label.is_empty())?;
    // A page whose declaration could be read is not UTF-16: the standard has it read as UTF-8.
    Encoding::for_label(label.as_bytes()).map(|found| if found == UTF_16LE || found == UTF_16BE { UTF_8 } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &[u8]) -> (String, Option<String>) {
        let Decoded { text, note } = decode(html);
        (text, note.map(|(line, what)| format!("{}: {what}", line.unwrap_or_default())))
    }

    #[test]
    fn a_page_is_read_by_the_encoding_that_it_declares() {
        for head in [
            &b"<meta charset=iso-8859-1>"[..],
            b"<!-- x --><META http-equiv='Content-Type' content='text/html; charset=ISO-8859-1'>",
            b"<meta content=\"text/html;charset=windows-1252\" http-equiv=content-type>",
        ] {
            let (text, note) = read(&[head, b"M\xfcller"].concat());
            assert!(text.ends_with("Müller"), "{text}");
            assert_eq!(note, None);
        }
        assert_eq!(read("<meta charset=utf-16>Müller".as_bytes()).0, "<meta charset=utf-16>Müller");
        assert_eq!(read("<p>Müller".as_bytes()), ("<p>Müller".to_owned(), None));
        assert_eq!(read(b"\xef\xbb\xbf<meta charset=latin1>M\xc3\xbcller").0, "<meta charset=latin1>Müller");
        assert_eq!(read(b"\xff\xfeM\0\xfc\0").0, "Mü");
    }

    #[test]
    fn bytes_that_do_not_fit_are_noted_with_their_line() {
        let (text, note) = read(b"<meta charset=utf-8>\n\nM\xfcller");
        assert!(text.ends_with("M\u{FFFD}ller"), "{text}");
        assert!(note.unwrap().starts_with("3: is declared as UTF-8"));
        let (text, note) = read(b"<p>M\xfcller und S\xf6hne, Stra\xdfe");
        assert!(text.ends_with("Müller und Söhne, Straße"), "{text}");
        assert!(note.unwrap().contains("windows-1252"));
    }
}
