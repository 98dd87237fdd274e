"""The grid of a sweep: its values and their mistakes."""

from pathlib import Path

import pytest

from lodespace.errors import SettingsError
from lodespace.runs.grid import Grid, Point, grid_of
from lodespace.session.settings_file import read_toml


def test_command_line_and_file_make_one_grid(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("seeds = 3\n[grid]\nbeta_kl = [1, 3]\nmodel_channels = [[8, 16], [4]]\n")
    file = read_toml(path)
    grid = grid_of([], file, None, 5)
    assert grid == Grid({"beta_kl": (1.0, 3.0), "model_channels": ((8, 16), (4,))}, (5, 6, 7))
    grid = grid_of(["beta-kl=20", "labels=1,all"], file, "0,9", 5)
    assert dict(grid.axes) == {
        "beta_kl": (20.0,),
        "model_channels": ((8, 16), (4,)),
        "labels": ("1", "all"),
    }
    assert grid.seeds == (0, 9)
    assert grid_of(["model_channels=8,16;4"], None, None, 0).axes["model_channels"] == (
        (8, 16),
        (4,),
    )
    assert grid_of([], None, "2", 0) == Grid({}, (0, 1))


def test_points_are_all_combinations_with_seeds_together() -> None:
    points = Grid({"beta_kl": (1.0, 3.0), "preset": ("paper", "calm")}, (0, 1)).points()
    assert len(points) == 8
    assert points[1] == Point({"beta_kl": 1.0, "preset": "paper"}, 1)
    assert points[2].title == "beta_kl 1, preset calm, seed 0"
    assert points[2].folder == "beta_kl=1,preset=calm,seed=0"
    assert len({point.folder for point in points}) == 8
    with pytest.raises(SettingsError, match="more than 10,000 runs"):
        Grid({"beta_kl": tuple(range(101)), "pace": tuple(range(101))}).points()


def test_names_of_folders_are_short_and_hold_no_path() -> None:
    assert Point({"labels": "../x y"}, 0).folder == "labels=..-x-y,seed=0"
    long = [Point({f"name_{k}": 1 for k in range(30)} | {"x": x}, 0).folder for x in (1, 2)]
    assert max(map(len, long)) <= 120 and long[0] != long[1]


@pytest.mark.parametrize(
    ("texts", "seeds", "says"),
    [
        (["beta_kll=1"], None, "there is no setting 'beta_kll'; did you mean 'beta_kl'?"),
        (["beta_kl"], None, "--grid beta_kl: give a name and values"),
        (["beta_kl=1,x"], None, "--grid beta_kl=1,x: beta_kl must be a number"),
        (["beta_kl=1,-1"], None, "beta_kl must be 0 to 1,000,000"),
        (["beta_kl="], None, "beta_kl must be a number"),
        (["seed=1,2"], None, "give the seeds of a sweep with --seeds"),
        ([], "x", "--seeds x: give a number"),
        ([], "0", "seeds must be 1 to 10,000, not 0"),
        ([], "-1,2", "seed must be 0 to"),
        ([], None, "a sweep needs --grid"),
    ],
)
def test_a_mistake_on_the_command_line_is_named(
    texts: list[str], seeds: str | None, says: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        grid_of(texts, None, seeds, 0)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grid = 3", "line 1: [grid] must be a table"),
        ("seed = 1\n[grid]\nbeta = [1]", "line 3: there is no setting 'beta'"),
        ("[grid]\nbeta_kl = 1", "line 2: beta_kl must be a list of values"),
        ("[grid]\nbeta_kl = []", "line 2: give at least one value"),
        ("[grid]\nbeta_kl = [1, 'x']", "line 2: beta_kl must be a number"),
        ("seeds = 'x'", "seeds: seed must be a whole number"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(SettingsError) as raised:
        grid_of([], read_toml(tmp_path / "s.toml"), None, 0)
    assert says in str(raised.value)
