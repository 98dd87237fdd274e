"""Exported point clouds, read with trimesh as an example of other programs."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from lodespace.exporting.formats import export
from lodespace.exporting.point_cloud import as_point_cloud
from lodespace.exporting.table import Table
from lodespace.project.offline import open_offline


@pytest.mark.parametrize("suffix", ["ply", "obj"])
def test_point_cloud_holds_positions_and_class_colours(
    vectors: Path, tmp_path: Path, suffix: str
) -> None:
    assert export(vectors, tmp_path / f"out.{suffix}") == 200
    cloud = trimesh.load(tmp_path / f"out.{suffix}")
    assert isinstance(cloud, trimesh.PointCloud)
    project, session = open_offline(vectors)
    project.close()
    means = session.grid.latent_mean()
    np.testing.assert_allclose(cloud.vertices[:, : means.shape[1]], means, atol=1e-5)
    for described in session.classes.classes:
        own = np.flatnonzero(session.labels == described.class_id)
        assert len(own) == 2
        assert {"#" + bytes(c[:3]).hex() for c in cloud.colors[own]} == {described.colour.lower()}
    guessed = np.flatnonzero((session.labels == -1) & (session.scores.prediction == 0))
    labelled = cloud.colors[session.labels == 0][0]
    assert len(guessed) and not (cloud.colors[guessed] == labelled).all(axis=1).any()


def test_ply_holds_item_label_prediction_and_confidence(vectors: Path, tmp_path: Path) -> None:
    export(vectors, tmp_path / "out.ply")
    vertices = trimesh.load(tmp_path / "out.ply").metadata["_ply_raw"]["vertex"]["data"]
    project, session = open_offline(vectors)
    project.close()
    assert vertices["item"].tolist() == list(range(200))
    np.testing.assert_array_equal(vertices["label"], session.labels)
    np.testing.assert_array_equal(vertices["prediction"], session.scores.prediction)
    np.testing.assert_allclose(vertices["confidence"], session.scores.confidence / 255, atol=1e-6)
    np.testing.assert_array_equal(vertices["verified"], session.verified)


def test_point_cloud_of_a_flat_latent_space_has_z_zero(vectors: Path) -> None:
    project, session = open_offline(vectors)
    project.close()
    table = Table.of(session)
    flat = replace(table, latent_mean=table.latent_mean[:, :2])
    written = as_point_cloud(flat, session.classes.classes, "ply")
    cloud = trimesh.load(io.BytesIO(written), file_type="ply")
    np.testing.assert_allclose(cloud.vertices[:, :2], flat.latent_mean, atol=1e-5)
    assert (cloud.vertices[:, 2] == 0).all()
