"""lodespace.show: a bake in a notebook, by a server that only sends files of that bake."""

import re
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import lodespace
from lodespace.errors import LodespaceError, ProjectError
from lodespace.notebook.shown import VIEW_NAMES
from lodespace.web.site_server import SiteServer

ROOT = Path(__file__).parent.parent.parent
DEMO = ROOT / "assets" / "demo"


@pytest.fixture
def bake(tmp_path: Path) -> Path:
    """A folder with the files that `show` looks at."""
    folder = tmp_path / "my bake"
    folder.mkdir()
    shutil.copy(DEMO / "lodespace.json", folder)
    (folder / "index.html").write_text("<p>the scene</p>")
    (folder / "assets").mkdir()
    (folder / "assets" / "page.js").write_text("export {}")
    (tmp_path / "private.txt").write_text("private")
    return folder


@pytest.fixture
def server() -> Iterator[SiteServer]:
    started = SiteServer()
    yield started
    started.stop()


def get(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=named), timeout=30) as a:
            return a.status, a.read(), dict(a.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def test_a_bake_is_shown_in_a_frame_with_the_given_view(bake: Path) -> None:
    shown = lodespace.show(bake, height=300, target=(0, 0.1, 0), autoplay=True, speed=2)
    assert shown.url.startswith("http://127.0.0.1:")
    assert shown.url.endswith("/?target=0,0.1,0&autoplay=yes&speed=2")
    assert get(shown.url)[1] == b"<p>the scene</p>"
    frame = shown._repr_html_()
    assert f'src="{shown.url.replace("&", "&amp;")}"' in frame
    assert 'height="300"' in frame
    assert 'allow="xr-spatial-tracking; fullscreen; clipboard-write"' in frame
    assert shown.url in repr(shown)
    again = lodespace.show(bake)
    assert again.url == shown.url.split("?")[0], "a second call starts a second server"


def test_the_server_sends_only_files_of_its_folders(server: SiteServer, bake: Path) -> None:
    (bake / "link.txt").symlink_to(bake.parent / "private.txt")
    url = server.address_of(bake)
    status, body, headers = get(f"{url}assets/page.js")
    assert (status, body) == (200, b"export {}")
    assert "javascript" in headers["Content-Type"]
    assert "frame-ancestors http://localhost:*" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    root = f"http://127.0.0.1:{server.port}"
    for path in (
        f"{url}../private.txt",
        f"{url}..%2Fprivate.txt",
        f"{url}%2e%2e/private.txt",
        f"{url}link.txt",
        f"{url}assets",
        f"{url}/etc/passwd",
        f"{url}a%00b",
        f"{url}{'x' * 300}",
        f"{root}/",
        f"{root}/unknown/index.html",
    ):
        status, body, _ = get(path)
        assert (status, b"private" in body) == (404, False), path


def test_requests_of_other_pages_are_refused(server: SiteServer, bake: Path) -> None:
    url = server.address_of(bake)
    assert get(url, Host="evil.example")[0] == 421
    assert get(url, Origin="https://evil.example")[0] == 403
    assert get(url, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403
    framed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert get(url, Sec_Fetch_Dest="iframe", **framed)[0] == 200
    request = urllib.request.Request(url, data=b"x", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(request, timeout=30)


def test_a_stopped_server_answers_nothing(bake: Path) -> None:
    server = SiteServer()
    url = server.address_of(bake)
    server.stop()
    server.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=30)


def test_a_taken_port_is_reported(bake: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LodespaceError, match="cannot be used"):
            lodespace.show(bake, port=taken.getsockname()[1])


def test_a_folder_without_a_site_is_refused_with_what_to_do(bake: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is not a folder"):
        lodespace.show(tmp_path / "nothing")
    with pytest.raises(ProjectError, match=r"is not a bake: it has no lodespace\.json"):
        lodespace.show(tmp_path)
    with pytest.raises(ProjectError, match="baked without the part `site`"):
        lodespace.show(DEMO)
    manifest = (bake / "lodespace.json").read_text()
    (bake / "lodespace.json").write_text(manifest.replace('"bake"', '"project"'))
    with pytest.raises(ProjectError, match=r"lodespace\.serve\(project="):
        lodespace.show(bake)
    with pytest.raises(TypeError, match="unknown view parameter: colur"):
        lodespace.show(bake, colur="label")


def test_the_names_of_a_view_are_those_of_the_documentation() -> None:
    page = (ROOT / "docs" / "scenes.md").read_text()
    table = page.split("## The address")[1].split("\n- ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == VIEW_NAMES
    sources = ROOT / "webxr_client" / "src"
    files = ("state/site-view.ts", "app/tiles.ts")
    client = "".join((sources / file).read_text() for file in files)
    for name in VIEW_NAMES:
        assert re.search(rf'\("{name}"', client), f"the page does not read {name}"
