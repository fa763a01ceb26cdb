//! The commands, one file each; those of the laboratory are in `nexus-lab`.

mod backup;
mod consent;
mod constraint;
mod correct;
mod course;
mod demo;
mod describe;
mod doctor;
mod experiment;
mod export;
mod healthcheck;
mod ingest;
mod key;
mod learner;
mod limits;
mod local_node;
mod policy;
mod serve;
mod site;
mod source;
mod stream;
mod switch;
mod train;
mod verify;

use clap::Subcommand;
use std::process::ExitCode;

/// Everything `nexus` can do.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// See it work: a course, a server, and simulated learners, in time that runs fast.
    Demo(demo::DemoArgs),
    /// Run the server on a data directory.
    Serve(serve::ServeArgs),
    /// Look at disk, clock, limits, configuration and keys, and say what to do.
    Doctor(doctor::DoctorArgs),
    /// Ask the server of this machine whether it serves: exit code 0 yes, 1 no.
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Check, import and convert course files.
    Course(course::CourseArgs),
    /// Read answer files into a data directory, scoring each prediction before its answer.
    Ingest(ingest::IngestArgs),
    /// Measure models on answers they have not seen.
    #[cfg(feature = "lab")]
    Evaluate(nexus_lab::evaluate::EvaluateArgs),
    /// Show sources, read one for a server, and send dead letters again.
    Source(source::SourceArgs),
    /// Replay a log of events into a running server, in its own time or faster.
    Stream(stream::StreamArgs),
    /// Fit parameters in batch from the journal.
    Train(train::TrainArgs),
    /// Turn the kill switch on or off: each course's own path instead of any policy.
    Switch(switch::SwitchArgs),
    /// Pin, block and cap activities: what a teacher says against any policy.
    Constraint(constraint::ConstraintArgs),
    /// Give or withdraw a learner's consent to exploration.
    Consent(consent::ConsentArgs),
    /// Void events, correct grades, and grade again by a mended answer key.
    Correct(correct::CorrectArgs),
    /// Erase a learner, from every byte.
    Learner(learner::LearnerArgs),
    /// Start, ramp, pause, stop, conclude and put away experiments, and say what they say.
    Experiment(experiment::ExperimentArgs),
    /// Write answers, decisions, rewards and experiments as tables, or everything about one learner.
    Export(export::ExportArgs),
    /// Save, publish, restore, promote and freeze policies, course by course.
    Policy(policy::PolicyArgs),
    /// Make, list and revoke API keys; works beside a running server.
    Key(key::KeyArgs),
    /// Copy a data directory beside its running server, and check the copy.
    Backup(backup::BackupArgs),
    /// Put a backup back, or take a journal as it is.
    Restore(backup::RestoreArgs),
    /// Check a data directory: chain, watermark, and state against the journal.
    Verify(verify::VerifyArgs),
    /// Rebuild the state from the journal alone and print its digests.
    Replay(verify::ReplayArgs),
    /// Measure decisions, updates, durable writes and HTTP on this machine.
    #[cfg(feature = "lab")]
    Bench(nexus_lab::bench::BenchArgs),
    /// Measure policies against families of simulated learners whose knowledge is known.
    #[cfg(feature = "lab")]
    Simulate(nexus_lab::simulate::SimulateArgs),
    /// List every route of the server with what it takes to use it.
    Routes(describe::RoutesArgs),
    /// Print the OpenAPI document of the server.
    Openapi,
}

pub fn run(command: CliCommand) -> anyhow::Result<ExitCode> {
    match command {
        CliCommand::Demo(args) => demo::run(&args),
        CliCommand::Serve(args) => serve::run(&args),
        CliCommand::Doctor(args) => doctor::run(&args),
        CliCommand::Healthcheck(args) => healthcheck::run(&args),
        CliCommand::Course(args) => course::run(&args),
        CliCommand::Ingest(args) => ingest::run(&args),
        #[cfg(feature = "lab")]
        CliCommand::Evaluate(args) => nexus_lab::evaluate::run(&args),
        CliCommand::Source(args) => source::run(&args),
        CliCommand::Stream(args) => stream::run(&args),
        CliCommand::Train(args) => train::run(&args),
        CliCommand::Switch(args) => switch::run(&args),
        CliCommand::Constraint(args) => constraint::run(&args),
        CliCommand::Consent(args) => consent::run(&args),
        CliCommand::Correct(args) => correct::run(&args),
        CliCommand::Learner(args) => learner::run(&args),
        CliCommand::Experiment(args) => experiment::run(&args),
        CliCommand::Export(args) => export::run(&args),
        CliCommand::Policy(args) => policy::run(&args),
        CliCommand::Key(args) => key::run(&args),
        CliCommand::Backup(args) => backup::run(&args),
        CliCommand::Restore(args) => backup::run_restore(&args),
        CliCommand::Verify(args) => verify::run_verify(&args),
        CliCommand::Replay(args) => verify::run_replay(&args),
        #[cfg(feature = "lab")]
        CliCommand::Bench(args) => nexus_lab::bench::run(&args),
        #[cfg(feature = "lab")]
        CliCommand::Simulate(args) => nexus_lab::simulate::run(&args),
        CliCommand::Routes(args) => Ok(describe::run_routes(&args)),
        CliCommand::Openapi => Ok(describe::run_openapi()),
    }
}
