"""PyTorch at the sizes of gpu.rs, on the card of this machine: python3 tests/bench/gpu.py FOLDER [--device cpu]

FOLDER is the original model, as `npm run bench -- --setup` unpacks it below build/bench/original. Where it holds only
`config.json`, the weights are random ones of the same shapes, which take as long. Needs torch and safetensors.
Prints one line of JSON a size, from token ids to pooled vectors in the host's memory, in fp32 and fp16.
"""

import argparse
import json
import pathlib
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

SIZES = [(1, 16), (1, 512), (32, 128), (32, 512)]


class Encoder(torch.nn.Module):
    """BERT with mean pooling, on the tensors of the published file."""

    def __init__(self, tensors, config):
        super().__init__()
        self.t = torch.nn.ParameterDict({k.replace(".", "_"): v for k, v in tensors.items() if v.is_floating_point()})
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]

    def linear(self, name, x):
        return F.linear(x, self.t[f"{name}_weight"], self.t[f"{name}_bias"])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.t[f"{name}_LayerNorm_weight"], self.t[f"{name}_LayerNorm_bias"], self.epsilon)

    def forward(self, ids):
        e = "embeddings"
        x = self.t[f"{e}_word_embeddings_weight"][ids] + self.t[f"{e}_position_embeddings_weight"][: ids.shape[1]]
        x = self.norm(e, x + self.t[f"{e}_token_type_embeddings_weight"][0])
        texts, tokens, dim = x.shape
        for index in range(self.layers):
            layer = f"encoder_layer_{index}"
            parts = (self.linear(f"{layer}_attention_self_{part}", x) for part in ("query", "key", "value"))
            q, k, v = (part.view(texts, tokens, self.heads, -1).transpose(1, 2) for part in parts)
            context = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(texts, tokens, dim)
            x = self.norm(f"{layer}_attention_output", x + self.linear(f"{layer}_attention_output_dense", context))
            wide = F.gelu(self.linear(f"{layer}_intermediate_dense", x))
            x = self.norm(f"{layer}_output", x + self.linear(f"{layer}_output_dense", wide))
        return F.normalize(x.mean(1), dim=-1)


def published(file):
    return {name.removeprefix("bert."): tensor for name, tensor in load_file(file).items()}


def random_weights(config):
    """Every tensor of the shape that `config` gives, drawn from a normal distribution."""
    dim, ff = config["hidden_size"], config["intermediate_size"]
    rows = {"word": config["vocab_size"], "position": config["max_position_embeddings"], "token_type": config["type_vocab_size"]}
    shapes = {f"embeddings.{kind}_embeddings.weight": (count, dim) for kind, count in rows.items()}
    linears, norms = {}, ["embeddings"]
    for layer in (f"encoder.layer.{index}" for index in range(config["num_hidden_layers"])):
        linears |= {f"{layer}.attention.self.{part}": (dim, dim) for part in ("query", "key", "value")}
        linears |= {f"{layer}.attention.output.dense": (dim, dim), f"{layer}.intermediate.dense": (ff, dim)}
        linears[f"{layer}.output.dense"] = (dim, ff)
        norms += [f"{layer}.attention.output", f"{layer}.output"]
    linears |= {f"{norm}.LayerNorm": (dim,) for norm in norms}
    for name, shape in linears.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) * 0.05 for name, shape in shapes.items()}


def milliseconds(model, ids):
    """Median and best of about two seconds, after a warm-up."""
    times, begun = [], time.perf_counter()
    while len(times) < 6 or (time.perf_counter() - begun < 2 and len(times) < 300):
        start = time.perf_counter()
        model(ids).cpu()
        times.append((time.perf_counter() - start) * 1e3)
    times = sorted(times[3:])
    return times[len(times) // 2], times[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="cuda")
    arguments = parser.parse_args()
    folder = next(arguments.folder.rglob("config.json")).parent
    config = json.loads((folder / "config.json").read_text())
    tensors = published(folder / "model.safetensors") if (folder / "model.safetensors").exists() else random_weights(config)
    adapter = torch.cuda.get_device_name() if arguments.device == "cuda" else "cpu"
    for kind in (torch.float32, torch.float16):
        model = Encoder(tensors, config).to(arguments.device, kind).eval()
        for texts, tokens in SIZES:
            ids = (torch.arange(texts * tokens).view(texts, tokens) * 31 + 1000) % 30000
            with torch.inference_mode():
                median, best = milliseconds(model, ids.to(arguments.device))
            macs = 6 * (tokens * 384 * (4 * 384 + 2 * 1536) + 2 * tokens * tokens * 384) * texts
            line = {"engine": f"torch {torch.__version__} {kind}", "adapter": adapter, "texts": texts, "tokens": tokens}
            print(json.dumps({**line, "median_ms": round(median, 3), "best_ms": round(best, 3), "gmacs": round(macs / median / 1e6, 1)}))


if __name__ == "__main__":
    main()
