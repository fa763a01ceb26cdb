//! Decisions of a journal, seen by another policy: the journal of a simulated class, folded again.

use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::off_policy::{
    JournalDecisions, JournalOutcome, JournalTarget, LeftOut,
};
use nexus_sim::Classroom;
use nexus_sim::school::School;
use nexus_stats::off_policy::LoggedDecision;
use nexus_stats::off_policy::evaluation::evaluate;
use nexus_stats::off_policy::overlap::{Gate, Overlap};
use nexus_testkit::shipped;

/// A class that one policy taught.
fn taught_by(policy: &str, learners: usize) -> School {
    let policy = PolicyId::new(policy).expect("an id");
    let start = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(shipped(), policy, 5, start).expect("the school opens");
    school.teach(&Classroom::mixed(learners, 2.0, 5), 20.0).expect("every invariant holds");
    school
}

fn target(school: &School, policy: &str) -> JournalTarget {
    JournalTarget {
        course: school.course.id.clone(),
        policy: PolicyId::new(policy).expect("an id"),
        frozen: None,
        after_seq: 0,
        decisions_max: usize::MAX,
    }
}

fn read(school: &School, target: JournalTarget) -> (Vec<LoggedDecision>, LeftOut) {
    let decisions = folded(school, target);
    (decisions.log(JournalOutcome::Reward), decisions.left_out(JournalOutcome::Reward))
}

fn folded(school: &School, target: JournalTarget) -> JournalDecisions {
    let mut decisions = JournalDecisions::new(target);
    school.workspace.journal.iter().for_each(|entry| decisions.read(entry));
    assert_eq!(decisions.through(), school.workspace.state.head);
    assert!(decisions.knows_course());
    decisions
}

/// The target is the policy that was served, with what it had learned by then: its probabilities are those of
/// the journal, all of them, bit for bit. So the scene was rebuilt, and what it is worth is what was earned.
#[test]
fn a_policy_that_learns_would_have_done_what_it_did() {
    for policy in ["lin-ts", "pace", "zpdes", "mastery", "random"] {
        let school = taught_by(policy, 12);
        let (decisions, left_out) = read(&school, target(&school, policy));
        assert!(decisions.len() > 200, "{policy}: {} {left_out:?}", decisions.len());
        assert_eq!((left_out.not_rebuilt, left_out.older), (0, 0), "{policy}");
        for decision in &decisions {
            assert_eq!(decision.target_of_chosen(), decision.propensity, "{policy}");
        }
        let overlap = Overlap::of(&decisions);
        assert_eq!((overlap.weight_mean, overlap.unsupported), (1.0, 0.0), "{policy}");
        let joined = school.workspace.journal.iter().filter_map(|entry| match &entry.event {
            Event::RewardJoined(joined) if !joined.unmeasured => Some(joined.value),
            _ => None,
        });
        let joined: Vec<f64> = joined.collect();
        // Rewards of decisions with a single candidate are left out.
        assert!(decisions.len() <= joined.len(), "{policy}");
        assert!(decisions.iter().all(|it| joined.contains(&it.reward)), "{policy}");
    }
}

/// Served at random, so everything may be compared: each target with its own weights.
#[test]
fn what_was_served_at_random_says_something_of_every_policy() {
    let school = taught_by("random", 60);
    for policy in ["random", "lin-ts", "mastery", "pace", "popular", "spaced", "zpdes", "squarecb"]
    {
        let (decisions, left_out) = read(&school, target(&school, policy));
        let overlap = Overlap::of(&decisions);
        assert_eq!((left_out.not_rebuilt, overlap.unsupported), (0, 0.0), "{policy}");
        for decision in &decisions {
            assert!((decision.supported() - 1.0).abs() < 1e-9, "{policy}");
        }
        // The weights of a target have the mean 1, within five standard errors.
        let n = decisions.len() as f64;
        let off = decisions.iter().map(|it| it.weight() - 1.0);
        let spread = off.map(|off| off * off).sum::<f64>() / n;
        assert!(
            (overlap.weight_mean - 1.0).abs() <= 5.0 * (spread / n).sqrt(),
            "{policy}: {overlap:?}"
        );
        let found = evaluate(&decisions, 0.05);
        if let Some(worth) = found.worth {
            assert!((-1.0..=1.0).contains(&worth.target.value.value), "{policy}");
        }
    }
}

/// The course's own path is what it is, also where the rules leave it out.
#[test]
fn the_path_of_the_course_lies_partly_outside() {
    let school = taught_by("random", 20);
    let (decisions, _) = read(&school, target(&school, "static"));
    let (mut inside, mut outside) = (0, 0);
    for decision in &decisions {
        let whole = decision.supported() + decision.unsupported;
        assert_eq!(whole, 1.0);
        assert!(decision.target.iter().all(|(_, it)| *it == 0.0 || *it == 1.0));
        inside += u32::from(decision.unsupported == 0.0);
        outside += u32::from(decision.unsupported == 1.0);
    }
    assert!(inside > 20 && outside > 20, "{inside} {outside}");
    assert!(evaluate(&decisions, 0.05).missing.contains(&Gate::Unsupported));
}

#[test]
fn decisions_that_say_nothing_are_counted_by_reason() {
    let school = taught_by("lin-ts", 20);
    let all = read(&school, target(&school, "mastery")).0.len();
    let head = school.workspace.state.head;
    let frozen = PolicyState::fresh("lin-ts");
    let late = JournalTarget { after_seq: head / 2, frozen, ..target(&school, "lin-ts") };
    let (late, left_out) = read(&school, late);
    assert!(late.len() < all && left_out.learned_from > 0);
    let few = JournalTarget { decisions_max: 50, ..target(&school, "mastery") };
    let (few, left_out) = read(&school, few);
    assert_eq!(few.len() as u64 + left_out.unmeasured, 50);
    assert!(left_out.older > 50 && few.len() < all);
    let every = folded(&school, target(&school, "mastery"));
    let finished = every.log(JournalOutcome::Finished).len();
    for outcome in [JournalOutcome::Reward, JournalOutcome::Gain, JournalOutcome::Success] {
        let (log, unmeasured) = (every.log(outcome), every.left_out(outcome).unmeasured as usize);
        assert!(unmeasured > 0 && log.len() + unmeasured == finished, "{outcome:?}");
    }
    assert_eq!(every.left_out(JournalOutcome::Finished).unmeasured, 0);
    // A class that the path alone has taught left nothing to chance.
    let school = taught_by("static", 4);
    let (none, left_out) = read(&school, target(&school, "mastery"));
    assert!(none.is_empty() && left_out.without_chance > 20, "{left_out:?}");
    let elsewhere = CourseId::new("elsewhere").expect("an id");
    let mut other =
        JournalDecisions::new(JournalTarget { course: elsewhere, ..target(&school, "mastery") });
    school.workspace.journal.iter().for_each(|entry| other.read(entry));
    assert!(!other.knows_course());
}
