"""A session that `lodespace.serve` started, as an object in Python or in a notebook."""

import asyncio
import atexit
import html
import secrets
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.config import LanConfig, ServerConfig
from lodespace.items.import_report import as_text
from lodespace.items.original_order import numbers_of
from lodespace.project.project import Project
from lodespace.session.selections import NO_SELECTIONS, Selections

if TYPE_CHECKING:
    import pandas as pd
    from aiohttp import web

    from lodespace.exporting.table import Table
    from lodespace.importing.source import ImportOptions
    from lodespace.service.rule_functions import RuleItem
    from lodespace.service.service import Service

FRAME_HEIGHT = 720
"""Height of the page in a notebook, in pixels."""


class Served:
    """A session that a thread serves until `stop` is called. A `with` block calls `stop`."""

    def __init__(
        self,
        project: Project,
        ports: range,
        *,
        lan: LanConfig | None = None,
        device: str,
        threads: int,
        workers: int,
    ) -> None:
        self.url = ""
        """Address of the page on this machine."""
        self.addresses: list[str] = []
        """Addresses for other devices. Empty without `lan`."""
        self._config = ServerConfig(lan=lan, notebook=True, workers=workers)
        self._app: web.Application | None = None
        self.project_folder = project.folder
        """Project folder, which contains the labels and the model."""
        self.report = as_text(project.items.report)
        """How the import read the data, as text of a few lines: `print(served.report)`."""
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(project, ports, device, threads), daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        atexit.register(self.stop)

    def _run(self, project: Project, ports: range, device: str, threads: int) -> None:
        try:
            self._loop.run_until_complete(self._serve(project, ports, device, threads))
        except BaseException as error:  # `__init__` raises the error again
            self._error = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            project.close()
            self._ready.set()

    async def _serve(self, project: Project, ports: range, device: str, threads: int) -> None:
        from lodespace.web.app import make_app
        from lodespace.web.server import start

        app = make_app(self._config, project, device=device, threads=threads)
        self._app = app
        runner, self.url, self.addresses = await start(app, ports)
        self._ready.set()
        try:
            await self._stop.wait()
        finally:
            await runner.cleanup()

    def labels(self) -> "pd.DataFrame | list[dict[str, Any]]":
        """Return the current labels, one row per item in the order of the data, also after `stop`.

        The columns include id, label, the client that gave the label, prediction, confidence, the
        latent mean, and all columns of the source. Returns a pandas DataFrame, or a list of
        dictionaries if pandas is not installed.
        """
        import importlib.util

        from lodespace.exporting import table

        current = self._table()
        if importlib.util.find_spec("pandas") is None:
            return list(table.rows(current))
        return table.as_arrow(current).to_pandas()

    def latents(self) -> npt.NDArray[np.float64]:
        """Return the current latent means, (N, D), in the order of the data, also after `stop`."""
        return self._table().latent_mean

    def axes(self) -> list[dict[str, Any]]:
        """Return the named axes: axis, name, ticks, correlation on values that the model did not
        see, and the number of these values."""
        import msgspec

        return [msgspec.to_builtins(axis) for axis in self._service().session.axes.shown]

    def set_axis(
        self,
        axis: Literal["x", "y", "z"],
        column: str | None = None,
        *,
        category: str | None = None,
        few: Sequence[int] = (),
        many: Sequence[int] = (),
        name: str = "",
    ) -> None:
        """Show a value along an axis of the map, as one gesture that can be undone.

        The map turns and is trained. `axes()` then returns the correlation.

        Args:
            axis: The axis: "x", "y" or "z".
            column: Column of the table with numbers, dates or categories.
            category: Category of `column` that is compared with all other categories.
            few: Example items with little of the value, as rows of the data.
                Give `few` and `many` instead of a column.
            many: Example items with much of the value, as rows of the data.
            name: Name of the axis; by default the name of the column.

        Raises:
            RequestError: The value cannot be shown along the axis. The message states the reason.
        """
        command = protocol.SetAxis(
            command_id=secrets.token_hex(8),
            axis=axis,
            column=column,
            category=category,
            few_selection=0 if len(few) else None,
            many_selection=1 if len(many) else None,
            name=name,
        )
        items = self._service().session.items
        ends = [numbers_of(items, end).tolist() for end in (few, many)]
        self._carry_out(command, Selections.of(len(items), *ends))

    def remove_axis(self, axis: Literal["x", "y", "z"]) -> None:
        """Remove the value from an axis of the map, as one gesture that can be undone."""
        self._carry_out(protocol.RemoveAxis(command_id=secrets.token_hex(8), axis=axis))

    def add(
        self,
        data: Any,
        *,
        labels: npt.ArrayLike | None = None,
        ids: npt.ArrayLike | None = None,
        options: "ImportOptions | None" = None,
    ) -> list[int]:
        """Add new items to the project, and show them on all pages that are open.

        Args:
            data: Arrays, a map-style Dataset of torch, or a path, as for `lodespace.serve`.
            labels: Labels of arrays, (N,).
            ids: Ids of arrays, (N,). An item whose id is in the project is not added.
            options: How to read the data. The settings of the first import are kept.

        Returns:
            The rows of the added items, which come after all earlier rows.

        Raises:
            LodespaceError: The items cannot be added. The project stays as it was.
        """
        from lodespace.importing.importer import source_of

        source, _ = source_of(data, labels, ids, "added")
        adding = self._service().growth.add(source, options)
        added = asyncio.run_coroutine_threadsafe(adding, self._loop).result()
        return list(range(added.first, added.first + added.count))

    def add_rule(self, fn: "Callable[[RuleItem], str | int | None]", name: str = "") -> int:
        """Add a Python function as a rule, as one gesture that can be undone.

        The function runs in this process: now for all items, and later for items that are added.
        It receives one item, with `row`, `id`, `data` and `columns`, and returns the name of a
        class, or None for no vote. If it returns a number, the class is the one whose name has
        these digits, as in `labels`; a negative number means None. A new class is added for a
        name that no class has. The votes stay when the function no longer exists, for example
        after a restart. Another call with the same name replaces them.

        Args:
            fn: The function.
            name: Name of the rule; by default the name of the function.

        Returns:
            The number of items on which the function votes.

        Raises:
            LodespaceError: The rule cannot be added, or the function does not return a class.
        """
        from lodespace.service.rule_functions import votes_of

        service = self._service()
        votes = votes_of(fn, service.session.items)
        adding = service.rules.functions.add(fn, name or getattr(fn, "__name__", "votes"), votes)
        asyncio.run_coroutine_threadsafe(adding, self._loop).result()
        return len(votes.items)

    def more_like(self, items: Sequence[int], count: int = protocol.SIMILAR) -> list[int]:
        """Return the `count` items that are most similar to any of `items`, nearest first.

        Items are rows of the data. The search uses the features of the items (docs/protocol.md).

        Raises:
            IndexError: An item does not exist.
            LodespaceError: There is no model yet that could search.
        """
        service = self._service()
        numbers = numbers_of(service.session.items, items).astype(np.uint32)
        search = service.similarity.to_items(numbers, count)
        found = asyncio.run_coroutine_threadsafe(search, self._loop).result().items
        order = service.session.items.order
        return found if order is None else order[found].tolist()

    def _carry_out(
        self,
        command: protocol.SetAxis | protocol.RemoveAxis,
        selections: Selections = NO_SELECTIONS,
    ) -> None:
        carried_out = self._service().commands.carry_out(command, "api", selections, owner=True)
        asyncio.run_coroutine_threadsafe(carried_out, self._loop).result()

    def _service(self) -> "Service":
        """Return the running service. Raises RuntimeError after `stop`."""
        from lodespace.web.api import SERVICE

        if not self._thread.is_alive() or self._app is None:
            raise RuntimeError("the session is stopped; serve the project again")
        return self._app[SERVICE]

    def _table(self) -> "Table":
        """Return the current labels, predictions and latent means of the session."""
        from lodespace.exporting.table import Table
        from lodespace.project.offline import open_offline
        from lodespace.web.api import SERVICE

        if self._thread.is_alive() and self._app is not None:
            session = self._app[SERVICE].session

            async def copied() -> Table:
                return Table.of(session)

            return asyncio.run_coroutine_threadsafe(copied(), self._loop).result()
        project, session = open_offline(self.project_folder)
        project.close()
        return Table.of(session)

    def _repr_html_(self) -> str:
        """Return HTML that shows the page inside a Jupyter notebook.

        The page is served only to the kernel's machine. Another machine reaches `url` through an
        SSH tunnel.
        """
        if not self._thread.is_alive():
            return html.escape(repr(self))
        return (
            f'<iframe src="{html.escape(self.url)}" title="Lodespace" width="100%" '
            f'height="{FRAME_HEIGHT}" frameborder="0"></iframe>'
        )

    def stop(self) -> None:
        """Save the model and stop the server. Labels are already saved."""
        atexit.unregister(self.stop)
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        if not self._thread.is_alive():
            return f"<lodespace: stopped; labels and model are in {self.project_folder}>"
        elsewhere = f", {self.addresses[0]} in a headset" if self.addresses else ""
        return (
            f"<lodespace: open {self.url} in a browser{elsewhere}; "
            f"project {self.project_folder}; .stop() stops the server>"
        )
