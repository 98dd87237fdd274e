"""The language check: refuses phrases that rules.py lists, and lines over 100 columns.

    python tests/language/check.py                        all tracked files
    python tests/language/check.py server/web docs/gain.md    these files and folders
    python tests/language/check.py --count                number of matches per top-level folder

The exit status is 1 if there is a match. CONTRIBUTING.md has the rules of the language.
"""

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from prose import is_checked, prose_of
from rules import refused

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 100
# A line may be longer if one of its words has this length, such as an address or a key.
UNBREAKABLE = 70
TEST_NAME = 70
FEW = 20
"""Fewer files than this are checked in one process."""


@dataclass(frozen=True)
class Match:
    """A place in a file that has to be rewritten."""

    path: str
    line: int
    text: str
    rule: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text} -> {self.rule}: {self.instead}"


def matches_in(path: str, source: str) -> Iterator[Match]:
    """Yield each match in `source`, the text of the checked file at `path` in the repository."""
    for prose in prose_of(path, source):
        for line, text, rule in refused(prose):
            yield Match(path, line, text, rule.name, rule.instead)
        if prose.kind == "test name" and len(prose.text) > TEST_NAME:
            instead = f"at most {TEST_NAME} characters: test_what_when_expected"
            yield Match(path, prose.line, prose.text, "long test name", instead)
    for number, line in enumerate(source.splitlines(), 1):
        if is_too_long(path, line):
            instead = f"at most {COLUMNS} columns"
            yield Match(path, number, line.strip()[:60], f"{len(line)} columns", instead)


def is_too_long(path: str, line: str) -> bool:
    """Return whether a line is too long and can be wrapped, unlike a row of a Markdown table."""
    if len(line) <= COLUMNS or (path.endswith(".md") and line.lstrip().startswith("|")):
        return False
    return max(map(len, line.split()), default=0) < UNBREAKABLE


def tracked(parts: Sequence[str]) -> list[str]:
    """Return the paths of the tracked files: all of them, or those in the given `parts`."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--", *parts]
    listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def check(parts: Sequence[str] = ()) -> list[Match]:
    """Return the matches in all tracked files, or in the given files and folders."""
    paths = [path for path in tracked(parts) if is_checked(path)]
    if len(paths) < FEW:
        return [match for path in paths for match in _of_file(path)]
    with ProcessPoolExecutor() as pool:
        return [match for found in pool.map(_of_file, paths, chunksize=FEW) for match in found]


def _of_file(path: str) -> list[Match]:
    return list(matches_in(path, (ROOT / path).read_text(encoding="utf-8")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the matches, or the number of matches per top folder. Return the exit status."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "parts", nargs="*", help="paths of files and folders below the root of the repository"
    )
    parser.add_argument(
        "--count", action="store_true", help="print only the number of matches per top-level folder"
    )
    options = parser.parse_args(arguments)
    matches = check(options.parts)
    if options.count:
        for folder, number in Counter(match.path.split("/")[0] for match in matches).most_common():
            print(f"{number:6} {folder}")
        for rule, number in Counter(_group(match) for match in matches).most_common():
            print(f"{number:6}   {rule}")
        print(f"{len(matches):6} in all")
    else:
        print(*matches, sep="\n")
    return 1 if matches else 0


def _group(match: Match) -> str:
    return "long line" if match.rule.endswith(" columns") else match.rule


if __name__ == "__main__":
    sys.exit(main())
