//! One data directory, one process: the second is refused, and the first does not notice.

use crate::server::{self, Site};

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let _turn = server::turn();
    let site = Site::new();
    let server = site.start();
    let ended = site.try_start().err().expect("the second server does not start");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let directory = site.data.to_str().expect("a plain path");
    assert!(ended.log.contains(directory), "it names the directory: {ended:?}");
    let holder = format!("process {}", server.id());
    assert!(ended.log.contains(&holder), "it names the holder: {ended:?}");
    std::fs::remove_file(site.data.join("nexus.lock")).expect("the file can be deleted");
    let ended = site.try_start().err().expect("nor without the lock file");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let verify = site.run(&["verify"]);
    assert_eq!(verify.status.code(), Some(2), "nexus verify beside a server");
    site.publish_course(&server);
    let late = site.make_key();
    let mut client = crate::client::Client::new(server.address, &late);
    assert_eq!(client.get("/v1/courses").status, 200, "a key made beside the server counts");
    assert_eq!(client.get("/readyz").status, 200);
    assert_eq!(server.stop().code, Some(0));
    site.verify();
}
