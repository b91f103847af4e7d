"""Objective (b): a query encoder of fewer layers whose vectors are those of a teacher."""

import copy
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

import grid
from packed import layer_list, means, pack

# Files of a teacher's folder that a student takes over as they are.
TAKEN = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "sentence_bert_config.json")


def read_tokenizer(folder):
    """The tokenizer of a folder, which cuts at the model's own limit and does not pad."""
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    limit = Path(folder) / "sentence_bert_config.json"
    tokenizer.enable_truncation(json.loads(limit.read_text())["max_seq_length"] if limit.exists() else 512)
    return tokenizer


# DistilBERT's names of a layer's parts, and BERT's.
BERT_NAMES = (
    ("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"), ("transformer.layer.", "encoder.layer."),
    (".attention.q_lin.", ".attention.self.query."), (".attention.k_lin.", ".attention.self.key."),
    (".attention.v_lin.", ".attention.self.value."), (".attention.out_lin.", ".attention.output.dense."),
    (".sa_layer_norm.", ".attention.output.LayerNorm."), (".ffn.lin1.", ".intermediate.dense."), (".ffn.lin2.", ".output.dense."),
    (".output_layer_norm.", ".output.LayerNorm."),
)


def family_of(folder):
    """What ties a student to its teacher: the hash that `inkling model pull` (import/pack.rs) gives all packings of a model."""
    tensors = {}
    for name, tensor in load_file(Path(folder) / "model.safetensors").items():
        name = name.removeprefix("bert.").removeprefix("distilbert.")
        for theirs, ours in BERT_NAMES:
            name = name.replace(theirs, ours)
        if name.startswith(("embeddings.", "encoder.")) and name.endswith((".weight", ".bias")):
            tensors[name] = tensor.float().contiguous().numpy()
    if json.loads((Path(folder) / "config.json").read_text())["model_type"] == "distilbert":
        dim = tensors["embeddings.word_embeddings.weight"].shape[1]
        tensors["embeddings.token_type_embeddings.weight"] = np.zeros((1, dim), np.float32)
    lines = (f"{name} {list(tensor.shape)} {hashlib.sha256(tensor.tobytes()).hexdigest()}\n" for name, tensor in sorted(tensors.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def mean_of(encoder, ids, mask):
    """The mean over a text's tokens, (texts, dim)."""
    return means(encoder, pack(ids, mask))


class Student(nn.Module):
    """Some of a teacher's layers, mean pooling and an output map."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        dim = encoder.config.hidden_size
        self.map = nn.Linear(dim, dim)

    def forward(self, texts):
        """Vectors of packed texts, in f32."""
        pooled = means(self.encoder, texts)
        with torch.autocast(pooled.device.type, enabled=False):
            return self.map(pooled)

    def encode(self, ids, mask):
        return self(pack(ids, mask))


def cosine_loss(own, target):
    """1 - cosine to the teacher's vectors, a number a text; all are of unit length."""
    return 1 - (own * target).sum(dim=1)


def rank_loss(own, target, passages, temperature):
    """How far the student's ranking of passages is from the teacher's, a number a text: the KL divergence of softmaxes of the scores.

    1 - cosine counts an error in every direction alike. This counts it where it changes what is found: for a small error it is the variance
    of the scores' errors over the passages that the teacher finds for the text.
    """
    wanted = nn.functional.log_softmax(target @ passages.T / temperature, dim=1)
    found = nn.functional.log_softmax(own @ passages.T / temperature, dim=1)
    return (wanted.exp() * (wanted - found)).sum(dim=1)


def load_teacher(folder):
    config = json.loads((Path(folder) / "config.json").read_text())
    if config["model_type"] not in ("bert", "distilbert"):
        raise SystemExit(f"{folder} is a {config['model_type']}: students are made of BERT and DistilBERT")
    pooling = Path(folder) / "1_Pooling/config.json"
    if pooling.exists() and not json.loads(pooling.read_text()).get("pooling_mode_mean_tokens", True):
        raise SystemExit(f"{folder} does not pool by the mean: such a teacher is not supported yet")
    return AutoModel.from_pretrained(folder, attn_implementation="sdpa").eval().float()


def make_student(teacher, layers):
    """The teacher's embeddings and the layers of these numbers, and a map that changes nothing."""
    config = copy.deepcopy(teacher.config)
    setattr(config, "num_hidden_layers" if config.model_type == "bert" else "n_layers", len(layers))
    encoder = AutoModel.from_config(config, attn_implementation="sdpa")
    encoder.embeddings.load_state_dict(teacher.embeddings.state_dict())
    for own, number in zip(layer_list(encoder), layers, strict=True):
        own.load_state_dict(layer_list(teacher)[number].state_dict())
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    student = Student(encoder)
    nn.init.eye_(student.map.weight)
    nn.init.zeros_(student.map.bias)
    # Never in training mode: dropout would only blur what is to be copied.
    return student.eval()


def fit_map(student, batches, ridge=1e-4):
    """Sets the output map by ridge regression on (texts, target) of some batches."""
    dim = student.map.in_features
    device = student.map.weight.device
    squares = torch.zeros(dim + 1, dim + 1, dtype=torch.float64, device=device)
    products = torch.zeros(dim + 1, dim, dtype=torch.float64, device=device)
    with torch.no_grad():
        for texts, target in batches:
            pooled = means(student.encoder, texts).double()
            pooled = torch.cat([pooled, torch.ones(len(pooled), 1, dtype=torch.float64, device=device)], dim=1)
            squares += pooled.T @ pooled
            products += pooled.T @ target.double()
        squares += ridge * squares.diagonal().mean() * torch.eye(dim + 1, dtype=torch.float64, device=device)
        solution = torch.linalg.solve(squares, products).float()
        student.map.weight.copy_(solution[:-1].T)
        student.map.bias.copy_(solution[-1])


def begin(args, teacher):
    """The student to train: of a folder, or of the teacher's layers."""
    layers = [int(number) for number in args.layers.split(",")]
    if not args.start:
        return make_student(teacher, layers)
    student = load(args.start)
    rows, own = (len(model.embeddings.word_embeddings.weight) for model in (teacher, student.encoder))
    if rows != own or len(layer_list(student.encoder)) != len(layers):
        raise SystemExit(f"{args.start} has {own:,} tokens and {len(layer_list(student.encoder))} layers, wanted are {rows:,} and {len(layers)}: a trimmed student cannot be trained further")
    return student


def write_folder(source, out, config, dense):
    """All of a sentence-transformers folder but its weights: what it takes over from its source, configuration, modules."""
    source, out = Path(source), Path(out)
    dim = config.get("hidden_size") or config["dim"]
    kinds = ["Transformer", "Pooling", *(["Dense"] if dense else []), "Normalize"]
    modules = [(kind, f"{at}_{kind}" if at else "") for at, kind in enumerate(kinds)]
    for _, path in modules[1:-1]:
        (out / path).mkdir(parents=True, exist_ok=True)
    for name in TAKEN:
        if (source / name).exists():
            shutil.copyfile(source / name, out / name)
    files = {
        "config.json": config,
        "modules.json": [
            {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for at, (kind, path) in enumerate(modules)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": dim, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False,
        },
    }
    if dense:
        files["2_Dense/config.json"] = {
            "in_features": dim, "out_features": dim, "bias": True, "activation_function": "torch.nn.modules.linear.Identity",
        }
    for name, content in files.items():
        (out / name).write_text(json.dumps(content, indent=2, default=str) + "\n")


def save(student, teacher_folder, out, note):
    """Writes a sentence-transformers folder in f16; the student's matrices must lie on their grid already."""
    out = Path(out)
    write_folder(teacher_folder, out, student.encoder.config.to_dict() | {"inkling": note}, dense=True)
    half = lambda tensors: {name: tensor.detach().half().contiguous().cpu() for name, tensor in tensors.items()}
    tensors = {name: tensor for name, tensor in student.encoder.state_dict().items() if "position_ids" not in name}
    save_file(half(tensors), out / "model.safetensors", metadata={"format": "pt"})
    save_file(half({"linear.weight": student.map.weight, "linear.bias": student.map.bias}), out / "2_Dense/model.safetensors")


def load(folder):
    """A saved student."""
    encoder = AutoModel.from_pretrained(folder, attn_implementation="sdpa", dtype=torch.float32)
    encoder.pooler = None
    student = Student(encoder)
    student.map.load_state_dict({name.removeprefix("linear."): tensor.float() for name, tensor in load_file(Path(folder) / "2_Dense/model.safetensors").items()})
    return student.eval()


def to_grid(student, step, table_step, map_step):
    """Trains through the rounding from now on: layers, word table and output map."""
    grid.put_on_grid(student.encoder, step, table_step)
    if map_step:
        grid.put_on_grid(student.map, map_step, 0)
