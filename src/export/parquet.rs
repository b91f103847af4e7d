//! Apache Parquet: <https://parquet.apache.org/docs/file-format/>

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FloatType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::{Row, Shape, Sink, json};
use crate::error::Result;
use crate::files::{OutFile, cannot_write};

/// Rows that a row group has at most: with vectors of 384 numbers, 12 MB.
const GROUP_ROWS: usize = 8192;
/// Bytes of texts and vectors at which a row group is closed with fewer.
const GROUP_BYTES: usize = 64 << 20;

/// `fields` is JSON; `vector` is a list as the Parquet specification wants it, of `dim` numbers in every row.
const SCHEMA: &str = "message passages {
    required binary id (STRING);
    required binary document_id (STRING);
    required int32 passage;
    required binary title (STRING);
    optional binary url (STRING);
    required binary text (STRING);
    required int64 start;
    required int64 end;
    required binary fields (STRING);
    required group vector (LIST) { repeated group list { required float element; } }
}";

/// A Parquet file.
pub struct Parquet {
    path: PathBuf,
    writer: SerializedFileWriter<OutFile>,
    group: Group,
}

/// The columns of the rows that are not yet written.
#[derive(Default)]
struct Group {
    rows: usize,
    bytes: usize,
    id: Vec<ByteArray>,
    document_id: Vec<ByteArray>,
    passage: Vec<i32>,
    title: Vec<ByteArray>,
    /// Only those that there are.
    url: Vec<ByteArray>,
    /// 1 where there is an url, else 0.
    has_url: Vec<i16>,
    text: Vec<ByteArray>,
    start: Vec<i64>,
    end: Vec<i64>,
    fields: Vec<ByteArray>,
    vector: Vec<f32>,
}

impl Parquet {
    pub fn create(path: &Path, shape: &Shape) -> Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA).expect("the schema is fixed"));
        let model = &shape.manifest.model;
        let about = [("inkling.model", &model.id), ("inkling.family", &model.family)];
        let vector = || ColumnPath::new(["vector", "list", "element"].map(str::to_owned).to_vec());
        // Texts and numbers that hardly repeat: neither dictionaries nor statistics would help a reader, and vectors do not
        // compress.
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_column_compression(vector(), Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(vector(), false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_key_value_metadata(Some(about.map(|(key, value)| KeyValue::new(key.to_owned(), value.clone())).to_vec()))
            .build();
        let writer = SerializedFileWriter::new(OutFile::create(path)?, schema, Arc::new(properties));
        Ok(Self { path: path.to_owned(), writer: writer.map_err(|cause| cannot_write(path, cause))?, group: Group::default() })
    }

    fn flush(&mut self) -> Result<()> {
        let group = std::mem::take(&mut self.group);
        if group.rows == 0 {
            return Ok(());
        }
        group.write(&mut self.writer).map_err(|cause| cannot_write(&self.path, cause))
    }
}

impl Sink for Parquet {
    fn row(&mut self, row: &Row) -> Result<()> {
        self.group.push(row)?;
        if self.group.rows == GROUP_ROWS || self.group.bytes > GROUP_BYTES { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<String>> {
        self.flush()?;
        let file = self.writer.into_inner().map_err(|cause| cannot_write(&self.path, cause))?;
        Ok(vec![file.finish()?])
    }
}

impl Group {
    fn push(&mut self, row: &Row) -> Result<()> {
        let fields = json(row.fields)?;
        let texts = [&row.id, row.document_id, row.title, row.url.unwrap_or(""), row.text, &fields];
        self.bytes += texts.iter().map(|text| text.len()).sum::<usize>() + size_of_val(row.vector.as_slice());
        self.rows += 1;
        self.id.push(row.id.as_str().into());
        self.document_id.push(row.document_id.into());
        self.passage.push(row.passage as i32);
        self.title.push(row.title.into());
        self.url.extend(row.url.map(ByteArray::from));
        self.has_url.push(i16::from(row.url.is_some()));
        self.text.push(row.text.into());
        self.start.push(row.start as i64);
        self.end.push(row.end as i64);
        self.fields.push(fields.as_str().into());
        self.vector.extend_from_slice(&row.vector);
        Ok(())
    }

    /// Writes the columns in the order of the schema.
    fn write(self, writer: &mut SerializedFileWriter<OutFile>) -> parquet::errors::Result<()> {
        let mut group = writer.next_row_group()?;
        column::<ByteArrayType>(&mut group, &self.id, None, None)?;
        column::<ByteArrayType>(&mut group, &self.document_id, None, None)?;
        column::<Int32Type>(&mut group, &self.passage, None, None)?;
        column::<ByteArrayType>(&mut group, &self.title, None, None)?;
        column::<ByteArrayType>(&mut group, &self.url, Some(&self.has_url), None)?;
        column::<ByteArrayType>(&mut group, &self.text, None, None)?;
        column::<Int64Type>(&mut group, &self.start, None, None)?;
        column::<Int64Type>(&mut group, &self.end, None, None)?;
        column::<ByteArrayType>(&mut group, &self.fields, None, None)?;
        // Every number is there (level 1); the first of each list begins a new row (level 0).
        let dim = self.vector.len() / self.rows;
        let repeats: Vec<i16> = (0..self.vector.len()).map(|at| i16::from(at % dim != 0)).collect();
        column::<FloatType>(&mut group, &self.vector, Some(&vec![1; self.vector.len()]), Some(&repeats))?;
        group.close()?;
        Ok(())
    }
}

/// Writes the next column of a row group: its values, with definition and repetition levels where the schema has them.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<OutFile>,
    values: &[T::T],
    defined: Option<&[i16]>,
    repeated: Option<&[i16]>,
) -> parquet::errors::Result<()> {
    let mut column = group.next_column()?.expect("as many columns as the schema has");
    column.typed::<T>().write_batch(values, defined, repeated)?;
    column.close()
}
