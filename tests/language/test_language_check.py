"""The language check finds the faults in every kind of file, and accepts correct text."""

from pathlib import Path

import check
import pytest
from pieces import Prose
from prose import is_checked, prose_of
from rules import RULES, refused

HERE = Path(__file__).parent


def sentences(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def found_in(path: str, source: str) -> list[tuple[int, str]]:
    return [(match.line, match.rule) for match in check.matches_in(path, source)]


@pytest.mark.parametrize("sentence", sentences("refused.txt"))
def test_a_mannered_sentence_is_refused(sentence: str) -> None:
    prose = next(prose_of("page.md", sentence))
    assert list(refused(prose))


@pytest.mark.parametrize("sentence", sentences("accepted.txt"))
def test_a_plain_sentence_is_accepted(sentence: str) -> None:
    prose = next(prose_of("page.md", sentence))
    assert [(text, rule.name) for _, text, rule in refused(prose)] == []


def test_every_rule_has_a_sentence_that_it_refuses() -> None:
    lines = sentences("refused.txt")
    names = {rule.name for line in lines for _, _, rule in refused(Prose(1, line, "text"))}
    assert names == {rule.name for rule in RULES}


def test_the_advice_of_no_rule_is_refused() -> None:
    for rule in RULES:
        assert list(refused(Prose(1, rule.instead, "text"))) == []


# Replaces WORD in the files below. The check also reads this file, but not a string of one word.
FAULT = "anew"

PYTHON = """\"\"\"Made WORD.\"\"\"
# The graph is made
# WORD.
limit = 3  # made WORD
key = "WORD"
message = f"{limit} items were " "made WORD"
class Item:
    name: str
    \"\"\"WORD, but `WORD` is code.\"\"\"
def test_it_is_made_WORD(): ...
"""


def lines_with_fault(path: str, source: str) -> list[int]:
    found = found_in(path, source.replace("WORD", FAULT))
    return sorted(line for line, rule in found if rule == FAULT)


def test_python_comments_docstrings_strings_and_test_names_are_read() -> None:
    assert lines_with_fault("server/some.py", PYTHON) == [1, 3, 4, 6, 9, 10]


TYPESCRIPT = """// The graph is made
// WORD.
const pattern = /"WORD and WORD/; const ratio = a / b; // WORD
/** Made
 * WORD. */
const key = "WORD";
const text = `made ${count(`is WORD, ${key}`)} WORD`;
const page = (
  <p title="made WORD" class={pick("made WORD")}>
    Don't make it WORD {count} times <b>WORD</b>
    {/* made WORD */}
  </p>
);
it("is made WORD", () => {});
"""


def test_typescript_comments_strings_and_jsx_text_are_read() -> None:
    lines = [2, 3, 5, 7, 7, 9, 9, 10, 10, 11, 14]
    assert lines_with_fault("webxr_client/src/some.tsx", TYPESCRIPT) == lines


def test_a_comparison_in_typescript_is_not_an_element() -> None:
    source = 'if (a < b && c > d) { show("it isn\'t WORD"); }\nconst x: Array<string> = [];\n'
    assert lines_with_fault("webxr_client/src/some.tsx", source) == [1]


MARKDOWN = """# Heading

| a | b |
|---|---|
| `WORD` | WORD |

A paragraph that is made
[WORD](WORD.md), `WORD`.

- an item that is
  WORD
```
made WORD
```
"""


def test_markdown_text_and_tables_are_read_without_code() -> None:
    assert lines_with_fault("docs/some.md", MARKDOWN) == [5, 8, 11]


def test_a_phrase_may_continue_on_the_next_line() -> None:
    assert found_in("a.md", "an item of\n" + "now\n") == [(1, "adverb of time as a noun")]


def test_a_heading_may_begin_with_a_free_relative() -> None:
    question = " ".join(["What", "you", "need"])
    assert found_in("a.md", f"# {question}\n") == []
    assert found_in("a.md", f"{question}\n") == [(1, "free relative as subject")]


def test_comments_of_styles_pages_and_scripts_are_read() -> None:
    assert lines_with_fault("a.css", ".WORD { }\n/* made\n * WORD */\n") == [3]
    assert lines_with_fault("a.html", "<p>made WORD</p>\n<!-- WORD -->") == [1, 2]
    assert lines_with_fault("Makefile", "a:  ## made WORD\n# made\n# WORD\n") == [1, 3]


def test_lines_over_100_columns_are_refused_where_they_can_be_wrapped() -> None:
    words = "word " * 21
    assert found_in("a.py", f"# {words}") == [(1, "107 columns")]
    assert found_in("a.md", f"| {words} |") == []
    assert found_in("a.md", f"See https://example.org/{'x' * 90}") == []


def test_a_long_test_name_is_refused() -> None:
    assert found_in("a.py", f"def test_{'x' * 66}(): ...") == [(1, "long test name")]
    assert found_in("a.py", f"def test_{'x' * 65}(): ...") == []


def test_generated_files_and_data_are_not_checked() -> None:
    assert is_checked("README.md") and is_checked("Makefile") and is_checked("server/cli.py")
    assert not is_checked("webxr_client/src/protocol/messages.ts")
    assert not is_checked("assets/digits/dataset.json")


def test_a_match_is_reported_with_place_and_advice(tmp_path: Path, monkeypatch, capsys) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"It is made {FAULT}.\n", encoding="utf-8")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "tracked", lambda parts: ["page.md"])
    assert check.main(["page.md"]) == 1
    assert capsys.readouterr().out.startswith(f"page.md:1: It is made {FAULT}. -> {FAULT}: again")
    assert check.main(["--count"]) == 1
    assert "1 page.md" in capsys.readouterr().out
    page.write_text("It is made again.\n", encoding="utf-8")
    assert check.main([]) == 0
