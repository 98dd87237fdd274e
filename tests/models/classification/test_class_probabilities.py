"""Class probabilities of many items in 8 bits per class, or in 6 bits."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lodespace.models.classification import class_probabilities
from lodespace.models.classification.class_probabilities import (
    ClassProbabilities,
    coarsely_coded,
    coded,
    decoded,
)

N = 300


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few items count as many."""
    monkeypatch.setattr(class_probabilities, "MANY", N - 1)


def random(n_classes: int, sharpness: float = 3.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n_classes)
    return (sharpness * torch.randn(N, n_classes, generator=generator)).softmax(dim=1)


def filled(probabilities: torch.Tensor, *, coarse: bool = False) -> ClassProbabilities:
    n, n_classes = probabilities.shape
    made = ClassProbabilities(n, n_classes, torch.device("cpu"), coarse=coarse)
    for items in torch.randperm(N, generator=torch.Generator().manual_seed(0)).split(70):
        assert torch.equal(made.put(items, probabilities[items]), made.values[items])
    return made


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("n_classes", [1, 2, 10, 1000])
def test_coded_probabilities_are_near_and_keep_the_class(n_classes: int) -> None:
    given = random(n_classes)
    found = filled(given).values
    top = given.amax(dim=1, keepdim=True)
    assert ((found - given).abs() <= top / 255 + 1e-6).all()
    assert (found.amax(dim=1) - top.squeeze(1)).abs().max() < 1 / 4096 + 1e-6
    assert torch.equal(found.argmax(dim=1), given.argmax(dim=1))
    assert float(found.max()) <= 1 and float(found.min()) >= 0


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("n_classes", [1, 2, 10, 1000])
def test_coarse_probabilities_are_near_and_have_few_steps(n_classes: int) -> None:
    given = random(n_classes)
    made = filled(given, coarse=True)
    top = given.amax(dim=1, keepdim=True)
    # Half a step: the next power of two above the largest probability is at most twice as large.
    assert ((made.values - given).abs() <= top / 64 + 1e-6).all()
    assert float(made.values.max()) <= 1 and float(made.values.min()) >= 0
    tensors = made.tensors("x")
    assert int(tensors["x_codes"].max()) <= 64 and len(tensors["x_steps"].unique()) <= 8
    again = ClassProbabilities(N, 3, torch.device("cpu"), coarse=True)
    assert again.load("x", {name: tensor.clone() for name, tensor in tensors.items()})
    assert torch.equal(again.values, made.values)


def test_coarse_powers_of_two_are_exact() -> None:
    given = torch.tensor([[0.0, 1.0], [0.5, 0.5], [0.25, 0.75], [2.0**-20, 0.0], [0.0, 0.0]])
    assert torch.equal(coarsely_coded(given)[2], given)
    # Of very many classes, none disappears.
    assert coarsely_coded(torch.full((1, 100_000), 1e-5))[2].min() > 0


class InexactPowers(TorchDispatchMode):
    """Powers in single precision are one unit in the last place too small, as on a GPU."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket in (torch.ops.aten.pow, torch.ops.aten.exp2):
            return torch.nextafter(result, torch.zeros_like(result))
        return result


def test_coarse_steps_are_whole_where_powers_are_inexact() -> None:
    with InexactPowers():
        assert float(2.0 ** torch.arange(-1, 0)) < 0.5
        codes, steps, values = coarsely_coded(random(10))
    assert torch.equal(steps & (steps - 1), torch.zeros_like(steps))
    assert torch.equal(decoded(codes, steps), values)


@pytest.mark.usefixtures("many")
def test_a_coarse_array_loads_the_fine_codes_of_an_older_version() -> None:
    fine, made = filled(random(10)), ClassProbabilities(N, 10, torch.device("cpu"), coarse=True)
    assert made.load("x", fine.tensors("x"))
    assert torch.equal(made.values, fine.values)


def test_a_certain_class_and_equal_classes_are_kept() -> None:
    values = coded(torch.tensor([[0.0, 1.0], [0.5, 0.5]]))[2]
    assert values[0].tolist() == [0, pytest.approx(1, abs=2e-4)] and float(values[0, 1]) <= 1
    assert values[1, 0] == values[1, 1] == pytest.approx(0.5, abs=3e-4)
    # Of very many classes, none disappears.
    assert coded(torch.full((1, 100_000), 1e-5))[2].min() > 0


@pytest.mark.usefixtures("many")
def test_a_state_of_coded_probabilities_is_small_and_exact() -> None:
    made = filled(random(10))
    made.set_class_count(12)
    tensors = made.tensors("x")
    assert sum(tensor.nbytes for tensor in tensors.values()) == N * (12 + 2)
    again = ClassProbabilities(N, 3, torch.device("cpu"))
    assert again.load("x", {name: tensor.clone() for name, tensor in tensors.items()})
    assert torch.equal(again.values, made.values)
    assert not again.load("y", tensors)


@pytest.mark.usefixtures("many")
def test_a_state_of_an_older_version_is_coded() -> None:
    made, given = ClassProbabilities(N, 3, torch.device("cpu")), random(10)
    assert made.load("x", {"x": given})
    assert torch.equal(made.values, coded(given)[2])


def test_the_probabilities_of_few_items_do_not_change() -> None:
    given = random(10)
    made = filled(given)
    assert torch.equal(made.values, given)
    assert list(made.tensors("x")) == ["x"]
