"""Baking of a scene in tiles, from a table with positions or from a project. Nothing is trained.

This module does not import torch.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tqdm import tqdm

from lodespace.baking.baked_data import is_project
from lodespace.baking.output_folder import check_output
from lodespace.baking.tile_site import write_tile_site
from lodespace.errors import DatasetError, ProjectError
from lodespace.files import atomic_folder
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.parquet_points import Encoder, ParquetPoints, parquet_files
from lodespace.items.item_set import ItemSet
from lodespace.items.table import ID, ItemTable
from lodespace.project.offline import open_offline
from lodespace.project.opening import open_existing
from lodespace.protocol import ClassInfo, TilesInfo
from lodespace.session.class_colours import default_colours
from lodespace.session.session import AnnotationSession
from lodespace.tiles.atlas import ItemPictures
from lodespace.tiles.build import TileScene, build_tiles
from lodespace.tiles.folder import INDEX, TABLE, TILES
from lodespace.tiles.item_table import text_of, write_items
from lodespace.tiles.points import PointBlock
from lodespace.tiles.tileset import TileTree

AUTOMATIC_ABOVE = 300_000
"""`bake --as-is` makes a scene in tiles if the project has more than this number of items.

With 300,000 to 500,000 pictures in one atlas, browsers lose the graphics context, because the atlas
is in memory as a whole.
"""
MOST_ITEM_FILES = 1_000_000
"""Largest number of items of a scene in which each tile has a file with ids and columns.

To write these files, the columns of all items are read into memory. Each file has about a megabyte.
A server needs no such files: it reads ids and columns from TABLE.
"""
_BLOCK = 100_000


def bake_points(
    data: Path,
    output: Path,
    position: Sequence[str],
    *,
    encoder: Encoder | None = None,
    options: ImportOptions | None = None,
    seed: int = 0,
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Bake a table with positions as a scene in tiles.

    Args:
        data: A Parquet file, or a folder of Parquet files with the same columns.
        output: Folder of the scene.
        position: Names of two or three columns of numbers, or of one column of lists. With
            `encoder`, the columns of its vectors.
        encoder: Model that gives the vectors of the table their positions.
        options: Options of the import: the columns `label` and `id`, and `unpacked`.
        seed: Seed of the random choice of items for coarse tiles.
        force: Replace `output` if it is a bake.
        progress: Whether to show a progress bar.

    Returns:
        `output`.

    Raises:
        DatasetError: The data are not Parquet, a row has no position, or a file is damaged.
        ProjectError: The page has not been built, or `output` cannot be written.
    """
    options = options or ImportOptions()
    paths = parquet_files(data)
    if not paths:
        raise DatasetError(
            f"{data} is neither a Parquet file nor a folder of Parquet files; positions by columns "
            "need one of these"
        )
    points = ParquetPoints(
        paths,
        position,
        label=options.label,
        item_id=options.id,
        unpacked=options.unpacked,
        encoder=encoder,
    )
    with atomic_folder(output, lambda: check_output(output, force=force)) as folder:
        _write_points(points, data.stem, folder, seed=seed, progress=progress)
    return output


def _write_points(
    points: ParquetPoints, name: str, folder: Path, *, seed: int, progress: bool
) -> None:
    colours = default_colours(points.class_names)
    classes = [
        ClassInfo(class_id=k, name=text, colour=colours[k])
        for k, text in enumerate(points.class_names)
    ]
    table = None
    if points.schema.names and points.count <= MOST_ITEM_FILES:
        table = pa.Table.from_batches(list(points.rows()), points.schema)
    scene = TileScene(name, classes, item_file=None if table is None else _item_file(table))
    made = _build(points.blocks(), scene, folder, seed=seed, progress=progress)
    if points.schema.names:
        rows = points.rows() if table is None else iter(table.to_batches())
        write_items(folder / INDEX / TABLE, rows, points.schema)
    write_tile_site(folder, *made)


def is_large_project(path: Path) -> bool:
    """Return whether `path` is a project with more than AUTOMATIC_ABOVE items."""
    if not is_project(path):
        return False
    project = open_existing(path, None, lock=False)
    project.close()
    return len(project.items) > AUTOMATIC_ABOVE


def bake_project(
    path: Path,
    output: Path,
    *,
    root: Path | None = None,
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Bake map, labels and predictions of a project as a scene in tiles. Nothing is trained.

    Args:
        path: Folder of the project.
        output: Folder of the scene.
        root: Folder from which original files may be read.
        force: Replace `output` if it is a bake.
        progress: Whether to show a progress bar.

    Returns:
        `output`.

    Raises:
        ProjectError: `path` is not a project, the page has not been built, or `output` cannot be
            written.
    """
    if not is_project(path):
        raise ProjectError(
            f"{path} is not a project, so it has no map for a scene in tiles; serve the data until "
            "training rests, or give the columns of a Parquet table with --position"
        )
    with atomic_folder(output, lambda: check_output(output, force=force)) as folder:
        project, session = open_offline(path, root=root)
        try:
            items, table = project.items, _table_of(project.items)
            scene = TileScene(
                items.name,
                list(session.classes.classes),
                None if items.pictures is None else ItemPictures(items.pictures),
                _item_file(table) if len(items) <= MOST_ITEM_FILES else None,
            )
            seed = project.seed
            made = _build(_blocks_of(session), scene, folder, seed=seed, progress=progress)
            write_items(folder / INDEX / TABLE, iter(table.to_batches()), table.schema)
            write_tile_site(folder, *made)
        finally:
            project.close()
    return output


def _build(
    blocks: Iterable[PointBlock], scene: TileScene, folder: Path, *, seed: int, progress: bool
) -> tuple[TilesInfo, TileTree]:
    # On a terminal, a bar is drawn again and again. Elsewhere, a line is written from time to time.
    seconds = 0.1 if sys.stderr.isatty() else 30.0
    with tqdm(
        desc=f"baking {scene.dataset}",
        unit=" items",
        disable=not progress,
        mininterval=seconds,
        file=sys.stderr,
    ) as bar:

        def show(written: int, count: int) -> None:
            bar.total = count
            bar.update(written - bar.n)

        return build_tiles(blocks, scene, folder / TILES, folder / INDEX, seed=seed, progress=show)


def _blocks_of(session: AnnotationSession) -> Iterator[PointBlock]:
    scene = session.encoder.scene()
    means = scene.latent_mean()
    for first in range(0, len(means), _BLOCK):
        rows = slice(first, first + _BLOCK)
        yield PointBlock(
            means[rows], scene.labels[rows], scene.predictions[rows], scene.confidence[rows]
        )


def _table_of(items: ItemSet) -> pa.Table:
    """Return those ids and columns of `items` that a scene in tiles keeps, one row per item."""
    if items.table is None:
        return pa.table({ID: pa.array([str(k) for k in range(len(items))], pa.string())})
    table: ItemTable = items.table
    names = [
        name
        for name in table.columns
        if not pa.types.is_nested(table.table.schema.field(name).type)
    ]
    return table.table.select([ID, *names])


def _item_file(table: pa.Table) -> Callable[[npt.NDArray[np.uint32]], bytes]:
    """Return the function that makes the file with the ids and columns of some rows."""

    def make(rows: npt.NDArray[np.uint32]) -> bytes:
        chosen = table.take(pa.array(rows))
        columns = {
            name: [text_of(value) for value in chosen.column(name).to_pylist()]
            for name in chosen.column_names
        }
        ids = columns.pop(ID, None) or [str(row) for row in rows.tolist()]
        return msgspec.json.encode({"ids": ids, "columns": columns})

    return make
