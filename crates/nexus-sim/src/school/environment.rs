//! A school of one learner as an environment of reinforcement learning: the program that drives it
//! sees what policies see, chooses among the engine's own candidates, and is paid in true gain or in
//! the product's own reward.
//!
//! An episode is one new learner from their arrival to the test, in a workspace of their own: what a
//! node learns of many learners is not part of it. Placements and closing checks are no choice; the
//! engine serves them. The truth about the course and the learner are drawn anew in every episode,
//! from the seed and the number of the episode alone.

use super::occasion::{Advice, Occasion, SceneSeen};
use super::{School, SchoolFault};
use crate::classroom::{Classroom, Conditions};
use crate::knowledge::Family;
use crate::learner::{Move, SimulatedLearner};
use nexus_engine::catalog::draft::EndsDraft;
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::decision::inputs::SkillState;
use nexus_engine::ids::PolicyId;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::policy::gain::CHANGE_MINUTES;
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::policy::network::row::{NETWORK_COLUMNS, network_rows};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::words;
use nexus_engine::workspace::memory::Workspace;
use nexus_stats::math::ln_1p;
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Columns of what is seen of the learner, the same for all candidates.
pub const STATE_COLUMNS: usize = 12;

/// Names of those columns. Each lies in [-1, 1].
pub const STATE_NAMES: [&str; STATE_COLUMNS] = [
    "minutes_spent",
    "minutes_left",
    "required_done",
    "shown",
    "mean_success",
    "least_success",
    "mean_recall",
    "mastered",
    "streak",
    "session_minutes",
    "days_enrolled",
    "candidates",
];

/// Minutes of learning that count as 1, on a logarithmic scale.
const MINUTES: f64 = 6_000.0;
/// Days that count as 1, on a logarithmic scale.
const DAYS: f64 = 365.0;
/// Minutes in a session that count as 1.
const SESSION_MINUTES: f64 = 60.0;
/// Answers in a row that count as 1.
const STREAK: f64 = 5.0;

/// When every episode begins; any moment would do.
const BEGINS_AT: Timestamp = Timestamp(1_760_000_000_000_000);

/// What a step is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepReward {
    /// What the activity truly adds to the learner's success at the test, summed over the skills of
    /// the course. Summed over an episode, it is what the learner has gained.
    TrueGain,
    /// The same divided by the minutes that the activity took, and the half minute of going there.
    TrueGainPerMinute,
    /// The rewards that joined decisions of the episode since the step before: the product's own,
    /// late and noisy as they are.
    Product,
}

words!(StepReward {
    TrueGain => "true_gain",
    TrueGainPerMinute => "true_gain_per_minute",
    Product => "product",
});

/// The terms of an environment.
#[derive(Clone, Debug)]
pub struct EnvironmentTerms {
    pub course: CourseDraft,
    /// Which minds come, and how often; shares need not sum to 1.
    pub families: Vec<(Family, f64)>,
    pub conditions: Conditions,
    /// Days from the learner's arrival to the test, at which an episode ends.
    pub days: f64,
    pub reward: StepReward,
    /// How many candidates can be shown; what comes later on the path is left out.
    pub slots: usize,
}

/// Where a step writes what is seen next. Slots without a candidate are zero.
#[derive(Debug)]
pub struct SeenMut<'a> {
    /// The learner: [`STATE_COLUMNS`] numbers.
    pub state: &'a mut [f32],
    /// The candidates: [`NETWORK_COLUMNS`] numbers a slot.
    pub candidates: &'a mut [f32],
    /// 1 for each slot with a candidate.
    pub mask: &'a mut [i8],
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stepped {
    pub reward: f64,
    /// Whether the learner has left, and the episode is over.
    pub terminated: bool,
    /// Whether the time is over, and the episode with it.
    pub truncated: bool,
    /// True gain of the activity, whatever is paid.
    pub gain: f64,
    /// Minutes that it took.
    pub minutes: f64,
}

/// What became of the learner of an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EpisodeEnd {
    /// Mean over the skills of the true success at the test.
    pub score: f64,
    /// The same had they learned nothing.
    pub score_before: f64,
    /// Minutes spent in activities.
    pub minutes: f64,
    pub steps: u64,
    /// Whether they left because they were fed up.
    pub left: bool,
}

/// An environment. The same terms, seed and choices give the same bits.
#[derive(Debug)]
pub struct Environment {
    terms: EnvironmentTerms,
    /// A workspace in which the course is published and no learner has come yet.
    template: Workspace,
    course: Arc<Course>,
    seed: u64,
    /// Episodes begun since the seed was set.
    episodes: u64,
    episode: Option<Episode>,
}

#[derive(Debug)]
struct Episode {
    school: School,
    learner: SimulatedLearner,
    test_at: Timestamp,
    /// What can be chosen now, as positions in the course; empty when it is over.
    choices: Vec<usize>,
    /// What the learner would know at the test of all skills together, as of now.
    known: f64,
    known_before: f64,
    earned: f64,
    steps: u64,
    left_early: bool,
}

impl Environment {
    /// Opens an environment. Errors: when the course has problems.
    pub fn open(terms: EnvironmentTerms, seed: u64) -> Result<Self, SchoolFault> {
        let mut draft = terms.course.clone();
        if let Some(minutes) = terms.conditions.minutes {
            // The course ends when the minutes are spent: then its closing check comes, if it has one.
            draft.ends = Some(EndsDraft { minutes: Some(minutes), ..EndsDraft::default() });
        }
        // Who decides does not matter: there is one candidate when the engine is asked.
        let policy = PolicyId::new(PolicyKind::Random.word())?;
        let School { workspace, course, .. } = School::open(draft, policy, seed, BEGINS_AT)?;
        Ok(Self { terms, template: workspace, course, seed, episodes: 0, episode: None })
    }

    /// The course that is taught.
    #[must_use]
    pub fn course(&self) -> &Arc<Course> {
        &self.course
    }

    #[must_use]
    pub fn terms(&self) -> &EnvironmentTerms {
        &self.terms
    }

    /// Begins the next episode; with a seed, the first one of that seed.
    ///
    /// Errors: as [`School::teach`]; then there is a bug in the engine or in the simulator.
    pub fn reset(&mut self, seed: Option<u64>, seen: &mut SeenMut<'_>) -> Result<(), SchoolFault> {
        if let Some(seed) = seed {
            (self.seed, self.episodes) = (seed, 0);
        }
        // A learner who leaves before the first choice leaves nothing to learn from; the next one
        // comes. Of a sound course, some do choose.
        for _ in 0..EMPTY_EPISODES_MAX {
            let mut episode = self.begin();
            self.episodes += 1;
            episode.go_to_next_choice(self.terms.slots)?;
            let chooses = !episode.choices.is_empty();
            self.episode = Some(episode);
            if chooses {
                break;
            }
        }
        self.look(seen);
        Ok(())
    }

    fn begin(&self) -> Episode {
        let key = format!("episode/{}", self.episodes);
        let seed = Stream::keyed(self.seed, &key).next_u64();
        let course = Arc::clone(&self.course);
        let school = School::over(self.template.clone(), course, seed, BEGINS_AT).without_journal();
        let classroom = Classroom {
            learners: 1,
            first_number: 1,
            arrival_days: 0.0,
            mix: self.terms.families.clone(),
            seed,
            conditions: self.terms.conditions,
        };
        let truth = classroom.truth(&self.course);
        let learner = classroom.learner(1, &truth, BEGINS_AT);
        let test_at = BEGINS_AT.plus_micros((self.terms.days * DAY_MICROS as f64) as i64);
        let known = known_at(&learner, &self.course, test_at);
        Episode {
            school,
            learner,
            test_at,
            choices: Vec::new(),
            known,
            known_before: known,
            earned: 0.0,
            steps: 0,
            left_early: false,
        }
    }

    /// The activities that can be chosen now, by slot, as positions in the course.
    #[must_use]
    pub fn choices(&self) -> &[usize] {
        self.episode.as_ref().map_or(&[], |episode| &episode.choices)
    }

    /// Serves the candidate in a slot, and lets the learner go on until there is something to choose
    /// again. A slot without a candidate stands for the candidate at the remainder of its number by
    /// theirs: the checkers of environments draw slots blindly.
    ///
    /// Errors: as [`Environment::reset`]. A step of an episode that is over changes nothing.
    pub fn step(&mut self, slot: usize, seen: &mut SeenMut<'_>) -> Result<Stepped, SchoolFault> {
        let (reward, slots) = (self.terms.reward, self.terms.slots);
        let Some(episode) = self.episode.as_mut().filter(|it| !it.choices.is_empty()) else {
            return Ok(Stepped { terminated: true, ..Stepped::default() });
        };
        let mut stepped = episode.serve(slot)?;
        episode.go_to_next_choice(slots)?;
        if episode.choices.is_empty() {
            stepped.terminated = episode.left_early;
            stepped.truncated = !episode.left_early;
            // What still waits for its reward gets it before the last word.
            episode.school.sweep(episode.test_at)?;
        }
        stepped.reward = match reward {
            StepReward::TrueGain => stepped.gain,
            StepReward::TrueGainPerMinute => stepped.gain / (stepped.minutes + CHANGE_MINUTES),
            StepReward::Product => episode.school.earned - episode.earned,
        };
        episode.earned = episode.school.earned;
        self.look(seen);
        Ok(stepped)
    }

    /// What has become of the learner so far.
    #[must_use]
    pub fn end(&self) -> EpisodeEnd {
        let Some(episode) = &self.episode else { return EpisodeEnd::default() };
        let skills = self.course.skills.len().max(1) as f64;
        EpisodeEnd {
            score: episode.known / skills,
            score_before: episode.known_before / skills,
            minutes: episode.learner.minutes(),
            steps: episode.steps,
            left: episode.learner.left(),
        }
    }

    /// Writes what is seen now.
    fn look(&self, seen: &mut SeenMut<'_>) {
        seen.state.fill(0.0);
        seen.candidates.fill(0.0);
        seen.mask.fill(0);
        let Some(episode) = &self.episode else { return };
        let occasion = episode.school.occasion(&episode.learner);
        let Some(scene) = occasion.scene(&episode.choices) else { return };
        let state = self.state_columns(&occasion, &scene.skills, episode.choices.len());
        for (place, value) in seen.state.iter_mut().zip(state) {
            *place = value as f32;
        }
        let SceneSeen { candidates, features, .. } = &scene;
        let rows = network_rows(candidates, features).unwrap_or_default();
        for (place, value) in seen.candidates.iter_mut().zip(rows) {
            *place = value;
        }
        for place in seen.mask.iter_mut().take(episode.choices.len()) {
            *place = 1;
        }
    }

    fn state_columns(
        &self,
        occasion: &Occasion<'_>,
        skills: &[SkillState],
        choices: usize,
    ) -> [f64; STATE_COLUMNS] {
        let none = CourseProgress::default();
        let state = occasion.state();
        let progress = state.and_then(|it| it.progress(self.course.id.as_str())).unwrap_or(&none);
        let (mut required, mut done, mut shown) = (0.0, 0.0, 0.0);
        for activity in &self.course.activities {
            let entry = progress.activity(activity.key);
            shown += f64::from(u8::from(entry.is_some_and(|entry| entry.starts > 0)));
            required += f64::from(u8::from(activity.required));
            let is_done = activity.required && progress.completed(activity.key);
            done += f64::from(u8::from(is_done));
        }
        let count = skills.len().max(1) as f64;
        let mean = |of: fn(&SkillState) -> f64| skills.iter().map(of).sum::<f64>() / count;
        let least = skills.iter().map(|it| it.view.expected_success).fold(1.0, f64::min);
        let spent = occasion.learner.minutes();
        let left = self.terms.conditions.minutes.map_or(1.0, |minutes| 1.0 - spent / minutes);
        let columns = [
            ln_1p(spent) / ln_1p(MINUTES),
            left,
            if required > 0.0 { done / required } else { 1.0 },
            shown / self.course.activities.len().max(1) as f64,
            mean(|it| it.view.expected_success),
            least,
            mean(|it| it.view.recall),
            mean(|it| f64::from(u8::from(it.mastered))),
            f64::from(progress.streak) / STREAK,
            progress.sessions.sitting(occasion.at).minutes / SESSION_MINUTES,
            ln_1p(occasion.at.days_since(BEGINS_AT)) / ln_1p(DAYS),
            choices as f64 / self.terms.slots.max(1) as f64,
        ];
        columns.map(|column| column.clamp(-1.0, 1.0))
    }
}

/// Learners in a row who leave without a single choice before an environment gives up.
const EMPTY_EPISODES_MAX: u32 = 100;

impl Episode {
    /// Serves the candidate in a slot through the engine.
    fn serve(&mut self, slot: usize) -> Result<Stepped, SchoolFault> {
        let position = self.choices[slot % self.choices.len()];
        let minutes = self.learner.minutes();
        self.school.next_activity(&mut self.learner, Advice::Only(position))?;
        let known = known_at(&self.learner, &self.school.course, self.test_at);
        let (gain, minutes) = (known - self.known, self.learner.minutes() - minutes);
        self.known = known;
        self.steps += 1;
        Ok(Stepped { gain, minutes, ..Stepped::default() })
    }

    /// Lets the learner go on until there is something to choose, or until it is over.
    fn go_to_next_choice(&mut self, slots: usize) -> Result<(), SchoolFault> {
        self.choices.clear();
        loop {
            match self.learner.next_move(self.school.now) {
                Move::Left => {
                    self.left_early = true;
                    return Ok(());
                }
                Move::Pause { until } if until >= self.test_at => return Ok(()),
                Move::Pause { until } => self.school.sweep(until)?,
                Move::Ask => {
                    if let Some(mut choices) = self.school.occasion(&self.learner).candidates() {
                        choices.truncate(slots);
                        self.choices = choices;
                        return Ok(());
                    }
                    self.school.next_activity(&mut self.learner, Advice::AsItComes)?;
                }
                other => self.school.carry_out(&mut self.learner, other)?,
            }
        }
    }
}

/// What a learner would know at a moment, summed over the skills of the course.
fn known_at(learner: &SimulatedLearner, course: &Course, at: Timestamp) -> f64 {
    (0..course.skills.len()).map(|skill| learner.true_skill(skill, at)).sum()
}

impl EnvironmentTerms {
    /// Numbers of what is seen of all candidates together.
    #[must_use]
    pub fn candidates_len(&self) -> usize {
        self.slots * NETWORK_COLUMNS
    }
}
