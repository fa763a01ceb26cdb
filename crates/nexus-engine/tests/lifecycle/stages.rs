//! A promotion from its evidence to all learners, by stages, and how it ends.

use crate::scientist::{Scientist, course, policy};
use nexus_engine::decision::Decision;
use nexus_engine::lifecycle::evidence::{
    FamilyEvidence, Guardrail, Interval, LogEvidence, PromotionEvidence,
};
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::promotion::{PromotionRequest, Proof, STAGE_REWARDS_MIN};
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::protocol::{Command, CommandAnswer, CommandFault};
use nexus_testkit::{Story, tiny};

fn interval(low: f64) -> Option<Interval> {
    Some(Interval { low, high: low + 0.1 })
}

/// Evidence that passes the gate.
fn passes() -> PromotionEvidence {
    let family = |family: &str| FamilyEvidence {
        family: family.to_owned(),
        above: [interval(0.01), interval(0.0)],
    };
    PromotionEvidence {
        version: None,
        families: ["steady", "forgetful", "guesser", "mixed"].map(family).to_vec(),
        log: Some(LogEvidence {
            missing: Vec::new(),
            gain_above_served: interval(0.01),
            guardrails: Guardrail::ALL.map(|guardrail| (guardrail, interval(0.0))).to_vec(),
        }),
    }
}

fn by(evidence: PromotionEvidence) -> Proof {
    Proof::Evidence(Box::new(evidence))
}

fn asks(story: &mut Story, word: &str, share: Option<f64>, proof: Proof) -> Result<bool, Refusal> {
    let (reason, by) = ("it passed".to_owned(), "the scientist".to_owned());
    let (course, policy) = (course(), policy(word));
    let request = PromotionRequest { course, policy, share, proof, reason, by };
    match story.handles(Command::PromotePolicy(request)) {
        Ok(answer) => Ok(answer != CommandAnswer::Unchanged),
        Err(CommandFault::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

/// Asks for the next stage.
fn rises(story: &mut Story, word: &str) -> Result<bool, Refusal> {
    asks(story, word, None, Proof::None)
}

fn code(answer: Result<bool, Refusal>) -> &'static str {
    answer.unwrap_err().code()
}

fn share(story: &Story, word: &str) -> f64 {
    story.state().promoted_share(&course(), &policy(word))
}

/// The share of learners for whom a policy decides, by asking for so many.
fn served(story: &mut Story, word: &str, learners: usize) -> f64 {
    let mut count = 0;
    for number in 0..learners {
        let decision = story.decide(&format!("pupil-{number}"));
        count += usize::from(decision.origin.decider.policy.as_str() == word);
    }
    count as f64 / learners as f64
}

/// Lessons until the policy has earned so many rewards more.
fn earns(story: &mut Story, word: &str, rewards: u64, value: impl Fn(&Decision) -> f64 + Copy) {
    let before = |story: &Story| story.state().stages[&course()].rewards;
    let until = before(story) + rewards;
    while story.state().stages.contains_key(&course()) && before(story) < until {
        story.lessons(1, value);
    }
    assert!(word.len() > 1);
}

#[test]
fn a_policy_begins_with_few_learners_and_rises_to_all() {
    let mut story = Story::of(tiny());
    assert_eq!(asks(&mut story, "squarecb", None, by(passes())), Ok(true));
    assert_eq!(share(&story, "squarecb"), 0.01);
    assert!(served(&mut story, "squarecb", 400) < 0.04);
    assert_eq!(asks(&mut story, "squarecb", Some(0.1), Proof::None).map(drop), {
        Err(nexus_engine::lifecycle::LifecycleRefusal::StageTooYoung {
            policy: "squarecb".into(),
            rewards: 0,
            needed: STAGE_REWARDS_MIN,
        }
        .into())
    });
    earns(&mut story, "squarecb", STAGE_REWARDS_MIN, |_| 0.2);
    assert_eq!(rises(&mut story, "squarecb"), Ok(true));
    assert_eq!(share(&story, "squarecb"), 0.1);
    assert_eq!(code(asks(&mut story, "squarecb", Some(1.0), Proof::None)), "stage_left_out");
    earns(&mut story, "squarecb", STAGE_REWARDS_MIN, |_| 0.2);
    assert_eq!(rises(&mut story, "squarecb"), Ok(true));
    let half = served(&mut story, "squarecb", 400);
    assert!((0.4..0.6).contains(&half), "{half}");
    earns(&mut story, "squarecb", STAGE_REWARDS_MIN, |_| 0.2);
    assert_eq!(rises(&mut story, "squarecb"), Ok(true));
    assert_eq!((share(&story, "squarecb"), story.state().stages.len()), (1.0, 0));
    assert_eq!(rises(&mut story, "squarecb"), Ok(false), "it decides for all");
    story.assert_replays();
}

#[test]
fn without_evidence_that_passes_nothing_is_promoted() {
    let mut story = Story::of(tiny());
    assert_eq!(code(rises(&mut story, "squarecb")), "evidence_missing");
    let lacking: [fn(&mut PromotionEvidence); 6] = [
        |it| it.families.truncate(3),
        |it| it.families[1].above[0] = interval(-0.03),
        |it| it.families[1].above[1] = None,
        |it| it.log = None,
        |it| it.log.as_mut().unwrap().gain_above_served = interval(0.0),
        |it| it.log.as_mut().unwrap().guardrails[0].1 = interval(-0.06),
    ];
    for spoil in lacking {
        let mut evidence = passes();
        spoil(&mut evidence);
        assert_eq!(code(asks(&mut story, "squarecb", None, by(evidence))), "evidence_lacking");
    }
    let other = PromotionEvidence { version: Some(3), ..passes() };
    assert_eq!(code(asks(&mut story, "squarecb", None, by(other))), "evidence_of_other_version");
    assert_eq!(code(asks(&mut story, "squarecb", Some(0.2), by(passes()))), "stage_left_out");
    assert_eq!(code(asks(&mut story, "squarecb", Some(1.5), by(passes()))), "share_out_of_range");
    assert_eq!(story.decide("ada").origin.decider.policy.as_str(), "lin-ts");
    // The course's own path needs none, and a person may overrule the gate.
    assert_eq!(rises(&mut story, "static"), Ok(true));
    assert_eq!(share(&story, "static"), 1.0);
    assert_eq!(asks(&mut story, "squarecb", None, Proof::Override), Ok(true));
    assert_eq!(share(&story, "squarecb"), 1.0);
    story.assert_replays();
}

#[test]
fn who_is_outside_gets_what_decided_before() {
    let mut story = Story::of(tiny());
    assert_eq!(asks(&mut story, "mastery", None, Proof::Override), Ok(true));
    assert_eq!(asks(&mut story, "squarecb", Some(0.05), by(passes())), Ok(true));
    for number in 0..200 {
        let decider = story.decide(&format!("pupil-{number}")).origin.decider;
        assert!(["mastery", "squarecb"].contains(&decider.policy.as_str()), "{decider:?}");
    }
    // Another promotion begins, and what decided before the first one still decides for the others.
    assert_eq!(asks(&mut story, "zpdes", Some(0.05), by(passes())), Ok(true));
    assert_eq!(share(&story, "squarecb"), 0.0);
    assert!(served(&mut story, "mastery", 200) > 0.85);
    // Ended, it leaves what was before.
    assert_eq!(asks(&mut story, "zpdes", Some(0.0), Proof::None), Ok(true));
    assert_eq!(served(&mut story, "mastery", 50), 1.0);
    assert_eq!(asks(&mut story, "zpdes", Some(0.0), Proof::None), Ok(false));
    // And one that holds for all gives way to the default.
    assert_eq!(asks(&mut story, "mastery", Some(0.0), Proof::None), Ok(true));
    assert_eq!(served(&mut story, "lin-ts", 50), 1.0);
    story.assert_replays();
}

#[test]
fn nexus_ends_a_stage_that_does_harm_and_the_others_go_on() {
    let mut story = Story::of(tiny());
    assert_eq!(asks(&mut story, "squarecb", Some(0.1), by(passes())), Ok(true));
    let harm = |decision: &Decision| match decision.origin.decider.policy.as_str() {
        "squarecb" => -0.4,
        _ => 0.3,
    };
    for _ in 0..2_000 {
        // Rewards that differ a little: without any variance there is no error to compare with.
        let noise = 0.1 * f64::from(u8::from(story.draws.is_multiple_of(2)));
        story.lessons(1, |decision| harm(decision) + noise);
    }
    assert_eq!(share(&story, "squarecb"), 0.0, "it was not ended");
    assert!(story.state().kill_switch(&course()).is_none(), "the course goes on");
    assert_eq!(served(&mut story, "lin-ts", 50), 1.0);
    story.assert_replays();
}

#[test]
fn a_shadow_is_not_promoted_by_evidence_either() {
    let mut story = Story::of(tiny());
    assert_eq!(story.mode("squarecb", Mode::Shadow), Ok(true));
    assert_eq!(code(asks(&mut story, "squarecb", None, by(passes()))), "policy_serves");
}
