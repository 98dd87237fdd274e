"""Parameters of the HTTP routes, in paths and queries."""

from typing import Any, get_args

from lodespace import protocol
from lodespace.web import exports
from lodespace.web.route_record import Parameter


def _number(name: str, description: str, digits: int, most: int) -> Parameter:
    """Return the path parameter `name`.

    Its value is a number from 0 to `most`, written with at most `digits` digits.
    """
    schema = {"type": "integer", "minimum": 0, "maximum": most}
    return Parameter(
        name=name, schema=schema, description=description, pattern=rf"\d{{1,{digits}}}"
    )


def _query(
    name: str, description: str, schema: dict[str, Any], *, required: bool = False
) -> Parameter:
    return Parameter(
        name=name, schema=schema, description=description, where="query", required=required
    )


def _whole(least: int, most: int, default: int) -> dict[str, Any]:
    """Return the JSON schema of a whole number in the query."""
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


ITEM = _number("item", "Number of the item, from 0.", 9, 0x7FFFFFF)
RULE = _number("rule", "Number of the rule.", 9, 0x7FFFFFF)
PAGE = _number("page", "Number of the atlas page, from 0.", 6, 100_000)
CUE = Parameter(
    name="cue",
    schema={"type": "string", "enum": list(get_args(protocol.Cue))},
    description="Name of the cue.",
)
MODEL = Parameter(
    name="name", schema={"type": "string"}, pattern=r"[\w-]+(\.json|/[\w-]+\.(json|glb))"
)
SEARCH = _query(
    "q",
    "Text to search for.",
    {"type": "string", "minLength": 1, "maxLength": protocol.MAX_SEARCH_LENGTH},
    required=True,
)
COLUMN = _query(
    "name",
    "Name of the column.",
    {"type": "string", "minLength": 1, "maxLength": protocol.MAX_COLUMN_NAME},
    required=True,
)
RANKS = (
    _query(
        "name",
        "Name of the column; not used with `by`.",
        {"type": "string", "maxLength": protocol.MAX_COLUMN_NAME},
    ),
    _query("by", "`id` for the ranks by the ids of the items.", {"type": "string", "enum": ["id"]}),
)
FORMAT = _query("format", "", {"type": "string", "enum": ["csv", "jsonl"], "default": "csv"})
EXPORT_FORMAT = _query(
    "format",
    "Format, as of `lodespace export`. A folder is sent as a ZIP file.",
    {"type": "string", "enum": list(exports.FORMATS)},
    required=True,
)
CLIENT = _query(
    "client", "Id of a client. The history marks the actions of this client.", {"type": "string"}
)
SHEET = (
    _query(
        "kind",
        "Queue that the items come from.",
        {"type": "string", "enum": list(get_args(protocol.SheetKind))},
        required=True,
    ),
    _query(
        "size",
        "Number of items on the sheet.",
        _whole(1, protocol.MAX_SHEET_SIZE, protocol.SHEET_SIZE),
    ),
    _query("skip", "Number of items to skip at the start of the queue.", _whole(0, 0x7FFFFFFF, 0)),
)
ADDED_FILE = _query(
    "name",
    "Name of the file, whose ending states its kind.",
    {"type": "string", "minLength": 1},
    required=True,
)
FILE_NAME = _query("name", "Name of the file, whose ending states its kind.", {"type": "string"})
EXAMPLE = (
    FILE_NAME,
    _query(
        "count",
        "Number of items to find.",
        _whole(1, protocol.MAX_SIMILAR, protocol.SIMILAR),
    ),
)
