"""Settings of the allocator of the C library."""

import os
import platform
import subprocess
import sys

import pytest

CODE = """
import resource
import numpy as np
from lodespace.models.free_memory import keep_free_memory
if KEPT: keep_free_memory()
np.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10): np.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_kept_memory_is_used_again_without_new_pages() -> None:
    """Ten arrays of 80 MB, one after the other, have 195,000 pages of 4 kB."""
    faults = []
    # Large pages of the system would hide most page faults.
    environment = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}
    for kept in (False, True):
        code = CODE.replace("KEPT", str(kept))
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        faults.append(int(done.stdout))
    assert faults[1] < 100 and faults[0] > 10 * faults[1]
