"""Test vectors of packed sets of items, built byte by byte from docs/protocol.md, without the
tested code. make_vectors.py writes them."""

import struct


def varints(numbers: list[int]) -> bytes:
    out = bytearray()
    for number in numbers:
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return bytes(out)


def item_sets() -> list[dict[str, object]]:
    out: list[dict[str, object]] = []

    def packed(
        coding: int, items: bytes, n: int, kind: int = 0, values: bytes = b"", size: int = -1
    ) -> bytes:
        size = len(items) if size < 0 else size
        return struct.pack("<BBHII", coding, kind, 0, n, size) + items + values

    def good(name: str, data: bytes, items: list[int], class_ids: list[int] | None = None) -> None:
        out.append(
            {
                "name": name,
                "hex": data.hex(),
                "n_items": 10_000,
                "items": items,
                "class_ids": class_ids,
            }
        )

    def bad(name: str, data: bytes, code: str = "malformed_message") -> None:
        out.append({"name": name, "hex": data.hex(), "n_items": 10_000, "error": code})

    runs, gaps, bitmap = 2, 3, 1
    good("no items", packed(runs, b"", 0), [])
    good("one run", packed(runs, varints([300, 200]), 200), list(range(300, 500)))
    two = [*range(5, 45), *range(46, 86)]
    good("two runs with one item between them", packed(runs, varints([5, 40, 0, 40]), 80), two)
    far = list(range(7, 10_000, 400))
    good("far apart", packed(gaps, varints([7, *[400] * 24]), 25), far)
    even = list(range(4000, 4200, 2))
    bits = struct.pack("<I", 4000) + b"\x55" * 25
    good("every second item", packed(bitmap, bits, 100), even)
    good(
        "classes in runs",
        packed(runs, varints([1, 6]), 6, 1, varints([3, 4, 0, 1, 1024, 1])),
        [1, 2, 3, 4, 5, 6],
        [2, 2, 2, 2, -1, 1023],
    )
    good(
        "classes as bytes",
        packed(runs, varints([9, 4]), 4, 2, bytes([1, 0, 255, 1])),
        [9, 10, 11, 12],
        [0, -1, 254, 0],
    )
    good(
        "classes as words",
        packed(runs, varints([9, 3]), 3, 3, struct.pack("<3H", 1, 0, 1000)),
        [9, 10, 11],
        [0, -1, 999],
    )
    bad("shorter than its header", b"\x01\0\0\0")
    bad("unknown coding", packed(4, b"\1\1", 1))
    bad("unknown kind of values", packed(runs, b"\1\1", 1, 5))
    bad("more bytes announced than there are", packed(runs, b"\1\1", 1, size=3))
    bad("more items announced than the data set has", packed(runs, varints([0, 10_001]), 10_001))
    bad("another number of items in runs", packed(runs, varints([1, 3]), 2))
    bad("a run of four billion items", packed(runs, varints([1, 0xFFFFFFFF]), 5))
    bad("a run without a length", packed(runs, varints([1, 3, 1]), 3))
    bad("an empty run", packed(runs, varints([1, 0, 1, 3]), 3))
    bad("a run behind the last item", packed(runs, varints([9999, 2]), 2), "unknown_item")
    bad("an item twice", packed(gaps, varints([9, 0]), 2))
    bad("an item behind the last item", packed(gaps, varints([9000, 1000]), 2), "unknown_item")
    bad("another number of items in gaps", packed(gaps, varints([1, 1]), 3))
    bad("a number that does not end", packed(gaps, b"\x81", 1))
    bad("a number of 42 bits", packed(gaps, b"\xff" * 5 + b"\1", 1))
    bad("a bitmap without its first item", packed(bitmap, b"\1\0\0", 1))
    bad("another number of items in a bitmap", packed(bitmap, bits, 101))
    bad("a bitmap behind the last item", packed(bitmap, b"\x0f\x27\0\0\2", 1), "unknown_item")
    bad("a class too few", packed(runs, varints([1, 3]), 3, 2, b"\1\1"))
    bad("a class too many", packed(runs, varints([1, 3]), 3, 1, varints([1, 4])))
    bad("a class above all others", packed(runs, varints([1, 1]), 1, 1, varints([40_000, 1])))
    bad("bytes behind the items", packed(runs, varints([1, 3]), 3) + b"\0")
    bad("a point too few", packed(runs, varints([1, 3]), 3, 4, bytes(24)))
    return out
