//! `nexus healthcheck`: what a supervisor hears of a server that serves, and of none.

use crate::harness::{Server, check, small_data};

#[test]
fn a_supervisor_hears_whether_the_server_serves() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&small_data(folder.path()));
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let port = address.rsplit(':').next().unwrap();
    let everywhere = format!("0.0.0.0:{port}");
    let file = folder.path().join("nexus.toml");
    std::fs::write(&file, format!("listen = '{address}'")).unwrap();
    let file = file.to_str().unwrap().to_owned();
    check(&["healthcheck", "--listen", &address], 0, "ready");
    check(&["healthcheck", "--listen", &everywhere], 0, "ready");
    check(&["healthcheck", "--config", &file], 0, "ready");
    drop(server);
    check(&["healthcheck", "--config", &file], 1, "not ready: nothing answers at 127.0.0.1:");
    check(&["healthcheck", "--config", "/nowhere.toml"], 2, "nowhere.toml");
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let ask = ["healthcheck", "--listen", &address, "--seconds", "1"];
    check(&ask, 1, "not ready: no answer");
}
