"""Texts over the API.

46elks: send-sms, sms-history, show-sms-id.
"""

import re
from typing import Final

from .account import Account
from .addresses import Addresses
from .messages import Direction, Draft, Kind, Message, Messages
from .network import Network
from .numbers import Numbers
from .wire import (
    Asker,
    Json,
    Refusal,
    Request,
    Routes,
    exact_time,
    second_time,
    stored_time,
)

# A text sender may have letters, digits, spaces and full stops; operators filter more, and 46elks refuses a hyphen.
_SENDER_SIGNS: Final = re.compile(r"[A-Za-z0-9 .]+", re.ASCII)
MIN_SENDER: Final = 3
MAX_SENDER: Final = 11


class Sms:
    """The resource `sms`."""

    def __init__(
        self,
        *,
        account: Account,
        addresses: Addresses,
        messages: Messages,
        numbers: Numbers,
        network: Network,
    ) -> None:
        """Open the resource."""
        self._account = account
        self._addresses = addresses
        self._messages = messages
        self._history = messages.of[Kind.SMS]
        self._numbers = numbers
        self._network = network

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("POST", "sms"): self._send,
            ("GET", "sms"): self._list,
            ("GET", "sms/{id}"): self._show,
            ("DELETE", "sms/{id}"): self._delete,
        }

    def _send(self, request: Request) -> Json:
        sender, recipient, text = (
            request.required(key) for key in ("from", "to", "message")
        )
        dry_run = request.params.get("dryrun") == "yes"
        delivery_url = request.params.get("whendelivered")
        self._check_sender(sender, request.asker, dry_run=dry_run)
        self._account.check_recipient(recipient, strict=not dry_run)
        if not text:
            raise Refusal("The message is empty")
        if delivery_url is not None and not self._addresses.accepts(delivery_url):
            raise Refusal("Invalid value for whendelivered, not a URL")
        draft = Draft(
            owner=request.asker.id,
            sender=sender,
            recipient=recipient,
            text=text,
            delivery_url=delivery_url,
            flash=request.params.get("flashsms") == "yes",
            private=request.params.get("dontlog") == "message",
        )
        if dry_run:
            return self._quote(draft)
        message = self._network.send(draft)
        return _shown(message, exact_time(message.created))

    def _quote(self, draft: Draft) -> Json:
        """Return what a dry run tells: no id, no time, and an estimate."""
        parts, cost = self._messages.quote(draft)
        return {
            "status": "created",
            "direction": "outgoing",
            "from": draft.sender,
            "estimated_cost": cost,
            "to": draft.recipient,
            "parts": parts,
            **_described(draft),
        }

    def _check_sender(self, sender: str, asker: Asker, *, dry_run: bool) -> None:
        if sender.startswith("+"):
            self._numbers.check_sender(sender, asker)
            return
        if sender[:1].isdigit():
            raise Refusal("Alphanumeric numbers may not start with a digit")
        if not _SENDER_SIGNS.fullmatch(sender):
            raise Refusal("Invalid from number")
        if dry_run:
            return
        if len(sender) > MAX_SENDER:
            raise Refusal(f"Too long from, at most {MAX_SENDER} characters")
        if len(sender) < MIN_SENDER:
            raise Refusal("Invalid from number")

    def _list(self, request: Request) -> Json:
        recipient = request.params.get("to")
        return self._history.page(
            request,
            as_stored,
            only=lambda row: recipient in {None, row.draft.recipient},
        )

    def _show(self, request: Request) -> Json:
        return as_stored(self._history.asked(request))

    def _delete(self, request: Request) -> Json:
        return self._history.delete(request)


def as_stored(message: Message) -> Json:
    """Return a text as it is read back."""
    return _shown(message, stored_time(message.created))


def _shown(message: Message, created: str) -> Json:
    draft = message.draft
    shown: Json = {
        "direction": draft.direction,
        "from": draft.sender,
        "created": created,
        "to": draft.recipient,
    }
    if draft.direction is not Direction.INCOMING:
        shown = {
            "status": message.status,
            **shown,
            "parts": message.parts,
            "cost": message.cost,
        }
    shown |= _described(draft)
    if message.delivered is not None:
        shown["delivered"] = second_time(message.delivered)
    return {**shown, "id": message.id}


def _described(draft: Draft) -> Json:
    """Return the fields that tell what a text says and how it is to be treated."""
    shown: Json = {"dontlog": "message"} if draft.private else {"message": draft.text}
    return {**shown, "flashsms": "yes"} if draft.flash else shown
