"""Makes the files of other programs that the Go tests read, and reads theirs.

pip install gensim==4.4.0 word2vec==0.11.1 (the original C program)

make FOLDER        writes gensim.bin, gensim.vec by gensim and word2vec.bin,
                   word2vec.vec by the C program, each pair of the same vectors:
                   gensim puts no line end after a binary vector, the C program does
read FORMAT FILE…  reads each FILE (vec, word2vec or glove) with gensim; writes
                   words and vectors by file as JSON
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile

import numpy


def make(folder):
    from gensim.models import KeyedVectors

    words = ["the", "Über", "中文字", "no\u00a0break", "\u0085", "x\u2028y"]
    vectors = numpy.random.default_rng(1).normal(size=(len(words), 10)).astype(numpy.float32)
    # A line end among the floats, after bytes that text may hold.
    vectors[0, 0] = numpy.frombuffer(b"!<\n\xbf", dtype=numpy.float32)[0]
    kept = KeyedVectors(vectors.shape[1])
    kept.add_vectors(words, vectors)
    kept.save_word2vec_format(os.path.join(folder, "gensim.bin"), binary=True)
    kept.save_word2vec_format(os.path.join(folder, "gensim.vec"), binary=False)

    program = os.path.join(sysconfig.get_path("scripts"), "word2vec")
    with tempfile.TemporaryDirectory() as scratch:
        text = os.path.join(scratch, "text")
        with open(text, "w", encoding="utf8") as f:
            f.write("the sheaf of Über 中文字\nthe topos of the sheaf\n" * 20)
        for binary, name in (1, "word2vec.bin"), (0, "word2vec.vec"):
            # One thread: both trainings give the same vectors.
            subprocess.run(
                [program, "-train", text, "-output", os.path.join(folder, name), "-binary", str(binary),
                 "-size", "7", "-min-count", "1", "-threads", "1", "-iter", "1"],
                check=True, stdout=subprocess.DEVNULL)


def read(*pairs):
    from gensim.models import KeyedVectors

    answers = {}
    for form, path in zip(pairs[::2], pairs[1::2]):
        kept = KeyedVectors.load_word2vec_format(path, binary=form == "word2vec", no_header=form == "glove")
        answers[path] = {"Words": kept.index_to_key, "Vectors": [[float(x) for x in v] for v in kept.vectors]}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    {"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])
