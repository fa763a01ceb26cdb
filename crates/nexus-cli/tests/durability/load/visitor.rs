//! One client: sends, writes down what it was told, and lives through the server's crashes.

use super::Shared;
use super::answers::{Parcel, Seen, outcomes};
use crate::client::{Client, NoAnswer};
use crate::ledger::Outcome;
use crate::randomness::Randomness;
use crate::target::Life;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Acknowledged requests that are remembered, to be sent again.
const REMEMBERED: usize = 500;
/// How many of them are sent again at the very end.
const AUDITED: usize = 50;
/// A pause after an answer that asks for one. Shorter than it asks, to see more.
const PATIENCE: Duration = Duration::from_millis(50);

/// One client.
pub(super) struct Visitor {
    number: usize,
    pub(super) random: Randomness,
    shared: Arc<Shared>,
    connection: Option<(Life, Client)>,
    // A life of the server that is known to be over.
    over: Option<Life>,
    names: u32,
    acknowledged: Vec<Parcel>,
}

impl Visitor {
    pub(super) fn new(number: usize, shared: Arc<Shared>) -> Self {
        let random = Randomness::new(shared.settings.seed, number as u64 + 1);
        let (connection, over, acknowledged) = (None, None, Vec::new());
        Self { number, random, shared, connection, over, names: 0, acknowledged }
    }

    /// Teaches one learner after the other until it is told to stop, and then makes sure that the
    /// server, whichever life it is in, knows what it acknowledged.
    pub(super) fn run(mut self) {
        while !self.is_stopped() {
            self.teach();
        }
        if let Some(life) = self.shared.target.last() {
            self.audit(&mut Client::new(life.address, &self.shared.key));
        }
    }

    fn audit(&mut self, client: &mut Client) {
        for _ in 0..AUDITED.min(self.acknowledged.len()) {
            let parcel = self.remembered();
            self.note(&parcel, None);
            let answer = client.ask("POST", parcel.path(), Some(&parcel.body()));
            let (outcomes, wrong) = outcomes(&parcel, &answer);
            self.note(&parcel, Some(&outcomes));
            self.complain(wrong);
            if !outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done { .. })) {
                let id = &parcel.operations()[0].id;
                let told = answer.map(|answer| (answer.status, answer.body));
                let seen = format!("{id} was acknowledged, and sent again it is {told:?}");
                self.shared.ledger().violate("I5", seen);
            }
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.shared.target.is_stopped()
    }

    /// A new name: no other client, and no later call, makes the same.
    pub(super) fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}-{}", self.number, self.names)
    }

    /// Whether this client sends again what has an unknown outcome.
    fn retries(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    /// Sends a request, and now and then an older one again. Answers with the body when it was
    /// done.
    pub(super) fn send(&mut self, parcel: Parcel) -> Option<Value> {
        let answer = self.deliver(parcel);
        let settings = &self.shared.settings;
        let (duplicates, clashes) = (settings.duplicates, settings.clashes);
        if !self.acknowledged.is_empty() && self.random.chance(duplicates) {
            let again = self.remembered();
            self.deliver(again);
        }
        if !self.acknowledged.is_empty() && self.random.chance(clashes) {
            let clash = self.remembered().clash(self.number);
            self.deliver(clash);
        }
        answer
    }

    fn remembered(&mut self) -> Parcel {
        self.acknowledged[self.random.below(self.acknowledged.len())].clone()
    }

    /// Sends one request, again and again when this client does so, until its end is known.
    fn deliver(&mut self, parcel: Parcel) -> Option<Value> {
        loop {
            std::thread::sleep(self.shared.settings.pause);
            let (life, mut client) = self.connect()?;
            self.note(&parcel, None);
            let begun = Instant::now();
            let answer = client.ask("POST", parcel.path(), Some(&parcel.body()));
            let (outcomes, wrong) = outcomes(&parcel, &answer);
            self.note(&parcel, Some(&outcomes));
            self.complain(wrong);
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            let code = answer.as_ref().map_or("", |answer| answer.code()).to_owned();
            let is_new =
                |outcome: &Outcome| matches!(outcome, Outcome::Done { duplicate: false, .. });
            let fresh = outcomes.iter().any(is_new);
            let (ended, path) = (Instant::now(), parcel.path());
            self.shared.seen().push(Seen { begun, ended, path, status, code, fresh });
            match answer {
                Ok(answer) if answer.status < 500 => {
                    self.connection = Some((life, client));
                    if answer.status != 200 {
                        return None;
                    }
                    self.remember(parcel, &outcomes);
                    return Some(answer.body);
                }
                Ok(_) => {
                    self.connection = Some((life, client));
                    std::thread::sleep(PATIENCE);
                }
                // Nobody listens there any more.
                Err(NoAnswer::NotSent(_)) => self.over = Some(life),
                Err(NoAnswer::Lost(_)) => {}
            }
            if !self.retries() {
                return None;
            }
        }
    }

    fn connect(&mut self) -> Option<(Life, Client)> {
        let life = self.shared.target.next(self.over)?;
        match self.connection.take() {
            Some((connected, client)) if connected == life => Some((life, client)),
            _ => Some((life, Client::new(life.address, &self.shared.key))),
        }
    }

    /// Writes down that a request begins, or how it ended.
    fn note(&self, parcel: &Parcel, outcomes: Option<&[Outcome]>) {
        let mut ledger = self.shared.ledger();
        for (position, operation) in parcel.operations().iter().enumerate() {
            let (id, content) = (&operation.id, &operation.content);
            match outcomes {
                None => ledger.begin(id, content),
                Some(outcomes) => ledger.end(self.number, id, content, &outcomes[position]),
            }
        }
    }

    fn complain(&self, wrong: Vec<String>) {
        for seen in wrong {
            self.shared.ledger().violate("C-1", seen);
        }
    }

    fn remember(&mut self, parcel: Parcel, outcomes: &[Outcome]) {
        for (parcel, outcome) in parcel.split().into_iter().zip(outcomes) {
            if !matches!(outcome, Outcome::Done { .. }) {
                continue;
            }
            if self.acknowledged.len() < REMEMBERED {
                self.acknowledged.push(parcel);
            } else {
                let place = self.random.below(REMEMBERED);
                self.acknowledged[place] = parcel;
            }
        }
    }
}
