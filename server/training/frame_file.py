"""Replacement of the file of frames by a larger one, before a trainer process starts."""

import asyncio
import os
from collections.abc import Callable
from typing import IO

from lodespace.training.shared_frames import anonymous_file
from lodespace.training.trainer_process import START_AGAIN_SECONDS


async def with_room(
    file: IO[bytes], size: Callable[[], int], on_refused: Callable[[OSError], None]
) -> IO[bytes]:
    """Return `file`, or a new file in its place if `file` has fewer than `size()` bytes.

    While there is no room for a new file, calls `on_refused` with the error, and tries again after
    a pause.
    """
    while os.fstat(file.fileno()).st_size < size():
        try:
            larger = anonymous_file(size())
        except OSError as error:
            on_refused(error)
            await asyncio.sleep(START_AGAIN_SECONDS)
        else:
            file.close()
            file = larger
    return file
