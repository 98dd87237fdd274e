"""The camera: which pixel shows which point of the latent space."""

import numpy as np

from lodespace.drawing.camera import FIELD_OF_VIEW, Area, Camera, Extent, extent_of

AREA = Area(100, 50, 500, 350)


def test_a_map_in_two_dimensions_is_fitted_without_perspective() -> None:
    cloud = np.array([[-2.0, 0], [2, 0], [0, 1], [0, -1]])
    camera = Camera(Extent(np.zeros(3), np.array([2.0, 1, 0])), AREA, flat=True)
    pixels, _, scale = camera.project(cloud)
    assert np.ptp(scale) == 0
    np.testing.assert_allclose(pixels.mean(axis=0), (300, 200))
    assert pixels[1, 0] > pixels[0, 0]
    assert pixels[2, 1] < pixels[3, 1], "y points up in the latent space and down on a picture"
    np.testing.assert_allclose(pixels[1] - pixels[0], (4 * scale[0], 0))
    assert 380 < pixels[1, 0] - pixels[0, 0] < 430


def test_a_camera_in_front_sees_x_to_the_right_and_near_points_larger() -> None:
    extent = Extent(np.array([1.0, 2, 3]), np.array([1.0, 1, 1]))
    camera = Camera(extent, AREA, azimuth=0, elevation=0)
    points = extent.centre + np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]])
    pixels, depth, scale = camera.project(points)
    np.testing.assert_allclose(pixels[0], (300, 200))
    np.testing.assert_allclose(pixels[3], pixels[0], atol=1e-9)
    assert pixels[1, 0] > 300
    assert pixels[2, 1] < 200
    assert depth[3] < depth[0]
    assert pixels[4, 0] > pixels[1, 0]
    focal = 150 / np.tan(np.radians(FIELD_OF_VIEW / 2))
    np.testing.assert_allclose(scale, focal / depth)
    np.testing.assert_allclose(pixels[1, 0] - 300, focal / depth[0])


def test_a_camera_at_the_right_sees_z_to_the_left() -> None:
    extent = Extent(np.zeros(3), np.ones(3))
    side = Camera(extent, AREA, azimuth=90, elevation=0)
    pixels, depth, _ = side.project(np.array([[0.0, 0, 1], [1, 0, 0], [0, 0, 0]]))
    assert pixels[0, 0] < 300
    assert depth[1] < depth[2]
    above = Camera(extent, AREA, azimuth=0, elevation=80)
    _, depth, _ = above.project(np.array([[0.0, 1, 0], [0, -1, 0]]))
    assert depth[0] < depth[1]


def test_outliers_do_not_make_the_cloud_small() -> None:
    cloud = np.random.default_rng(0).uniform(-1, 1, (1000, 3))
    cloud[0] = (500, 0, 0)
    extent = extent_of(cloud)
    assert np.abs(extent.half - 1).max() < 0.05
    assert extent_of(cloud[:, :2]).half[2] == 0
