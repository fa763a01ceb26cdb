"""Every snippet of docs/how-to/connect-a-site.md, run as it stands there; only the port of the server is another one.

`NEXUS_BIN` is the server and `NEXUS_PACKAGE` the compiled TypeScript client, in a folder `node_modules` of its own.
"""

import contextlib
import http.server
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
from pathlib import Path

import pytest

import nexus

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "sdk"))

import trial_site  # noqa: E402

PAGE = (ROOT / "docs/how-to/connect-a-site.md").read_text(encoding="utf-8")
BINARY = Path(os.environ["NEXUS_BIN"]).resolve()
PACKAGE = Path(os.environ["NEXUS_PACKAGE"]).resolve()
COURSE = "probability-from-zero"
LEARNER, ISSUER = "learner-3", "https://learn.example"
CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
HTML = """<!doctype html><meta charset="utf-8"><title>A site</title><body>
<script>
const done = (said) => fetch("/done", { method: "POST", body: JSON.stringify(said) });
addEventListener("error", (event) => done({ error: event.message }));
addEventListener("unhandledrejection", (event) => done({ error: String(event.reason) }));
</script>
<script type="importmap">{"imports": {"@nexus-learning/client": "/client/index.js"}}</script>
<script type="module" src="/app.js"></script>
"""


def snippets(language):
    """The snippets in one language, in the order of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Page(http.server.BaseHTTPRequestHandler):
    """What a site serves to the browser of its learner."""

    def do_GET(self):
        files = {"/": (HTML, "text/html"), "/app.js": (self.server.script, "text/javascript")}
        if self.path.startswith("/client/"):
            compiled = PACKAGE / "node_modules/@nexus-learning/client/dist" / self.path.removeprefix("/client/")
            files[self.path] = (compiled.read_text(encoding="utf-8"), "text/javascript")
        text, kind = files.get(self.path, ("", "text/plain"))
        self.answer(text, kind)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/nexus-token":
            return self.answer(nexus.Client.learner_token(self.server.secret, LEARNER, issuer=ISSUER), "text/plain")
        self.answer("", "text/plain")
        self.server.said.put(json.loads(body))

    def answer(self, text, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        """Nobody reads it."""


@contextlib.contextmanager
def a_site_for_browsers():
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    site.said, site.script, site.secret = queue.Queue(), "", ""
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site
    site.shutdown()


@pytest.fixture(scope="module")
def pages():
    with a_site_for_browsers() as site:
        yield site


@pytest.fixture(scope="module")
def place(tmp_path_factory, pages):
    """A folder in which section 1 of the page was done, with the address of the server that runs."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "nexus").symlink_to(BINARY)
    (folder / "courses").symlink_to(ROOT / "courses")
    (folder / "node_modules").symlink_to(PACKAGE / "node_modules")
    ours = f'cors_origins = ["http://127.0.0.1:{pages.server_port}"]'
    (configuration,) = snippets("toml")
    (folder / "nexus.toml").write_text(re.sub(r"cors_origins = \[.*?\]", ours, configuration))
    prepare, publish = snippets("sh")
    *steps, serve = prepare.strip().splitlines()
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    shell(folder, environment, "\n".join(steps))
    assert serve.startswith("nexus serve ")
    server = subprocess.Popen(
        [BINARY, *serve.split()[1:], "--listen", "127.0.0.1:0", "--holdout", "0"], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        address = trial_site.address_of(server)
        shell(folder, {**environment, "NEXUS_URL": address}, publish)
        yield folder, address
    finally:
        server.terminate()
        server.wait(timeout=30)


def shell(folder, environment, script):
    done = subprocess.run(["sh", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def run(place, name, text, command):
    """Runs a snippet as a program in the folder of the site, and gives what it prints."""
    folder, address = place
    (folder / name).write_text(text.replace("http://127.0.0.1:8080", address))
    environment = {**os.environ, "NEXUS_SECRET": (folder / "learn.secret").read_text(), "GOCACHE": str(folder / ".go")}
    done = subprocess.run([*command, name], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def state_of(place, learner):
    folder, address = place
    return trial_site.ask("GET", f"{address}/v1/learners/{learner}?course={COURSE}", (folder / "admin.key").read_text().strip())


@pytest.mark.parametrize(("language", "file", "command"), [("python", "site.py", [sys.executable]), ("js", "site.mjs", ["node"])])
def test_the_server_of_a_site_asks_and_reports(place, language, file, command):
    said = run(place, file, snippets(language)[0], command)
    assert re.fullmatch(r"show [a-z0-9-]+ because pace", said), said
    learner = {"python": "learner-1", "js": "learner-2"}[language]
    state = state_of(place, learner)
    assert (state["answers"], state["courses"][0]["decisions"]) == (1, 1)


@pytest.mark.parametrize(
    ("language", "file", "command"),
    [
        ("python", "token.py.txt", [sys.executable]),
        ("js", "token.mjs", ["node"]),
        ("php", "token.php", ["php"]),
        ("ruby", "token.rb", ["ruby"]),
        ("go", "token.go", ["go", "run"]),
    ],
)
def test_a_token_in_five_languages_is_good_for_its_learner_alone(place, language, file, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    mine = next(it for it in snippets(language) if "NEXUS_SECRET" in it)
    token, address = run(place, file, mine, command), place[1]
    lesson = trial_site.ask("GET", f"{address}/v1/learners/{LEARNER}/lesson?course={COURSE}", token)
    assert lesson["course"] == COURSE
    with pytest.raises(urllib.error.HTTPError) as foreign:
        trial_site.ask("GET", f"{address}/v1/learners/somebody-else/lesson?course={COURSE}", token)
    assert json.load(foreign.value)["code"] == "foreign_learner"


def test_a_page_in_a_browser_needs_no_proxy(place, pages, tmp_path):
    folder, address = place
    pages.secret = (folder / "learn.secret").read_text()
    script = snippets("js")[2].replace("http://127.0.0.1:8080", address)
    pages.script = f"{script}\nawait done({{ ...document.body.dataset }});\n"
    home = f"http://127.0.0.1:{pages.server_port}/"
    log = (tmp_path / "chromium.log").open("w")
    browser = subprocess.Popen([*CHROMIUM, f"--user-data-dir={tmp_path}", "--remote-debugging-port=0", home], stdout=log, stderr=log)
    try:
        said = pages.said.get(timeout=60)
    finally:
        browser.terminate()
        browser.wait(timeout=30)
    assert said["pending"] == "0" and re.fullmatch("[a-z0-9-]+", said["activity"]), said
    state = state_of(place, LEARNER)
    assert (state["answers"], state["courses"][0]["decisions"]) == (1, 1)
