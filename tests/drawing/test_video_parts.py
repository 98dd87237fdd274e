"""Videos of bakes and projects, on the command line."""

from pathlib import Path
from typing import Any

import pytest

from lodespace.cli import main
from lodespace.items import formats

QUICK = ["--epochs", "1", "--threads", "1", "--labels", "3"]


def test_a_video_that_cannot_be_written_is_reported_before_training(
    small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(formats, "_can_be_imported", lambda _: False)
    assert main(["bake", str(small_data), "-o", str(tmp_path / "out"), "--video"]) != 0
    assert "pip install 'lodespace[video]'" in capsys.readouterr().err
    parts = ["--parts", "scene,site", "--video"]
    assert main(["bake", str(small_data), "-o", str(tmp_path / "out"), *parts]) != 0
    assert "add the part `recording`" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_bake_and_export_write_the_same_video(slow: bool, small_data: Path, tmp_path: Path) -> None:
    if not slow:
        pytest.skip("runs with --slow")
    av: Any = pytest.importorskip("av", reason="the extra `video` is not installed")
    out, address = tmp_path / "out", "https://example.org/scene"
    options = [*QUICK, "--video", "--base-url", address]
    assert main(["bake", str(small_data), "-o", str(out), *options]) == 0
    with av.open(str(out / "training.webm")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (1280, 720, 30)
        assert sum(1 for _ in container.decode(stream)) == 360
    assert f'content="{address}/poster.jpg"' in (out / "index.html").read_text()
    assert main(["export", str(out), "-o", str(tmp_path / "film.webm")]) == 0
    assert (tmp_path / "film.webm").read_bytes() == (out / "training.webm").read_bytes()
    assert len((tmp_path / "film.webm").read_bytes()) < 5_000_000
