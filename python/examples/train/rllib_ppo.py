"""PPO by RLlib on `CourseEnv`, with action masks. Tried with ray 2.60.0 and torch 2.14.1.

    python rllib_ppo.py --course ../../../courses/probability-from-zero.yaml --minutes-of-training 10 \
        --out rllib.onnx

`vector_ppo.py` does the same with less. This is for those who have a Ray cluster, or RLlib's other
algorithms in mind. Ray's node must start within 30 seconds, which a busy machine may miss.
"""

import argparse
import json
import os
import tempfile
import time

# Ray would write a token into the home directory, and torch would start threads beside Ray's.
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import ray
from network_export import critic, critic_input, export, masked_logits, scorer
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.torch import TorchRLModule
from ray.tune.registry import register_env


class CandidateModule(TorchRLModule, ValueFunctionAPI):
    """Scores each candidate by itself; the critic sees the learner, too."""

    def setup(self):
        self.scorer, self.critic = scorer(), critic()

    def _forward(self, batch, **kwargs):
        seen = batch[Columns.OBS]
        logits = masked_logits(self.scorer, seen["candidates"], seen["action_mask"])
        return {Columns.ACTION_DIST_INPUTS: logits}

    def compute_values(self, batch, embeddings=None):
        seen = batch[Columns.OBS]
        looked = critic_input(seen["state"], seen["candidates"], seen["action_mask"].float())
        return self.critic(looked).squeeze(-1)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--course", required=True)
    parser.add_argument("--minutes-of-training", type=float, default=10.0)
    parser.add_argument("--reward", default="true_gain")
    parser.add_argument("--families", default="mixed")
    parser.add_argument("--minutes", type=float, default=300.0)
    parser.add_argument("--runners", type=int, default=0, help="processes; 0 trains in this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="rllib_ppo.onnx")
    return parser.parse_args()


def start_ray():
    folder = tempfile.mkdtemp(prefix="ray-")
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=200 * 1024 * 1024,
        _temp_dir=folder,
        log_to_driver=False,
    )


def make_env(config):
    from nexus.gym import CourseEnv

    return CourseEnv(**config)


def terms(args):
    return {
        "course": os.path.abspath(args.course),
        "reward": args.reward,
        "families": args.families,
        "minutes": args.minutes,
        "seed": args.seed * 1_000_003,
    }


def train(algorithm, minutes):
    """Trains for so long, and prints a learning curve."""
    started = time.perf_counter()
    while time.perf_counter() - started < 60.0 * minutes:
        told = algorithm.train()["env_runners"]
        steps = told.get("num_env_steps_sampled_lifetime")
        line = {
            "steps": None if steps is None else int(steps),
            "seconds": round(time.perf_counter() - started, 1),
            "mean_return": told.get("episode_return_mean"),
        }
        print(json.dumps(line, default=float), flush=True)


def main():
    args = read_arguments()
    start_ray()
    register_env("course", make_env)
    config = (
        PPOConfig()
        .environment("course", env_config=terms(args))
        .env_runners(num_env_runners=args.runners, num_envs_per_env_runner=8)
        .training(
            gamma=0.99,
            lambda_=0.95,
            lr=3e-4,
            entropy_coeff=0.01,
            train_batch_size_per_learner=2048,
            minibatch_size=256,
            num_epochs=4,
        )
        .rl_module(rl_module_spec=RLModuleSpec(module_class=CandidateModule))
        .debugging(seed=args.seed)
    )
    algorithm = config.build_algo()
    train(algorithm, args.minutes_of_training)
    export(algorithm.get_module().scorer, args.out)
    algorithm.stop()
    ray.shutdown()
    print(json.dumps({"exported": args.out}))


if __name__ == "__main__":
    main()
