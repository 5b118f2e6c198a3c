"""The command line: a house and its phones, until Ctrl-C."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import Final

from simulator.config import DEFAULT_NUMBER, DEFAULT_PORT as SIMULATOR_PORT

from . import assist, ready_made
from .elks import (
    REALTIME,
    Account,
    Simulator,
    connect,
    connected,
    move,
    set_options,
    talk_through,
)
from .house import EARS, PASSWORD, RESTART, ROOT, USERNAME, HomeError, House
from .process import POLL_SECONDS, ProcessError, is_free

FOLDER: Final = ROOT / ".demo"
HOME_ASSISTANT_PORT: Final = 8123
STOP: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

READY: Final = """
  Home Assistant   {house}
                   log in as {username} with the password {password}
  The phones       {simulator}

Try this, with both pages side by side:
  1. Write STATUS from Anna's or Erik's phone to {number}: the house answers.
  2. Ring {number} from Anna's phone: the gate opens, and the call costs nothing.
  3. Switch "Leak" on in Home Assistant: the water is closed, and the phones ring until
     somebody presses 1.
  4. Press "Doorbell": Anna's phone gets a picture of who is there.
  5. Press "Ask Anna", answer her phone, press the microphone, and say yes after the notes:
     the porch light goes on. Or decline: the button says so.
  6. Write ARM from Anna's phone. Then switch "Back door" on: ten seconds later the alarm
     goes off, and the phones ring in turn until somebody presses 1. DISARM ends it, too.
  7. Press "Freezer alarm": Anna gets a text. Press "Freezer calls": the phones ring in turn
     until somebody presses 1. Switch Erik's phone off, press "Text Erik", and switch his
     phone on again.
  8. Choose "Talk with Assist" at "Call handling" in Home Assistant, ring again from Anna's
     phone, press the microphone, and say one of these after the two notes:
{sentences}
     The house knows these by heart, and takes whatever else you say for the most similar one.
     Choose "Do not take the call" again afterwards, or the house goes on answering.

Ready after {seconds:.0f} seconds. Ctrl-C stops both. The house is kept; the phones start empty.
"""

# Who may open the gate by calling, arm by text, and talk with the house.
RIGHTS: Final = {"Anna": ["open", "control", "assist"]}
# Limits guard money, and this is none: whoever plays for an hour is not to run into them.
LIMITS: Final = {
    "daily_spend_limit": 10_000,
    "hourly_message_limit": 10_000,
    "hourly_call_limit": 10_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for; `since` is when it was called, in Unix time."""

    port: int
    simulator_port: int
    folder: Path
    fresh: bool
    since: float


class DemoError(Exception):
    """The demo cannot be started; the text says what to do about it."""


def parse(arguments: Sequence[str]) -> Wish:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="script/demo",
        description="Start Home Assistant with elks46 in it, and phones to text with.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=HOME_ASSISTANT_PORT,
        help="where Home Assistant serves (%(default)s)",
    )
    parser.add_argument(
        "--simulator-port",
        type=_port,
        default=SIMULATOR_PORT,
        help="where the phones are (%(default)s)",
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where the house is kept (.demo)"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the house there was and begin anew"
    )
    parser.add_argument(
        "--since", type=float, default=time.time(), help=argparse.SUPPRESS
    )
    return Wish(**vars(parser.parse_args(arguments)))


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 0 < int(value) < 65536):
        raise argparse.ArgumentTypeError("a number from 1 to 65535 is expected")
    return int(value)


class Demo:
    """A house, its phones, and what is remembered of them from one start to the next."""

    def __init__(self, wish: Wish) -> None:
        """Take the command line."""
        folder = wish.folder.resolve()
        self._wish = wish
        self._folder = folder
        self._memory = folder / "demo.json"
        self._simulator = Simulator(folder, port=wish.simulator_port)
        self._account = Account(api_url=self._simulator.api_url)
        # People say it in their own voices.
        self._house = House(
            folder / "house",
            port=wish.port,
            simulator_url=self._simulator.url,
            ears=EARS if EARS.exists() else None,
        )
        # In the order of their end: the house may still have something to say.
        self._processes = (self._house.process, self._simulator.process)

    def prepare(self) -> None:
        """Make room.

        Raises:
            DemoError: a port or the folder is in use for something else.
        """
        wish, folder = self._wish, self._folder
        ports = {"--port": wish.port, "--simulator-port": wish.simulator_port}
        for option, port in ports.items():
            if not is_free(port):
                raise DemoError(
                    f"Port {port} is taken on this machine, perhaps by another demo."
                    f" Stop what uses it, or choose another: script/demo {option} {port + 1}"
                )
        if not self._memory.exists() and folder.exists() and any(folder.iterdir()):
            raise DemoError(f"{folder} holds something else than a demo.")
        if wish.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        if not self._memory.exists():
            self._memory.write_text("{}")
        for process in self._processes:
            process.output.unlink(missing_ok=True)

    async def run(self) -> None:
        """Start everything, tell how to use it, and watch it; a house that asks for it is started again.

        Raises:
            ProcessError: something has ended by itself.
            HomeError: the account cannot be connected.
        """
        await self._simulator.start()
        await self._simulator.add_realtime()
        ready_made.shelve(self._folder / "house")
        await self._house.start()
        await self._connect()
        _say(
            READY.format(
                house=self._house.url,
                simulator=self._simulator.url,
                username=USERNAME,
                password=PASSWORD,
                number=DEFAULT_NUMBER,
                sentences="\n".join(f"     · {one}" for one in assist.SENTENCES),
                seconds=time.time() - self._wish.since,
            )
        )
        while True:
            if self._house.process.exit_code == RESTART:
                _say("Home Assistant starts again")
                await self._house.start()
                _say(f"Home Assistant is back at {self._house.url}")
            for process in self._processes:
                if not process.is_running:
                    raise process.error(f"has ended with {process.exit_code}")
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> bool:
        """End everything and return whether it ended well."""
        codes = [await process.stop() for process in self._processes]
        return not any(codes)

    async def _connect(self) -> None:
        """Connect the account, unless that was done; addresses may have changed since."""
        known = json.loads(self._memory.read_text())
        wanted = {
            "api_url": self._account.api_url,
            "public_url": self._house.url,
            "realtime": REALTIME,
            "ready_made": True,
            "limits": LIMITS,
        }
        async with self._house.visit() as home:
            await assist.pipelines(home)
            entry_id = await connected(home)
            if entry_id is not None and known == wanted:
                return
            if entry_id is None:
                entry_id = await connect(home, self._account, rights=RIGHTS)
            else:
                await move(home, entry_id, self._account)
            limits = {} if known.get("limits") == LIMITS else LIMITS
            await set_options(
                home,
                entry_id,
                reach="external",
                public_url=self._house.url,
                **limits,
            )
            if "realtime" not in known:
                # Calls are turned away until a person lets Assist have them.
                await talk_through(home, entry_id, REALTIME, call_handling="reject")
            if "ready_made" not in known:
                await ready_made.set_up(home)
        self._memory.write_text(json.dumps(wanted))


async def main(arguments: Sequence[str]) -> int:
    """Run until told to stop, and return the exit code."""
    demo = Demo(parse(arguments))
    try:
        demo.prepare()
    except DemoError as err:
        sys.stderr.write(f"{err}\n")
        return 1
    stopped = asyncio.Event()
    for number in STOP:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    running = asyncio.create_task(demo.run())
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    stopping.cancel()
    code = 0
    try:
        await running
    except asyncio.CancelledError:
        _say("\nStopping")
    except (ProcessError, HomeError) as err:
        sys.stderr.write(f"{err}\n")
        code = 1
    finally:
        ended_well = await demo.stop()
    return code if ended_well else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
