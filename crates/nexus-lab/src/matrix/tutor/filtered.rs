//! A strategy of the engine over the engine's own beliefs, which is what a course has: HKT, whose
//! shared part may learn from every answer, and the trace by which strategies say what is known.
//!
//! A world has skills and difficulties and no questions. Here each skill has ten of a difficulty,
//! asked in turn. With one alone, as this was first measured, the filter puts what is learned down
//! to the question that was met so often, and says so little of the next one that a strategy over
//! it lost .09 in F1.

use super::{Answered, MatrixQuestion, Sight, Tutor};
use crate::matrix::graph::{DIFFICULTIES_MAX, SKILLS_MAX, SkillGraph};
use crate::matrix::strategy::{self, SkillSight, trace};
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::mastery::{Looking, SkillReference, SkillView};
use nexus_engine::learner::results::Results;
use nexus_engine::learner::tracing::{QuestionView, TracingModel};
use nexus_engine::strategy::{MasteryRule, Strategy};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_stats::random::Stream;

/// What an author would write beside a question: its difficulty in logits.
const HARDNESS: [f64; DIFFICULTIES_MAX] = [-1.2, 0.0, 1.2];
/// And a chance of guessing.
const GUESS: f64 = 0.15;
/// Questions of a skill and difficulty.
const QUESTIONS: u32 = 10;
/// Half a minute an answer.
const ANSWER_MICROS: i64 = 30_000_000;

/// The part of HKT that all learners share.
#[derive(Debug)]
pub enum Shared<'a> {
    /// It learns from every answer, as while serving.
    Learns(&'a mut TracingModel),
    /// It rests: learners do not depend on each other, so two strategies can be compared on the same ones.
    Rests(&'a TracingModel),
}

/// One learner under one strategy.
#[derive(Debug)]
pub struct Filtered<'a> {
    strategy: Strategy,
    shared: Shared<'a>,
    belief: Belief,
    results: [Results; SKILLS_MAX],
    met: [u64; SKILLS_MAX],
    asked: [[u32; DIFFICULTIES_MAX]; SKILLS_MAX],
    answers: u64,
    /// How many difficulties the world has.
    difficulties: usize,
}

impl<'a> Filtered<'a> {
    #[must_use]
    pub fn new(strategy: Strategy, shared: Shared<'a>) -> Self {
        Self {
            strategy,
            shared,
            belief: Belief::default(),
            results: [Results::NONE; SKILLS_MAX],
            met: [0; SKILLS_MAX],
            asked: [[0; DIFFICULTIES_MAX]; SKILLS_MAX],
            answers: 0,
            difficulties: DIFFICULTIES_MAX,
        }
    }

    fn now(&self, day: f64) -> Timestamp {
        let days = (day * DAY_MICROS as f64) as i64;
        Timestamp(DAY_MICROS + days + self.answers as i64 * ANSWER_MICROS)
    }

    fn views(&self, graph: &SkillGraph, day: f64) -> Vec<SkillView> {
        let model = match &self.shared {
            Shared::Learns(model) => model,
            Shared::Rests(model) => *model,
        };
        let looking = Looking::at(&self.belief, model, self.now(day));
        let view = |skill: usize| {
            let skill = SkillKey(skill as u32);
            looking.view(&SkillReference { skill, difficulty: 0.0, guess: GUESS })
        };
        (0..graph.skills()).map(view).collect()
    }
}

fn hardness(difficulty: usize, difficulties: usize) -> f64 {
    if difficulties == 1 { 0.0 } else { HARDNESS[difficulty] }
}

impl Tutor for Filtered<'_> {
    fn choose(&mut self, sight: &Sight, _stream: &mut Stream) -> MatrixQuestion {
        let graph = &sight.graph;
        self.difficulties = graph.difficulties;
        let views = self.views(graph, sight.day);
        let mut success = [[0.0; DIFFICULTIES_MAX]; SKILLS_MAX];
        for (row, view) in success.iter_mut().zip(&views) {
            for (difficulty, value) in row.iter_mut().enumerate().take(graph.difficulties) {
                *value = view.success_on_harder(hardness(difficulty, graph.difficulties));
            }
        }
        let known: [f64; SKILLS_MAX] = self.results.map(trace::known);
        let level = |skill: usize| match self.strategy.mastery {
            MasteryRule::Success(_) => views[skill].expected_success,
            MasteryRule::Known(_) => known[skill],
        };
        let see = |(skill, view): (usize, &SkillView)| SkillSight {
            ready: graph.requires[skill].iter().map(|need| level(*need)).fold(1.0, f64::min),
            known: known[skill],
            success: &success[skill][..graph.difficulties],
            attempts: view.attempts,
            recall: view.recall,
            met: self.met[skill],
        };
        let sights: Vec<SkillSight<'_>> = views.iter().enumerate().map(see).collect();
        let chosen = strategy::choose(&self.strategy, &sights);
        chosen.map_or(MatrixQuestion { skill: 0, difficulty: 0 }, |chosen| MatrixQuestion {
            skill: chosen.skill,
            difficulty: chosen.difficulty,
        })
    }

    fn observe(&mut self, answered: &Answered) {
        let MatrixQuestion { skill, difficulty } = answered.activity;
        self.answers += 1;
        self.met[skill] = self.answers;
        self.results[skill].push(answered.right);
        let at = self.now(answered.day);
        let cell = (DIFFICULTIES_MAX * skill + difficulty) as u32;
        let asked = &mut self.asked[skill][difficulty];
        let question = QuestionKey(cell * QUESTIONS + *asked % QUESTIONS);
        *asked += 1;
        let skills = [SkillKey(skill as u32)];
        let difficulty = hardness(difficulty, self.difficulties);
        let view = QuestionView { question, skills: &skills, difficulty, guess: GUESS };
        let model = match &self.shared {
            Shared::Learns(model) => model,
            Shared::Rests(model) => *model,
        };
        let prediction = model.predict(&self.belief, &view, at);
        let evidence = model.evidence(&prediction, answered.right);
        match &mut self.shared {
            Shared::Learns(model) => {
                model.absorb(&mut self.belief, &view, &evidence, answered.right, at);
            }
            Shared::Rests(model) => {
                model.absorb_learner(&mut self.belief, &view, &evidence, answered.right, at);
            }
        }
    }
}
