"""One HTTP route: the router, the guard and the OpenAPI document read the same record."""

from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

from lodespace.protocol import Message, Role
from lodespace.web.security import Handler


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter in the path or the query of a route."""

    name: str
    """Its name, as the address has it."""
    schema: dict[str, Any]
    """Its JSON schema."""
    description: str = ""
    """One sentence for readers of the OpenAPI document."""
    pattern: str = ""
    """Regular expression that the part of the path must match; empty: any text without a slash."""
    where: Literal["path", "query"] = "path"
    """Which part of the address holds it."""
    required: bool = True
    """Whether a request without it is refused."""


@dataclass(frozen=True)
class Content:
    """An answer that is not JSON."""

    kinds: tuple[str, ...]
    """Media types that the answer may have."""
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string", "format": "binary"})
    """Its JSON schema."""


@dataclass(frozen=True)
class Route:
    """An address, its handler, and its description."""

    address: str
    """HTTP method and path, as in "GET /api/items/{item}" with `{name}` for each parameter."""
    handler: Handler
    """Coroutine function that answers."""
    role: Role | None
    """Role that a request needs; None: every device that reaches the server."""
    summary: str
    """One sentence for readers of the OpenAPI document."""
    _: KW_ONLY
    body: tuple[type[Message], ...] = ()
    """Types that the JSON body may have; empty: the route takes no body."""
    answer: type[Message] | Content | None = None
    """Type of the answer. None: a page or a stream, which the OpenAPI document leaves out."""
    errors: tuple[int, ...] = ()
    """Status codes of its own errors, besides those of the guard and of every body."""
    parts: tuple[int, ...] = ()
    """Status codes of answers with a part of the file."""
    parameters: tuple[Parameter, ...] = ()
    """Parameters of the path and the query."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.address.split(" ")[0]

    @property
    def path(self) -> str:
        """The path as in OpenAPI."""
        return self.address.split(" ")[1]

    @property
    def pattern(self) -> str:
        """The path as the router of aiohttp takes it, with the patterns of its parameters."""
        pattern = self.path
        for parameter in self.parameters:
            if parameter.pattern:
                named = f"{{{parameter.name}:{parameter.pattern}}}"
                pattern = pattern.replace(f"{{{parameter.name}}}", named)
        return pattern
