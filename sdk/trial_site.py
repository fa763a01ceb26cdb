"""A site to test clients with: a server on an empty data directory with a small course, and a bad network in front.

trial_site.py BINARY DOCUMENT prints one line of JSON, and lasts until its standard input ends.
"""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from network import Network  # noqa: E402

SECRET = "only-for-tests-" + 40 * "x"
ISSUER = "https://site.example"
#: Pages that may ask from another address; a test serves its page there.
CONFIGURATION = """
cors_origins = {origins}

[[jwt.issuer]]
issuer = "{issuer}"
audience = "nexus"
algorithm = "HS256"
secret_file = "learn.secret"
kind = "learner"
"""


@contextlib.contextmanager
def running(binary, document, origins=()):
    """The addresses, keys and ids that a test needs, for as long as it needs them."""
    course = json.loads(Path(document).read_text(encoding="utf-8"))["components"]["schemas"]["CourseFile"]
    course = course.get("example") or course["examples"][0]
    with tempfile.TemporaryDirectory(prefix="nexus-site-") as folder:
        data, configuration = Path(folder) / "data", Path(folder) / "nexus.toml"
        (Path(folder) / "learn.secret").write_text(SECRET + "\n")
        configuration.write_text(CONFIGURATION.format(origins=json.dumps(list(origins)), issuer=ISSUER))
        keys = {role: make_key(binary, data, role) for role in ("admin", "site")}
        serve = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--holdout", "0", "--config", configuration]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            address = address_of(server)
            ask("PUT", f"{address}/v1/courses/{course['id']}", keys["admin"], course)
            network = Network(address).start()
            yield {"server": address, "network": network.address, "course": course["id"], "secret": SECRET, "issuer": ISSUER, **keys}
            network.shutdown()
        finally:
            server.terminate()
            server.wait(timeout=30)


def make_key(binary, data, role):
    make = [binary, "key", "create", "--data", data, "--name", role, "--for", role, "--json"]
    return json.loads(subprocess.check_output(make))["key"]


def ask(method, url, key, body=None):
    """One request without any network in between."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def address_of(server):
    """Reads what the server prints until it says where it listens."""
    said = []
    for line in server.stdout:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found.group()
    raise SystemExit("the server ended before it listened: " + "".join(said))


if __name__ == "__main__":
    with running(*sys.argv[1:3], origins=sys.argv[3:]) as site:
        print(json.dumps(site), flush=True)
        sys.stdin.read()
