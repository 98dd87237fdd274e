"""Writer of the shared test vectors: `python tests/vectors/make_vectors.py`.

pytest and vitest read the vectors, so that Python and TypeScript have the same reference.
protocol/frames.json: {name, hex, and either header and content or the error code}.
protocol/item_sets.json: {name, hex, n_items, and either items and class_ids or the error code}.
selection/regions.json: {name, points, region, items}. recording/published.json: {name, hex, first,
moments}. The frames and records are built byte by byte from docs/protocol.md and docs/files.md,
with zlib and without the tested code. The items of the regions come from a manual solution or from
a separate point-in-polygon test.

vr/press_targets.json is written by hand: angles of the boards in VR, seen from the eyes.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
from item_set_vectors import item_sets

HERE = Path(__file__).parent
HEADER = struct.Struct("<BBBBIIIIIII")


def deflate(raw: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(raw) + compressor.flush()


def positions(
    deltas: list[list[int]], axes: int, shift: int, *, flags: int = 0
) -> tuple[bytes, dict[str, object]]:
    """Return a delta frame, and the content that a decoder must find in this frame.

    The frame has the changes `deltas`, in units of 2**shift.
    """
    low, high = bytearray(), bytearray()
    for axis in range(axes):
        for row in deltas:
            zigzag = (row[axis] << 1) ^ (row[axis] >> 15)
            low.append(zigzag & 255)
            high.append((zigzag >> 8) & 255)
    raw = bytes(low + high)
    payload = deflate(raw)
    header = (1, shift, axes, flags, len(deltas), 7, 8, 1234, 42, len(payload), len(raw))
    content = [[value << shift for value in row] for row in deltas]
    return HEADER.pack(*header) + payload, {"header": list(header), "delta": content}


def predictions(rows: list[tuple[int, int, int]]) -> tuple[bytes, dict[str, object]]:
    gaps, last = b"", 0
    for item, _, _ in rows:
        gaps += struct.pack("<I", item - last)
        last = item
    raw = gaps + b"".join(struct.pack("<h", c) for _, c, _ in rows) + bytes(p for _, _, p in rows)
    payload = deflate(raw)
    header = (2, 0, 0, 0, len(rows), 9, 9, 77, 42, len(payload), len(raw))
    content = {
        "items": [r[0] for r in rows],
        "class_ids": [r[1] for r in rows],
        "confidence": [r[2] for r in rows],
    }
    return HEADER.pack(*header) + payload, {"header": list(header), **content}


def forces(
    vectors: list[list[list[int]]], scales: list[float], axes: int
) -> tuple[bytes, dict[str, object]]:
    """A forces frame: vectors (terms, items, axes) as signed bytes, and the decoded forces."""
    n = len(vectors[0])
    planes = [
        struct.pack("b", vectors[t][i][axis])
        for t in range(len(vectors))
        for axis in range(axes)
        for i in range(n)
    ]
    raw = struct.pack(f"<{len(scales)}f", *scales) + b"".join(planes)
    payload = deflate(raw)
    header = (3, 0, axes, 0, n, 9, 9, 77, 42, len(payload), len(raw))
    content = [
        [[value * scale for value in row] for row in term]
        for term, scale in zip(vectors, scales, strict=True)
    ]
    return HEADER.pack(*header) + payload, {"header": list(header), "vectors": content}


def frames() -> list[dict[str, object]]:
    out: list[dict[str, object]] = []

    def good(name: str, made: tuple[bytes, dict[str, object]]) -> None:
        out.append({"name": name, "hex": made[0].hex(), **made[1]})

    def bad(name: str, frame: bytes, code: str = "malformed_message") -> None:
        out.append({"name": name, "hex": frame.hex(), "error": code})

    good("no points", positions([], 3, 5))
    pulls = [
        [[1, -2, 3], [0, 127, -127]],
        [[0, 0, 0], [5, 6, 7]],
        [[-128, 4, 9], [1, 1, 1]],
        [[2, 2, 2], [-3, -3, -3]],
        [[9, 0, 0], [0, -9, 0]],
    ]
    good("forces on two items", forces(pulls, [0.5, 0.0, 2.0, 0.25, 1.5], 3))
    good(
        "forces in two dimensions",
        forces([[row[:2] for row in term] for term in pulls], [1.0] * 5, 2),
    )
    good("one point at rest", positions([[0, 0, 0]], 3, 0, flags=1))
    good("one point, both signs", positions([[1, -1, 2]], 3, 5))
    good("2D", positions([[3, -4], [0, 7]], 2, 5))
    good("largest deltas", positions([[32767, -32768, -32767]], 3, 0))
    random = np.random.default_rng(3)
    good("two hundred points", positions(random.integers(-300, 300, (200, 3)).tolist(), 3, 4))
    good("no predictions", predictions([]))
    good("one prediction", predictions([(0, 3, 255)]))
    good(
        "predictions with a gap and an unknown",
        predictions([(1, 0, 10), (2, -1, 0), (4000, 1023, 128)]),
    )

    frame, _ = positions([[1, 2, 3], [4, 5, 6]], 3, 5)
    bad("empty", b"")
    bad("header cut short", frame[:31])
    bad("payload cut short", frame[:-1])
    bad("payload too long", frame + b"\0")
    bad("unknown opcode", b"\x09" + frame[1:], "unknown_opcode")
    bad("four axes", frame[:2] + b"\x04" + frame[3:])
    bad("one axis", frame[:2] + b"\x01" + frame[3:])
    bad("shift of 16", frame[:1] + b"\x10" + frame[2:])
    fields = list(HEADER.unpack_from(frame))
    fields[4] = 3
    bad("more points than bytes", HEADER.pack(*fields) + frame[32:])
    fields = list(HEADER.unpack_from(frame))
    fields[10] = 11
    bad("raw size that does not fit", HEADER.pack(*fields) + frame[32:])
    garbage = b"\xff" * 8
    bad("payload that is not deflate", HEADER.pack(1, 5, 3, 0, 2, 7, 8, 0, 42, 8, 12) + garbage)
    bomb = deflate(bytes(100_000))
    bad(
        "inflates to more than promised",
        HEADER.pack(1, 5, 3, 0, 2, 7, 8, 0, 42, len(bomb), 12) + bomb,
    )
    short = deflate(bytes(5))
    bad(
        "inflates to less than promised",
        HEADER.pack(1, 5, 3, 0, 2, 7, 8, 0, 42, len(short), 12) + short,
    )
    raw = struct.pack("<II", 0x7FFFFFFF, 1) + struct.pack("<hh", 0, 0) + b"\0\0"
    payload = deflate(raw)
    bad(
        "item out of range",
        HEADER.pack(2, 0, 0, 0, 2, 9, 9, 0, 42, len(payload), len(raw)) + payload,
    )
    return out


IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def perspective(distance: float, fov: float, near: float, far: float) -> list[float]:
    """Column-major matrix of a camera on +z at `distance` that looks at the origin."""
    f = 1 / np.tan(fov / 2)
    a, b = (far + near) / (near - far), 2 * far * near / (near - far)
    projection = np.array([[f, 0, 0, 0], [0, f, 0, 0], [0, 0, a, b], [0, 0, -1, 0]])
    view = np.eye(4)
    view[2, 3] = -distance
    return (projection @ view).T.reshape(-1).tolist()


def inside_by_angles(x: float, y: float, polygon: list[float]) -> bool:
    """Return whether (x, y) is inside `polygon`, computed by a sum of angles. This is slow, but
    independent of the tested rule."""
    points = np.asarray(polygon).reshape(-1, 2) - (x, y)
    angles = np.arctan2(points[:, 1], points[:, 0])
    turns = np.diff(np.append(angles, angles[0]))
    turns = (turns + np.pi) % (2 * np.pi) - np.pi
    return abs(round(float(turns.sum()) / (2 * np.pi))) > 0


def regions() -> list[dict[str, object]]:
    square = [-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5]
    out: list[dict[str, object]] = []

    def case(
        name: str,
        points: list[list[float]],
        polygon: list[float],
        items: list[int],
        **region: object,
    ) -> None:
        full = {
            "polygon": polygon,
            "clip_from_latent": IDENTITY,
            "mode": "through",
            "cell": [0.1, 0.1],
            **region,
        }
        out.append({"name": name, "points": points, "region": full, "items": items})

    case("a square", [[0, 0, 0], [0.6, 0, 0], [-0.4, 0.4, 0], [0, -0.9, 0]], square, [0, 2])
    case(
        "the same, drawn clockwise",
        [[0, 0, 0], [0.6, 0, 0]],
        [-0.5, 0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5],
        [0],
    )
    concave = [-0.8, -0.8, 0.8, -0.8, 0.8, 0.8, 0, 0, -0.8, 0.8]
    case("concave", [[0, 0.4, 0], [0, -0.4, 0], [0.6, 0.3, 0], [-0.6, 0.3, 0]], concave, [1, 2, 3])
    star = [v for k in range(5) for v in (np.sin(4 * np.pi * k / 5), np.cos(4 * np.pi * k / 5))]
    case(
        "a star that crosses itself: its middle, wound round twice, is inside",
        [[0, 0, 0], [0, 0.9, 0], [0.9, -0.9, 0]],
        star,
        [0, 1],
    )
    eight = [-0.8, -0.8, 0.8, 0.8, 0.8, -0.8, -0.8, 0.8]
    case(
        "a figure of eight: both loops are inside",
        [[0.6, 0, 0], [-0.6, 0, 0], [0, 0.6, 0], [0, -0.6, 0]],
        eight,
        [0, 1],
    )
    case("outside the depth range", [[0, 0, 0], [0, 0, 1.5], [0, 0, -1.5]], square, [0])
    case("2D", [[0, 0], [0.6, 0.6]], square, [0])
    camera = perspective(2.0, 0.7, 0.01, 60)
    case(
        "behind the camera",
        [[0, 0, 0], [0, 0, 3], [0, 0, 1.9]],
        square,
        [0, 2],
        clip_from_latent=camera,
    )
    case(
        "visible: the nearer one of a cell hides the others",
        [[0.01, 0.01, 0.2], [0.02, 0.02, -0.2], [0.31, 0.01, 0.2], [0.02, 0.03, -0.2]],
        square,
        [1, 2, 3],
        mode="visible",
    )
    case(
        "visible: an item outside the region hides one inside",
        [[0.48, 0.01, 0.5], [0.51, 0.01, -0.5]],
        square,
        [],
        mode="visible",
        cell=[0.2, 0.2],
    )
    case("nothing inside", [[0.9, 0.9, 0]], square, [])

    random = np.random.default_rng(11)
    points = random.uniform(-0.9, 0.9, (300, 3)).round(4)
    angles = np.sort(random.uniform(0, 2 * np.pi, 17))
    radius = random.uniform(0.2, 0.8, 17)
    blob = [
        float(round(v, 4))
        for a, r in zip(angles, radius, strict=True)
        for v in (r * np.cos(a), r * np.sin(a))
    ]
    homogeneous = np.c_[points, np.ones(300)] @ np.asarray(camera).reshape(4, 4)
    screen = homogeneous[:, :2] / homogeneous[:, 3:]
    items = [i for i, (x, y) in enumerate(screen) if inside_by_angles(x, y, blob)]
    case(
        "three hundred points in perspective", points.tolist(), blob, items, clip_from_latent=camera
    )
    return out


def scene(moment: dict[str, list[list[int]]]) -> bytes:
    """Return the scene file of a moment, with one item per row of each list."""
    blob, views, accessors = b"", [], []
    for kind, component, shape, form in (
        ("position", 5123, "VEC3", "<3Hxx"),
        ("label", 5122, "SCALAR", "<hxx"),
        ("prediction", 5122, "SCALAR", "<hxx"),
        ("confidence", 5121, "SCALAR", "<Bxxx"),
    ):
        rows = moment[kind]
        data = b"".join(struct.pack(form, *row) for row in rows)
        stride = len(data) // len(rows)
        views.append(
            {"buffer": 0, "byteOffset": len(blob), "byteLength": len(data), "byteStride": stride}
        )
        accessors.append(
            {
                "bufferView": len(views) - 1,
                "componentType": component,
                "count": len(rows),
                "type": shape,
            }
        )
        blob += data
    names = ("POSITION", "_LABEL", "_PREDICTION", "_CONFIDENCE")
    attributes = {name: k for k, name in enumerate(names)}
    document = {
        "asset": {"version": "2.0"},
        "meshes": [{"primitives": [{"attributes": attributes, "mode": 0}]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
        "extras": {
            "dataset": "vector",
            "latent_dim": 3,
            "revision": 7,
            "step": 0,
            "scene_id": 42,
            "sequence": 0,
            "box": {"origin": [0, 0, 0], "size": 1},
            "classes": [{"class_id": 0, "name": "a", "colour": "#ff0000"}],
        },
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(blob)
    head = struct.pack("<4sIII4s", b"glTF", 2, length, len(text), b"JSON")
    return head + text + struct.pack("<I4s", len(blob), b"BIN\0") + blob


def record(kind: bytes, payload: bytes) -> bytes:
    head = struct.pack("<cdI", kind, 0.5, len(payload))
    return head + payload + struct.pack("<I", zlib.crc32(payload, zlib.crc32(head)))


def recordings() -> list[dict[str, object]]:
    """Return recordings of three items, with what a player shows at each of their moments."""
    begin = {
        "position": [[100, 200, 300], [65535, 0, 7], [32768, 32768, 32768]],
        "label": [[-1], [0], [-1]],
        "prediction": [[-1], [-1], [0]],
        "confidence": [[0], [0], [128]],
    }
    glb = scene(begin)
    packed = struct.pack("<I", len(glb)) + deflate(glb)
    both = [
        {"class_id": 0, "name": "a", "colour": "#ff0000"},
        {"class_id": 1, "name": "b", "colour": "#00ff00"},
    ]
    operations = [
        {"op": "classes", "sequence": 1, "classes": both},
        {"op": "labels", "sequence": 2, "gesture": 0, "by": "", "items": [0], "class_ids": [1]},
        {"op": "of_a_later_version"},
    ]
    told = b"".join(record(b"O", json.dumps(operation).encode()) for operation in operations)
    first, _ = positions([[1, -1, 0], [-2, 0, 3], [0, 0, 0]], 3, 6)
    second, _ = positions([[0, 0, 5], [0, 1, 0], [-1, 0, 0]], 3, 0, flags=1)
    change, _ = predictions([(0, 1, 200), (2, 0, 255)])
    records = told + record(b"F", first) + record(b"P", change) + record(b"F", second)
    header = json.dumps({"protocol": "x", "dataset": "vector", "items": 3}).encode()
    magic = b"LODESPACE-REC1\r\n" + struct.pack("<I", len(header)) + header
    grids = [
        begin["position"],
        [[164, 136, 300], [65407, 0, 199], [32768, 32768, 32768]],
        [[164, 136, 305], [65407, 1, 199], [32767, 32768, 32768]],
    ]
    known = {"label": [1, 0, -1], "prediction": [1, -1, 0], "confidence": [200, 0, 255]}
    # A player shows a change of the predictions with the moment before the change.
    before = {"label": [1, 0, -1], "prediction": [-1, -1, 0], "confidence": [0, 0, 128]}
    moments = [
        {"position": grid, "classes": 2, **(known if k else before)} for k, grid in enumerate(grids)
    ]
    return [
        {
            "name": name,
            "hex": (magic + keyframe + records).hex(),
            "first": len(magic),
            "moments": moments,
        }
        for name, keyframe in (
            ("a packed keyframe", record(b"Z", packed)),
            ("a plain keyframe", record(b"K", glb)),
        )
    ]


def main() -> None:
    for path, vectors in (
        ("recording/published.json", recordings()),
        ("protocol/frames.json", frames()),
        ("protocol/item_sets.json", item_sets()),
        ("selection/regions.json", regions()),
    ):
        lines = ",\n".join(json.dumps(vector) for vector in vectors)
        (HERE / path).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
