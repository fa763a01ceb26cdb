"""Sends requests drawn from the API document to a server: explore.py BINARY DOCUMENT N SECONDS."""

import os
import pathlib
import subprocess
import sys

import server

binary, document, examples_max, seconds_max = sys.argv[1:]
here = pathlib.Path(__file__).resolve().parent
# What schemathesis keeps for `st replay` lies beside the tools.
folder = pathlib.Path(sys.executable).parents[2]
with server.running(pathlib.Path(binary).resolve()) as (address, key):
    run = [
        pathlib.Path(sys.executable).with_name("schemathesis"),
        "--config-file", here / "schemathesis.toml",
        "run", pathlib.Path(document).resolve(), "--url", address, "--header", f"Authorization: Bearer {key}",
        "--max-examples", examples_max, "--max-time", seconds_max,
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "explore_checks", "PYTHONPATH": str(here)}
    sys.exit(subprocess.run(run, env=os.environ | hooks, cwd=folder).returncode)
