"""Pictures, tables and sound files on disk, and the import that the command line uses."""

from pathlib import Path

import pytest

from lodespace.importing.importer import import_data
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, Source
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from samples.pictures import Import, draw


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    """Return a function that imports data, opens the items, and returns (items, report)."""

    def run(data: str | Path | Source, **options: object) -> tuple[ItemSet, ImportReport]:
        target = tmp_path / f"imported-{len(list(tmp_path.glob('imported-*')))}"
        source = str(data) if isinstance(data, Path) else data
        report = import_data(source, target, ImportOptions(**options))  # type: ignore[arg-type]
        return item_set.load(target, root=report.root), report

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of cat/0.png, cat/1.png, dog/deep/2.png, _unlabelled/3.png and 4.png."""
    root = tmp_path / "pictures"
    for number, name in enumerate(
        ["cat/0.png", "cat/1.png", "dog/deep/2.png", "_unlabelled/3.png", "4.png"]
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(path)
    return root
