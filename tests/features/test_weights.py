"""Downloads of weights: complete, broken off, with another hash, changed afterwards."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lodespace.errors import DatasetError
from lodespace.features import weights as weights_module
from lodespace.features.weights import RemoteFile, Weights

CONTENT = bytes(range(256)) * 5000
HASH = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Hub:
    """A server of files on this computer."""

    url: str = ""
    announced: str = HASH
    """SHA-256 in the header of the redirect."""
    sent: int = len(CONTENT)
    """Number of bytes until the connection breaks off."""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def hub() -> Iterator[Hub]:
    known = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            if self.path == "/model":
                self.send_response(302)
                self.send_header("Location", "/stored")
                self.send_header("X-Linked-Etag", f'"{known.announced}"')
                self.end_headers()
            elif self.path in ("/stored", "/settings"):
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(CONTENT[: known.sent])
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def files(hub: Hub) -> Weights:
    files = (
        RemoteFile(f"{hub.url}/model", "model.safetensors", HASH[:8]),
        RemoteFile(f"{hub.url}/settings", "part/config.json"),
        RemoteFile(f"{hub.url}/nothing", "vocab.txt", optional=True),
    )
    return Weights("timm:some/net", files, 1.3, "MIT")


def test_all_files_are_stored_with_the_hash(files: Weights, cache: Path) -> None:
    assert not files.stored
    files.download(progress=False)
    assert files.stored and files.folder == cache / "timm%3Asome%2Fnet"
    path, found = files.checked()
    assert (path.read_bytes(), found) == (CONTENT, HASH)
    assert (files.folder / "part" / "config.json").read_bytes() == CONTENT
    assert not (files.folder / "vocab.txt").exists()
    assert [path.name for path in cache.iterdir()] == ["timm%3Asome%2Fnet"], (
        "temporary files are left"
    )


def refused(files: Weights, cache: Path, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        files.download(progress=False)
    assert not files.stored and (not cache.exists() or not list(cache.iterdir()))


def test_a_download_that_breaks_off_stores_nothing(files: Weights, hub: Hub, cache: Path) -> None:
    hub.sent = 70_000
    refused(files, cache, "only 70,000 of 1,280,000 bytes of model.safetensors.*Nothing was stored")


def test_another_hash_than_the_known_or_announced_one_is_refused(
    files: Weights, hub: Hub, cache: Path
) -> None:
    hub.announced = "0" * 64
    refused(files, cache, "another SHA-256")
    hub.announced = ""
    other = replace(files, files=(replace(files.files[0], sha256="00000000"), *files.files[1:]))
    refused(other, cache, r"model.safetensors has another SHA-256 .* than expected \(00000000")
    files.download(progress=False)
    with pytest.raises(DatasetError, match="another SHA-256"):
        other.download(progress=False)
    assert files.checked()[1] == HASH, "a failed download has removed the stored files"


def test_a_missing_file_and_a_missing_server_are_reported(
    files: Weights, hub: Hub, cache: Path
) -> None:
    missing = replace(files, files=(RemoteFile(f"{hub.url}/nothing", "a"),))
    refused(
        missing,
        cache,
        "status 404.*does not exist, needs a login, or has no.*Check its name",
    )
    nobody = replace(files, files=(RemoteFile("http://127.0.0.1:1/a", "a"),))
    refused(nobody, cache, "the server cannot be reached")


def test_weights_that_are_missing_or_changed_later_are_refused(files: Weights, cache: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"not on this computer; .*--features timm:some/net --do"
    ):
        files.checked()
    for name in ("model.safetensors", "part/config.json", "vocab.txt"):
        files.download(progress=False)
        files.checked()
        (files.folder / name).write_bytes(CONTENT[1:])
        with pytest.raises(DatasetError, match="changed since their download; delete this folder"):
            files.checked()


def test_a_name_with_odd_characters_stays_a_path_of_the_hub() -> None:
    (file,) = weights_module.hub_files("owner/näme of?a net", "a.json")
    assert file.url == f"{weights_module.HUB}/owner/n%C3%A4me%20of%3Fa%20net/resolve/main/a.json"


def test_networks_with_similar_names_have_folders_of_their_own() -> None:
    names = ("timm:a/b", "timm:a:b", "timm:a-b", "timm-a-b", "timm/a-b")
    assert len({Weights(name, (), 0, "").folder for name in names}) == len(names)


def test_a_cache_that_cannot_be_written_is_reported(files: Weights, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file")
    with pytest.raises(DatasetError, match="cannot be stored"):
        files.download(progress=False)
