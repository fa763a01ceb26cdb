"""A course with simulated learners as Gymnasium environments.

An episode is one new learner, from their arrival to a test 56 days later. A step is one decision: the
action is a slot, and in each slot that the mask allows there is one of the engine's own candidates.
The engine's rules, features, learner model and reward are the ones that a node runs, not a copy.

    from nexus.gym import CourseEnv
    env = CourseEnv("courses/probability-from-zero.yaml", minutes=300)
    seen, info = env.reset(seed=1)
    seen, reward, terminated, truncated, info = env.step(0)

An observation has three parts: `state` (12 numbers about the learner, named in `STATE_NAMES`),
`candidates` (one row a slot, named in `CANDIDATE_NAMES`; zeros where there is no candidate) and
`action_mask` (1 where there is one). A policy that is exported for a node scores one row of
`candidates` at a time, because that is what a node shows it; `state` is for critics.

A slot that the mask forbids stands for the candidate at the remainder of its number by theirs:
`check_env` and random agents draw slots blindly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from nexus._native import CANDIDATE_NAMES, FAMILIES, REWARDS, STATE_NAMES, Environments

__all__ = [
    "CANDIDATE_NAMES",
    "FAMILIES",
    "REWARDS",
    "STATE_NAMES",
    "CourseEnv",
    "CourseVectorEnv",
]

MIXED = {"steady": 0.5, "forgetful": 0.3, "guesser": 0.2}
END_NAMES = ("score", "score_before", "minutes", "steps", "left")


def _terms(
    course: str | Path,
    families: Mapping[str, float] | Sequence[str] | str,
    options: dict[str, Any],
) -> dict[str, Any]:
    text = Path(course).read_text(encoding="utf-8")
    if isinstance(families, str):
        families = MIXED if families == "mixed" else {families: 1.0}
    if not isinstance(families, Mapping):
        families = {family: 1.0 for family in families}
    return {"course": text, "families": list(families.items()), **options}


def _spaces(slots: int) -> tuple[gymnasium.spaces.Dict, gymnasium.spaces.Discrete]:
    rows = (slots, len(CANDIDATE_NAMES))
    seen = gymnasium.spaces.Dict(
        {
            "state": gymnasium.spaces.Box(-1.0, 1.0, (len(STATE_NAMES),), np.float32),
            "candidates": gymnasium.spaces.Box(-1.0, 1.0, rows, np.float32),
            "action_mask": gymnasium.spaces.Box(0, 1, (slots,), np.int8),
        }
    )
    return seen, gymnasium.spaces.Discrete(slots)


class CourseVectorEnv(gymnasium.vector.VectorEnv):
    """Many environments at once, stepped in Rust without Python's lock.

    `course` is a course file. `reward` is `true_gain_per_minute` (what an activity truly adds to
    success at the test, divided by the minutes it took), `true_gain` (the same undivided: its sum over
    an episode is what the learner gained) or `product` (what a node learns from, late and noisy).
    `minutes` is the time each learner has; without it they stop when they have finished. `families`
    is `mixed`, one of `FAMILIES`, a list of them, or a dict of their shares. In the setting `doer`
    films and texts teach a sixth of what answering teaches, per minute; in `kind` they teach more.

    The arrays of an observation are written anew by each step (`copy=True` gives new ones). An episode
    that ends is followed by the next one in the same step; `final_obs` and `final_info` keep its end.
    Environment i starts with `seed + i`; number of threads and of environments change no bit of it.
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self,
        course: str | Path,
        num_envs: int = 64,
        *,
        reward: str = "true_gain_per_minute",
        families: Mapping[str, float] | Sequence[str] | str = "mixed",
        setting: str = "doer",
        minutes: float | None = 300.0,
        prior_knowledge: bool = True,
        days: float = 56.0,
        slots: int = 64,
        seed: int = 0,
        threads: int = 1,
        copy: bool = False,
    ):
        options = {
            "count": num_envs,
            "seed": seed,
            "reward": reward,
            "setting": setting,
            "minutes": minutes,
            "prior_knowledge": prior_knowledge,
            "days": days,
            "slots": slots,
            "threads": threads,
        }
        terms = _terms(course, families, options)
        self._native = Environments(terms.pop("course"), **terms)
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = _spaces(slots)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.copy = copy
        rows = (num_envs, slots, len(CANDIDATE_NAMES))
        self._seen = {
            "state": np.zeros((num_envs, len(STATE_NAMES)), np.float32),
            "candidates": np.zeros(rows, np.float32),
            "action_mask": np.zeros((num_envs, slots), np.int8),
        }
        self._rewards = np.zeros(num_envs, np.float64)
        self._terminated = np.zeros(num_envs, np.bool_)
        self._truncated = np.zeros(num_envs, np.bool_)
        self._final_state = np.zeros((num_envs, len(STATE_NAMES)), np.float32)
        self._ends = np.zeros((num_envs, len(END_NAMES)), np.float64)

    def reset(self, *, seed: int | Sequence[int | None] | None = None, options=None):
        """Begins an episode in each environment, or where `options["reset_mask"]` is true."""
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is None:
            seed = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seed = [int(seed) + number for number in range(self.num_envs)]
        mask = (options or {}).get("reset_mask")
        chosen = [True] * self.num_envs if mask is None else [bool(it) for it in mask]
        self._native.reset(list(seed), chosen, *self._seen.values())
        return self._observation(), {}

    def step(self, actions):
        """One step in each environment."""
        self.step_into(
            actions, self._seen, self._rewards, self._terminated, self._truncated
        )
        ended = self._terminated | self._truncated
        told = (self._rewards.copy(), self._terminated.copy(), self._truncated.copy())
        return self._observation(), *told, self._final(ended)

    def step_into(self, actions, seen, rewards, terminated, truncated) -> None:
        """The same into the caller's arrays (contiguous; as this environment's own are shaped)."""
        self._native.step(
            np.ascontiguousarray(actions, np.int64),
            seen["state"],
            seen["candidates"],
            seen["action_mask"],
            rewards,
            terminated,
            truncated,
            self._final_state,
            self._ends,
        )

    def ends(self) -> dict[str, np.ndarray]:
        """What became of the learner whose episode ended last in each environment."""
        return {name: self._ends[:, at].copy() for at, name in enumerate(END_NAMES)}

    def choices(self, number: int) -> list[str]:
        """The ids of the activities in the slots of an environment."""
        return self._native.choices(number)

    def _observation(self):
        if not self.copy:
            return dict(self._seen)
        return {name: array.copy() for name, array in self._seen.items()}

    def _final(self, ended: np.ndarray) -> dict[str, Any]:
        if not ended.any():
            return {}
        last = np.full(self.num_envs, None, dtype=object)
        for number in np.flatnonzero(ended):
            empty = {name: np.zeros_like(array[0]) for name, array in self._seen.items()}
            last[number] = empty | {"state": self._final_state[number].copy()}
        info = {}
        for name, values in self.ends().items():
            info |= {name: np.where(ended, values, 0.0), f"_{name}": ended.copy()}
        return {
            "final_obs": last,
            "_final_obs": ended.copy(),
            "final_info": info,
            "_final_info": ended.copy(),
        }


class CourseEnv(gymnasium.Env):
    """One environment; the arguments are those of `CourseVectorEnv`."""

    metadata = {"render_modes": []}

    def __init__(self, course: str | Path, **terms: Any):
        self.render_mode = None
        self._vector = CourseVectorEnv(course, 1, copy=True, **terms)
        self.observation_space = self._vector.single_observation_space
        self.action_space = self._vector.single_action_space
        self._next = None

    def reset(self, *, seed: int | None = None, options=None):
        super().reset(seed=seed)
        if seed is None and self._next is not None:
            # The vector form has begun the next episode in the step that ended the last one.
            seen, self._next = self._next, None
        else:
            self._next = None
            seen = _first(self._vector.reset(seed=None if seed is None else [seed])[0])
        return seen, {"choices": self._vector.choices(0)}

    def step(self, action):
        if self._next is not None:
            raise RuntimeError("the episode is over: call reset()")
        seen, rewards, terminated, truncated, info = self._vector.step([int(action)])
        told = (float(rewards[0]), bool(terminated[0]), bool(truncated[0]))
        if told[1] or told[2]:
            self._next = _first(seen)
            end = {name: float(values[0]) for name, values in self._vector.ends().items()}
            return info["final_obs"][0], *told, {"choices": [], **end}
        return _first(seen), *told, {"choices": self._vector.choices(0)}


def _first(seen):
    return {name: array[0] for name, array in seen.items()}
