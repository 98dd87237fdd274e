"""All JSON is decoded by `lodespace.json_input`, which handles deep nesting."""

import ast
from pathlib import Path

from structure.imports import models_modules, server_modules, syntax_tree

DECODERS = {"load", "loads", "decode", "JSONDecoder"}
"""Names of functions and classes that decode JSON, in `json` and `msgspec.json`. The only allowed
use is `msgspec.json.Decoder` as an argument of `json_decoder`."""


def decoding(module: Path) -> list[int]:
    """Return the lines of `module` that decode JSON with `json` or `msgspec.json`."""
    text = module.read_text()
    if "json" not in text:
        return []
    tree = syntax_tree(text)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    lines: list[int] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or ast.unparse(node.value) not in {
            "json",
            "msgspec.json",
        }:
            continue
        call = parents.get(parents[node])
        wrapped = isinstance(call, ast.Call) and ast.unparse(call.func) == "json_decoder"
        if node.attr in DECODERS or (node.attr == "Decoder" and not wrapped):
            lines.append(node.lineno)
    return lines


def test_only_json_input_decodes_json() -> None:
    found = {
        path.name: lines
        for path in (*server_modules(), *models_modules())
        if path.name != "json_input.py" and (lines := decoding(path))
    }
    assert found == {}


def test_the_rule_finds_what_it_forbids(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "json.loads(a)\nmsgspec.json.decode(a)\nd = msgspec.json.Decoder(int)\n"
        "e = json_decoder(msgspec.json.Decoder(int))\njson.dumps(a)\n"
    )
    assert decoding(module) == [1, 2, 3]
