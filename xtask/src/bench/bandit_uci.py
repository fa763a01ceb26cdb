"""Vowpal Wabbit on the classification sets that `nexus bench bandit` plays: the same rows in the
same orders, standardised the same way, one JSON line a set and policy.

usage: bandit_uci.py DATA_DIR SHUFFLES
"""
import gzip
import json
import random
import sys
import time

import numpy as np
import vowpalwabbit

STEP = 0x9E3779B97F4A7C15
WORD = (1 << 64) - 1


def order(shuffle, rows):
    """Rows by one SplitMix64 word each, as in crates/nexus-cli/src/commands/bench/bandit/uci.rs."""
    keys = []
    for row in range(rows):
        z = (shuffle + (row + 1) * STEP) & WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        keys.append((z ^ (z >> 31), row))
    return [row for _, row in sorted(keys)]


def load(directory):
    with gzip.open(f"{directory}/letter-recognition.csv.gz", "rt") as file:
        rows = [line.strip().split(",") for line in file][1:]
    letters = np.array([[float(x.strip('"')) for x in row[1:]] for row in rows])
    yield "letter", 26, letters, [ord(row[0].strip('"')[0]) - 65 for row in rows]
    with gzip.open(f"{directory}/pendigits.tra.gz", "rt") as file:
        rows = [line.strip().split(",") for line in file]
    digits = np.array([[float(x) for x in row[:-1]] for row in rows])
    yield "pendigits", 10, digits, [int(row[-1]) for row in rows]


def play(classes, texts, labels, rows, arguments, seed):
    """Share of wrong choices, and the seconds of processor time."""
    model = vowpalwabbit.Workspace(f"{arguments} --quiet --random_seed {seed} -q CA "
                                   "--ignore_linear C --noconstant -b 18")
    # The context's own constant, since --noconstant leaves the arms without one.
    arms = "\n".join(f"|A a{arm}" for arm in range(classes))
    draw = random.Random(seed)
    wrong, before = 0, time.process_time()
    for row in rows:
        example = model.parse(f"shared |C {texts[row]}\n{arms}")
        masses = model.predict(example)
        left = draw.random() * sum(masses)
        for arm, mass in enumerate(masses):
            left -= mass
            if left < 0:
                break
        right = arm == labels[row]
        wrong += not right
        example[arm + 1].set_label_string(f"0:{-1 if right else 0}:{mass:.6g}")
        model.learn(example)
        model.finish_example(example)
    return wrong / len(rows), time.process_time() - before


def main():
    directory, shuffles = sys.argv[1], int(sys.argv[2])
    for name, classes, features, labels in load(directory):
        scaled = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-9)
        texts = ["b:1 " + " ".join(f"x{j}:{x:.6g}" for j, x in enumerate(np.clip(row, -8, 8)))
                 for row in scaled]
        for policy, arguments in [("squarecb", "--cb_explore_adf --squarecb"),
                                  ("epsilon-greedy", "--cb_explore_adf --epsilon 0.05")]:
            played = [play(classes, texts, labels, order(shuffle, len(labels)), arguments, shuffle)
                      for shuffle in range(shuffles)]
            losses = [loss for loss, _ in played]
            rate = len(labels) * shuffles / sum(seconds for _, seconds in played)
            print(json.dumps({"set": name, "policy": policy, "loss": sum(losses) / shuffles,
                              "losses": losses, "rate": rate}), flush=True)


main()
