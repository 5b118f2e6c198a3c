"""How a subaccount is opened: once, whatever becomes of 46elks' answer.

A subaccount is a key to the account's money, and 46elks cannot tell that a second request is the same one.
"""

from dataclasses import replace
from decimal import Decimal

from .api import NO_LIMIT, ElksClient, ElksError, Subaccount


class SubaccountInDoubtError(Exception):
    """Nobody knows whether 46elks has opened the subaccount, or it keeps the secret to itself."""


class SubaccountOpener:
    """Opens one subaccount, in as many tries as it takes."""

    def __init__(self, client: ElksClient) -> None:
        """Open it within the client's account."""
        self._client = client
        self._known: frozenset[str] = frozenset()
        self._in_doubt: set[str] = set()

    async def async_open(self, *, name: str, usage_limit: Decimal | None) -> Subaccount:
        """Open the subaccount, or find what an earlier try has opened; its secret is in it.

        Raises:
            ElksError: nothing was opened by this try.
            SubaccountInDoubtError: something may have been. The next try looks for it first.
        """
        if not self._in_doubt:
            every = await self._client.subaccounts.list()
            self._known = frozenset(one.id for one in every)
        elif found := await self._async_find():
            return await self._async_adapt(found, name, usage_limit)
        was_in_doubt = frozenset(self._in_doubt)
        self._in_doubt.add(name)
        try:
            opened = await self._client.subaccounts.create(
                name=name, usage_limit=usage_limit
            )
        except ElksError as err:
            if not err.outcome_unknown:
                self._in_doubt = {*was_in_doubt}
                raise
        else:
            if opened.secret:
                return opened
        if found := await self._async_find():
            return found
        raise SubaccountInDoubtError

    async def _async_find(self) -> Subaccount | None:
        """Return the one that is new and has a name that was asked for."""
        try:
            every = await self._client.subaccounts.list(active_only=True)
        except ElksError as err:
            raise SubaccountInDoubtError from err
        match [
            one
            for one in every
            if one.secret and one.id not in self._known and one.name in self._in_doubt
        ]:
            case []:
                return None
            case [found]:
                return found
        raise SubaccountInDoubtError

    async def _async_adapt(
        self, found: Subaccount, name: str, usage_limit: Decimal | None
    ) -> Subaccount:
        """Make what an earlier try has opened what is asked for now."""
        if (found.name, found.usage_limit) != (name, usage_limit):
            await self._client.subaccounts.update(
                found.id,
                name=name,
                usage_limit=NO_LIMIT if usage_limit is None else usage_limit,
            )
        return replace(found, name=name, usage_limit=usage_limit)
