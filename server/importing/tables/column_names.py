"""Usual names of the columns of tables."""

import fnmatch
import re
from collections.abc import Sequence

from lodespace.importing.folders import folder_names

IDS = ("id", "item_id", "uid", "uuid", "key")
PATHS = (
    "path",
    "file",
    "file_name",
    "filename",
    "file_path",
    "filepath",
    "image_path",
    "img_path",
    "image_file",
    "image_name",
    "img_name",
    "relative_path",
    "rel_path",
    "image_id",
    "id_code",
    "image_index",
    "image_filename",
    "photo",
    # German, French, Spanish, Portuguese, Italian
    "datei",
    "dateiname",
    "bild",
    "pfad",
    "fichier",
    "chemin",
    "archivo",
    "imagen",
    "ruta",
    "arquivo",
    "imagem",
    "immagine",
    "percorso",
)
FOLDERS = (
    *("relative_path", "rel_path", "subfolder", "sub_folder", "folder", "folder_name"),
    *("directory", "dir", "path", "file_path", "filepath", "ordner", "verzeichnis", "pfad"),
    *("dossier", "chemin", "carpeta", "ruta", "pasta", "cartella", "percorso"),
)
"""Names of columns that may hold folders. The names of the files are then in another column."""
IMAGES = ("image", "img", "picture", "image_bytes", "bytes", "jpg", "png")
LABEL_NAMES = ("label", "class", "category", "label_name", "class_name", "target", "y")
MORE_LABELS = (
    "labels",
    "classes",
    "species",
    "breed",
    "fine_label",
    "coarse_label",
    "diagnosis",
    "dx",
    "primary_label",
    "common_name",
    "scientific_name",
    "finding_labels",
    "finding_label",
    "label_text",
    "class_label",
    "class_id",
    "label_id",
    "category_name",
    "genre",
    "emotion",
    "variety",
    "cultivar",
    "tag",
    "tags",
    "ground_truth",
    "gt",
    "annotation",
    "outcome",
    "cluster",
    *("klasse", "kategorie", "classe", "catégorie", "categorie", "étiquette", "etiquette"),
    *("espèce", "espece", "clase", "categoría", "categoria", "etiqueta", "especie", "etichetta"),
    *("art", "spezies", "espécie", "specie", "soort"),
)
"""Names of label columns that may also mean something else."""
TAGS = ("tags", "labels", "attributes", "keywords")
"""Names of columns with several labels, which may be separated by spaces."""
VECTORS = ("vector", "embedding", "embeddings", "vectors", "features")
SPLITS = ("split", "subset", "fold")
MORE_SPLITS = ("set", "usage", "partition", "phase", "data_split", "dataset_split", "type")
"""A column with one of these names states splits only if all its cells are names of splits."""
_GROUPS = frozenset(
    (
        *("patient", "subject", "person", "participant", "donor", "case", "study", "series"),
        *("site", "location", "camera", "station", "hospital", "machine", "device", "session"),
        *("experiment", "plate", "well", "slide", "scan", "sequence", "seq"),
    )
)
"""Words in the names of columns that identify groups of items by an id or number."""
_OF_CLASSES = frozenset(
    (
        *("class", "label", "category", "target", "species", "specie", "breed", "taxon", "synset"),
        *("wordnet", "genus", "family", "type", "sign", "diagnosis", "kind"),
    )
)
"""Words in the names of columns that identify classes by an id or number."""
_ALL = frozenset(
    (*IDS, *PATHS, *IMAGES, *LABEL_NAMES, *MORE_LABELS, *VECTORS, *SPLITS, *MORE_SPLITS)
)


def plain(name: str) -> str:
    """Return a name for comparison: "image_index" for Image Index, image-index and imageIndex."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s\-._]+", "_", parts).lower()


def numbers_groups(name: str) -> bool:
    """Whether the column may have ids of groups of items, such as patients or sites.

    A group is not a class. The result is False for ids of classes, such as category_id.
    """
    words = plain(name).split("_")
    if any(word.rstrip("s") in _OF_CLASSES for word in words):
        return False
    return words[-1] == "id" or any(word in _GROUPS for word in words)


def is_usual(name: str) -> bool:
    """Whether the name is a usual name of a column."""
    return plain(name) in _ALL


def is_pattern(text: str) -> bool:
    """Whether an option may name several columns: true for "is_*" and "owl,crow"."""
    return any(mark in text for mark in "*?,")


def matching(names: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return the columns among `names` that fit a pattern such as "is_*" or "owl,crow".

    The columns are in the order of the parts of the pattern.
    """
    pieces = [piece.strip() for piece in pattern.split(",")]
    found = (name for piece in pieces for name in names if fnmatch.fnmatchcase(name, piece))
    return tuple(dict.fromkeys(found))


def split_of_file(name: str) -> str | None:
    """The split that the name of a file begins with: train for train-00000-of-00003.parquet."""
    begin = re.split(r"[-_.]", name, maxsplit=1)[0]
    return begin if folder_names.is_split(begin) else None
