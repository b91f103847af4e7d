use serde_json::{Value, json};

use super::reading::{documents, read_as};
use super::*;
use crate::error::ErrorKind;

fn json_of(value: Value) -> (Vec<Document>, Vec<String>) {
    read_as(value.to_string(), Format::Json, ReadOptions::default()).unwrap()
}

fn csv(text: &str) -> (Vec<Document>, Vec<String>) {
    read_as(text, Format::Csv, ReadOptions::default()).unwrap()
}

fn fields(document: &Document) -> Value {
    Value::Object(document.fields.clone())
}

fn titles(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.title.as_str()).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_record_keeps_what_is_neither_id_title_url_nor_text_as_fields() {
    let json = r#"[{"id": 7, "Title": " A ", "abstract": "x", "description": "y", "speakers": ["B", "C"], "room": null}]"#;
    let Document { id, title, url, text, fields, .. } = &documents(json, Format::Json)[0];
    assert_eq!((id.as_str(), title.as_str(), url, text.as_str()), ("7", "A", &None, "x\n\ny"));
    assert_eq!(Value::Object(fields.clone()), json!({"speakers": ["B", "C"]}));
}

#[test]
fn only_the_fields_asked_for_are_kept() {
    let options = ReadOptions { fields: Some(names(&["track"])), ..ReadOptions::default() };
    let (documents, _) = read_as("title,track,room\nA,Health,1\n", Format::Csv, options).unwrap();
    assert_eq!(documents[0].id, "1");
    assert_eq!(fields(&documents[0]), json!({"track": "Health"}));
}

#[test]
fn a_table_without_a_title_says_which_columns_there_are() {
    let error = read_as("Nr,What it is\n1,x\n", Format::Csv, ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingColumn);
    assert!(error.to_string().contains(r#""Nr", "What it is""#) && error.to_string().contains("--title"), "{error}");
    let options = ReadOptions { title: Some("Wat".to_owned()), ..ReadOptions::default() };
    let error = read_as("Nr,What it is\n1,x\n", Format::Csv, options).unwrap_err();
    assert!(error.code() == "missing-column" && error.to_string().contains(r#"no record has "Wat""#), "{error}");
}

#[test]
fn options_name_the_columns_that_have_unusual_names() {
    let table = "Nr,What it is,Long,Longer,Where,Who,Colour\n7,Roses,One.,Two.,https://example.org/r,Ada Lind,red\n";
    let options = ReadOptions {
        title: Some("what it is".to_owned()),
        text: names(&["Longer", "Long"]),
        url: Some("Where".to_owned()),
        id: Some("Nr".to_owned()),
        people: names(&["Who"]),
        rename: vec![("hue".to_owned(), "Colour".to_owned())],
        ..ReadOptions::default()
    };
    let (documents, notes) = read_as(table, Format::Csv, options).unwrap();
    let expected = Document {
        id: "7".to_owned(),
        title: "Roses".to_owned(),
        url: Some("https://example.org/r".to_owned()),
        text: "Two.\n\nOne.".to_owned(),
        fields: json!({"speakers": "Ada Lind", "hue": "red"}).as_object().unwrap().clone(),
        ..Document::default()
    };
    assert_eq!((documents, notes), (vec![expected], vec![]));
}

#[test]
fn the_headings_of_usual_exports_need_no_options() {
    let guidebook = "Please fill in,Session Title,Date,Time Start,Time End,Room/Location,Schedule Track (Optional),Description (Optional)\n\
        ,Roses,05/01/2031,9:30 AM,10:00 AM,Lawn,Gardens,We count petals.\n";
    let (documents, notes) = csv(guidebook);
    assert_eq!((documents[0].title.as_str(), documents[0].text.as_str()), ("Roses", "We count petals."));
    let expected = json!({"date": "05/01/2031", "start": "9:30 AM", "end": "10:00 AM", "room": "Lawn", "track": "Gardens"});
    assert_eq!((fields(&documents[0]), notes.len()), (expected, 0));
    let call = "Proposal title,Speaker names,Start Time\nRoses,Ada Lind; Bo Ek,2031-05-01 09:30\n";
    let expected = json!({"speakers": ["Ada Lind", "Bo Ek"], "start": "2031-05-01 09:30"});
    assert_eq!(fields(&csv(call).0[0]), expected);
    let form = "First Name,Last Name,What is the title of your talk?,Start\nAda,Lind,Roses,1935732600\n";
    assert_eq!(fields(&csv(form).0[0]), json!({"start": "2031-05-05T07:30Z", "speakers": "Ada Lind"}));
}

#[test]
fn one_record_without_a_title_costs_one_record() {
    let mut table = "title,text,room\n".to_owned();
    (0..160).for_each(|number| table += &if number == 79 { ",,Lawn\n".to_owned() } else { format!("Talk {number},x,Lawn\n") });
    let (documents, notes) = csv(&table);
    assert_eq!(
        (documents.len(), &notes[..]),
        (159, &["1 record with neither a title nor a text was left out: line 81".to_owned()][..])
    );
    let refused = read_as(&table, Format::Csv, ReadOptions { strict: true, ..ReadOptions::default() }).unwrap_err();
    assert!(refused.code() == "faulty-records" && refused.to_string().contains("line 81"), "{refused}");

    let (documents, notes) = json_of(json!([{"title": "A"}, {"title": null, "text": "About roses.\nAnd thorns."}, 5]));
    assert_eq!(titles(&documents), ["A", "About roses."]);
    let expected = [
        "1 record could not be read and was left out (no object): record 3",
        "1 record without a title is called by the beginning of the text: record 2",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn a_broken_line_costs_one_record_and_is_named_by_its_number() {
    let lines = "{\"title\": \"A\"}\n\n{\"title\": \n{\"title\": \"B\"}";
    let (documents, notes) = read_as(lines, Format::Jsonl, ReadOptions::default()).unwrap();
    assert_eq!((titles(&documents), notes.len()), (vec!["A", "B"], 1));
    assert!(notes[0].ends_with(": line 3"), "{notes:?}");
    let error = read_as("nonsense\nmore", Format::Jsonl, ReadOptions::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::DamagedFile && error.to_string().contains("line 1"), "{error}");
}

#[test]
fn json_lines_and_arrays_are_read_under_the_name_of_the_other() {
    assert_eq!(titles(&documents("{\"title\": \"A\"}\n{\"title\": \"B\"}\n", Format::Json)), ["A", "B"]);
    assert_eq!(titles(&documents("[{\"title\": \"A\"},\n{\"title\": \"B\"}]", Format::Jsonl)), ["A", "B"]);
}

#[test]
fn records_of_one_id_get_ids_that_do_not_depend_on_their_order() {
    let one = json!({"id": 1, "title": "A", "text": "x"});
    let other = json!({"id": 1, "title": "B", "text": "y"});
    let (forth, notes) = json_of(json!([one, other, {"title": "C"}]));
    let (back, _) = json_of(json!([other, one, {"title": "C"}]));
    assert_eq!((&forth[0], &forth[1]), (&back[1], &back[0]));
    assert!(forth[0].id.starts_with("1-") && forth[1].id.starts_with("1-") && forth[0].id != forth[1].id);
    assert_eq!(forth[2].id, "3");
    assert_eq!(notes, ["2 records have an id that others have, too, and got one made of what they hold: the first is record 1"]);
    // Even where everything is the same, both are there.
    let (same, _) = json_of(json!([one, one, one]));
    let ids: std::collections::HashSet<&str> = same.iter().map(|document| document.id.as_str()).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_made_number_never_is_the_id_of_another_record() {
    let (documents, _) = json_of(json!([{"title": "A", "id": "2"}, {"title": "B"}, {"title": "C"}]));
    let ids: Vec<&str> = documents.iter().map(|document| document.id.as_str()).collect();
    assert!(ids[0] == "2" && ids[1].starts_with("2-") && ids[2] == "3", "{ids:?}");
}

#[test]
fn titles_texts_and_fields_are_cleaned_once_in_every_format() {
    let title = "Q&amp;A: R&amp;D &ndash; really?";
    let text = "<p>I&#39;m joining &amp;lt;soon&amp;gt;</p><script>alert(1)</script>";
    let expected = ("Q&A: R&D – really?", "I'm joining &lt;soon&gt;", json!({"track": "Food & drink"}));
    let json = json!([{"title": title, "text": text, "track": "Food &amp; drink"}]).to_string();
    let csv = format!("title,text,track\n\"{title}\",\"{text}\",Food &amp; drink\n");
    let xml = format!(
        "<sessions><session><title><![CDATA[{title}]]></title><text><![CDATA[{text}]]></text><track>Food &amp; drink</track></session>\
         <session><title>B</title></session></sessions>"
    );
    let schedule = format!(
        "<schedule><event><title><![CDATA[{title}]]></title><abstract><![CDATA[{text}]]></abstract><track>Food &amp;amp; drink</track></event></schedule>"
    );
    for (corpus, format) in [(json, Format::Json), (csv, Format::Csv), (xml, Format::Xml), (schedule, Format::Xml)] {
        let document = &documents(corpus, format)[0];
        assert_eq!((document.title.as_str(), document.text.as_str(), fields(document)), expected, "{format:?}");
    }
}

#[test]
fn people_and_tracks_that_are_objects_give_their_names() {
    let (documents, notes) = json_of(json!({"count": 1, "results": [{
        "code": "ABCDEF", "title": "Kites over the bay", "abstract": "Wind and string.",
        "speakers": [{"code": "S1", "name": "Ana Silva", "email": "ana@example.org"}],
        "track": {"en": "Outdoors", "de": "Draußen"}, "submission_type": {"en": "Talk"}, "state": "confirmed",
        "answers": [{"min": 3}], "duration": 30,
    }]}));
    assert_eq!(documents[0].id, "ABCDEF");
    let expected = json!({
        "speakers": ["Ana Silva"], "track": "Outdoors", "submission_type": "Talk", "state": "confirmed", "duration": 30,
    });
    assert_eq!(fields(&documents[0]), expected);
    let expected = [
        "1 text is in several languages: en was taken: record 1",
        r#"1 value of "answers" could not be understood and was left out: record 1"#,
    ];
    assert_eq!(notes, expected);
}

#[test]
fn ids_that_point_into_a_table_beside_become_names() {
    let (documents, notes) = json_of(json!({
        "sessions": [
            {"id": "1", "title": "Roses", "description": "We count.", "speakerIds": ["s1", "gone"], "roomId": 5, "track": 2, "tags": ["t1"]},
            {"id": "2", "title": "Thorns", "description": "We weigh.", "speakerIds": ["s2"], "roomId": null, "track": null, "tags": []},
        ],
        "speakers": [{"id": "s1", "name": "Ada Lind", "description": "Gardener."}, {"id": "s2", "firstName": "Bo", "lastName": "Ek"}],
        "rooms": [{"id": 5, "name": {"en": "Lawn", "de": "Rasen"}}], "tracks": [{"id": 2, "name": "Gardens"}],
        "tags": {"t1": {"name": "Data"}, "t2": {"name": "Soil"}},
    }));
    assert_eq!(titles(&documents), ["Roses", "Thorns"]);
    let first = json!({"track": "Gardens", "tags": ["Data"], "speakers": ["Ada Lind"], "room": "Lawn"});
    assert_eq!(fields(&documents[0]), first);
    assert_eq!(fields(&documents[1]), json!({"speakers": ["Bo Ek"]}));
    assert!(
        notes.contains(&r#"1 value of "speakerIds" points at nothing in the file and was left out: record 1"#.to_owned()),
        "{notes:?}"
    );
}

#[test]
fn the_relationships_of_json_api_become_names_and_what_is_included_is_no_record() {
    let (documents, notes) = json_of(json!({
        "data": [{"type": "talks", "id": "1", "attributes": {"title": "Sea walls", "body": "Stones against waves."}, "relationships": {
            "speaker": {"data": {"type": "people", "id": "9"}}, "room": {"data": {"type": "rooms", "id": "9"}}, "tags": {"data": []},
        }}],
        "included": [
            {"type": "people", "id": "9", "attributes": {"name": "Ana Silva"}},
            {"type": "rooms", "id": "9", "attributes": {"name": "Hall"}},
        ],
    }));
    assert_eq!(titles(&documents), ["Sea walls"]);
    assert_eq!(Value::Object(documents[0].fields.clone()), json!({"type": "talks", "speaker": "Ana Silva", "room": "Hall"}));
    assert_eq!(notes, [""; 0]);
    let (documents, notes) = json_of(json!({"data": [
        {"id": 1, "attributes": {"title": "Roses", "speakers": {"data": [{"id": 4, "attributes": {"name": "Ana Silva"}}]}, "body": [{"type": "p", "children": [{"text": "We count."}]}]}},
        {"id": 2, "attributes": {"title": "Thorns", "body": [{"type": "p", "children": [{"text": "We weigh."}]}]}},
    ]}));
    assert_eq!((titles(&documents), documents[0].text.as_str(), notes), (vec!["Roses", "Thorns"], "We count.", vec![]));
}

#[test]
fn a_record_in_an_object_of_its_own_is_found_in_lines_as_in_a_list() {
    let records = [
        json!({"talk": {"title": "Tides", "abstract": "Moon."}, "slot": {"start": "2031-05-01T09:30", "room": {"en": "Hall"}}}),
        json!({"talk": {"title": "Currents"}, "speaker": {"name": "Bo Ek"}}),
    ];
    let lines = records.iter().map(|record| format!("{record}\n")).collect::<String>();
    let of_lines = super::reading::documents(lines, Format::Jsonl);
    assert_eq!(titles(&of_lines), ["Tides", "Currents"]);
    assert_eq!(of_lines[0].text, "Moon.");
    assert_eq!(Value::Object(of_lines[0].fields.clone()), json!({"start": "2031-05-01T09:30", "room": "Hall"}));
    assert_eq!(Value::Object(of_lines[1].fields.clone()), json!({"speaker": "Bo Ek"}));
    assert_eq!(super::reading::documents(Value::from(records.to_vec()).to_string(), Format::Json), of_lines);
}

#[test]
fn tables_beside_are_found_where_their_ids_and_names_are_called_after_them() {
    let (documents, notes) = json_of(json!({
        "schedule": [
            {"session_id": 1, "session_title": "Roses", "session_desc": "We count.", "track_id": 2, "location_id": "A", "idList": "l1", "speaker_ids": "7,8"},
            {"session_id": 2, "session_title": "Thorns", "session_desc": "We weigh.", "track_id": 1, "location_id": "B", "idList": "l1", "speaker_ids": "8"},
        ],
        "tracks": [{"track_id": 1, "track_name": "Soil"}, {"track_id": 2, "track_name": "Gardens"}], "locations": {"A": "Lawn", "B": "Hall"},
        "lists": [{"id": "l1", "name": "Accepted"}],
        "speakers": [{"speaker_id": 7, "speaker_name": "Ada Lind"}, {"speaker_id": 8, "speaker_name": "Bo Ek"}],
    }));
    assert_eq!((documents[0].id.as_str(), documents[0].text.as_str()), ("1", "We count."));
    let first = json!({"track": "Gardens", "location": "Lawn", "list": "Accepted", "speakers": ["Ada Lind", "Bo Ek"]});
    assert_eq!(fields(&documents[0]), first);
    let second = json!({"track": "Soil", "location": "Hall", "list": "Accepted", "speaker": "Bo Ek"});
    assert_eq!((fields(&documents[1]), notes), (second, vec![]));
}

#[test]
fn a_list_of_people_is_one_of_people_whatever_they_speak_about() {
    let json = json!([
        {"id": "u1", "fullName": "Ada Lind", "bio": "Ada keeps roses.", "sessions": [{"id": 1, "name": "Roses"}, {"id": 2, "name": "Snow"}]},
        {"id": "u2", "fullName": "Bo Ek", "bio": "Bo counts.", "sessions": [{"id": 1, "name": "Roses"}]},
    ]);
    let (documents, notes) = json_of(json);
    assert_eq!((titles(&documents), documents[0].text.as_str(), notes), (vec!["Ada Lind", "Bo Ek"], "Ada keeps roses.", vec![]));
    assert_eq!(fields(&documents[0]), json!({"sessions": ["Roses", "Snow"]}));
    // That of a speaker is no text of a talk which has one, and each word of a list of words is a value.
    let (documents, _) = csv("#,Title,Abstract,Bio,Keywords\n12,Roses,We count.,Ada keeps roses.,\"petals, thorns\"\n");
    assert_eq!((documents[0].id.as_str(), documents[0].text.as_str()), ("12", "We count."));
    assert_eq!(fields(&documents[0]), json!({"Bio": "Ada keeps roses.", "Keywords": ["petals", "thorns"]}));
}

#[test]
fn people_who_list_their_sessions_come_to_them() {
    let (documents, notes) = json_of(json!({
        "talks": [{"id": 1, "title": "Roses", "room": "5, 7"}, {"id": 2, "title": "Thorns"}], "rooms": [{"id": 5, "name": "Lawn"}, {"id": 7, "name": "Hall"}],
        "speakers": [{"name": "Ada Lind", "sessions": [1]}, {"name": "Bo Ek", "sessions": [{"id": 1}, {"id": 2}]}],
    }));
    assert_eq!(fields(&documents[0]), json!({"room": ["Lawn", "Hall"], "speakers": ["Ada Lind", "Bo Ek"]}));
    assert_eq!((fields(&documents[1]), notes), (json!({"speakers": ["Bo Ek"]}), vec![]));
}

#[test]
fn the_widget_of_pretalx_is_read_with_its_speakers_tracks_and_rooms() {
    let (documents, _) = json_of(json!({
        "talks": [{"code": "AB", "title": {"en": "Roses", "de": "Rosen"}, "abstract": "We count.", "speakers": ["SP"], "track": 1, "room": 7,
            "start": "2031-05-01T09:30:00+02:00", "state": "confirmed"}],
        "version": "x", "timezone": "Europe/Brussels",
        "tracks": [{"id": 1, "name": {"en": "Gardens"}, "color": "#fff"}], "rooms": [{"id": 7, "name": {"en": "Lawn"}}],
        "speakers": [{"code": "SP", "name": "Ada Lind", "avatar": null}],
    }));
    assert_eq!((documents[0].id.as_str(), documents[0].title.as_str()), ("AB", "Roses"));
    let expected = json!({
        "speakers": ["Ada Lind"], "track": "Gardens", "room": "Lawn", "start": "2031-05-01T09:30:00+02:00", "state": "confirmed",
    });
    assert_eq!(fields(&documents[0]), expected);
}

#[test]
fn records_are_found_wherever_they_lie_in_a_file() {
    let session = |title: &str| json!({"title": title, "description": "x", "startsAt": "2031-05-01T09:30:00"});
    let two = || json!([session("A"), session("B")]);
    for file in [
        json!({"conference": "x", "sessions": two()}),
        json!({"data": {"meta": {"count": 2}, "sessions": two()}}),
        json!({"data": {"sessions": {"edges": [{"node": session("A")}, {"node": session("B")}]}}}),
        json!([{"groupName": "All", "sessions": two()}]),
        json!([{"date": "2031-05-01", "rooms": [{"id": 1, "name": "Lawn", "sessions": [session("A")]}, {"id": 2, "name": "Hall", "sessions": [session("B")]}]}]),
        json!({"days": [{"name": "Day 1", "sessions": [session("A")]}, {"name": "Day 2", "sessions": [session("B")]}]}),
        json!({"sessions": {"-Na1": session("A"), "-Na2": session("B")}, "speakers": {"u1": {"name": "Ada"}, "u2": {"name": "Bo"}}}),
        json!({"count": 1, "results": [{"title": "The whole meeting", "description": "y", "contributions": two()}]}),
        json!({"records": [{"id": "r1", "fields": session("A")}, {"id": "r2", "fields": session("B")}]}),
        json!({"sponsors": [{"name": "S", "description": "z"}, {"name": "T"}, {"name": "U"}], "program": two()}),
    ] {
        assert_eq!(titles(&json_of(file.clone()).0), ["A", "B"], "{file}");
    }
}

#[test]
fn the_talks_of_sessions_are_records_as_their_sessions_are() {
    let talk = |title: &str| json!({"id": title, "title": title, "abstract": "x", "authors": [{"name": "Ada Lind"}]});
    let (documents, _) = json_of(json!({"days": [{"date": "2031-05-01", "sessions": [
        {"title": "Plenary", "room": "Hall", "start": "09:00", "talks": [talk("Roses"), talk("Thorns")]},
        {"title": "Posters", "room": "Foyer", "start": "11:00", "talks": [talk("Snow")]},
    ]}]}));
    assert_eq!(titles(&documents), ["Plenary", "Posters", "Roses", "Thorns", "Snow"]);
    assert_eq!(fields(&documents[0]), json!({"room": "Hall", "start": "09:00", "day": "2031-05-01"}));
    assert_eq!(
        fields(&documents[4]),
        json!({"authors": ["Ada Lind"], "session": "Posters", "room": "Foyer", "day": "2031-05-01"})
    );
    // As Indico has timetables: by day, by a key, and what lies in a session by a key again.
    let (documents, _) = json_of(json!({"results": {"7": {
        "20310501": {"s1": {"title": "Plenary", "entries": {"c1": talk("Roses"), "c2": talk("Thorns")}}, "b2": {"title": "Coffee"}},
        "20310502": {"c3": talk("Snow")},
    }}}));
    assert_eq!(titles(&documents), ["Plenary", "Coffee", "Snow", "Roses", "Thorns"]);
}

#[test]
fn a_record_may_lie_in_the_object_of_its_content() {
    let (documents, _) = json_of(json!({"notes": [
        {"id": "a", "content": {"title": {"value": "Roses"}, "authors": {"value": ["Ada Lind", "Bo Ek"]}, "abstract": {"value": "We count."}}, "cdate": 1_935_732_600_000_i64},
        {"id": "b", "event": {"name": "Thorns", "start_at": 1_935_732_600}},
    ]}));
    assert_eq!((titles(&documents), documents[0].text.as_str()), (vec!["Roses", "Thorns"], "We count."));
    assert_eq!(fields(&documents[0]), json!({"cdate": "2031-05-05T07:30Z", "authors": ["Ada Lind", "Bo Ek"]}));
    assert_eq!(fields(&documents[1]), json!({"start": "2031-05-05T07:30Z"}));
}

#[test]
fn json_in_a_script_and_lines_for_a_search_engine_are_read() {
    let talks = r#"[{"title": "Roses; thorns", "text": "x"}, {"title": "Snow"}]"#;
    for script in [
        "/* made [by hand] */ talks = [{\"title\": \"Roses; thorns\", \"room\": NaN}, {\"title\": \"Snow\",}]".to_owned(),
        format!("// made, do not edit\nwindow.TALKS = {talks};\n"),
        format!("program({{\"talks\": {talks}}});"),
        format!(")]}}',\n{talks}"),
    ] {
        assert_eq!(titles(&documents(script, Format::Json)), ["Roses; thorns", "Snow"]);
    }
    let lines = "{\"index\": {\"_id\": \"r\"}}\n{\"title\": \"Roses\"}\n{\"index\": {}}\n{\"title\": \"Snow\", \"_id\": {\"$oid\": \"s\"}}\n";
    let ids: Vec<String> = documents(lines, Format::Jsonl).into_iter().map(|document| document.id).collect();
    assert_eq!(ids, ["r", "s"]);
}

#[test]
fn the_day_and_the_room_around_a_record_are_its_own() {
    let session = |title: &str| json!({"title": title, "description": "x"});
    let (documents, _) = json_of(json!({"days": [{"name": "Day 1", "date": "2031-05-01", "rooms": [
        {"name": "Lawn", "sessions": [session("A")]}, {"name": "Hall", "sessions": [session("B")]}]}]}));
    assert_eq!(fields(&documents[1]), json!({"day": "2031-05-01", "room": "Hall"}));
    let (documents, _) = json_of(json!([{"day": "Friday", "rooms": {"Lawn": [session("A")], "Hall": [session("B")]}}]));
    assert_eq!(titles(&documents), ["A", "B"]);
    assert_eq!(fields(&documents[0]), json!({"day": "Friday", "room": "Lawn"}));
    let (documents, _) = json_of(json!({"talks": {"2031-05-01": [session("A")], "2031-05-02": [session("B")]}}));
    assert_eq!((fields(&documents[0]), fields(&documents[1])), (json!({"day": "2031-05-01"}), json!({"day": "2031-05-02"})));
}

#[test]
fn several_lists_of_records_are_read_and_what_is_not_read_is_said() {
    let (documents, notes) = json_of(json!({
        "talks": [{"id": 1, "title": "A", "abstract": "x"}], "workshops": [{"id": 2, "title": "B", "abstract": "y"}],
        "sponsors": [{"name": "Seeds", "description": "z"}],
    }));
    assert_eq!(titles(&documents), ["A", "B"]);
    let expected =
        ["1 record was read from talks", "1 record was read from workshops", "the list sponsors with 1 entry was not read"];
    assert_eq!(notes, expected);
}

#[test]
fn people_whom_no_record_names_are_a_list_that_was_not_read() {
    let (_, notes) = json_of(json!({
        "talks": [{"id": 1, "title": "A", "abstract": "x"}, {"id": 2, "title": "B", "abstract": "y"}],
        "speakers": [{"id": 9, "name": "Ana Silva", "bio": "z"}],
    }));
    assert_eq!(notes, ["the list speakers with 1 entry was not read"]);
}

#[test]
fn what_is_cancelled_in_a_schedule_is_left_out_wherever_it_says_so() {
    let xml = "<schedule><day date='2031-05-01'><room name='Lawn'><event id='1' status='canceled'><title>A</title></event>\
        <event id='2'><title>B</title><cancelled>true</cancelled></event><event id='3'><title>C</title><state>confirmed</state></event>\
        </room></day></schedule>";
    let event = |id: u8, title: &str, more: &str, said: Value| json!({"id": id, "title": title, (more): said});
    let events = [
        event(1, "A", "status", json!("canceled")),
        event(2, "B", "cancelled", json!(true)),
        event(3, "C", "state", json!("confirmed")),
    ];
    let json = json!({"schedule": {"conference": {"days": [{"date": "2031-05-01", "rooms": {"Lawn": events}}]}}});
    for (text, format) in [(xml.to_owned(), Format::Xml), (json.to_string(), Format::Json)] {
        let (documents, notes) = read_as(text, format, ReadOptions::default()).unwrap();
        assert_eq!(titles(&documents), ["C"]);
        assert!(notes[0].contains("status: canceled") && notes[1].contains("cancelled: true") && notes.len() == 2, "{notes:?}");
    }
}

#[test]
fn a_file_that_gives_one_document_is_said_to_with_the_lists_in_it() {
    let (documents, notes) = json_of(json!({"results": [{"title": "The meeting", "parts": [{"heading": "x"}, {"kind": 2}]}]}));
    assert_eq!(documents.len(), 1);
    assert!(notes.iter().any(|note| note.contains("one record only") && note.contains("results[].parts")), "{notes:?}");
}

#[test]
fn records_are_taken_from_a_path_and_a_wrong_one_says_what_there_is() {
    let json = json!({"a": {"list": [{"what": "A"}]}, "b": [{"of": [{"title": "B"}]}, {"of": [{"title": "C"}]}], "m": {"x": {"title": "D"}}});
    let at = |path: &str| {
        let options = ReadOptions { records: Some(path.to_owned()), ..ReadOptions::default() };
        read_as(json.to_string(), Format::Json, options)
    };
    for path in ["b[].of", "b.of"] {
        assert_eq!(titles(&at(path).unwrap().0), ["B", "C"]);
    }
    assert_eq!(at("m").unwrap().0[0].id, "x");
    assert!(at("a.list").unwrap_err().to_string().contains(r#""what""#));
    let error = at("c.d").unwrap_err();
    assert!(error.code() == "invalid-input" && error.to_string().contains("b[].of (2)"), "{error}");
}

#[test]
fn addresses_are_left_out_unless_asked_for_and_that_is_said() {
    let table = "Title,Email,Phone,Speakers,Status\nRoses,ana@example.org,030 1234567,Ana Silva <ana@example.org>,accepted\n\
        Thorns,bo@example.org,,Bo Ek,Rejected\n";
    let (documents, notes) = csv(table);
    assert_eq!(titles(&documents), ["Roses"]);
    assert_eq!(fields(&documents[0]), json!({"speakers": "Ana Silva", "Status": "accepted"}));
    assert!(notes[0].starts_with(r#"1 value of "Email" was left out as e-mail"#), "{notes:?}");
    assert!(notes.contains(&"1 record was left out because of Status: Rejected: line 3".to_owned()), "{notes:?}");
    let options = ReadOptions { fields: Some(names(&["Email"])), cancelled: true, ..ReadOptions::default() };
    let (documents, notes) = read_as(table, Format::Csv, options).unwrap();
    assert_eq!((fields(&documents[1]), notes), (json!({"Email": "bo@example.org"}), vec![]));
}

#[test]
fn a_workbook_is_refused_with_what_to_do() {
    let error = read(b"PK\x03\x04rest", Path::new("sessions.xlsx"), &ReadOptions::default()).unwrap_err();
    assert!(error.code() == "unsupported-format" && error.to_string().contains("CSV"), "{error}");
    let page = b"<html xmlns:x='excel'><head><meta charset=utf-8></head><table><tr><th>Title</table>";
    let error = read(page, Path::new("sessions.xls"), &ReadOptions::default()).unwrap_err();
    assert!(error.code() == "unsupported-format" && error.to_string().contains("CSV"), "{error}");
}

#[test]
fn the_format_is_told_from_the_name_or_the_text() {
    let tell = |name: &str, text: &str| {
        read(text.as_bytes(), Path::new(name), &ReadOptions::default()).map(|corpus| corpus.documents.len())
    };
    for (name, text) in [
        ("a.TSV", "title\troom\nA\tLawn\n"),
        ("a.txt", "title;room\nA;Lawn\n"),
        ("a", "{\n \"sessions\": [{\"title\": \"A\"}]}"),
        ("a", "<rss><channel><item><title>A</title></item></channel></rss>"),
        ("a.ical", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A\nEND:VEVENT\nEND:VCALENDAR"),
    ] {
        assert_eq!(tell(name, text).unwrap(), 1, "{name}");
    }
    assert!(tell("a.png", "\u{1}\u{2}").unwrap_err().to_string().contains("--format"));
}

#[test]
fn relative_addresses_begin_in_the_base() {
    let options = ReadOptions { base: Some("/team/project/".to_owned()), ..ReadOptions::default() };
    let json = r#"[{"title": "A", "url": "talks/a.html"}, {"title": "B", "url": "https://example.org/b"}, {"title": "C"}]"#;
    let (documents, _) = read_as(json, Format::Json, options).unwrap();
    let urls: Vec<Option<&str>> = documents.iter().map(|document| document.url.as_deref()).collect();
    assert_eq!(urls, [Some("/team/project/talks/a.html"), Some("https://example.org/b"), None]);
}
