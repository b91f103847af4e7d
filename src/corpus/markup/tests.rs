use serde_json::json;

use super::*;
use crate::corpus::Format;
use crate::corpus::reading::{documents, read_as};
use crate::index::document::Document;

fn events(xml: &str) -> Vec<Document> {
    documents(xml, Format::Xml)
}

#[test]
fn an_event_of_a_schedule_becomes_a_document_with_its_people_and_place() {
    let documents = events(include_str!("../../../tests/data/schedule.xml"));
    assert_eq!(documents.len(), 4);
    let first = &documents[0];
    assert_eq!((first.id.as_str(), first.title.as_str()), ("101", "Roses & other data"));
    assert_eq!(first.url.as_deref(), Some("https://example.org/talk/101"));
    assert_eq!(first.text, "What gardeners count\n\nWe count petals.\nAnd thorns: 3 < 4 – each day.");
    let fields = json!({
        "speakers": ["Ada Lind", "Bo Ek"], "track": "Gardens", "type": "lecture", "day": "2031-05-01",
        "start": "2031-05-01T09:30:00+02:00", "duration": "00:30", "room": "Glass house", "language": "en",
    });
    assert_eq!(Value::Object(first.fields.clone()), fields);
    let names: Vec<&String> = first.fields.keys().collect();
    assert_eq!(names, ["speakers", "track", "type", "day", "start", "duration", "room", "language"]);
}

#[test]
fn an_older_schedule_without_moments_or_ids_is_read_as_well() {
    let documents = events(include_str!("../../../tests/data/schedule.xml"));
    let older = &documents[3];
    assert_eq!((older.id.as_str(), older.fields["start"].as_str()), ("guid-4", Some("23:15")));
    assert_eq!(older.fields["day"], "2031-05-02");
    assert!(!older.fields.contains_key("speakers"));
    assert_eq!(older.text, "A text\nwith elements in it & a name.");
}

#[test]
fn events_of_one_id_get_their_guid_and_events_without_a_title_are_said_with_their_line() {
    let xml = "<schedule><day date='2031-05-01'><room name='Lawn'>\n\
        <event id='886' guid='g-1'><title>Roses</title></event>\n\
        <event id='886' guid='g-2'><title>Thorns &amp;amp; R&amp;D</title></event>\n\
        <event id='887' guid='g-3'><title/><abstract><![CDATA[<p>We <b>count</b>.</p>]]></abstract></event>\n\
        <event id='888' guid='g-4'><title/></event>\n\
        </room></day></schedule>";
    let (documents, notes) = read_as(xml, Format::Xml, ReadOptions::default()).unwrap();
    let known: Vec<(&str, &str)> = documents.iter().map(|document| (document.id.as_str(), document.title.as_str())).collect();
    assert_eq!(known, [("g-1", "Roses"), ("g-2", "Thorns & R&D"), ("887", "We count.")]);
    let expected = [
        "1 record without a title is called by the beginning of the text: line 4",
        "1 record with neither a title nor a text was left out: line 5",
        "2 records have an id that others have, too, and got their guid: the first is line 2",
    ];
    assert_eq!(notes, expected);
    let strict = read_as(xml, Format::Xml, ReadOptions { strict: true, ..ReadOptions::default() }).unwrap_err();
    assert!(strict.code() == "faulty-records" && strict.to_string().contains("line 5"), "{strict}");
}

#[test]
fn xml_that_is_broken_cut_or_something_else_is_refused_in_words() {
    for (xml, expected) in [
        ("<schedule><day>", "cut short"),
        ("<schedule>\n</day>", "line 2"),
        ("<menu><dish>Soup</dish></menu>", "begins with <menu>"),
        ("<rss></rss>", "no records at"),
        ("", "no element"),
    ] {
        let error = read_as(xml, Format::Xml, ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let deep = "<a>".repeat(100_000);
    let error = read_as(deep, Format::Xml, ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("elements in each other"), "{error}");
}

#[test]
fn a_document_type_with_entities_that_multiply_stays_small() {
    let xml = r#"<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
        <schedule><event id="1"><title>x &b;</title></event></schedule>"#;
    assert_eq!(events(xml)[0].title, "x &b;");
}

#[test]
fn an_event_of_xcal_becomes_what_it_would_be_as_a_calendar() {
    let of_pentabarf = r#"<iCalendar><vcalendar><version>2.0</version><vevent><uid>101@garden.example</uid><method>PUBLISH</method>
        <dtstart>20310501T093000</dtstart><dtend>20310501T100000</dtend><duration>00:30</duration>
        <summary>Roses, thorns &amp; data</summary><description>&lt;p&gt;We count petals.&lt;/p&gt;</description>
        <categories>Gardens</categories><url>https://example.org/talk/101</url><location>Glass house</location>
        <attendee>Ada Lind</attendee><attendee>Bo Ek</attendee></vevent></vcalendar></iCalendar>"#;
    let of_rfc = r#"<icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><components><vevent><properties>
        <uid><text>101@garden.example</text></uid>
        <dtstart><parameters><tzid><text>Europe/Brussels</text></tzid></parameters><date-time>2031-05-01T09:30</date-time></dtstart>
        <dtend><date-time>2031-05-01T10:00</date-time></dtend><duration><text>00:30</text></duration>
        <summary><text>Roses, thorns &amp; data</text></summary><description><text>We count petals.</text></description>
        <categories><text>Gardens</text></categories><url><uri>https://example.org/talk/101</uri></url>
        <location><text>Glass house</text></location><attendee><cal-address>mailto:ada@example.org</cal-address></attendee>
        </properties></vevent></components></vcalendar></icalendar>"#;
    let first = &events(of_pentabarf)[0];
    assert_eq!((first.id.as_str(), first.title.as_str()), ("101@garden.example", "Roses, thorns & data"));
    assert_eq!((first.text.as_str(), first.url.as_deref()), ("We count petals.", Some("https://example.org/talk/101")));
    let fields = json!({
        "track": "Gardens", "day": "2031-05-01", "start": "2031-05-01T09:30", "end": "2031-05-01T10:00", "duration": "00:30",
        "room": "Glass house", "speakers": ["Ada Lind", "Bo Ek"],
    });
    assert_eq!(Value::Object(first.fields.clone()), fields);
    let mut without_people = first.clone();
    without_people.fields.shift_remove("speakers");
    assert_eq!(events(of_rfc)[0], without_people);
}

#[test]
fn the_items_of_rss_become_documents() {
    let rss = r#"<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="x" xmlns:media="y"><channel>
        <title>Garden news</title><link>https://example.org/</link>
        <item><title>Roses &amp;amp; thorns</title><link>https://example.org/roses?a=1&amp;b=2</link><guid isPermaLink="false">g1</guid>
          <description>Short.</description><content:encoded><![CDATA[<p>Short.</p><p>And a longer text.</p>]]></content:encoded>
          <dc:creator>Ada Lind</dc:creator><category>Gardens</category><category>Data</category>
          <media:content url="https://example.org/rose.jpg"/><pubDate>Thu, 01 May 2031 09:30:00 +0200</pubDate></item>
        <item><guid>https://example.org/2</guid><description>A note without a title.</description><author>bo@example.org (Bo Ek)</author></item>
        </channel></rss>"#;
    let (items, notes) = read_as(rss, Format::Xml, ReadOptions::default()).unwrap();
    assert_eq!((items[0].id.as_str(), items[0].title.as_str()), ("g1", "Roses & thorns"));
    assert_eq!(items[0].url.as_deref(), Some("https://example.org/roses?a=1&b=2"));
    assert_eq!(items[0].text, "Short.\n\nAnd a longer text.");
    assert_eq!(items[0].fields["authors"], "Ada Lind");
    assert_eq!(items[0].fields["categories"], json!(["Gardens", "Data"]));
    assert_eq!(items[0].fields["date"], "2031-05-01T09:30:00+02:00");
    assert_eq!((items[1].title.as_str(), items[1].url.as_deref()), ("A note without a title.", Some("https://example.org/2")));
    assert_eq!(items[1].fields["author"], "Bo Ek");
    assert_eq!(notes, ["1 record without a title is called by the beginning of the text: record 2"]);
}

#[test]
fn of_an_export_of_wordpress_the_pages_that_are_published_are_read_without_its_settings() {
    let item = |title: &str, status: &str, kind: &str| {
        format!(
            "<item><title>{title}</title><link>https://example.org/{title}</link><content:encoded><![CDATA[<!-- wp:p --><p>We count.</p>]]></content:encoded>\
             <wp:post_id>1</wp:post_id><wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type><wp:comment><wp:comment_author>No</wp:comment_author></wp:comment></item>"
        )
    };
    let items = [
        item("Roses", "publish", "post"),
        item("Thorns", "draft", "page"),
        item("IMG", "inherit", "attachment"),
        item("Menu", "publish", "wp_navigation"),
    ];
    let xml = format!(
        "<rss xmlns:wp='w' xmlns:content='c'><channel><wp:author><wp:author_login>ada</wp:author_login></wp:author>{}</channel></rss>",
        items.concat()
    );
    let (documents, notes) = read_as(xml, Format::Xml, ReadOptions::default()).unwrap();
    assert_eq!((documents.len(), documents[0].title.as_str(), documents[0].text.as_str()), (1, "Roses", "We count."));
    assert_eq!(Value::Object(documents[0].fields.clone()), json!({"status": "publish"}));
    let left_out = ["post_type: attachment: record 3", "post_type: wp_navigation: record 4", "status: draft: record 2"];
    assert_eq!(notes, left_out.map(|what| format!("1 record was left out because of {what}")));
}

#[test]
fn the_entries_of_atom_become_documents() {
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Garden</title><entry><title type="html">Roses &amp;amp; thorns</title>
        <link rel="self" href="https://example.org/roses.atom"/><link rel="alternate" href="https://example.org/roses"/>
        <id>urn:1</id><updated>2031-05-01T09:30:00Z</updated><author><name>Ada Lind</name><email>ada@example.org</email></author>
        <category term="gardens" label="Gardens"/>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>We <em>count</em> petals.</p><p>Daily.</p></div></content>
        </entry></feed>"#;
    let entry = &events(atom)[0];
    assert_eq!((entry.id.as_str(), entry.title.as_str()), ("urn:1", "Roses & thorns"));
    assert_eq!((entry.text.as_str(), entry.url.as_deref()), ("We count petals.\n\nDaily.", Some("https://example.org/roses")));
    let fields = json!({"author": "Ada Lind", "categories": "Gardens", "date": "2031-05-01T09:30:00Z"});
    assert_eq!(Value::Object(entry.fields.clone()), fields);
}

#[test]
fn what_comes_once_is_read_as_what_comes_several_times() {
    let talk = |title: &str| format!("<talk><title>{title}</title><abstract>We count.</abstract></talk>");
    let xml = format!(
        "<program><day date='2031-05-01'><session title='Plenary' start='9:00'>{}{}</session><session title='Posters' start='11:00'>{}</session></day></program>",
        talk("Roses"),
        talk("Thorns"),
        talk("Snow")
    );
    let (documents, _) = read_as(xml, Format::Xml, ReadOptions::default()).unwrap();
    let titles: Vec<&str> = documents.iter().map(|document| document.title.as_str()).collect();
    assert_eq!(titles, ["Plenary", "Posters", "Roses", "Thorns", "Snow"]);
    assert_eq!(Value::Object(documents[4].fields.clone()), json!({"day": "2031-05-01", "session": "Posters"}));
}

#[test]
fn any_other_xml_with_a_list_of_titled_elements_is_read() {
    let xml = r#"<?xml version="1.0" encoding="ISO-8859-1"?><schedule><entry id="1"><title>Roses</title><speakers><speaker>Ada Lind
        </speaker><speaker>Bo Ek</speaker></speakers><description>We <b>count</b> & weigh.</description></entry>
        <entry id="2"><title>Bäume</title></entry></schedule>"#;
    let bytes = encoding_rs::WINDOWS_1252.encode(xml).0.into_owned();
    let (documents, notes) = read_as(bytes, Format::Xml, ReadOptions::default()).unwrap();
    assert_eq!((documents.len(), documents[0].id.as_str(), documents[1].title.as_str()), (2, "1", "Bäume"));
    assert_eq!(documents[0].text, "We count & weigh.");
    assert_eq!(documents[0].fields["speakers"], json!(["Ada Lind", "Bo Ek"]));
    assert_eq!(notes, ["the file is not UTF-8 and was read as windows-1252"]);
}
