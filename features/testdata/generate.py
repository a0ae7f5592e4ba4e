"""Writes counts.json: what scikit-learn counts and weights, for features' tests.

    python features/testdata/generate.py

The sentences are made up for this purpose. They hold capitals beyond ASCII,
one-character tokens, a paper without a term, and training and further papers.
"""

import json
import os

import numpy as np
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

TRAIN = [
    "We prove a bound on the spectral gap of random regular graphs .",
    "The gap of the Graph is the Gap THE graph has , we prove",
    "Éléments de GÉOMÉTRIE et d' analyse é É",
    "ΟΔΟΣ ΟΔΟΣΙ Σ ΣΑΣ. İstanbul İ ǅ straße STRASSE",
    "a b c 1 2 . , -EQN- -EQN- -EQN- q",
    "x",
    "deep learning for the spectral analysis of graphs , deep deep deep learning",
    "ﬁeld ＦＵＬＬ 数学 数 𝔸 𝔸𝔹 e\u0301 state-of-the-art We we WE",
    "random walks on random graphs and the spectral gap of random walks",
    "x_1 -EQN- \\mathbb{R}^d (state-of-the-art) x²y 10^{-3} _ __ a-b e.g. Σ-ΣΑΣ-b ½ don't naïve—café H_3^R 3.14e10",
    "",
]
OTHER = [
    "Unseen words on graphs , the GAP we prove of deep unseen learning",
    "nothing known here but graph",
    "zzz yyy",
]
COUNTS = [
    {"name": "default"},
    {"name": "min 2", "MinDocuments": 2},
    {"name": "bigrams", "NgramMin": 1, "NgramMax": 2},
    {"name": "2 to 3", "NgramMin": 2, "NgramMax": 3, "MinDocuments": 2},
    {"name": "binary", "Binary": True, "MinDocuments": 2},
    {"name": "max 4", "MaxFeatures": 4},
    {"name": "binary max 2", "MaxFeatures": 2, "Binary": True},
    {"name": "words", "Words": True},
    {"name": "bigrams of words", "Words": True, "NgramMin": 1, "NgramMax": 2, "MinDocuments": 1},
]
TFIDF = [
    {"Sublinear": s, "L2": l, "SmoothIDF": i}
    for s in (False, True)
    for l in (False, True)
    for i in (False, True)
]


def tokens(document):
    return [t for t in document.split(" ") if len(t) > 1]


def matrix(x):
    x = x.tocsr()
    x.sort_indices()
    return {
        "Indptr": x.indptr.tolist(),
        "Indices": x.indices.tolist(),
        "Values": x.data.tolist(),
    }


def main():
    counts, default = [], None
    for option in COUNTS:
        vectorizer = CountVectorizer(
            **({} if option.get("Words") else {"tokenizer": tokens, "token_pattern": None}),
            ngram_range=(option.get("NgramMin", 1), option.get("NgramMax", 1)),
            min_df=option.get("MinDocuments", 1),
            max_features=option.get("MaxFeatures"),
            binary=option.get("Binary", False),
        )
        vectorizer.fit(TRAIN)
        x = vectorizer.transform(TRAIN + OTHER)
        counts.append(
            {"Options": option, "Terms": vectorizer.get_feature_names_out().tolist(), "Matrix": matrix(x)}
        )
        if default is None:
            default = x
    weighted = []
    for option in TFIDF:
        transformer = TfidfTransformer(
            norm="l2" if option["L2"] else None,
            smooth_idf=option["SmoothIDF"],
            sublinear_tf=option["Sublinear"],
        )
        transformer.fit(default[: len(TRAIN)])
        x = transformer.transform(default)
        weighted.append({"Options": option, "IDF": transformer.idf_.tolist(), "Matrix": matrix(x)})
    out = {
        "Made": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "Train": [d.split(" ") for d in TRAIN],
        "Other": [d.split(" ") for d in OTHER],
        "Counts": counts,
        "TFIDF": weighted,
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "counts.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(out, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
