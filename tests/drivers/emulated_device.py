"""An accelerator that is emulated on the CPU. With it, tests find mistakes about devices without a
GPU.

Inside `emulated("cuda")` or `emulated("mps")`, tensors that are created on or moved to this device
are marked, and compute on the CPU. Each call of torch is checked as the device would check it:

- The tensors of a call are on the same device. Two exceptions: a number (a CPU tensor without
  dimensions) may be combined with any tensor, and indices may be on the CPU.
- A tensor becomes an array only after `.cpu()`.
- A random generator belongs to the device of the tensor that it fills. Its state has the 16 bytes
  of a GPU's generator, and other states are refused.
- MPS has no float64 and no sparse matrices in compressed rows.

Not checked: operations that a device lacks, and calls inside functions that torch itself implements
in Python.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode

Kind = Literal["cuda", "mps"]
STATE_BYTES = 16
"""Bytes of the state of CUDA's generator: seed and offset. The CPU's generator has 5,056."""

_INDEXED = {
    torch.Tensor.__getitem__, torch.Tensor.__setitem__, torch.Tensor.index_put_,
}  # fmt: skip
_MOVES = {torch.Tensor.copy_}
_TO_PYTHON = {
    torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.__bool__, torch.Tensor.__int__,
    torch.Tensor.__float__, torch.Tensor.__len__, torch.Tensor.__index__, torch.Tensor.__repr__,
    torch.Tensor.__format__,
}  # fmt: skip
_TO_ARRAY = {torch.Tensor.numpy, torch.Tensor.__array__}
_UNCHECKED = {"__set__", "__delete__", "_has_compatible_shallow_copy_type"}


class DeviceError(RuntimeError):
    """A call that fails on the emulated device."""


class Marked(torch.Tensor):
    """A tensor on the emulated device. Its numbers are on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    def __deepcopy__(self, memo: dict[int, Any]) -> torch.Tensor:
        if id(self) not in memo:
            copied = self.detach().clone()
            is_parameter = isinstance(self, torch.nn.Parameter)
            memo[id(self)] = (
                torch.nn.Parameter(copied, self.requires_grad) if is_parameter else copied
            )
        return memo[id(self)]


class MarkedGenerator(torch.Generator):
    """A random generator of the emulated device."""

    kind: Kind = "cuda"

    def manual_seed(self, seed: int) -> "MarkedGenerator":
        super().manual_seed(seed)
        return self

    def get_state(self) -> torch.Tensor:
        return torch.tensor([self.initial_seed(), 0]).view(torch.uint8)

    def set_state(self, new_state: torch.Tensor) -> "MarkedGenerator":
        if new_state.numel() != STATE_BYTES:
            raise RuntimeError("RNG state is wrong size")
        return self.manual_seed(int(new_state.view(torch.int64)[0]))


class EmulatedDevice(TorchFunctionMode):
    """Checks each call of torch, and marks its results."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind: Kind = kind
        self.device = torch.device(kind)
        self.calls = 0
        """Number of calls with a tensor on the emulated device."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        tensors = _tensors([*args, *kwargs.values()])
        marked = any(_is_marked(one) for one in tensors)
        self.calls += marked
        if name == "__get__":
            return self._attribute(func, args)
        if func in _TO_ARRAY and marked:
            raise DeviceError(f"can't convert {self.device} tensor to numpy: use Tensor.cpu()")
        if func is torch.Tensor.to or func in (torch.Tensor.cpu, torch.Tensor.cuda):
            return self._moved(func, args, kwargs)
        wanted = kwargs.get("device")
        on_device = marked
        if wanted is not None:
            on_device = torch.device(wanted).type == self.kind
            kwargs["device"] = "cpu"
        if name not in _UNCHECKED and wanted is None:
            self._check_devices(func, args, tensors, marked)
        self._check_generator(kwargs.get("generator"), on_device)
        result = func(*args, **kwargs)
        if func in _TO_PYTHON:
            return result
        return self._mark(result) if on_device else result

    def _attribute(self, func: Any, args: tuple[Any, ...]) -> Any:
        """Return an attribute of a tensor, such as its device."""
        tensor = args[0]
        if not _is_marked(tensor):
            return func(*args)
        attribute = getattr(getattr(func, "__self__", None), "__name__", "")
        if attribute == "device":
            return self.device
        if attribute in ("is_cuda", "is_mps", "is_cpu"):
            return attribute == f"is_{self.kind}"
        return self._mark(func(*args))

    def _moved(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Move or convert a tensor, as `to`, `cpu` and `cuda` do."""
        tensor, *rest = args
        before = _is_marked(tensor)
        after = before and func is not torch.Tensor.cpu
        given = [*rest, *(kwargs.get(name) for name in ("device", "dtype", "other"))]
        for value in given:
            if isinstance(value, (torch.device, str)):
                after = torch.device(value).type == self.kind
            elif _is_tensor(value):
                after = _is_marked(value)
        dtypes = [v if isinstance(v, torch.dtype) else v.dtype for v in given if _has_type(v)]
        dtype = dtypes[0] if dtypes else tensor.dtype
        copy = bool(kwargs.get("copy")) or after != before or "memory_format" in kwargs
        # A move makes a copy, so that code that relies on shared memory fails.
        layout = kwargs.get("memory_format") or torch.preserve_format
        result = torch.Tensor.to(_plain(tensor), dtype, copy=copy, memory_format=layout)
        if result.dtype == tensor.dtype and not copy:
            return tensor
        return self._mark(result) if after else result

    def _check_devices(
        self, func: Any, args: tuple[Any, ...], tensors: list[torch.Tensor], marked: bool
    ) -> None:
        if not marked or func in _MOVES:
            return
        others = tensors
        if func in _INDEXED:
            indices = _tensors([args[1]])
            if not _is_marked(args[0]):
                if any(_is_marked(index) for index in indices):
                    raise DeviceError(f"indices on {self.device} of a tensor on the CPU")
                if func is torch.Tensor.__setitem__:
                    return  # a value from any device is copied
            others = [args[0], *(t for t in args[2:] if _is_tensor(t))]
        stray = [one for one in others if not _is_marked(one) and one.dim() > 0]
        if stray:
            name = getattr(func, "__name__", str(func))
            raise DeviceError(
                f"{name}: expected all tensors on {self.device}, but one of shape "
                f"{tuple(stray[0].shape)} is on the CPU"
            )

    def _check_generator(self, generator: torch.Generator | None, on_device: bool) -> None:
        if generator is not None and isinstance(generator, MarkedGenerator) != on_device:
            raise DeviceError("the generator belongs to another device than the tensor")

    def _mark(self, value: Any) -> Any:
        """Return the result of a call, with its tensors marked."""
        if isinstance(value, (tuple, list)):
            marked = [self._mark(one) for one in value]
            return type(value)(marked)  # includes the named tuples of torch
        if not _is_tensor(value) or _is_marked(value):
            return value
        if self.kind == "mps" and value.dtype in (torch.float64, torch.complex128):
            raise DeviceError("the MPS framework does not support float64")
        if value.layout is not torch.strided:
            # A subclass cannot be sparse.
            if self.kind == "mps":
                raise DeviceError(f"the MPS framework does not support {value.layout}")
            value.is_marked = True  # type: ignore[attr-defined]
            return value
        return value.as_subclass(Marked)


MEMORY = 1 << 30
"""Free memory of an emulated CUDA device, bytes."""


@contextmanager
def emulated(kind: Kind) -> Iterator[EmulatedDevice]:
    """Emulate a device of this kind inside the `with` block."""

    class Generator(MarkedGenerator):
        def __new__(cls, device: Any = "cpu") -> Any:
            if torch.device(device).type != kind:
                return _GENERATOR(device)
            made = super().__new__(cls, "cpu")
            made.kind = kind
            return made

        def __init__(self, *_: object) -> None:
            pass

        @property
        def device(self) -> torch.device:
            return torch.device(kind)

    mode = EmulatedDevice(kind)
    # By default, `Module.to` replaces only the data of a parameter, so the parameter would not be
    # marked.
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        free = patch.object(torch.cuda, "mem_get_info", lambda _: (MEMORY, MEMORY))
        with patch.object(torch, "Generator", Generator), free, mode:
            yield mode
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)


_GENERATOR = torch.Generator


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _tensors(values: Sequence[Any]) -> list[torch.Tensor]:
    """Return the tensors in `values`, also inside lists, tuples and dictionaries."""
    found: list[torch.Tensor] = []
    for value in values:
        if _is_tensor(value):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found += _tensors(value)
        elif isinstance(value, dict):
            found += _tensors(list(value.values()))
    return found


def _has_type(value: Any) -> bool:
    return isinstance(value, (torch.dtype, torch.Tensor))


def _is_marked(value: Any) -> bool:
    return isinstance(value, Marked) or getattr(value, "is_marked", False)


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.as_subclass(torch.Tensor) if isinstance(tensor, Marked) else tensor
