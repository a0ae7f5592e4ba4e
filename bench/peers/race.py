"""assay against scikit-learn, in turn, on the same shards: medians and ratios.

    go build ./cmd/assay
    ./assay corpus import --format kaggle FILE --out data/arxiv
    python bench/peers/race.py --corpus data/arxiv naive_bayes --runs 3

assay is timed as a whole process, from its start to the written results;
scikit-learn from the end of its imports to its metrics. Both use all cores.
"""

import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def ours(args):
    """Run assay once in a fresh results folder; wall seconds, peak, F1s."""
    with tempfile.TemporaryDirectory() as results:
        command = [args.assay, "run", os.path.join(HERE, args.model + ".toml"), "--results", results, "--set", "corpus.path=" + args.corpus]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"assay ended with {process.returncode}")
        (path,) = glob.glob(os.path.join(results, "runs", "*", "*", "run.json"))
        run = json.load(open(path))
    f1 = {r["decision"]["rule"]: (r["all"]["sample_f1"], r["master"]["sample_f1"]) for r in run["results"]}
    return {"total": wall, "seconds": {s["name"]: round(s["seconds"], 3) for s in run["stages"]}, "peak_mib": usage.ru_maxrss / 1024,
            "f1_fixed": f1["fixed:0.5"][0], "f1_tuned": f1["tuned"][0], "master_fixed": f1["fixed:0.5"][1], "master_tuned": f1["tuned"][1]}


def theirs(args):
    out = subprocess.check_output([sys.executable, os.path.join(HERE, "baselines.py"), args.model, "--assay", args.assay, "--corpus", args.corpus])
    return json.loads(out.splitlines()[-1])


def main():
    args = argparse.ArgumentParser()
    args.add_argument("model", choices=["naive_bayes", "logistic_regression", "random_forest"])
    args.add_argument("--assay", default="./assay")
    args.add_argument("--corpus", required=True)
    args.add_argument("--runs", type=int, default=3)
    args = args.parse_args()
    a, b = [], []
    for i in range(args.runs):
        a.append(ours(args))
        b.append(theirs(args))
        print(f"run {i + 1}: assay {a[-1]['total']:.2f} s, scikit-learn {b[-1]['total']:.2f} s", file=sys.stderr)
    median = lambda rows, key: statistics.median(r[key] for r in rows)
    print(f"{args.model}, {b[0]['train']} training and {b[0]['test']} test papers, median of {args.runs}")
    for name, key, form in [("seconds", "total", ".2f"), ("peak MiB", "peak_mib", ".0f"), ("F1 fixed:0.5", "f1_fixed", ".4f"),
                            ("F1 tuned", "f1_tuned", ".4f"), ("master F1 fixed:0.5", "master_fixed", ".4f"), ("master F1 tuned", "master_tuned", ".4f")]:
        x, y = median(a, key), median(b, key)
        ratio = f"{y / x:.1f} times" if key in ("total", "peak_mib") else f"{100 * (x - y):+.2f} points"
        print(f"  {name:20} assay {x:{form}}   scikit-learn {y:{form}}   {ratio}")
    print("  stages: assay", a[-1]["seconds"])
    print("  stages: scikit-learn", b[-1]["seconds"])


if __name__ == "__main__":
    main()
