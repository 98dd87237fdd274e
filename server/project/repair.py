"""Repair of a project: damaged files are rebuilt from intact files.

The damaged files are kept in another folder. log_rebuild.py rebuilds the label log, and
manifest_repair.py the manifest. A damaged data set cannot be rebuilt, only imported again.
"""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.files import atomic_write, sync_to_disk
from lodespace.items import item_set
from lodespace.models.checkpoints.checkpoint import numbered
from lodespace.models.checkpoints.checkpoint import read as read_checkpoint
from lodespace.models.checkpoints.shared_tensors import SharedTensors
from lodespace.models.item_predictions import UNLABELED
from lodespace.project.data_repair import data_advice, import_again
from lodespace.project.label_log import read_labels
from lodespace.project.lock import LOCK_FILE, ProjectLock
from lodespace.project.log_rebuild import Rebuilding
from lodespace.project.manifest_repair import guess_manifest
from lodespace.project.project import (
    BUNDLED,
    DATA_FOLDER,
    LABEL_LOG,
    MANIFEST,
    RECORDING,
    Manifest,
    NewerProjectError,
    Project,
    load_items,
    read_manifest,
    write_manifest,
)
from lodespace.project.repair_report import describe_log
from lodespace.project.repair_sources import sources_of
from lodespace.project.untrusted import refuse_links
from lodespace.project.writing import obstacle
from lodespace.recording import salvage
from lodespace.scene.glb import decode_scene
from lodespace.session.log_copy import write_log
from lodespace.session.log_reading import LogDamagedError
from lodespace.session.session import AnnotationSession

if TYPE_CHECKING:
    from lodespace.importing.source import ImportOptions

_LOG_FILES = tuple(f"{LABEL_LOG}{end}" for end in ("", "-wal", "-shm", "-journal"))


def repair(folder: Path, data: str | None = None, options: "ImportOptions | None" = None) -> str:
    """Repair the project in `folder`. Returns a report as text for a terminal.

    Each damaged file is moved to the new folder `damaged-files-N` in the project. An intact project
    is not changed.

    Args:
        folder: The project folder.
        data: The data to import again in place of damaged data; None to keep the data.
        options: How to read `data`.

    Raises:
        ProjectError: `folder` is not a project, is open in a server, or cannot be written.
        DatasetError: The data cannot be read.
    """
    names = (MANIFEST, RECORDING, *_LOG_FILES)
    if not any((folder / name).exists() for name in names):
        raise ProjectError(f"{folder} is not a project: none of {', '.join(names[:3])} is there")
    reason = obstacle(folder)
    if reason:
        raise ProjectError(f"nothing can be repaired: {reason}")
    refuse_links(folder)
    kept, lines = _Kept(folder), list[str]()
    if (folder / LOCK_FILE).is_dir():
        kept.move(folder / LOCK_FILE)
        lines.append(f"{LOCK_FILE}: was a folder, and was moved away")
    lock, imported = ProjectLock(folder), None
    try:
        manifest, rewritten = _manifest(folder, imported=data is not None)
        lines += rewritten
        if data is not None:
            imported = _import(folder, manifest, data, options)
        with data_advice(folder, manifest):
            items = item_set.load(imported) if imported else load_items(manifest.data, folder)
        project = Project(folder, manifest, items)
        if imported is not None:
            kept.move(folder / DATA_FOLDER)
            imported.rename(folder / DATA_FOLDER)
            lines.append(f"{DATA_FOLDER}: imported again from {data}")
        if rewritten:
            kept.copy(folder / MANIFEST)
            write_manifest(folder, manifest)
        lines += _repair_log(project, kept)
        lines += _repair_recording(project, kept)
        lines += _remove_damaged(project, kept)
        return _report(project, kept, lines)
    except OSError as error:
        raise ProjectError(
            f"{error.filename or folder}: {error.strerror or error}; the repair is not complete, "
            "run it again when the cause is removed"
        ) from error
    finally:
        lock.close()
        if imported is not None:
            shutil.rmtree(imported, ignore_errors=True)


def _import(folder: Path, manifest: Manifest, data: str, options: "ImportOptions | None") -> Path:
    """Import `data` again.

    Returns the new data folder, which lies beside the current data folder.
    """
    from lodespace.importing.source import ImportOptions

    if manifest.data == BUNDLED:
        raise ProjectError(f"{folder} has the bundled digits; remove --data")
    return import_again(folder, data, options or ImportOptions())


def _report(project: Project, kept: "_Kept", lines: list[str]) -> str:
    if not lines:
        return f"{project.folder}: nothing is damaged, and nothing was changed\n"
    if kept.used:
        lines = [*lines, f"the damaged files are in {kept.folder}"]
    return "\n".join([*lines, _labels_now(project)]) + "\n"


class _Kept:
    """The folder for damaged files. It is made when the first file is kept."""

    def __init__(self, project: Path) -> None:
        number = 1
        while (project / f"damaged-files-{number}").exists():
            number += 1
        self.folder = project / f"damaged-files-{number}"
        self.used = False

    def move(self, path: Path) -> None:
        """Move a file or folder of the project into the folder for damaged files."""
        if path.exists() or path.is_symlink():
            path.rename(self._place(path))

    def copy(self, path: Path) -> None:
        """Copy a damaged file into the folder for damaged files.

        The original file stays, because the repair replaces it in one step. A folder is moved
        instead of copied.
        """
        if path.is_file():
            shutil.copy2(path, self._place(path))
        else:
            self.move(path)

    def _place(self, path: Path) -> Path:
        self.folder.mkdir(exist_ok=True)
        self.used = True
        inner = self.folder / path.relative_to(self.folder.parent)
        inner.parent.mkdir(parents=True, exist_ok=True)
        return inner


def _manifest(folder: Path, *, imported: bool) -> tuple[Manifest, list[str]]:
    """Return the manifest, and lines of the report if the manifest has to be written again."""
    try:
        manifest = read_manifest(folder)
    except NewerProjectError:
        raise
    except ProjectError:
        return guess_manifest(folder, imported=imported)
    lines: list[str] = []
    if manifest.kind == "bake" and (folder / LABEL_LOG).exists():
        manifest.kind = "project"
        lines.append(f"{MANIFEST}: marked as a project, because {LABEL_LOG} is there")
    if imported and manifest.data not in (BUNDLED, DATA_FOLDER):
        manifest.data = DATA_FOLDER  # the manifest may name a folder outside of the project
        lines.append(f"{MANIFEST}: the data are now in {DATA_FOLDER}")
    return manifest, lines


def _session(project: Project) -> AnnotationSession:
    return AnnotationSession(project.items, settings=project.settings)


def _repair_log(project: Project, kept: _Kept) -> list[str]:
    """Rebuild the label log if it is damaged. Returns lines of the report."""
    if project.is_bake:
        return []
    try:
        read_labels(project, _session(project))
    except LogDamagedError as error:
        problem = error
    else:
        return []
    rebuilt = Rebuilding(project.items, project.settings, sources_of(project)).run()
    new = project.folder / f".{LABEL_LOG}.repaired"
    with _removed_afterwards(new):
        write_log(new, rebuilt.events)
        path = project.labels_path
        kept.copy(path)
        for name in _LOG_FILES[1:]:
            # An old write-ahead log must not stay, because SQLite would apply it to the new file.
            kept.move(project.folder / name)
        new.replace(path)
    sync_to_disk(project.folder)
    return describe_log(rebuilt, problem)


@contextmanager
def _removed_afterwards(path: Path) -> Generator[None]:
    """Remove `path` before and after the `with` block."""
    path.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _repair_recording(project: Project, kept: _Kept) -> list[str]:
    """Remove the damaged parts of the recording. Returns lines of the report."""
    path = project.recording_path
    if not path.exists():
        return []
    if not path.is_file():
        kept.move(path)
        return [f"{path.name}: was not a file, and was moved away; a new recording begins"]
    if not salvage.is_damaged(path):
        return []
    header: dict[str, object] = {
        "protocol": protocol.PROTOCOL_VERSION,
        "dataset": project.items.name,
        "items": len(project.items),
    }
    kept.copy(path)
    counts: list[int] = []

    def write(out: IO[bytes]) -> None:
        counts.append(salvage.write_intact(path, out, header))

    atomic_write(path, write)
    return [f"{path.name}: written again with its {counts[0]:,} intact records"]


def _remove_damaged(project: Project, kept: _Kept) -> list[str]:
    """Move damaged scenes, checkpoints and snapshots to `kept`. Returns lines of the report."""
    lines: list[str] = []
    if project.scene_path.exists() and not project.is_bake:
        try:
            decode_scene(project.scene_path.read_bytes())
        except (OSError, ProjectError):
            kept.move(project.scene_path)
            lines.append(f"{project.scene_path.name}: damaged, moved away; no label was in it")
    for folder, what in (
        (project.checkpoints, "training continues from the labels and an earlier checkpoint"),
        (project.moments, "an undo of the event keeps the current layout"),
    ):
        if folder.exists() and not folder.is_dir():
            kept.move(folder)
            lines.append(f"{folder.name}: was not a folder, and was moved away")
        for path in SharedTensors(folder).damaged():
            kept.move(path)
            lines.append(f"{folder.name}/shared/{path.name}: damaged, moved away")
        for _, path in list(numbered(folder)):
            try:
                read_checkpoint(path)
            except ValueError:
                kept.move(path)
                kept.move(path.with_suffix(".json"))
                lines.append(f"{folder.name}/{path.name}: damaged, moved away; {what}")
    return lines


def _labels_now(project: Project) -> str:
    session = _session(project)
    if project.is_bake:
        return f"open the bake with `lodespace serve {project.folder}`"
    read_labels(project, session)
    labelled = int((session.labels != UNLABELED).sum())
    return (
        f"{labelled:,} of {len(session.items):,} items are labelled; open the project with "
        f"`lodespace serve {project.folder}`"
    )
