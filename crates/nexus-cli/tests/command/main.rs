//! Commands from outside: the real binary on a temporary data directory, with and without a server
//! on it; one file a command.

mod backup;
mod consent;
mod constraint;
mod correct;
mod course;
mod doctor;
mod experiment;
mod export;
mod harness;
mod healthcheck;
mod ingest;
mod learner;
mod policy;
mod switch;
mod training;
