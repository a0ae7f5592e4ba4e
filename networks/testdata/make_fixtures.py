"""Writes the fixtures beside it: SHA-RNN-lite in PyTorch, computed in float64.

    pip install torch==2.9.1 numpy
    python networks/testdata/make_fixtures.py

README.md tells what the files hold.
"""

import gzip
import json
import math
import os

import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
ARTICLE = dict(embedding=100, hidden=256, categories=148, boom=512, masters=6)
STEPS = 10
SAMPLE = 64


class Boom(nn.Module):
    def __init__(self, categories, width, dropout):
        super().__init__()
        self.linear1 = nn.Linear(categories, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(width, categories)

    def forward(self, x):
        return x + self.linear2(self.dropout(self.norm(F.gelu(self.linear1(x)))))


class ShaRnnLite(nn.Module):
    def __init__(self, embedding, hidden, categories, boom, layers=1, dropout=0.0, **_):
        super().__init__()
        self.gru = nn.GRU(embedding, hidden, layers, bidirectional=True)
        self.norm1 = nn.LayerNorm(2 * hidden)
        self.norm2 = nn.LayerNorm(2 * hidden)
        self.linear = nn.Linear(2 * hidden, categories)
        self.norm3 = nn.LayerNorm(categories)
        self.norm4 = nn.LayerNorm(categories)
        self.boom = Boom(categories, boom, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, lengths):
        """Logits (B, C) of vectors x (T, B, D); lengths None: nothing is masked."""
        steps, batch = x.shape[:2]
        if lengths is None:
            lengths = torch.full((batch,), steps)
            y, _ = self.gru(x)
        else:
            # PyTorch packs no empty papers; their one step is masked below.
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.clamp(min=1), enforce_sorted=False)
            y, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], total_length=steps)
        y = self.norm1(y).transpose(0, 1)  # (B, T, 2H)
        time = torch.arange(steps)
        scores = y @ y.transpose(1, 2) / math.sqrt(y.shape[2])
        scores = scores.masked_fill((time >= lengths.clamp(min=1)[:, None])[:, None, :], -torch.inf)
        y = self.norm2(self.dropout(scores.softmax(2) @ y))
        y = (y * (time < lengths[:, None])[:, :, None]).sum(1)  # (B, 2H)
        y = self.norm3(F.gelu(self.linear(y)))
        p = (y[:, :, None] * y[:, None, :] / math.sqrt(y.shape[1])).softmax(2)
        y = (p @ y[:, :, None]).squeeze(2)
        return self.boom(self.norm4(self.dropout(y)))


def mix(x, y):
    return torch.logsumexp(torch.stack([x + y, x, y]), 0)


def master_logits(logits, groups, masters):
    """(B, M), and the smallest distance between the second and the third of a group."""
    columns, gap = [], math.inf
    for m in range(masters):
        group = logits[:, groups == m]
        top = group.topk(min(group.shape[1], 3)).values
        columns.append(top[:, 0] if top.shape[1] == 1 else mix(top[:, 0], top[:, 1]))
        if top.shape[1] == 3:
            gap = min(gap, (top[:, 1] - top[:, 2]).min().item())
    return torch.stack(columns, 1), gap


def nested_loss(logits, case):
    """The loss, the master logits and their gap."""
    like = dict(dtype=logits.dtype)
    groups, masters = torch.tensor(case["groups"]), case["sizes"]["masters"]
    targets = torch.tensor(case["targets"], **like).reshape(logits.shape)
    above, gap = master_logits(logits, groups, masters)
    above_targets = torch.stack([targets[:, groups == m].amax(1) for m in range(masters)], 1)
    weight = [w and torch.tensor(w, **like) for w in (case["pos_weight"], case["master_pos_weight"])]
    loss = (1 - case["ratio"]) * F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight[0])
    loss += case["ratio"] * F.binary_cross_entropy_with_logits(above, above_targets, pos_weight=weight[1])
    return loss, above, gap


def fmix32(z):
    """The finaliser of MurmurHash3."""
    z = (z ^ z >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    z = (z ^ z >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return z ^ z >> 16


def formula(count, salt, scale, offset):
    """Values 0 to count-1 of the README's formula, as float32 rounds them."""
    values = [offset + scale * (fmix32((k + salt * 0x9E3779B9) & 0xFFFFFFFF) / 2**31 - 1) for k in range(count)]
    return torch.tensor(values, dtype=torch.float64).float().double()


def short(values):
    """Numbers with 9 significant digits, enough for every float32."""
    if isinstance(values, torch.Tensor):
        values = values.detach().double().flatten().tolist()
    return [float(f"{v:.9g}") for v in values]


def as_stored(x):
    """float32 values, exactly as their 9 digits read in float64."""
    return torch.tensor(short(x.float()), dtype=torch.float64).reshape(x.shape)


def weights(counts):
    return short([max(counts) / (n + 1) for n in counts])


def make_case(name, T, lengths, *, hidden, embedding=5, categories=9, boom=10, masters=4, vocabulary=12, masked=True, weighted=True, ratio=0.1, layers=1, seed=1):
    """The inputs of a case: everything but embedding, parameters and results."""
    draw = torch.Generator().manual_seed(seed)
    pick = lambda n: int(torch.randint(n, (1,), generator=draw))
    B = len(lengths)
    ids = [[1 + pick(vocabulary - 1) if t < lengths[b] else 0 for b in range(B)] for t in range(T)]
    # The first and the last group have several categories, the second has one.
    groups = [0, 1] + list(range(2, masters))
    groups += [g for g in (pick(masters) for _ in range(20 * categories)) if g != 1][: categories - masters]
    targets = [[0] * categories for _ in range(B)]
    for row in targets:
        for _ in range(1 + pick(3)):
            row[pick(categories)] = 1
    counts, above = [1 + pick(400) for _ in range(categories)], [1 + pick(400) for _ in range(masters)]
    return {
        "name": name, "masked": masked,
        "sizes": dict(T=T, B=B, embedding=embedding, vocabulary=vocabulary, hidden=hidden, categories=categories, boom=boom, masters=masters) | (dict(layers=layers) if layers > 1 else {}),
        "ids": sum(ids, []), "lengths": lengths if masked else [T] * B, "targets": sum(targets, []), "groups": groups,
        "pos_weight": weights(counts) if weighted else None, "master_pos_weight": weights(above) if weighted else None, "ratio": ratio,
    }


def draw_values(model, case, seed):
    """Sets random parameters and returns a random embedding matrix."""
    draw = torch.Generator().manual_seed(1000 + seed)
    sizes = case["sizes"]
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=draw, dtype=torch.float64)
            norm, bias = "norm" in name, "bias" in name
            scale = 0.2 if bias or norm else 1 / math.sqrt(p.shape[-1])
            p.copy_(as_stored(scale * noise + (norm and not bias)))
    matrix = 0.5 * torch.randn((sizes["vocabulary"], sizes["embedding"]), generator=draw, dtype=torch.float64)
    matrix[0] = 0
    return as_stored(matrix)


def formula_values(model, case):
    """The same by formula; returns the matrix, its recipe and the parameters' recipes."""
    sizes, recipes = case["sizes"], {}
    with torch.no_grad():
        for salt, (name, p) in enumerate(model.named_parameters(), 1):
            norm, bias = "norm" in name, "bias" in name
            recipe = dict(salt=salt, scale=0.125 if bias or norm else 2 ** -round(math.log2(p.shape[-1]) / 2), offset=float(norm and not bias))
            p.copy_(formula(p.numel(), **recipe).reshape(p.shape))
            recipes[name] = recipe
    recipe = dict(salt=0, scale=0.5, offset=0.0)
    matrix = formula(sizes["vocabulary"] * sizes["embedding"], **recipe).reshape(sizes["vocabulary"], sizes["embedding"])
    matrix[0] = 0
    return matrix, recipe, recipes


def evaluate(model, matrix, case):
    """One forward and backward pass: loss, logits, master logits, gap; gradients stay in the model."""
    sizes = case["sizes"]
    x = matrix[torch.tensor(case["ids"]).reshape(sizes["T"], sizes["B"])]
    model.zero_grad()
    logits = model(x, torch.tensor(case["lengths"]) if case["masked"] else None)
    logits.retain_grad()
    loss, above, gap = nested_loss(logits, case)
    loss.backward()
    return loss, logits, above, gap


def descend(model, matrix, case):
    """The losses before each of ten Adam steps on the one batch, and after the last."""
    adam, losses = torch.optim.Adam(model.parameters(), lr=3e-3), []
    for _ in range(STEPS):
        losses.append(evaluate(model, matrix, case)[0].item())
        adam.step()
    return losses + [evaluate(model, matrix, case)[0].item()]


def check_single(model, single, case):
    """The largest relative difference of a gradient in float32."""
    worst = 0
    for p, q in zip(model.parameters(), single.parameters()):
        if p.grad.norm() > 0:
            worst = max(worst, ((p.grad - q.grad).norm() / p.grad.norm()).item())
    assert worst < 3e-5, f"{case['name']}: float32 cannot meet the tests' tolerance: {worst}"
    return worst


def record(case, seed=1, by_formula=False):
    """Computes and writes one case."""
    model = ShaRnnLite(**case["sizes"]).double()
    if by_formula:
        assert sum(p.numel() for p in model.parameters()) == 781_688
        matrix, case["embedding"], recipes = formula_values(model, case)
    else:
        matrix = draw_values(model, case, seed)
        case["embedding"] = short(matrix)
    loss, logits, above, gap = evaluate(model, matrix, case)
    assert gap > 1e-3, f"{case['name']}: two logits are too near for float32 to tell"
    single = ShaRnnLite(**case["sizes"])
    single.load_state_dict(model.state_dict())
    evaluate(single, matrix.float(), case)
    worst = check_single(model, single, case)
    case["params"] = []
    for name, p in model.named_parameters():
        entry = dict(name=name, shape=list(p.shape))
        g = p.grad.flatten()
        if by_formula:
            at = [i * g.numel() // min(SAMPLE, g.numel()) for i in range(min(SAMPLE, g.numel()))]
            norm, total = short([g.norm().item(), g.sum().item()])
            entry |= recipes[name] | dict(grad_norm=norm, grad_sum=total, grad_at=at, grad_sample=short(g[at]))
        else:
            entry |= dict(value=short(p), grad=short(g))
        case["params"].append(entry)
    case["logits"], case["dlogits"], case["master_logits"] = short(logits), short(logits.grad), short(above)
    case["loss"] = short([loss.item()])[0]
    losses = descend(model, matrix, case)
    worst_loss = max(abs(x / y - 1) for x, y in zip(descend(single, matrix.float(), case), losses))
    assert worst_loss < 3e-4, f"{case['name']}: float32 cannot meet the tests' tolerance of losses: {worst_loss}"
    case["adam_losses"] = short(losses)
    text = json.dumps(case, separators=(",", ":")).encode()
    with open(os.path.join(HERE, case["name"] + ".json.gz"), "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(text)
    print(f"{case['name']:24} loss {loss.item():.6f} to {losses[-1]:.6f}  gap {gap:.4f}  float32 {worst:.1e} {worst_loss:.1e}  {os.path.getsize(raw.name)} bytes")


def main():
    torch.set_num_threads(1)
    for i, (name, T, lengths, options) in enumerate([
        ("one_token", 1, [1], dict(hidden=6)),
        ("one_step", 1, [1, 1, 1], dict(hidden=6, weighted=False)),
        ("one_paper", 7, [7], dict(hidden=6, ratio=0.0)),
        ("one_paper_padded", 6, [2], dict(hidden=6, ratio=1.0, weighted=False)),
        ("masked", 6, [6, 1, 4, 3], dict(hidden=6, embedding=7)),
        ("masked_unweighted", 6, [2, 6, 5, 1], dict(hidden=6, weighted=False)),
        ("masked_shorter_than_t", 8, [5, 1, 3], dict(hidden=6, ratio=1.0)),
        ("masked_empty_paper", 5, [4, 0, 5], dict(hidden=6)),
        ("unmasked", 6, [6, 1, 4, 3], dict(hidden=6, embedding=7, masked=False)),
        ("unmasked_one_paper", 5, [3], dict(hidden=6, masked=False, weighted=False, ratio=1.0)),
        ("odd_masked", 9, [9, 1, 5, 8, 2], dict(hidden=19, embedding=7, categories=21, boom=33, masters=5)),
        ("odd_unmasked", 5, [5, 2, 4], dict(hidden=19, embedding=7, categories=21, boom=33, masters=5, masked=False, ratio=0.0)),
        ("odd_many_papers", 3, [3, 1, 2] * 6 + [3], dict(hidden=17, embedding=5, categories=19, boom=35, ratio=0.5)),
        ("two_layers", 6, [6, 1, 4, 3], dict(hidden=6, embedding=7, layers=2)),
        ("three_layers_unmasked", 4, [4, 3], dict(hidden=5, masked=False, layers=3)),
    ]):
        record(make_case(name, T, lengths, seed=i + 1, **options), seed=i + 1)
    record(make_case("article_sizes", 12, [12, 5, 1], vocabulary=40, seed=100, **ARTICLE), by_formula=True)


if __name__ == "__main__":
    main()
