//! Classification sets as bandits: the features are the context, the classes the arms, and only
//! whether the chosen class was right is told. The loss is progressive: each row is decided before
//! it is learned from, and the choice that was drawn counts, exploration and all.

use super::player::{self, BanditSetting, Player};
use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use nexus_stats::random::Stream;
use serde_json::json;
use std::io::Read;
use std::path::Path;

/// A set: its rows standardised, with a leading 1.
pub(super) struct Set {
    pub name: &'static str,
    classes: usize,
    width: usize,
    contexts: Vec<f64>,
    labels: Vec<usize>,
}

/// How a policy did on a set.
pub(super) struct Classified {
    set: &'static str,
    policy: &'static str,
    /// Share of wrong choices, a number a shuffle.
    losses: Vec<f64>,
    /// Rounds (decide and learn) per second of processor time.
    rate: f64,
}

/// Both sets of a directory.
pub(super) fn load(directory: &Path) -> anyhow::Result<Vec<Set>> {
    let letters = read(&directory.join("letter-recognition.csv.gz"))?;
    let digits = read(&directory.join("pendigits.tra.gz"))?;
    let letters = letters.lines().skip(1).map(|line| {
        let (label, features) = line.split_once(',')?;
        let label = label.trim_matches('"').bytes().next()?.checked_sub(b'A')?;
        Some((usize::from(label), numbers(features)?))
    });
    let digits = digits.lines().map(|line| {
        let (features, label) = line.rsplit_once(',')?;
        Some((label.trim().parse().ok()?, numbers(features)?))
    });
    Ok(vec![Set::new("letter", 26, letters)?, Set::new("pendigits", 10, digits)?])
}

fn read(path: &Path) -> anyhow::Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {path:?}"))?;
    let mut text = String::new();
    let read = GzDecoder::new(file).read_to_string(&mut text);
    read.with_context(|| format!("cannot read {path:?}"))?;
    Ok(text)
}

fn numbers(line: &str) -> Option<Vec<f64>> {
    line.split(',').map(|number| number.trim().trim_matches('"').parse().ok()).collect()
}

type Row = (usize, Vec<f64>);

impl Set {
    fn new(
        name: &'static str,
        classes: usize,
        rows: impl Iterator<Item = Option<Row>>,
    ) -> anyhow::Result<Self> {
        let rows: Option<Vec<Row>> = rows.collect();
        let rows = rows.with_context(|| format!("a row of {name} is not what it should be"))?;
        let width = rows.first().map_or(0, |(_, features)| features.len());
        let fits = |(label, features): &Row| *label < classes && features.len() == width;
        ensure!(width > 0 && rows.iter().all(fits), "{name} has rows of several kinds");
        let count = rows.len() as f64;
        let mut contexts = Vec::with_capacity(rows.len() * (width + 1));
        let scales: Vec<(f64, f64)> = (0..width)
            .map(|column| {
                let mean = rows.iter().map(|(_, row)| row[column]).sum::<f64>() / count;
                let squares = rows.iter().map(|(_, row)| squared(row[column] - mean));
                (mean, (squares.sum::<f64>() / count).sqrt().max(1e-9))
            })
            .collect();
        for (_, row) in &rows {
            contexts.push(1.0);
            let scaled = row.iter().zip(&scales).map(|(x, (mean, scale))| (x - mean) / scale);
            // What is further out than a feature may be is held there.
            contexts.extend(scaled.map(|x| x.clamp(-8.0, 8.0)));
        }
        let labels = rows.iter().map(|(label, _)| *label).collect();
        Ok(Self { name, classes, width: width + 1, contexts, labels })
    }

    /// A random order that the peers can make too: by one SplitMix64 word a row.
    fn order(&self, shuffle: u64) -> Vec<usize> {
        let mut stream = Stream::new(shuffle);
        let mut keyed: Vec<(u64, usize)> =
            (0..self.labels.len()).map(|row| (stream.next_u64(), row)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    fn loss(&self, player: &mut Player, order: &[usize]) -> anyhow::Result<f64> {
        let mut wrong = 0_u32;
        for row in order {
            let context = &self.contexts[row * self.width..][..self.width];
            let arm = player.decide(context)?;
            let right = arm == self.labels[*row];
            wrong += u32::from(!right);
            player.learn(arm, context, f64::from(u8::from(right)));
        }
        Ok(f64::from(wrong) / order.len() as f64)
    }
}

/// Plays a set in several orders with each policy.
pub(super) fn play(
    set: &Set,
    only: Option<&str>,
    first: u64,
    shuffles: u64,
) -> anyhow::Result<Vec<Classified>> {
    let settings = player::on_sets();
    let wanted = settings.iter().filter(|setting| only.is_none_or(|only| only == setting.name));
    wanted.map(|setting| play_one(set, setting, first, shuffles)).collect()
}

/// Plays a set in several orders with one policy.
pub(super) fn play_one(
    set: &Set,
    setting: &BanditSetting,
    first: u64,
    shuffles: u64,
) -> anyhow::Result<Classified> {
    let (mut losses, mut spent) = (Vec::new(), 0.0);
    for shuffle in first..first.saturating_add(shuffles) {
        let order = set.order(shuffle);
        let mut player = Player::new(setting, set.classes, set.width, shuffle)?;
        let (loss, seconds) = player::timed(|| set.loss(&mut player, &order));
        losses.push(loss?);
        spent += seconds;
    }
    let rate = (set.labels.len() * losses.len()) as f64 / spent;
    Ok(Classified { set: set.name, policy: setting.name, losses, rate })
}

fn squared(x: f64) -> f64 {
    x * x
}

impl Classified {
    /// Mean loss, and its standard error over the shuffles.
    fn summary(&self) -> (f64, f64) {
        let count = self.losses.len() as f64;
        let mean = self.losses.iter().sum::<f64>() / count;
        let squares: f64 = self.losses.iter().map(|loss| squared(loss - mean)).sum();
        (mean, (squares / (count - 1.0).max(1.0) / count).sqrt())
    }

    pub fn to_json(&self) -> serde_json::Value {
        let (mean, error) = self.summary();
        json!({"set": self.set, "policy": self.policy, "loss": mean, "standard_error": error,
            "losses": self.losses, "rate": self.rate})
    }
}

impl std::fmt::Display for Classified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mean, error) = self.summary();
        let Self { set, policy, rate, .. } = self;
        write!(f, "{set:<10} {policy:<16} {rate:>10.0} rounds/s  loss {mean:.4} +- {error:.4}")
    }
}
