"""The service knows no HTTP and no sockets: web/ does."""

from structure.imports import imported_modules, room_of, server_modules

NETWORK = {"aiohttp", "socket", "ssl", "http"}


def test_service_imports_no_network_library() -> None:
    modules = [path for path in server_modules() if room_of(path) == "service"]
    assert len(modules) > 5
    for path in modules:
        tops = {name.split(".")[0] for name in imported_modules(path, lazy=True)}
        assert not tops & NETWORK, path
