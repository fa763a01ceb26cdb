//! The matrix against numbers that others measured: the design's tables (science 8.2 and 8.5) were
//! made by scripts that share no code with this crate.

use nexus_engine::strategy::{Probed, Probes, StrategyBandit};
use nexus_lab::matrix::run::{MatrixOutcome, MatrixPolicy, ProbePlan, StrategySchool};
use nexus_lab::matrix::tutor::Tutor;
use nexus_lab::matrix::tutor::mastery::MasteryTutor;
use nexus_lab::matrix::tutor::progress::ProgressTutor;
use nexus_lab::matrix::tutor::traced::CHAIN_GENERIC;
use nexus_lab::matrix::{MatrixQuestion, Setting, Trial, World, warm};
use nexus_stats::random::Stream;

const SEED: u64 = 101;

fn mean(all: &[MatrixOutcome]) -> f64 {
    all.iter().map(|one| one.score).sum::<f64>() / all.len() as f64
}

/// Fails unless the mean scores in F1 to F5 are these, within three standard errors of the
/// difference to a published mean of 2,000 learners, and what is said of an open reading.
#[track_caller]
fn check(policy: MatrixPolicy, learners: u64, published: [f64; 5], reading: f64) {
    for (world, published) in World::FAMILIES.into_iter().zip(published) {
        check_world(policy, world, learners, published, 2_000.0, reading);
    }
}

#[track_caller]
fn check_world(
    policy: MatrixPolicy,
    world: World,
    learners: u64,
    published: f64,
    published_learners: f64,
    reading: f64,
) {
    let all = policy.teach(world, SEED, learners, &|| {});
    let (mean, count) = (mean(&all), all.len() as f64);
    let variance =
        all.iter().map(|one| (one.score - mean) * (one.score - mean)).sum::<f64>() / count;
    let error = (variance / count + variance / published_learners).sqrt();
    let miss = (mean - published).abs();
    // Published numbers have three digits.
    let allowed = 3.0 * error + 0.0005 + reading;
    let (policy, world) = (policy.word(), world.word());
    assert!(miss <= allowed, "{policy} in {world}: {mean:.4}, published {published}");
}

const RANDOM: [f64; 5] = [0.522, 0.332, 0.230, 0.699, 0.283];
const LINEAR: [f64; 5] = [0.666, 0.370, 0.316, 0.488, 0.311];
const POPULARITY: [f64; 5] = [0.448, 0.327, 0.298, 0.664, 0.314];
const MASTERY: [f64; 5] = [0.805, 0.369, 0.452, 0.655, 0.356];
const GATED: [f64; 5] = [0.814, 0.386, 0.422, 0.663, 0.354];
const SUCCESS: [f64; 5] = [0.350, 0.279, 0.176, 0.611, 0.295];
const ZPDES: [f64; 5] = [0.556, 0.415, 0.391, 0.671, 0.349];

#[test]
fn a_small_matrix() {
    check(MatrixPolicy::Random, 150, RANDOM, 0.0);
    check(MatrixPolicy::Linear, 150, LINEAR, 0.0);
    check(MatrixPolicy::Mastery, 150, MASTERY, 0.005);
}

#[test]
#[ignore = "a minute in release: cargo xtask soak the_whole_matrix --release"]
fn the_whole_matrix() {
    check(MatrixPolicy::Random, 2_000, RANDOM, 0.0);
    check(MatrixPolicy::Linear, 2_000, LINEAR, 0.0);
    check(MatrixPolicy::Popularity, 2_000, POPULARITY, 0.0);
    // The thresholds between difficulties, and the optimism, are not published.
    check(MatrixPolicy::Mastery, 2_000, MASTERY, 0.005);
    check(MatrixPolicy::GatedRandom, 2_000, GATED, 0.005);
    check(MatrixPolicy::SuccessUcb, 2_000, SUCCESS, 0.005);
    // How the two bandits of this variant are joined is not published in full.
    check(MatrixPolicy::Zpdes, 2_000, ZPDES, 0.015);
}

#[test]
#[ignore = "six thousand learners: cargo xtask soak kt6kc_at_the_end --release"]
fn kt6kc_at_the_end() {
    // Science 8.5, the column of model 0 at 100 answers, 400 learners there and 1,000 here.
    let world = World::Kt6kc { model: 0, perturbed: false };
    for (policy, published) in [
        (MatrixPolicy::Random, 0.520),
        (MatrixPolicy::Linear, 0.925),
        (MatrixPolicy::Zpdes, 0.991),
        (MatrixPolicy::Mastery, 1.0),
    ] {
        check_world(policy, world, 1_000, published, 400.0, 0.0);
    }
}

// Science 8.5, the rows of whoever watches answers, after 25, 50 and 100 of them, on 400 learners
// there. On 5,000 here the error that is left is the table's own.
#[test]
#[ignore = "forty thousand learners: cargo xtask soak kt6kc_over_time --release"]
fn kt6kc_over_time() {
    let worlds = [(0, false), (0, true), (1, false), (2, false)];
    let mastery: [[f64; 3]; 4] =
        [[0.500, 0.909, 1.0], [0.377, 0.664, 0.886], [0.499, 0.908, 1.0], [0.505, 0.918, 0.997]];
    let zpdes: [[f64; 3]; 4] = [
        [0.464, 0.807, 0.991],
        [0.343, 0.596, 0.844],
        [0.472, 0.810, 0.991],
        [0.490, 0.847, 0.998],
    ];
    for (number, (model, perturbed)) in worlds.into_iter().enumerate() {
        let world = World::Kt6kc { model, perturbed };
        let fresh = || MasteryTutor::new(CHAIN_GENERIC, 0.0);
        check_over_time(world, &|| Box::new(fresh()), mastery[number]);
        check_over_time(world, &|| Box::new(ProgressTutor::new(&world.graph())), zpdes[number]);
    }
}

#[track_caller]
fn check_over_time(world: World, tutor: &dyn Fn() -> Box<dyn Tutor>, published: [f64; 3]) {
    let times = [25, 50, 100];
    let mut scores = [const { Vec::new() }; 3];
    for learner in 0..5_000 {
        let (mut trial, mut tutor) = (Trial::new(world, SEED, learner), tutor());
        let mut stream = trial.choice_stream();
        for step in 1..=100 {
            let answered = trial.answer(tutor.choose(&trial.sight(), &mut stream));
            tutor.observe(&answered);
            if let Some(place) = times.iter().position(|time| *time == step) {
                scores[place].push(trial.true_score());
            }
        }
    }
    for ((scores, published), time) in scores.iter().zip(published).zip(times) {
        let (found, chance) = chance_of(scores, published);
        let world = world.word();
        assert!(
            chance >= 0.0027,
            "{world} after {time}: {found:.4}, published {published}, chance {chance}"
        );
    }
}

/// The mean of some scores, and the chance that 400 such learners have a mean so far from it as the
/// published one is, by drawing 400 of them again and again: three standard errors of a normal mean
/// are 0.0027. The mean itself is not normal where nearly everybody masters everything. In model 2
/// after 100 answers 146 of 96,000 learners (seeds 11 to 30) lack anything, and these lack nearly
/// three skills on average, because all that build on one are closed to them. So 14 of 240 groups
/// of 400 lie below 0.9975, and the published 0.997 is no surprise, though more than four normal
/// errors away.
fn chance_of(scores: &[f64], published: f64) -> (f64, f64) {
    const GROUP: u64 = 400;
    const DRAWS: u32 = 20_000;
    let count = scores.len() as u64;
    let found = scores.iter().sum::<f64>() / count as f64;
    // Published numbers have three digits.
    let miss = (found - published).abs() - 0.0005;
    // The scores' own mean has an error too.
    let widen = (1.0 + GROUP as f64 / count as f64).sqrt();
    let mut stream = Stream::keyed(SEED, "groups");
    let mut far = 0;
    for _ in 0..DRAWS {
        let group = (0..GROUP).map(|_| scores[stream.below(count) as usize]);
        let mean = group.sum::<f64>() / GROUP as f64;
        far += u32::from(widen * (mean - found).abs() >= miss);
    }
    (found, f64::from(far) / f64::from(DRAWS))
}

#[test]
fn the_same_learner_has_the_same_luck() {
    let play = |learner| {
        let mut trial = Trial::new(World::F2, 3, learner);
        let activity = MatrixQuestion { skill: 0, difficulty: 0 };
        let answers: Vec<bool> = (0..50).map(|_| trial.answer(activity).right).collect();
        (answers, trial.true_score().to_bits(), trial.probes(10))
    };
    assert_eq!(play(7), play(7));
    assert_ne!(play(7), play(8));
}

#[test]
fn what_does_not_exist_is_taken_as_the_last() {
    let mut trial = Trial::new(World::F1, 1, 1);
    let answered = trial.answer(MatrixQuestion { skill: 99, difficulty: 99 });
    assert_eq!(answered.activity, MatrixQuestion { skill: 11, difficulty: 2 });
}

#[test]
fn the_strategy_bandit_learns_which_strategies_pay() {
    // Within 600 learners of F4, from cold, it teaches better than the first 100 were taught.
    let mut school = StrategySchool::new(World::F4, &[]);
    let outcomes: Vec<MatrixOutcome> =
        (0..600).map(|learner| school.teach(SEED, learner).1).collect();
    assert!(mean(&outcomes[400..]) > mean(&outcomes[..100]));
    assert_eq!(school.bandit().version(), 600);
}

#[test]
fn a_late_payment_is_a_payment() {
    let taught = |delay| {
        let plan = ProbePlan { before: 2, after: 5 };
        let school = StrategySchool::new(World::F4, &[]);
        let mut school = school.paid_later(plan, delay);
        let last = (0..120).map(|learner| school.teach(SEED, learner)).last();
        (school.bandit().version(), last)
    };
    assert_eq!(taught(0).0, 120);
    assert_eq!(taught(100).0, 20);
}

/// Mean score of a school's learners after the warm-up, and that of the best of these yardsticks.
fn school_against(
    world: World,
    warm_up: u64,
    learners: u64,
    yardsticks: &[MatrixPolicy],
) -> (f64, f64) {
    let others = warm::others(world);
    let others: Vec<&StrategyBandit> = others.iter().collect();
    let mut school = StrategySchool::new(world, &others);
    for learner in 0..warm_up {
        let _ = school.teach(SEED, 1 << 32 | learner);
    }
    let taught: Vec<MatrixOutcome> =
        (0..learners).map(|learner| school.teach(SEED, learner).1).collect();
    let best = yardsticks.iter().map(|one| mean(&one.teach(world, SEED, learners, &|| {})));
    (mean(&taught), best.fold(0.0, f64::max))
}

#[test]
fn strategies_beat_the_best_yardstick_of_two_families_soon() {
    // T9 and T11 in small: one family that wants order, one that wants turns, neither of which
    // was in the prior. The yardsticks are the best of science 8.2.
    for (world, yardsticks) in [
        (World::F1, [MatrixPolicy::GatedRandom, MatrixPolicy::Spaced]),
        (World::F4, [MatrixPolicy::Random, MatrixPolicy::Zpdes]),
    ] {
        let (taught, best) = school_against(world, 300, 150, &yardsticks);
        assert!(taught > best, "{}: {taught:.3} against {best:.3}", world.word());
    }
}

#[test]
fn they_do_so_over_the_beliefs_of_a_course() {
    // HKT from nothing and the trace, prior of the other families: F1 was lost before there was a
    // trace (.767 against .821, seed 201).
    let others = warm::others(World::F1);
    let others: Vec<&StrategyBandit> = others.iter().collect();
    let mut school = StrategySchool::new(World::F1, &others).over_hkt();
    for learner in 0..300 {
        let _ = school.teach(SEED, 1 << 32 | learner);
    }
    let taught: Vec<MatrixOutcome> =
        (0..150).map(|learner| school.teach(SEED, learner).1).collect();
    let best = mean(&MatrixPolicy::GatedRandom.teach(World::F1, SEED, 150, &|| {}));
    assert!(mean(&taught) > best, "{:.3} against {best:.3}", mean(&taught));
}

#[test]
#[ignore = "five families in full: cargo xtask soak the_strategies_of_five_families --release"]
fn the_strategies_of_five_families() {
    // Science T9: the bars, and above the best yardstick in every family.
    let yardsticks: Vec<MatrixPolicy> =
        MatrixPolicy::ALL.into_iter().filter(|policy| policy.is_baseline()).collect();
    for (world, bar) in World::FAMILIES.into_iter().zip([0.86, 0.418, 0.50, 0.71, 0.385]) {
        let (taught, best) = school_against(world, 3_000, 2_000, &yardsticks);
        let word = world.word();
        assert!(taught > best, "{word}: {taught:.3} against {best:.3}");
        assert!(taught >= bar, "{word}: {taught:.4}, asked {bar}");
        // T11: without a learner of this family, at most 0.05 below.
        let (cold, best) = school_against(world, 0, 500, &yardsticks);
        assert!(cold > best - 0.05, "{word} at first: {cold:.3} against {best:.3}");
    }
}

#[test]
fn a_shaken_world_is_another_world() {
    let mind = |setting: Setting| {
        let mut trial = Trial::new(setting, 3, 1);
        while !trial.is_over() {
            trial.answer(MatrixQuestion { skill: trial.answers().0 % 12, difficulty: 1 });
        }
        trial.true_score()
    };
    for world in World::FAMILIES.into_iter().chain([World::H1]) {
        let as_is = Setting::from(world);
        assert_eq!(mind(as_is), mind(as_is.misdrawn(2)), "the learner lives by the true graph");
        assert_ne!(mind(as_is), mind(Setting::shifted(world, 5)), "{}", world.word());
        assert_ne!(Trial::new(as_is.misdrawn(2), 3, 1).sight().graph, world.graph());
    }
    let short = Setting::from(World::F1).within(7);
    assert_eq!(policy_answers(short), 7);
}

fn policy_answers(setting: Setting) -> usize {
    MatrixPolicy::Linear.teach(setting, SEED, 1, &|| {})[0].answers
}

#[test]
fn no_family_warms_itself() {
    for world in World::FAMILIES {
        assert_eq!(warm::others(world).len(), 4);
    }
    let unsound = Probed { before: Probes::default(), after: Probes { right: 11, asked: 10 } };
    let mut bandit = StrategySchool::new(World::F1, &[]).bandit().clone();
    assert!(bandit.learn(0, unsound).is_err());
}
