"""Folders of server/ and models/ import one way, in the order of the table in order.py."""

from pathlib import Path

import pytest
from structure.imports import (
    ROOT,
    imported_rooms,
    models_modules,
    module_name,
    room_of,
    server_modules,
)
from structure.order import MODELS, SERVER, Room

MOST_AT_THE_TOP = 10


def upward_imports(package: str, order: tuple[Room, ...], path: Path, own: str) -> list[str]:
    """Imports of `path`, a module of the room `own`, from a room that is higher in `order`."""
    height = {room.name: at for at, room in enumerate(order)}
    assert own in height, f"{path}: {own} is in no row of tests/structure/order.py"
    return [name for room, name in imported_rooms(path, package) if height[room] > height[own]]


@pytest.mark.parametrize(
    ("package", "order", "modules"),
    [("lodespace", SERVER, server_modules()), ("lodespace.models", MODELS, models_modules())],
    ids=["server", "models"],
)
def test_modules_import_nothing_from_higher_rooms(
    package: str, order: tuple[Room, ...], modules: list[Path]
) -> None:
    upward = {
        module_name(path): found
        for path in modules
        if (found := upward_imports(package, order, path, room_of(path)))
    }
    assert upward == {}


@pytest.mark.parametrize(("order", "folder"), [(SERVER, "server"), (MODELS, "models")])
def test_every_row_of_the_order_exists_unless_planned(order: tuple[Room, ...], folder: str) -> None:
    rows = [room for room in order if not room.planned and room.name != "models"]
    for room in rows:
        place = ROOT / folder / room.name
        assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file(), room.name
    assert len({room.name for room in order}) == len(order)


def test_few_modules_lie_at_the_top_of_the_server() -> None:
    assert len(list((ROOT / "server").glob("*.py"))) <= MOST_AT_THE_TOP


def test_an_upward_import_is_found_even_inside_a_function(tmp_path: Path) -> None:
    module = tmp_path / "module.py"

    def upward(text: str, own: str = "items") -> list[str]:
        module.write_text(text)
        return upward_imports("lodespace", SERVER, module, own)

    assert "lodespace.web.app" in upward("def f():\n    from lodespace.web import app\n")
    for_checker = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lodespace.cli\n"
    assert upward(for_checker) == ["lodespace.cli"]
    assert upward("from lodespace import serve\n") == ["lodespace.serve"]
    assert upward("from lodespace.protocol import frames\nimport numpy\n") == []
    with pytest.raises(AssertionError, match="in no row"):
        upward("", own="helpers")


def test_no_module_has_a_name_without_a_topic() -> None:
    names = {path.stem for path in [*server_modules(), *models_modules()]}
    assert not names & {"helpers", "utils", "common", "misc", "tools", "base_utils"}
