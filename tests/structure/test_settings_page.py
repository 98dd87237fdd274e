"""The tables of settings in docs/training.md agree with the code."""

from structure.settings_page import PAGE, with_tables


def test_the_tables_of_settings_are_current() -> None:
    page = PAGE.read_text()
    assert with_tables(page) == page, "run `python -m structure.settings_page`, see its docstring"
    assert page.count("| `") > 30
