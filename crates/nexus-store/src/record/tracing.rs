//! A published version of the tracing parameters. A question is its key and
//! then mean and variance of its easiness and of its discrimination, because there may be many.

use super::belief::{GaussianBody, gaussian, gaussian_body};
use super::number::Number;
use super::{RecordFault, VERSION, from_json, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::Gaussian;
use nexus_engine::learner::tracing::{
    QuestionParameters, SKILL_TERMS, SkillParameters, SkillSetKey, TracingModel, WEIGHTS,
};
use nexus_engine::learner::tracing_version::{
    TracingLineage, TracingOrigin, TracingVersion, TrainingRun,
};
use nexus_engine::learner::training::{TrainingOptions, TrainingReport};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionBody {
    v: u32,
    tracing_version: u32,
    parent: u32,
    through: u64,
    asked_by: String,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trained: Option<RunBody>,
    /// The version that was published again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored: Option<u32>,
    weights: Vec<GaussianBody>,
    skills: Vec<SkillBody>,
    questions: Vec<(u32, Number, Number, Number, Number)>,
    /// Sets of skills by their key.
    sets: Vec<(u64, GaussianBody)>,
    cohort: Number,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillBody {
    key: u32,
    /// In the order of `SkillParameters::terms`.
    terms: Vec<GaussianBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunBody {
    answers_min: u32,
    learners_min: u32,
    folds: u64,
    /// Sixteen hexadecimal digits, as all seeds.
    seed: String,
    answers_max: u64,
    answers_left_out: u64,
    answers: u64,
    learners: u64,
    questions_fitted: u64,
    questions_below_floor: u64,
    #[serde(default)]
    skills_refused: u64,
    shift: Number,
    variance: Number,
    log_loss_serving: Number,
    log_loss_fitted: Number,
}

versioned!(VersionBody);

pub(super) fn encode(published: &TracingVersion) -> String {
    let TracingVersion { lineage, model } = published;
    let TracingModel { questions, skills, sets, weights, cohort } = model;
    let (trained, restored) = match &lineage.origin {
        TracingOrigin::Trained(run) => (Some(RunBody::from(run)), None),
        TracingOrigin::Restored { version } => (None, Some(*version)),
    };
    let question = |(key, parameters): (&QuestionKey, &QuestionParameters)| {
        let QuestionParameters { easiness, discrimination } = *parameters;
        let ((mean, variance), (slope, spread)) =
            (gaussian_body(easiness), gaussian_body(discrimination));
        (key.0, mean, variance, slope, spread)
    };
    to_json(&VersionBody {
        v: VERSION,
        tracing_version: lineage.version,
        parent: lineage.parent,
        through: lineage.through,
        asked_by: lineage.asked_by.clone(),
        digest: super::hexadecimal(&lineage.digest),
        trained,
        restored,
        weights: weights.iter().copied().map(gaussian_body).collect(),
        skills: skills.iter().map(SkillBody::from).collect(),
        questions: questions.iter().map(question).collect(),
        sets: sets.iter().map(|(key, easiness)| (key.0, gaussian_body(*easiness))).collect(),
        cohort: Number(*cohort),
    })
}

pub(super) fn decode(body: &str) -> Result<Event, RecordFault> {
    let body: VersionBody = from_json(body)?;
    let meaning = |field| RecordFault::Meaning { field };
    let origin = match (body.trained, body.restored) {
        (Some(run), None) => TracingOrigin::Trained(run.read()?),
        (None, Some(version)) => TracingOrigin::Restored { version },
        _ => return Err(meaning("trained")),
    };
    let weights: Vec<Gaussian> = body.weights.into_iter().map(gaussian).collect();
    let weights: [Gaussian; WEIGHTS] = weights.try_into().map_err(|_| meaning("weights"))?;
    let questions = body.questions.into_iter().map(|(key, mean, variance, slope, spread)| {
        let easiness = gaussian((mean, variance));
        let discrimination = gaussian((slope, spread));
        (QuestionKey(key), QuestionParameters { easiness, discrimination })
    });
    let sets = body.sets.into_iter().map(|(key, easiness)| (SkillSetKey(key), gaussian(easiness)));
    let lineage = TracingLineage {
        version: body.tracing_version,
        parent: body.parent,
        through: body.through,
        origin,
        asked_by: body.asked_by,
        digest: super::digest(&body.digest).ok_or_else(|| meaning("digest"))?,
    };
    let skills = body.skills.into_iter().map(|skill| {
        let terms = skill.terms.into_iter().map(gaussian).collect::<Vec<Gaussian>>();
        let terms: [Gaussian; SKILL_TERMS] = terms.try_into().map_err(|_| meaning("skills"))?;
        Ok((SkillKey(skill.key), SkillParameters { terms }))
    });
    let model = TracingModel {
        questions: questions.collect(),
        skills: skills.collect::<Result<_, RecordFault>>()?,
        sets: sets.collect(),
        weights,
        cohort: body.cohort.0,
    };
    Ok(Event::TracingTrained(Box::new(TracingVersion { lineage, model })))
}

impl From<(&SkillKey, &SkillParameters)> for SkillBody {
    fn from((key, parameters): (&SkillKey, &SkillParameters)) -> Self {
        Self { key: key.0, terms: parameters.terms.map(gaussian_body).to_vec() }
    }
}

impl From<&TrainingRun> for RunBody {
    fn from(run: &TrainingRun) -> Self {
        let TrainingRun { options, answers_max, answers_left_out, report } = *run;
        let TrainingOptions { answers_min, learners_min, folds, seed } = options;
        Self {
            answers_min,
            learners_min,
            folds,
            seed: format!("{seed:016x}"),
            answers_max,
            answers_left_out,
            answers: report.answers as u64,
            learners: report.learners as u64,
            questions_fitted: report.questions_fitted as u64,
            questions_below_floor: report.questions_below_floor as u64,
            skills_refused: report.skills_refused as u64,
            shift: Number(report.shift),
            variance: Number(report.variance),
            log_loss_serving: Number(report.log_loss_serving),
            log_loss_fitted: Number(report.log_loss_fitted),
        }
    }
}

impl RunBody {
    fn read(self) -> Result<TrainingRun, RecordFault> {
        let seed = u64::from_str_radix(&self.seed, 16);
        let Self { answers_min, learners_min, folds, .. } = self;
        Ok(TrainingRun {
            options: TrainingOptions {
                answers_min,
                learners_min,
                folds,
                seed: seed.map_err(|_| RecordFault::Meaning { field: "seed" })?,
            },
            answers_max: self.answers_max,
            answers_left_out: self.answers_left_out,
            report: TrainingReport {
                answers: self.answers as usize,
                learners: self.learners as usize,
                questions_fitted: self.questions_fitted as usize,
                questions_below_floor: self.questions_below_floor as usize,
                skills_refused: self.skills_refused as usize,
                shift: self.shift.0,
                variance: self.variance.0,
                log_loss_serving: self.log_loss_serving.0,
                log_loss_fitted: self.log_loss_fitted.0,
            },
        })
    }
}
