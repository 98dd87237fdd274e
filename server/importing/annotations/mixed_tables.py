"""Tables with different labels for the same recordings."""

from collections import defaultdict
from collections.abc import Iterable

from lodespace.importing.annotations.annotation import AnnotationFile
from lodespace.importing.finding import Finding, counted
from lodespace.importing.folders.folder_names import some


def mixed_findings(files: Iterable[AnnotationFile]) -> list[Finding]:
    """Return a finding if tables give a recording different labels. Otherwise return [].

    Tables with times are not compared, because a recording may have several events.
    """
    labels: defaultdict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    """Labels by the name of the recording (without folder and suffix), then by the table."""
    for file in files:
        if file.timed or file.unlabelled:
            continue
        for annotation in file.annotations:
            if annotation.names and annotation.labels:
                name = annotation.names[0].replace("\\", "/").rpartition("/")[2]
                of_tables = labels[name.rpartition(".")[0] or name]
                known = of_tables.get(file.name, frozenset())
                of_tables[file.name] = known | frozenset(annotation.labels)
    differ = [of_tables for of_tables in labels.values() if len(set(of_tables.values())) > 1]
    if not differ:
        return []
    names = {name for of_tables in differ for name in of_tables}
    number = counted(len(differ), "recording")
    text = f"{some(names)} have different labels for {number}, and all labels are used; "
    text += "import one table alone to use only its labels"
    return [Finding("labels", text, doubtful=True, option="--root FOLDER")]
