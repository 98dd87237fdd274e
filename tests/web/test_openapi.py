"""The OpenAPI document against the running server: schemathesis with all its checks."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.servers import LanServer
from lodespace.web import openapi
from lodespace.web.routes import ROUTES

SETTINGS = """
[checks]
max_response_time = 60

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
"""
"""Settings of schemathesis: the statuses with which the server may refuse an invalid request. The
server refuses a body of more than 1 MiB with 413, which schemathesis does not expect by default. No
status 5xx is allowed. The time limit is for a busy machine: the first example of a search starts a
process that loads torch."""


@pytest.fixture
def lan(small_data: Path, tmp_path: Path) -> Iterator[LanServer]:
    """A server with --lan: the routes for other devices work only with this option."""
    server = LanServer(
        str(small_data),
        *("--project", str(tmp_path / "project"), "--no-training"),
        state=tmp_path / "state",
    )
    server.start()
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.mark.slow
def test_answers_of_the_server_agree_with_the_document(
    lan: LanServer, tmp_path: Path, slow: bool
) -> None:
    """Sends valid and invalid requests to each operation, and compares status, headers and body of
    each answer with the OpenAPI document.

    Without --slow, the requests are random: 1,600 requests with each limit of each parameter take
    most of the time.
    """
    options = {
        "--checks": "all",
        "--max-examples": "300" if slow else "3",
        "--seed": "1",
        "--suppress-health-check": "all",
        "--request-timeout": "60",
    }
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{lan.url}api/openapi.json"),
            *("--continue-on-failure", "--no-color"),
            # Each example of an export starts a process, which takes seconds.
            *(() if slow else ("--exclude-path", "/api/export", "--phases", "fuzzing")),
            *(word for option in options.items() for word in option),
        ],
        cwd=tmp_path,  # the settings and the stored examples are in this folder
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    described = sum(len(path) for path in openapi.document(ROUTES)["paths"].values())
    described -= not slow  # the export
    assert described >= 26 and f"Tested: {described}" in run.stdout


def test_document_needs_no_op_for_the_first_body_of_a_route() -> None:
    schemas = openapi.document(ROUTES)["components"]["schemas"]
    required = {name: "op" in schema.get("required", ()) for name, schema in schemas.items()}
    assert not any(required[name] for name in ("Label", "Resolve", "SetTraining"))
    assert required["LabelEach"] and required["Ack"]


def test_document_lists_the_errors_of_bodies_and_of_the_guard() -> None:
    for path, operations in openapi.document(ROUTES)["paths"].items():
        for method, operation in operations.items():
            codes = set(operation["responses"])
            assert codes >= {"200", "400", "401", "403", "421"}, path
            if method == "post":
                assert codes >= {"408", "413", "415"}, path
