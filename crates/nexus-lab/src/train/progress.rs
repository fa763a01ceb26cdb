//! What a training has collected so far, in a file beside its result: a training that was cut off
//! goes on where it stood. The file is gone when the training is done.

use crate::beds::gain_prior::GainSamples;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The samples of each world of each round.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathBuf,
    /// The training that it belongs to, in words. Another one is not gone on with.
    about: String,
    rounds: Vec<Vec<Option<GainSamples>>>,
}

impl Progress {
    /// The progress of a training, from its file if there is one.
    ///
    /// Errors: when the file cannot be read, or belongs to another training.
    pub(super) fn open(
        out: &Path,
        about: &str,
        rounds: usize,
        worlds: usize,
    ) -> anyhow::Result<Self> {
        let path = out.with_extension("progress.json");
        let fresh = vec![vec![None; worlds]; rounds];
        let mut progress = Self { path, about: about.to_owned(), rounds: fresh };
        if progress.path.exists() {
            progress.read()?;
            let done = progress.rounds.iter().flatten().flatten().count();
            eprintln!("going on with {}: {done} worlds are done", progress.path.display());
        }
        Ok(progress)
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let name = self.path.display().to_string();
        let text =
            std::fs::read_to_string(&self.path).with_context(|| format!("reading {name}"))?;
        let value: Value =
            serde_json::from_str(&text).with_context(|| format!("{name} is JSON"))?;
        ensure!(
            value["about"] == json!(self.about),
            "{name} belongs to another training: remove it, or name another --out"
        );
        let rounds: Vec<Vec<Option<Vec<f64>>>> = serde_json::from_value(value["rounds"].clone())
            .with_context(|| format!("`rounds` of {name}"))?;
        for (known, read) in self.rounds.iter_mut().zip(rounds) {
            for (known, read) in known.iter_mut().zip(read) {
                *known = match read {
                    None => None,
                    Some(numbers) => {
                        let samples = GainSamples::from_numbers(&numbers);
                        Some(samples.with_context(|| format!("samples of {name}"))?)
                    }
                };
            }
        }
        Ok(())
    }

    /// The samples of a world in a round, once it is done.
    pub(super) fn of(&self, round: usize, world: usize) -> Option<&GainSamples> {
        self.rounds.get(round)?.get(world)?.as_ref()
    }

    /// A world is done. Errors: when the file cannot be written.
    pub(super) fn done(
        &mut self,
        round: usize,
        world: usize,
        samples: GainSamples,
    ) -> anyhow::Result<()> {
        self.rounds[round][world] = Some(samples);
        let numbers = |samples: &Option<GainSamples>| samples.as_ref().map(GainSamples::to_numbers);
        let mut rounds: Vec<Vec<Option<Vec<f64>>>> = Vec::with_capacity(self.rounds.len());
        for round in &self.rounds {
            rounds.push(round.iter().map(numbers).collect());
        }
        let text = json!({"about": self.about, "rounds": rounds}).to_string();
        // Renamed into place, so that a cut while writing leaves the progress of before.
        let beside = self.path.with_extension("tmp");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &self.path))
            .with_context(|| format!("writing {}", self.path.display()))
    }

    /// The training is done.
    pub(super) fn finish(self) {
        // A file that stays behind is said to belong to this training, and costs nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}
