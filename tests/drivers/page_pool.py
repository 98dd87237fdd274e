"""Pages that browser tests use one after the other."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Dialog, Page, ViewportSize

from drivers.chromium import VIEW
from drivers.frame_pace import DEFAULT_PACE, draw_little, draw_on_demand, set_pace
from drivers.page import PageDriver

KEPT_PACE = 2000
"""Shortest time between two frames of a page that no test uses, in ms."""

MOST_KEPT = 3
"""Largest number of kept pages. The servers of older ones may have ended."""


@dataclass
class PooledPage:
    page: Page
    kind: Hashable
    """The arguments of `take`.

    A page is used again only for a call with equal arguments.
    """
    view: ViewportSize | None
    """Size of the page when it was new."""


class PagePool:
    """Pages of one browser, each in its own profile.

    A new page takes 4 s of processor time until it rests. A page that is used again takes 2 s,
    because the browser has the compiled code of the page.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[Hashable, list[PooledPage]] = defaultdict(list)
        self._kept: dict[Hashable, tuple[PooledPage, PageDriver]] = {}

    def take(
        self, *, drawn: bool, prepare: Callable[[Page], None] | None, **options: Any
    ) -> PooledPage:
        """Return an empty page without cookies and stored data.

        Args:
            drawn: Whether all points can be drawn as a user sees them (`draw_on_demand`).
            prepare: Function that is called with the page when the page is new.
            options: Options of the profile.
        """
        kind = _kind(drawn, prepare, options)
        if self._free[kind]:
            return self._free[kind].pop()
        context = self._browser.new_context(
            viewport=VIEW, color_scheme="dark", reduced_motion="reduce", **options
        )
        context.set_default_timeout(90_000)
        page = context.new_page()
        (draw_on_demand if drawn else draw_little)(page)
        if prepare:
            prepare(page)
        return PooledPage(page, kind, page.viewport_size)

    def keep(self, used: PooledPage, driver: PageDriver, address: Hashable) -> None:
        """Keep an open page, which draws little, for a test that uses the same address (`kept`)."""
        set_pace(used.page, KEPT_PACE)
        self._kept[used.kind, address] = (used, driver)
        if len(self._kept) > MOST_KEPT:
            self.forget(next(iter(self._kept.values()))[1].url)

    def kept(
        self,
        address: Hashable,
        *,
        drawn: bool,
        prepare: Callable[[Page], None] | None,
        **options: Any,
    ) -> tuple[PooledPage, PageDriver] | None:
        """Return a page that a test has kept at `address`; None without one."""
        found = self._kept.pop((_kind(drawn, prepare, options), address), None)
        if found:
            found[0].page.unroute_all()
            found[0].page.mouse.move(0, 0)
            found[1].set_pace(DEFAULT_PACE)
        return found

    def forget(self, url: str) -> None:
        """Put the kept pages of `url` back, because another page of the server would see them."""
        for key, (used, driver) in list(self._kept.items()):
            if driver.url == url:
                del self._kept[key]
                self.put_back(used, url)

    def put_back(self, used: PooledPage, url: str) -> None:
        """Delete all that the page has stored for `url`, and keep the page for the next test."""
        page = used.page
        page.unroute_all()
        session = page.context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
        session.detach()
        # A page that still waits for an answer of a server asks for confirmation before it closes.
        page.on("dialog", _accept)
        page.goto("about:blank")
        page.remove_listener("dialog", _accept)
        page.context.clear_cookies()
        page.mouse.move(0, 0)
        if used.view:
            page.set_viewport_size(used.view)
        self._free[used.kind].append(used)


def _kind(drawn: bool, prepare: Callable[[Page], None] | None, options: dict[str, Any]) -> Hashable:
    return (drawn, prepare, tuple(sorted(options.items())))


def _accept(dialog: Dialog) -> None:
    dialog.accept()
