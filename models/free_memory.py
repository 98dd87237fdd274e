"""Settings of the C library's allocator: when it returns unused memory to the operating system."""

import ctypes
import logging
import sys

log = logging.getLogger(__name__)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""


def keep_free_memory() -> None:
    """Keep unused memory in this process until it ends, if the C library is glibc.

    By default, glibc returns each freed tensor of more than 32 MB to the system, and takes new
    pages for the next one. This took a third of the processor time of a network for photographs,
    whose tensors have this size.
    """
    if sys.platform != "linux":
        return
    try:
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, 2**30)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    except (OSError, AttributeError) as error:  # another C library
        log.debug("free memory is not kept: %s", error)


def return_free_memory() -> None:
    """Return unused memory to the system if the C library is glibc.

    Without this call, glibc keeps freed tensors of some megabytes for later. A trainer on 5,000
    items kept about 120 MB of such memory after 40 gestures.
    """
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError) as error:  # another C library
        log.debug("free memory is not returned: %s", error)
