"""Answers questions of the Go tests with the official fastText library.

pip install fasttext-wheel==0.9.2 (or fasttext)

train TEXT OUT KEY=VALUE…   trains OUT by train_unsupervised
ask MODEL COPY              reads words, a line each, from stdin; writes as JSON
                            their vectors, sentence vectors, n-gram ids and
                            neighbours; saves the model again as COPY
"""

import json
import sys

import fasttext

fasttext.FastText.eprint = lambda *args, **kwargs: None


def train(text, out, *pairs):
    options = {}
    for pair in pairs:
        key, value = pair.split("=")
        options[key] = value if key == "model" else float(value) if key in ("lr", "t") else int(value)
    fasttext.train_unsupervised(text, verbose=0, **options).save_model(out)


def ask(path, copy):
    model = fasttext.load_model(path)
    lines = sys.stdin.read().split("\n")
    words, counts = model.get_words(include_freq=True)
    answer = {
        "words": words,
        "counts": [int(c) for c in counts],
        "vectors": {w: [float(x) for x in model.get_word_vector(w)] for w in lines},
        "ngrams": {w: [int(i) for i in model.get_subwords(w)[1]] for w in lines},
        "sentence": [float(x) for x in model.get_sentence_vector(" ".join(lines))],
        "neighbours": {w: [n for _, n in model.get_nearest_neighbors(w, k=5)] for w in lines if w},
    }
    model.save_model(copy)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    {"train": train, "ask": ask}[sys.argv[1]](*sys.argv[2:])
