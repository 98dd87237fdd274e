"""Exports of the served project for download: all formats of `lodespace export` but class folders.

A process of its own writes an export, because some formats load torch, and a large table would
delay the answers to other clients. The process reads the labels that are on disk.
"""

import asyncio
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec
from aiohttp import web

from lodespace.errors import LodespaceError, RequestError
from lodespace.exporting.formats import FILES, FOLDERS
from lodespace.json_input import json_of
from lodespace.service.service import Service
from lodespace.web.api import SERVICE, file_name
from lodespace.web.request_guard import visitor_of

FORMATS = (*FILES, *(name for name in FOLDERS if name != "classes"))
"""Formats for download. A folder is sent as a ZIP file.

Class folders are missing, because they are copies of the original files.
"""
COMMAND: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace", "export", "--json")
"""Command of the process that writes an export."""

_CONTENT = {
    **dict.fromkeys(("glb", "ply", "obj", "png", "svg"), "map"),
    **dict.fromkeys(("onnx", "model"), "model"),
    "webm": "training",
}
"""Last word of the file name, by format. The word for all other formats is "labels"."""
PART_BYTES = 1 << 18
"""Number of bytes of a file that are sent at once."""
MOST_EXPORTS = 2
"""Number of exports for other devices than the owner's that are written at the same time."""
EXPORTS = web.AppKey("exports", set[str])
"""Devices with an export that is written or sent. The owner has the device ""."""
WRITTEN = web.AppKey("written exports", set[str])
"""Devices with an export that is written."""


class _Problem(msgspec.Struct):
    code: str
    message: str


class _Report(msgspec.Struct):
    """The fields of the command's report (server/cli/report.py) that are used here."""

    status: str
    """"ok" if the export was written."""
    error: _Problem | None = None


async def get_export(request: web.Request) -> web.StreamResponse:
    """Export the project, and send the file. Each device has one export at a time."""
    kind = request.query.get("format", "")
    if kind not in FORMATS:
        raise RequestError(
            f"Exports are available as {', '.join(FORMATS)}, not as `{kind[:20]}`.",
            code="bad_format",
        )
    # Queries of the device do not wait for its export, which can take minutes.
    device, running, written = (
        visitor_of(request).device,
        request.app[EXPORTS],
        request.app[WRITTEN],
    )
    # The limit does not apply to the owner (the device "").
    if device in running or (device and len(written - {""}) >= MOST_EXPORTS):
        raise RequestError(
            "Another export is running. Wait until it has ended.",
            code="too_many_requests",
            status=429,
        )
    running.add(device)
    written.add(device)
    try:
        with tempfile.TemporaryDirectory(prefix="lodespace-export-") as folder:
            path = await _written(request.app[SERVICE], kind, Path(folder))
            written.discard(device)  # a slow download does not count towards the limit
            return await _sent(request, path)
    finally:
        running.discard(device)
        written.discard(device)


async def _sent(request: web.Request, path: Path) -> web.StreamResponse:
    """Send a file as a download."""
    response = web.StreamResponse(
        headers={
            "Content-Disposition": f'attachment; filename="{path.name}"',
            # One type for all formats: the browser stores the file, and does not show it.
            "Content-Type": "application/octet-stream",
        }
    )
    response.content_length = (await asyncio.to_thread(path.stat)).st_size
    await response.prepare(request)
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, PART_BYTES):
            await response.write(part)
    await response.write_eof()
    return response


async def _written(service: Service, kind: str, folder: Path) -> Path:
    """Write an export of the format `kind` in `folder`. Returns the path of the file.

    Raises LodespaceError, with the text of the command, if the export fails.
    """
    suffix = FILES[kind][0] if kind in FILES else ""
    content = _CONTENT.get(kind, "labels")
    output = folder / f"{file_name(service.session.items.name)}-{content}{suffix}"
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        str(service.project.folder),
        *("--format", kind, "-o", str(output)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        text, _ = await process.communicate()
    finally:
        # The wait was cancelled, because the server is stopping.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    report = json_of(text, _Report) if text else _Report("failed")
    if report.status != "ok":
        problem = report.error or _Problem("internal_error", "The export has failed.")
        raise LodespaceError(problem.message, code=problem.code, status=409)
    if kind in FOLDERS:
        zipped = await asyncio.to_thread(shutil.make_archive, str(output), "zip", output)
        return Path(zipped)
    return output
