//! The prior of `pace`, fitted in simulation: what activities truly gain, against what the engine
//! knows of them at the decision.
//!
//! While a classroom is taught, the row of every candidate is taken with the true gain that doing it
//! now would bring at the test, for each of its skills: the mean over copies of the learner's mind.
//! Of each world (a family in a setting on a course) that gives the mean `M` of `phi phi'` and the
//! mean `m` of `phi y`. Worlds count alike: the weights are `(M + r I)^-1 m` of their means.

use super::oracle::Oracle;
use super::{ARRIVAL_DAYS, BedPolicy, BedRun, OPENS_AT, TEST_DAYS};
use nexus_engine::ids::PolicyId;
use nexus_engine::policy::gain::{GAIN_COLUMNS, GainRow};
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::policy::pace::GainPriorFit;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::DAY_MICROS;
use nexus_sim::school::occasion::{Advice, Adviser, Occasion};
use nexus_sim::school::{School, SchoolFault};
use nexus_stats::matrix::{Cholesky, packed_length};
use std::sync::{Arc, Mutex};

/// Ridge of the fit: little enough to leave what is known as it is.
const RIDGE: f64 = 0.001;

/// Sums over the candidates that were seen in one world.
#[derive(Clone, Debug, PartialEq)]
pub struct GainSamples {
    /// How many candidates were seen.
    pub count: u64,
    /// Lower triangle, column by column, of the sum of `phi phi'`.
    moments: Vec<f64>,
    /// Sum of `phi y`.
    products: Vec<f64>,
    /// Sums of `y` and of `y^2`.
    gains: [f64; 2],
}

impl Default for GainSamples {
    fn default() -> Self {
        let moments = vec![0.0; packed_length(GAIN_COLUMNS)];
        Self { count: 0, moments, products: vec![0.0; GAIN_COLUMNS], gains: [0.0; 2] }
    }
}

impl GainSamples {
    fn add(&mut self, row: &GainRow, gain: f64) {
        let mut moments = self.moments.iter_mut();
        for column in 0..GAIN_COLUMNS {
            self.products[column] += row.columns[column] * gain;
            for (other, moment) in row.columns[column..].iter().zip(&mut moments) {
                *moment += row.columns[column] * other;
            }
        }
        self.gains[0] += gain;
        self.gains[1] += gain * gain;
        self.count += 1;
    }

    /// Both together, as of one world.
    pub fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.gains = std::array::from_fn(|at| self.gains[at] + other.gains[at]);
        for (sum, more) in self.moments.iter_mut().zip(&other.moments) {
            *sum += more;
        }
        for (sum, more) in self.products.iter_mut().zip(&other.products) {
            *sum += more;
        }
    }
}

impl GainSamples {
    /// The share of the variance of gains that such weights explain, at most 1; below 0 when the mean
    /// would have said more. `None` of fewer than two candidates, or gains that are all alike.
    #[must_use]
    pub fn explained(&self, weights: &[f64]) -> Option<f64> {
        let [sum, squares] = self.gains;
        let around_mean = squares - sum * sum / self.count as f64;
        if self.count < 2 || around_mean <= 0.0 {
            return None;
        }
        let mut moments = self.moments.iter();
        let mut missed = squares;
        for (column, weight) in weights.iter().enumerate() {
            missed -= 2.0 * weight * self.products[column];
            for (row, moment) in (column..weights.len()).zip(&mut moments) {
                // The other triangle of the symmetric sum.
                let twice = if row == column { 1.0 } else { 2.0 };
                missed += twice * weight * weights[row] * moment;
            }
        }
        Some(1.0 - missed / around_mean)
    }

    /// All of it as numbers, for a file; see [`GainSamples::from_numbers`].
    #[must_use]
    pub fn to_numbers(&self) -> Vec<f64> {
        let head = [self.count as f64, self.gains[0], self.gains[1]];
        head.iter().chain(&self.products).chain(&self.moments).copied().collect()
    }

    /// What [`GainSamples::to_numbers`] made numbers of; `None` when their count differs.
    #[must_use]
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let (head, sums) = numbers.split_at_checked(3)?;
        let (products, moments) = sums.split_at_checked(GAIN_COLUMNS)?;
        let fits = moments.len() == packed_length(GAIN_COLUMNS) && head[0] >= 0.0;
        fits.then(|| Self {
            count: head[0] as u64,
            moments: moments.to_vec(),
            products: products.to_vec(),
            gains: [head[1], head[2]],
        })
    }
}

/// The prior of some worlds, each of which counts alike; `None` when none has seen anything.
#[must_use]
pub fn fit(worlds: &[GainSamples]) -> Option<GainPriorFit> {
    let mut moments = vec![0.0; packed_length(GAIN_COLUMNS)];
    let mut weights = vec![0.0; GAIN_COLUMNS];
    let seen: Vec<&GainSamples> = worlds.iter().filter(|world| world.count > 0).collect();
    for world in &seen {
        let share = 1.0 / (world.count as f64 * seen.len() as f64);
        for (mean, sum) in moments.iter_mut().zip(&world.moments) {
            *mean += share * sum;
        }
        for (mean, sum) in weights.iter_mut().zip(&world.products) {
            *mean += share * sum;
        }
    }
    let mut ridged = moments.clone();
    let mut diagonal = 0;
    for column in 0..GAIN_COLUMNS {
        ridged[diagonal] += RIDGE;
        diagonal += GAIN_COLUMNS - column;
    }
    let factor = Cholesky::of(GAIN_COLUMNS, &ridged)?;
    factor.solve(&mut weights);
    (!seen.is_empty()).then_some(GainPriorFit { weights, moments })
}

/// Teaches a classroom and looks at the candidates of one decision in `every`.
///
/// Errors: as [`super::teach`].
pub fn collect(run: &BedRun<'_>, every: u64) -> Result<GainSamples, SchoolFault> {
    let policy = PolicyId::new(run.policy.engine_policy().word())?;
    let draft = run.bed.ends(run.course.clone());
    let school = School::open(draft, policy, run.seed, OPENS_AT)?.without_journal();
    let days = ARRIVAL_DAYS + TEST_DAYS;
    let test_at = OPENS_AT.plus_micros((days * DAY_MICROS as f64) as i64);
    let samples = Arc::new(Mutex::new(GainSamples::default()));
    let oracle = Oracle::within_rules(test_at);
    let recorder = Recorder { oracle, every, seen: 0, samples: Arc::clone(&samples) };
    let mut school = school.advised_by(Box::new(recorder));
    born_with(&mut school, run)?;
    let classroom = run.population.classroom(run.learners, run.seed);
    school.teach(&classroom.under(run.bed.conditions(run.setting)), days)?;
    drop(school);
    // invariant: the recorder is gone with its school, and it does not panic while it adds.
    Ok(samples.lock().expect("the samples are whole").clone())
}

/// Gives `pace` another prior than the one that is shipped, when the run names one.
pub(super) fn born_with(school: &mut School, run: &BedRun<'_>) -> Result<(), SchoolFault> {
    let Some(model) = run.prior.and_then(GainPriorFit::model) else { return Ok(()) };
    for kind in [PolicyKind::Pace, PolicyKind::Plans] {
        let key = (school.course.id.clone(), PolicyId::new(kind.word())?);
        let policy = PolicyState::new(kind).with_model(model.clone());
        school.workspace.state.policies.insert(key, policy);
    }
    Ok(())
}

/// Looks on while the engine chooses.
#[derive(Debug)]
struct Recorder {
    oracle: Oracle,
    every: u64,
    seen: u64,
    samples: Arc<Mutex<GainSamples>>,
}

impl Adviser for Recorder {
    fn advise(&mut self, occasion: &Occasion<'_>) -> Advice {
        self.seen += 1;
        if self.seen.is_multiple_of(self.every)
            && let Some(positions) = occasion.candidates()
            && let Some(scene) = occasion.scene(&positions)
        {
            // invariant: only this recorder holds the lock, and it does not panic while it adds.
            let mut samples = self.samples.lock().expect("the samples are whole");
            for (position, candidate) in positions.into_iter().zip(&scene.candidates) {
                let row = &candidate.gain;
                let gain = self.oracle.gain(occasion, position) / row.skills;
                samples.add(row, gain);
            }
        }
        Advice::AsItComes
    }
}

/// The policy under which candidates are collected first: it tries everything.
pub const FIRST: BedPolicy = BedPolicy::Of(PolicyKind::Random);

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    /// A world in which the gain is a known function of the columns.
    #[test]
    fn a_linear_truth_is_found() {
        let mut stream = Stream::new(4);
        let truth: Vec<f64> = (0..GAIN_COLUMNS).map(|_| stream.normal()).collect();
        let mut worlds = [GainSamples::default(), GainSamples::default()];
        for world in &mut worlds {
            for _ in 0..4_000 {
                let columns: [f64; GAIN_COLUMNS] = std::array::from_fn(|_| stream.uniform());
                let row = GainRow { columns, ..GainRow::default() };
                let gain: f64 = columns.iter().zip(&truth).map(|(x, w)| x * w).sum();
                world.add(&row, gain + 0.1 * stream.normal());
            }
        }
        let found = fit(&worlds).unwrap();
        for (expected, found) in truth.iter().zip(&found.weights) {
            // The ridge pulls by about one part in a hundred.
            assert!((expected - found).abs() < 0.08, "{expected} {found}");
        }
        assert_eq!(fit(&[GainSamples::default()]), None);
        for world in &worlds {
            let share = world.explained(&found.weights).unwrap();
            // Noise of .1 beside what the columns explain: 25 of variance about 1/12.
            assert!((0.98..1.0).contains(&share), "{share}");
            assert!(world.explained(&[0.0; GAIN_COLUMNS]).unwrap() <= 0.0);
            assert_eq!(GainSamples::from_numbers(&world.to_numbers()).as_ref(), Some(world));
        }
        assert_eq!(GainSamples::from_numbers(&[1.0, 2.0]), None);
    }
}
