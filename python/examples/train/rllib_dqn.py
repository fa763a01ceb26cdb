"""DQN by RLlib on `CourseEnv`, with action masks. Tried with ray 2.60.0 and torch 2.14.1.

    python rllib_dqn.py --course ../../../courses/probability-from-zero.yaml --minutes-of-training 10 \
        --out dqn.onnx

The Q-values of a DQN are exported as logits: the node divides them by its `--temperature` and draws. An
export of RLlib's own inference ends in an ArgMax, which leaves no probability to learn from.
"""

import json

import ray
import torch
from network_export import export, masked_logits, scorer
from ray.rllib.algorithms.dqn import DQNConfig
from ray.rllib.algorithms.dqn.torch.default_dqn_torch_rl_module import DefaultDQNTorchRLModule
from ray.rllib.core.columns import Columns
from ray.rllib.core.models.base import ENCODER_OUT
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.utils.schedules.scheduler import Scheduler
from ray.tune.registry import register_env
from rllib_ppo import make_env, read_arguments, start_ray, terms, train
from torch import nn


class Looked(nn.Module):
    """Hands on what was seen; RLlib wants an encoder before the head."""

    def forward(self, batch):
        return {ENCODER_OUT: batch[Columns.OBS]}


class CandidateValues(nn.Module):
    """The value of each candidate by itself. RLlib draws no action of value minus infinity."""

    def __init__(self):
        super().__init__()
        self.scorer = scorer()

    def forward(self, seen):
        mask = seen["action_mask"].clone()
        # At the end there is no candidate; RLlib multiplies that value by 0, so it must be a number.
        mask[..., 0] = torch.where(mask.sum(-1) == 0, 1, mask[..., 0])
        values = masked_logits(self.scorer, seen["candidates"], mask)
        return torch.where(mask > 0, values, torch.full_like(values, float("-inf")))


class CandidateModule(DefaultDQNTorchRLModule):
    def setup(self):
        self.uses_dueling, self.uses_double_q, self.num_atoms = False, True, 1
        self.epsilon_schedule = Scheduler(
            fixed_value_or_schedule=self.model_config["epsilon"], framework=self.framework
        )
        self.encoder, self.af = Looked(), CandidateValues()


def main():
    args = read_arguments()
    start_ray()
    register_env("course", make_env)
    config = (
        DQNConfig()
        .environment("course", env_config=terms(args))
        .env_runners(num_env_runners=args.runners, num_envs_per_env_runner=8)
        .training(
            gamma=0.99,
            lr=3e-4,
            double_q=True,
            dueling=False,
            num_atoms=1,
            train_batch_size_per_learner=128,
            target_network_update_freq=500,
            epsilon=[(0, 1.0), (20_000, 0.1)],
            num_steps_sampled_before_learning_starts=1_000,
            replay_buffer_config={"type": "EpisodeReplayBuffer", "capacity": 20_000},
        )
        .rl_module(rl_module_spec=RLModuleSpec(module_class=CandidateModule))
        .debugging(seed=args.seed)
    )
    algorithm = config.build_algo()
    train(algorithm, args.minutes_of_training)
    export(algorithm.get_module().af.scorer, args.out)
    algorithm.stop()
    ray.shutdown()
    print(json.dumps({"exported": args.out}))


if __name__ == "__main__":
    main()
