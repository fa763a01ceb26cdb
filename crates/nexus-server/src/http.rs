//! HTTP: the router is a list; one file a resource.
//!
//! accept loop (`edge`) -> `around` (id, limits, headers, problems) -> `guard` (who, and may they)
//! -> a handler. Nothing answers without a scope unless the list below says `Access::Open`.

pub mod around;
pub mod body;
pub mod cors;
pub mod course_cache;
pub mod edge;
pub mod error;
pub mod guard;
pub mod openapi;
pub mod state;

mod class;
mod consent;
mod constraints;
mod corrections;
mod courses;
mod decisions;
mod erasure;
mod events;
mod evidence;
mod experiments;
mod health;
mod journal;
mod keys;
mod learners;
mod lessons;
mod live;
mod login;
mod metrics;
mod pages;
mod policies;
mod problem_pages;
mod rate_limits;
mod rewards;
mod session;
mod sinks;
mod sources;
mod stream;
mod supports;
mod switch;
mod system;
mod takeout;
mod teaching;
mod training;
mod xapi;

pub use edge::{ConnectionLimits, serve};
pub use events::receipt_of;
pub use guard::Access;
pub(crate) use journal::EntriesRead;
pub use openapi::{RouteInfo, openapi_json};
pub use rate_limits::{RateLimits, RequestRates};
pub use state::AppState;
pub use xapi::XapiDesk;

use crate::auth::Scope;
use axum::Router;
use axum::middleware::from_fn_with_state;
use openapi::RouteList;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::routes;

/// Every route, with who may use it.
fn list() -> RouteList {
    RouteList::default()
        .add(Access::Scope(Scope::EventsWrite), routes!(events::post_events))
        .add(Access::Scope(Scope::DecisionsWrite), routes!(decisions::post_decision))
        .add(Access::Scope(Scope::DecisionsWrite), routes!(decisions::post_decision_batch))
        .add(Access::Scope(Scope::DecisionsWrite), routes!(decisions::post_exposure))
        .add(Access::Scope(Scope::GradesWrite), routes!(rewards::post_reward))
        .add(Access::Scope(Scope::GradesWrite), routes!(rewards::post_reward_batch))
        .add(Access::Scope(Scope::GradesWrite), routes!(corrections::post_correction))
        .add(Access::Scope(Scope::GradesWrite), routes!(corrections::post_regrade))
        .add(Access::Scope(Scope::DecisionsRead), routes!(decisions::get_decision))
        .add(Access::Scope(Scope::DecisionsWrite), routes!(supports::post_support))
        .add(Access::Scope(Scope::DecisionsRead), routes!(supports::get_support))
        .add(Access::Scope(Scope::LearnersRead), routes!(takeout::list_learners))
        .add(Access::Scope(Scope::LearnersRead), routes!(learners::get_learner))
        .add(Access::Scope(Scope::LearnersRead), routes!(takeout::get_export))
        .add(Access::Scope(Scope::Admin), routes!(erasure::delete_learner))
        .add(Access::Scope(Scope::LearnersRead), routes!(learners::get_history))
        .add(Access::Scope(Scope::LearnersRead), routes!(learners::get_mastery))
        .add(Access::Scope(Scope::LearnersRead), routes!(learners::get_placement))
        .add(Access::Scope(Scope::LearnersRead), routes!(learners::get_check))
        .add(Access::Scope(Scope::LearnersRead), routes!(learners::get_reviews))
        .add(Access::Scope(Scope::LearnersRead), routes!(lessons::get_lesson))
        .add(Access::Scope(Scope::EventsWrite), routes!(consent::put_consent))
        .add(Access::Scope(Scope::CoursesRead), routes!(courses::get_courses))
        .add(Access::Scope(Scope::CoursesRead), routes!(courses::get_course))
        .add(Access::Scope(Scope::CoursesWrite), routes!(courses::put_course))
        .add(Access::Scope(Scope::CoursesRead), routes!(courses::get_report))
        .add(Access::Scope(Scope::CoursesRead), routes!(teaching::get_teaching))
        .add(Access::Scope(Scope::CoursesRead), routes!(supports::get_supports))
        .add(Access::Scope(Scope::CoursesRead), routes!(constraints::get_constraints))
        .add(Access::Scope(Scope::ConstraintsWrite), routes!(constraints::put_constraint))
        .add(Access::Scope(Scope::ConstraintsWrite), routes!(constraints::delete_constraint))
        .add(Access::Scope(Scope::LearnersRead), routes!(class::get_class))
        .add(Access::Scope(Scope::LearnersRead), routes!(class::post_class))
        .add(Access::Scope(Scope::ExperimentsRead), routes!(experiments::get_experiments))
        .add(Access::Scope(Scope::ExperimentsWrite), routes!(experiments::post_experiment))
        .add(Access::Scope(Scope::ExperimentsRead), routes!(experiments::get_experiment))
        .add(Access::Scope(Scope::ExperimentsRead), routes!(experiments::get_assignment))
        .add(Access::Scope(Scope::ExperimentsWrite), routes!(experiments::stop_experiment))
        .add(Access::Scope(Scope::ExperimentsRead), routes!(experiments::get_experiment_results))
        .add(Access::Scope(Scope::ExperimentsRead), routes!(experiments::get_experiment_history))
        .add(Access::Scope(Scope::ExperimentsWrite), routes!(experiments::set_experiment_share))
        .add(Access::Scope(Scope::ExperimentsWrite), routes!(experiments::conclude_experiment))
        .add(Access::Scope(Scope::ExperimentsWrite), routes!(experiments::archive_experiment))
        .add(Access::Scope(Scope::CoursesRead), routes!(training::get_tracing))
        .add(Access::Scope(Scope::Admin), routes!(training::post_tracing_version))
        .add(Access::Scope(Scope::Admin), routes!(training::post_restore))
        .add(Access::Scope(Scope::CoursesRead), routes!(switch::get_switch))
        .add(Access::Scope(Scope::SwitchWrite), routes!(switch::post_switch))
        .add(Access::Scope(Scope::CoursesRead), routes!(policies::get_policies))
        .add(Access::Scope(Scope::CoursesRead), routes!(policies::get_plans))
        .add(Access::Scope(Scope::CoursesRead), routes!(policies::get_policy_versions))
        .add(Access::Scope(Scope::PoliciesWrite), routes!(policies::post_policy_version))
        .add(Access::Scope(Scope::CoursesRead), routes!(policies::get_policy_version))
        .add(Access::Scope(Scope::PoliciesWrite), routes!(policies::post_promote))
        .add(Access::Scope(Scope::PoliciesWrite), routes!(policies::post_rollback))
        .add(Access::Scope(Scope::PoliciesWrite), routes!(policies::post_mode))
        .add(Access::Scope(Scope::PoliciesWrite), routes!(policies::post_holdout))
        .add(Access::Scope(Scope::JournalRead), routes!(journal::get_journal))
        .add(Access::Scope(Scope::StreamRead), routes!(stream::get_stream))
        .add(Access::Scope(Scope::StreamRead), routes!(live::get_stats))
        .add(Access::Scope(Scope::StreamRead), routes!(sources::get_sources))
        .add(Access::Scope(Scope::EventsWrite), routes!(sources::post_batch))
        .add(Access::Scope(Scope::StreamRead), routes!(sinks::get_sinks))
        .add(Access::Scope(Scope::StreamRead), routes!(system::get_system))
        .add(Access::Scope(Scope::KeysWrite), routes!(keys::get_keys))
        .add(Access::Scope(Scope::KeysWrite), routes!(keys::revoke_key))
        .add(Access::Open, routes!(health::healthz))
        .add(Access::Open, routes!(health::readyz))
        .add(Access::Scope(Scope::MetricsRead), routes!(metrics::get_metrics))
        .add(Access::Open, routes!(openapi::get_openapi))
        .add(Access::Open, routes!(login::get_login))
        .add(Access::Open, routes!(login::post_login))
        .add(Access::Anyone, routes!(login::post_logout))
        .add(Access::Anyone, routes!(session::get_session))
        .add(Access::Open, routes!(pages::get_docs))
        .add(Access::Open, routes!(problem_pages::get_problem))
        .add(Access::Open, routes!(pages::get_index))
        .add(Access::Open, routes!(pages::get_page))
        .add(Access::Open, routes!(pages::get_learn))
        .add(Access::Open, routes!(pages::get_experiment_page))
        .add(Access::Open, routes!(pages::get_policy_page))
        .add(Access::Open, routes!(pages::get_course_page))
        .add(Access::Open, routes!(pages::get_glossary))
        .add(Access::Open, routes!(pages::get_app_file))
        .add(Access::Open, routes!(pages::get_css_file))
}

/// Every route as data: for `nexus routes`, and for the test that compares it with the document.
#[must_use]
pub fn routes() -> Vec<RouteInfo> {
    list().routes
}

pub fn router(state: AppState) -> Router {
    let (router, _) = list().router.split_for_parts();
    router
        .merge(xapi::routes())
        .method_not_allowed_fallback(error::method_not_allowed)
        .fallback(pages::missing)
        .layer(CatchPanicLayer::custom(around::panicked))
        .layer(from_fn_with_state(state.clone(), around::around))
        .with_state(state)
}
