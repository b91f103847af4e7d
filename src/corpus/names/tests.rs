use super::*;

#[test]
fn the_headings_of_usual_exports_are_understood() {
    for (expected, names) in [
        (
            Meaning::Title(0),
            &[
                "title",
                "Session Title",
                "Proposal title",
                "Title of your talk*",
                "Titel des Vortrags",
                "Vortragstitel",
                "Título",
                "Titel / Title",
                "What is the title of your talk?",
            ][..],
        ),
        (Meaning::Title(1), &["name", "Session name", "Subject", "Event Name"]),
        (Meaning::Id(0), &["id", "_id", "ID", "Session Id", "proposal_id"]),
        (Meaning::Id(GUID), &["guid", "UID"]),
        (Meaning::Url, &["url", "Link", "Session URL", "href"]),
        (
            Meaning::Text(1),
            &[
                "description",
                "Session Description",
                "Description (Optional)",
                "Beschreibung",
                "Kurzbeschreibung",
                "long_description",
                "session_desc",
                "Please describe your talk (max. 300 words)",
            ],
        ),
        (Meaning::Text(4), &["content", "content_html"]),
        (
            Meaning::People("speakers"),
            &[
                "Speaker names",
                "speakers",
                "Presenter(s)",
                "Speaker 2 name",
                "Referenten",
                "Referent/in",
                "Referent:innen",
                "Referent*in / Speaker",
                "Your name",
                "Intervenant·e·s",
            ],
        ),
        (Meaning::People("authors"), &["Authors", "author", "Author Names", "creator"]),
        (
            Meaning::Field("start"),
            &[
                "Start Time",
                "startsAt",
                "Time Start",
                "Start",
                "starts_at",
                "Beginn",
                "event_start",
                "Veranstaltungsbeginn",
                "start_ts",
            ],
        ),
        (Meaning::Field("track"), &["Track", "Schedule Track (Optional)", "Track name", "*Tracks"]),
        (Meaning::Field("room"), &["Room", "Room/Location", "Raum", "Room name", "Raum / Room"]),
    ] {
        for name in names {
            assert_eq!(meaning(name), expected, "{name}");
        }
    }
}

#[test]
fn names_that_only_look_alike_stay_fields() {
    for name in [
        "Speaker title",
        "Job title",
        "speaker_email",
        "Video URL",
        "session_type",
        "track",
        "room",
        "start",
        "Speaker Bio",
        "Company name",
        "Track description",
        "Notes",
        "rating",
        "subtitle",
        "Untertitel",
        "Jobtitel",
        "Context",
        "parent_id",
        "speakerIds",
        "event",
        "Day/Date",
    ] {
        assert_eq!(meaning(name), Meaning::Other, "{name}");
    }
}

#[test]
fn words_are_parted_and_plurals_are_made_singular() {
    assert_eq!(words("speakerIDs-of_the Day2"), ["speaker", "ids", "of", "the", "day", "2"]);
    let singulars = ["speakers", "categories", "classes", "boxes", "stages", "track", "people", "gas"].map(singular);
    assert_eq!(singulars, ["speaker", "category", "class", "box", "stage", "track", "person", "ga"]);
}
