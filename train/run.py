"""What both objectives share: device, seeds, progress, checkpoints that resume."""

import json
import math
import time
from pathlib import Path

import torch


def device_of(name):
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise SystemExit("there is no CUDA device: leave --device out, or give --device cpu")
    return torch.device(name)


class Run:
    """Where a run stands: steps, minutes, and the file that it goes on from after an interruption.

    A run ends after `steps` or `minutes`, whichever is given. The learning rate rises over `warmup` (a share of the run, at
    most 500 steps) and falls to zero, linearly. A checkpoint is written every `every` seconds and at the end of the run.
    """

    def __init__(self, out, steps, minutes, rate, warmup, identity, every):
        self.out, self.steps, self.seconds, self.rate, self.warmup = Path(out), steps, (minutes or 0) * 60, rate, warmup
        self.identity, self.every = identity, every
        self.step, self.before, self.begun = 0, 0.0, time.time()
        self.saved, self.losses = self.begun, []

    @property
    def elapsed(self):
        return self.before + time.time() - self.begun

    @property
    def share(self):
        """How much of the run is done, 0 to 1."""
        return self.step / self.steps if self.steps else self.elapsed / self.seconds

    @property
    def done(self):
        return self.share >= 1

    def rate_now(self):
        # Of a run in minutes the number of steps is not known: then 500 steps of warm-up, or a tenth of it if that is less.
        if self.steps:
            rise = (self.step + 1) / max(1, min(500, math.ceil(self.warmup * self.steps)))
        else:
            rise = max((self.step + 1) / 500, self.share / max(self.warmup, 1e-9))
        return self.rate * min(1.0, rise) * max(0.0, 1 - self.share)

    def checkpoint_file(self):
        return self.out / "checkpoint.pt"

    def resume(self, parts, draw):
        """Loads a checkpoint into the parts (name to anything with a state_dict), if there is one of the same run."""
        file = self.checkpoint_file()
        if not file.exists():
            return False
        kept = torch.load(file, map_location="cpu", weights_only=True)
        if kept["identity"] != json.dumps(self.identity, sort_keys=True):
            raise SystemExit(f"{file} is of a run with other settings: give those, another --out, or remove the file")
        for name, part in parts.items():
            part.load_state_dict(kept[name])
        draw.set_state(kept["draw"])
        self.step, self.before = kept["step"], kept["elapsed"]
        print(f"goes on at step {self.step}, after {self.before / 60:.1f} minutes", flush=True)
        return True

    def keep(self, parts, draw, now=False):
        if not now and time.time() - self.saved < self.every:
            return
        self.saved = time.time()
        self.out.mkdir(parents=True, exist_ok=True)
        file = self.checkpoint_file()
        state = {name: part.state_dict() for name, part in parts.items()}
        state |= {"draw": draw.get_state(), "step": self.step, "elapsed": self.elapsed, "identity": json.dumps(self.identity, sort_keys=True)}
        # Written beside and moved: an interrupted save leaves the last one whole.
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def advance(self, loss, texts, every=50):
        self.step += 1
        self.losses.append(loss.detach())
        if self.step % every == 0:
            mean = torch.stack(self.losses).mean().item()
            self.losses.clear()
            whole = f" of {self.steps}" if self.steps else ""
            left = self.elapsed / max(self.share, 1e-9) - self.elapsed
            print(f"step {self.step}{whole}  loss {mean:.4f}  {texts * self.step / self.elapsed:,.0f} texts/s  {left / 60:.1f} minutes left", flush=True)
