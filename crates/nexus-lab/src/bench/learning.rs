//! Learning: what a reward costs a policy, and what an answer costs the belief about a learner.

use super::Effort;
use super::decision::trained;
use super::figure::{Figure, Unit};
use super::rounds::{Kernel, kernel, seconds};
use super::school::{BenchSchool, Size, answer};
use anyhow::Context;
use nexus_engine::catalog::{Course, Question};
use nexus_engine::ids::SkillKey;
use nexus_engine::learner::mastery::{self, SkillReference};
use nexus_engine::learner::tracing::QuestionView;
use nexus_engine::policy::context::FEATURES;
use nexus_engine::policy::linear_model::PACKED;
use nexus_engine::policy::network::dense::{Activation, DenseLayer, DenseLayers};
use nexus_engine::policy::network::row::NETWORK_COLUMNS;
use nexus_engine::policy::network::{NetworkPolicy, PublishedNetwork};
use nexus_engine::policy::{Distribution, Policy, Rewarded, Scene, SceneCandidate};
use nexus_engine::time::SECOND_MICROS;
use nexus_engine::workspace::LearnerState;
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

/// What the design allows for an update, there of 32 features.
const UPDATE_BUDGET_SECONDS: f64 = 5e-6;
/// What the design allows for a network's distribution over [`CANDIDATES`].
const NETWORK_BUDGET_SECONDS: f64 = 100e-6;
/// As many candidates as a decision can have.
const CANDIDATES: usize = 64;
/// Rewards that take turns.
const REWARDS: usize = 64;

type Row = [f64; FEATURES];

/// A ridge regression that only adds up: what any update has to do at least.
struct Ridge {
    precision: [f64; PACKED],
    response: Row,
}

impl Ridge {
    fn learn(&mut self, features: &Row, value: f64) {
        let mut rest = self.precision.as_mut_slice();
        for (column, feature) in features.iter().enumerate() {
            let (entries, later) = rest.split_at_mut(FEATURES - column);
            for (entry, other) in entries.iter_mut().zip(&features[column..]) {
                *entry += feature * other;
            }
            rest = later;
        }
        for (sum, feature) in self.response.iter_mut().zip(features) {
            *sum += value * feature;
        }
    }
}

/// The figures of policies.
pub(super) fn policy(effort: &Effort) -> anyhow::Result<Vec<Figure>> {
    let mut stream = Stream::new(3);
    let rewards: Vec<(Row, f64)> =
        (0..REWARDS).map(|_| (std::array::from_fn(|_| stream.uniform()), 0.3)).collect();
    let mut ridge = Ridge { precision: [0.0; PACKED], response: [0.0; FEATURES] };
    let mut thompson = trained();
    let (mut left, mut right) = (rewards.iter().cycle(), rewards.iter().cycle());
    let kernels = vec![
        kernel(|| {
            // A cycle of something ends never.
            if let Some((features, value)) = left.next() {
                ridge.learn(features, *value);
            }
            ridge.response[0]
        }),
        kernel(|| {
            if let Some((features, value)) = right.next() {
                thompson.learn(&Rewarded { features, value: *value, propensity: 0.1, gain: None });
            }
            thompson.version()
        }),
    ];
    let found = seconds(effort, kernels);
    let [ridge, update] = found.as_slice() else { return Ok(Vec::new()) };
    let what = "lin-ts learns from one reward, 32 features, ready to draw again";
    let figure = Figure::new("policy.update", what, Unit::Seconds, update.clone());
    let beside = "adding the same row to a ridge regression, without factorising";
    let mut figures = vec![figure.within(UPDATE_BUDGET_SECONDS).beside(beside, ridge)];
    figures.extend(network(effort));
    Ok(figures)
}

/// What a network of the usual size costs a decision with as many candidates as there can be.
fn network(effort: &Effort) -> Option<Figure> {
    let mut stream = Stream::new(5);
    let mut normal = move |count: usize| -> Vec<f32> {
        (0..count).map(|_| 0.1 * stream.normal() as f32).collect()
    };
    let mut layers = Vec::new();
    let widths = [NETWORK_COLUMNS, 64, 64, 1];
    for (layer, pair) in widths.windows(2).enumerate() {
        let activation = if layer < 2 { Activation::Relu } else { Activation::Identity };
        let weights = normal(pair[0] * pair[1]);
        layers.push(DenseLayer::new(pair[0], weights, normal(pair[1]), activation)?);
    }
    let network = PublishedNetwork::new(DenseLayers::new(layers).ok()?, 1.0, 0.1)?;
    let policy = NetworkPolicy::with(network);
    let features: Vec<f64> = normal(CANDIDATES * FEATURES).iter().copied().map(f64::from).collect();
    let candidates = vec![SceneCandidate::default(); CANDIDATES];
    let weights = normal(NETWORK_COLUMNS);
    let rows = normal(CANDIDATES * NETWORK_COLUMNS);
    let kernels = vec![
        kernel(|| {
            let rows = rows.chunks_exact(NETWORK_COLUMNS);
            rows.map(|row| row.iter().zip(&weights).map(|(x, w)| x * w).sum::<f32>()).sum::<f32>()
        }),
        kernel(|| {
            let mut out = Distribution::default();
            let scene = Scene { candidates: &candidates, features: &features };
            policy.distribute(&scene, &mut Stream::new(1), &mut out);
            out.probabilities.first().copied()
        }),
    ];
    let found = seconds(effort, kernels);
    let [linear, ours] = found.as_slice() else { return None };
    let what = "a network of 64 and 64 ReLUs turns 64 candidates into a distribution";
    let figure = Figure::new("policy.network", what, Unit::Seconds, ours.clone());
    let beside = "one linear score of the same rows";
    Some(figure.within(NETWORK_BUDGET_SECONDS).beside(beside, linear))
}

/// The figures of mastery.
pub(super) fn mastery(effort: &Effort) -> anyhow::Result<Vec<Figure>> {
    let mut school = BenchSchool::new(Size::USUAL)?;
    let learner = school.experienced(Size::USUAL)?;
    let course = school.published()?;
    let one = question_with(&course, 1)?;
    let three = question_with(&course, 3)?;
    let found = seconds(
        effort,
        vec![
            descent(1),
            descent(3),
            update(&school, &course, learner.clone(), one),
            update(&school, &course, learner.clone(), three),
            whole(school.clone(), learner.clone(), one),
            whole(school, learner, three),
        ],
    );
    let named = [
        ("mastery.update.1_skill", "an answer predicted and absorbed, mastery refreshed"),
        ("mastery.update.3_skills", "the same for a question with three skills"),
        ("mastery.answer.1_skill", "an answer event admitted and applied, progress and all"),
        ("mastery.answer.3_skills", "the same for a question with three skills"),
    ];
    let [descent_one, descent_three, ours @ ..] = found.as_slice() else { return Ok(Vec::new()) };
    let figure = |(((name, what), rounds), baseline): (((&str, _), &Vec<f64>), &Vec<f64>)| {
        let beside = "one step of logistic gradient descent over as many skills";
        Figure::new(name, what, Unit::Seconds, rounds.clone()).beside(beside, baseline)
    };
    let baselines = [descent_one, descent_three].into_iter().cycle();
    Ok(named.into_iter().zip(ours).zip(baselines).map(figure).collect())
}

fn question_with(course: &Course, skills: usize) -> anyhow::Result<&Question> {
    // Closed activities come last and are those the learner knows.
    let mut questions = course.questions.iter().rev();
    let found = questions.find(|question| question.skills.len() == skills);
    found.with_context(|| format!("no question has {skills} skills"))
}

/// One weight a skill and a constant, moved along the gradient of one answer.
fn descent(skills: usize) -> Kernel<'static> {
    let mut weights = vec![0.0_f64; skills + 1];
    let inputs = vec![1.0 / skills as f64; skills + 1];
    let mut right = false;
    kernel(move || {
        right = !right;
        let sum: f64 = weights.iter().zip(&inputs).map(|(weight, input)| weight * input).sum();
        let error = f64::from(u8::from(right)) - logistic(sum);
        for (weight, input) in weights.iter_mut().zip(&inputs) {
            *weight += 0.1 * error * input;
        }
        weights[0]
    })
}

/// The knowledge part of an answer: nothing but numbers.
fn update<'a>(
    school: &BenchSchool,
    course: &'a Course,
    learner: LearnerState,
    question: &'a Question,
) -> Kernel<'a> {
    let keys: Vec<SkillKey> = course.skill_keys(&question.skills).collect();
    let references: Vec<SkillReference> =
        question.skills.iter().map(|skill| course.skills[*skill].reference()).collect();
    let (mut tracing, mut belief) = (school.state.tracing.clone(), learner.belief);
    let (mut at, mut right) = (school.now, false);
    let mut reports = Vec::with_capacity(references.len());
    kernel(move || {
        right = !right;
        at = at.plus_micros(SECOND_MICROS);
        let view = QuestionView::of(question, &keys);
        let prediction = tracing.predict(&belief, &view, at);
        let evidence = tracing.evidence(&prediction, right);
        reports.clear();
        let report = |reference| mastery::report(&belief, &tracing, reference, at);
        reports.extend(references.iter().map(report));
        tracing.absorb(&mut belief, &view, &evidence, right, at);
        for (reference, before) in references.iter().zip(&reports) {
            mastery::settle(&mut belief, &tracing, reference, before, right, at);
        }
        belief.attempts
    })
}

/// The whole event, as the node treats it between reading JSON and the disk.
fn whole(mut school: BenchSchool, mut learner: LearnerState, question: &Question) -> Kernel<'_> {
    let mut right = false;
    kernel(move || {
        right = !right;
        school.act(&mut learner, answer(&question.id, right)).is_ok()
    })
}
