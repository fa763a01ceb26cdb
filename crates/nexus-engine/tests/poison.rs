//! What a learner, a site or bad luck can do to a policy's model: it stays bounded, it says what it
//! refused, and it still gives a distribution with its floor. NaN, infinities and 1e308 in features
//! and rewards are in `policies.rs`; here is what consists of sound numbers and is poison all the
//! same. Every policy with a model is tried, whichever the engine has.

use nexus_engine::policy::context::FEATURES;
use nexus_engine::policy::draw::finish;
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::{Distribution, Rewarded, Scene, SceneCandidate};
use nexus_stats::random::Stream;

type Row = [f64; FEATURES];

/// What the modules promise of the weights: at most 1 / sqrt(1 - 0.999), about 31.6.
const LENGTH_MAX: f64 = 32.0;

fn learners() -> impl Iterator<Item = PolicyState> {
    let all = PolicyState::WORDS.into_iter().filter_map(PolicyState::fresh);
    // `pace` learns from columns of its own, and has tests of its own.
    all.filter(|policy| policy.model().is_some_and(|model| model.width() == FEATURES))
}

fn row(stream: &mut Stream) -> Row {
    let mut row = [1.0; FEATURES];
    row[1..].iter_mut().for_each(|entry| *entry = 2.0 * stream.uniform() - 1.0);
    row
}

/// The model after so many rewards, each made from the round's number.
fn taught(
    mut state: PolicyState,
    rounds: u64,
    mut make: impl FnMut(u64, &mut Stream) -> (Row, f64),
) -> PolicyState {
    let mut stream = Stream::keyed(31, "poison");
    for round in 0..rounds {
        let (features, value) = make(round, &mut stream);
        state.policy_mut().learn(&Rewarded {
            features: &features,
            value,
            propensity: 0.1,
            gain: None,
        });
    }
    state
}

/// What must hold whatever was learned; answers with the estimates of twenty candidates.
#[track_caller]
fn check_sound(state: &PolicyState) -> Vec<f64> {
    let word = state.word();
    let model = state.model().expect("it has a model");
    let length: f64 = model.weights().iter().map(|weight| weight * weight).sum();
    assert!(length.sqrt() < LENGTH_MAX, "{word}: weights {} long", length.sqrt());
    let mut stream = Stream::keyed(32, "scene");
    let candidates = [SceneCandidate::default(); 20];
    let features: Vec<f64> = (0..20).flat_map(|_| row(&mut stream)).collect();
    let scene = Scene { candidates: &candidates, features: &features };
    let mut out = Distribution::default();
    state.policy().distribute(&scene, &mut stream, &mut out);
    assert_eq!(finish(state.policy().floor(), &mut out), Ok(()), "{word}");
    let least = state.policy().floor() / 20.0;
    assert!(out.probabilities.iter().all(|probability| *probability >= least), "{word}");
    assert!(out.estimates.iter().all(|estimate| estimate.is_finite()), "{word}");
    out.estimates
}

fn largest(estimates: &[f64]) -> f64 {
    estimates.iter().fold(0.0, |most, estimate| most.max(estimate.abs()))
}

#[test]
fn collinear_features_share_their_weight() {
    // Columns 1 to 5 are always the same number: ridge gives equals to equals.
    for fresh in learners() {
        let state = taught(fresh, 20_000, |_, stream| {
            let mut features = row(stream);
            let shared = features[1];
            features[1..6].fill(shared);
            (features, 0.5 * shared + 0.1 * stream.normal())
        });
        check_sound(&state);
        let weights = &state.model().expect("it has a model").weights()[1..6];
        for weight in weights {
            let miss = (weight - weights[0]).abs();
            assert!(miss < 1e-6, "{}: {weights:?}", state.word());
        }
        assert_eq!(state.model().map(LinearModel::refused), Some(0));
    }
}

#[test]
fn constant_features_teach_a_constant() {
    // The same row always, and rewards of mean 0.2: nothing but the mean can be learned.
    let features: Row = row(&mut Stream::keyed(33, "constant"));
    for fresh in learners() {
        let word = fresh.word();
        let state = taught(fresh, 20_000, |_, stream| (features, 0.2 + 0.3 * stream.normal()));
        check_sound(&state);
        let candidates = [SceneCandidate::default()];
        let scene = Scene { candidates: &candidates, features: &features };
        let mut out = Distribution::default();
        state.policy().distribute(&scene, &mut Stream::new(1), &mut out);
        let estimate = out.estimates[0];
        // A thousand rewards count; their mean has a standard error of 0.01.
        assert!((estimate - 0.2).abs() < 0.06, "{word}: {estimate}");
    }
}

#[test]
fn rewards_that_are_all_one_make_nothing_worth_more_than_that() {
    for fresh in learners() {
        let word = fresh.word();
        let state = taught(fresh, 20_000, |_, stream| (row(stream), 1.0));
        let most = largest(&check_sound(&state));
        assert!(most < 1.2, "{word}: an estimate of {most}");
    }
}

#[test]
fn contradictory_rewards_teach_nothing() {
    // The same choice is the best and the worst in turns.
    for fresh in learners() {
        let word = fresh.word();
        let features: Row = row(&mut Stream::keyed(34, "contradiction"));
        let state = taught(fresh, 20_001, |round, _| {
            (features, if round.is_multiple_of(2) { 1.0 } else { -1.0 })
        });
        let most = largest(&check_sound(&state));
        assert!(most < 0.05, "{word}: an estimate of {most}");
    }
}

#[test]
fn an_adversary_who_sees_the_model_cannot_blow_it_up() {
    // Whatever the model expects, the opposite is sent, at the corners of what features may be.
    for fresh in learners() {
        let mut state = fresh;
        let mut stream = Stream::keyed(35, "adversary");
        for _ in 0..20_000 {
            let mut features = [0.0; FEATURES];
            for entry in &mut features {
                *entry = if stream.below(2) == 0 { 8.0 } else { -8.0 };
            }
            let expected = state.model().expect("it has a model").score(&features);
            let value = if expected > 0.0 { -1.0 } else { 1.0 };
            state.policy_mut().learn(&Rewarded {
                features: &features,
                value,
                propensity: 0.1,
                gain: None,
            });
        }
        check_sound(&state);
        assert_eq!(state.policy().version(), 20_000, "{}", state.word());
    }
}

#[test]
fn numbers_of_every_size_at_once() {
    // One feature a million millions times the other: the factorisation must not lose its sign.
    for fresh in learners() {
        let state = taught(fresh, 20_000, |round, stream| {
            let mut features = row(stream);
            for (column, entry) in features.iter_mut().enumerate() {
                *entry *= [1e-300, 1e-12, 1e-3, 1.0, 8.0][(column + round as usize) % 5];
            }
            (features, stream.normal())
        });
        check_sound(&state);
    }
}
