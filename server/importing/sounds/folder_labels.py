"""The labels that recordings get from folder names, if files with annotations do not label them."""

import os

from lodespace.importing.annotations.recording_annotations import RecordingAnnotations
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_files import FolderFiles
from lodespace.importing.folders.folder_names import some
from lodespace.importing.label_text import composed
from lodespace.importing.tables.table_rows import SUFFIXES, may_have_labels
from lodespace.items.paths import shown, suffix_of


class FolderLabels:
    """The label that a recording gets from its folder.

    Files with annotations have precedence. A folder gives a label only to recordings that these
    files do not name. In addition, the folder must have the name of a class in these files, or
    `--labels-at` must be given. If a file has times, a recording without an annotation has no
    label.
    """

    def __init__(
        self, files: FolderFiles, annotations: RecordingAnnotations, *, asked: bool
    ) -> None:
        """Compare the folders of the recordings with the classes of the annotations.

        Args:
            files: The recordings in the folder.
            annotations: Annotations of the recordings.
            asked: Whether `--labels-at` names the folders with the labels.
        """
        self.files, self.annotations = files, annotations
        self._alone = not annotations.labelled
        self._filled: dict[bytes, str] = {}
        """Label from the folder, by recording.

        Only for recordings without a label from annotations.
        """
        self._other: dict[bytes, str] = {}
        """Name of the folder, by recording.

        Only for recordings whose folder does not have the name of a class of the annotations.
        """
        if self._alone or annotations.timed:
            return
        classes = annotations.classes
        for path in files.paths:
            label = None if path in annotations.named else files.label_and_split(path)[0]
            if label is None:
                continue
            folders = map(composed, reversed(shown(path).split("/")[:-1]))
            known = label if asked else next((name for name in folders if name in classes), None)
            if known is None:
                self._other[path] = label
            else:
                self._filled[path] = known

    def of(self, path: bytes) -> tuple[str | None, str | None]:
        """Return (label, split) of a recording, from the names of its folders."""
        label, split = self.files.label_and_split(path)
        return label if self._alone else self._filled.get(path), split

    def findings(self) -> list[Finding]:
        """Findings on the labels and splits that come from the names of folders."""
        found = [f for f in self.files.findings() if self._alone or f.topic != "labels"]
        if self._filled:
            text = f"{counted(len(self._filled), 'recording')} without a label in the tables:"
            text += f" labels from the folder names ({some(set(self._filled.values()))})"
            found.append(Finding("labels", text))
        if self._other:
            text = f"{counted(len(self._other), 'recording')} without a label in the tables, in "
            text += "folders that the tables do not name as classes "
            text += f"({some(set(self._other.values()))})"
            found.append(Finding("labels", text, doubtful=True, option="--labels-at parent"))
        tables = self._unread_tables()
        if tables:
            text = f"{some(tables)} may have labels, but no row was read as the label of a "
            text += "recording; it needs columns such as file, start, end and label"
            found.append(Finding("labels", text, doubtful=True))
        return found

    def _unread_tables(self) -> list[str]:
        """Return the tables that are neither used nor reported elsewhere.

        Empty if each recording has a label. Also empty if an annotation file has start and
        end times, because recordings without a label are usual in such data.
        """
        annotated = self.annotations.labels
        if self.annotations.timed or all(
            path in annotated or self.of(path)[0] is not None for path in self.files.paths
        ):
            return []
        return [
            name
            for bad in self.files.bad
            if suffix_of(os.fsencode(name := bad.name)) in SUFFIXES - {".txt", ".json"}
            and may_have_labels(name)
            and name not in self.annotations.reported
        ]
