//! How good predictions of answers were: in all, by practice, by skill, and without repetitions.

use super::Answers;
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_stats::classification::{self, Reliability};
use nexus_stats::cluster_bootstrap::auc_interval;
use std::collections::BTreeMap;

/// Resamples of the bootstrap.
pub const RESAMPLES: usize = 500;
/// Level of the interval.
pub const LEVEL: f64 = 0.95;
/// Answers at a skill, this one included: first and last of each group.
pub const OPPORTUNITIES: [(u32, u32); 6] =
    [(1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, u32::MAX)];
/// Answers of a learner, this one included: first and last of each group.
pub const ANSWERS: [(u32, u32); 2] = [(1, 5), (6, u32::MAX)];

/// How good some predictions were. Values are `None` where they have no meaning: of no rows, or,
/// for the area under the curve, when all answers were alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    pub rows: usize,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Share on the right side of one half.
    pub accuracy: Option<f64>,
    /// Mean negative log likelihood, in nats.
    pub log_loss: Option<f64>,
    /// Root of the mean squared error.
    pub rmse: Option<f64>,
    /// Expected calibration error over 15 bins of equal width.
    pub ece: Option<f64>,
}

/// The measures of rows that have something in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group<K> {
    /// What they have in common.
    pub key: K,
    /// How good their predictions were.
    pub measures: Measures,
}

/// Everything about one tracer's predictions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    pub all: Measures,
    /// 95 % interval of the area under the curve, by resampling learners.
    pub auc_interval: Option<(f64, f64)>,
    pub reliability: Reliability,
    /// Of rows that do not repeat the learner's previous question.
    pub without_repeats: Measures,
    /// By opportunity at the least practised skill of the question; see [`OPPORTUNITIES`].
    pub by_opportunity: Vec<Group<(u32, u32)>>,
    /// By place among the learner's answers; see [`ANSWERS`].
    pub by_answer: Vec<Group<(u32, u32)>>,
    /// By skill; a row of a question with several skills counts for each.
    pub by_skill: Vec<Group<SkillKey>>,
}

/// What is known of one row apart from its prediction.
struct Place {
    opportunity: u32,
    answer: u32,
    repeats: bool,
}

/// Judges the predictions of a test log. `training` is looked at for what test learners had done
/// before, when they are in it; `seed` fixes the resampling.
#[must_use]
pub fn evaluate(training: &Answers, test: &Answers, predictions: &[f64], seed: u64) -> Evaluation {
    let places = places(training, test);
    let all = Selection::of(test, predictions, |_| true);
    let groups = |groups: &[(u32, u32)], value: fn(&Place) -> u32| {
        let group = |&key: &(u32, u32)| {
            let within = |row: usize| (key.0..=key.1).contains(&value(&places[row]));
            Group { key, measures: Selection::of(test, predictions, within).measures() }
        };
        groups.iter().map(group).collect::<Vec<_>>()
    };
    let learners: Vec<u32> = test.rows.iter().map(|row| row.learner).collect();
    let (scores, outcomes) = (&all.predictions, &all.outcomes);
    Evaluation {
        all: all.measures(),
        auc_interval: auc_interval(scores, outcomes, &learners, RESAMPLES, LEVEL, seed),
        reliability: classification::reliability(scores, outcomes).unwrap_or_default(),
        without_repeats: Selection::of(test, predictions, |row| !places[row].repeats).measures(),
        by_opportunity: groups(&OPPORTUNITIES, |place| place.opportunity),
        by_answer: groups(&ANSWERS, |place| place.answer),
        by_skill: by_skill(test, predictions),
    }
}

/// Learners that are in both logs.
#[must_use]
pub fn learners_in_both(training: &Answers, test: &Answers) -> usize {
    let learners = |answers: &Answers| {
        answers.rows.iter().map(|row| row.learner).collect::<std::collections::BTreeSet<u32>>()
    };
    learners(training).intersection(&learners(test)).count()
}

fn places(training: &Answers, test: &Answers) -> Vec<Place> {
    let mut history: BTreeMap<u32, History> = BTreeMap::new();
    for row in &test.rows {
        history.entry(row.learner).or_default();
    }
    for row in &training.rows {
        if let Some(history) = history.get_mut(&row.learner) {
            history.add(row.question, training.asked(row).skills);
        }
    }
    let place = |row: &super::LoggedAnswer| {
        let history = history.entry(row.learner).or_default();
        history.add(row.question, test.asked(row).skills)
    };
    test.rows.iter().map(place).collect()
}

/// What one learner has done.
#[derive(Default)]
struct History {
    answers: u32,
    skills: BTreeMap<SkillKey, u32>,
    last: Option<QuestionKey>,
}

impl History {
    /// Adds an answer, and says where it stands.
    fn add(&mut self, question: QuestionKey, skills: &[SkillKey]) -> Place {
        self.answers += 1;
        let repeats = self.last.replace(question) == Some(question);
        let mut fewest = u32::MAX;
        for skill in skills {
            let count = self.skills.entry(*skill).or_default();
            *count += 1;
            fewest = fewest.min(*count);
        }
        let opportunity = if skills.is_empty() { self.answers } else { fewest };
        Place { opportunity, answer: self.answers, repeats }
    }
}

fn by_skill(test: &Answers, predictions: &[f64]) -> Vec<Group<SkillKey>> {
    let mut skills: BTreeMap<SkillKey, Selection> = BTreeMap::new();
    for (row, &prediction) in test.rows.iter().zip(predictions) {
        for skill in test.asked(row).skills {
            skills.entry(*skill).or_default().add(prediction, row.right);
        }
    }
    let group = |(key, rows): (SkillKey, Selection)| Group { key, measures: rows.measures() };
    skills.into_iter().map(group).collect()
}

/// Some of the rows.
#[derive(Default)]
struct Selection {
    predictions: Vec<f64>,
    outcomes: Vec<bool>,
}

impl Selection {
    fn of(test: &Answers, predictions: &[f64], keep: impl Fn(usize) -> bool) -> Self {
        let mut chosen = Self::default();
        for (place, (row, &prediction)) in test.rows.iter().zip(predictions).enumerate() {
            if keep(place) {
                chosen.add(prediction, row.right);
            }
        }
        chosen
    }

    fn add(&mut self, prediction: f64, right: bool) {
        self.predictions.push(prediction);
        self.outcomes.push(right);
    }

    fn measures(&self) -> Measures {
        let (scores, outcomes) = (&self.predictions, &self.outcomes);
        Measures {
            rows: scores.len(),
            auc: classification::auc(scores, outcomes),
            accuracy: classification::accuracy(scores, outcomes),
            log_loss: classification::cross_entropy(scores, outcomes),
            rmse: classification::rmse(scores, outcomes),
            ece: classification::calibration_error(scores, outcomes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LoggedAnswer;
    use super::*;

    #[test]
    fn rows_are_grouped_by_hand() {
        let row = |learner: u32, question: u32, skills: u32, right: bool| LoggedAnswer {
            learner,
            question: QuestionKey(question),
            skills,
            right,
            at: None,
        };
        let skill_sets = vec![vec![SkillKey(0)], vec![SkillKey(0), SkillKey(1)]];
        let rows = vec![
            row(0, 1, 0, true),
            row(1, 1, 0, false),
            row(0, 1, 0, true),
            row(0, 2, 1, false),
            row(0, 1, 0, true),
        ];
        let test = Answers { rows, skill_sets, guess: 0.0 };
        let predictions = [0.6, 0.4, 0.7, 0.2, 0.9];
        let found = evaluate(&Answers::default(), &test, &predictions, 1);
        assert_eq!(found.all.rows, 5);
        // Only the third row repeats the question before it.
        assert_eq!(found.without_repeats.rows, 4);
        // Opportunities: 1, 1, 2, 1 (of the newer skill), 4.
        let rows: Vec<usize> = found.by_opportunity.iter().map(|g| g.measures.rows).collect();
        assert_eq!(rows, [3, 1, 1, 0, 0, 0]);
        assert_eq!(found.by_answer.iter().map(|g| g.measures.rows).collect::<Vec<_>>(), [5, 0]);
        assert_eq!(found.by_skill.iter().map(|g| g.measures.rows).collect::<Vec<_>>(), [5, 1]);
        assert_eq!(found.all.auc, Some(1.0));
        assert_eq!(learners_in_both(&test, &test), 2);
        // Learners who were in training go on counting: four answers there, and one.
        let again = evaluate(&test, &test, &predictions, 1);
        assert_eq!(again.by_answer.iter().map(|g| g.measures.rows).collect::<Vec<_>>(), [2, 3]);
    }
}
