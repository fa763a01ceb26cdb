//! What `nexus policy` prints.

use nexus_api::policies::{
    ApprenticeSummary, GroupSummary, LearningCounts, MonitorSummary, PolicyList, PolicyReceipt,
    PolicySummary, PolicyVersionList, ShadowSummary, VersionReceipt,
};

pub(super) fn print_list(list: &PolicyList) {
    let serving = &list.serving;
    let why = match (&serving.by, &serving.reason) {
        (Some(by), Some(reason)) => format!("promoted by {by}: {reason}"),
        _ => "the server's default".to_owned(),
    };
    println!("decides      {} ({why})", serving.policy);
    if let Some(stage) = &serving.stage {
        let mean = |mean: Option<f64>| mean.map_or("none".to_owned(), |mean| format!("{mean:.3}"));
        println!(
            "             for {} % of learners, {} for the others; mean reward {} and {}; {} rewards at \
             this stage, {} for the next",
            100.0 * stage.share,
            stage.others,
            mean(stage.reward_mean),
            mean(stage.others_reward_mean),
            stage.rewards,
            stage.rewards_needed
        );
    }
    if let Some(other) = &serving.in_its_place {
        println!("             {other} serves in its place");
    }
    println!("held out     {} of learners", list.holdout.share);
    print_group("held out", &list.holdout.held_out);
    print_group("others", &list.holdout.others);
    for (name, group) in [
        ("held out without consent", &list.holdout.held_out_without_consent),
        ("others without consent", &list.holdout.others_without_consent),
    ] {
        if group.decisions > 0 {
            print_group(name, group);
        }
    }
    list.policies.iter().for_each(print_policy);
}

fn print_group(name: &str, group: &GroupSummary) {
    let mean = |mean: Option<f64>, error: Option<f64>| match (mean, error) {
        (Some(mean), Some(error)) => format!("{mean:.3} +- {error:.3}"),
        (Some(mean), None) => format!("{mean:.3}"),
        _ => "none".to_owned(),
    };
    let reward = mean(group.reward_mean, group.reward_error);
    let probe = mean(group.probe_success, group.probe_error);
    println!(
        "             {name}: mean reward {reward} ({}), probe success {probe} ({})",
        group.rewards, group.probes
    );
}

fn print_policy(policy: &PolicySummary) {
    let PolicySummary { policy: word, mode, version, rewards, learning, .. } = policy;
    if policy.learns {
        let (refused, capped) = (learning.refused, learning.capped);
        println!("{mode:<12} {word}, version {version}, {rewards} rewards");
        if refused + capped > 0 {
            println!("             not learned from: {refused} refused, {capped} capped");
        }
    } else {
        println!("{mode:<12} {word}, which learns nothing");
    }
    policy.shadow.iter().for_each(print_shadow);
    policy.apprentice.iter().for_each(print_apprentice);
    let cause = policy.monitor.as_ref().and_then(|monitor| monitor.cause.as_deref());
    cause.iter().for_each(|cause| println!("             {cause}"));
}

fn print_shadow(shadow: &ShadowSummary) {
    let ShadowSummary { rewards, effective_rewards, verdict, .. } = shadow;
    let worth = match (shadow.self_normalised, shadow.served_mean) {
        (Some(own), Some(served)) => {
            format!("would have earned {own:.3} where {served:.3} was earned")
        }
        _ => verdict.word().to_owned(),
    };
    println!("             {worth} ({rewards} rewards, worth {effective_rewards:.0})");
}

/// Where an apprentice stands, in a line.
fn print_apprentice(apprentice: &ApprenticeSummary) {
    let ApprenticeSummary { terms, verdict, batch, .. } = apprentice;
    let baseline = &terms.baseline;
    let found = match &apprentice.last {
        Some(last) => format!(
            "{}: agrees with {baseline} in {} of {} decisions of {} learners",
            verdict.word(),
            last.agreed,
            last.decisions,
            last.learners
        ),
        None => format!("{} whether it agrees with {baseline}", verdict.word()),
    };
    println!("             {found} ({} of {} compared now)", batch.decisions, terms.decisions);
    if let Some(at) = &apprentice.graduated_at {
        println!("             serves since {at}, because it agreed");
    }
}

/// All that is known of a policy, figure by figure.
pub(super) fn print_whole(policy: &PolicySummary) {
    print_policy(policy);
    let LearningCounts { learned, refused, capped, frozen, not_chosen } = policy.learning;
    println!(
        "rewards      {learned} learned, {refused} refused, {capped} capped, {frozen} while \
         frozen, {not_chosen} not its choice"
    );
    policy.monitor.iter().for_each(|monitor| print_monitor("monitor", monitor));
    policy.shadow.iter().for_each(print_estimates);
    policy.apprentice.iter().for_each(print_terms);
}

fn print_monitor(name: &str, monitor: &MonitorSummary) {
    let mean = |mean: Option<f64>| mean.map_or_else(|| "none".to_owned(), |it| format!("{it:.3}"));
    println!(
        "{name:<12} {} decisions, {} errors among the latest, spread {:.3}",
        monitor.decisions, monitor.errors, monitor.spread
    );
    println!(
        "             mean {} of the latest {}, {} of {} before",
        mean(monitor.recent_mean),
        monitor.recent_rewards,
        mean(monitor.before_mean),
        monitor.before_rewards
    );
}

/// A shadow's figures; those that say too little yet are named as such.
fn print_estimates(shadow: &ShadowSummary) {
    let figure = |value: Option<f64>| match value {
        Some(value) => format!("{value:.4}"),
        None => shadow.verdict.word().to_owned(),
    };
    println!("IPS          {}", figure(shadow.inverse_propensity));
    println!("SNIPS        {}", figure(shadow.self_normalised));
    println!("served       {}", figure(shadow.served_mean));
    println!(
        "ESS          {:.1} of {} rewards, {} silent",
        shadow.effective_rewards, shadow.rewards, shadow.silent
    );
    println!("as a shadow  {} learned, {} capped", shadow.learned, shadow.capped);
}

fn print_terms(apprentice: &ApprenticeSummary) {
    let terms = &apprentice.terms;
    println!(
        "apprentice   of {}: {} in {} decisions of {} learners at least, graduates {}",
        terms.baseline, terms.agreement, terms.decisions, terms.learners, terms.graduation
    );
    let batch = &apprentice.batch;
    println!(
        "             now {} of {} agreed, {} without a preference, {} learners; {} full batches",
        batch.agreed, batch.decisions, batch.undecided, batch.learners, apprentice.batches
    );
    println!("             {} besides could not be compared", batch.out_of_reach);
    println!(
        "             {} learned, {} capped, {} refused, {} too late: it had ended",
        apprentice.learned, apprentice.capped, apprentice.refused, apprentice.after
    );
}

pub(super) fn print_versions(list: &PolicyVersionList) {
    if list.versions.is_empty() {
        println!("none         no version of {} was saved in {}", list.policy, list.course);
    }
    for version in &list.versions {
        let number = version.version;
        let from = version.restored_from.map_or(String::new(), |older| format!(" from {older}"));
        println!(
            "{number:<12} {}{from} {}, knows entry {}, journal entry {}",
            version.origin, version.at, version.through, version.seq
        );
        println!("             {} by {}", version.reason, version.asked_by);
        println!("             {}", version.digest);
    }
}

pub(super) fn print_version(receipt: &VersionReceipt) {
    let VersionReceipt { policy, version, seq, digest, duplicate } = receipt;
    let before = if *duplicate { ", as it was before" } else { "" };
    println!("version {version:<4} {policy}, journal entry {seq}{before}");
    println!("             {digest}");
}

pub(super) fn print_receipt(receipt: &PolicyReceipt, done: &str) {
    let for_whom = match receipt.share {
        Some(share) if share < 1.0 => format!(" for {} % of learners", 100.0 * share),
        _ => String::new(),
    };
    match receipt.seq {
        Some(seq) => println!("{done:<12} {}{for_whom}, journal entry {seq}", receipt.policy),
        None => println!("{done:<12} {}: nothing changed", receipt.policy),
    }
}
