"""Training through the rounding that packing does: a coarse uniform grid a row, straight-through."""

import torch
from torch import nn
from torch.nn.utils import parametrize

# A step has so few bits that a code (7 bits) times a step is exact in the 11 bits of an f16: a model folder in f16 lies
# on its grid exactly, and whoever packs it finds the step again.
STEP_BITS = 4


def rounded_step(step):
    """The step to STEP_BITS significant bits."""
    mantissa, exponent = torch.frexp(step)
    return torch.ldexp(torch.round(mantissa * 2**STEP_BITS) / 2**STEP_BITS, exponent)


class Grid(nn.Module):
    """Rounds a matrix to step × whole numbers in [-127, 127]; gradients pass as if it did not.

    `share` is the step in root mean squares, of each row or, where `whole`, of the matrix. The step is that of the matrix
    as training finds it.
    """

    def __init__(self, weight, share, whole=False):
        super().__init__()
        squares = weight.detach().float().pow(2)
        size = squares.mean().expand(len(weight), 1) if whole else squares.mean(dim=1, keepdim=True)
        self.register_buffer("step", rounded_step(share * size.sqrt()).clamp(min=2.0**-14))

    def forward(self, weight):
        with torch.no_grad():
            on_grid = (weight / self.step).round().clamp(-127, 127) * self.step
            error = on_grid - weight
        return weight + error


def put_on_grid(module, share, table_share):
    """Gives each linear layer of an encoder, and its word table, a grid. A share of 0 leaves them alone."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear) and share and "pooler" not in name:
            parametrize.register_parametrization(part, "weight", Grid(part.weight, share), unsafe=True)
        elif isinstance(part, nn.Embedding) and "word_embeddings" in name and table_share:
            parametrize.register_parametrization(part, "weight", Grid(part.weight, table_share, whole=True), unsafe=True)


def bytes_of_codes(module):
    """What an entropy coder makes of all codes: order-0 entropy, a matrix at a time, and two bytes a step."""
    total = 0.0
    for part in module.modules():
        for grid in getattr(part, "parametrizations", {}).values():
            step = grid[0].step
            counts = torch.bincount(((part.weight.detach() / step).round() + 127).long().flatten(), minlength=255).double()
            share = counts[counts > 0] / counts.sum()
            total += float(-(share * share.log2()).sum() * counts.sum() / 8) + 2 * step.unique().numel()
    return total


def settle(module):
    """Puts every matrix on its grid for good."""
    for part in list(module.modules()):
        if parametrize.is_parametrized(part, "weight"):
            parametrize.remove_parametrizations(part, "weight", leave_parametrized=True)
