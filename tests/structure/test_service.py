"""The service uses neither HTTP nor sockets. Only web/ uses them."""

from structure.imports import imported_modules, server_modules, topic_of

NETWORK = {"aiohttp", "socket", "ssl", "http"}


def test_service_imports_no_network_library() -> None:
    modules = [path for path in server_modules() if topic_of(path) == "service"]
    assert len(modules) > 5
    for path in modules:
        tops = {name.split(".")[0] for name in imported_modules(path, lazy=True)}
        assert not tops & NETWORK, path
