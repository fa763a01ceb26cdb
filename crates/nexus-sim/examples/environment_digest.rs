//! Drives environments side by side by a fixed rule and prints a digest of every bit that is seen:
//! `python/tests/test_gym.py` drives `nexus.gym.CourseVectorEnv` by the same rule and compares.
//!
//! `cargo run -p nexus-sim --example environment_digest -- COURSE.yaml STEPS SEED REWARD`

use nexus_engine::policy::network::row::NETWORK_COLUMNS;
use nexus_sim::classroom::{Conditions, PriorKnowledge};
use nexus_sim::school::environment::{
    Environment, EnvironmentTerms, STATE_COLUMNS, SeenMut, StepReward,
};
use nexus_sim::{Family, StudySetting};
use std::error::Error;
use std::time::Instant;

/// Environments side by side.
const SIDE_BY_SIDE: usize = 4;
const SLOTS: usize = 64;

/// A digest of words that numpy computes too: each step's words times odd numbers, mixed step by step.
#[derive(Default)]
struct Digest {
    value: u64,
    sum: u64,
    words: u64,
}

impl Digest {
    fn word(&mut self, word: u64) {
        self.sum = self.sum.wrapping_add(word.wrapping_mul(2 * self.words + 1));
        self.words += 1;
    }

    fn end_step(&mut self) {
        self.value = self.value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(self.sum);
        (self.sum, self.words) = (0, 0);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [course, steps, seed, reward] = arguments.as_slice() else {
        return Err("usage: environment_digest COURSE.yaml STEPS SEED REWARD".into());
    };
    let text = std::fs::read_to_string(course)?;
    let course = nexus_ingest::course_file::read(&text)
        .map_err(|findings| format!("the course has {} problems", findings.len()))?;
    let terms = EnvironmentTerms {
        course,
        families: Family::ALL.map(|family| (family, 1.0)).to_vec(),
        conditions: Conditions {
            setting: StudySetting::Doer,
            minutes: Some(300.0),
            prior: Some(PriorKnowledge::USUAL),
        },
        days: 56.0,
        reward: StepReward::from_word(reward).ok_or("no such reward")?,
        slots: SLOTS,
    };
    let (steps, seed): (u64, u64) = (steps.parse()?, seed.parse()?);
    let mut environments = Vec::new();
    for number in 0..SIDE_BY_SIDE as u64 {
        environments.push(Environment::open(terms.clone(), seed + number)?);
    }
    let mut state = [0.0_f32; SIDE_BY_SIDE * STATE_COLUMNS];
    let mut candidates = vec![0.0_f32; SIDE_BY_SIDE * SLOTS * NETWORK_COLUMNS];
    let mut mask = vec![0_i8; SIDE_BY_SIDE * SLOTS];
    let mut digest = Digest::default();
    let (mut made, started) = (0, Instant::now());
    for step in 0..=steps / SIDE_BY_SIDE as u64 {
        for (number, environment) in environments.iter_mut().enumerate() {
            let mut seen = SeenMut {
                state: &mut state[number * STATE_COLUMNS..][..STATE_COLUMNS],
                candidates: &mut candidates[number * SLOTS * NETWORK_COLUMNS..]
                    [..SLOTS * NETWORK_COLUMNS],
                mask: &mut mask[number * SLOTS..][..SLOTS],
            };
            if step == 0 {
                environment.reset(None, &mut seen)?;
                continue;
            }
            // Any rule that depends on the step and the place will do.
            let slot = (step * 31 + number as u64 * 17) % SLOTS as u64;
            let stepped = environment.step(slot as usize, &mut seen)?;
            made += 1;
            digest.word(stepped.reward.to_bits());
            digest.word(u64::from(stepped.terminated) + 2 * u64::from(stepped.truncated));
            if stepped.terminated || stepped.truncated {
                digest.word(environment.end().score.to_bits());
                environment.reset(None, &mut seen)?;
            } else {
                digest.word(0);
            }
        }
        state.iter().chain(&candidates).for_each(|value| digest.word(u64::from(value.to_bits())));
        mask.iter().for_each(|value| digest.word(value.unsigned_abs().into()));
        digest.end_step();
    }
    let micros = started.elapsed().as_secs_f64() * 1e6 / f64::from(made.max(1));
    eprintln!("{made} steps, {micros:.1} us each");
    println!("{:016x}", digest.value);
    Ok(())
}
