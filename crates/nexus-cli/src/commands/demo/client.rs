//! A client of the public HTTP API, written as a learning site would write it: ids of its own,
//! batches, and the same request again when the server says "later".

use super::broker::EventRoute;
use super::summary::Numbers;
use anyhow::Context;
use nexus_api::closing_check::ClosingCheckBody;
use nexus_api::course::{CourseFile, CourseReceipt};
use nexus_api::decisions::{ClientSoftware, DecisionRequest, ExposureRequest, NextAnswer};
use nexus_api::events::{
    ActivityNamed, ActivityRated, EventBatch, EventReceipts, LearnerAction, LearnerEnrolled,
    LearnerEvent, QuestionAnswered, QuizCompleted, ReceiptStatus, VideoProgressed,
};
use nexus_api::experiments::{ExperimentBody, MovedLearners, VariantBody};
use nexus_api::placement::PlacementBody;
use nexus_api::report::CourseNumbers;
use nexus_api::time;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::event::Action;
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::workspace::{ProposedAction, ProposedAnswer};
use nexus_server::clock::Clock;
use nexus_sim::{Assigned, Happened, SimulatedEvent, SimulatedLearner};
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The experiment of the demonstration.
pub const EXPERIMENT: &str = "static-vs-learned";
/// Fewest learners the experiment is planned for, and how many times those there at once.
const PLANNED: (u64, u64) = (400, 4);
/// Times a request is sent before it counts as failed.
const TRIES_MAX: u32 = 60;
/// The first and the longest wait before it is sent again.
const WAIT_MILLIS: (u64, u64) = (20, 1_000);
/// How long one try may take.
const TRY_SECONDS_MAX: u64 = 30;

/// A client with one key. Cloning shares its connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    key: String,
    /// Tells runs on one data directory apart in the ids of their events.
    run: String,
    /// The way of events through a broker; over HTTP when there is none.
    route: Option<Arc<EventRoute>>,
}

/// What became of a report.
#[derive(Debug, Default)]
pub struct Reported {
    /// Events that were refused, in words.
    pub rejected: Vec<String>,
}

impl Client {
    /// A client of the server at an address.
    pub fn new(address: String, key: &str, clock: &Clock) -> anyhow::Result<Self> {
        let timeout = Duration::from_secs(TRY_SECONDS_MAX);
        // Without certificates: the server is in this process.
        let http =
            reqwest::Client::builder().tls_certs_only([]).timeout(timeout).no_proxy().build();
        let run = format!("{:x}", clock.now().0 / 1_000_000);
        let http = http.context("make an HTTP client")?;
        Ok(Self { http, address, key: key.to_owned(), run, route: None })
    }

    /// The same client, which sends events through a broker when there is a route.
    pub fn through(self, route: Option<EventRoute>) -> Self {
        Self { route: route.map(Arc::new), ..self }
    }

    /// Publishes the course and answers with its id.
    pub async fn publish(&self, draft: &CourseDraft) -> anyhow::Result<String> {
        let path = format!("/v1/courses/{}", draft.id);
        let file = CourseFile::from(draft.clone());
        let receipt: CourseReceipt = self.send(Method::PUT, &path, Some(&file)).await?;
        Ok(receipt.course.id)
    }

    /// Starts the experiment: the course's own path against the policy that learns. `at_once` is
    /// how many learners are in the course at any time.
    pub async fn start_experiment(&self, course: &str, at_once: usize) -> anyhow::Result<()> {
        let side = |name: &str, policy: &str| VariantBody {
            name: name.to_owned(),
            policy: policy.to_owned(),
            weight: Some(0.5),
        };
        let (fewest, times) = PLANNED;
        let body = ExperimentBody {
            id: EXPERIMENT.to_owned(),
            version: 1,
            course: course.to_owned(),
            variants: vec![
                side("control", "static"),
                side("treatment", PolicyKind::DEFAULT.word()),
            ],
            moved: MovedLearners::default(),
            planned_learners: (at_once as u64).saturating_mul(times).max(fewest),
        };
        let known = format!("/v1/experiments/{EXPERIMENT}");
        // A kept data directory may hold it already, planned for another number of learners.
        if self.find::<serde_json::Value>(&known).await?.is_some() {
            return Ok(());
        }
        let _: serde_json::Value = self.send(Method::POST, "/v1/experiments", Some(&body)).await?;
        Ok(())
    }

    /// How many learners the course has seen.
    pub async fn learners_so_far(&self, course: &str) -> anyhow::Result<usize> {
        let path = format!("/v1/courses/{course}/report");
        let numbers: CourseNumbers = self.send(Method::GET, &path, NOTHING).await?;
        Ok(usize::try_from(numbers.learners)?)
    }

    /// What the API says of the course and the experiment now.
    pub async fn numbers(&self, course: &str) -> anyhow::Result<Numbers> {
        let path = format!("/v1/courses/{course}/report");
        let course: CourseNumbers = self.send(Method::GET, &path, NOTHING).await?;
        let path = format!("/v1/experiments/{EXPERIMENT}/results");
        let results: serde_json::Value = self.send(Method::GET, &path, NOTHING).await?;
        let results = serde_json::from_value(results).context("understand the results")?;
        Ok(Numbers { course, results })
    }

    /// Asks for the learner's next activity; `None` when there is nothing to do.
    pub async fn decide(
        &self,
        learner: &SimulatedLearner,
        course: &str,
    ) -> anyhow::Result<Option<Assigned>> {
        let number = learner.decision_number();
        let request = DecisionRequest {
            learner: learner.id().to_owned(),
            course: course.to_owned(),
            decision_id: Some(format!("{}-{}-d{number}", self.run, learner.id())),
            client: Some(ClientSoftware {
                name: "nexus demo".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            }),
            ..DecisionRequest::default()
        };
        let answer = match self.send(Method::POST, "/v1/decisions", Some(&request)).await? {
            NextAnswer::Activity(answer) => *answer,
            NextAnswer::Rest(_) => return Ok(None),
        };
        let made_at = time::read(&answer.made_at, "/made_at");
        Ok(Some(Assigned {
            decision: Some(answer.decision_id),
            made_at: made_at.map_err(|problem| anyhow::anyhow!("{}", problem.detail))?,
            activity: answer.activity,
            probe: answer.probe.map(|probe| probe.question),
        }))
    }

    /// What the learner's placement asks next, if anything.
    pub async fn placement(&self, learner: &str, course: &str) -> anyhow::Result<Option<String>> {
        let path = format!("/v1/learners/{learner}/placement?course={course}");
        let placement: PlacementBody = self.send(Method::GET, &path, NOTHING).await?;
        Ok(placement.next.map(|next| next.question))
    }

    /// What the learner's closing check asks next, if anything.
    pub async fn closing_check(
        &self,
        learner: &str,
        course: &str,
    ) -> anyhow::Result<Option<String>> {
        let path = format!("/v1/learners/{learner}/check?course={course}");
        let check: ClosingCheckBody = self.send(Method::GET, &path, NOTHING).await?;
        Ok(check.questions.into_iter().next().map(|next| next.question))
    }

    /// Reports what happened: exposures one by one, everything else as a batch.
    pub async fn report(
        &self,
        learner: &str,
        course: &str,
        happenings: Vec<SimulatedEvent>,
    ) -> anyhow::Result<Reported> {
        let mut events = Vec::with_capacity(happenings.len());
        for happening in happenings {
            match (&happening.what, &happening.decision) {
                (Happened::Did(action), _) => {
                    events.push(self.event(learner, course, &happening, action));
                }
                (Happened::Shown, Some(decision)) => {
                    let path = format!("/v1/decisions/{decision}/exposure");
                    let body = ExposureRequest { occurred_at: Some(time::print(happening.at)) };
                    let _: serde_json::Value = self.send(Method::POST, &path, Some(&body)).await?;
                }
                (Happened::Shown, None) => {}
            }
        }
        if events.is_empty() {
            return Ok(Reported::default());
        }
        if let Some(route) = &self.route {
            // What is rejected there does not arrive, and the wait for it ends in an error.
            route.send(&events).await?;
            return Ok(Reported::default());
        }
        let batch = EventBatch { events, strict: false };
        let receipts: EventReceipts = self.send(Method::POST, "/v1/events", Some(&batch)).await?;
        let rejected = receipts.receipts.into_iter();
        let rejected = rejected.filter(|receipt| receipt.status == ReceiptStatus::Rejected);
        let words = rejected.map(|receipt| {
            let code = receipt.code.unwrap_or_default();
            let detail = receipt.detail.unwrap_or_default();
            format!("event {} was rejected: {code}: {detail}", receipt.id.unwrap_or_default())
        });
        Ok(Reported { rejected: words.collect() })
    }

    fn event(
        &self,
        learner: &str,
        course: &str,
        happening: &SimulatedEvent,
        action: &ProposedAction,
    ) -> LearnerEvent {
        LearnerEvent {
            id: format!("{}-{learner}-e{}", self.run, happening.number),
            v: None,
            learner: learner.to_owned(),
            course: course.to_owned(),
            course_version: None,
            occurred_at: Some(time::print(happening.at)),
            decision_id: happening.decision.clone(),
            action: match action {
                ProposedAction::Plain(action) => plain(action),
                ProposedAction::Answered(answer) => {
                    LearnerAction::QuestionAnswered(answered(answer))
                }
            },
        }
    }

    async fn find<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        let response = self.try_often(Method::GET, path, NOTHING).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(path, response).await.map(Some)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<T> {
        read(path, self.try_often(method, path, body).await?).await
    }

    /// Sends a request until it is answered with anything but "later": safe, because every
    /// request carries ids of ours.
    async fn try_often(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<Response> {
        let (mut wait, longest) = WAIT_MILLIS;
        for tried in 1.. {
            let request = self.http.request(method.clone(), format!("{}{path}", self.address));
            let request = request.bearer_auth(&self.key);
            let sent = match body {
                Some(body) => request.json(body).send().await,
                None => request.send().await,
            };
            let last = tried >= TRIES_MAX;
            match sent {
                Ok(response) if last || !is_later(response.status()) => return Ok(response),
                Err(error) if last => return Err(error).context("the server does not answer"),
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(wait)).await;
            wait = (2 * wait).min(longest);
        }
        anyhow::bail!("the server does not answer {path}")
    }
}

const NOTHING: Option<&()> = None;

fn is_later(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

async fn read<T: DeserializeOwned>(path: &str, response: Response) -> anyhow::Result<T> {
    let status = response.status();
    let text = response.text().await.with_context(|| format!("read the answer of {path}"))?;
    anyhow::ensure!(status.is_success(), "{path} answered {status}: {text}");
    serde_json::from_str(&text).with_context(|| format!("understand the answer of {path}"))
}

fn plain(action: &Action) -> LearnerAction {
    let named = |activity: &dyn ToString| ActivityNamed { activity: activity.to_string() };
    match action {
        Action::Enrolled { test } => LearnerAction::Enrolled(LearnerEnrolled { test: *test }),
        Action::SessionStarted => LearnerAction::SessionStarted,
        Action::SessionEnded => LearnerAction::SessionEnded,
        Action::ActivityStarted { activity } => LearnerAction::ActivityStarted(named(activity)),
        Action::ActivityCompleted { activity } => LearnerAction::ActivityCompleted(named(activity)),
        Action::ActivitySkipped { activity } => LearnerAction::ActivitySkipped(named(activity)),
        Action::VideoProgressed { activity, segments, .. } => {
            let pair =
                |it: &nexus_engine::learner::progress::Segment| [it.from_seconds, it.to_seconds];
            let segments = segments.iter().map(pair).collect();
            let activity = activity.to_string();
            LearnerAction::VideoProgressed(VideoProgressed { activity, segments })
        }
        Action::QuestionAnswered(answer) => LearnerAction::QuestionAnswered(QuestionAnswered {
            activity: Some(answer.activity.to_string()),
            question: answer.question.to_string(),
            grade: Some(answer.grade),
            ..QuestionAnswered::default()
        }),
        Action::QuizCompleted { activity, grade } => {
            let (activity, grade) = (activity.to_string(), *grade);
            LearnerAction::QuizCompleted(QuizCompleted { activity, grade })
        }
        Action::Feedback { activity, rating, comment } => {
            let (activity, comment) = (activity.to_string(), comment.clone());
            LearnerAction::Feedback(ActivityRated { activity, rating: *rating, comment })
        }
    }
}

fn answered(answer: &ProposedAnswer) -> QuestionAnswered {
    QuestionAnswered {
        activity: answer.activity.as_ref().map(ToString::to_string),
        question: answer.question.to_string(),
        correct: answer.correct,
        grade: answer.grade,
        response: answer.response.clone(),
        duration_ms: answer.duration_ms,
        hints: Some(answer.hints),
        attempt: answer.attempt,
        probe: answer.probe.then_some(true),
    }
}
