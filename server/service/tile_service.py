"""The service of a scene in tiles: selections, labels, search, single items."""

import asyncio
import io
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace import protocol
from lodespace.errors import ProjectError, RequestError
from lodespace.items.table import ID
from lodespace.protocol import SELECTED_ITEMS, UNLABELED
from lodespace.scene.glb import Box
from lodespace.service.query_lanes import QueryLanes
from lodespace.service.tile_labels import Done, TileLabels
from lodespace.service.waiting_pages import WaitingPages
from lodespace.session.commands.undo_by_topic import check_author
from lodespace.session.events import StoredProvenance, new_header
from lodespace.session.summaries import history_of
from lodespace.tiles.build import ITEMS, ROWS
from lodespace.tiles.folder import INDEX, TABLE, TILES, tile_session
from lodespace.tiles.item_table import ItemParquet
from lodespace.tiles.region import TileRegions
from lodespace.tiles.runs import Runs
from lodespace.tiles.tile_glb import read_positions
from lodespace.tiles.tileset import TILESET, read_tileset, tile_path

KEPT_SELECTIONS = 16
"""Largest number of selections that are kept."""
KEPT_BYTES = 256 << 20
"""Largest total size of the kept selections. A set of a million scattered items has 16 MB. The
newest selection is kept even if it is larger."""
_HANDLE_BYTES = 12
_KEPT_PAGES = 8
"""Number of atlas pages that are kept. A page in colour has 12 MB."""


class TileService:
    """One scene in tiles in service."""

    def __init__(self, folder: Path, labels: Path | None) -> None:
        """Open the scene in `folder`, with the labels in the folder `labels`.

        Without `labels`, the scene is read-only. Raises ProjectError, EventLogError, or OSError
        when a file cannot be read.
        """
        self.folder = folder
        self.info, self.tree = read_tileset(folder / TILES / TILESET)
        self.rows = _numbers(folder / INDEX / ROWS, self.info.items)
        self.numbers = _numbers(folder / INDEX / ITEMS, self.info.items)
        table = folder / INDEX / TABLE
        self.table = ItemParquet(table) if table.is_file() else None
        self.labels = None if labels is None else TileLabels(labels, folder, self.info, self.tree)
        self.lanes = QueryLanes()
        self.waiting = WaitingPages()
        box = Box(self.info.origin, self.info.size)
        self._regions = TileRegions(self.tree, box, self._positions)
        self._selections: OrderedDict[str, Runs] = OrderedDict()
        self._writing = asyncio.Lock()
        self._pages: OrderedDict[Path, Image.Image] = OrderedDict()
        self._pages_lock = threading.Lock()

    async def session(self, role: protocol.Role, client: str = "") -> protocol.SessionInfo:
        """Return the session for a client with `role`."""
        if self.labels is None:
            return tile_session(self.info, role=role)
        # The lock is needed, because a thread may be changing the history for a command.
        async with self._writing:
            session = tile_session(
                self.info,
                role=role,
                read_only=False,
                sequence=self.labels.sequence,
                history=history_of(self.labels.undo_log, client),
            )
            session.classes = list(self.labels.classes)
        return session

    async def select(self, regions: Sequence[protocol.Region], device: str) -> protocol.Selected:
        """Find and keep the items in at least one of the regions."""
        return self._keep(await self.lanes.run(device, lambda: self._regions.items_in(regions)))

    async def search(self, text: str, device: str) -> protocol.Selected:
        """Find and keep the items whose id or columns contain a text."""
        return self._keep(await self.lanes.run(device, lambda: self._matching(text)))

    def selection(self, handle: str) -> Runs:
        """Return the stored selection `handle`. Raises RequestError if it is no longer stored."""
        runs = self._selections.get(handle)
        if runs is None:
            raise RequestError(
                "There is no such selection. Select the items again.",
                code="unknown_selection",
                status=404,
            )
        self._selections.move_to_end(handle)
        return runs

    async def label(self, command: protocol.LabelSelected, client: str) -> protocol.Ack:
        """Label a selection as one gesture. The event is on disk when this returns.

        Raises RequestError for an unknown selection or class, or a read-only scene.
        """
        labels = self._writable()
        provenance = StoredProvenance.of(command.provenance)
        head = new_header(command.command_id, client)

        def prepared() -> Callable[[], Done]:
            labels.check_class(command.class_id)
            runs = self.selection(command.handle)
            return lambda: labels.label(runs.items(), command.class_id, provenance, head)

        return await self._carry_out(labels, command.command_id, prepared)

    async def undo(self, command: protocol.Undo, client: str, *, owner: bool) -> protocol.Ack:
        """Undo the newest gesture of `client`, or the gesture that the owner chooses.

        Raises RequestError when there is nothing to undo, when a device names a gesture of others,
        or for a read-only scene.
        """
        labels = self._writable()

        def work() -> Done:
            if not owner:
                check_author(labels.undo_log, command, client)
            return labels.undo(command, new_header(command.command_id, client))

        return await self._carry_out(labels, command.command_id, lambda: work)

    async def redo(self, command: protocol.Redo, client: str) -> protocol.Ack:
        """Redo the gesture that `client` undid last.

        Raises RequestError when there is no such gesture, or for a read-only scene.
        """
        labels = self._writable()
        head = new_header(command.command_id, client)
        return await self._carry_out(labels, command.command_id, lambda: lambda: labels.redo(head))

    async def add_class(self, command: protocol.AddClass, client: str) -> protocol.Ack:
        """Create a class. Raises RequestError when a class has the name already."""
        labels = self._writable()
        head = new_header(command.command_id, client)
        return await self._carry_out(
            labels,
            command.command_id,
            lambda: lambda: labels.add_class(command.name, command.colour, head),
        )

    async def _carry_out(
        self, labels: TileLabels, command_id: str, prepared: Callable[[], Callable[[], Done]]
    ) -> protocol.Ack:
        """Carry out a command, unless it was carried out before, and wake waiting clients.

        The function `prepared` runs in the event loop, because only the event loop may use the
        selections. It returns a second function, which carries out the command in a thread.
        """
        async with self._writing:
            done = labels.done(command_id)
            if done is None:
                done = await asyncio.to_thread(prepared())
                self.waiting.wake()
        return protocol.Ack(
            command_id=command_id, sequence=done.sequence, count=done.count, class_id=done.class_id
        )

    async def wait_for_change(
        self, since: int, device: str, more: Callable[[], bool], seconds: float
    ) -> None:
        """Wait at most `seconds` until there is an event after `since`, or `more()` is true."""
        labels = self.labels
        await self.waiting.wait(
            device, lambda: (labels is not None and labels.sequence > since) or more(), seconds
        )

    async def changes(self, since: int, client: str) -> protocol.TileChanges:
        """Return what changed after the event `since`, for `client`."""
        labels = self.labels
        if labels is None or labels.sequence <= since:
            return protocol.TileChanges(sequence=since if labels else 0, tiles=[])
        # The lock is needed, because a thread may be changing the history for a command.
        async with self._writing:
            return protocol.TileChanges(
                sequence=labels.sequence,
                tiles=labels.tiles_changed_since(since),
                history=history_of(labels.undo_log, client),
                classes=list(labels.classes) if labels.classes_changed > since else None,
            )

    def labels_of(self, tile: int) -> bytes:
        """Return the class per item of a tile, i16 little-endian. Raises RequestError."""
        self.check_tile(tile)
        if self.labels is None:
            raise RequestError(
                "Nothing can be labelled here; the tiles have the labels.",
                code="read_only",
                status=409,
            )
        return self.labels.of_tile(tile).astype("<i2").tobytes()

    def mask_of(self, handle: str, tile: int) -> bytes:
        """Return one byte per item of a tile: 1 for items of the selection `handle`, else 0.

        Raises RequestError.
        """
        self.check_tile(tile)
        runs = self.selection(handle)
        first, count = int(self.tree.first[tile]), int(self.tree.count[tile])
        return runs.mask(first, count).astype(np.uint8).tobytes()

    def item_info(self, item: int) -> protocol.ItemInfo:
        """Return id, label and columns of an item. Raises RequestError for an unknown item."""
        self._check_item(item)
        row = int(self.rows[item])
        values = {} if self.table is None else self.table.row(row)
        identity = values.pop(ID, str(row))
        label = UNLABELED if self.labels is None else int(self.labels.current[item])
        return protocol.ItemInfo(
            item=item,
            id=identity,
            class_id=label,
            gesture=0,
            labelled_by="",
            labelled_at=0.0,
            prediction=UNLABELED,
            confidence=0.0,
            path="",
            columns=[protocol.Column(name=name, value=value) for name, value in values.items()],
        )

    def picture(self, item: int) -> bytes:
        """Return the small picture of an item as PNG. Raises RequestError."""
        self._check_item(item)
        layout = self.info.pictures
        if layout is None:
            raise RequestError("The items have no pictures.", code="no_picture", status=404)
        tile = int(self.tree.tile_of(np.array([item]))[0])
        page, place = divmod(item - int(self.tree.first[tile]), layout.per_page)
        row, column = divmod(place, layout.columns)
        edge = (layout.cell - layout.picture) // 2
        left, top = column * layout.cell + edge, row * layout.cell + edge
        image = self._page(self.folder / TILES / tile_path(tile, f"-{page}.webp"))
        out = io.BytesIO()
        image.crop((left, top, left + layout.picture, top + layout.picture)).save(out, "PNG")
        return out.getvalue()

    def check_tile(self, tile: int) -> None:
        """Raise RequestError when there is no such tile."""
        if not 0 <= tile < len(self.tree):
            raise RequestError(f"There is no tile {tile}.", code="unknown_tile", status=404)

    def close(self) -> None:
        """Write the labels to disk, and close the log."""
        if self.labels is not None:
            self.labels.close()

    def _matching(self, text: str) -> Runs:
        if self.table is None:
            return Runs.of_items(np.empty(0, np.int64))
        return Runs.of_items(np.sort(self.numbers[self.table.matching(text)]))

    def _keep(self, runs: Runs) -> protocol.Selected:
        handle = secrets.token_urlsafe(_HANDLE_BYTES)
        self._selections[handle] = runs
        while len(self._selections) > 1 and (
            len(self._selections) > KEPT_SELECTIONS
            or sum(kept.nbytes for kept in self._selections.values()) > KEPT_BYTES
        ):
            self._selections.popitem(last=False)
        return protocol.Selected(
            handle=handle,
            count=runs.count,
            items=runs.sample(SELECTED_ITEMS).tolist(),
            sequence=0 if self.labels is None else self.labels.sequence,
        )

    def _positions(self, tile: int) -> npt.NDArray[np.uint16]:
        path = self.folder / TILES / tile_path(tile, ".glb")
        return read_positions(path, int(self.tree.count[tile]))

    def _page(self, path: Path) -> Image.Image:
        """Return an atlas page, a picture with the small pictures of many items.

        The last pages stay in memory, because many requests use the same page, and it takes 50 ms
        to decode.
        """
        with self._pages_lock:
            image = self._pages.pop(path, None)
            if image is None:
                with Image.open(path) as opened:
                    opened.load()
                    image = opened.copy()
            self._pages[path] = image
            if len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        return image

    def _writable(self) -> TileLabels:
        if self.labels is None:
            raise RequestError("This scene is read-only.", code="read_only", status=409)
        return self.labels

    def _check_item(self, item: int) -> None:
        if not 0 <= item < self.info.items:
            raise RequestError(f"There is no item {item}.", code="unknown_item", status=404)


def _numbers(path: Path, count: int) -> npt.NDArray[np.uint32]:
    """Return the numbers (N,) in a file of the index, mapped into memory. Raises ProjectError."""
    try:
        numbers = np.load(path, mmap_mode="r", allow_pickle=False)
        if numbers.shape != (count,) or numbers.dtype != np.uint32:
            raise ValueError(f"it does not have {count} numbers")
    except (OSError, ValueError, EOFError) as error:
        raise ProjectError(f"{path} cannot be read: {error}", code="bad_scene") from error
    return numbers
