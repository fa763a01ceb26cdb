//! Statements of other systems as they were sent, beside the events that they became.
//!
//! A statement is written in the transaction that appends its events, so there is never one without
//! the other. It names people as its sender does; so whoever is erased takes every statement along that
//! names them (`docs/decisions/0024-records-of-other-systems.md`).

use crate::fault::{AppendFault, StoreFault};
use crate::journal::signed;
use crate::store::{Store, write_fault};
use nexus_engine::ids::LearnerId;
use nexus_engine::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Most statements of one answer.
pub const STATEMENTS_MAX: usize = 500;

/// A statement to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementKept {
    pub id: String,
    /// The learner whose it is, when it is one person's.
    pub actor: Option<String>,
    /// The learners that everybody in it is.
    pub people: Vec<String>,
    pub verb: String,
    /// The activity it is about.
    pub activity: Option<String>,
    pub registration: Option<String>,
    /// The statement that it takes back.
    pub voids: Option<String>,
    pub stored_at: Timestamp,
    /// Of what was sent, to tell a retry from a clash of ids.
    pub hash: [u8; 16],
    /// As it is given back, in JSON.
    pub body: String,
}

/// A statement that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFound {
    /// Its place in the order in which statements came.
    pub place: u64,
    pub stored_at: Timestamp,
    pub hash: [u8; 16],
    /// Whether another one took it back.
    pub voided: bool,
    pub body: String,
}

/// Which statements are asked for; what is absent is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementQuery {
    pub actor: Option<String>,
    pub verb: Option<String>,
    pub activity: Option<String>,
    pub registration: Option<String>,
    /// Stored after this moment.
    pub since: Option<Timestamp>,
    /// Stored at this moment or before.
    pub until: Option<Timestamp>,
    /// The oldest first.
    pub ascending: bool,
    /// The place of the last one of the page before.
    pub behind: Option<u64>,
    /// At most so many, and at most [`STATEMENTS_MAX`].
    pub limit: usize,
}

const FOUND: &str = "SELECT place, stored_at, hash, body, \
    EXISTS (SELECT 1 FROM statement AS other WHERE other.voids = statement.id) FROM statement";

impl Store {
    /// The statement of an id, voided or not.
    ///
    /// Errors: when the database cannot be read.
    pub fn statement(&self, id: &str) -> Result<Option<StatementFound>, StoreFault> {
        self.usable()?;
        let fault = || StoreFault::database("look a statement up");
        let sql = format!("{FOUND} WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&sql).map_err(fault())?;
        statement.query_row([id], found).optional().map_err(fault())
    }

    /// Statements that were not taken back, the newest first unless asked otherwise.
    ///
    /// Errors: when the database cannot be read.
    pub fn statements(&self, query: &StatementQuery) -> Result<Vec<StatementFound>, StoreFault> {
        self.usable()?;
        let fault = || StoreFault::database("list statements");
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        let mut add = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                values.push(value);
                conditions.push(format!("{condition} ?{}", values.len()));
            }
        };
        let text = |text: &Option<String>| text.clone().map(Value::Text);
        let moment = |at: Option<Timestamp>| at.map(|at| Value::Integer(at.0));
        add("actor =", text(&query.actor));
        add("verb =", text(&query.verb));
        add("activity =", text(&query.activity));
        add("registration =", text(&query.registration));
        add("stored_at >", moment(query.since));
        add("stored_at <=", moment(query.until));
        let behind = query.behind.map(|place| Value::Integer(signed(place)));
        add(if query.ascending { "place >" } else { "place <" }, behind);
        add("0 <", Some(Value::Integer(1)));
        let order = if query.ascending { "ASC" } else { "DESC" };
        let limit = query.limit.min(STATEMENTS_MAX);
        let sql = format!(
            "{FOUND} WHERE {} AND NOT EXISTS (SELECT 1 FROM statement AS other \
             WHERE other.voids = statement.id) ORDER BY place {order} LIMIT {limit}",
            conditions.join(" AND ")
        );
        let mut statement = self.connection.prepare(&sql).map_err(fault())?;
        let rows = statement.query_map(params_from_iter(values), found).map_err(fault())?;
        rows.collect::<Result<_, _>>().map_err(fault())
    }

    /// Whether a statement names a learner.
    ///
    /// Errors: when the database cannot be read.
    pub fn is_in_statements(&self, learner: &LearnerId) -> Result<bool, StoreFault> {
        self.usable()?;
        let fault = || StoreFault::database("look for a learner in statements");
        let sql = "SELECT EXISTS (SELECT 1 FROM statement_person WHERE learner = ?1)";
        let mut statement = self.connection.prepare_cached(sql).map_err(fault())?;
        statement.query_row([learner.as_str()], |row| row.get(0)).map_err(fault())
    }
}

fn found(row: &rusqlite::Row<'_>) -> rusqlite::Result<StatementFound> {
    Ok(StatementFound {
        place: row.get::<_, i64>(0)?.unsigned_abs(),
        stored_at: Timestamp(row.get(1)?),
        hash: row.get(2)?,
        body: row.get(3)?,
        voided: row.get(4)?,
    })
}

/// Keeps statements; one whose id is there already stays as it is.
pub(crate) fn write(
    connection: &Connection,
    statements: &[StatementKept],
) -> Result<(), AppendFault> {
    if statements.is_empty() {
        return Ok(());
    }
    let fault = |error| write_fault("keep a statement", error);
    let sql = "INSERT INTO statement (id, actor, verb, activity, registration, voids, stored_at, \
               hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
    let mut insert = connection.prepare_cached(sql).map_err(fault)?;
    let sql = "INSERT OR IGNORE INTO statement_person (learner, place) VALUES (?1, ?2)";
    let mut name = connection.prepare_cached(sql).map_err(fault)?;
    for kept in statements {
        let values = params![
            kept.id,
            kept.actor,
            kept.verb,
            kept.activity,
            kept.registration,
            kept.voids,
            kept.stored_at.0,
            kept.hash,
            kept.body
        ];
        if insert.execute(values).map_err(fault)? == 0 {
            continue;
        }
        let place = connection.last_insert_rowid();
        for learner in &kept.people {
            name.execute(params![learner, place]).map_err(fault)?;
        }
    }
    Ok(())
}

/// Deletes every statement that names a learner.
pub(crate) fn forget(connection: &Connection, learner: &LearnerId) -> Result<(), AppendFault> {
    let fault = |error| write_fault("forget statements", error);
    let places = "SELECT place FROM statement_person WHERE learner = ?1";
    let delete = format!("DELETE FROM statement WHERE place IN ({places})");
    connection.execute(&delete, [learner.as_str()]).map_err(fault)?;
    let rest = "DELETE FROM statement_person WHERE place NOT IN (SELECT place FROM statement)";
    connection.execute(rest, []).map(drop).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::OpenOptions;

    fn kept(number: u8, people: &[&str]) -> StatementKept {
        StatementKept {
            id: format!("statement-{number}"),
            actor: people.first().map(|who| (*who).to_owned()),
            people: people.iter().map(|who| (*who).to_owned()).collect(),
            verb: "read".to_owned(),
            activity: Some(format!("https://a.example/{}", number % 2)),
            registration: None,
            voids: None,
            stored_at: Timestamp(i64::from(number)),
            hash: [number; 16],
            body: format!("{{\"number\":{number}}}"),
        }
    }

    fn places(store: &Store, query: StatementQuery) -> Vec<u64> {
        let found = store.statements(&StatementQuery { limit: 10, ..query }).unwrap();
        found.into_iter().map(|it| it.place).collect()
    }

    #[test]
    fn statements_are_found_by_what_they_say_and_forgotten_with_their_people() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path(), &OpenOptions::default()).unwrap();
        let statements =
            [kept(1, &["ada"]), kept(2, &["ben", "ada"]), kept(3, &["ben"]), kept(4, &[])];
        store.append_from(&[], &[], &statements).unwrap();
        let changed = StatementKept { body: "{}".to_owned(), ..kept(3, &["cleo"]) };
        let voiding = StatementKept { voids: Some("statement-4".to_owned()), ..kept(5, &["ben"]) };
        store.append_from(&[], &[], &[changed, voiding]).unwrap();
        let all = StatementQuery::default;
        let of = |who: &str| StatementQuery { actor: Some(who.to_owned()), ..all() };
        let about = Some("https://a.example/1".to_owned());
        for (query, expected) in [
            (all(), vec![5, 3, 2, 1]),
            (StatementQuery { ascending: true, behind: Some(2), ..all() }, vec![3, 5]),
            (StatementQuery { behind: Some(3), ..all() }, vec![2, 1]),
            (of("ben"), vec![5, 3, 2]),
            (of("cleo"), vec![]),
            (StatementQuery { activity: about, ..all() }, vec![5, 3, 1]),
            (StatementQuery { since: Some(Timestamp(2)), ..all() }, vec![5, 3]),
            (StatementQuery { until: Some(Timestamp(2)), ..all() }, vec![2, 1]),
        ] {
            assert_eq!(places(&store, query.clone()), expected, "{query:?}");
        }
        let third = store.statement("statement-3").unwrap().unwrap();
        assert_eq!(
            (third.body.as_str(), third.hash, third.voided),
            ("{\"number\":3}", [3; 16], false)
        );
        assert!(store.statement("statement-4").unwrap().unwrap().voided);
        let ada = LearnerId::new("ada").unwrap();
        assert!(store.is_in_statements(&ada).unwrap());
        store.write_transaction("forget", |connection| forget(connection, &ada)).unwrap();
        assert!(!store.is_in_statements(&ada).unwrap());
        assert_eq!(places(&store, all()), [5, 3], "also what only names her");
    }
}
