//! `nexus healthcheck`: asks the server of this machine whether it serves, for container engines
//! and supervisors that have no other program to ask with.

use super::serve::listen_address;
use anyhow::Context;
use clap::Args;
use nexus_api::Problem;
use nexus_server::config::Config;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Arguments of `nexus healthcheck`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus healthcheck --listen 127.0.0.1:8080\n\
                        Exit code 0: it serves. 1: it does not, and the words say why.")]
pub struct HealthcheckArgs {
    /// Where the server was told to listen.
    #[arg(long, env = "NEXUS_LISTEN")]
    listen: Option<SocketAddr>,
    /// The configuration file of the server, when that says where it listens.
    #[arg(long, env = "NEXUS_CONFIG")]
    config: Option<PathBuf>,
    /// How long to wait for the answer.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
}

/// Asks `/readyz`. Exit code 0 only if the answer is 200.
pub fn run(args: &HealthcheckArgs) -> anyhow::Result<ExitCode> {
    let listen = match (args.listen, &args.config) {
        (None, Some(path)) => listen_address(None, &Config::read(path)?)?,
        (given, _) => listen_address(given, &Config::default())?,
    };
    let address = here(listen);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(match runtime.block_on(ask(address, Duration::from_secs(args.seconds)))? {
        None => {
            println!("ready");
            ExitCode::SUCCESS
        }
        Some(reason) => {
            println!("not ready: {reason}");
            ExitCode::from(1)
        }
    })
}

/// Why the server does not serve; `None` when it does.
async fn ask(address: SocketAddr, patience: Duration) -> anyhow::Result<Option<String>> {
    // What a proxy answers says nothing about the server of this machine.
    // Without certificates: a minimal image has none, and the server is on this machine.
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(patience).build();
    let client = client.context("make an HTTP client")?;
    let answer = match client.get(format!("http://{address}/readyz")).send().await {
        Ok(answer) => answer,
        Err(error) if error.is_timeout() => {
            return Ok(Some(format!("no answer from {address} within {} s", patience.as_secs())));
        }
        Err(_) => return Ok(Some(format!("nothing answers at {address}"))),
    };
    if answer.status().is_success() {
        return Ok(None);
    }
    let status = answer.status();
    let problem = answer.json::<Problem>().await;
    Ok(Some(problem.map_or_else(
        |_| format!("{address} answers {status}"),
        |problem| format!("{}: {}", problem.code, problem.detail),
    )))
}

/// The address to ask at: a server that listens on every address listens on this machine's own.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        given => given,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn a_server_on_every_address_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.1.2.3:80", "10.1.2.3:80"),
        ] {
            assert_eq!(here(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
