fn main(){print!("{}", nexus_server::http::openapi_json());}
