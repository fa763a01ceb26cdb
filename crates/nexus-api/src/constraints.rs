//! Teachers' constraints: what is set, what is lifted, and what is in force.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time, words};
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::ids::ConstraintId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest name of who sets a constraint, in characters.
pub const BY_CHARS_MAX: usize = 100;
/// The highest cap that a constraint may set.
pub const SHOWN_MAX: u16 = 1_000;

/// A pin, a block or a cap to set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::constraint)]
pub struct ConstraintBody {
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// For whom; everyone in the course when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::LearnerId>)]
    pub learner: Option<String>,
    /// `pin`: it comes next, until completed. `block`: it is never shown. `cap`: it is shown until
    /// a learner has started it `shown_max` times.
    #[schema(value_type = words::ConstraintRule)]
    pub rule: String,
    /// Starts that a cap allows each learner, from 1 to 1,000; with `cap` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub shown_max: Option<u16>,
    /// The id of the activity.
    #[schema(value_type = text::ActivityId)]
    pub activity: String,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
    /// Who wants it, in the site's words; the caller's credential is always noted beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub by: Option<String>,
    /// When it ends, as RFC 3339; only when lifted, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

/// Lifts a constraint before its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::lift)]
pub struct LiftRequest {
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
    /// Who wants it, in the site's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub by: Option<String>,
}

/// That a constraint was set or lifted durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConstraintReceipt {
    /// The id of the constraint.
    pub constraint: String,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same was said before.
    pub duplicate: bool,
    /// Whether it is in force now: an id that was lifted or is over stays so.
    pub in_force: bool,
}

/// The constraints that are in force now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConstraintList {
    /// Those for everyone first, then by learner, each in the order in which they were set.
    pub constraints: Vec<ConstraintSummary>,
}

/// A constraint as it was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConstraintSummary {
    /// The id of the constraint.
    pub constraint: String,
    /// The id of the course.
    pub course: String,
    /// For whom; everyone in the course when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learner: Option<String>,
    /// What it asks for.
    pub rule: words::ConstraintRule,
    /// Starts that a cap allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_max: Option<u16>,
    /// The id of the activity.
    pub activity: String,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
    /// When the constraint ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

impl ConstraintBody {
    /// The constraint as the engine takes it; `caller` is the credential it came with.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(&self, id: ConstraintId, caller: &str) -> Result<Constraint, FieldProblem> {
        let learner = self.learner.as_deref();
        let expires_at = self.expires_at.as_deref();
        Ok(Constraint {
            id,
            course: field::course_id(&self.course, "/course")?,
            learner: learner.map(|id| field::learner_id(id, "/learner")).transpose()?,
            rule: self.rule()?,
            activity: field::activity_id(&self.activity, "/activity")?,
            reason: field::reason(self.reason.clone())?,
            by: by(self.by.as_deref(), caller)?,
            expires_at: expires_at.map(|at| time::read(at, "/expires_at")).transpose()?,
        })
    }

    fn rule(&self) -> Result<Rule, FieldProblem> {
        let problem = |code, detail: &str| Err(FieldProblem::new("/shown_max", code, detail));
        match (self.rule.as_str(), self.shown_max) {
            ("pin", None) => Ok(Rule::Pin),
            ("block", None) => Ok(Rule::Block),
            ("pin" | "block", Some(_)) => problem("not_with_this_rule", "only a cap has it"),
            ("cap", None) => problem("missing_field", "a cap says how often: `shown_max`"),
            ("cap", Some(shown_max)) if (1..=SHOWN_MAX).contains(&shown_max) => {
                Ok(Rule::Cap { shown_max })
            }
            ("cap", Some(_)) => {
                problem("out_of_range", "from 1 to 1000; `block` never shows an activity")
            }
            _ => Err(FieldProblem::new("/rule", "unknown_rule", "`pin`, `block` or `cap`")),
        }
    }
}

impl LiftRequest {
    /// The reason and who lifts; `caller` is the credential it came with.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(&self, caller: &str) -> Result<(String, String), FieldProblem> {
        Ok((field::reason(self.reason.clone())?, by(self.by.as_deref(), caller)?))
    }
}

fn by(name: Option<&str>, caller: &str) -> Result<String, FieldProblem> {
    match name {
        None => Ok(caller.to_owned()),
        Some(name) => {
            let name = field::said(name.to_owned(), BY_CHARS_MAX, "/by", "a name")?;
            Ok(format!("{name}, with {caller}"))
        }
    }
}

impl From<&Constraint> for ConstraintSummary {
    fn from(constraint: &Constraint) -> Self {
        let shown_max = match constraint.rule {
            Rule::Cap { shown_max } => Some(shown_max),
            Rule::Pin | Rule::Block => None,
        };
        Self {
            constraint: constraint.id.to_string(),
            course: constraint.course.to_string(),
            learner: constraint.learner.as_ref().map(ToString::to_string),
            rule: constraint.rule.into(),
            shown_max,
            activity: constraint.activity.to_string(),
            reason: constraint.reason.clone(),
            by: constraint.by.clone(),
            expires_at: constraint.expires_at.map(time::print),
        }
    }
}
