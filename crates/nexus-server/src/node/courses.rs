//! Publishing courses.

use super::messages::{NodeError, Published, RequestHash};
use super::{Node, derived_id, fault_of_store};
use nexus_engine::catalog::{CourseDraft, validation};
use nexus_engine::event::Event;
use nexus_engine::ids::CourseId;
use nexus_engine::workspace::Refusal;

impl Node {
    /// Validated whole, refused whole. The same version with the same content is a duplicate.
    pub(super) fn publish(&mut self, draft: CourseDraft) -> Result<Published, NodeError> {
        let problems = validation::check(&draft);
        if !problems.is_empty() {
            return Err(NodeError::Invalid(problems));
        }
        // The check above covers the id; this only satisfies the type.
        let course = CourseId::new(&draft.id).map_err(|_| NodeError::Invalid(problems))?;
        let version = draft.version;
        let id = derived_id("course", &format!("{course}:{version}"));
        let same_version =
            |known: &&std::sync::Arc<CourseDraft>| known.id == draft.id && known.version == version;
        if let Some(known) = self.state.publications.iter().find(same_version) {
            if **known != draft {
                let course = course.to_string();
                return Err(Refusal::VersionExists { course, version }.into());
            }
            let found = self.store.find(&id).map_err(|fault| fault_of_store(&fault))?;
            let seq = found.map_or(0, |found| found.seq);
            return Ok(Published { course, version, seq, duplicate: true });
        }
        if let Some(latest) = self.state.course(course.as_str()) {
            let next = latest.version.saturating_add(1);
            if version != next {
                let course = course.to_string();
                return Err(Refusal::VersionOutOfOrder { course, version, next }.into());
            }
        }
        let now = self.config.clock.now();
        let event = Event::CoursePublished(Box::new(draft));
        let pushed = self.push(id, RequestHash::default(), event, now);
        Ok(Published { course, version, seq: pushed.seq, duplicate: false })
    }
}
