//! The bodies of Qdrant's requests: <https://api.qdrant.tech/api-reference>

use std::path::Path;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{BATCH_BYTES, BATCH_ROWS, Row, Shape, Sink, filters, json};
use crate::error::{Error, ErrorKind, Result};
use crate::files::OutFile;

/// Longest name of a collection.
const NAME_MAX: usize = 255;

/// A folder of request bodies.
pub struct Qdrant {
    collection: OutFile,
    index: OutFile,
    readme: OutFile,
    points: OutFile,
    /// Points, as JSON, that are not yet written.
    batch: Vec<String>,
}

/// What a point carries beside its vector.
#[derive(Serialize)]
struct Payload<'a> {
    #[serde(flatten)]
    row: &'a Row<'a>,
    /// What searches are filtered by.
    filters: Vec<String>,
}

#[derive(Serialize)]
struct Point<'a> {
    id: String,
    vector: &'a [f32],
    payload: Payload<'a>,
}

impl Qdrant {
    pub fn create(folder: &Path, shape: &Shape) -> Result<Self> {
        let name = shape.name;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_plain) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{name:?} cannot be a collection: take letters of ASCII, digits, - and _, at most {NAME_MAX}"),
            ));
        }
        let file = |name: &str| OutFile::create(&folder.join(name));
        let (mut collection, mut index, mut readme) = (file("collection.json")?, file("index.json")?, file("README.md")?);
        collection.put(json(&json!({"vectors": {"size": shape.dim, "distance": "Cosine"}}))? + "\n")?;
        index.put(json(&json!({"field_name": "filters", "field_schema": "keyword"}))? + "\n")?;
        readme.put(explain(shape))?;
        Ok(Self { collection, index, readme, points: file("points.jsonl")?, batch: Vec::new() })
    }

    fn flush(&mut self) -> Result<()> {
        if !self.batch.is_empty() {
            self.points.put(format!("{{\"points\":[{}]}}\n", self.batch.join(",")))?;
            self.batch.clear();
        }
        Ok(())
    }
}

impl Sink for Qdrant {
    fn row(&mut self, row: &Row) -> Result<()> {
        let payload = Payload { row, filters: filters(row.fields) };
        let point = json(&Point { id: uuid(&row.id), vector: &row.vector, payload })?;
        let bytes = point.len() + self.batch.iter().map(String::len).sum::<usize>();
        if self.batch.len() == BATCH_ROWS || bytes > BATCH_BYTES {
            self.flush()?;
        }
        self.batch.push(point);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<String>> {
        self.flush()?;
        [self.collection, self.index, self.points, self.readme].into_iter().map(OutFile::finish).collect()
    }
}

/// The id of a point. Qdrant takes numbers and UUIDs only, so it is the beginning of a SHA-256 as a UUID of version 8
/// (RFC 9562, section 5.8): exported again, a passage replaces itself.
fn uuid(id: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(id.as_bytes())[..16]);
    let number = u128::from_be_bytes(bytes);
    let version = number & !(0xf << 76) | 8 << 76;
    let hex = format!("{:032x}", version & !(3 << 62) | 2 << 62);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn explain(shape: &Shape) -> String {
    let Shape { manifest, dim, name } = shape;
    let (documents, passages, model) = (manifest.documents, manifest.passages, json!(manifest.model.id));
    format!(
        r#"# {passages} passages of {documents} documents, for Qdrant

The vectors have {dim} numbers and come from the model {model}: queries must be encoded by the same.
With the address of your server in `QDRANT`, and its key in `KEY` if it wants one, run in this folder:

```sh
put() {{ curl --fail-with-body --silent --show-error -X PUT "$QDRANT/collections/{name}$1" \
  -H 'content-type: application/json' -H "api-key: $KEY" --data-binary @-; }}
put '' < collection.json
while IFS= read -r batch; do printf '%s' "$batch" | put '/points?wait=true' || break; done < points.jsonl
put '/index?wait=true' < index.json
```

- `collection.json` makes the collection `{name}`.
- `points.jsonl` has one request body a line, of at most {BATCH_ROWS} points. A point's payload is the passage; `start` and
  `end` are its place in the document's text, in UTF-16 units. Sent again, a passage replaces itself.
- `index.json` indexes `filters`, the list of `FIELD=VALUE` that searches are filtered by.
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_point_is_a_uuid_that_only_depends_on_the_passage() {
        assert_eq!(uuid("a#0"), uuid("a#0"));
        assert_ne!(uuid("a#0"), uuid("a#1"));
        for id in ["", "a#0", "日本#12"] {
            let uuid = uuid(id);
            assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
            assert_eq!(&uuid[14..15], "8");
            assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        }
    }
}
