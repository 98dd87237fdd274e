"""Files of the built page: HTML, scripts, models, icon."""

from pathlib import Path

from aiohttp import web

from lodespace.errors import RequestError

STATIC = web.AppKey("static", Path)
"""Folder of the built page."""
_YEAR = "public, max-age=31536000, immutable"


async def get_page(request: web.Request) -> web.StreamResponse:
    return _built_page(request, "index.html")


async def get_check(request: web.Request) -> web.StreamResponse:
    return _built_page(request, "check.html")


def _built_page(request: web.Request, name: str) -> web.StreamResponse:
    page = request.app[STATIC] / name
    if not page.is_file():
        message = "The page is not built. Run `make client`, or install with `pip install .`."
        raise RequestError(message, code="no_page", status=503)
    return web.FileResponse(page, headers={"Cache-Control": "no-cache"})


async def get_static(request: web.Request) -> web.StreamResponse:
    """Send a file of the folder assets/. Names with a slash or a leading dot are refused."""
    name = request.match_info["name"]
    if "/" in name or name.startswith("."):
        raise _not_found()
    return _file(request.app[STATIC] / "assets" / name, _YEAR)


async def get_model(request: web.Request) -> web.StreamResponse:
    """Send a model of a controller or hand.

    The build of the page copies the models from @webxr-input-profiles/assets.
    """
    return _file(request.app[STATIC] / "models" / request.match_info["name"], "no-cache")


async def get_icon(request: web.Request) -> web.StreamResponse:
    return _file(request.app[STATIC] / "icon.svg", "no-cache")


def _file(path: Path, cache_control: str) -> web.FileResponse:
    """Return an answer with a file. Raises RequestError for a missing file or a symbolic link."""
    if not path.is_file() or path.is_symlink():
        raise _not_found()
    return web.FileResponse(path, headers={"Cache-Control": cache_control})


def _not_found() -> RequestError:
    return RequestError("There is no such file.", code="not_found", status=404)
