//! `nexus openapi` and `nexus routes`: what the server answers to, for people and machines.

use clap::Args;
use nexus_server::http;
use serde_json::json;
use std::process::ExitCode;

/// Arguments of `nexus routes`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus routes --json")]
pub struct RoutesArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Prints the OpenAPI document.
pub fn run_openapi() -> ExitCode {
    println!("{}", http::openapi_json());
    ExitCode::SUCCESS
}

/// Prints every route with what it takes to use it.
pub fn run_routes(args: &RoutesArgs) -> ExitCode {
    let routes = http::routes();
    if args.json {
        let rows: Vec<_> = routes
            .iter()
            .map(|route| {
                json!({
                    "method": route.method.as_str(),
                    "path": route.path,
                    "access": route.access.to_string(),
                })
            })
            .collect();
        println!("{}", json!({ "routes": rows }));
        return ExitCode::SUCCESS;
    }
    for route in routes {
        println!("{:7} {:36} {}", route.method.as_str(), route.path, route.access);
    }
    ExitCode::SUCCESS
}
