"""Sizes that a file of a shape states, checked before memory is used for them.

A file of a few hundred bytes can state arrays of any length. The library that reads the files
(trimesh) makes these arrays before the limits of a shape can be compared.
"""

import os
import re
from typing import Annotated, BinaryIO

import msgspec

from lodespace.items.errors import ItemError
from lodespace.json_input import JsonError, json_of
from lodespace.shapes.limits import check_size

_MOST_JSON = 16 << 20
"""Largest description in a GLB file, in bytes. Decoded, it takes up to twenty times as much."""
_LEAST_BYTES = 1 << 28
"""Number of bytes that the arrays of any GLB file may have together. In a small file, arrays
without stored values, such as empty targets of an animation, can be longer than the file."""
_SHARED = 4
"""The arrays of a large GLB file may together have this many times the size of the file, because
several arrays may use the same part of it."""
_MOST_NODES = 50_000
_MOST_PRIMITIVES = 50_000
_DEEPEST = 256
"""Largest number of nodes above a node."""
_MOST_TEXT = {".obj": 128 << 20, ".off": 64 << 20, ".ply": 64 << 20}
"""Largest file with text, in bytes, per kind of file. The library splits the text into words, which
take 8 times the size of an OBJ file, and 20 times that of an OFF or PLY file."""
_HEADER = 1 << 16
"""Number of bytes in which the header of a PLY file is looked for."""
_ELEMENT = re.compile(rb"^[ \t]*element[ \t]+(\S+)[ \t]+(\d+)", re.MULTILINE)
_ASCII = re.compile(rb"^[ \t]*format[ \t]+ascii", re.MULTILINE)
_READ_AT_ONCE = 1 << 22
_END = re.compile(rb"^[ \t]*end_header", re.MULTILINE)

_Number = Annotated[int, msgspec.Meta(ge=0)]
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPRESSION = "KHR_draco_mesh_compression"
_STRIP = 5
"""Mode of a primitive in which each corner after the first two makes a triangle."""


class _View(msgspec.Struct):
    byteLength: _Number  # names of the format


class _Accessor(msgspec.Struct):
    count: _Number
    componentType: int
    type: str
    bufferView: _Number | None = None


class _Primitive(msgspec.Struct):
    attributes: dict[str, _Number]
    indices: _Number | None = None
    mode: int = 4
    extensions: dict[str, msgspec.Raw] = {}


class _Mesh(msgspec.Struct):
    primitives: list[_Primitive]


class _Node(msgspec.Struct):
    mesh: _Number | None = None
    children: list[_Number] = []


class _Description(msgspec.Struct):
    bufferViews: list[_View] = []
    accessors: list[_Accessor] = []
    meshes: list[_Mesh] = []
    nodes: list[_Node] = []


def check_stated_size(file: BinaryIO, suffix: str) -> None:
    """Raise ItemError if `file` states a shape that is too large, or more than the file can have.

    `suffix` is the kind of the file, in lower case. The file is read from its start, and is at its
    start afterwards.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        if suffix == ".glb":
            _check_glb(file, size)
        elif suffix == ".ply":
            start = file.read(_HEADER)
            if _ASCII.search(start):
                _check_text(size, suffix)
            _check_ply(start, size)
        elif suffix in _MOST_TEXT:
            _check_text(size, suffix)
            if suffix == ".obj":
                _check_obj(file)
    finally:
        file.seek(0)


def _check_text(size: int, suffix: str) -> None:
    """Raise ItemError if a file with text has too many bytes."""
    most = _MOST_TEXT[suffix]
    if size > most:
        raise ItemError(
            f"the file has {size / 1e6:,.0f} MB of text; at most {most / 1e6:,.0f} MB are read in "
            f"{suffix} files with text. Save the shape as a binary file (GLB, PLY or STL)"
        )


def _check_obj(file: BinaryIO) -> None:
    """Raise ItemError if an OBJ file has too many points or triangles."""
    points = triangles = 0
    before = b"\n"
    while block := file.read(_READ_AT_ONCE):
        # The beginning of a line can be in two blocks.
        text = before + block
        points += text.count(b"\nv ")
        triangles += text.count(b"\nf ")
        before = text[-2:]
    check_size(points, triangles)


def _check_ply(start: bytes, size: int) -> None:
    """Raise ItemError if a PLY file of `size` bytes states too many elements at its `start`."""
    end = _END.search(start)
    stated = _ELEMENT.findall(start[: end.start() if end else None])
    # Each element takes at least one byte. The length of a number is limited, as Python refuses to
    # decode very long ones.
    counts = {name: int(digits[:20]) for name, digits in stated}
    if sum(counts.values()) > size:
        raise ItemError(
            f"the file is damaged: it states {sum(counts.values()):,} elements, and has only "
            f"{size:,} bytes"
        )
    check_size(counts.get(b"vertex", 0), counts.get(b"face", 0))


def _check_glb(file: BinaryIO, size: int) -> None:
    """Raise ItemError if a GLB file of `size` bytes states arrays or meshes that are too large."""
    head = file.read(20)
    length = int.from_bytes(head[12:16], "little")
    if len(head) < 20 or head[:4] != b"glTF" or length > size:
        raise ItemError("the file is damaged, or not a .glb file")
    if length > _MOST_JSON:
        raise ItemError(
            f"the description in the file has {length:,} bytes; at most {_MOST_JSON:,} are read"
        )
    try:
        _check_description(json_of(file.read(length), _Description), size)
    except (JsonError, IndexError, KeyError) as error:
        raise ItemError(f"the file is damaged, or not a .glb file: {error}") from error


def _check_description(stated: _Description, size: int) -> None:
    """Raise ItemError if a GLB file of `size` bytes states arrays or meshes that are too large.

    Raises IndexError or KeyError if the description refers to a part or a type that does not exist.
    """
    needed = sum(view.byteLength for view in stated.bufferViews) + sum(
        array.count * _WIDTHS[array.type] * _BYTES[array.componentType]
        for array in stated.accessors
    )
    if needed > max(_LEAST_BYTES, _SHARED * size):
        raise ItemError(
            f"the file is damaged: it states arrays of {needed:,} bytes, and has only {size:,}"
        )
    primitives = sum(len(mesh.primitives) for mesh in stated.meshes)
    if len(stated.nodes) > _MOST_NODES or primitives > _MOST_PRIMITIVES:
        raise ItemError(
            f"the file has {len(stated.nodes):,} nodes and {primitives:,} parts of meshes; at most "
            f"{_MOST_NODES:,} of each are read. Join the meshes first"
        )
    sizes = [_size_of(mesh, stated.accessors) for mesh in stated.meshes]
    used = [sizes[node.mesh] for node in stated.nodes if node.mesh is not None]
    # A mesh is made once even if no node uses it.
    for each in (sizes, used):
        check_size(sum(points for points, _ in each), sum(triangles for _, triangles in each))
    _check_tree(stated.nodes)


def _size_of(mesh: _Mesh, arrays: list[_Accessor]) -> tuple[int, int]:
    """Return the numbers of points and triangles of a mesh.

    Raises ItemError if the numbers are not known, and IndexError if an array does not exist.
    """
    points = triangles = 0
    for part in mesh.primitives:
        needed = [part.attributes.get("POSITION"), part.indices]
        empty = any(number is not None and arrays[number].bufferView is None for number in needed)
        if empty or _COMPRESSION in part.extensions:
            raise ItemError(
                "the points or triangles are compressed, or missing; export the shape without "
                "compression"
            )
        # Colours and normals are copied too.
        own = max((arrays[number].count for number in part.attributes.values()), default=0)
        corners = own if part.indices is None else arrays[part.indices].count
        points += own
        if part.mode >= 4:
            triangles += corners if part.mode == _STRIP else corners // 3
    return points, triangles


def _check_tree(nodes: list[_Node]) -> None:
    """Raise ItemError unless each node is in at most one other node, and not too deeply."""
    parents: dict[int, int] = {}
    for number, node in enumerate(nodes):
        for child in node.children:
            if child in parents:
                raise ItemError(f"the file is damaged: node {child} is in several nodes")
            parents[child] = number
    depths: dict[int, int] = {}
    for number in range(len(nodes)):
        above = [number]
        while above[-1] in parents and above[-1] not in depths and len(above) <= _DEEPEST:
            above.append(parents[above[-1]])
        depth = depths.get(above[-1], 0)
        if depth + len(above) > _DEEPEST:
            raise ItemError(f"the file is damaged: more than {_DEEPEST} nodes are nested")
        for place, each in enumerate(reversed(above)):
            depths[each] = depth + place
