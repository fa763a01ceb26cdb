//! What must hold of every decision, worked out anew from the words of the constraints and from
//! the learner's own history, by nothing that the engine decides with.

use nexus_engine::catalog::ActivityKind;
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::decision::candidates::{Exclusion, Relaxation};
use nexus_engine::decision::choose::Guidance;
use nexus_engine::decision::rest::{Rest, RestStatus};
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::invariants;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::workspace::Refusal;
use nexus_sim::storm::{Asking, Storm};

/// The most candidates a policy is shown, by the rules in `docs/science.md`.
const CANDIDATES_MAX: usize = 64;

/// A request in a storm, and what came of it.
pub struct Law<'a> {
    pub storm: &'a Storm,
    pub asking: &'a Asking,
    pub seed: u64,
}

/// The policy of a decision as the engine's list spells it.
pub fn word(decision: &Decision) -> &'static str {
    let words = PolicyState::WORDS.into_iter();
    words
        .clone()
        .find(|word| *word == decision.origin.decider.policy.as_str())
        .expect("a policy with a word")
}

impl Law<'_> {
    /// Fails unless everything holds.
    pub fn check(&self) {
        match &self.asking.result {
            Ok(Guidance::Activity(decision)) => self.decided(decision),
            Ok(Guidance::Rest(rest)) => self.rests(rest),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// Only a request that wants or refuses something may be left with nothing.
    fn refused(&self, refusal: &Refusal) {
        assert!(matches!(refusal, Refusal::NoCandidate { .. }), "{}", self.about(refusal));
        assert!(!self.asking.filter.is_free(), "{}", self.about(refusal));
    }

    /// Only who has nothing left to do may rest: everything is done, was tried or skipped as often
    /// as may be, is kept back by a teacher, or waits for what is not completed.
    fn rests(&self, rest: &Rest) {
        let course = &self.storm.course;
        let progress = self.storm.progress(&self.asking.learner);
        let completed = |key| progress.is_some_and(|progress| progress.completed(key));
        self.holds("a reason each", rest.exclusions.len() == course.activities.len());
        for (reason, activity) in rest.exclusions.iter().zip(&course.activities) {
            let entry = progress.and_then(|progress| progress.activity(activity.key));
            let starts = entry.map_or(0, |entry| entry.starts);
            let skips = entry.map_or(0, |entry| entry.skips);
            let waits = !activity.requires.iter().all(|it| completed(course.activities[*it].key));
            let over = activity.kind.measures();
            let blocked = self.is(activity.id.as_str(), Rule::Block);
            let off_the_path = *reason == Exclusion::NotNextOnPath;
            let belief = &self.storm.learners[&self.asking.learner].belief;
            let marked = |key| belief.skill(key).is_some_and(|skill| skill.mastered);
            let mastered = starts > 0 && course.skill_keys(&activity.skills).all(marked);
            let done = completed(activity.key) || starts >= 2 || skips >= 2 || mastered;
            self.holds("nothing to do was left", done || waits || over || blocked || off_the_path);
        }
        let opens = rest.status == RestStatus::Rest;
        self.holds("who rests knows until when", !opens || rest.not_before.is_some());
        self.holds("a rest ends later", rest.not_before.is_none_or(|at| at > self.asking.at));
    }

    fn decided(&self, decision: &Decision) {
        invariants::decision(decision).unwrap_or_else(|it| panic!("{}", self.about(&it)));
        self.numbers(decision);
        self.candidates(decision);
        self.teachers(decision);
        self.chance(decision);
        if decision.choice.overridden_by.is_none() && decision.choice.fallback.is_none() {
            self.rules(decision);
        }
        if decision.choice.seed.0.is_multiple_of(16) {
            let Asking { learner, policy, filter, seed, .. } = self.asking;
            let again = self.storm.ask_for(learner.clone(), policy.clone(), filter.clone(), *seed);
            self.holds("the same seed draws the same", again.result == self.asking.result);
        }
    }

    /// The probabilities are a distribution with its floor.
    fn numbers(&self, decision: &Decision) {
        let count = decision.choice.candidates.len() as f64;
        let sum: f64 = decision.choice.candidates.iter().map(|it| it.probability).sum();
        self.holds("the probabilities sum to 1", (sum - 1.0).abs() <= 1e-9);
        let least = decision.choice.candidates.iter().map(|it| it.probability).fold(1.0, f64::min);
        self.holds("no probability is below the floor", least >= decision.choice.floor / count);
        let policy = PolicyState::fresh(decision.origin.decider.policy.as_str())
            .expect("a policy with a word");
        let certain = decision.choice.fallback.is_some() || decision.choice.withheld.is_some();
        let chose = decision.choice.overridden_by.is_none() && !certain;
        let floor = if chose { policy.policy().floor() } else { 0.0 };
        self.holds("the floor is the policy's own", decision.choice.floor == floor);
        let finite =
            decision.choice.candidates.iter().all(|it| it.estimate.is_none_or(f64::is_finite));
        self.holds("estimates are numbers", finite);
        self.holds("the chosen one was possible", decision.chosen().probability > 0.0);
    }

    /// The candidates are exactly the activities without a reason against them, each once.
    fn candidates(&self, decision: &Decision) {
        let activities = &self.storm.course.activities;
        self.holds("a reason each", decision.rules.exclusions.len() == activities.len());
        let eligible = decision.rules.exclusions.iter().zip(activities);
        let eligible = eligible.filter(|(reason, _)| **reason == Exclusion::Eligible);
        let mut eligible: Vec<&str> = eligible.map(|(_, activity)| activity.id.as_str()).collect();
        let mut found: Vec<&str> =
            decision.choice.candidates.iter().map(|it| it.activity.as_str()).collect();
        eligible.sort_unstable();
        found.sort_unstable();
        self.holds("candidates are those without a reason against them", eligible == found);
        self.holds("candidates are not too many", found.len() <= CANDIDATES_MAX);
    }

    /// What requests and teachers said, from their own words.
    fn teachers(&self, decision: &Decision) {
        let filter = &self.asking.filter;
        for candidate in &decision.choice.candidates {
            let activity = &candidate.activity;
            let wanted = filter.only.as_ref().is_none_or(|only| only.contains(activity));
            self.holds("the request wants it", wanted && !filter.exclude.contains(activity));
            self.holds("no teacher blocked it", !self.is(activity.as_str(), Rule::Block));
            let free = decision.rules.relaxation == Relaxation::Caps;
            self.holds("no teacher's cap is reached", free || !self.is_capped(activity.as_str()));
        }
        let pin = decision.choice.overridden_by.as_ref();
        let pinned = self.orders().find(|order| Some(&order.id) == pin);
        let chosen = &decision.chosen().activity;
        match (pin, pinned) {
            (None, _) => self.holds("a pin that can be followed is", !self.can_be_pinned()),
            (Some(_), Some(order)) => {
                let right = order.rule == Rule::Pin && order.activity == *chosen;
                self.holds(
                    "what was pinned is chosen",
                    right && decision.choice.candidates.len() == 1,
                );
            }
            (Some(_), None) => self.holds("the pin is in force", false),
        }
        let killed = !self.storm.state.kill_switches.is_empty() && pin.is_none();
        let stopped = decision.choice.fallback == Some(Fallback::KillSwitch);
        self.holds("the kill switch stops policies", killed == stopped);
        self.holds("it serves one", !stopped || decision.choice.candidates.len() == 1);
    }

    /// What an adaptive policy is never shown, from the learner's own history.
    fn rules(&self, decision: &Decision) {
        let policy = PolicyState::fresh(decision.origin.decider.policy.as_str())
            .expect("a policy with a word");
        if policy.follows_path() {
            return self.holds("the path has one next", decision.choice.candidates.len() == 1);
        }
        let course = &self.storm.course;
        let progress = self.storm.progress(&self.asking.learner);
        let completed = |key| progress.is_some_and(|progress| progress.completed(key));
        let shown = progress
            .into_iter()
            .flat_map(|progress| progress.recent.iter().rev().take(2).chain(&progress.current));
        let shown: Vec<_> = shown.collect();
        for candidate in &decision.choice.candidates {
            let activity = course.activity(candidate.activity.as_str()).expect("an activity");
            let mut needed = activity.requires.iter().map(|it| course.activities[*it].key);
            self.holds("what comes first is completed", needed.all(completed));
            let latest = progress.and_then(|it| it.current.or(it.recent.last().copied()));
            let entry = progress.and_then(|it| it.activity(activity.key));
            let apart = entry.is_some_and(|it| self.asking.at.days_since(it.last_at) >= 0.5);
            // A closing check is over once it has a result, whatever the site says of it before.
            let outcome = progress.and_then(|it| it.outcome.as_ref());
            let taken = outcome.is_some_and(|it| it.completed_at().is_some());
            let check = activity.kind == ActivityKind::Check;
            self.holds("a check that was taken comes no more", !(check && taken));
            let done = completed(activity.key) && !check;
            let twice = latest == Some(activity.key) && done && !apart;
            self.holds("nothing that was completed comes twice in a row", !twice);
            if decision.rules.relaxation < Relaxation::Repetition && !activity.kind.measures() {
                self.holds("it was not shown just now", apart || !shown.contains(&&activity.key));
            }
        }
    }

    /// The orders in force for the learner.
    fn orders(&self) -> impl Iterator<Item = &Constraint> {
        let at = self.asking.at;
        let mine = move |order: &&Constraint| {
            let whose = order.learner.as_ref().is_none_or(|who| *who == self.asking.learner);
            whose && order.expires_at.is_none_or(|end| at < end)
        };
        self.storm.orders.iter().filter(mine)
    }

    fn is(&self, activity: &str, rule: Rule) -> bool {
        self.orders().any(|order| order.rule == rule && order.activity.as_str() == activity)
    }

    fn is_capped(&self, activity: &str) -> bool {
        let key = self.storm.course.activity(activity).expect("an activity").key;
        let progress = self.storm.progress(&self.asking.learner);
        let starts = progress.and_then(|it| it.activity(key)).map_or(0, |entry| entry.starts);
        self.orders().any(|order| match order.rule {
            Rule::Cap { shown_max } => order.activity.as_str() == activity && starts >= shown_max,
            _ => false,
        })
    }

    /// Whether a pinned activity is open to the learner: then it must be chosen.
    fn can_be_pinned(&self) -> bool {
        let progress = self.storm.progress(&self.asking.learner);
        let completed = |key| progress.is_some_and(|progress| progress.completed(key));
        let filter = &self.asking.filter;
        self.orders().filter(|order| order.rule == Rule::Pin).any(|order| {
            let id = &order.activity;
            let activity = self.storm.course.activity(id.as_str()).expect("an activity");
            let wanted = filter.only.as_ref().is_none_or(|only| only.contains(id));
            // Placements have their own rule of when they come too late.
            wanted
                && !filter.exclude.contains(id)
                && !activity.kind.measures()
                && !completed(activity.key)
                && !self.is(id.as_str(), Rule::Block)
                && !self.is_capped(id.as_str())
        })
    }

    #[track_caller]
    pub fn holds(&self, promise: &str, holds: bool) {
        assert!(holds, "{promise}: {}", self.about(&self.asking.result));
    }

    fn about(&self, what: &dyn std::fmt::Debug) -> String {
        let Asking { learner, filter, policy, seed, .. } = self.asking;
        let storm = self.seed;
        format!("storm {storm}, {learner}, {policy}, seed {seed:?}, {filter:?}: {what:?}")
    }
}
