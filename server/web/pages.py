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
    """Send a file of the folder assets/: only plain names, and no symbolic links."""
    name = request.match_info["name"]
    path = request.app[STATIC] / "assets" / name
    if "/" in name or name.startswith(".") or not path.is_file() or path.is_symlink():
        raise RequestError("There is no such file.", code="not_found", status=404)
    return web.FileResponse(path, headers={"Cache-Control": _YEAR})


async def get_model(request: web.Request) -> web.StreamResponse:
    """Send a model of a controller or hand.

    The build of the page copies these from @webxr-input-profiles/assets.
    """
    path = request.app[STATIC] / "models" / request.match_info["name"]
    if not path.is_file() or path.is_symlink():
        raise RequestError("There is no such file.", code="not_found", status=404)
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


async def get_icon(request: web.Request) -> web.StreamResponse:
    path = request.app[STATIC] / "icon.svg"
    if not path.is_file():
        raise RequestError("There is no such file.", code="not_found", status=404)
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})
