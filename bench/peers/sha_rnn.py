"""A training step of SHA-RNN-lite in PyTorch, on the CPU.

    pip install -r bench/peers/requirements.txt
    python bench/peers/sha_rnn.py --json torch.json

The article's sizes: 781,688 parameters, a frozen embedding of 50,000 x 100, 148
categories in 6 groups, random papers of full length. A step is forward, nested
loss, backward, Adam, zero_grad; the figure is the median of many, after a
warm-up. Attention is tried as two bmm and as scaled_dot_product_attention, Adam
plain and fused, and the fastest pair counts. The ceiling is what the best of
several large float32 matrix products reaches on the same cores.

--single measures on one core, too. --race ROUNDS runs PyTorch's fastest pair and
assay's own benchmark (BenchmarkStep and BenchmarkCeiling of ./networks, with batch,
gradient norm and moving averages in the step) in turn, and prints the ratio of each
round: the machine's speed drifts, pairs do not.
"""

import argparse
import json
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

EMBEDDING, HIDDEN, CATEGORIES, BOOM = 100, 256, 148, 512
GROUPS = [32, 40, 6, 10, 51, 9]
RATIO, WORDS = 0.1, 50_000


def attention_bmm(x):
    """softmax(x x^T / sqrt(D)) x of x (B, T, D)."""
    scores = torch.bmm(x, x.transpose(1, 2) / math.sqrt(x.shape[2]))
    return torch.bmm(scores.softmax(2), x)


def attention_sdpa(x):
    return F.scaled_dot_product_attention(x, x, x)


class ShaRnnLite(nn.Module):
    def __init__(self, attention):
        super().__init__()
        self.attention = attention
        self.embedding = nn.Embedding.from_pretrained(torch.randn(WORDS, EMBEDDING) * 0.3, freeze=True)
        self.gru = nn.GRU(EMBEDDING, HIDDEN, bidirectional=True)
        self.norm1, self.norm2 = nn.LayerNorm(2 * HIDDEN), nn.LayerNorm(2 * HIDDEN)
        self.linear = nn.Linear(2 * HIDDEN, CATEGORIES)
        self.norm3, self.norm4 = nn.LayerNorm(CATEGORIES), nn.LayerNorm(CATEGORIES)
        self.boom = nn.Sequential(nn.Linear(CATEGORIES, BOOM), nn.GELU(), nn.LayerNorm(BOOM), nn.Linear(BOOM, CATEGORIES))

    def forward(self, ids):
        x = self.norm1(self.gru(self.embedding(ids))[0]).transpose(0, 1)
        x = self.norm2(self.attention(x)).sum(1)
        x = self.norm3(F.gelu(self.linear(x)))
        p = (x[:, :, None] * (x[:, None, :] / math.sqrt(CATEGORIES))).softmax(2)
        x = self.norm4(torch.bmm(p, x[:, :, None]).squeeze(2))
        return x + self.boom(x)


class NestedLoss(nn.Module):
    def __init__(self):
        super().__init__()
        # (M, largest group): the columns of each group, filled up with a column of -inf.
        columns = torch.arange(CATEGORIES).split(GROUPS)
        self.columns = nn.utils.rnn.pad_sequence(columns, batch_first=True, padding_value=CATEGORIES)
        self.weight, self.master_weight = 1 + 9 * torch.rand(CATEGORIES), 1 + 2 * torch.rand(len(GROUPS))

    def forward(self, logits, targets, masters):
        two = F.pad(logits, (0, 1), value=-torch.inf)[:, self.columns].topk(2, dim=2).values
        mixed = torch.logsumexp(torch.cat([two, two.sum(2, keepdim=True)], 2), 2)
        low = F.binary_cross_entropy_with_logits(logits, targets, pos_weight=self.weight)
        high = F.binary_cross_entropy_with_logits(mixed, masters, pos_weight=self.master_weight)
        return (1 - RATIO) * low + RATIO * high


def batch(length, papers):
    ids = torch.randint(1, WORDS, (length, papers))
    targets = (torch.rand(papers, CATEGORIES) < 0.012).float()
    masters = torch.stack([part.amax(1) for part in targets.split(GROUPS, 1)], 1)
    return ids, targets, masters


def time_steps(attention, fused, length, papers, seconds, least):
    """The seconds of each step after a warm-up."""
    torch.manual_seed(1)
    model, loss = ShaRnnLite(attention), NestedLoss()
    trained = [p for p in model.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == 781_688
    adam = torch.optim.Adam(trained, lr=3e-4, fused=fused)
    batches = [batch(length, papers) for _ in range(4)]
    times, began, done = [], time.perf_counter(), 0
    while len(times) < least or time.perf_counter() - began < seconds:
        ids, targets, masters = batches[done % len(batches)]
        start = time.perf_counter()
        value = loss(model(ids), targets, masters)
        value.backward()
        adam.step()
        adam.zero_grad()
        done += 1
        if done > 3:
            times.append(time.perf_counter() - start)
    assert math.isfinite(value.item())
    return times


def matmul(size, runs=7):
    """GFLOP/s of the fastest of several products of two size x size matrices."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times) / 1e9


def flops(length, papers):
    """Multiplications and additions of the products in a step; the embedding takes no gradient."""
    tokens = length * papers
    gru = 2 * tokens * 2 * 3 * HIDDEN * (2 * EMBEDDING + 3 * HIDDEN)
    attention = 2 * papers * length * length * 2 * HIDDEN * (2 + 4)
    head = 3 * 2 * papers * (2 * HIDDEN * CATEGORIES + 2 * CATEGORIES * BOOM)
    return gru + attention + head


def measure(threads, args):
    torch.set_num_threads(threads)
    ceiling = max(matmul(size) for size in (2048, 4096))
    print(f"{threads} thread{'s' * (threads > 1)}: matrix products reach {ceiling:.0f} GFLOP/s", flush=True)
    rows = []
    for length in args.lengths:
        for name, attention in (("bmm", attention_bmm), ("sdpa", attention_sdpa)):
            for fused in (False, True):
                times = time_steps(attention, fused, length, args.batch, args.seconds, args.steps)
                rows.append(dict(T=length, B=args.batch, attention=name, adam="fused" if fused else "plain", steps=len(times),
                                 seconds=statistics.median(times), fastest=min(times), slowest=max(times)))
        best = min((r for r in rows if r["T"] == length), key=lambda r: r["seconds"])
        best["best"] = True
        for r in rows:
            if r["T"] == length:
                rate = flops(length, args.batch) / r["seconds"] / 1e9
                r["gflops"] = rate
                print(f"  T={length:<4} B={args.batch} {r['attention']:5} Adam {r['adam']:6} median {1e3 * r['seconds']:7.1f} ms ({1e3 * r['fastest']:.1f} to {1e3 * r['slowest']:.1f}, "
                      f"{r['steps']} steps) {args.batch / r['seconds']:6.0f} papers/s {rate:5.0f} GFLOP/s, {100 * rate / ceiling:.0f} %{'  <- best' if r is best else ''}", flush=True)
    return dict(threads=threads, ceiling_gflops=ceiling, steps=rows)


def assay_bench(binary, name, unit):
    """A figure of one of assay's benchmarks."""
    out = subprocess.run([binary, "-test.run", "^$", "-test.bench", f"^{name}$", "-test.benchtime", "3s"],
                         capture_output=True, text=True, check=True).stdout
    return float(re.search(rf"([0-9.]+) {unit}", out).group(1))


def race(args):
    """Both programs in turn, on all cores."""
    root = pathlib.Path(__file__).resolve().parents[2]
    torch.set_num_threads(os.cpu_count())
    pairs = [(name, attention, fused) for name, attention in (("bmm", attention_bmm), ("sdpa", attention_sdpa)) for fused in (False, True)]
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "networks.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./networks"], cwd=root, check=True)
        ceilings = [max(max(matmul(size) for size in (2048, 4096)), assay_bench(binary, "BenchmarkCeiling", "GFLOP/s")) for _ in range(2)]
        ceiling = max(ceilings)
        print(f"large products reach {ceiling:.0f} GFLOP/s")
        for length in args.lengths:
            best = min(pairs, key=lambda p: statistics.median(time_steps(p[1], p[2], length, args.batch, 2, 6)))
            rows = []
            for _ in range(args.race):
                theirs = statistics.median(time_steps(best[1], best[2], length, args.batch, args.seconds, args.steps))
                ours = assay_bench(binary, f"BenchmarkStep/T={length}", "ms/step") / 1e3
                rows.append((theirs / ours, theirs, ours))
                print(f"  T={length}: PyTorch ({best[0]}, Adam {'fused' if best[2] else 'plain'}) {1e3 * theirs:.1f} ms, assay {1e3 * ours:.1f} ms: {theirs / ours:.2f} times", flush=True)
            ratio, theirs, ours = (statistics.median(column) for column in zip(*rows))
            rate = flops(length, args.batch) / ours / 1e9
            print(f"T={length} B={args.batch}: medians {1e3 * theirs:.1f} and {1e3 * ours:.1f} ms, {ratio:.2f} times; assay {args.batch / ours:.0f} papers/s, "
                  f"{rate:.0f} GFLOP/s, {100 * rate / ceiling:.0f} % of the ceiling")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=8, help="at least, for each variant")
    parser.add_argument("--steps", type=int, default=20, help="at least, for each variant")
    parser.add_argument("--single", action="store_true", help="one core as well")
    parser.add_argument("--race", type=int, metavar="ROUNDS", help="in turn with assay, which needs Go")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    args = parser.parse_args()
    # They choose kernels for another processor than this one.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if name in os.environ:
            print(f"note: {name} is set; unset it where it is not meant")
    print(f"PyTorch {torch.__version__}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}")
    if args.race:
        race(args)
        return
    results = [measure(threads, args) for threads in sorted({os.cpu_count()} | ({1} if args.single else set()))]
    if args.json:
        with open(args.json, "w") as out:
            json.dump(dict(torch=torch.__version__, cores=os.cpu_count(), runs=results), out, indent=1)


if __name__ == "__main__":
    main()
