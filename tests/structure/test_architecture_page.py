"""docs/architecture.md agrees with the code: pictures, tables, and files of the client."""

import re

import pytest
from structure import draw
from structure.imports import ROOT

PAGE = draw.PAGE.read_text()
NAMES = ("server", "models", "client")
RENEW = "run `make architecture`"


@pytest.fixture(scope="module")
def drawn() -> dict[str, draw.Drawing]:
    """The drawings by name: server, models, client."""
    return {drawing.name: drawing for drawing in draw.drawings()}


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_of_the_folders_is_current(drawn: dict[str, draw.Drawing], name: str) -> None:
    assert drawn[name].picture.read_text() == drawn[name].svg(), RENEW


def test_the_tables_of_the_folders_are_current(drawn: dict[str, draw.Drawing]) -> None:
    assert tuple(drawn) == NAMES
    assert draw.page_with_tables(PAGE, list(drawn.values())) == PAGE, RENEW
    assert all(drawing.table() in PAGE for drawing in drawn.values())


def test_every_folder_of_the_client_has_a_description(drawn: dict[str, draw.Drawing]) -> None:
    assert {topic.name for topic in drawn["client"].topics if not topic.content} == set()


def test_the_named_files_of_the_client_exist() -> None:
    named = set(re.findall(r"`(webxr_client/[\w./-]+)`", PAGE))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_import_goes_to_an_earlier_folder(drawn: dict[str, draw.Drawing], name: str) -> None:
    place = {topic.name: at for at, topic in enumerate(drawn[name].topics)}
    late = [(a, b) for a, b in drawn[name].imports if place[b] > place[a]]
    assert late == []
