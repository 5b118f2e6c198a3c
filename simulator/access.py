"""Who asks: the account, or one of its subaccounts.

46elks: overview, get-subaccount-id.
"""

import base64
import binascii
from hmac import compare_digest
from http import HTTPStatus
from typing import Final

from .account import Account
from .config import Config
from .subaccounts import Subaccounts
from .wire import Asker, Refusal

CREDENTIALS_WANTED: Final = (
    "API access requires Basic HTTP authentication. Read documentation or examples."
)


class Access:
    """Knows everyone by user name and password."""

    def __init__(
        self, config: Config, account: Account, subaccounts: Subaccounts
    ) -> None:
        """Learn who there is."""
        self._account = account
        self._subaccounts = subaccounts
        self._credentials = f"{config.username}:{config.password}".encode()

    def authenticate(self, authorization: str) -> Asker:
        """Return who asks, or refuse; a stray space makes a user name or a password wrong."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except binascii.Error, ValueError:
            given = b""
        if scheme.lower() == "basic":
            if compare_digest(given, self._credentials):
                return Asker(id=self._account.id, is_account=True, sees_all=True)
            username, _, password = given.partition(b":")
            found = self._subaccounts.with_key(
                username.decode(errors="replace"), password
            )
            if found is not None:
                state = self._account.state
                return Asker(
                    id=found.id,
                    is_account=False,
                    sees_all=state.subaccounts_see_all,
                    use=found.use() if state.subaccounts_see_use else {},
                )
        raise Refusal(CREDENTIALS_WANTED, HTTPStatus.UNAUTHORIZED)
