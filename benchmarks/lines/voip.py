"""A phone for Voice over IP, which Home Assistant's own `voip` answers.

RFC 3261 as far as one call within one machine needs it. The sound is Opus over RTP: voip-utils packs and unpacks it here as
it does there.
"""

from array import array
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cache
import re
import secrets
from time import monotonic
from typing import Final, cast, override

from voip_utils.rtp_audio import RtpOpusInput, RtpOpusOutput

from . import Frame, Line, LineError, Turn
from .mouth import FRAME_SECONDS, RATE, Mouth

HOST: Final = "127.0.0.1"
OPUS_RATE: Final = 48_000
# To the answer's end, over twice what it lasts: it is gathered before it is played.
PATIENCE: Final = 30
PICK_UP_SECONDS: Final = 5
# What is softer is silence, which comes all the time.
LOUD: Final = 1_000
# The tones around an answer are shorter; answers are longer.
TONE_SECONDS: Final = 1.0
# The first and the last frame of an answer may be too soft.
EDGES_SECONDS: Final = 0.1


class SipPhone(Line):
    """Calls once a turn."""

    name = "voip"

    def __init__(self, port: int, listened_to: Callable[[], Awaitable[None]]) -> None:
        """Call the house at a port; `listened_to` returns when somebody there listens."""
        self._house = (HOST, port)
        self._listened_to = listened_to

    async def introduce(self) -> None:
        """Call once, so that the house knows the phone from then on."""
        async with self._call(_Ear()):
            pass

    @override
    async def turn(self, clicks: int, seconds: float) -> Turn:
        """Call, say so many clicks, hear the answer, and hang up."""
        ear = _Ear()
        try:
            async with (
                asyncio.timeout(2 * seconds + PATIENCE),
                self._call(ear) as mouth,
            ):
                await self._listened_to()
                await mouth.click(clicks)
                frames = await ear.answer(seconds)
        except TimeoutError as err:
            raise LineError("No answer over Voice over IP") from err
        return Turn(clicked=(*mouth.clicked,), frames=(*frames,))

    @asynccontextmanager
    async def _call(self, ear: _Ear) -> AsyncIterator[Mouth]:
        """Have a call for as long as the context lasts."""
        loop = asyncio.get_running_loop()
        rtp, _ = await loop.create_datagram_endpoint(lambda: ear, local_addr=(HOST, 0))
        sip, signals = await loop.create_datagram_endpoint(
            _Signals, remote_addr=self._house
        )
        dialogue = _Dialogue(sip, self._house)
        try:
            sip.sendto(dialogue.invite(rtp.get_extra_info("sockname")[1]))
            async with asyncio.timeout(PICK_UP_SECONDS):
                port = await signals.sound_port
            output = RtpOpusOutput()

            async def send(sound: bytes) -> None:
                packets = cast(
                    Iterable[bytes], output.process_audio(_wide(sound), OPUS_RATE, 2, 2)
                )
                for packet in packets:
                    rtp.sendto(packet, (HOST, port))

            mouth = Mouth(send)
            speaking = asyncio.create_task(mouth.speak())
            try:
                yield mouth
            finally:
                speaking.cancel()
                sip.sendto(dialogue.bye())
        finally:
            rtp.close()
            sip.close()


class _Dialogue:
    """What a phone says to have a call, and to end it."""

    def __init__(self, sip: asyncio.DatagramTransport, house: tuple[str, int]) -> None:
        """Talk over a socket."""
        host, port = sip.get_extra_info("sockname")
        self._via = f"{host}:{port}"
        self._house = f"sip:{house[0]}:{house[1]}"
        self._call_id = secrets.token_hex(8)

    def invite(self, sound_port: int) -> bytes:
        """Ask for a call whose sound comes to a port."""
        form = (
            "v=0",
            f"o=bench 1 1 IN IP4 {HOST}",
            "s=bench",
            f"c=IN IP4 {HOST}",
            "t=0 0",
            f"m=audio {sound_port} RTP/AVP 123",
            "a=rtpmap:123 opus/48000/2",
            "",
        )
        return self._request("INVITE", 1, "\r\n".join(form))

    def bye(self) -> bytes:
        """Hang up."""
        return self._request("BYE", 2, "")

    def _request(self, method: str, number: int, body: str) -> bytes:
        # One phone, whatever port it calls from.
        phone = f"<sip:bench@{HOST}>"
        lines = (
            f"{method} {self._house} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._via}",
            f"From: {phone};tag=bench",
            f"To: <{self._house}>",
            f"Contact: {phone}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {number} {method}",
            "User-Agent: bench",
            "Content-Type: application/sdp",
            f"Content-Length: {len(body)}",
            "",
            body,
        )
        return "\r\n".join(lines).encode()


class _Signals(asyncio.DatagramProtocol):
    """Hears whether somebody has picked up."""

    def __init__(self) -> None:
        self.sound_port: asyncio.Future[int] = (
            asyncio.get_running_loop().create_future()
        )

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take where the house wants to have its sound."""
        found = re.search(rb"m=audio (\d+)", data)
        if data.startswith(b"SIP/2.0 200") and found and not self.sound_port.done():
            self.sound_port.set_result(int(found[1]))


class _Ear(asyncio.DatagramProtocol):
    """Hears an answer among tones and silence."""

    def __init__(self) -> None:
        self._input = RtpOpusInput()
        self._run: list[Frame] = []
        self._news = asyncio.Event()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hear 20 ms more."""
        moment = monotonic()
        sound = self._input.process_packet(data, RATE, 2, 1)
        if max(array("h", sound), default=0) > LOUD:
            self._run.append(Frame(moment=moment, seconds=FRAME_SECONDS))
        elif self._seconds < TONE_SECONDS:
            self._run.clear()
        self._news.set()

    @property
    def _seconds(self) -> float:
        return len(self._run) * FRAME_SECONDS

    async def answer(self, seconds: float) -> list[Frame]:
        """Return an answer of so many seconds when it has been heard."""
        self._run.clear()
        while self._seconds < seconds - EDGES_SECONDS:
            self._news.clear()
            await self._news.wait()
        return self._run


@cache
def _wide(sound: bytes) -> bytes:
    """Return samples as Opus wants them: three times as many, for two ears."""
    return array("h", (one for one in array("h", sound) for _ in range(6))).tobytes()
