"""The Python API: `lodespace.serve(X, labels=y)`, `lodespace.bake(X, "out")`, `lodespace.train(X)`.

`lodespace.show("out")` shows the bake in the folder "out".

X is pictures (N, H, W) or (N, H, W, 3), vectors (N, F), a Dataset of torch, or a path that
`lodespace serve` reads. There is one label per item: a number (negative: no label) or a name
("": no label).
"""

from lodespace.notebook.baking import bake
from lodespace.notebook.served import Served
from lodespace.notebook.serving import serve
from lodespace.notebook.shown import Shown, show
from lodespace.notebook.training import train

__all__ = ["Served", "Shown", "bake", "serve", "show", "train"]
