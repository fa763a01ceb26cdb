//! Reports of what a decision was worth, by the learning site.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time};
use nexus_engine::ids::EventId;
use nexus_engine::workspace::ProposedReport;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A value of a component of a decision's reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::reward)]
pub struct RewardReport {
    /// Made by the client, so that it may be sent again; unique like the id of an event.
    #[schema(value_type = text::EventId)]
    pub id: String,
    /// Which component, as the course declares it.
    #[schema(value_type = text::CoursePartId)]
    pub component: String,
    /// How much, inside the range that the course declares.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub value: f64,
    /// When it happened, as RFC 3339; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub occurred_at: Option<String>,
}

/// That a reported value is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RewardReportAnswer {
    /// The id that the client chose.
    pub id: String,
    /// The id of the decision.
    pub decision_id: String,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same was said before; then nothing was done again.
    pub duplicate: bool,
    /// Whether it came after its window, or when the decision no longer waited: kept, and never
    /// learned from. Absent of a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
}

impl RewardReport {
    /// The report with its fields checked, as far as they can be without the course.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(&self) -> Result<(EventId, ProposedReport), FieldProblem> {
        let id = field::event_id(&self.id, "/id")?;
        let at = self.occurred_at.as_deref();
        let occurred_at = at.map(|at| time::read(at, "/occurred_at")).transpose()?;
        // A foreign name is echoed in the refusal, so it is kept short.
        let component = field::shorten(&self.component).to_owned();
        Ok((id, ProposedReport { component, value: self.value, occurred_at }))
    }
}
