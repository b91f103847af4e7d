#!/usr/bin/env python3
"""Makes from a model in safetensors what transformers.js loads: its ONNX in f32, and quantized as the published q8 files are.

    pip install -r tests/bench/requirements.txt
    python tests/bench/export_onnx.py MODEL_DIR OUT_DIR

OUT_DIR/onnx/model.onnx            f32, opset 17, inputs input_ids, attention_mask, token_type_ids of any batch and length
OUT_DIR/onnx/model_quantized.onnx  weights int8 with a scale per channel, activations uint8 quantized at run time
OUT_DIR/*.json                     configuration and tokenizer, as they are
"""

import shutil
import sys
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel

OPSET = 17
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
COPIED = ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]


class LastHiddenState(torch.nn.Module):
    """A BERT with plain tensors on both sides."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]


def export(model_dir, path):
    """Writes the f32 model."""
    # Attention as plain matrix products: what ONNX Runtime quantizes and fuses, and what the published files hold.
    bert = AutoModel.from_pretrained(model_dir, add_pooling_layer=False, attn_implementation="eager").eval()
    example = torch.tensor([[101, 2023, 2003, 102], [101, 2003, 102, 0]])
    mask = (example != 0).long()
    axes = {name: {0: "batch", 1: "length"} for name in [*INPUTS, "last_hidden_state"]}
    torch.onnx.export(
        LastHiddenState(bert),
        (example, mask, torch.zeros_like(example)),
        path,
        input_names=INPUTS,
        output_names=["last_hidden_state"],
        dynamic_axes=axes,
        opset_version=OPSET,
        do_constant_folding=True,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))


def main():
    model_dir, out_dir = map(Path, sys.argv[1:])
    (out_dir / "onnx").mkdir(parents=True, exist_ok=True)
    full = out_dir / "onnx" / "model.onnx"
    with torch.no_grad():
        export(model_dir, full)
    # Per channel, as the published q8 files are. All 8 bits are used: as fast as 7 in WebAssembly, and nearer to f32.
    quantize_dynamic(
        full, out_dir / "onnx" / "model_quantized.onnx", weight_type=QuantType.QInt8, per_channel=True, reduce_range=False,
        extra_options={"EnableSubgraph": True},
    )
    for name in COPIED:
        shutil.copyfile(model_dir / name, out_dir / name)


if __name__ == "__main__":
    main()
