"""Comments, string literals and JSX text of a TypeScript file, and comments of a stylesheet."""

import re
from collections.abc import Iterator

from pieces import Kind, Prose, is_prose, without_code

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/\w*")
_SIMPLE_STRING = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_WORD = re.compile(r"[\w$]+")
_TAG = re.compile(r"<(?:[A-Za-z][\w.:-]*|(?=>))")
# After one of these tokens an expression begins: `/` then starts a regular expression, `<` JSX.
_BEFORE_EXPRESSION = re.compile(
    r"(?:^|[(,=:\[!&|?{};+*%~^-]|=>|\b(?:return|case|typeof|default|await|of|in|do|else))\s*$"
)


def typescript_prose(source: str, jsx: bool) -> Iterator[Prose]:
    """Yield each piece of prose of a TypeScript or JavaScript file."""
    reader = _Reader(source, jsx)
    reader.code(len(source))
    yield from reader.comments_joined()
    yield from reader.found


def css_prose(source: str) -> Iterator[Prose]:
    """Yield the comments of a stylesheet."""
    for comment in re.finditer(r"/\*.*?\*/", source, re.DOTALL):
        line = source.count("\n", 0, comment.start()) + 1
        yield Prose(line, without_code(_unmarked(comment.group())), "comment")


def _unmarked(comment: str) -> str:
    """Remove comment markers, and keep the number of lines."""
    inner = comment.removeprefix("//").removeprefix("/*").removesuffix("*/")
    return "\n".join(line.strip().removeprefix("*").strip() for line in inner.split("\n"))


class _Reader:
    """Reads a TypeScript source token by token. `at` is the position of the next token."""

    def __init__(self, source: str, jsx: bool) -> None:
        self.source = source
        self.jsx = jsx
        self.at = 0
        self.before = ""
        """The last characters of code before `at`, without comments."""
        self.comments: list[tuple[int, bool, str]] = []
        """Per comment: line number, whether no code is on that line, and text."""
        self.found: list[Prose] = []

    def code(self, end: int) -> None:
        """Read code up to the closing brace of this level, or to the end."""
        depth = 0
        while self.at < end:
            char = self.source[self.at]
            if char == "}" and depth == 0:
                return
            depth += (char == "{") - (char == "}")
            self._token(char)

    def _token(self, char: str) -> None:
        source, at = self.source, self.at
        if comment := _COMMENT.match(source, at):
            self._comment(comment)
        elif char in "'\"" and (string := _SIMPLE_STRING.match(source, at)):
            self._keep(at, string.group()[1:-1].replace("\\n", " "), "string")
            self._skip(string.end(), "''")
        elif char == "`":
            self._template()
        elif char == "/" and self._expression_begins() and (regex := _REGEX.match(source, at)):
            self._skip(regex.end(), "//")
        elif self.jsx and char == "<" and self._expression_begins() and _TAG.match(source, at):
            self._element()
        elif word := _WORD.match(source, at):
            self._skip(word.end(), word.group())
        else:
            self._skip(at + 1, char)

    def _skip(self, end: int, written: str) -> None:
        self.at = end
        self.before = (self.before + written)[-20:]

    def _expression_begins(self) -> bool:
        return _BEFORE_EXPRESSION.search(self.before) is not None

    def _line(self, at: int) -> int:
        return self.source.count("\n", 0, at) + 1

    def _keep(self, at: int, text: str, kind: Kind) -> None:
        if kind == "text" or is_prose(text):
            lead = text[: len(text) - len(text.lstrip())].count("\n")
            line = self._line(at) + lead
            text = "\n".join(part.strip() for part in text.strip().split("\n"))
            if text:
                self.found.append(Prose(line, without_code(text), kind))

    def _comment(self, comment: re.Match[str]) -> None:
        start = self.source.rfind("\n", 0, comment.start()) + 1
        alone = not self.source[start : comment.start()].strip()
        self.comments.append((self._line(comment.start()), alone, _unmarked(comment.group())))
        self.at = comment.end()

    def comments_joined(self) -> Iterator[Prose]:
        """Yield the comments. Comments on adjacent lines without code are joined to one piece."""
        first, text, following = 0, "", -1
        for line, alone, part in [*self.comments, (-9, False, "")]:
            if alone and line == following:
                text += "\n" + part
            else:
                if text:
                    yield Prose(first, without_code(text), "comment")
                first, text = line, part
            following = line + part.count("\n") + 1 if alone else -1

    def _template(self) -> None:
        start, text = self.at, ""
        self.at += 1
        while self.at < len(self.source) and self.source[self.at] != "`":
            if self.source.startswith("${", self.at):
                self.at += 2
                self.before = "{"
                self.code(len(self.source))
                self.at += 1
                text += "code"
            elif self.source[self.at] == "\\":
                text += " "
                self.at += 2
            else:
                text += self.source[self.at]
                self.at += 1
        self._keep(start, text, "string")
        self._skip(self.at + 1, "''")

    def _element(self) -> None:
        """Read a JSX element with its children."""
        tag = _TAG.match(self.source, self.at)
        assert tag is not None
        self.at = tag.end()
        while self.at < len(self.source):
            char = self.source[self.at]
            if self.source.startswith("/>", self.at):
                self._skip(self.at + 2, ")")
                return
            if char == ">":
                self.at += 1
                self._children()
                return
            if char == "{":
                self._container()
            elif char in "'\"":
                end = self.source.index(char, self.at + 1)
                self._keep(self.at, self.source[self.at + 1 : end], "string")
                self.at = end + 1
            elif comment := _COMMENT.match(self.source, self.at):
                self._comment(comment)
            else:
                self.at += 1

    def _children(self) -> None:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                self._skip(self.source.index(">", self.at) + 1, ")")
                return
            char = self.source[self.at]
            if char == "<":
                self._element()
            elif char == "{":
                self._container()
            else:
                text = re.compile(r"[^<{]+").match(self.source, self.at)
                assert text is not None
                self._keep(self.at, text.group(), "text")
                self.at = text.end()

    def _container(self) -> None:
        """Read an `{expression}` that is the value of an attribute, or a child of an element."""
        self.at += 1
        self.before = "{"
        self.code(len(self.source))
        self.at += 1
