"""Modules of server/ and models/ import only from earlier topics in the order of order.py."""

from pathlib import Path

import pytest
from structure.imports import (
    ROOT,
    imported_topics,
    models_modules,
    module_name,
    server_modules,
    topic_of,
)
from structure.order import MODELS, SERVER, Topic

MOST_AT_THE_TOP = 10


def late_imports(package: str, order: tuple[Topic, ...], path: Path, own: str) -> list[str]:
    """Return imports of the module `path` from topics that follow its topic `own` in `order`."""
    place = {topic.name: at for at, topic in enumerate(order)}
    assert own in place, f"{path}: tests/structure/order.py has no topic '{own}'"
    return [name for topic, name in imported_topics(path, package) if place[topic] > place[own]]


@pytest.mark.parametrize(
    ("package", "order", "modules"),
    [("lodespace", SERVER, server_modules()), ("lodespace.models", MODELS, models_modules())],
    ids=["server", "models"],
)
def test_modules_import_nothing_from_later_topics(
    package: str, order: tuple[Topic, ...], modules: list[Path]
) -> None:
    late = {
        module_name(path): found
        for path in modules
        if (found := late_imports(package, order, path, topic_of(path)))
    }
    assert late == {}


@pytest.mark.parametrize(("order", "folder"), [(SERVER, "server"), (MODELS, "models")])
def test_every_topic_of_the_order_exists_unless_planned(
    order: tuple[Topic, ...], folder: str
) -> None:
    existing = [topic for topic in order if not topic.planned and topic.name != "models"]
    for topic in existing:
        place = ROOT / folder / topic.name
        assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file(), topic.name
    assert len({topic.name for topic in order}) == len(order)


def test_few_modules_lie_at_the_top_of_the_server() -> None:
    assert len(list((ROOT / "server").glob("*.py"))) <= MOST_AT_THE_TOP


def test_a_late_import_is_found_even_inside_a_function(tmp_path: Path) -> None:
    module = tmp_path / "module.py"

    def late(text: str, own: str = "items") -> list[str]:
        module.write_text(text)
        return late_imports("lodespace", SERVER, module, own)

    assert "lodespace.web.app" in late("def f():\n    from lodespace.web import app\n")
    for_checker = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lodespace.cli\n"
    assert late(for_checker) == ["lodespace.cli"]
    assert late("from lodespace import serve\n") == ["lodespace.serve"]
    assert late("from lodespace.protocol import frames\nimport numpy\n") == []
    with pytest.raises(AssertionError, match="no topic 'helpers'"):
        late("", own="helpers")


def test_no_module_has_a_name_without_a_topic() -> None:
    names = {path.stem for path in [*server_modules(), *models_modules()]}
    assert not names & {"helpers", "utils", "common", "misc", "tools", "base_utils"}
