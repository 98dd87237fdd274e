"""docs/architecture.md agrees with the code: pictures, tables, and files of the client."""

import re

import pytest
from structure import draw
from structure.imports import ROOT

PAGE = draw.PAGE.read_text()
DRAWN = {drawing.name: drawing for drawing in draw.drawings()}
RENEW = "run `make architecture`"


@pytest.mark.parametrize("name", DRAWN)
def test_the_picture_of_the_folders_is_current(name: str) -> None:
    assert DRAWN[name].picture.read_text() == DRAWN[name].svg(), RENEW


def test_the_tables_of_the_folders_are_current() -> None:
    assert draw.page_with_tables(PAGE, list(DRAWN.values())) == PAGE, RENEW
    assert all(drawing.table() in PAGE for drawing in DRAWN.values())


def test_every_folder_of_the_client_has_a_description() -> None:
    assert {topic.name for topic in DRAWN["client"].topics if not topic.content} == set()


def test_the_named_files_of_the_client_exist() -> None:
    named = set(re.findall(r"`(webxr_client/[\w./-]+)`", PAGE))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("name", DRAWN)
def test_every_import_goes_to_an_earlier_folder(name: str) -> None:
    place = {topic.name: at for at, topic in enumerate(DRAWN[name].topics)}
    late = [(a, b) for a, b in DRAWN[name].imports if place[b] > place[a]]
    assert late == []
