"""Lodespace from Python: lodespace.serve, bake and train."""

import inspect
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lodespace
from lodespace.errors import DatasetError, LodespaceError, ProjectError, SettingsError
from lodespace.models.config_table import HYPERPARAMETERS
from lodespace.project.opening import open_project
from lodespace.session.settings import values_in
from lodespace.session.settings_file import read_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def items(n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """X (n, 5) in two groups, and the name of the group of each row (n,)."""
    truth = np.arange(n) % 2
    return np.random.default_rng(0).normal(size=(n, 5)) + 6 * truth[:, None], np.array(
        ["left", "right"]
    )[truth]


def get(served: "lodespace.notebook.Served", path: str) -> Any:
    with urllib.request.urlopen(served.url + path, timeout=30) as answer:
        return json.loads(answer.read())


def test_importing_is_cheap() -> None:
    script = "import sys, lodespace; assert not {'torch', 'aiohttp', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_names_are_there() -> None:
    # The import of the module `bake` must not hide the function `bake`.
    import lodespace.baking.bake

    for name in ("serve", "bake", "train"):
        assert callable(getattr(lodespace, name))
    with pytest.raises(AttributeError):
        lodespace.nonsense  # noqa: B018


def test_an_axis_is_set_and_removed_from_python(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limit of lists in messages must not limit the items of a Python program.
    monkeypatch.setattr("lodespace.protocol.values.MAX_LISTED_ITEMS", 2)
    data, _ = items()
    np.save(folder / "data.npy", data)
    with lodespace.serve(folder / "data.npy", threads=1) as served:
        served.set_axis("y", few=[0, 2, 4], many=[1, 3, 5], name="side")
        (axis,) = served.axes()
        assert (axis["axis"], axis["name"], axis["known"]) == ("y", "side", 6)
        with pytest.raises(LodespaceError, match="no column “gone”"):
            served.set_axis("x", "gone")
        served.remove_axis("y")
        assert served.axes() == []
    with pytest.raises(RuntimeError, match="stopped"):
        served.axes()


@pytest.mark.slow
def test_items_are_added_from_python(folder: Path) -> None:
    data, names = items()
    with lodespace.serve(data, labels=names, project="mine", port=0, threads=1) as served:
        new = {"labels": ["left", "right", "other"], "ids": ["a", "b", "c"]}
        assert served.add(data[:3] + 0.1, **new) == [80, 81, 82]
        assert get(served, "api/session")["n_items"] == 83
        given = [get(served, f"api/items/{item}/info")["class_id"] for item in (80, 81, 82)]
        assert given == [0, 1, -1], "the project has no class “other”"
        assert served.add(data[:2], ids=["a", "d"]) == [83]
        with pytest.raises(LodespaceError, match="does not have already"):
            served.add(data[:1], ids=["a"])
        with pytest.raises(LodespaceError, match="6 numbers"):
            served.add(np.ones((2, 6)))
        with pytest.raises(DatasetError, match="for arrays only"):
            served.add("file.csv", labels=["left"])
        assert served.latents().shape == (84, 3)
    with pytest.raises(RuntimeError, match="stopped"):
        served.add(data)
    project = open_project(folder / "mine")
    project.close()
    assert list(project.items.ids)[80:] == ["a", "b", "c", "d"]


@pytest.mark.slow
def test_a_python_function_is_a_rule_also_for_added_items(folder: Path) -> None:
    data, _ = items()

    def side(item: Any) -> str | None:
        if item.data[0] > 4:
            return "right"
        return "left" if item.row < 40 else None

    with lodespace.serve(data, project="mine", port=0, threads=1) as served:
        expected = np.where(data[:, 0] > 4, 1, np.where(np.arange(80) < 40, 0, -1))
        assert served.add_rule(side, name="by the first number") == int((expected >= 0).sum())
        session = get(served, "api/session")
        (rule,) = session["rules"]
        assert (rule["name"], rule["kind"]) == ("by the first number", "votes")
        names = {one["name"]: one["class_id"] for one in session["classes"]}
        given = [get(served, f"api/items/{item}/info")["class_id"] for item in range(80)]
        wanted = {0: names["left"], 1: names["right"], -1: -1}
        assert given == [wanted[each] for each in expected.tolist()]
        served.add(np.array([[9.0, 0, 0, 0, 0], [0, 9, 0, 0, 0]]))
        added = [get(served, f"api/items/{item}/info")["class_id"] for item in (80, 81)]
        assert added == [names["right"], -1]
        assert served.add_rule(lambda item: 7 if item.row == 3 else -1, "by the first number") == 1
        (rule,) = get(served, "api/session")["rules"]
        assert rule["count"] == 1 and rule["on"]
        with pytest.raises(LodespaceError, match="returned True"):
            served.add_rule(lambda item: True)
        with pytest.raises(ZeroDivisionError):
            served.add_rule(lambda item: item.row // 0)
        with pytest.raises(LodespaceError, match="no items match"):
            served.add_rule(lambda item: None)


def test_arrays_are_served_with_their_labels_and_opened_again(folder: Path) -> None:
    data, names = items()
    names[10:] = ""
    before = set(threading.enumerate())
    with lodespace.serve(data, labels=names, port=0, threads=1) as served:
        assert served.url in repr(served)
        assert served.report.startswith("  items")
        session = get(served, "api/session")
        assert session["n_items"] == 80
        assert [c["name"] for c in session["classes"]] == ["left", "right"]
        assert [g["count"] for g in session["history"]["gestures"]] == [5, 5]
        assert get(served, "api/items/1/info")["class_id"] == 1
        assert get(served, "api/items/30/info")["class_id"] == -1
    assert "stopped" in repr(served)
    with pytest.raises(urllib.error.URLError):
        get(served, "healthz")
    # tqdm never ends its monitor thread. asyncio's thread that waited for the trainer ends by
    # itself, on a busy machine a little later.
    left = {thread for thread in threading.enumerate() if thread.name != "tqdm_monitor"} - before
    for thread in left:
        thread.join(10)
    assert not any(thread.is_alive() for thread in left)
    served.stop()  # a second time does nothing
    with lodespace.serve(data, labels=names, port=0, threads=1) as served:
        assert len(get(served, "api/session")["history"]["gestures"]) == 2, (
            "the labels were imported twice"
        )
    with pytest.raises(ProjectError, match="other data"):
        lodespace.serve(data[:50], port=0)


def test_the_project_of_arrays_is_one_like_any_other(folder: Path) -> None:
    data, names = items()
    lodespace.serve(data, labels=names, project="mine", name="blobs", port=0).stop()
    (folder / "mine").rename(folder / "moved")
    project = open_project(folder / "moved")
    project.close()
    assert project.items.name == "blobs"
    np.testing.assert_allclose(project.items.data, data, rtol=1e-6)


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (np.array([object(), object()]), None),
        (np.full((5, 3), np.nan), None),
        (np.zeros((5, 3)), np.zeros(4, int)),
        (np.zeros((1, 3)), None),
        (np.zeros((5, 3, 3, 3, 3)), None),
        (np.zeros((5, 3)), np.full((5, 2), 3)),
    ],
)
def test_arrays_that_cannot_be_served_are_refused_and_leave_nothing(
    folder: Path, data: np.ndarray, labels: np.ndarray | None
) -> None:
    with pytest.raises(DatasetError):
        lodespace.serve(data, labels=labels, port=0)
    assert list(folder.iterdir()) == []


def test_a_taken_port_is_reported_and_the_project_is_released(folder: Path) -> None:
    data, _ = items()
    with lodespace.serve(data, port=0) as served:
        port = int(served.url.rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(LodespaceError, match="taken"):
            lodespace.serve(data, project="other", port=port)
    lodespace.serve(data, project="other", port=0).stop()


def test_a_bake_of_arrays_is_served_read_only(folder: Path) -> None:
    data, names = items()
    out = lodespace.bake(data, "out", labels=names, epochs=2, threads=1, progress=False)
    with lodespace.serve(out, port=0) as served:
        session = get(served, "api/session")
        assert session["read_only"]
        assert get(served, "api/items/1/info")["class_id"] == 1
    with pytest.raises(DatasetError, match="arrays"):
        lodespace.bake("out/data/array.npz", "again", labels=names)


def test_settings_are_keywords_and_a_file(folder: Path) -> None:
    data, names = items()
    (folder / "mine.toml").write_text("beta_kl = 5\nmodel_hidden = 16\nepochs = 1\nthreads = 1\n")
    out = lodespace.bake(
        data, "out", labels=names, settings="mine.toml", beta_kl=7, progress=False, batch_size=32
    )
    written = read_settings(out / "settings.toml")
    assert written.settings is not None
    values = values_in(written.settings)
    assert (values["beta_kl"], values["model_hidden"], values["batch_size"]) == (7, 16, 32)
    assert written.run["epochs"] == 1
    for wrong, says in (
        ({"beta_kll": 7}, "did you mean 'beta_kl'"),
        ({"settings": {"beta_kl": -7}}, "beta_kl must be"),
        ({"encoder_epochs": 7, "beta_kl": "x"}, "beta_kl must be a number"),
    ):
        with pytest.raises(SettingsError, match=says):
            lodespace.bake(data, "other", **wrong)
    with pytest.raises(SettingsError, match="epochs has no effect"):
        lodespace.serve(data, epochs=3, port=0)
    assert not (folder / "other").exists()


@pytest.mark.parametrize("name", ["serve", "bake", "train"])
def test_help_lists_every_setting_as_a_keyword(name: str) -> None:
    function = getattr(lodespace, name)
    keywords = inspect.signature(function).parameters
    expected = {n for n, row in HYPERPARAMETERS.items() if name == "serve" or not row.in_sessions}
    assert expected <= set(keywords) and "values" not in keywords
    assert ("epochs" in keywords) == (name != "serve")
    assert "    beta_kl: Weight of the KL divergence. (0 to 1,000,000; default: 3)" in (
        inspect.getdoc(function) or ""
    )


def test_train_gives_a_map(folder: Path) -> None:
    data, names = items()
    names[10:] = ""
    last = lodespace.train(data, labels=names, epochs=2, latent_dim=2)
    assert last.latent_mean.shape == (80, 2)
    assert last.resting
    assert (last.prediction == np.arange(80) % 2).mean() >= 0.95
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_train_saves_a_model_that_predicts(folder: Path) -> None:
    data, names = items()
    quick = {"epochs": 1, "threads": 1, "progress": False}
    last = lodespace.train(data, "model", labels=names, **quick)
    assert last is not None and last.resting
    assert lodespace.load_model("model").predict(data).classes == names.tolist()
    assert lodespace.train(data, "model", labels=names, resume=True, **quick) is None
    with pytest.raises(ProjectError, match="--force"):
        lodespace.train(data, "model", labels=names, **quick)
    assert {path.name for path in folder.iterdir()} == {"model"}


def test_labels_and_map_come_out_while_it_runs_and_afterwards(folder: Path) -> None:
    import pandas as pd

    data, names = items()
    names[5:] = ""
    served = lodespace.serve(
        data, labels=names, ids=[f"i{k}" for k in range(len(data))], port=0, threads=1
    )
    try:
        table = served.labels()
        assert isinstance(table, pd.DataFrame)
        assert table["id"].tolist()[:3] == ["i0", "i1", "i2"]
        assert table["label"].tolist()[:6] == [*names[:5], ""]
        assert served.latents().shape == (80, 3)
        like = served.more_like([4, 6], 20)
        distances = np.linalg.norm((data[:, None] - data[[4, 6]]) / data.std(axis=0), axis=2).min(
            axis=1
        )
        assert like == [k for k in np.argsort(distances).tolist() if k not in (4, 6)][:20]
        with pytest.raises(IndexError, match="does not exist"):
            served.more_like([80])
        assert served._repr_html_().startswith(f'<iframe src="{served.url}"')
    finally:
        served.stop()
    assert served.labels()["label"].tolist()[:6] == [*names[:5], ""]
    assert served.latents().shape == (80, 3)
    assert "<iframe" not in served._repr_html_()


def test_without_pandas_the_labels_are_dictionaries(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pandas" else find(name)
    )
    with lodespace.serve(items()[0], port=0, threads=1) as served:
        rows = served.labels()
    assert isinstance(rows, list)
    assert rows[3]["id"] == "3"


def test_pages_of_this_machine_may_frame_it_and_no_others(folder: Path) -> None:
    with lodespace.serve(items()[0], port=0, threads=1) as served:
        framed = {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "iframe",
        }
        with urllib.request.urlopen(urllib.request.Request(served.url, headers=framed)) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors http://localhost:* http://127.0.0.1:*" in policy
            assert answer.headers["X-Frame-Options"] is None


def test_a_torch_data_set_is_served(folder: Path) -> None:
    import torch
    from torch.utils.data import TensorDataset

    data = TensorDataset(
        torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 2
    )
    with lodespace.serve(data, name="tensors", port=0, threads=1) as served:
        assert get(served, "api/session")["item_kind"] == "image"
        assert served.labels()["label"].tolist()[:2] == ["0", "1"]
    assert (folder / "lodespace-tensors").is_dir()
