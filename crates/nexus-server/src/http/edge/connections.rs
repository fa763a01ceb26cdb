//! The open connections: whose they are, and which is closed first when there is no room.
//!
//! A client that holds connections and asks nothing must not keep others out. When there is no room,
//! a newcomer takes the place of the connection that has been idle longest. Connections whose
//! request is being answered are never closed for another one; when all are busy, a newcomer gets
//! one of a few reserved places, where only health, metrics and the kill switch are answered.

use super::pulse::{Pulse, Waiting};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most connections that are open at a time, and how many of them one address may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub total: usize,
    pub per_address: usize,
}

impl Default for ConnectionLimits {
    /// 1,024, half of them from one address.
    fn default() -> Self {
        Self { total: 1_024, per_address: 512 }
    }
}

/// Places beyond the limit for health, metrics and the kill switch.
pub(super) const RESERVED: usize = 16;

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Usual,
    /// Health, metrics and the kill switch, once.
    Reserved,
}

impl Lane {
    /// Whether a request for a path is answered.
    #[must_use]
    pub fn answers(self, path: &str) -> bool {
        match self {
            Self::Usual => true,
            Self::Reserved => matches!(path, "/healthz" | "/readyz" | "/metrics" | "/v1/switch"),
        }
    }
}

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Connections {
    limits: ConnectionLimits,
    open: Mutex<BTreeMap<u64, OpenConnection>>,
}

#[derive(Debug)]
struct OpenConnection {
    address: IpAddr,
    lane: Lane,
    pulse: Arc<Pulse>,
}

/// The place of one connection. Dropping it gives the place back.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    number: u64,
    pub(super) lane: Lane,
    connections: Arc<Connections>,
}

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    /// A place for a newcomer; `None` when there is none, and no idle connection to close.
    /// The connection that has to go is told by its pulse.
    pub(super) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        pulse: &Arc<Pulse>,
    ) -> Option<(ConnectionSlot, Evicted)> {
        let mut open = self.open();
        let usual = |it: &&OpenConnection| it.lane == Lane::Usual;
        let own = |it: &&OpenConnection| usual(it) && it.address == address;
        let reserved = |it: &&OpenConnection| it.lane == Lane::Reserved;
        let count = |is: &dyn Fn(&&OpenConnection) -> bool| open.values().filter(is).count();
        let hoards = count(&own) >= self.limits.per_address;
        let is_full = count(&usual) >= self.limits.total;
        let idle = match (hoards, is_full) {
            (true, _) => idle_longest(&open, &own),
            (false, true) => idle_longest(&open, &usual),
            (false, false) => None,
        };
        let (lane, leaving) = if idle.is_some() || !(hoards || is_full) {
            (Lane::Usual, idle)
        } else if count(&reserved) < RESERVED {
            (Lane::Reserved, None)
        } else {
            (Lane::Reserved, Some(idle_longest(&open, &reserved)?))
        };
        let evicted = leaving.and_then(|number| open.remove(&number));
        if let Some(evicted) = &evicted {
            evicted.pulse.give_way();
        }
        let number = open.last_key_value().map_or(0, |(last, _)| last + 1);
        open.insert(number, OpenConnection { address, lane, pulse: Arc::clone(pulse) });
        let place = ConnectionSlot { number, lane, connections: Arc::clone(self) };
        Some((place, Evicted(evicted.is_some())))
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, OpenConnection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another connection had to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evicted(pub(super) bool);

/// Of these connections, the one that waits longest for a request; those between two requests, or
/// before the first byte, go before those of which a header is coming.
fn idle_longest(
    open: &BTreeMap<u64, OpenConnection>,
    is_one: &dyn Fn(&&OpenConnection) -> bool,
) -> Option<u64> {
    let of_these = open.iter().filter(|(_, connection)| is_one(connection));
    let waiting = of_these.filter_map(|(number, connection)| {
        let Waiting { header_comes, since } = connection.pulse.waiting()?;
        Some((header_comes, since, *number))
    });
    waiting.min().map(|(_, _, number)| number)
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: ConnectionLimits = ConnectionLimits { total: 4, per_address: 3 };

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    struct Client {
        place: ConnectionSlot,
        pulse: Arc<Pulse>,
    }

    fn connects(connections: &Arc<Connections>, from: u8) -> Option<(Client, bool)> {
        let pulse = Arc::new(Pulse::default());
        let (place, Evicted(evicted)) = connections.admit(address(from), &pulse)?;
        Some((Client { place, pulse }, evicted))
    }

    #[test]
    fn the_longest_idle_gives_way_to_a_newcomer() {
        let connections = Connections::new(SMALL);
        let idle: Vec<Client> =
            (0..4).map(|from| connects(&connections, from).unwrap().0).collect();
        idle[0].pulse.answering();
        let (newcomer, evicted) = connects(&connections, 9).unwrap();
        assert!(evicted && newcomer.place.lane == Lane::Usual);
        let gone: Vec<bool> = idle.iter().map(|client| client.pulse.gives_way()).collect();
        assert_eq!(gone, [false, true, false, false], "the first one is busy");
    }

    #[test]
    fn one_address_takes_the_place_of_its_own_connections_only() {
        let connections = Connections::new(SMALL);
        let (other, _) = connects(&connections, 1).unwrap();
        let hoard: Vec<Client> = (0..3).map(|_| connects(&connections, 2).unwrap().0).collect();
        let (fourth, evicted) = connects(&connections, 2).unwrap();
        assert!(evicted && hoard[0].pulse.gives_way() && !other.pulse.gives_way());
        hoard[1..].iter().for_each(|client| client.pulse.answering());
        fourth.pulse.answering();
        let (fifth, _) = connects(&connections, 2).unwrap();
        assert_eq!(fifth.place.lane, Lane::Reserved, "all of its connections are busy");
        let (stranger, _) = connects(&connections, 3).unwrap();
        assert_eq!(stranger.place.lane, Lane::Usual, "others come in");
    }

    #[test]
    fn when_all_are_busy_the_reserved_places_are_left() {
        let connections = Connections::new(SMALL);
        let busy: Vec<Client> = (0..4)
            .map(|from| connects(&connections, from).unwrap().0)
            .inspect(|client| client.pulse.answering())
            .collect();
        let last: Vec<Client> =
            (0..RESERVED).map(|_| connects(&connections, 8).unwrap().0).collect();
        assert!(last.iter().all(|client| client.place.lane == Lane::Reserved));
        let (_next, evicted) = connects(&connections, 8).unwrap();
        assert!(evicted && last[0].pulse.gives_way(), "a silent one gives its place up");
        drop(busy);
        assert_eq!(connects(&connections, 8).unwrap().0.place.lane, Lane::Usual);
    }
}
