"""The export formats, and the function that writes an export completely or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lodespace.access.devices import DeviceStore
from lodespace.config import state_folder
from lodespace.drawing.film import RATE, Film
from lodespace.drawing.webm import check_encoder, encode_webm
from lodespace.errors import ProjectError
from lodespace.exporting import (
    class_folders,
    figure,
    label_studio,
    npz_file,
    point_cloud,
    rules,
    selection_tables,
    table,
    votes,
)
from lodespace.files import atomic_folder, atomic_write, reason_of
from lodespace.project.offline import open_offline
from lodespace.project.project import Project
from lodespace.session.session import AnnotationSession


@dataclass(frozen=True)
class ExportOptions:
    """Export options. The docstring of an option names the formats to which the option applies."""

    excel: bool = False
    """For csv: whether to put an apostrophe before cells that a spreadsheet runs as formulas."""
    predictions: bool = False
    """For the formats `classes`, `raven` and `audacity`: whether an item without a label is
    exported with its predicted class.
    """
    files: class_folders.Files = "copy"
    """For the format `classes`: whether the files are copied, linked, or only listed."""


@dataclass(frozen=True)
class Export:
    """A session to export, with its project and the export options."""

    project: Project
    session: AnnotationSession
    options: ExportOptions

    def table(self, *, variance: bool = True) -> table.Table:
        """Return the table of labels and predictions.

        With `variance`, the table includes the latent log-variance if a model has been trained.
        """
        log_variance = None
        if variance:
            from lodespace.exporting import model

            log_variance = model.log_variance_of(self.project)
        return table.Table.of(self.session, log_variance)

    @property
    def class_names(self) -> list[str]:
        """Names of all classes, by class id."""
        return [c.name for c in self.session.classes.classes]


def _model_folder(export: Export, folder: Path, output: Path) -> int:
    from lodespace.exporting import model

    model.write(export.project, export.class_names, folder, output.name)
    return len(export.session.items)


def _onnx(export: Export) -> bytes:
    from lodespace.exporting import model

    return model.as_onnx(export.project, export.class_names)


def _figure(kind: Any) -> Callable[[Export], bytes]:
    return lambda e: figure.draw(e.table(variance=False), list(e.session.classes.classes), kind)


def _point_cloud(kind: Any) -> Callable[[Export], bytes]:
    return lambda e: point_cloud.as_point_cloud(
        e.table(variance=False), e.session.classes.classes, kind
    )


def _video(export: Export) -> bytes:
    check_encoder()
    return encode_webm(
        Film(export.project.recording_path, export.session.items), RATE, progress=True
    )


def _names() -> dict[str, str]:
    """Return the names of the approved devices of this computer, by their ids."""
    return {one.device: one.name for one in DeviceStore(state_folder()).all()}


Content = bytes | Iterator[str]
"""Content of a file: all bytes, or an iterator over parts, which need not be in memory together."""

FILES: dict[str, tuple[str, Callable[[Export], Content]]] = {
    "csv": (".csv", lambda e: table.csv_parts(e.table(), excel=e.options.excel)),
    "jsonl": (".jsonl", lambda e: table.jsonl_parts(e.table())),
    "parquet": (".parquet", lambda e: table.as_parquet(e.table())),
    "votes": (".votes.parquet", lambda e: votes.as_parquet(e.session)),
    "rules": (".rules.json", lambda e: rules.as_json(e.session)),
    "npz": (".npz", lambda e: npz_file.as_npz(e.table())),
    "label-studio": (
        ".json",
        lambda e: label_studio.json_parts(
            e.table(variance=False), label_studio.annotators_of(e.session, _names())
        ),
    ),
    "glb": (".glb", lambda e: e.session.encoder.scene_glb()),
    "ply": (".ply", _point_cloud("ply")),
    "obj": (".obj", _point_cloud("obj")),
    "onnx": (".onnx", _onnx),
    "webm": (".webm", _video),
    "png": (".png", _figure("png")),
    "svg": (".svg", _figure("svg")),
}
"""Formats that write one file, by name.

Each value is a pair: the suffix of the file, and the function that returns the content.
"""

FOLDERS: dict[str, Callable[[Export, Path, Path], int]] = {
    "classes": lambda e, folder, _: class_folders.write(
        e.table(variance=False), folder, e.options.files, predictions=e.options.predictions
    ),
    "model": _model_folder,
    "raven": lambda e, folder, _: selection_tables.write_raven(
        e.table(variance=False), folder, predictions=e.options.predictions
    ),
    "audacity": lambda e, folder, _: selection_tables.write_audacity(
        e.table(variance=False), folder, predictions=e.options.predictions
    ),
}
"""Functions that write a folder, by the name of the export format.

The arguments of each function are the export, the empty folder to write into, and the final path of
this folder. The function returns the number of exported items.
"""

FORMATS = (*FILES, *FOLDERS)
"""Names of all formats."""


def export(
    path: Path,
    output: Path,
    kind: str | None = None,
    options: ExportOptions | None = None,
    *,
    root: Path | None = None,
) -> int:
    """Export the project or bake at `path` to `output`, completely or not at all.

    Args:
        path: A project or a bake. A server may have the project open.
        output: File or new folder.
        kind: One of FORMATS. None: the format that belongs to the suffix of `output`.
        options: Options that apply to some of the formats.
        root: Folder from which original files may be read. None: the folder that was approved for
            this project on this computer, if there is one.

    Returns:
        The number of exported items.

    Raises:
        ProjectError: The project cannot be read, or `output` cannot be written.
    """
    kind = kind or next(
        (name for name, (suffix, _) in FILES.items() if suffix == output.suffix.lower()), None
    )
    if kind not in FORMATS:
        suffixes = ", ".join(suffix for suffix, _ in FILES.values())
        raise ProjectError(
            f"The format of {output} is unknown. To write a file, give a name with one of the"
            f" suffixes {suffixes}. To write a folder, add --format with one of"
            f" {', '.join(FOLDERS)}"
        )
    project, session = open_offline(path, root=root)
    try:
        exported = Export(project, session, options or ExportOptions())
        if kind in FOLDERS:
            with atomic_folder(output, lambda: _check_free(output)) as folder:
                return FOLDERS[kind](exported, folder, output)
        _check_folder_of(output)
        _write(output, FILES[kind][1](exported))
    finally:
        project.close()
    return len(session.items)


def _check_free(output: Path) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ProjectError(f"{output} exists; give a new folder with -o")


def _check_folder_of(output: Path) -> None:
    """Raise ProjectError if the folder of `output` does not exist.

    `export` calls this function before it makes the content, which can take long.
    """
    if not output.parent.is_dir():
        raise ProjectError(f"{output} cannot be written: {output.parent} is not a folder")


def _write(output: Path, content: Content) -> None:
    def write(file: IO[bytes]) -> None:
        for part in content if not isinstance(content, bytes) else (content,):
            file.write(part if isinstance(part, bytes) else part.encode())

    try:
        atomic_write(output, write)
    except OSError as error:
        raise ProjectError(f"{output} cannot be written: {reason_of(error, output)}") from error
