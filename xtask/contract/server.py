"""A server on an empty data directory, for as long as a test needs it."""

import contextlib
import json
import re
import subprocess
import tempfile


@contextlib.contextmanager
def running(binary):
    """Starts the server; gives its address and a key that may do everything."""
    with tempfile.TemporaryDirectory(prefix="nexus-contract-") as data:
        make = [binary, "key", "create", "--data", data, "--name", "contract", "--for", "admin"]
        key = json.loads(subprocess.check_output([*make, "--json"]))["key"]
        serve = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0"]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            yield address_of(server), key
        finally:
            server.terminate()
            server.wait(timeout=30)


def address_of(server):
    """Reads what the server prints until it says where it listens."""
    for line in server.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found.group()
    raise SystemExit("the server ended before it listened")
