"""What an exported network is worth beside simple rules, on the same learners: paired differences.

    pip install onnxruntime
    python compare.py --course ../../../courses/probability-from-zero.yaml --network ppo.onnx --learners 300

`score` is the mean true success at the test. Every rule meets the same learners with the same luck, so
the difference to `path` has a small error. The network is drawn as a node draws it: softmax of the
logits at a temperature, with a floor of 0.10. Seeds from 900,000 on are not those that
`vector_ppo.py` trains on.
"""

import argparse
import json

import numpy as np
import onnxruntime

from nexus.gym import CANDIDATE_NAMES, CourseVectorEnv

FLOOR = 0.10
SUCCESS = CANDIDATE_NAMES.index("success")


def path(seen, random):
    """The first candidate in the order of the course's path."""
    return np.zeros(len(seen["state"]), np.int64)


def uniform(seen, random):
    count = seen["action_mask"].sum(1)
    return (random.uniform(size=len(count)) * count).astype(np.int64)


def below_085(seen, random):
    """A mastery rule: the first candidate whose skills are expected to succeed less than 0.85."""
    below = (seen["candidates"][:, :, SUCCESS] < 0.85) & (seen["action_mask"] > 0)
    return below.argmax(1)


def network(file, temperature):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def drawn(seen, random):
        rows = seen["candidates"].reshape(-1, len(CANDIDATE_NAMES))
        logits = session.run(None, {session.get_inputs()[0].name: rows})[0]
        logits = logits.reshape(seen["action_mask"].shape) / temperature
        logits = np.where(seen["action_mask"] > 0, logits, -np.inf)
        mass = np.exp(logits - logits.max(1, keepdims=True))
        mass /= mass.sum(1, keepdims=True)
        count = seen["action_mask"].sum(1, keepdims=True)
        mass = (1 - FLOOR) * mass + FLOOR * seen["action_mask"] / count
        # The first slot at which the running sum passes the draw.
        return (mass.cumsum(1) < random.uniform(size=(len(mass), 1))).sum(1).clip(0, count[:, 0] - 1)

    return drawn


def play(args, family, rule):
    """Scores of the first learner of each environment."""
    env = CourseVectorEnv(args.course, args.learners, families=family, minutes=args.minutes, seed=args.seed)
    seen, _ = env.reset()
    random = np.random.default_rng(args.seed)
    scores, minutes = np.full(args.learners, np.nan), np.zeros(args.learners)
    while np.isnan(scores).any():
        seen, _, terminated, truncated, _ = env.step(rule(seen, random))
        ended = (terminated | truncated) & np.isnan(scores)
        end = env.ends()
        scores[ended], minutes[ended] = end["score"][ended], end["minutes"][ended]
    return scores, minutes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--course", required=True)
    parser.add_argument("--network", action="append", default=[])
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--learners", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=300.0)
    parser.add_argument("--families", default="steady,forgetful,guesser,mixed")
    parser.add_argument("--seed", type=int, default=900_000)
    args = parser.parse_args()
    rules = {"path": path, "uniform": uniform, "below 0.85": below_085}
    rules |= {file: network(file, args.temperature) for file in args.network}
    for family in args.families.split(","):
        base = None
        for name, rule in rules.items():
            scores, minutes = play(args, family, rule)
            base = scores if base is None else base
            gained = scores - base
            told = {
                "family": family,
                "rule": name,
                "score": round(float(scores.mean()), 4),
                "to_path": round(float(gained.mean()), 4),
                "error": round(float(gained.std(ddof=1) / len(gained) ** 0.5), 4),
                "minutes": round(float(minutes.mean()), 1),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
