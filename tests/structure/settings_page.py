"""Tables of the settings for docs/training.md, made from the code.

Run `PYTHONPATH=tests .venv/bin/python -m structure.settings_page` after a setting has changed. A
test fails if the tables in the page differ from the code.
"""

from collections.abc import Sequence

from structure.imports import ROOT

from lodespace.models.config_table import HYPERPARAMETERS, defaults_of
from lodespace.models.hyperparameters.hyperparameter import text_of
from lodespace.session.run_settings import RUN_SETTINGS, RunSettings

PAGE = ROOT / "docs" / "training.md"


def with_tables(page: str) -> str:
    """Return `page` with current tables. Each table is between two HTML comments of the page."""
    for name, rows in (("hyperparameters", _hyperparameters()), ("run settings", _run_settings())):
        begin, end = f"<!-- {name} -->", "<!-- end -->"
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        page = f"{before}{begin}\n\n" + "\n".join(rows) + f"\n\n{end}{after}"
    return page


def _hyperparameters() -> list[str]:
    rows: list[Sequence[str]] = []
    for row in HYPERPARAMETERS.values():
        when = "during training" if row.adjustable else "fixed"
        if row.in_sessions:
            when += "; only sessions use it"
        text = " ".join(row.description.split())
        rows.append((f"`{row.name}`", text, row.range, defaults_of(row), when))
    return _table(("setting", "meaning", "values", "default", "can change"), rows)


def _run_settings() -> list[str]:
    defaults = RunSettings()
    rows: list[Sequence[str]] = []
    for row in RUN_SETTINGS.values():
        value = getattr(defaults, row.field)
        text = " ".join(row.description.split())
        rows.append((f"`{row.name}`", text, row.range, "" if value is None else text_of(value)))
    return _table(("setting", "meaning", "values", "default"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    # A vertical bar in a cell would begin another cell.
    escaped = [[cell.replace("|", "\\|") for cell in cells] for cells in lines]
    return ["| " + " | ".join(cells) + " |" for cells in escaped]


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
