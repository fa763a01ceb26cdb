//! What is left of an erased learner's entries: what the fold needs, under a random name.
//!
//! Kept are activities, questions, grades, evidence, probabilities, the parts of rewards, and
//! times: without them no policy and no parameter could be computed again. The learner, decisions
//! and the learner's own constraints get random names, each the same one wherever it stands. Free
//! words, responses, what the site said of a moment and of its own software, times to answer,
//! hints, seeds and what only explanations use are dropped.
//!
//! Every event is taken apart field by field, so that a new field does not compile until this
//! file says whether it may stay.

use crate::constraint::Constraint;
use crate::decision::reward::{RewardClosed, RewardJoined, RewardReported};
use crate::decision::{ActivityChoice, Decision, DecisionOrigin, RequestFacts, RulesApplied};
use crate::event::correction::{Amended, Correction};
use crate::event::{Action, Answer, Event, Happening};
use crate::ids::{ConstraintId, DecisionId, EventId, LearnerId};
use crate::learner::consent::ConsentChanged;
use crate::plan::PlanUsed;
use crate::seed::Seed;
use crate::strategy::{StrategyAssigned, StrategyRewarded, StrategyUsed};
use crate::support::{SupportChoice, SupportChosen, SupportRewarded};
use crate::workspace::ANSWER_MS_MIN;
use std::collections::BTreeMap;
use std::fmt::Display;

/// Stands where words stood.
pub const WORDS: &str = "erased";

/// One learner's redaction: who they become, and what their decisions and constraints become.
#[derive(Clone, Debug)]
pub struct Redaction {
    pseudonym: LearnerId,
    decisions: BTreeMap<DecisionId, DecisionId>,
    constraints: BTreeMap<ConstraintId, ConstraintId>,
    foreign: u64,
}

impl Redaction {
    /// Replaces a learner's id by a random name of at most 64 bytes.
    #[must_use]
    pub fn new(pseudonym: LearnerId) -> Self {
        let (decisions, constraints) = (BTreeMap::new(), BTreeMap::new());
        Self { pseudonym, decisions, constraints, foreign: 0 }
    }

    /// Names what an entry makes. Every entry of the learner is shown once, before any is
    /// redacted, because an event may name a decision that is made later. Answers with the id that the entry gets.
    pub fn meet(&mut self, seq: u64, event: &Event) -> EventId {
        match event {
            Event::DecisionMade(decision) => {
                let name = named(&self.pseudonym, &seq, DecisionId::new);
                self.decisions.insert(decision.origin.id.clone(), name);
            }
            Event::StrategyAssigned(plan) => {
                let name = named(&self.pseudonym, &seq, DecisionId::new);
                self.decisions.insert(plan.id.clone(), name);
            }
            Event::SupportChosen(chosen) => {
                let name = named(&self.pseudonym, &seq, DecisionId::new);
                self.decisions.insert(chosen.id.clone(), name);
            }
            Event::ConstraintSet(constraint) => {
                let name = named(&self.pseudonym, &seq, ConstraintId::new);
                self.constraints.insert(constraint.id.clone(), name);
            }
            _ => {}
        }
        named(&self.pseudonym, &seq, EventId::new)
    }

    /// Whether a constraint was set for the learner alone.
    #[must_use]
    pub fn has_constraint(&self, constraint: &ConstraintId) -> bool {
        self.constraints.contains_key(constraint)
    }

    /// What is left of an event of the learner, or of a constraint that names them.
    pub fn redact(&mut self, event: Event) -> Event {
        match event {
            Event::Happened(happening) => Event::Happened(self.happening(happening)),
            Event::DecisionMade(decision) => {
                Event::DecisionMade(Box::new(self.decision(*decision)))
            }
            Event::DecisionExposed { learner: _, course, decision, occurred_at } => {
                let (learner, decision) = (self.pseudonym.clone(), self.decision_name(decision));
                Event::DecisionExposed { learner, course, decision, occurred_at }
            }
            Event::RewardReported(reported) => {
                Event::RewardReported(Box::new(self.reported(*reported)))
            }
            Event::RewardJoined(joined) => Event::RewardJoined(Box::new(self.joined(*joined))),
            Event::RewardClosed(closed) => Event::RewardClosed(self.closed(closed)),
            Event::StrategyAssigned(plan) => {
                Event::StrategyAssigned(Box::new(self.strategy_assigned(*plan)))
            }
            Event::StrategyRewarded(rewarded) => {
                Event::StrategyRewarded(Box::new(self.strategy_rewarded(*rewarded)))
            }
            Event::SupportChosen(chosen) => {
                Event::SupportChosen(Box::new(self.support_chosen(*chosen)))
            }
            Event::SupportRewarded(rewarded) => {
                Event::SupportRewarded(Box::new(self.support_rewarded(*rewarded)))
            }
            Event::ConsentChanged(changed) => Event::ConsentChanged(self.consent(changed)),
            Event::Corrected(correction) => {
                Event::Corrected(Box::new(self.correction(*correction)))
            }
            Event::ConstraintSet(constraint) => {
                Event::ConstraintSet(Box::new(self.constraint(*constraint)))
            }
            Event::ConstraintLifted { course, constraint, reason: _, by: _ } => {
                let (constraint, words) = (self.constraint_name(constraint), WORDS.to_owned());
                Event::ConstraintLifted { course, constraint, reason: words.clone(), by: words }
            }
            Event::CoursePublished(_)
            | Event::ExperimentStarted(_)
            | Event::ExperimentStopped { .. }
            | Event::ExperimentChanged(_)
            | Event::TracingTrained(_)
            | Event::KillSwitchTurned(_)
            | Event::PolicyVersioned(_)
            | Event::PolicyPromoted(_)
            | Event::PolicyModeSet(_)
            | Event::PolicyGraduated(_)
            | Event::HoldoutSet(_)
            | Event::LearnerErased(_) => event,
        }
    }

    fn correction(&mut self, correction: Correction) -> Correction {
        let Correction { learner: _, kind, targets, amended, reason: _, by: _ } = correction;
        let amended = amended.into_iter().map(|(seq, amended)| {
            let amended = match amended {
                Amended::Instead(event) => Amended::Instead(Box::new(self.redact(*event))),
                Amended::Nothing | Amended::Answer { .. } | Amended::Believed(_) => amended,
            };
            (seq, amended)
        });
        let (amended, words) = (amended.collect(), WORDS.to_owned());
        let learner = self.pseudonym.clone();
        Correction { learner, kind, targets, amended, reason: words.clone(), by: words }
    }

    fn happening(&mut self, happening: Happening) -> Happening {
        let Happening { learner: _, course, course_version, occurred_at, decision, action } =
            happening;
        let decision = decision.map(|decision| self.decision_name(decision));
        let learner = self.pseudonym.clone();
        let action = redacted_action(action);
        Happening { learner, course, course_version, occurred_at, decision, action }
    }

    fn decision(&mut self, decision: Decision) -> Decision {
        let Decision {
            learner: _,
            course,
            origin,
            choice,
            rules,
            request,
            weights: _,
            skills: _,
            probe,
            strategy,
            plan,
            apprentice,
        } = decision;
        let RequestFacts { context: _, client: _ } = request;
        let DecisionOrigin { id, window, decider, features, before, shadows } = origin;
        let id = self.decision_name(id);
        Decision {
            learner: self.pseudonym.clone(),
            course,
            origin: DecisionOrigin { id, window, decider, features, before, shadows },
            choice: self.choice(choice),
            rules: self.rules(rules),
            request: RequestFacts { context: None, client: None },
            weights: Vec::new(),
            skills: Vec::new(),
            probe,
            strategy: strategy.map(|used| Box::new(self.strategy_used(*used))),
            plan: plan.map(|used| Box::new(self.plan_used(*used))),
            apprentice,
        }
    }

    fn choice(&self, choice: ActivityChoice) -> ActivityChoice {
        let ActivityChoice {
            seed: _,
            policy_version,
            candidates,
            chosen,
            floor,
            withheld,
            fallback,
            overridden_by,
        } = choice;
        ActivityChoice {
            seed: Seed(0),
            policy_version,
            candidates,
            chosen,
            floor,
            withheld,
            fallback,
            overridden_by: overridden_by.map(|pin| self.constraint_name(pin)),
        }
    }

    fn rules(&self, rules: RulesApplied) -> RulesApplied {
        let RulesApplied { exclusions, relaxation, session_over, constraints } = rules;
        let constraints = constraints.into_iter().map(|id| self.constraint_name(id)).collect();
        RulesApplied { exclusions, relaxation, session_over, constraints }
    }

    fn plan_used(&mut self, used: PlanUsed) -> PlanUsed {
        let PlanUsed { plan, drawn_by, propensity, by_chance, shares } = used;
        PlanUsed { plan, drawn_by: self.decision_name(drawn_by), propensity, by_chance, shares }
    }

    fn strategy_used(&mut self, used: StrategyUsed) -> StrategyUsed {
        let StrategyUsed { assigned, period, position, propensity, strategy, preferences: _ } =
            used;
        let (assigned, preferences) = (self.decision_name(assigned), Vec::new());
        StrategyUsed { assigned, period, position, propensity, strategy, preferences }
    }

    fn reported(&mut self, reported: RewardReported) -> RewardReported {
        let RewardReported { learner: _, course, decision, component, value, occurred_at } =
            reported;
        let (learner, decision) = (self.pseudonym.clone(), self.decision_name(decision));
        RewardReported { learner, course, decision, component, value, occurred_at }
    }

    fn joined(&mut self, joined: RewardJoined) -> RewardJoined {
        let RewardJoined {
            learner: _,
            course,
            decision,
            policy,
            course_version,
            assignment,
            settled_at,
            exposed_at,
            gain,
            delayed_gain,
            success,
            raw_success,
            cost,
            abandoned,
            reported,
            defaulted,
            value,
            unmeasured,
            propensity,
            overridden,
            schema,
            features,
        } = joined;
        RewardJoined {
            learner: self.pseudonym.clone(),
            course,
            decision: self.decision_name(decision),
            policy,
            course_version,
            assignment,
            settled_at,
            exposed_at,
            gain,
            delayed_gain,
            success,
            raw_success,
            cost,
            abandoned,
            reported,
            defaulted,
            value,
            unmeasured,
            propensity,
            overridden,
            schema,
            features,
        }
    }

    fn closed(&mut self, closed: RewardClosed) -> RewardClosed {
        let RewardClosed { learner: _, course, decision, reason } = closed;
        let (learner, decision) = (self.pseudonym.clone(), self.decision_name(decision));
        RewardClosed { learner, course, decision, reason }
    }

    fn strategy_assigned(&mut self, plan: StrategyAssigned) -> StrategyAssigned {
        let StrategyAssigned {
            id,
            learner: _,
            course,
            course_version,
            assigned_at,
            window_ends_at,
            seed: _,
            assignment,
            period,
            set,
            bandit_version,
            floor,
            probabilities,
            position,
            strategy,
            expected_success,
            before,
        } = plan;
        StrategyAssigned {
            id: self.decision_name(id),
            learner: self.pseudonym.clone(),
            course,
            course_version,
            assigned_at,
            window_ends_at,
            seed: Seed(0),
            assignment,
            period,
            set,
            bandit_version,
            floor,
            probabilities,
            position,
            strategy,
            expected_success,
            before,
        }
    }

    fn strategy_rewarded(&mut self, rewarded: StrategyRewarded) -> StrategyRewarded {
        let StrategyRewarded {
            learner: _,
            course,
            assigned,
            set,
            position,
            propensity,
            outcome,
            settled_at,
        } = rewarded;
        StrategyRewarded {
            learner: self.pseudonym.clone(),
            course,
            assigned: self.decision_name(assigned),
            set,
            position,
            propensity,
            outcome,
            settled_at,
        }
    }

    fn support_chosen(&mut self, chosen: SupportChosen) -> SupportChosen {
        let SupportChosen {
            id,
            learner: _,
            course,
            course_version,
            question,
            reason,
            decision,
            chosen_at,
            window_ends_at,
            assignment,
            choice,
            before,
        } = chosen;
        let SupportChoice { seed: _, chooser, model_version, floor, candidates, chosen } = choice;
        SupportChosen {
            id: self.decision_name(id),
            learner: self.pseudonym.clone(),
            course,
            course_version,
            question,
            reason,
            decision: decision.map(|decision| self.decision_name(decision)),
            chosen_at,
            window_ends_at,
            assignment,
            choice: SupportChoice {
                seed: Seed(0),
                chooser,
                model_version,
                floor,
                candidates,
                chosen,
            },
            before,
        }
    }

    fn support_rewarded(&mut self, rewarded: SupportRewarded) -> SupportRewarded {
        let SupportRewarded {
            learner: _,
            course,
            choice,
            question,
            support,
            kind,
            propensity,
            assignment,
            teaches,
            settled_at,
            outcome,
        } = rewarded;
        SupportRewarded {
            learner: self.pseudonym.clone(),
            course,
            choice: self.decision_name(choice),
            question,
            support,
            kind,
            propensity,
            assignment,
            teaches,
            settled_at,
            outcome,
        }
    }

    fn consent(&self, changed: ConsentChanged) -> ConsentChanged {
        let ConsentChanged { learner: _, exploration, reason: _, by: _ } = changed;
        let (learner, words) = (self.pseudonym.clone(), WORDS.to_owned());
        ConsentChanged { learner, exploration, reason: words.clone(), by: words }
    }

    fn constraint(&self, constraint: Constraint) -> Constraint {
        let Constraint { id, course, learner: _, rule, activity, reason: _, by: _, expires_at } =
            constraint;
        let (id, words) = (self.constraint_name(id), WORDS.to_owned());
        let learner = Some(self.pseudonym.clone());
        Constraint {
            id,
            course,
            learner,
            rule,
            activity,
            reason: words.clone(),
            by: words,
            expires_at,
        }
    }

    /// What a decision is called now. A name that belongs to no decision of theirs is the site's
    /// own text, and is replaced like any other.
    fn decision_name(&mut self, decision: DecisionId) -> DecisionId {
        if let Some(name) = self.decisions.get(&decision) {
            return name.clone();
        }
        self.foreign += 1;
        let name = named(&self.pseudonym, &format_args!("x{}", self.foreign), DecisionId::new);
        self.decisions.insert(decision, name.clone());
        name
    }

    /// What a constraint is called now: those for everyone keep their name.
    fn constraint_name(&self, constraint: ConstraintId) -> ConstraintId {
        self.constraints.get(&constraint).cloned().unwrap_or(constraint)
    }
}

/// A name behind the random one. Both are short and hold nothing that an id may not hold.
fn named<T>(
    pseudonym: &LearnerId,
    what: &impl Display,
    make: impl Fn(&str) -> Result<T, crate::ids::IdRefusal>,
) -> T {
    let text = format!("{pseudonym}:{what}");
    // invariant: 64 bytes of an id, a colon, and a number of at most 21 bytes are an id.
    make(&text).expect("a name behind a random one is an id")
}

/// What the fold needs of an action.
fn redacted_action(action: Action) -> Action {
    match action {
        Action::QuestionAnswered(answer) => Action::QuestionAnswered(redacted_answer(answer)),
        Action::QuizCompleted { activity, grade: _ } => {
            Action::QuizCompleted { activity, grade: None }
        }
        Action::Feedback { activity, rating, comment: _ } => {
            Action::Feedback { activity, rating, comment: None }
        }
        // Whether a learner was a test one stays: what they did must not begin to teach.
        Action::Enrolled { .. }
        | Action::SessionStarted
        | Action::SessionEnded
        | Action::ActivityStarted { .. }
        | Action::ActivityCompleted { .. }
        | Action::ActivitySkipped { .. }
        | Action::VideoProgressed { .. } => action,
    }
}

fn redacted_answer(answer: Answer) -> Answer {
    let Answer {
        activity,
        question,
        grade,
        response: _,
        duration_ms,
        hints: _,
        attempt,
        probe,
        evidence,
        placement_stopped,
    } = answer;
    Answer {
        activity,
        question,
        grade,
        response: None,
        // The fold asks only whether it was faster than anybody reads.
        duration_ms: duration_ms.filter(|duration| *duration < ANSWER_MS_MIN).map(|_| 0),
        hints: 0,
        attempt,
        probe,
        evidence,
        placement_stopped,
    }
}
