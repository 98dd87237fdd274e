"""OpenMP settings of models/. On a busy machine, spinning threads make training slower."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    ["lodespace.training.worker", "lodespace.baking.bake", "lodespace.models.training.trainer"],
)
def test_the_wait_policy_is_set_before_torch_is_loaded(module: str) -> None:
    script = f"""
import os, sys
os.environ.pop("OMP_WAIT_POLICY", None)

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)  # torch itself is not needed

sys.meta_path.insert(0, Watch())
import {module}
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.split()[0] == "passive"
