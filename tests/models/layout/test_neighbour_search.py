"""Neighbours by FAISS in a process of its own, compared with those by torch."""

import logging
import subprocess
import sys
from collections.abc import Generator

import pytest
import torch

from lodespace.models.layout import faiss_process, neighbour_search
from lodespace.models.layout.incremental_graph import GraphBuilding
from lodespace.models.layout.neighbour_search import FaissSearch, OwnSearch, Search, TorchSearch
from samples.graphs import nearest_neighbours

K = 15


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Use FAISS for few items, in several units of work."""
    monkeypatch.setattr(neighbour_search, "LEAST_FAISS_ITEMS", 1000)
    monkeypatch.setattr(neighbour_search, "EXACT_ITEMS", 3000)
    monkeypatch.setattr(neighbour_search, "_PRODUCTS_PER_UNIT", 1_500_000)
    monkeypatch.setattr(neighbour_search, "_COMPARISONS_PER_UNIT", 500_000)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


WIDTHS = (12, 40)
"""Numbers of features without and with a comparison in 4 bits per feature."""


def points(n: int, width: int = 12) -> torch.Tensor:
    """Return n points (n, width) in groups. The last three points are far from all others."""
    random = torch.Generator().manual_seed(0)
    groups = 2 * torch.randn(n // 30, width, generator=random)
    x = groups[torch.randint(len(groups), (n,), generator=random)]
    x += torch.randn(n, width, generator=random)
    x[-3:] += torch.tensor([300.0, -500.0, 900.0])[:, None]
    return x


def search_of(building: GraphBuilding) -> Search:
    """Return the search that the building uses now."""
    assert isinstance(building.search, OwnSearch)
    return building.search.search


def found_by_faiss(x: torch.Tensor) -> tuple[GraphBuilding, int]:
    """Return the building with all neighbours, and the number of units of work."""
    building, units = GraphBuilding(x, K), 0
    while building.done < len(x):
        building.unit()
        assert isinstance(search_of(building), FaissSearch)
        units += 1
    return building, units


def recall_of(indices: torch.Tensor, x: torch.Tensor) -> float:
    exact, _ = nearest_neighbours(x, K, 500)
    return float((indices[:, :, None] == exact[:, None, :]).any(dim=2).float().mean())


@pytest.mark.parametrize("threads", [1, 3])
def test_an_exact_search_by_faiss_equals_one_by_torch(threads: int) -> None:
    torch.set_num_threads(threads)
    x = points(3000)
    building, units = found_by_faiss(x)
    indices, distances = nearest_neighbours(x, K, 500)
    assert torch.equal(building.indices, indices)
    assert torch.equal(building.distances, distances)
    assert units > 5


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_a_search_in_cells_reaches_and_logs_its_recall(
    width: int, caplog: pytest.LogCaptureFixture
) -> None:
    x = points(7000, width)
    with caplog.at_level(logging.INFO):
        building, _ = found_by_faiss(x)
    recall = recall_of(building.indices, x)
    assert 0.97 < recall < 1  # 0.98 on a sample
    assert "cells are searched, recall 0.9" in caplog.text
    assert not (building.indices == torch.arange(len(x))[:, None]).any()
    assert bool((building.distances.diff(dim=1) >= 0).all())


@pytest.mark.slow
def test_values_for_which_4_bits_do_not_suffice_are_compared_exactly() -> None:
    x = torch.empty(7000, 40).cauchy_(generator=torch.Generator().manual_seed(0)).clamp(-1e4, 1e4)
    assert recall_of(found_by_faiss(x)[0].indices, x) > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_neighbours_do_not_depend_on_the_number_of_threads(width: int) -> None:
    x = points(7000, width)
    found = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        found.append(found_by_faiss(x)[0])
    assert torch.equal(found[0].indices, found[1].indices)
    assert torch.equal(found[0].distances, found[1].distances)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_a_search_in_cells_continues_from_a_saved_state(width: int) -> None:
    x = points(7000, width)
    whole, _ = found_by_faiss(x)
    part = GraphBuilding(x, K)
    while part.done < 2000:
        part.unit()
    again = GraphBuilding(x, K)
    again.load({name: tensor.clone() for name, tensor in part.tensors().items()})
    assert again.done == part.done
    while again.done < len(x):
        again.unit()
    assert torch.equal(again.indices, whole.indices)


@pytest.mark.parametrize("units", [1, 4])
def test_torch_continues_when_the_process_of_faiss_ends(
    units: int, caplog: pytest.LogCaptureFixture
) -> None:
    x = points(3000)
    building = GraphBuilding(x, K)
    for _ in range(units):
        building.unit()
    search = search_of(building)
    assert isinstance(search, FaissSearch)
    search.process.kill()
    while building.done < len(x):
        building.unit()
    assert isinstance(search_of(building), TorchSearch)
    assert "its process ended" in caplog.text
    assert torch.equal(building.indices, nearest_neighbours(x, K, 500)[0])


def test_torch_searches_when_the_process_does_not_reply(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(neighbour_search, "PATIENCE_SECONDS", 1e-6)
    building = GraphBuilding(points(3000), K)
    building.unit()
    assert isinstance(search_of(building), TorchSearch)
    assert "searched with torch" in caplog.text


def test_torch_searches_when_faiss_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(name: str) -> None: ...

    monkeypatch.setattr(neighbour_search.importlib.util, "find_spec", missing)
    building = GraphBuilding(points(3000), K)
    building.unit()
    assert isinstance(search_of(building), TorchSearch)
    assert "faiss-cpu is not installed" in caplog.text


def test_the_process_ends_with_the_last_neighbours() -> None:
    building, _ = found_by_faiss(points(3000))
    search = search_of(building)
    assert isinstance(search, FaissSearch)
    process = search.process
    assert process.poll() is None
    del search
    building.unit()
    assert process.poll() is not None


def test_the_process_of_faiss_does_not_load_torch() -> None:
    code = (
        "import runpy, sys; made = runpy.run_path(sys.argv[1])['Search']; import numpy;"
        "search = made(numpy.eye(40, dtype='f4'), 5, 3, 1, 99); search.find(0, 40);"
        "assert 'faiss' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code, faiss_process.__file__], check=True)


def test_equally_distant_neighbours_are_sorted_by_index() -> None:
    side = torch.arange(7.0)
    x = torch.cartesian_prod(side, side, side)  # each inner point has six neighbours
    indices, distances = nearest_neighbours(x, 6, 50)
    centre = 3 * 49 + 3 * 7 + 3
    assert indices[centre].tolist() == [centre + step for step in (-49, -7, -1, 1, 7, 49)]
    assert distances[centre].tolist() == [1.0] * 6
