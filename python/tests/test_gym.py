"""The environments: Gymnasium's own checker, the same bits as the Rust simulator, and honest sums.

`NEXUS_COURSE` is a course file and `NEXUS_DIGEST` the program `environment_digest`; `cargo xtask test`
names both. `NEXUS_STEPS` is how many steps are compared with it (100,000 by hand).
"""

import os
import subprocess
import threading
import time

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from nexus.gym import CANDIDATE_NAMES, REWARDS, STATE_NAMES, CourseEnv, CourseVectorEnv

COURSE = os.environ["NEXUS_COURSE"]


def test_gymnasium_finds_nothing_wrong_with_the_environment():
    check_env(CourseEnv(COURSE, minutes=60), skip_render_check=True)


@pytest.mark.parametrize("reward", REWARDS)
def test_every_bit_is_that_of_the_simulator_in_rust(reward):
    steps, seed = int(os.environ.get("NEXUS_STEPS", "2000")), 11
    command = [os.environ["NEXUS_DIGEST"], COURSE, str(steps), str(seed), reward]
    expected = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    families = ["steady", "forgetful", "guesser", "discouraged", "helped"]
    env = CourseVectorEnv(COURSE, 4, reward=reward, seed=seed, families=families, threads=2)
    env.reset()
    digest = 0
    for step in range(steps // 4 + 1):
        told = []
        if step > 0:
            actions = [(step * 31 + number * 17) % 64 for number in range(4)]
            seen, rewards, terminated, truncated, _ = env.step(actions)
            scores = np.where(terminated | truncated, env.ends()["score"], 0.0)
            flags = terminated + 2 * truncated.astype(np.uint64)
            told = np.stack([rewards.view(np.uint64), flags, scores.view(np.uint64)], 1).ravel()
        else:
            seen = env._observation()
        bits = [seen[name].view(np.uint32).ravel() for name in ("state", "candidates")]
        parts = [told, *bits, seen["action_mask"].view(np.uint8).ravel()]
        words = np.concatenate([np.asarray(part, np.uint64) for part in parts])
        odd = np.arange(len(words), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        total = int((words * odd).sum(dtype=np.uint64))
        digest = (digest * 6_364_136_223_846_793_005 + total) % 2**64
    assert f"{digest:016x}" == expected


def test_one_environment_is_the_vector_of_one():
    one, many = CourseEnv(COURSE, seed=4), CourseVectorEnv(COURSE, 3, seed=2, copy=True)
    seen, _ = one.reset(seed=4)
    all_seen, _ = many.reset(seed=2)
    for step in range(300):
        for name, array in seen.items():
            assert (array == all_seen[name][2]).all(), (step, name)
        seen, reward, terminated, truncated, _ = one.step(step % 7)
        all_seen, rewards, ended, cut, info = many.step([0, 1, step % 7])
        assert (reward, terminated, truncated) == (rewards[2], ended[2], cut[2])
        if terminated or truncated:
            assert (seen["state"] == info["final_obs"][2]["state"]).all()
            seen, _ = one.reset()


def test_what_an_episode_pays_is_what_its_learner_gained():
    env = CourseEnv(COURSE, reward="true_gain", minutes=120)
    skills = 16
    for seed in range(5):
        env.reset(seed=seed)
        paid, over = 0.0, False
        while not over:
            _, reward, terminated, truncated, info = env.step(0)
            paid, over = paid + reward, terminated or truncated
        gained = skills * (info["score"] - info["score_before"])
        assert paid == pytest.approx(gained, abs=1e-9), seed
        assert info["steps"] > 5 and info["minutes"] > 0


def test_the_mask_shows_one_row_a_choice_and_slots_beyond_it_count_around():
    env = CourseEnv(COURSE, seed=9)
    twin = CourseEnv(COURSE, seed=9)
    seen, info = env.reset(seed=9)
    twin.reset(seed=9)
    for step in range(60):
        choices = len(info["choices"])
        assert seen["action_mask"].sum() == choices > 0
        assert seen["action_mask"][:choices].all()
        assert not seen["candidates"][choices:].any()
        assert (seen["candidates"][:choices, 0] == 1.0).all(), "the constant column"
        seen, reward, terminated, truncated, info = env.step(step % choices)
        again = twin.step(step % choices + choices * (63 // choices - 1))
        assert reward == again[1]
        if terminated or truncated:
            seen, info = env.reset()
            twin.reset()


def test_no_more_candidates_are_shown_than_there_are_slots():
    env = CourseEnv(COURSE, slots=3)
    seen, info = env.reset(seed=1)
    assert seen["candidates"].shape == (3, len(CANDIDATE_NAMES)) and len(info["choices"]) <= 3
    assert env.observation_space.contains(seen)


def test_a_caller_may_bring_the_arrays():
    env = CourseVectorEnv(COURSE, 2, seed=3)
    twin = CourseVectorEnv(COURSE, 2, seed=3)
    env.reset()
    twin.reset()
    rewards, ended, cut = np.zeros(2), np.zeros(2, bool), np.zeros(2, bool)
    seen = {name: np.zeros_like(array) for name, array in env._seen.items()}
    env.step_into([0, 1], seen, rewards, ended, cut)
    expected, paid, *_ = twin.step([0, 1])
    assert (rewards == paid).all()
    for name, array in seen.items():
        assert (array == expected[name]).all(), name
    with pytest.raises(ValueError, match="contiguous|needs"):
        env.step_into([0, 1], seen | {"state": seen["state"][:, ::2]}, rewards, ended, cut)
    with pytest.raises(ValueError, match="2 actions"):
        env.step_into([0], seen, rewards, ended, cut)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"reward": "best"}, "no reward `best`; there are true_gain"),
        ({"families": "kind"}, "no family `kind`; there are steady"),
        ({"setting": "easy"}, "no setting `easy`; there are kind, doer"),
        ({"minutes": -1.0}, "minutes must be above 0"),
        ({"minutes": float("nan")}, "minutes must be above 0"),
        ({"slots": 0}, "slots must be from 1"),
        ({"families": []}, "at least one family"),
    ],
)
def test_wrong_terms_are_answered_in_words(terms, said):
    with pytest.raises(ValueError, match=said):
        CourseEnv(COURSE, **terms)


def test_a_course_with_problems_says_where(tmp_path):
    path = tmp_path / "course.yaml"
    path.write_text("format: 1\nid: x\n")
    with pytest.raises(ValueError, match="the course has problems"):
        CourseEnv(path)


def test_other_threads_run_while_environments_step():
    env = CourseVectorEnv(COURSE, 256, seed=1)
    env.reset()
    ticks, done = [0], threading.Event()

    def tick():
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=tick)
    thread.start()
    before = ticks[0]
    # One call: were the lock held, the other thread would stand still in it.
    env._native.step(
        np.zeros(256, np.int64),
        *env._seen.values(),
        env._rewards,
        env._terminated,
        env._truncated,
        env._final_state,
        env._ends,
    )
    moved = ticks[0] - before
    done.set()
    thread.join()
    assert moved > 100


def test_the_names_say_what_the_columns_are():
    env = CourseVectorEnv(COURSE, 2)
    assert env.single_observation_space["state"].shape == (len(STATE_NAMES),)
    assert {"minutes", "skills", "predicted_success"} <= set(CANDIDATE_NAMES)
    assert isinstance(env, gymnasium.vector.VectorEnv)
