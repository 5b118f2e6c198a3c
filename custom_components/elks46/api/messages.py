"""Texts, picture messages and their images.

Follows https://46elks.com/docs/send-sms, https://46elks.com/docs/sms-history,
https://46elks.com/docs/send-mms, https://46elks.com/docs/mms-history and
https://46elks.com/docs/get-images.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from .fields import Fields
from .models import Image, Message, MessageKind
from .resource import Resource, segment, span

MAX_IMAGE_BYTES: Final = 8 * 1024 * 1024
"""46elks states no limit; operators carry a few hundred kilobytes a message."""


class MessagesResource(Resource):
    """Messages, sent and received."""

    async def send_sms(
        self,
        *,
        recipient: str,
        text: str,
        sender: str,
        delivery_url: str | None = None,
        flash: bool = False,
        dry_run: bool = False,
        private: bool = False,
    ) -> Message:
        """Send a text, which costs money and so is asked for once, come what may."""
        form = {"from": sender, "to": recipient, "message": text}
        if delivery_url:
            form["whendelivered"] = delivery_url
        if flash:
            form["flashsms"] = "yes"
        if dry_run:
            form["dryrun"] = "yes"
        if private:
            form["dontlog"] = "message"
        return _sms(await self._client.request("POST", "sms", form=form))

    async def get_sms(self, message_id: str) -> Message:
        """Return one text."""
        return _sms(await self._client.request("GET", f"sms/{segment(message_id)}"))

    def sms_history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        recipient: str | None = None,
        complete: bool = False,
    ) -> AsyncIterator[Message]:
        """Yield the texts of a span of time, in both directions, newest first.

        A text that cannot be read is left out; where it matters that none is missing, it
        is an error.
        """
        query = span(after, before)
        if recipient:
            query["to"] = recipient
        return (self._every if complete else self._readable)("sms", _sms, query)

    async def delete_sms(self, message_id: str) -> datetime | None:
        """Delete a text from the history, and return when where 46elks says so."""
        return await self._delete(f"sms/{segment(message_id)}")

    async def send_mms(
        self, *, recipient: str, sender: str, text: str | None, image: str | None
    ) -> Message:
        """Send a picture message, of a text or an image or both.

        The image is a data URL or a public address, and the sender a number that can do
        MMS or the word `noreply`. It costs money and so is asked for once, come what may.
        46elks documents no delivery report for it: its history tells how it fares.
        """
        form = {"from": sender, "to": recipient}
        if text:
            form["message"] = text
        if image:
            form["image"] = image
        return _mms(await self._client.request("POST", "mms", form=form))

    async def get_mms(self, message_id: str) -> Message:
        """Return one picture message."""
        return _mms(await self._client.request("GET", f"mms/{segment(message_id)}"))

    def mms_history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        complete: bool = False,
    ) -> AsyncIterator[Message]:
        """Yield the picture messages of a span of time, as the history of texts does."""
        query = span(after, before)
        return (self._every if complete else self._readable)("mms", _mms, query)

    async def delete_mms(self, message_id: str) -> datetime | None:
        """Delete a picture message from the history, as with a text."""
        return await self._delete(f"mms/{segment(message_id)}")


class ImagesResource(Resource):
    """The images of picture messages."""

    def history(
        self, after: datetime | None, *, before: datetime | None = None
    ) -> AsyncIterator[Image]:
        """Yield what can be read of the images of a span of time, newest first."""
        return self._readable("images", Image.from_api, span(after, before))

    async def get(self, image_id: str) -> Image:
        """Return what 46elks knows of one image."""
        return Image.from_api(
            await self._client.request("GET", f"images/{segment(image_id)}")
        )

    async def download(
        self, url_or_id: str, *, max_bytes: int = MAX_IMAGE_BYTES
    ) -> bytes:
        """Return the bytes of an image, whose name ends in `.jpg` whatever it is.

        Raises:
            ElksInvalidDataError: an address that is not one of the API's images, or more
                than so many bytes.
        """
        image_id = self._client.id_at("images", url_or_id)
        return await self._client.download(
            f"images/{segment(image_id)}.jpg", max_bytes=max_bytes
        )


def _sms(data: Fields) -> Message:
    """Read a text as 46elks writes it."""
    return Message.from_api(data, MessageKind.SMS)


def _mms(data: Fields) -> Message:
    """Read a picture message as 46elks writes it."""
    return Message.from_api(data, MessageKind.MMS)
