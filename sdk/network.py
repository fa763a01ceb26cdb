"""A bad network between a client and Nexus: it forwards requests, and does to each what a list of faults says.

`PUT /-/faults` takes the list, one for each request to come; when it is used up, requests pass. `GET /-/requests` gives what
came since. `POST /-/faults` takes a list and forgets no request. Faults:

  pass         the request goes through
  drop_before  the connection breaks; Nexus never sees the request
  drop_after   Nexus does what is asked; then the connection breaks, without an answer
  cut          the answer breaks off in the middle
  hang_before  nothing happens until the client gives up; Nexus never sees the request
  hang_after   Nexus does what is asked; the answer never comes
  503:N        a proxy answers 503 with `Retry-After: N`
  502          a proxy answers 502 with a page of its own
  portal       the page of a hotel's network, with status 200
  redirect     the way to that page, with status 302
  full:A       what Nexus answers when its disk is full: 507 with `static_activity` A
"""

import http.client
import json
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PAGE = b"<!doctype html><title>Welcome</title><p>Please log in to our network."


class Network(ThreadingHTTPServer):
    """The network in front of a server. `address` is where clients should go."""

    daemon_threads = True

    def __init__(self, server):
        super().__init__(("127.0.0.1", 0), Passage)
        self.server_host = urlsplit(server).netloc
        self.lock, self.faults, self.requests = threading.Lock(), [], []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def handle_error(self, request, client_address):
        """A client that goes away is what happens in a bad network."""


class Passage(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def do_PUT(self):
        self.serve()

    def do_OPTIONS(self):
        self.serve()

    def log_message(self, *_):
        """Nobody reads it."""

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        network = self.server
        if self.path == "/-/faults":
            with network.lock:
                network.faults = json.loads(body)
                if self.command == "PUT":
                    network.requests = []
            return self.answer(204, {}, b"")
        if self.path == "/-/requests":
            with network.lock:
                told = json.dumps(network.requests).encode()
            return self.answer(200, {"Content-Type": "application/json"}, told)
        with network.lock:
            fault = network.faults.pop(0) if network.faults else "pass"
            came = {"request": f"{self.command} {urlsplit(self.path).path}", "fault": fault, "ids": ids_in(body)}
            network.requests.append(came)
        word, _, detail = fault.partition(":")
        getattr(self, f"do_{word}" if not word.isdigit() else "do_status")(word, detail, body)

    def do_pass(self, _word, _detail, body):
        self.answer(*self.forward(body))

    def do_drop_before(self, *_):
        self.drop()

    def do_drop_after(self, _word, _detail, body):
        self.forward(body)
        self.drop()

    def do_cut(self, _word, _detail, body):
        status, headers, text = self.forward(body)
        self.answer(status, headers, text[: len(text) // 2], length=len(text))
        self.drop()

    def do_hang_before(self, *_):
        self.wait_until_given_up()

    def do_hang_after(self, _word, _detail, body):
        self.forward(body)
        self.wait_until_given_up()

    def do_status(self, word, detail, _body):
        headers = {"Content-Type": "text/html"}
        if detail:
            headers["Retry-After"] = detail
        self.answer(int(word), headers, PAGE)

    def do_portal(self, *_):
        self.answer(200, {"Content-Type": "text/html"}, PAGE)

    def do_redirect(self, *_):
        self.answer(302, {"Location": "http://127.0.0.1:9/login"}, b"")

    def do_full(self, _word, detail, _body):
        problem = {
            "type": "/problems/storage_full",
            "title": "Disk full",
            "status": 507,
            "detail": "the disk is full; nothing was done, try again when it has space",
            "code": "storage_full",
            "request_id": "r1",
            "retry_after": 5,
            "static_activity": detail,
        }
        headers = {"Content-Type": "application/problem+json", "Retry-After": "5"}
        self.answer(507, headers, json.dumps(problem).encode())

    def forward(self, body):
        there = http.client.HTTPConnection(self.server.server_host, timeout=60)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        try:
            there.request(self.command, self.path, body or None, kept)
            response = there.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            there.close()

    def answer(self, status, headers, text, length=None):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(text) if length is None else length))
        self.end_headers()
        self.wfile.write(text)

    def drop(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def wait_until_given_up(self):
        self.close_connection = True
        select.select([self.connection], [], [], 60)


def ids_in(body):
    """The ids that a client made: of events, or of a decision, a support or a report."""
    try:
        said = json.loads(body)
    except ValueError:
        return []
    if "events" in said:
        return [event.get("id") for event in said["events"]]
    return [said[name] for name in ("decision_id", "support_id", "id") if name in said][-1:]
