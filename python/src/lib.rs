//! The Python module `nexus._native`: environments of the simulator that write into the caller's
//! numpy arrays, without Python's lock.
//!
//! `nexus/gym.py` makes Gymnasium environments of them. There is no logic here: the simulator is
//! `nexus_sim::school::environment`, and it runs the engine.

use nexus_engine::policy::network::row::{NETWORK_COLUMNS, NETWORK_NAMES};
use nexus_ingest::course_file;
use nexus_sim::classroom::{Conditions, PriorKnowledge};
use nexus_sim::school::SchoolFault;
use nexus_sim::school::environment::{
    Environment, EnvironmentTerms, STATE_COLUMNS, STATE_NAMES, SeenMut, StepReward, Stepped,
};
use nexus_sim::{Family, StudySetting};
use numpy::{PyReadonlyArray1, PyReadwriteArray1, PyReadwriteArray2, PyReadwriteArray3};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Columns of what became of a learner: score, score before, minutes, steps, left.
const END_COLUMNS: usize = 5;
/// The longest time box and the longest episode, far beyond any course.
const MINUTES_MAX: f64 = 60_000.0;
const DAYS_MAX: f64 = 3_650.0;
const SLOTS_MAX: usize = 1_024;
const ENVIRONMENTS_MAX: usize = 100_000;

/// Environments side by side over one course.
#[pyclass(module = "nexus._native")]
struct Environments {
    all: Vec<Environment>,
    threads: usize,
    slots: usize,
}

/// What one environment reads and writes in a step.
struct Turn<'a> {
    environment: &'a mut Environment,
    slot: usize,
    seen: SeenMut<'a>,
    final_state: &'a mut [f32],
    reward: &'a mut f64,
    terminated: &'a mut bool,
    truncated: &'a mut bool,
    end: &'a mut [f64],
}

impl Turn<'_> {
    /// Steps; an episode that ends is followed by the first sight of the next one.
    fn take(mut self) -> Result<(), SchoolFault> {
        let stepped = self.environment.step(self.slot, &mut self.seen)?;
        let Stepped { reward, terminated, truncated, .. } = stepped;
        (*self.reward, *self.terminated, *self.truncated) = (reward, terminated, truncated);
        if terminated || truncated {
            let end = self.environment.end();
            let left = f64::from(u8::from(end.left));
            let columns = [end.score, end.score_before, end.minutes, end.steps as f64, left];
            self.end.copy_from_slice(&columns);
            self.final_state.copy_from_slice(self.seen.state);
            self.environment.reset(None, &mut self.seen)?;
        }
        Ok(())
    }
}

#[pymethods]
impl Environments {
    /// Opens environments on a course file (YAML); number i begins with `seed + i`.
    #[new]
    #[pyo3(signature = (course, *, count, seed, reward, families, setting, minutes, prior_knowledge, days, slots, threads))]
    #[expect(clippy::too_many_arguments, reason = "keywords of a constructor in Python")]
    fn new(
        course: &str,
        count: usize,
        seed: u64,
        reward: &str,
        families: Vec<(String, f64)>,
        setting: &str,
        minutes: Option<f64>,
        prior_knowledge: bool,
        days: f64,
        slots: usize,
        threads: usize,
    ) -> PyResult<Self> {
        let terms = EnvironmentTerms {
            course: read_course(course)?,
            families: read_families(families)?,
            conditions: Conditions {
                setting: named(
                    "setting",
                    setting,
                    StudySetting::from_word(setting),
                    &StudySetting::ALL.map(StudySetting::word),
                )?,
                minutes: minutes
                    .map(|minutes| within("minutes", minutes, MINUTES_MAX))
                    .transpose()?,
                prior: prior_knowledge.then_some(PriorKnowledge::USUAL),
            },
            days: within("days", days, DAYS_MAX)?,
            reward: named(
                "reward",
                reward,
                StepReward::from_word(reward),
                &StepReward::ALL.map(StepReward::word),
            )?,
            slots: at_most("slots", slots, SLOTS_MAX)?,
        };
        at_most("num_envs", count, ENVIRONMENTS_MAX)?;
        let mut all = Vec::with_capacity(count);
        for number in 0..count as u64 {
            let environment = Environment::open(terms.clone(), seed.wrapping_add(number));
            all.push(environment.map_err(opening)?);
        }
        Ok(Self { all, threads: threads.max(1), slots })
    }

    /// Begins episodes: where `chosen` is true, and with the seed of that place, if there is one.
    fn reset(
        &mut self,
        py: Python<'_>,
        seeds: Vec<Option<u64>>,
        chosen: Vec<bool>,
        mut state: PyReadwriteArray2<'_, f32>,
        mut candidates: PyReadwriteArray3<'_, f32>,
        mut mask: PyReadwriteArray2<'_, i8>,
    ) -> PyResult<()> {
        let (slots, count) = (self.slots, self.all.len());
        if seeds.len() != count || chosen.len() != count {
            return Err(PyValueError::new_err(format!("give {count} seeds and choices")));
        }
        let state = checked("state", state.as_slice_mut(), count * STATE_COLUMNS)?;
        let candidates =
            checked("candidates", candidates.as_slice_mut(), count * slots * NETWORK_COLUMNS)?;
        let mask = checked("action_mask", mask.as_slice_mut(), count * slots)?;
        let all = &mut self.all;
        py.detach(|| {
            let environments = all.iter_mut().zip(seeds).zip(chosen);
            let seen = rows_mut(state, candidates, mask, slots);
            for (((environment, seed), chosen), mut seen) in environments.zip(seen) {
                if chosen {
                    environment.reset(seed, &mut seen)?;
                }
            }
            Ok(())
        })
        .map_err(broken)
    }

    /// Takes one step in each environment, and writes what is seen next into the arrays.
    #[expect(clippy::too_many_arguments, reason = "the arrays of a step, each its own")]
    fn step(
        &mut self,
        py: Python<'_>,
        actions: PyReadonlyArray1<'_, i64>,
        mut state: PyReadwriteArray2<'_, f32>,
        mut candidates: PyReadwriteArray3<'_, f32>,
        mut mask: PyReadwriteArray2<'_, i8>,
        mut rewards: PyReadwriteArray1<'_, f64>,
        mut terminated: PyReadwriteArray1<'_, bool>,
        mut truncated: PyReadwriteArray1<'_, bool>,
        mut final_state: PyReadwriteArray2<'_, f32>,
        mut ends: PyReadwriteArray2<'_, f64>,
    ) -> PyResult<()> {
        let (slots, threads, count) = (self.slots, self.threads, self.all.len());
        let actions = actions.as_slice().map_err(|_| not_contiguous("actions"))?;
        if actions.len() != count || actions.iter().any(|action| *action < 0) {
            return Err(PyValueError::new_err(format!("give {count} actions of at least 0")));
        }
        let state = checked("state", state.as_slice_mut(), count * STATE_COLUMNS)?;
        let candidates =
            checked("candidates", candidates.as_slice_mut(), count * slots * NETWORK_COLUMNS)?;
        let mask = checked("action_mask", mask.as_slice_mut(), count * slots)?;
        let rewards = checked("rewards", rewards.as_slice_mut(), count)?;
        let terminated = checked("terminated", terminated.as_slice_mut(), count)?;
        let truncated = checked("truncated", truncated.as_slice_mut(), count)?;
        let final_state =
            checked("final_state", final_state.as_slice_mut(), count * STATE_COLUMNS)?;
        let ends = checked("ends", ends.as_slice_mut(), count * END_COLUMNS)?;
        let all = &mut self.all;
        py.detach(|| {
            let mut turns: Vec<Turn<'_>> = Vec::with_capacity(count);
            let seen = rows_mut(state, candidates, mask, slots);
            let told = rewards.iter_mut().zip(terminated.iter_mut()).zip(truncated.iter_mut());
            let last =
                final_state.chunks_exact_mut(STATE_COLUMNS).zip(ends.chunks_exact_mut(END_COLUMNS));
            let environments = all.iter_mut().zip(actions);
            for (((environment, action), seen), (((reward, terminated), truncated), last)) in
                environments.zip(seen).zip(told.zip(last))
            {
                let (final_state, end) = last;
                let slot = *action as usize;
                turns.push(Turn {
                    environment,
                    slot,
                    seen,
                    final_state,
                    reward,
                    terminated,
                    truncated,
                    end,
                });
            }
            take_turns(turns, threads)
        })
        .map_err(broken)
    }

    /// The ids of the activities that can be chosen in an environment, by slot.
    fn choices(&self, number: usize) -> PyResult<Vec<String>> {
        let missing = || PyValueError::new_err(format!("there is no environment {number}"));
        let environment = self.all.get(number).ok_or_else(missing)?;
        let activities = &environment.course().activities;
        Ok(environment.choices().iter().map(|at| activities[*at].id.to_string()).collect())
    }
}

/// Takes the turns, on so many threads. They share nothing, so their number changes no bit.
fn take_turns(turns: Vec<Turn<'_>>, threads: usize) -> Result<(), SchoolFault> {
    if threads == 1 || turns.len() < 2 {
        return turns.into_iter().try_for_each(Turn::take);
    }
    let share = turns.len().div_ceil(threads);
    let mut turns = turns.into_iter();
    std::thread::scope(|scope| {
        let mut running = Vec::with_capacity(threads);
        loop {
            let mine: Vec<Turn<'_>> = turns.by_ref().take(share).collect();
            if mine.is_empty() {
                break;
            }
            running.push(scope.spawn(|| mine.into_iter().try_for_each(Turn::take)));
        }
        for thread in running {
            // invariant: a thread that panics ends the program as it would without threads.
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    })
}

/// The rows of each environment in the arrays of all.
fn rows_mut<'a>(
    state: &'a mut [f32],
    candidates: &'a mut [f32],
    mask: &'a mut [i8],
    slots: usize,
) -> impl Iterator<Item = SeenMut<'a>> {
    let state = state.chunks_exact_mut(STATE_COLUMNS);
    let candidates = candidates.chunks_exact_mut(slots * NETWORK_COLUMNS);
    let rows = state.zip(candidates).zip(mask.chunks_exact_mut(slots));
    rows.map(|((state, candidates), mask)| SeenMut { state, candidates, mask })
}

fn read_course(text: &str) -> PyResult<nexus_engine::catalog::CourseDraft> {
    course_file::read(text).map_err(|findings| {
        let reports: Vec<String> = findings.iter().map(|it| it.report("course")).collect();
        PyValueError::new_err(format!("the course has problems\n{}", reports.join("\n")))
    })
}

fn read_families(families: Vec<(String, f64)>) -> PyResult<Vec<(Family, f64)>> {
    let known: Vec<&str> = Family::ALL.map(Family::word).to_vec();
    let mut read = Vec::with_capacity(families.len());
    for (word, share) in families {
        let family = Family::ALL.into_iter().find(|family| family.word() == word);
        read.push((named("family", &word, family, &known)?, within("share", share, 1e9)?));
    }
    if read.is_empty() {
        return Err(PyValueError::new_err("name at least one family of learners"));
    }
    Ok(read)
}

fn named<T>(what: &str, word: &str, value: Option<T>, known: &[&str]) -> PyResult<T> {
    let known = known.join(", ");
    value.ok_or_else(|| PyValueError::new_err(format!("no {what} `{word}`; there are {known}")))
}

/// A number above 0 and at most `most`.
fn within(what: &str, value: f64, most: f64) -> PyResult<f64> {
    if value > 0.0 && value <= most {
        return Ok(value);
    }
    Err(PyValueError::new_err(format!("{what} must be above 0 and at most {most}, not {value}")))
}

fn at_most(what: &str, value: usize, most: usize) -> PyResult<usize> {
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    Err(PyValueError::new_err(format!("{what} must be from 1 to {most}, not {value}")))
}

/// The numbers of an array, when it is contiguous and of the right length.
fn checked<'a, T, E>(
    what: &str,
    array: Result<&'a mut [T], E>,
    len: usize,
) -> PyResult<&'a mut [T]> {
    let array = array.map_err(|_| not_contiguous(what))?;
    if array.len() == len {
        return Ok(array);
    }
    Err(PyValueError::new_err(format!("{what} has {} numbers and needs {len}", array.len())))
}

fn not_contiguous(what: &str) -> PyErr {
    PyValueError::new_err(format!("{what} must be a contiguous array"))
}

fn opening(fault: SchoolFault) -> PyErr {
    PyValueError::new_err(fault.to_string())
}

fn broken(fault: SchoolFault) -> PyErr {
    PyRuntimeError::new_err(format!("the simulator stopped, which is a bug: {fault}"))
}

/// The module.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Environments>()?;
    module.add("STATE_NAMES", STATE_NAMES.to_vec())?;
    module.add("CANDIDATE_NAMES", NETWORK_NAMES.to_vec())?;
    module.add("REWARDS", StepReward::ALL.map(StepReward::word).to_vec())?;
    module.add("FAMILIES", Family::ALL.map(Family::word).to_vec())?;
    Ok(())
}
