//! The tensors of a published model, in f32 and by one family of names.

use std::collections::HashMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::error::{Error, ErrorKind, Result};
use crate::import::pack::file;
use crate::import::pull::RawModel;

/// The tensors of a model, by the names that a bare `BertModel` has.
pub type Originals = HashMap<String, Original>;

/// A tensor as it was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Original {
    /// How many numbers there are in each dimension.
    pub shape: Vec<usize>,
    /// The numbers, one after the other.
    pub numbers: Vec<f32>,
}

impl Original {
    /// A tensor of nothing but zeros, which changes nothing where it is added.
    pub fn zeros(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), numbers: vec![0.0; shape.iter().product()] }
    }

    /// Takes away the first so many rows of a table that has them.
    pub fn drop_rows(&mut self, count: usize) {
        let [rows, columns] = &mut self.shape[..] else { return };
        if *rows >= count {
            *rows -= count;
            self.numbers.drain(..count * *columns);
        }
    }
}

/// Reads the weights of a model; those of the files in a folder below the model's.
///
/// # Errors
/// `not-found` where there are none, `damaged-file` when they cannot be read.
pub fn read(raw: &RawModel, folder: &str) -> Result<Originals> {
    let tensors = match raw.files.get(&format!("{folder}model.safetensors")) {
        Some(bytes) => read_safetensors(bytes).map_err(|cause| {
            Error::new(ErrorKind::DamagedFile, format!("the weights of {} cannot be read", raw.source)).caused_by(cause)
        })?,
        None => read_pickle(file(raw, &format!("{folder}pytorch_model.bin"))?)?,
    };
    Ok(tensors.into_iter().map(|(name, tensor)| (bert_name(&name), tensor)).collect())
}

/// The tensors of floats in a safetensors file. Others count positions.
fn read_safetensors(bytes: &[u8]) -> std::result::Result<Originals, safetensors::SafeTensorError> {
    let tensors = SafeTensors::deserialize(bytes)?;
    let floats = tensors.iter().filter_map(|(name, tensor)| {
        let numbers = floats(tensor.dtype(), tensor.data())?;
        Some((name.to_owned(), Original { shape: tensor.shape().to_vec(), numbers }))
    });
    Ok(floats.collect())
}

/// Little-endian floats of some width as f32; nothing where the type is not one of floats.
fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F16 => of_width(bytes, |two| f16::from_le_bytes(two).to_f32()),
        Dtype::BF16 => of_width(bytes, |two| bf16::from_le_bytes(two).to_f32()),
        Dtype::F32 => of_width(bytes, f32::from_le_bytes),
        Dtype::F64 => of_width(bytes, |eight| f64::from_le_bytes(eight) as f32),
        _ => return None,
    })
}

fn of_width<const WIDTH: usize>(bytes: &[u8], number: impl Fn([u8; WIDTH]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&bytes| number(bytes)).collect()
}

/// Reads a `pytorch_model.bin`, which candle takes from a file only.
#[cfg(feature = "reference")]
fn read_pickle(bytes: &[u8]) -> Result<Originals> {
    use candle_core::DType;
    use candle_core::pickle::PthTensors;

    use crate::hash::hex_sha256;

    let path = std::env::temp_dir().join(format!("inkling-{}-{}.bin", std::process::id(), &hex_sha256(bytes)[..16]));
    let io = |cause: std::io::Error| {
        Error::new(ErrorKind::Io, format!("cannot write {} to read the weights from", path.display())).caused_by(cause)
    };
    std::fs::write(&path, bytes).map_err(io)?;
    let read = || -> candle_core::Result<Originals> {
        let pickle = PthTensors::new(&path, None)?;
        let mut originals = Originals::new();
        for name in pickle.tensor_infos().keys() {
            let Some(tensor) = pickle.get(name)? else { continue };
            let numbers = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
            originals.insert(name.clone(), Original { shape: tensor.dims().to_vec(), numbers });
        }
        Ok(originals)
    };
    let originals = read();
    std::fs::remove_file(&path).map_err(io)?;
    originals.map_err(|cause| Error::new(ErrorKind::DamagedFile, "pytorch_model.bin cannot be read").caused_by(cause))
}

/// Without candle there is nothing that reads a `pytorch_model.bin`.
#[cfg(not(feature = "reference"))]
fn read_pickle(_: &[u8]) -> Result<Originals> {
    let cure = "take a revision of the model that has model.safetensors, or a program with the feature `reference`";
    Err(Error::new(ErrorKind::UnsupportedModel, format!("pytorch_model.bin cannot be read by this program: {cure}")))
}

/// What a bare `BertModel` calls a tensor: parts of names as others write them, and as it does.
fn bert_name(name: &str) -> String {
    const PARTS: [(&str, &str); 11] = [
        ("LayerNorm.gamma", "LayerNorm.weight"),
        ("LayerNorm.beta", "LayerNorm.bias"),
        ("transformer.layer.", "encoder.layer."),
        (".attention.q_lin.", ".attention.self.query."),
        (".attention.k_lin.", ".attention.self.key."),
        (".attention.v_lin.", ".attention.self.value."),
        (".attention.out_lin.", ".attention.output.dense."),
        (".sa_layer_norm.", ".attention.output.LayerNorm."),
        (".ffn.lin1.", ".intermediate.dense."),
        (".ffn.lin2.", ".output.dense."),
        (".output_layer_norm.", ".output.LayerNorm."),
    ];
    let bare = name
        .strip_prefix("bert.")
        .or_else(|| name.strip_prefix("distilbert."))
        .or_else(|| name.strip_prefix("roberta."))
        .unwrap_or(name);
    PARTS.iter().fold(bare.to_owned(), |name, (other, own)| name.replace(other, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_every_width_are_read_and_nothing_else() {
        let numbers = [1.5f32, -0.25];
        let bytes = |each: &dyn Fn(f32) -> Vec<u8>| numbers.iter().flat_map(|&x| each(x)).collect::<Vec<u8>>();
        for (dtype, bytes) in [
            (Dtype::F16, bytes(&|x| f16::from_f32(x).to_le_bytes().to_vec())),
            (Dtype::BF16, bytes(&|x| bf16::from_f32(x).to_le_bytes().to_vec())),
            (Dtype::F32, bytes(&|x| x.to_le_bytes().to_vec())),
            (Dtype::F64, bytes(&|x| f64::from(x).to_le_bytes().to_vec())),
        ] {
            assert_eq!(floats(dtype, &bytes).as_deref(), Some(&numbers[..]), "{dtype:?}");
        }
        assert_eq!(floats(Dtype::I64, &[0; 16]), None);
    }
}
