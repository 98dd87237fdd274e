"""The record of an HTTP route, which the router, the guard and the OpenAPI document share."""

from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

from lodespace.protocol import Message, Role
from lodespace.web.request_guard import Handler


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter in the path or the query of a route."""

    name: str
    """Name in the path or the query."""
    schema: dict[str, Any]
    """JSON schema of the value."""
    description: str = ""
    """One sentence for readers of the OpenAPI document."""
    pattern: str = ""
    """Regular expression for the value in the path; empty for any text without a slash."""
    where: Literal["path", "query"] = "path"
    """Part of the address that holds the parameter."""
    required: bool = True
    """Whether requests without the parameter are refused."""


@dataclass(frozen=True)
class Content:
    """An answer that is not JSON."""

    kinds: tuple[str, ...]
    """Media types that the answer may have."""
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string", "format": "binary"})
    """JSON schema of the answer."""


@dataclass(frozen=True)
class Route:
    """An address, its handler, and its description."""

    address: str
    """HTTP method and path. A path contains each of its parameters as `{name}`."""
    handler: Handler
    """Coroutine function that answers requests."""
    role: Role | None
    """Role that a device needs; None if every device can use the route."""
    summary: str
    """One sentence for readers of the OpenAPI document."""
    _: KW_ONLY
    body: tuple[type[Message], ...] = ()
    """Types that the JSON body may have; empty if the route takes no body. A body without the field
    `op` has the first type."""
    answer: type[Message] | Content | None = None
    """Type of the answer; None for a page or a stream, which the OpenAPI document leaves out."""
    errors: tuple[int, ...] = ()
    """Status codes of errors that the handler raises. openapi.py adds the codes that every route
    can have, and the codes of an invalid body."""
    upload: int = 0
    """Largest file that is sent as the body, in bytes; 0 if the body is JSON."""
    parts: tuple[int, ...] = ()
    """Status codes of answers to a Range request."""
    parameters: tuple[Parameter, ...] = ()
    """Parameters of the path and the query."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.address.split(" ")[0]

    @property
    def path(self) -> str:
        """The path in the syntax of OpenAPI."""
        return self.address.split(" ")[1]

    @property
    def pattern(self) -> str:
        """The path in the syntax of aiohttp's router, with the pattern of each parameter."""
        pattern = self.path
        for parameter in self.parameters:
            if parameter.pattern:
                named = f"{{{parameter.name}:{parameter.pattern}}}"
                pattern = pattern.replace(f"{{{parameter.name}}}", named)
        return pattern
