"""The benchmark of CPU and GPU: runs on the CPU, and states why a cell has no figure."""

import gpu
import pytest
import torch


def test_digits_beyond_the_bundled_ones_are_noisy_copies() -> None:
    images, truth = gpu.digits(5010)
    assert images.shape == (5010, 28, 28)
    assert (truth[:10] == truth[5000:]).all()
    assert (images[:10] != images[5000:]).any()
    assert abs(images[:10].astype(int) - images[5000:]).max() <= 30


def test_a_row_states_why_it_has_no_figure() -> None:
    row = gpu.Row(60, "cuda", {"epoch": "1.00 s"}, reason="out of memory")
    assert row.as_markdown() == (
        "| 60 | cuda | 1.00 s | out of memory | out of memory | out of memory | out of memory |"
    )
    gpu.measure(row, torch.device("cpu"), 0.0)
    assert row.reason == "not in 0 s"


def test_many_items_are_skipped_without_a_gpu_or_its_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gpu.reason_to_skip(1_000_000, torch.device("cpu")) == "no GPU here"
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8_000_000_000, 8_000_000_000))
    assert gpu.reason_to_skip(1_000_000, torch.device("cuda")) == "8 of 20 GB are free"
    assert gpu.reason_to_skip(100_000, torch.device("cuda")) == ""


def test_limits_of_all_rows_add_up_to_less_than_four_minutes() -> None:
    limits = [*gpu.ROW_SECONDS["cpu"], *gpu.ROW_SECONDS["gpu"], *gpu.BAKE_SECONDS.values()]
    assert sum(limits) + gpu.LARGE_SECONDS < 240


@pytest.mark.slow
@pytest.mark.only_slow("trains twice")
def test_the_benchmark_measures_each_column_on_the_cpu(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "choose_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(gpu, "ROW_SECONDS", {"cpu": (500.0, 500.0)})
    gpu.main(["--items", "200", "--no-bake"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| 200")]
    cells = rows[0].split(" | ")
    assert [cell.split()[-1][-1] for cell in cells[2:6]] == ["s", "s", "s", ")"]
