//! The engine's own model ([`nexus_engine::learner::tracing`]) as a tracer.

use super::{Asked, Promise, Tracer, held};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::tracing::{QuestionView, TracingModel};
use nexus_engine::time::Timestamp;

/// The hierarchical filter of the engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hkt {
    model: TracingModel,
}

impl Hkt {
    /// A tracer that goes on from a model: one with other settings, or one fitted before.
    #[must_use]
    pub fn new(model: TracingModel) -> Self {
        Self { model }
    }

    /// What it knows of questions and skills.
    #[must_use]
    pub fn model(&self) -> &TracingModel {
        &self.model
    }
}

/// Where time is unknown, every answer happens at the same moment: nothing fades, and no lag is seen.
fn moment(asked: &Asked<'_>) -> Timestamp {
    asked.at.unwrap_or(Timestamp(0))
}

fn view<'a>(asked: &Asked<'a>) -> QuestionView<'a> {
    QuestionView {
        question: asked.question,
        skills: asked.skills,
        difficulty: asked.difficulty,
        guess: asked.guess,
    }
}

impl Tracer for Hkt {
    type Learner = Belief;

    /// Ability and levels never fall after a right answer and never rise after a wrong one. The
    /// prediction may: slopes of practice and weights of history are learned, and unbounded.
    fn promise(&self) -> Promise {
        Promise::Learned
    }

    fn predict(&self, learner: &Belief, asked: &Asked<'_>) -> f64 {
        held(self.model.predict(learner, &view(asked), moment(asked)).predicted)
    }

    fn observe(&self, learner: &mut Belief, asked: &Asked<'_>, right: bool) {
        let (view, at) = (view(asked), moment(asked));
        let evidence = self.model.evidence(&self.model.predict(learner, &view, at), right);
        // Evidence is frozen: what an answer does to a learner does not depend on the model that
        // absorbs it, so an empty one may take the part that is shared, and is dropped.
        TracingModel::default().absorb(learner, &view, &evidence, right, at);
    }

    fn absorb(&mut self, learner: &mut Belief, asked: &Asked<'_>, right: bool) {
        let (view, at) = (view(asked), moment(asked));
        let evidence = self.model.evidence(&self.model.predict(learner, &view, at), right);
        self.model.absorb(learner, &view, &evidence, right, at);
    }
}
