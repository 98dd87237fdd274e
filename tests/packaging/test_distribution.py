"""The wheel and the sdist are built as pip builds them, installed outside of the checkout, and
used."""

import gzip
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.servers import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MAX_WHEEL_BYTES = 8_000_000
MAX_SCRIPT_BYTES = 305_000
"""Limit for the scripts of the page after gzip, VR included. docs/dependencies.md has the measured
size."""
MAX_OTHER_BYTES = 15_000
"""Limit after gzip for scripts that the page loads only for a scene in tiles, and for the scripts
of the two smaller pages."""
MAX_SERVING_BYTES = 15_000
"""Limit after gzip for the panels that change a session or its devices. A page with a server loads
them beside its other scripts; a baked site does not have them. docs/dependencies.md has the
reason."""
MAX_LATER_BYTES = {
    "bench-report": 1_000,
    "blur": 1_000,
    "charts": 2_000,
    "class-menu": 1_000,
    "held-shape": 1_000,
    "help": 4_000,
    "item-card": 2_000,
    "item-infos": 1_000,
    "item-table": 3_000,
    "layer-menu": 1_000,
    "link-dialog": 1_000,
    "map-layers": 5_000,
    "others": 4_500,
    "people-panel": 2_200,
    "people-tiles": 1_000,
    "peer-follower": 1_500,
    "peer-view": 1_000,
    "progress": 1_000,
    "rule-commands": 2_000,
    "rule-hold": 2_000,
    "rule-layer": 9_500,
    "rules-panel": 4_000,
    "shape-geometry": 1_000,
    "shape-view": 2_000,
    "similar-search": 2_000,
    "site-progress": 1_000,
    "small-site": 2_000,
    "viewed": 1_500,
    "walk": 2_000,
    "xr-bench": 4_000,
}
"""Limits after gzip for parts that the page loads when it first needs them."""
MAX_MODEL_BYTES = 3_000_000
NO_COMPILER = {"CC": "no-such-compiler"}
"""Environment of a build on a machine without a C compiler."""
needs_compiler = pytest.mark.skipif(
    shutil.which(shlex.split(sysconfig.get_config_var("CC") or "cc")[0]) is None,
    reason="this machine has no C compiler",
)
ROUND_OF_FORCES = """
import logging
logging.basicConfig(level=logging.INFO)
from lodespace.models.compiled import loaded
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.particles import Particles
import json, torch
chain = Graph(torch.arange(99), torch.arange(1, 100), torch.ones(99))
start = torch.linspace(-1, 1, 300).reshape(100, 3).sin()
particles = Particles(start, chain, torch.Generator().manual_seed(0))
particles.round(0.1)
compiled = loaded.code is not None
print(json.dumps([loaded.__file__, compiled, particles.position.flatten().tolist()]))
"""
"""Prints the path of the installed module, whether it is compiled, and positions after a round."""


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(wheel, sdist), built with the tools of this environment: the wheel from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return wheel, sdist


def pip(python: Path, *arguments: str, **environment: str) -> None:
    """Run pip for `python`, with the build tools of this environment and without a network."""
    command = [str(python), "-m", "pip", *arguments, "--no-deps", "--no-build-isolation"]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture(scope="module")
def source(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    out = tmp_path_factory.mktemp("source")
    with tarfile.open(distributions[1]) as archive:
        archive.extractall(out)  # Python before 3.11.4 has no filter
    (folder,) = out.iterdir()
    return folder


@pytest.fixture(scope="module")
def installed(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder bin/ of a new environment with the wheel."""
    venv = new_environment(tmp_path_factory.mktemp("wheel") / "venv")
    pip(venv / "bin/python", "install", "--quiet", "--force-reinstall", str(distributions[0]))
    return venv / "bin"


def new_environment(venv: Path) -> Path:
    """Make an environment `venv` with the dependencies of this environment, and return `venv`."""
    # pip and setuptools are shared, too: the setuptools of a new environment may be too old.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site_packages,) = venv.glob("lib/python*/site-packages")
    # The import hook of an editable install has no effect on a shared folder, so lodespace comes
    # from the wheel.
    (site_packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv


def test_the_wheel_is_small_and_contains_page_digits_and_demo(
    distributions: tuple[Path, Path],
) -> None:
    wheel, _ = distributions
    assert wheel.stat().st_size < MAX_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "lodespace/static/index.html" in names
    assert "lodespace/assets/digits/images-idx3-ubyte.gz" in names
    assert "lodespace/assets/demo/scene.glb" in names
    assert "lodespace/models/__init__.py" in names
    assert "lodespace/protocol/labels.py" in names
    tops = {name.split("/")[0] for name in names}
    assert tops <= {"lodespace"} | {top for top in tops if top.endswith(".dist-info")}


def test_the_page_is_small_and_contains_no_emulator(distributions: tuple[Path, Path]) -> None:
    """The limits apply to all scripts, including VR, and to the models of controllers and hands."""
    with zipfile.ZipFile(distributions[0]) as archive:
        scripts = {
            n: archive.read(n)
            for n in archive.namelist()
            if n.startswith("lodespace/static/") and n.endswith(".js")
        }
        models = [
            i.file_size
            for i in archive.infolist()
            if i.filename.startswith("lodespace/static/models/")
        ]
        known = json.loads(archive.read("lodespace/static/models/profilesList.json"))
    assert len(scripts) > 1, "there is one script only: VR is not a separate chunk"
    sizes = {name.split("/")[-1]: len(gzip.compress(text, 9)) for name, text in scripts.items()}
    others = {name for name in sizes if name.startswith(("tiles-", "check-", "panels-"))}
    serving = {name for name in sizes if name.startswith("serving-")}
    assert len(others) == 3, "scenes in tiles need a separate chunk"
    assert len(serving) == 1, "a baked site needs a page without the panels for changes"
    later = {part: {n for n in sizes if n.startswith(f"{part}-")} for part in MAX_LATER_BYTES}
    assert all(len(names) == 1 for names in later.values()), later
    for part, names in later.items():
        assert sum(sizes[name] for name in names) <= MAX_LATER_BYTES[part], part
    first = sum(sizes[n] for n in sizes if n not in others.union(serving, *later.values()))
    assert first <= MAX_SCRIPT_BYTES
    assert sum(sizes[name] for name in serving) <= MAX_SERVING_BYTES
    assert sum(sizes[name] for name in others) <= MAX_OTHER_BYTES
    assert not any(b"XRDevice" in script and b"metaQuest3" in script for script in scripts.values())
    assert 0 < sum(models) < MAX_MODEL_BYTES
    assert set(known) == {
        "meta-quest-touch-plus",
        "oculus-touch-v3",
        "meta-quest-touch-pro",
        "generic-hand",
    }


def test_the_sdist_contains_the_built_page_and_the_sources(
    distributions: tuple[Path, Path],
) -> None:
    _, sdist = distributions
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "server/static/index.html",
        "webxr_client/package-lock.json",
        "setup.py",
        "LICENSE",
    } <= names
    assert not any("node_modules" in name for name in names)


def a_round_of_forces(python: Path, folder: Path) -> tuple[str, bool, list[float]]:
    """Return what ROUND_OF_FORCES prints in `folder`."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(python), "-c", ROUND_OF_FORCES]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    path, compiled, position = json.loads(done.stdout)
    assert compiled == ("torch computes the map" not in done.stderr)
    return path, compiled, position


def compiled_files(wheel: Path) -> list[str]:
    """Return the names of the compiled files in `wheel`."""
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if name.endswith((".so", ".pyd", ".dylib"))]


@pytest.fixture(scope="module")
def installed_round(
    installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, bool, list[float]]:
    """The result of `a_round_of_forces` with the installed wheel."""
    return a_round_of_forces(installed / "python", tmp_path_factory.mktemp("round"))


@needs_compiler
def test_one_wheel_has_compiled_code_for_all_later_pythons(
    distributions: tuple[Path, Path],
    installed: Path,
    installed_round: tuple[str, bool, list[float]],
) -> None:
    wheel, _ = distributions
    assert "-cp311-abi3-" in wheel.name
    assert compiled_files(wheel) == ["lodespace/models/compiled/_code.abi3.so"]
    path, compiled, _ = installed_round
    assert path.startswith(str(installed.parent))
    assert compiled


def test_without_a_compiler_the_wheel_computes_by_torch(
    source: Path, installed_round: tuple[str, bool, list[float]], tmp_path: Path, slow: bool
) -> None:
    """Without --slow, the test does not install the wheel."""
    pip(Path(sys.executable), "wheel", "--wheel-dir", str(tmp_path), str(source), **NO_COMPILER)
    (wheel,) = tmp_path.glob("*.whl")
    assert compiled_files(wheel) == []
    if not slow:
        return
    venv = new_environment(tmp_path / "venv")
    pip(venv / "bin/python", "install", "--force-reinstall", str(wheel))
    path, compiled, position = a_round_of_forces(venv / "bin/python", tmp_path)
    assert path.startswith(str(venv))
    assert not compiled
    _, _, elsewhere = installed_round
    assert position == pytest.approx(elsewhere, abs=1e-5)


@pytest.mark.only_slow
@pytest.mark.parametrize(
    "environment", [pytest.param({}, marks=needs_compiler), NO_COMPILER], ids=["compiler", "none"]
)
def test_an_editable_install_works_with_and_without_a_compiler(
    source: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(source, checkout)
    venv = new_environment(tmp_path / "venv")
    python = venv / "bin/python"
    pip(python, "install", "--force-reinstall", "--editable", str(checkout), **environment)
    path, compiled, _ = a_round_of_forces(python, tmp_path)
    assert path.startswith(str(checkout))
    assert compiled == (environment != NO_COMPILER)


def test_installed_command_serves_the_page(installed: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    where = subprocess.run(
        [str(installed / "python"), "-c", "import lodespace; print(lodespace.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(installed.parent) in where.stdout
    with Serving(installed / "lodespace", tmp_path, environment) as url:
        with urllib.request.urlopen(url, timeout=10) as page:
            assert b"<!doctype html>" in page.read(200).lower()
        with urllib.request.urlopen(url + "api/session", timeout=10) as answer:
            session = json.load(answer)
    assert session["n_items"] == 5000
    assert session["dataset"] == "digits"


class Serving:
    """A context manager that runs `lodespace serve` in `folder` and yields the address of the page.

    At the end, the process gets Ctrl-C.
    """

    def __init__(self, command: Path, folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        arguments = [str(command), "serve", "--no-browser", "--port", str(self.port)]
        self.process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> str:
        url = f"http://127.0.0.1:{self.port}/"
        for _ in attempts(60):
            if self.process.poll() is not None:
                pytest.fail(f"the server ended: {self.process.communicate()[0]}")
            try:
                urllib.request.urlopen(url + "healthz", timeout=5).close()
            except (urllib.error.URLError, ConnectionError):
                continue
            return url
        pytest.fail("the server did not answer within a minute")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, output


def attempts(seconds: float) -> Iterator[None]:
    """Yield ten times per second until `seconds` have passed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.1)
