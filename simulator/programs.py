"""The programs behind websocket numbers, as 46elks speaks with them.

46elks: realtime-voice, realtime-voice-messages, realtime-voice-interrupt. What a program says is played as it is meant to
sound, however fast it comes; what the caller says is passed on as it is said.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from .account import Account
from .addresses import WEBSOCKET, Addresses
from .clock import Clock
from .faults import Fault, Faults, SocketFault
from .formats import Converter, FormatError, decoder, encoder, takes_pairs
from .legs import Farewell, Leg, Outcome
from .log import Log
from .realtime import (
    Audio,
    Bye,
    DialectError,
    Interrupt,
    Listening,
    Message,
    Sending,
    parse,
)
from .sockets import CLOSE_SECONDS, Socket, UnreachableError, connected
from .sound import BadSourceError, length_of
from .tasks import Tasks
from .transcripts import Tally, Transcript, Way
from .wire import Json

# As telephones do it. 46elks does not say how much is in one message.
FRAMES_A_SECOND: Final = 50
# A program that does not read for longer, in real time, misses something.
MAX_LATE_SECONDS: Final = 10.0
# A program has real time to catch up in, however fast time passes here.
_BREATH_SECONDS: Final = 0.005
# More does not fit into any call that is recorded here.
MAX_BUFFERED_SECONDS: Final = 1_800.0
_REASONS: Final = {
    Farewell.CALLER: "hangup",
    Farewell.LIMIT: "done",
    Farewell.MONEY: "error",
    Farewell.OVER: "done",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said last."""

    reason: str
    message: str


class Programs:
    """Reaches programs."""

    def __init__(
        self,
        *,
        clock: Clock,
        tasks: Tasks,
        addresses: Addresses,
        faults: Faults,
        log: Log,
        account: Account,
    ) -> None:
        """Learn what every program needs."""
        self.clock = clock
        self._tasks = tasks
        self._addresses = addresses
        self._faults = faults
        self._log = log
        self._account = account

    @property
    def interrupt_answers_sync(self) -> bool:
        """Whether what was not heard to its end because of an interruption counts as heard."""
        return self._account.state.interrupt_answers_sync

    def reach(self, leg: Leg, url: str | None, call_id: str) -> None:
        """Open a socket for an end in the background; it is busy where there is none."""
        url = url or ""
        transcript = Transcript(self.clock, self._log, url, call_id)
        program = Program(self, leg, url, transcript)
        leg.socket = program.as_control
        if self._addresses.accepts(url, WEBSOCKET):
            leg.task = self._tasks.start(self._reach(program, leg, call_id), "socket")
        else:
            program.error = "NoPublicAddress"
            transcript.opened(status=None, error=program.error, fault=None)
            leg.refuse(Outcome.BUSY)

    async def _reach(self, program: Program, leg: Leg, call_id: str) -> None:
        fault = self._faults.take_socket()
        transcript = program.transcript
        try:
            async with connected(program.url, transcript, fault) as socket:
                # From here on it says goodbye by itself when the end is hung up on.
                leg.task = None
                await program.talk(socket, fault, call_id)
        except UnreachableError as err:
            program.error = str(err)
            leg.refuse(Outcome.BUSY)
        finally:
            transcript.flush()


class Program:
    """One program during one call."""

    def __init__(
        self, programs: Programs, leg: Leg, url: str, transcript: Transcript
    ) -> None:
        """Be about to be reached."""
        self._programs = programs
        self._clock = programs.clock
        self._leg = leg
        self.url = url
        self.transcript = transcript
        self.error: str | None = None
        self._socket: Socket
        self._over: asyncio.Future[Words | None]
        self._words: Words | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._syncs: set[asyncio.Task[None]] = set()
        self._listening: str | None = None
        self._encode: Converter
        self._sending: str | None = None
        self._decode: Converter
        self._muted = False
        self._sent = Tally()
        self._received = Tally()
        self._ignored = Tally()
        self._odd = 0
        self._lost = 0.0

    async def talk(self, socket: Socket, fault: Fault | None, call_id: str) -> None:
        """Answer, say hello, and go on until either side has had enough."""
        self._socket = socket
        self._sent = socket.sent
        self._over = asyncio.get_running_loop().create_future()
        self._leg.answer()
        await socket.begin()
        self._start(self._hello(fault, call_id))
        self._start(self._watch())
        if fault is not None and fault.kind is SocketFault.DROP and fault.seconds:
            self._start(self._drop(fault.seconds))
        reading = self._start(self._read())
        try:
            self._words = await self._over
            for task in self._work - {reading}:
                task.cancel()
            await self._part()
        finally:
            work = tuple(self._work)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="simulator socket")
        self._work.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if task in self._syncs:
            self._syncs.discard(task)
            self._leg.changed()
        if not (task.cancelled() or self._over.done()) and (err := task.exception()):
            self._over.set_exception(err)

    def _end(self, words: Words | None) -> None:
        """Have enough; the first words count."""
        if not self._over.done():
            self._over.set_result(words)

    async def _hello(self, fault: Fault | None, call_id: str) -> None:
        if self._socket.is_silent:
            if fault is None or not fault.seconds:
                return
            await asyncio.sleep(fault.seconds)
            self._socket.is_silent = False
        leg = self._leg
        fields = {"callid": call_id, "from": leg.peer, "to": leg.number}
        await self._socket.send("hello", **fields)

    async def _watch(self) -> None:
        await self._leg.gone.wait()
        farewell = self._leg.farewell
        self._end(Words(reason=_REASONS[farewell], message=farewell))

    async def _drop(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._socket.cut()

    async def _part(self) -> None:
        """Say bye where the other side is still there, let the call go on, and close."""
        if self._words is not None:
            reason, message = self._words.reason, self._words.message
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._socket.send("bye", reason=reason, message=message)
        self._leg.end()
        await self._socket.close()

    async def _read(self) -> None:
        """Do what the program says until it has had enough, or says what cannot be understood."""
        try:
            while (text := await self._socket.receive()) is not None:
                if self._over.done():
                    continue
                message = parse(text)
                if isinstance(message, Bye):
                    self.transcript.note(Way.RECEIVED, {"t": "bye"})
                    self._end(Words(reason="done", message="the program said bye"))
                    return
                await self._obey(message)
            self._end(None)
        except (DialectError, FormatError) as err:
            self.error = str(err)
            self.transcript.note(Way.RECEIVED, {"error": self.error})
            self._end(Words(reason="error", message=self.error))

    async def _obey(self, message: Message) -> None:
        if isinstance(message, Audio):
            self._play(message.content)
            return
        name = type(message).__name__.lower()
        told = (
            {"format": message.format}
            if isinstance(message, Listening | Sending)
            else {}
        )
        self.transcript.note(Way.RECEIVED, {"t": name, **told})
        match message:
            case Listening():
                self._listen(message.format)
            case Sending():
                self._decode = decoder(message.format)
                self._sending, self._muted = message.format, False
            case Interrupt():
                await self._interrupt()
            case _:
                self._syncs.add(self._start(self._confirm()))
        self._leg.changed()

    def _listen(self, name: str) -> None:
        self._encode = encoder(name)
        if self._listening is None:
            self._start(self._pass_on(self._clock.time()))
        self._listening = name
        self._leg.listen()

    async def _pass_on(self, began: float) -> None:
        """Let the program hear what the caller says from a moment on, as it is said."""
        frame = 0
        while True:
            end = began + (frame + 1) / FRAMES_A_SECOND
            await self._clock.until(end)
            late = self._clock.time() - end
            if late > MAX_LATE_SECONDS * self._clock.speed:
                missed = int(late * FRAMES_A_SECOND)
                frame += missed
                self._lost += missed / FRAMES_A_SECOND
                self._leg.changed()
                await asyncio.sleep(_BREATH_SECONDS)
                continue
            heard = self._leg.ear.between(began + frame / FRAMES_A_SECOND, end)
            frame += 1
            await self._socket.send_audio(self._encode(heard), heard)

    def _play(self, content: bytes) -> None:
        """Let the caller hear something, after what is still to be heard."""
        if self._muted:
            self._ignored.add(len(content), b"")
            self.transcript.count(Way.RECEIVED, len(content), b"", ignored=True)
            return
        if self._sending is None:
            raise DialectError("audio: sending has to come first")
        try:
            samples = self._decode(content)
        except BadSourceError:
            raise DialectError("audio: this is no WAV file") from None
        buffered = self._buffered
        self._received.add(len(content), samples)
        self.transcript.count(Way.RECEIVED, len(content), samples)
        if takes_pairs(self._sending) and len(content) % 2:
            self._odd += 1
        if buffered + length_of(samples) > MAX_BUFFERED_SECONDS:
            raise DialectError("audio: this is more than is kept")
        self._leg.say(samples)
        if not buffered:
            self._leg.changed()

    @property
    def _buffered(self) -> float:
        """For how many seconds there is still something to be heard."""
        return max(self._leg.voice.last_sound() - self._clock.time(), 0.0)

    async def _interrupt(self) -> None:
        """Let nothing more be heard until the program announces it anew."""
        self._leg.voice.hush(self._clock.time())
        self._muted = True
        waiting = tuple(self._syncs)
        self._syncs.clear()
        for task in waiting:
            task.cancel()
        if self._programs.interrupt_answers_sync:
            for _ in waiting:
                await self._socket.send("sync")

    async def _confirm(self) -> None:
        """Tell when all is heard that there is now."""
        await self._clock.until(self._leg.voice.last_sound())
        await self._socket.send("sync")

    def as_control(self) -> Json:
        """Return how far it is, for the one who steers the simulator."""
        words = self._words
        return {
            "url": self.url,
            "listening": self._listening,
            "sending": self._sending,
            "muted": self._muted,
            "buffered": round(self._buffered, 3),
            "syncs": len(self._syncs),
            "sent": self._sent.as_control(),
            "received": self._received.as_control(),
            "ignored": self._ignored.as_control(),
            "odd": self._odd,
            "lost": round(self._lost, 3),
            "bye": {"reason": words.reason, "message": words.message}
            if words
            else None,
            "error": self.error,
        }
