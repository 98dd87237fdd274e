"""Text files with tables: decompression, and detection of the encoding."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.tables import old_encodings
from lodespace.importing.tables.table_rows import PACKED_SUFFIX
from lodespace.items.unpacking import most_unpacked, too_large

_TRIED_BYTES = 16 << 20
"""Largest part of a file that is decoded to find the encoding, in bytes."""
_BLOCK_BYTES = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks.

UTF-32 comes before UTF-16, because a mark of UTF-32 begins with a mark of UTF-16.
"""
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_INVALID = re.compile(r"[\udc80-\udcff]+")
"""Surrogate characters. The error handler surrogateescape decodes invalid UTF-8 bytes to them."""
DAMAGED = (OSError, EOFError, zlib.error)
"""Errors of reading a file that may be compressed."""


class TextFile:
    """A text file, which may be compressed by gzip. Raises DatasetError."""

    def __init__(self, path: Path, encoding: str | None, unpacked: float | None = None) -> None:
        """Find the encoding.

        Args:
            path: The file.
            encoding: Name of the encoding. None: found by byte order mark, or by trial.
            unpacked: Largest size to which the file may unpack, in GB (unpacking.py).
        """
        self.path = path
        self.unpacked = unpacked
        self.findings: list[Finding] = []
        """How the encoding was found, if that is doubtful."""
        try:
            if encoding is None:
                with self.open_bytes() as file:
                    unicode = _unicode_of(file)
                if unicode is not None:
                    self.encoding = unicode
                    return
                likely = old_encodings.likely(self._foreign())
                self.encoding = likely[0] if likely else "latin-1"
                text = f"the text is not UTF-8, and is read as {self.encoding}"
                self.findings.append(_doubt(text, likely, self.encoding))
            else:
                codecs.lookup(encoding)
                plain = encoding.lower().replace("-", "").replace("_", "")
                self.encoding = "utf-8-sig" if plain == "utf8" else encoding
                foreign = self._foreign()
                if foreign and old_encodings.is_unlikely(foreign, self.encoding):
                    text = f"the text has unlikely letters in {encoding}"
                    likely = old_encodings.likely(foreign)
                    self.findings.append(_doubt(text, likely, encoding))
        except LookupError as error:
            raise DatasetError(f"--encoding {encoding}: there is no such encoding") from error
        except DAMAGED as error:
            raise DatasetError(f"{path} cannot be read: {error}") from error

    def _foreign(self) -> bytes:
        """Return enough lines with bytes other than ASCII to guess the encoding."""
        found = b""
        with self.open_bytes() as file:
            for block in _blocks(file):
                found += old_encodings.foreign_lines(block)
                if len(found) >= old_encodings.SAMPLE_BYTES:
                    break
        return found

    @property
    def is_packed(self) -> bool:
        """Whether the file is compressed."""
        return self.path.suffix.lower() == PACKED_SUFFIX

    def open_bytes(self) -> IO[bytes]:
        """Open the unpacked bytes.

        Reading raises one of DAMAGED, or DatasetError for too many bytes.
        """
        if not self.is_packed:
            return self.path.open("rb")
        limit = most_unpacked(self.path.stat().st_size, self.unpacked)
        return io.BufferedReader(_Limited(self.path, limit, self.unpacked), _BLOCK_BYTES)

    def open(self) -> io.TextIOWrapper:
        """Open the text. Bytes that are invalid in the encoding become surrogates."""
        return io.TextIOWrapper(
            self.open_bytes(), encoding=self.encoding, errors="surrogateescape", newline=""
        )


class _Limited(io.RawIOBase):
    """The bytes of a gzip file. Reading more than `limit` bytes raises DatasetError."""

    def __init__(self, path: Path, limit: int, unpacked: float | None) -> None:
        self.path, self.left, self.unpacked = path, limit, unpacked
        self.file = cast(IO[bytes], gzip.open(path))  # noqa: SIM115  (closed by `close`)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        read = self.file.read(len(buffer))
        self.left -= len(read)
        if self.left < 0:
            raise DatasetError(f"{self.path} {too_large(self.unpacked)}")
        buffer[: len(read)] = read
        return len(read)

    def close(self) -> None:
        self.file.close()
        super().close()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    left = _TRIED_BYTES
    while left > 0 and (block := file.read(_BLOCK_BYTES)):
        left -= len(block)
        yield block


def _doubt(text: str, likely: Sequence[str], used: str) -> Finding:
    """Return a finding on an encoding, with the other encodings that are likely."""
    others = [name for name in likely if name != used] or ["cp1252", "mac-roman"]
    option = f"--encoding {' or '.join(name for name in others if name != used)}"
    return Finding("columns", text, doubtful=True, option=option)


def _unicode_of(file: IO[bytes]) -> str | None:
    """Return the Unicode encoding of a text; None if the text is not Unicode.

    The encoding is found by the byte order mark, or by trial.
    """
    utf8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    valid = invalid = 0
    for number, block in enumerate(_blocks(file)):
        if number == 0:
            known = next((name for mark, name in _MARKS if block.startswith(mark)), None)
            known = known or _utf16_of(block[:4096])
            if known is not None:
                return known
        if block.isascii():
            continue
        text = utf8.decode(block)
        foreign = "".join(_FOREIGN.findall(text))
        wrong = sum(map(len, _INVALID.findall(foreign)))
        invalid += wrong
        valid += len(foreign) - wrong
    return "utf-8-sig" if invalid <= valid else None


def _utf16_of(begin: bytes) -> str | None:
    """Return the encoding of UTF-16 text without a byte order mark; None if the text is not UTF-16.

    In UTF-16, nearly every second byte of Latin text is zero.
    """
    pairs = len(begin) // 2
    for offset, name in ((0, "utf-16-be"), (1, "utf-16-le")):
        if pairs > 1 and begin[offset::2].count(0) > 0.8 * pairs:
            return name
    return None
