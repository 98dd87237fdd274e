"""Weights that are downloaded: their files in the cache of the user, with their SHA-256."""

import hashlib
import http.client
import re
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import platformdirs
from tqdm import tqdm

from lodespace.errors import DatasetError
from lodespace.files import reason_of

HUB = "https://huggingface.co"
"""Server of the files of the Hugging Face Hub."""
WAIT_SECONDS = 30.0
"""Longest time without a byte from the server, in seconds."""
_AT_ONCE = 1 << 20
_HASH = re.compile(r"[0-9a-f]{64}")
_ANNOUNCED = "X-Linked-Etag"
"""Header in which the Hugging Face Hub announces the SHA-256 of a large file, before it redirects
to the server that has the file."""
HASHES = "sha256"
"""File with the SHA-256 of all files of a network, in its folder."""
_NOT_FOUND = (401, 403, 404)
"""Statuses of the server for a file that does not exist or needs a login. The Hugging Face Hub
answers with 401 for a network that does not exist."""
_NO_FILE = (
    "The network does not exist, needs a login, or has no weights in the format safetensors. Check "
    "its name"
)
_AGAIN = "Start the command again"


class _NoFileError(ValueError):
    """The server does not have a file, or does not give it to everybody."""


@dataclass(frozen=True)
class RemoteFile:
    """A file with weights, or a file that belongs to them."""

    url: str
    """Address, with https."""
    name: str
    """Path of the file in the folder of the network, with slashes."""
    sha256: str = ""
    """Beginning of the SHA-256 that is known before the download, in hexadecimal digits."""
    optional: bool = False
    """Whether some networks do not have this file."""


@dataclass(frozen=True)
class Weights:
    """The files of a pretrained network, and what a person has to know before the download."""

    network: str
    """Name for `--features`, such as timm:resnet18.a1_in1k."""
    files: tuple[RemoteFile, ...]
    """The files. The first one has the weights."""
    megabytes: float
    """Approximate size of all files, in MB; 0 if it is not known."""
    licence: str
    """Licence of the weights, as the source states it."""

    @property
    def folder(self) -> Path:
        """Folder of the files, in the cache of the user."""
        return cache_folder() / quote(self.network, safe="")

    @property
    def stored(self) -> bool:
        """Whether the files are in the cache of the user."""
        return self._hash_file.is_file()

    @property
    def _hash_file(self) -> Path:
        return self.folder / HASHES

    def description(self) -> str:
        """Return source, size and licence in words."""
        source = urlsplit(self.files[0].url)
        size = f"about {self.megabytes:,.0f} MB" if self.megabytes else "size not known"
        return f"{source.netloc}{source.path}, {size}, licence: {self.licence}"

    def checked(self) -> tuple[Path, str]:
        """Return the path of the file with the weights, and its SHA-256.

        Raises DatasetError if the files are not stored, or if one of them has changed since the
        download.
        """
        path = self.folder / self.files[0].name
        if not self.stored:
            raise DatasetError(
                f"the weights of {self.network} are not on this computer; download them: "
                f"{self.command()}"
            )
        try:
            recorded = self._hash_file.read_text(encoding="utf-8")
            hashes = {name: hash_of(self.folder / name) for name in _names_in(self.folder)}
        except (OSError, ValueError):
            recorded, hashes = "unreadable", {}
        if recorded != listed(hashes) or self.files[0].name not in hashes:
            raise DatasetError(
                f"the weights in {self.folder} were changed since their download; delete this "
                f"folder and download them again: {self.command()}"
            )
        return path, hashes[self.files[0].name]

    def command(self) -> str:
        """Return the command that downloads the files."""
        return f"lodespace import DATA --features {self.network} --download"

    def download(self, *, progress: bool) -> None:
        """Download the files, and store them together.

        Nothing is stored if a file is incomplete, or has another SHA-256 than the one that was
        known before or that the server announces. `progress` shows a bar on the terminal. Raises
        DatasetError.
        """
        folder = self.folder
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".download-") as made:
                new = Path(made) / "files"
                found = {
                    file.name: _fetch(file, new / file.name, progress=progress)
                    for file in self.files
                }
                (new / HASHES).write_text(listed(found), encoding="utf-8")
                if folder.exists():
                    shutil.rmtree(folder)
                new.rename(folder)
        except urllib.error.URLError as error:
            self._refuse(f"the server cannot be reached: {error.reason}", error)
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            self._refuse(f"the connection broke off ({type(error).__name__})", error)
        except OSError as error:
            raise DatasetError(
                f"the weights cannot be stored: {reason_of(error, folder)}"
            ) from error
        except ValueError as error:
            advice = _NO_FILE if isinstance(error, _NoFileError) else _AGAIN
            self._refuse(str(error), error, advice)

    def _refuse(self, reason: str, error: Exception, advice: str = _AGAIN) -> None:
        raise DatasetError(
            f"the download of {self.network} failed: {reason}. Nothing was stored. {advice}"
        ) from error


def listed(hashes: dict[str, str]) -> str:
    """Return the text of the file `HASHES`: a line per file, with its SHA-256 and its name.

    Files without a hash, which were not there, have no line.
    """
    return "".join(f"{found}  {name}\n" for name, found in sorted(hashes.items()) if found)


def _names_in(folder: Path) -> list[str]:
    """Return the names of all files in the folder of a network, except `HASHES`."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [name for name in names if name != HASHES]


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Return the folder of downloaded weights, in the cache of the user."""
    return platformdirs.user_cache_path("lodespace", appauthor=False) / "weights"


def hub_files(
    repository: str, *names: str, optional: tuple[str, ...] = ()
) -> tuple[RemoteFile, ...]:
    """Return the files with these names in a repository of the Hugging Face Hub."""
    # `quote`, because a person may have typed the name, with characters that URLs cannot contain.
    place = f"{HUB}/{quote(repository)}/resolve/main"
    return tuple(
        RemoteFile(f"{place}/{name}", name, optional=name in optional)
        for name in (*names, *optional)
    )


def hub_weights(
    network: str,
    repository: str,
    *names: str,
    optional: tuple[str, ...] = (),
    megabytes: float,
    licence: str = "",
) -> Weights:
    """Return the weights of a network in a repository of the Hugging Face Hub.

    Args:
        network: Name for `--features`.
        repository: OWNER/NAME.
        names: Names of the files. The first one has the weights.
        optional: Names of further files, which some repositories do not have.
        megabytes: Approximate size of all files, in MB; 0 if it is not known.
        licence: Licence of the weights; "" if it is not known.
    """
    page = f"not known here, see {HUB}/{repository}"
    files = hub_files(repository, *names, optional=optional)
    return Weights(network, files, megabytes, licence or page)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not from https to http, and keeps the announced SHA-256."""

    def __init__(self) -> None:
        self.announced = ""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        self.announced = self.announced or str(headers.get(_ANNOUNCED) or "")
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise ValueError("the server redirects to an address without encryption")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetch(file: RemoteFile, path: Path, *, progress: bool) -> str:
    """Download a file, and return its SHA-256; "" for an optional file that does not exist.

    Raises ValueError if it is incomplete or has another SHA-256, and the errors of urllib.
    """
    redirects = _Redirects()
    opener = urllib.request.build_opener(redirects)
    request = urllib.request.Request(  # noqa: S310  # an address from this package
        file.url, headers={"User-Agent": "lodespace"}
    )
    try:
        answer = opener.open(request, timeout=WAIT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404 and file.optional:
            return ""
        kind = _NoFileError if error.code in _NOT_FOUND else ValueError
        raise kind(f"{file.url} answers with status {error.code}") from error
    digest, length = hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    expected = answer.headers.get("Content-Length")
    announced = (redirects.announced or str(answer.headers.get(_ANNOUNCED) or "")).strip('"')
    bar = tqdm(
        total=None if expected is None else int(expected),
        desc=file.name,
        unit="B",
        unit_scale=True,
        disable=not (progress and sys.stderr.isatty()),
        leave=False,
    )
    with answer, path.open("wb") as written, bar:
        while block := answer.read(_AT_ONCE):
            written.write(block)
            digest.update(block)
            length += len(block)
            bar.update(len(block))
    if expected is not None and length != int(expected):
        raise ValueError(f"only {length:,} of {int(expected):,} bytes of {file.name} arrived")
    found = digest.hexdigest()
    known = (file.sha256, announced if _HASH.fullmatch(announced) else "")
    for wanted in known:
        if not found.startswith(wanted):
            raise ValueError(
                f"{file.name} has another SHA-256 ({found[:12]}…) than expected ({wanted[:12]}…)"
            )
    return found
