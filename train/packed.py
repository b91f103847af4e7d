"""An encoder over texts without padding: all groups of a batch are one row of tokens, and only attention sees the texts apart.

Half of a padded batch of texts of many lengths is padding, and each group on its own would be as many small kernels again.
"""

import torch
from torch import nn


class Packed:
    """Groups of texts, each of (ids, mask), padded to one width, as one row of tokens.

    `ids`, `position` and `text` are of each token: its number, its place in its text, the text's number in the batch.
    """

    def __init__(self, ids, position, text, count, groups):
        # A group is (texts, width, places of its tokens in the padded group, mask).
        self.ids, self.position, self.text, self.count, self.groups = ids, position, text, count, groups


def pack(ids, mask):
    """A batch of one group."""
    return pack_steps([(ids[None], mask[None].bool())])[0]


def pack_steps(groups):
    """The batches of several steps: of each group (ids, mask) of (steps, texts, width). A device is waited for once, not once a step."""
    counts = torch.stack([mask.sum(dim=(1, 2)) for _, mask in groups]).tolist()
    parts = []
    for (ids, mask), tokens in zip(groups, counts, strict=True):
        steps, texts, width = mask.shape
        places = mask.flatten().nonzero().squeeze(1)
        parts.append(list(zip(ids.flatten()[places].split(tokens), (places % (texts * width)).split(tokens), mask)))
    batches = []
    for of_step in zip(*parts, strict=True):
        ids, position, text, rows, before = [], [], [], [], 0
        for own, places, mask in of_step:
            texts, width = mask.shape
            ids.append(own)
            position.append(places % width)
            text.append(before + places // width)
            rows.append((texts, width, places, mask))
            before += texts
        batches.append(Packed(torch.cat(ids), torch.cat(position), torch.cat(text), before, rows))
    return batches


def layer_list(encoder):
    """The module list of transformer layers, of a BERT or a DistilBERT."""
    return encoder.encoder.layer if hasattr(encoder, "encoder") else encoder.transformer.layer


def parts_of(layer):
    """Query, key, value and output of attention, its normalization, both halves of the feed-forward around its activation, normalization."""
    if hasattr(layer, "intermediate"):
        own, after, wide = layer.attention.self, layer.attention.output, layer.intermediate
        return (own.query, own.key, own.value), after.dense, after.LayerNorm, wide.dense, wide.intermediate_act_fn, layer.output.dense, layer.output.LayerNorm
    own, ffn = layer.attention, layer.ffn
    return (own.q_lin, own.k_lin, own.v_lin), own.out_lin, layer.sa_layer_norm, ffn.lin1, ffn.activation, ffn.lin2, layer.output_layer_norm


def linear(part, rows):
    return nn.functional.linear(rows, part.weight.to(rows.dtype), part.bias.to(rows.dtype))


def normalized(part, rows):
    return nn.functional.layer_norm(rows, part.normalized_shape, part.weight.to(rows.dtype), part.bias.to(rows.dtype), part.eps)


def attended(projected, packed, heads):
    """Attention of each text to itself; `projected` are queries, keys and values beside each other."""
    dim = projected.shape[1] // 3
    rows, at = [], 0
    for texts, width, places, mask in packed.groups:
        own = projected[at : at + len(places)]
        at += len(places)
        padded = projected.new_zeros(texts * width, 3 * dim).index_copy(0, places, own)
        query, key, value = padded.view(texts, width, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        rows.append(mixed.transpose(1, 2).reshape(texts * width, dim).index_select(0, places))
    return torch.cat(rows)


def hidden_states(encoder, packed, kind):
    """Those after the last layer, a row a token, computed in numbers of a kind; nothing is dropped out."""
    embeddings, config = encoder.embeddings, encoder.config
    rows = embeddings.word_embeddings(packed.ids) + embeddings.position_embeddings(packed.position)
    if hasattr(embeddings, "token_type_embeddings"):
        rows = rows + embeddings.token_type_embeddings.weight[0]
    rows = normalized(embeddings.LayerNorm, rows).to(kind)
    heads = config.num_attention_heads
    for layer in layer_list(encoder):
        three, out, first_norm, wide, activation, narrow, second_norm = parts_of(layer)
        weight = torch.cat([part.weight for part in three]).to(kind)
        bias = torch.cat([part.bias for part in three]).to(kind)
        mixed = attended(nn.functional.linear(rows, weight, bias), packed, heads)
        rows = normalized(first_norm, rows + linear(out, mixed))
        rows = normalized(second_norm, rows + linear(narrow, activation(linear(wide, rows))))
    return rows


def means(encoder, packed):
    """The mean over each text's tokens, (texts, dim), in f32; the layers in what autocast says."""
    device = packed.ids.device.type
    kind = encoder.embeddings.LayerNorm.weight.dtype
    if torch.is_autocast_enabled(device):
        kind = torch.get_autocast_dtype(device)
    with torch.autocast(device, enabled=False):
        rows = hidden_states(encoder, packed, kind).float()
        zeros = rows.new_zeros(packed.count, rows.shape[1])
        length = rows.new_zeros(packed.count).index_add(0, packed.text, rows.new_ones(len(rows)))
        return zeros.index_add(0, packed.text, rows) / length[:, None]
