"""Writes the fixtures in lstm/ beside it: the LSTM in PyTorch, computed in float64.

    pip install torch==2.9.1 numpy
    python networks/testdata/make_lstm_fixtures.py

README.md tells what the files hold. --keras holds Keras' own LSTM (pip install keras,
KERAS_BACKEND=torch) to the same cell, given masks, instead of writing.
"""

import argparse
import gzip
import hashlib
import json
import math
import os

import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 10
WORD = (1 << 64) - 1


def mix(x):
    """The finaliser of SplitMix64."""
    x = (x + 0x9E3779B97F4A7C15) & WORD
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & WORD
    x = (x ^ x >> 27) * 0x94D049BB133111EB & WORD
    return x ^ x >> 31


def seed_of(seed, *names):
    """What package rng makes of a seed and names."""
    text = seed.to_bytes(8, "little")
    for name in names:
        text += len(name).to_bytes(8, "little") + name.encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def mask(seed, name, rate, step, rows, width):
    """(rows, width): 0 or 1/(1-rate), by a hash of the place."""
    own, limit = seed_of(seed, "layers", name), int(rate * 2**32)
    out = torch.ones(rows, width, dtype=torch.float64)
    for row in range(rows if limit else 0):
        state = mix(own ^ mix((step << 24 ^ row) & WORD))
        for i in range(width):
            bits = mix((state + i // 2 * 2) & WORD) >> 32 * (i % 2) & 0xFFFFFFFF
            out[row, i] = 0 if bits < limit else 1 / (1 - rate)
    return out


class Lstm(nn.Module):
    def __init__(self, sizes, units, frozen):
        super().__init__()
        self.embedding = nn.Embedding(sizes["vocabulary"], sizes["embedding"], padding_idx=0)
        self.embedding.weight.requires_grad = not frozen
        self.lstm = nn.LSTM(sizes["embedding"], sizes["hidden"])
        self.linear = nn.Linear(sizes["hidden"], units)

    def state(self, x, lengths, input_masks, state_masks):
        """(B, H) of x (T, B, D): the state at each last token. Masks (B, 4, width): one a gate."""
        p = self.lstm
        gates = list(zip(*(w.chunk(4) for w in (p.weight_ih_l0, p.weight_hh_l0, p.bias_ih_l0 + p.bias_hh_l0)), input_masks.unbind(1), state_masks.unbind(1)))
        h = c = x.new_zeros(x.shape[1], p.hidden_size)
        for t in range(x.shape[0]):
            i, f, g, o = ((x[t] * input_mask) @ wi.T + (h * state_mask) @ wh.T + bias for wi, wh, bias, input_mask, state_mask in gates)
            cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
            live = (t < lengths)[:, None]
            h = torch.where(live, o.sigmoid() * cell.tanh(), h)
            c = torch.where(live, cell, c)
        return h

    def forward(self, ids, lengths, masks):
        x = self.embedding(ids) * masks["spatial_dropout"]
        h = self.state(x, lengths, masks["input_dropout"], masks["recurrent_dropout"])
        if all((m == 1).all() for m in masks.values()):
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.clamp(min=1), enforce_sorted=False)
            theirs = self.lstm(packed)[1][0][0] * (lengths > 0)[:, None]
            torch.testing.assert_close(theirs, h, rtol=1e-5, atol=1e-6)
        return self.linear(h)


def short(values):
    """Numbers with 9 significant digits, enough for every float32."""
    if isinstance(values, torch.Tensor):
        values = values.detach().double().flatten().tolist()
    return [float(f"{v:.9g}") for v in values]


def as_stored(x):
    """float32 values, exactly as their 9 digits read in float64."""
    return torch.tensor(short(x.float()), dtype=torch.float64).reshape(x.shape)


def make_case(name, T, lengths, *, hidden=6, embedding=5, labels=4, vocabulary=12, output="sigmoid", exclusive=False, frozen=False,
              dropout=0.0, recurrent=0.0, spatial=0.0, step=0, seed=1):
    draw = torch.Generator().manual_seed(seed)
    pick = lambda n: int(torch.randint(n, (1,), generator=draw))
    B = len(lengths)
    ids = [[1 + pick(vocabulary - 1) if t < lengths[b] else 0 for b in range(B)] for t in range(T)]
    targets = [[0] * labels for _ in range(B)]
    for row in targets:
        for _ in range(1 if exclusive else 1 + pick(3)):
            row[pick(labels)] = 1
    return {
        "name": name, "output": output, "exclusive": exclusive, "frozen": frozen,
        "sizes": dict(T=T, B=B, embedding=embedding, vocabulary=vocabulary, hidden=hidden, labels=labels),
        "dropout": dropout, "recurrent": recurrent, "spatial": spatial, "seed": 40 + seed, "step": step,
        "ids": sum(ids, []), "lengths": lengths, "targets": sum(targets, []),
    }


def gate_masks(seed, name, rate, step, papers, width, apart):
    """(B, 4, width): of each gate, or the same for all."""
    gates = 4 if apart else 1
    return mask(seed, name, rate, step, papers * gates, width).reshape(papers, gates, width).expand(papers, 4, width)


def masks_of(case):
    s, apart = case["sizes"], case["recurrent"] > 0
    draw = lambda name, rate, width: gate_masks(case["seed"], name, case[rate], case["step"], s["B"], width, apart)
    return dict(spatial_dropout=mask(case["seed"], "spatial_dropout", case["spatial"], case["step"], s["B"], s["embedding"]),
                input_dropout=draw("input_dropout", "dropout", s["embedding"]), recurrent_dropout=draw("recurrent_dropout", "recurrent", s["hidden"]))


def pair(case):
    return case["output"] == "sigmoid" and case["exclusive"] and case["sizes"]["labels"] == 2


def evaluate(model, case):
    """One forward and backward pass: loss and log-odds; gradients stay in the model."""
    s, like = case["sizes"], model.linear.weight
    masks = {name: m.to(like.dtype) for name, m in masks_of(case).items()}
    targets = torch.tensor(case["targets"], dtype=like.dtype).reshape(s["B"], s["labels"])
    model.zero_grad()
    z = model(torch.tensor(case["ids"]).reshape(s["T"], s["B"]), torch.tensor(case["lengths"]), masks)
    if pair(case):
        loss, logits = F.binary_cross_entropy_with_logits(z[:, 0], targets[:, 1]), torch.cat([-z, z], 1)
    elif case["output"] == "softmax":
        loss = F.cross_entropy(z, targets.argmax(1))
        own = torch.eye(s["labels"], dtype=torch.bool)
        logits = z - z[:, None, :].expand(-1, s["labels"], -1).masked_fill(own, -torch.inf).logsumexp(2)
    else:
        loss, logits = F.binary_cross_entropy_with_logits(z, targets), z
    loss.backward()
    return loss, logits


def trained(model):
    return [(name, p) for name, p in model.named_parameters() if p.requires_grad]


def descend(model, case):
    """The losses before each of ten Adam steps on the one batch, and after the last."""
    adam, losses = torch.optim.Adam([p for _, p in trained(model)], lr=3e-3), []
    for _ in range(STEPS):
        losses.append(evaluate(model, case)[0].item())
        adam.step()
    return losses + [evaluate(model, case)[0].item()]


def record(case, seed):
    """Computes and writes one case."""
    units = 1 if pair(case) else case["sizes"]["labels"]
    model = Lstm(case["sizes"], units, case["frozen"]).double()
    draw = torch.Generator().manual_seed(1000 + seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            scale = 0.5 if "embedding" in name else 0.2 if "bias" in name else 1 / math.sqrt(p.shape[-1])
            p.copy_(as_stored(scale * torch.randn(p.shape, generator=draw, dtype=torch.float64)))
        model.embedding.weight[0] = 0
    case["embedding"] = short(model.embedding.weight)
    loss, logits = evaluate(model, case)
    single = Lstm(case["sizes"], units, case["frozen"])
    single.load_state_dict(model.state_dict())
    evaluate(single, case)
    worst = 0
    for (name, p), (_, q) in zip(trained(model), trained(single)):
        if p.grad.norm() > 0:
            worst = max(worst, ((p.grad - q.grad).norm() / p.grad.norm()).item())
    assert worst < 3e-5, f"{case['name']}: float32 cannot meet the tests' tolerance: {worst}"
    case["params"] = [dict(name=name, shape=list(p.shape), value=short(p), grad=short(p.grad)) for name, p in trained(model)]
    case["logits"], case["loss"] = short(logits), short([loss.item()])[0]
    losses = descend(model, case)
    worst_loss = max(abs(x / y - 1) for x, y in zip(descend(single, case), losses))
    assert worst_loss < 3e-4, f"{case['name']}: float32 cannot meet the tests' tolerance of losses: {worst_loss}"
    case["adam_losses"] = short(losses)
    path = os.path.join(HERE, "lstm", case["name"] + ".json.gz")
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(json.dumps(case, separators=(",", ":")).encode())
    print(f"{case['name']:24} loss {loss.item():.6f} to {losses[-1]:.6f}  float32 {worst:.1e} {worst_loss:.1e}  {os.path.getsize(path)} bytes")


def against_keras():
    """Keras' LSTM, its masks replaced by given ones, with padding before the papers and behind."""
    import keras

    class Given(keras.layers.LSTM):
        """The masks that its cell would draw are these."""
        def __init__(self, *args, given, **kwargs):
            super().__init__(*args, **kwargs)
            for name, value in given.items():
                setattr(self.cell, f"get_{name}_mask", lambda _, value=value: value)

    T, B, D, H = 7, 4, 5, 6
    draw = torch.Generator().manual_seed(9)
    x, lengths = torch.randn(T, B, D, generator=draw), torch.tensor([7, 1, 4, 6])
    padding = torch.arange(T)[None, :] < lengths[:, None]
    first = torch.stack([x[:, b].roll(int(T - n), 0) for b, n in enumerate(lengths)])
    p = (model := Lstm(dict(vocabulary=3, embedding=D, hidden=H), 1, False)).lstm
    new = keras.layers.LSTM(H)
    new.build((B, T, D))
    kernel, recurrent, bias = new.get_weights()
    print(f"Keras {keras.__version__}, {keras.backend.backend()}: a new layer has bias {bias.reshape(4, H)[:, 0].tolist()}, recurrent weights "
          f"{abs(recurrent @ recurrent.T - torch.eye(H).numpy()).max():.0e} off orthonormal, input weights up to {abs(kernel).max() / math.sqrt(6 / (D + 4 * H)):.3f} of the Glorot bound")
    worst = 0
    for rates in (dict(dropout=0.25), dict(recurrent_dropout=0.25), dict(dropout=0.25, recurrent_dropout=0.25)):
        apart = "recurrent_dropout" in rates
        masks = [gate_masks(3, name, rates.get(key, 0), 5, B, width, apart).float() for name, key, width in (("input_dropout", "dropout", D), ("recurrent_dropout", "recurrent_dropout", H))]
        given = {name: list(m.unbind(1)) if apart else m[:, 0] for name, m in zip(("dropout", "recurrent_dropout"), masks)}
        theirs = Given(H, given=given, **rates)
        theirs.build((B, T, D))
        theirs.set_weights([w.detach().numpy() for w in (p.weight_ih_l0.T, p.weight_hh_l0.T, p.bias_ih_l0 + p.bias_hh_l0)])
        drawn = keras.layers.LSTM(H, **rates)
        drawn.build((B, T, D))
        one = drawn.cell.get_dropout_mask(torch.ones(B, D)) if "dropout" in rates else drawn.cell.get_recurrent_dropout_mask(torch.ones(B, H))
        print(f"  {rates}: implementation {drawn.cell.implementation}, draws {f'{len(one)} masks' if isinstance(one, list) else 'one mask'} "
              f"of values {sorted(set(torch.stack(one if isinstance(one, list) else [one]).flatten().tolist()))}")
        for training in (True, False):
            with torch.no_grad():
                ours = model.state(x, lengths, *(m if training else torch.ones_like(m) for m in masks))
                off = [abs(theirs(y, mask=m, training=training) - ours).max().item() for y, m in ((x.transpose(0, 1), padding), (first, padding.flip(1)))]
            print(f"    {'in training' if training else 'elsewhere'}: padding behind {off[0]:.1e} off, before {off[1]:.1e} off")
            worst = max(worst, *off)
    spatial = keras.layers.SpatialDropout1D(0.25)(torch.ones(B, T, D), training=True)
    same = bool((spatial == spatial[:, :1]).all())
    print(f"  SpatialDropout1D: the same at all times: {same}, values {sorted(set(spatial.flatten().tolist()))}")
    assert worst < 1e-6 and same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras", action="store_true")
    torch.set_num_threads(1)
    if parser.parse_args().keras:
        against_keras()
        return
    two = dict(labels=2, exclusive=True)
    all_dropout = dict(dropout=0.25, recurrent=0.25, spatial=0.2, step=7)
    for i, (name, T, lengths, options) in enumerate([
        ("one_token", 1, [1], dict(two)),
        ("one_paper", 7, [7], dict()),
        ("pair", 6, [6, 4, 3, 1], dict(two)),
        ("pair_frozen", 6, [6, 4, 3, 1], dict(two, frozen=True)),
        ("pair_unordered_empty", 6, [2, 6, 0, 5], dict(two)),
        ("pair_input_dropout", 6, [6, 4, 3, 0], dict(two, dropout=0.25)),
        ("pair_recurrent_dropout", 6, [6, 4, 3, 0], dict(two, recurrent=0.25, step=3)),
        ("pair_spatial_dropout", 6, [6, 4, 3, 0], dict(two, spatial=0.4, step=1)),
        ("pair_dropout", 6, [6, 4, 3, 1], dict(two, **all_dropout)),
        ("pair_frozen_dropout", 6, [6, 4, 3, 1], dict(two, frozen=True, **all_dropout)),
        ("sigmoids", 6, [6, 4, 3, 1], dict(labels=5)),
        ("sigmoids_exclusive", 5, [5, 5, 2], dict(labels=3, exclusive=True)),
        ("softmax", 6, [6, 4, 3, 1], dict(labels=5, exclusive=True, output="softmax")),
        ("softmax_two", 6, [6, 4, 3, 1], dict(two, output="softmax")),
        ("softmax_dropout", 8, [5, 3, 1], dict(labels=3, exclusive=True, output="softmax", **all_dropout)),
        ("odd", 9, [9, 8, 5, 2, 1], dict(labels=7, hidden=19, embedding=7, vocabulary=23)),
        ("odd_dropout", 9, [9, 1, 5, 8, 0], dict(labels=7, hidden=19, embedding=13, vocabulary=23, **all_dropout)),
        ("odd_many_papers", 4, [4, 4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0], dict(two, hidden=17, embedding=33, vocabulary=9, **all_dropout)),
    ]):
        record(make_case(name, T, lengths, seed=i + 21, **options), seed=i + 21)


if __name__ == "__main__":
    main()
