"""The command line as a person uses it: processes, exit statuses and printed text.

`lodespace()` starts a process. `run()` runs a command in this process, which is much quicker.
"""

import csv
import io
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from drivers.servers import ClientOf
from lodespace.cli import main
from lodespace.config import DEFAULT_PORT, PORTS_TRIED
from lodespace.scene.glb import decode_scene

COMMAND = [sys.executable, "-m", "lodespace"]


def lodespace(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120
    )


class Ran(NamedTuple):
    """Exit status and printed text of a command."""

    status: int
    out: str
    errors: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command in this process, in the folder `tmp_path`."""
    monkeypatch.chdir(tmp_path)

    def one(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse prints and ends the process
            assert isinstance(ended.code, int)
            status = ended.code
        return Ran(status, *capsys.readouterr())

    return one


@pytest.fixture(scope="module")
def bake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bake of a small data set, made by the command `lodespace bake`."""
    import numpy as np

    folder = tmp_path_factory.mktemp("bake")
    random = np.random.default_rng(1)
    truth = np.arange(120) % 3
    names = np.array(["=cmd()", 'b,"c"', "dé"])[truth]
    np.savez(
        folder / "three.npz", X=random.normal(size=(120, 6)) + 6 * np.eye(3, 6)[truth], y=names
    )
    result = lodespace(
        *(
            "bake",
            "three.npz",
            "-o",
            "out",
            "--epochs",
            2,
            "--seed",
            1,
            "--labels",
            5,
            "--threads",
            1,
            *("--feature-steps", 20, "--layout-rounds", 60),
        ),
        folder=folder,
    )
    assert result.returncode == 0, result.stderr
    assert "lodespace serve out" in result.stdout
    assert "100 %" in result.stderr
    assert "\r" not in result.stderr, "a progress bar was printed although there is no terminal"
    return folder / "out"


@pytest.mark.slow
def test_bake_writes_a_folder_that_info_describes(bake: Path) -> None:
    result = lodespace("info", bake, folder=bake.parent)
    assert result.returncode == 0
    assert "bake of three" in result.stdout
    assert "120 (vector)" in result.stdout
    assert "labelled   15" in result.stdout
    assert "3D" in result.stdout


def test_export_writes_labels_and_scene(bake: Path, tmp_path: Path, run: Run) -> None:
    for suffix in ("csv", "jsonl", "glb"):
        result = run("export", bake, "-o", f"x.{suffix}")
        assert result.status == 0, result.errors
        assert "120 items" in result.out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text())))
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert len(rows) == len(lines) == 120
    labelled = [row for row in rows if row["label"]]
    assert {row["label"] for row in labelled} == {"=cmd()", 'b,"c"', "dé"}
    assert [row["label"] for row in rows] == [line["label"] for line in lines]
    assert len(decode_scene((tmp_path / "x.glb").read_bytes()).positions) == 120
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serve", "nowhere"], "does not exist"),
        (["serve", "--port", "99999"], "port"),
        (["serve", "--port", "x"], "port"),
        (["serve", "--seed", "-1"], "seed must be 0 to 2,147,483,647, not -1"),
        (["serve", "--latent-dim", "4"], "invalid choice"),
        (["serve", "--beta-kl", "-1"], "beta_kl must be 0 to 1,000,000, not -1"),
        (["serve", "--model-channels", "8,0"], "model_channels must be 1 to 4 numbers"),
        (["serve", "--settings", "text.txt"], "text.txt: not valid TOML"),
        (["bake", "text.txt", "-o", "out", "--settings", "none.toml"], "none.toml: cannot be read"),
        (["bake", "text.txt", "-o", "out", "--encoder-epochs", "3"], "unrecognized arguments"),
        (["serve", "text.txt"], ".txt"),
        (["serve", "--project", "taken"], "not a project"),
        (["serve", "--cert", "x.pem"], "--cert has no effect without --lan"),
        (["serve", "--lan-port", "8443"], "--lan-port has no effect without --lan"),
        (["bake", "nowhere", "-o", "out"], "does not exist"),
        (["bake", "text.txt", "-o", "out"], ".txt"),
        (["export", ".", "-o", "x.csv"], "neither a project"),
        (["info", "nowhere"], "neither a project"),
        (["info", "n" * 300], "File name too long; check the path"),
        ([], "required"),
        (["dance"], "invalid choice"),
    ],
)
def test_mistakes_are_one_line_and_status_2(
    tmp_path: Path, run: Run, arguments: list[str], says: str
) -> None:
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("years of work")
    result = run(*arguments)
    assert result.status == 2
    assert says in result.errors
    assert "Traceback" not in result.errors
    assert (
        len(
            [
                line
                for line in result.errors.splitlines()
                if "error" in line or line.startswith("lodespace:")
            ]
        )
        == 1
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["taken", "text.txt"]


@pytest.mark.parametrize("arguments", [["serve", "nowhere"], ["dance"]])
def test_a_process_ends_with_status_2_after_a_mistake(tmp_path: Path, arguments: list[str]) -> None:
    result = lodespace(*arguments, folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr and "Traceback" not in result.stderr
    assert result.stdout == ""


def test_export_to_another_suffix_is_refused(bake: Path, tmp_path: Path, run: Run) -> None:
    result = run("export", bake, "-o", "x.exe")
    assert result.status == 2
    assert ".csv" in result.errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [[], ["serve"], ["bake"], ["export"], ["info"]])
def test_help_lists_the_defaults(command: list[str], run: Run) -> None:
    result = run(*command, "--help")
    assert result.status == 0
    if command in (["serve"], ["bake"]):
        for option in ("--seed", "--latent-dim", "--preset", "--threads"):
            assert option in result.out
        assert result.out.count("default:") >= 5


class Serving:
    """A context manager that runs `lodespace serve ...` and sends Ctrl-C to it at the end."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        command = [*COMMAND, "serve", "--no-browser", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.folder = folder
        self.said = ""
        self.url = ""
        line = ""
        while not line.startswith("Ctrl-C"):
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            self.said += line
            if line.startswith("open "):
                self.url = line.split()[1]

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.read()

    def wait_for_step(self) -> None:
        """Wait until the trainer has moved the points."""
        while decode_scene(self.get("api/scene.glb")).step == 0:
            time.sleep(0.05)

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        assert "Traceback" not in errors


@pytest.mark.slow
def test_serve_keeps_settings_that_a_project_stores(tmp_path: Path, bake: Path, run: Run) -> None:
    (tmp_path / "mine.toml").write_text("beta_kl = 5\nbatch_size = 64\nepochs = 3\nseed = 4\n")
    data = bake.parent / "three.npz"
    given = [data, "--port", 0, "--no-training", "--settings", "mine.toml"]
    with Serving(tmp_path, *given, "--pace", 0.5) as server:
        settings = json.loads(server.get("api/session"))["training"]["settings"]
    assert (settings["beta_kl"], settings["more"]["batch_size"]) == (5, 64)
    assert (settings["more"]["pace"], settings["preset"]) == (0.5, "default")
    written = (tmp_path / "lodespace-three" / "settings.toml").read_text()
    assert "\nbatch_size = 64\n" in written and "\nseed = 4\n" in written
    with Serving(tmp_path, *given, "--beta-kl", 7) as server:
        history = json.loads(server.get("api/session"))["history"]["gestures"]
    assert [(g["kind"], g["note"]) for g in history if g["kind"] == "settings"] == [
        ("settings", "beta_kl 7")
    ]
    assert "\nbeta_kl = 7.0\n" in (tmp_path / "lodespace-three" / "settings.toml").read_text()
    result = run("serve", data, "--no-browser", "--batch-size", 32)
    assert result.status == 2 and "was started with batch_size 64" in result.errors
    result = run("serve", bake, "--no-browser", "--beta-kl", 7)
    assert result.status == 2 and "is a bake with beta_kl 3" in result.errors


@pytest.mark.slow
def test_serve_shows_a_bake_read_only(bake: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in bake.rglob("*")}
    with Serving(bake.parent, bake, "--port", 0) as server:
        assert "read-only" in server.said
        session = json.loads(server.get("api/session"))
        assert session["read_only"]
        assert session["training"]["state"] == "absent"
        assert session["has_recording"]
        scene = decode_scene(server.get("api/scene.glb"))
        assert (scene.labels >= 0).sum() == 15
        assert server.get("api/recording") == (bake / "recording.lds").read_bytes()
    assert {p: p.stat().st_mtime_ns for p in bake.rglob("*")} == before


@pytest.fixture(scope="module")
def digits_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server on the bundled digits with --lan, whose command line has no path and no port.

    Another program uses the default port. All files of the server are below `digits_server.folder`.
    """
    folder = tmp_path_factory.mktemp("digits")
    with socket.socket() as taken, pytest.MonkeyPatch.context() as patch:
        for variable in ("HOME", "XDG_STATE_HOME"):
            patch.setenv(variable, str(folder / "state"))
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        except OSError:
            pass  # another process already uses this port
        with Serving(folder, "--no-training", "--lan", "--lan-port", 0) as server:
            yield server


def test_serve_without_a_path_shows_the_digits_at_once(digits_server: Serving) -> None:
    assert "lodespace-digits" in digits_server.said
    scene = decode_scene(digits_server.get("api/scene.glb"))
    assert len(scene.positions) == 5000
    assert scene.step > 0
    assert scene.positions.std(axis=0).min() > 1000, "the scene is not that of the bundled bake"
    assert (digits_server.folder / "lodespace-digits" / "labels.sqlite").is_file()


def test_serve_takes_the_next_port_and_prints_it(digits_server: Serving) -> None:
    port = int(digits_server.url.rstrip("/").rsplit(":", 1)[1])
    assert DEFAULT_PORT < port < DEFAULT_PORT + PORTS_TRIED
    assert f"port {DEFAULT_PORT} is in use" in digits_server.said


def test_serve_does_not_take_another_port_than_the_one_asked_for(bake: Path, run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", bake, "--no-browser", "--port", taken.getsockname()[1])
    assert result.status == 2
    assert "is taken" in result.errors


@pytest.mark.slow
async def test_ctrl_c_saves_what_was_learned(
    tmp_path: Path, bake: Path, client_of: ClientOf
) -> None:
    with Serving(tmp_path, bake.parent / "three.npz", "--port", 0, "--threads", 1) as server:
        server.wait_for_step()
    project = tmp_path / "lodespace-three"
    assert list((project / "checkpoints").glob("*.safetensors"))
    http = await client_of(project, project)
    answer = await http.get("/api/scene.glb")
    assert decode_scene(await answer.read()).step > 0


def test_serve_lan_prints_address_and_certificate(digits_server: Serving) -> None:
    overview = json.loads(digits_server.get("api/access"))
    assert len(overview["fingerprint"]) == 95
    if overview["addresses"]:  # a machine may have no network
        assert overview["fingerprint"] in digits_server.said
        assert overview["addresses"][0] in digits_server.said
    (certificate,) = digits_server.folder.rglob("certificate.pem")
    assert certificate.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" not in digits_server.said


@pytest.mark.slow
def test_serve_lan_takes_a_certificate_and_refuses_a_bad_one(
    tmp_path: Path, bake: Path, run: Run
) -> None:
    from lodespace.access.certificate import own_certificate

    own = own_certificate(tmp_path / "made", ["studio.example"])
    given = ["--lan", "--lan-port", 0, "--cert", own.certificate, "--key", own.key]
    with Serving(tmp_path, bake, "--port", 0, *given) as server:
        overview = json.loads(server.get("api/access"))
        assert overview["fingerprint"] == own.fingerprint
        assert overview["addresses"][0].startswith("https://studio.example:")
    (tmp_path / "bad.pem").write_text("hello")
    for arguments, says in (
        (["--cert", "bad.pem", "--key", "bad.pem"], "not a certificate"),
        (["--cert", own.certificate], "given together"),
    ):
        result = run("serve", bake, "--no-browser", "--lan", *arguments, "--port", 0)
        assert result.status == 2 and says in result.errors and "Traceback" not in result.errors
