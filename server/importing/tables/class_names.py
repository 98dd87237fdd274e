"""Names of classes that a table labels with numbers."""

import pyarrow as pa

from lodespace.json_input import json_value


def hugging_face_names(schema: pa.Schema | None, column: str | None) -> tuple[str, ...]:
    """Class names for the label column `column`, whose cells are numbers or lists of numbers.

    Hugging Face stores these names in the metadata of the schema.
    """
    if (
        schema is None
        or column is None
        or not schema.metadata
        or b"huggingface" not in schema.metadata
    ):
        return ()
    try:
        known = json_value(schema.metadata[b"huggingface"])["info"]["features"][column]
        names = known.get("names") or (known.get("feature") or {}).get("names") or ()
        return tuple(str(name) for name in names)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
