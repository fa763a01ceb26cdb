//! The load: client threads that live through all lives of the server, with ids of their own.
//!
//! Every even client sends what has an unknown outcome again, with the same id, until it is
//! answered; every odd one never does. All of them send some of what was acknowledged again on
//! purpose, and now and then another body under an id that is taken.

mod answers;
mod learning;
mod visitor;

pub use answers::Seen;

use crate::ledger::Ledger;
use crate::target::Target;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the clients do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// All random choices come from it.
    pub seed: u64,
    /// How many clients there are.
    pub clients: usize,
    /// How many of the acknowledged operations are sent again, about.
    pub duplicates: f64,
    /// How many of them are sent with another body, about.
    pub clashes: f64,
    /// A pause between two requests of a client.
    pub pause: Duration,
}

impl Settings {
    /// The usual mixture.
    pub fn new(seed: u64) -> Self {
        let pause = Duration::from_millis(2);
        Self { seed, clients: 4, duplicates: 0.1, clashes: 0.02, pause }
    }
}

/// What the clients share.
#[derive(Debug)]
struct Shared {
    settings: Settings,
    key: String,
    target: Target,
    ledger: Mutex<Ledger>,
    seen: Mutex<Vec<Seen>>,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running clients; told to stop when this is dropped.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts the clients. They wait until they are aimed at a server.
    pub fn start(settings: Settings, key: &str) -> Self {
        let shared = Arc::new(Shared {
            settings,
            key: key.to_owned(),
            target: Target::default(),
            ledger: Mutex::default(),
            seen: Mutex::default(),
        });
        let client = |number| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || visitor::Visitor::new(number, shared).run())
        };
        let clients = (0..shared.settings.clients).map(client).collect();
        Self { shared, clients }
    }

    /// Sends the clients to a new life of the server.
    pub fn aim(&self, address: SocketAddr) {
        self.shared.target.aim(address);
    }

    /// The ledger as it is now, with what is on its way as unknown.
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger().clone()
    }

    /// Notes operations that the test itself sends.
    pub fn with_ledger(&self, note: impl FnOnce(&mut Ledger)) {
        note(&mut self.shared.ledger());
    }

    /// Every answer so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen().clone()
    }

    /// Stops the clients after what they are doing now; the ledger is complete then.
    pub fn stop(mut self) -> Ledger {
        self.shared.target.stop();
        for client in self.clients.drain(..) {
            client.join().expect("a client does not panic");
        }
        self.ledger()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.target.stop();
    }
}
