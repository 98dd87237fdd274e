"""Pictures and videos of the cloud, drawn with numpy and Pillow, without a browser."""
