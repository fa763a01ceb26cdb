"""PPO in one plain loop over `CourseVectorEnv`: torch and numpy, nothing else.

    python vector_ppo.py --course ../../../courses/probability-from-zero.yaml --steps 500000 --out ppo.onnx

The learning curve goes to standard output, and what became of the learners beside it: `score` is the
mean true success at the test of the episodes that ended. Compare it with `--steps 0`, which is random.
"""

import argparse
import json
import time

import numpy as np
import torch
from network_export import critic, critic_input, export, masked_logits, scorer
from torch.distributions import Categorical

from nexus.gym import CourseVectorEnv

GAMMA, LAMBDA, CLIP, ENTROPY = 0.99, 0.95, 0.2, 0.01
EPOCHS, BATCHES = 4, 8


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--course", required=True)
    parser.add_argument("--steps", type=int, default=500_000)
    parser.add_argument("--envs", type=int, default=128)
    parser.add_argument("--rollout", type=int, default=64)
    parser.add_argument("--reward", default="true_gain")
    parser.add_argument("--families", default="mixed")
    parser.add_argument("--minutes", type=float, default=300.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="ppo.onnx")
    return parser.parse_args()


def tensors(seen):
    return {name: torch.from_numpy(array) for name, array in seen.items()}


def act(network, value_of, seen):
    with torch.no_grad():
        logits = masked_logits(network, seen["candidates"], seen["action_mask"])
        drawn = Categorical(logits=logits)
        action = drawn.sample()
        value = value_of(critic_input(seen["state"], seen["candidates"], seen["action_mask"]))
    return action, drawn.log_prob(action), value.squeeze(-1)


def advantages(rewards, values, ended, last_value):
    """Generalised advantage estimation; an episode that ended is worth nothing more."""
    found, running = torch.zeros_like(rewards), torch.zeros_like(last_value)
    following = last_value
    for step in reversed(range(len(rewards))):
        goes_on = 1.0 - ended[step]
        surprise = rewards[step] + GAMMA * following * goes_on - values[step]
        running = surprise + GAMMA * LAMBDA * goes_on * running
        found[step], following = running, values[step]
    return found


def improve(network, value_of, optimizer, batch):
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(batch["action"])).chunk(BATCHES):
            seen = {name: batch[name][rows] for name in ("state", "candidates", "action_mask")}
            logits = masked_logits(network, seen["candidates"], seen["action_mask"])
            drawn = Categorical(logits=logits)
            ratio = (drawn.log_prob(batch["action"][rows]) - batch["log_prob"][rows]).exp()
            gain = batch["advantage"][rows]
            gain = (gain - gain.mean()) / (gain.std() + 1e-8)
            worth = torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
            value = value_of(critic_input(seen["state"], seen["candidates"], seen["action_mask"]))
            missed = (value.squeeze(-1) - batch["return"][rows]).pow(2).mean()
            loss = -worth + 0.5 * missed - ENTROPY * drawn.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 0.5)
            optimizer.step()


def main():
    args = read_arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    env = CourseVectorEnv(
        args.course,
        args.envs,
        reward=args.reward,
        families=args.families,
        minutes=args.minutes,
        seed=args.seed * 1_000_003,
        threads=args.threads,
    )
    network, value_of = scorer(), critic()
    optimizer = torch.optim.Adam([*network.parameters(), *value_of.parameters()], lr=3e-4)
    seen, _ = env.reset()
    made, started, waited = 0, time.perf_counter(), 0.0
    while made < max(args.steps, args.rollout * args.envs):
        kept, scores, minutes = [], [], []
        for _ in range(args.rollout):
            now = {name: torch.from_numpy(array.copy()) for name, array in seen.items()}
            action, log_prob, value = act(network, value_of, now)
            before = time.perf_counter()
            seen, rewards, terminated, truncated, _ = env.step(action.numpy())
            waited += time.perf_counter() - before
            ended = terminated | truncated
            if ended.any():
                end = env.ends()
                scores += end["score"][ended].tolist()
                minutes += end["minutes"][ended].tolist()
            paid = torch.from_numpy(rewards.astype(np.float32))
            over = torch.from_numpy(ended.astype(np.float32))
            kept.append(now | {"action": action, "log_prob": log_prob, "value": value, "reward": paid, "ended": over})
        batch = {name: torch.stack([step[name] for step in kept]) for name in kept[0]}
        last_value = act(network, value_of, tensors(seen))[2]
        batch["advantage"] = advantages(batch["reward"], batch["value"], batch["ended"], last_value)
        batch["return"] = batch["advantage"] + batch["value"]
        made += args.rollout * args.envs
        told = {
            "steps": made,
            "seconds": round(time.perf_counter() - started, 1),
            "seconds_in_env": round(waited, 1),
            "episodes": len(scores),
            "score": round(float(np.mean(scores)), 4) if scores else None,
            "minutes": round(float(np.mean(minutes)), 1) if minutes else None,
        }
        print(json.dumps(told), flush=True)
        if args.steps > 0:
            improve(network, value_of, optimizer, {k: v.flatten(0, 1) for k, v in batch.items()})
    export(network, args.out)
    print(json.dumps({"exported": args.out}))


if __name__ == "__main__":
    main()
