"""Which addresses 46elks is willing to call.

46elks refuses an address that is not public. The simulator looks only at how the address is written, so that it needs no
network; hosts allowed by name are the exception.
"""

from ipaddress import ip_address
from typing import Final

from yarl import URL

HTTP: Final = frozenset({"http", "https"})
WEBSOCKET: Final = frozenset({"ws", "wss"})
_PRIVATE_ENDINGS: Final = (
    ".arpa",
    ".home",
    ".internal",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
)


class Addresses:
    """Tells an address 46elks would call from one it would refuse."""

    def __init__(self, allow_hosts: tuple[str, ...]) -> None:
        """Take the hosts that pass although they are not public."""
        self._allowed = frozenset(host.lower().strip("[]") for host in allow_hosts)

    def accepts(self, address: str, schemes: frozenset[str] = HTTP) -> bool:
        """Return whether this is an address of a public or allowed host."""
        try:
            url = URL(address)
            host = (url.host or "").lower().rstrip(".")
        except ValueError:
            return False
        if (
            url.scheme not in schemes
            or not host
            or any(character.isspace() for character in address)
        ):
            return False
        return host in self._allowed or _is_public(host)


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_ENDINGS)
