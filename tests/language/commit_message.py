"""The check of a commit message. git runs this file as a commit-msg hook.

The argument is the path of a file that contains the message.

The subject is imperative, at most 72 columns, without a colon. A blank line and the reason follow.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pieces import Prose, without_code
from rules import refused

COLUMNS = 72
# Beginnings of the subjects that git writes itself.
_BY_GIT = re.compile(r'(?:Merge |Revert "|fixup! |squash! |amend! )')
# Imperatives that end like another form of a verb (`bring`, `need`). Below: words that are not
# verbs.
_VERBS = {"bring", "string", "ring", "embed", "feed", "seed", "speed", "shed", "proceed", "exceed"}
_VERBS |= {"need", "focus", "bias", "canvas"}
_NOT_VERBS = re.compile(
    r"(?:an?|the|this|that|these|those|its?|no|not|there|here|when|where|while|if|how|why|what|who|"
    r"which|whose|each|every|all|any|some|one|two|three|new|more|less|after|before|with|without|"
    r"in|on|at|for|from|by|of|to|and|or|but|also|now|only)\Z"
)
_OTHER_FORM = re.compile(r"\w+(?:ing|ed|[^su]s)\Z")


def faults(message: str) -> Iterator[str]:
    """Yield a text for each fault of a commit message."""
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    subject, body = (lines or [""])[0], lines[1:]
    if _BY_GIT.match(subject):
        return
    yield from _faults_of_subject(subject)
    if body and body[0].strip():
        yield "line 2: leave it blank"
    for number, line in enumerate(body, 2):
        if len(line) > COLUMNS and len(max(line.split(), key=len)) < COLUMNS - 2:
            yield f"line {number}: at most {COLUMNS} columns, it has {len(line)}"
    for line, text, rule in refused(Prose(1, without_code("\n".join(lines)), "text")):
        yield f"line {line}: {text} -> {rule.name}: {rule.instead}"


def _faults_of_subject(subject: str) -> Iterator[str]:
    if len(subject) > COLUMNS:
        yield f"subject: at most {COLUMNS} columns, it has {len(subject)}; the reason is body text"
    if re.search(r"[:;](?:\s|\Z)", without_code(subject)):
        yield "subject: no colon and no semicolon; write the second clause into the body"
    if subject.endswith("."):
        yield "subject: no full stop"
    words = subject.split()
    if not words:
        yield "subject: missing"
        return
    first = words[0]
    if not first[0].isupper():
        yield "subject: begin with a capital letter"
    verb = first.lower().strip("`'\"")
    if _NOT_VERBS.match(verb) or (_OTHER_FORM.match(verb) and verb not in _VERBS):
        yield f"subject: begin with an imperative such as Add, Move or Test, not {first}"


def main(arguments: Sequence[str]) -> int:
    """Print the faults of the message in the given file. Return the exit status."""
    found = list(faults(Path(arguments[0]).read_text(encoding="utf-8")))
    print(*found, sep="\n", end="\n" * bool(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
