"""Films of the training: frames show the points at their recorded places."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lodespace.drawing.cloud import GROUND, UNLABELLED
from lodespace.drawing.film import FRAMES, RATE, SIZE, TRACK, Film, moment_times
from lodespace.drawing.layout import ACCENT
from lodespace.drawing.recorded import moments
from lodespace.drawing.webm import check_encoder, encode_webm
from lodespace.errors import ProjectError
from lodespace.items.item_set import ItemSet
from lodespace.session.class_colours import palette_colour
from samples.recorded_ring import MOMENTS, Recorded, record

COLOUR = np.array(tuple(bytes.fromhex(palette_colour(1)[1:])))
SHORT = 12


def shown_means(recorded: Recorded, time: float) -> np.ndarray:
    """Return the latent means at a moment; a fraction is between two moments."""
    before, share = int(time), time % 1
    after = min(before + 1, MOMENTS - 1)
    return recorded.means[before] * (1 - share) + recorded.means[after] * share


def at(picture: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return the mean colour of 3 x 3 pixels round each place (N, 2)."""
    x, y = np.round(pixels).astype(int).T
    around = [picture[y + i, x + k] for i in (-1, 0, 1) for k in (-1, 0, 1)]
    return np.mean(around, axis=0)


def assert_shows(recorded: Recorded, film: Film, frame: int, picture: np.ndarray) -> None:
    """Compare the drawn points of a frame with the recording."""
    time = float(film.times[frame])
    pixels = film.cameras[frame].project(shown_means(recorded, time)).pixels
    colours = at(picture, pixels)
    labelled = recorded.labels >= 0 if time > 3.5 else np.zeros(len(pixels), bool)
    ground = np.array(GROUND)
    for colour, is_labelled in zip(colours, labelled, strict=True):
        ink = COLOUR if is_labelled else np.array(UNLABELLED)
        # Far points are mixed with the background.
        share = np.dot(colour - ground, ink - ground) / np.dot(ink - ground, ink - ground)
        assert 0.5 < share < 1.1
        assert np.abs(ground + share * (ink - ground) - colour).max() < 25
    middle = film.cameras[frame].project(np.zeros((1, recorded.means[0].shape[1]))).pixels
    np.testing.assert_allclose(at(picture, middle)[0], ground, atol=8)


@pytest.mark.parametrize("latent_dim", [2, 3])
def test_frames_show_each_point_at_its_recorded_place(tmp_path: Path, latent_dim: int) -> None:
    recorded = record(tmp_path, latent_dim)
    film = Film(recorded.path, recorded.items, SHORT)
    pictures = [np.asarray(picture) for picture in film]
    assert [picture.shape for picture in pictures] == [(SIZE[1], SIZE[0], 3)] * SHORT
    for frame in (0, 4, 7, SHORT - 1):
        assert_shows(recorded, film, frame, pictures[frame])
    again = next(iter(Film(recorded.path, recorded.items, SHORT)))
    np.testing.assert_array_equal(np.asarray(again), pictures[0])


def test_the_moments_of_a_recording_are_read_with_their_labels(tmp_path: Path) -> None:
    recorded = record(tmp_path)
    played = list(moments(recorded.path, len(recorded.items)))
    assert [moment.number for moment in played] == list(range(MOMENTS))
    for moment, means in zip(played, recorded.means, strict=True):
        # Moving points have positions in coarser steps, docs/protocol.md.
        np.testing.assert_allclose(moment.latent_mean, means, atol=1e-5)
        labels = recorded.labels if moment.number >= 4 else np.full(len(means), -1)
        np.testing.assert_array_equal(moment.labels, labels)
        assert len(moment.gestures) == (moment.number == 4)
    assert played[4].changed.tolist() == [0, 1, 2]
    assert played[-1].step == 10 * (MOMENTS - 1)


def test_a_film_marks_and_describes_its_gestures(tmp_path: Path) -> None:
    recorded = record(tmp_path)
    film = Film(recorded.path, recorded.items, SHORT)
    pictures = [np.asarray(picture).astype(int) for picture in film]
    left, right, y = TRACK
    x = left + round(4 / (MOMENTS - 1) * (right - left))
    assert np.abs(pictures[0][y - 3, x] - COLOUR).max() < 12, "the mark of the gesture"
    assert np.abs(pictures[-1][y, right - 60] - np.array(ACCENT)).max() < 12, "the played track"
    text = (slice(y - 36, y - 18), slice(left + 20, left + 200))
    assert (pictures[0][text] == np.array(GROUND)).all()
    at_gesture = int(np.searchsorted(film.times, 4))
    assert (pictures[at_gesture][text] != np.array(GROUND)).any()


def test_all_moments_are_shown_in_order_and_the_ends_longer() -> None:
    times = moment_times(121, FRAMES)
    assert len(times) == 12 * RATE
    assert all(b >= a for a, b in pairwise(times))
    assert (times == 0).sum() >= 15
    assert (times == 120).sum() >= 60
    many = moment_times(40_000, FRAMES)
    assert (many == np.round(many)).all()
    assert many[-1] == 39_999
    assert (moment_times(1, FRAMES) == 0).all()


def test_a_recording_of_other_items_or_none_is_refused(tmp_path: Path) -> None:
    recorded = record(tmp_path)
    others = ItemSet("other", "vector", np.zeros((5, 2), np.float32))
    with pytest.raises(ProjectError, match="not a recording of these items"):
        Film(recorded.path, others)
    with pytest.raises(ProjectError, match="no recording of its training"):
        Film(tmp_path / "none.lds", recorded.items)


def test_a_video_shows_each_point_at_its_recorded_place(tmp_path: Path) -> None:
    av: Any = pytest.importorskip("av", reason="the extra `video` is not installed")
    recorded = record(tmp_path)
    film = Film(recorded.path, recorded.items, SHORT)
    content = encode_webm(film, RATE)
    (tmp_path / "training.webm").write_bytes(content)
    with av.open(str(tmp_path / "training.webm")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "vp9"
        assert stream.average_rate == RATE
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(pictures) == SHORT
    for frame in (0, 4, 7, SHORT - 1):
        assert_shows(recorded, film, frame, pictures[frame].astype(int))
    assert encode_webm(film, RATE) == content


def test_a_missing_encoder_is_reported_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    from lodespace.items import formats

    frames = [Image.new("RGB", (64, 64))]
    monkeypatch.setattr(formats, "_can_be_imported", lambda _: False)
    with pytest.raises(ProjectError, match=r"pip install 'lodespace\[video\]'"):
        encode_webm(frames, RATE)

    def codec(name: str, mode: str) -> None:
        raise ValueError(f"{name} {mode}")

    monkeypatch.setattr(formats, "_can_be_imported", lambda _: True)
    monkeypatch.setitem(sys.modules, "av", SimpleNamespace(Codec=codec))
    with pytest.raises(ProjectError, match="no encoder for VP9"):
        check_encoder()
