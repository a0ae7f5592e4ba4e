"""A training step of the LSTM in PyTorch, on the CPU.

    pip install -r bench/peers/requirements.txt
    python bench/peers/lstm.py --race 5

The second article's sizes: a trained embedding of 50,000 x 100, an LSTM of 100 units
over 250 tokens, one logit, batches of 64. A step is forward, binary cross entropy,
backward, Adam, zero_grad; the figure is the median of many, after a warm-up.

"lstm" is torch.nn.LSTM without dropout, its fastest: with and without oneDNN, Adam
plain and fused, and for papers of other lengths than full padded to the longest, the
state read at each last token, or packed. "cell" is the same network written as a
loop over time with dropout and recurrent dropout of 0.25 as Keras has them, a mask
for each paper, feature and gate, which nn.LSTM cannot do; eager, products of the
input taken out of the loop.

--race ROUNDS runs PyTorch's fastest and assay's own benchmark (BenchmarkLSTMStep of
./networks, with batch, gradient norm and moving averages in the step) in turn, and
prints the ratio of each round: the machine's speed drifts, pairs do not.
"""

import argparse
import math
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn

WORDS, DIM, HIDDEN, LENGTH, RATE = 50_000, 100, 100, 250, 0.25


class Fast(nn.Module):
    """torch.nn.LSTM."""

    def __init__(self, packed):
        super().__init__()
        self.packed = packed
        self.embedding = nn.Embedding(WORDS, DIM, padding_idx=0)
        self.lstm = nn.LSTM(DIM, HIDDEN)
        self.linear = nn.Linear(HIDDEN, 1)

    def forward(self, ids, lengths):
        x = self.embedding(ids)
        if self.packed:
            h = self.lstm(nn.utils.rnn.pack_padded_sequence(x, lengths))[1][0][0]
        else:
            h = self.lstm(x)[0][lengths - 1, torch.arange(ids.shape[1])]
        return self.linear(h)[:, 0]


class Cell(Fast):
    """The same with a mask a gate; papers are sorted, the longest first."""

    def __init__(self, _):
        super().__init__(False)

    def forward(self, ids, lengths):
        p, (T, B) = self.lstm, ids.shape
        scale = 1 / (1 - RATE)
        masks = (torch.rand(4, B, DIM + HIDDEN) >= RATE).float() * scale
        x = self.embedding(ids)
        wi, wh = p.weight_ih_l0.view(4, HIDDEN, DIM).transpose(1, 2), p.weight_hh_l0.view(4, HIDDEN, HIDDEN).transpose(1, 2)
        seen = (x[None] * masks[:, None, :, :DIM]).view(4, T * B, DIM)
        inputs = torch.baddbmm((p.bias_ih_l0 + p.bias_hh_l0).view(4, 1, HIDDEN), seen, wi).view(4, T, B, HIDDEN).unbind(1)
        state_masks = masks[:, :, DIM:].contiguous()
        h = c = x.new_zeros(B, HIDDEN)
        live = (torch.arange(T)[:, None] < lengths)[:, :, None].unbind(0)
        full = bool((lengths == T).all())
        for t in range(T):
            i, f, g, o = torch.baddbmm(inputs[t], h * state_masks, wh).unbind(0)
            cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
            state = o.sigmoid() * cell.tanh()
            h, c = (state, cell) if full else (torch.where(live[t], state, h), torch.where(live[t], cell, c))
        return self.linear(h)[:, 0]


def batch(papers, kind):
    """Random papers, the longest first."""
    lengths = torch.full((papers,), LENGTH)
    if kind == "abstracts":
        lengths = (140 + 50 * torch.randn(papers)).int().clamp(15, LENGTH).long().sort(descending=True).values
    T = int(lengths[0])
    ids = torch.randint(1, WORDS, (T, papers)) * (torch.arange(T)[:, None] < lengths)
    return ids, lengths, torch.randint(2, (papers,)).float()


def batches_of(papers, kind, count=16):
    """Batches as assay makes them: of papers of similar lengths."""
    if kind == "full":
        return [batch(papers, kind) for _ in range(4)]
    ids, lengths, targets = batch(papers * count, kind)
    out = [(ids[: int(lengths[i]), i : i + papers], lengths[i : i + papers], targets[i : i + papers]) for i in range(0, papers * count, papers)]
    return [out[i] for i in torch.randperm(count)]


def variants(kind):
    fast = [dict(model=Fast, packed=packed, fused=fused, onednn=onednn)
            for packed in ((False, True) if kind == "abstracts" else (False,)) for onednn in (True, False) for fused in (True, False)]
    return {"lstm": fast, "cell": [dict(model=Cell, packed=False, fused=fused, onednn=True) for fused in (True, False)]}


def named(v):
    return f"oneDNN {'on' if v['onednn'] else 'off'}, Adam {'fused' if v['fused'] else 'plain'}{', packed' if v['packed'] else ''}"


def time_steps(v, kind, papers, seconds, least):
    """The seconds of each step after a warm-up."""
    torch.manual_seed(1)
    torch.backends.mkldnn.enabled = v["onednn"]
    model = v["model"](v["packed"])
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=v["fused"])
    batches = batches_of(papers, kind)
    times, began, done = [], time.perf_counter(), 0
    while len(times) < least or time.perf_counter() - began < seconds:
        ids, lengths, targets = batches[done % len(batches)]
        start = time.perf_counter()
        loss = F.binary_cross_entropy_with_logits(model(ids, lengths), targets)
        loss.backward()
        adam.step()
        adam.zero_grad()
        done += 1
        if done > 3:
            times.append(time.perf_counter() - start)
    assert math.isfinite(loss.item())
    torch.backends.mkldnn.enabled = True
    return times


def typical(times, kind):
    """Batches of other lengths than full differ: their mean, as the other side has it."""
    return statistics.median(times) if kind == "full" else statistics.mean(times)


def assay_bench(binary, kind, dropout):
    """Seconds of a step of assay's benchmark."""
    out = subprocess.run([binary, "-test.run", "^$", "-test.bench", f"^BenchmarkLSTMStep$/papers={kind}$/dropout={dropout}$", "-test.benchtime", "3s"],
                         capture_output=True, text=True, check=True).stdout
    return float(re.search(r"([0-9.]+) ms/step", out).group(1)) / 1e3


def race(args):
    """Both programs in turn, on all cores."""
    root = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "networks.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./networks"], cwd=root, check=True)
        for kind in args.papers:
            for name, dropout in (("lstm", "0"), ("cell", "0.25")):
                best = min(variants(kind)[name], key=lambda v: typical(time_steps(v, kind, args.batch, 2, 6), kind))
                rows = []
                for _ in range(args.race):
                    theirs = typical(time_steps(best, kind, args.batch, args.seconds, args.steps), kind)
                    ours = assay_bench(binary, kind, dropout)
                    rows.append((theirs / ours, theirs, ours))
                    print(f"  papers={kind} {name}: PyTorch ({named(best)}) {1e3 * theirs:.1f} ms, assay {1e3 * ours:.1f} ms: {theirs / ours:.2f} times", flush=True)
                ratio, theirs, ours = (statistics.median(column) for column in zip(*rows))
                print(f"papers={kind}, dropout {dropout}: medians {1e3 * theirs:.1f} ms of {name} and {1e3 * ours:.1f} ms, {ratio:.2f} times; assay {args.batch / ours:.0f} papers/s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", nargs="+", default=["full", "abstracts"], choices=["full", "abstracts"], help="all of 250 tokens, or of lengths about 140")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5, help="at least, for each variant")
    parser.add_argument("--steps", type=int, default=16, help="at least, for each variant")
    parser.add_argument("--race", type=int, metavar="ROUNDS", help="in turn with assay, which needs Go")
    args = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    print(f"PyTorch {torch.__version__}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}")
    if args.race:
        race(args)
        return
    for kind in args.papers:
        for name, all_of in variants(kind).items():
            for v in all_of:
                times = time_steps(v, kind, args.batch, args.seconds, args.steps)
                print(f"papers={kind:9} {name:4} {named(v):32} {1e3 * typical(times, kind):7.1f} ms ({1e3 * min(times):.1f} to {1e3 * max(times):.1f}, {len(times)} steps)", flush=True)


if __name__ == "__main__":
    main()
