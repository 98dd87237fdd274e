"""The check of commit messages."""

from pathlib import Path

import commit_message
import pytest

# The check also reads this file, but not a string of one word.
FAULT = "anew"


@pytest.mark.parametrize(
    "message",
    [
        "Quantise forces to the 99th percentile",
        "Process labels in order\n\nTwo clients could label one item at once.\n",
        "Move `server/a.py: b` to server/items\n\n# Changes to be committed:\n",
        'Revert "Add: something that was far too long for one line of a subject, and more"',
        "Add a link\n\nhttps://example.org/" + "x" * 80,
        "Embed the font",
    ],
)
def test_a_good_message_passes(message: str) -> None:
    assert list(commit_message.faults(message)) == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("Quantise forces to the 99th percentile: two points pushed hard", "no colon"),
        ("Split the session; it was too large", "no semicolon"),
        ("Quantise forces to the 99th percentile, because two points pushed so very hard", "72"),
        ("Added a test", "imperative"),
        ("Adds a test", "imperative"),
        ("Adding a test", "imperative"),
        ("The test of the log", "imperative"),
        ("add a test", "capital"),
        ("Add a test.", "full stop"),
        ("Add a test\nof the log", "blank"),
        ("Add a test\n\n" + "word " * 15 + "word", "line 3: at most 72"),
        ("Make the graph " + FAULT, FAULT),
        ("", "missing"),
    ],
)
def test_a_fault_is_named(message: str, fault: str) -> None:
    assert any(fault in found for found in commit_message.faults(message))


def test_the_hook_reads_the_file_that_git_gives(tmp_path: Path, capsys) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_text("Add a test\n", encoding="utf-8")
    assert commit_message.main([str(file)]) == 0
    assert capsys.readouterr().out == ""
    file.write_text("Added a test\n", encoding="utf-8")
    assert commit_message.main([str(file)]) == 1
    assert "imperative" in capsys.readouterr().out
