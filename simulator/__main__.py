"""The command line: start the simulator and serve until told to stop."""

import argparse
import asyncio
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
import math
import re
import signal
import sys

from .app import running
from .config import DEFAULT_PASSWORD, DEFAULT_PORT, DEFAULT_USERNAME, Config
from .fields import MAX_MONEY, MAX_NUMBER
from .prices import CURRENCIES


def _username(value: str) -> str:
    if not re.fullmatch(r"u[0-9a-f]{32}", value):
        raise argparse.ArgumentTypeError("a u and 32 hexadecimal digits are expected")
    return value


def _password(value: str) -> str:
    if not value or value.strip() != value:
        raise argparse.ArgumentTypeError("a text without spaces around it is expected")
    return value


def _balance(value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MAX_MONEY:
        raise argparse.ArgumentTypeError("an amount like 100.00 is expected")
    return amount


def _speed(value: str) -> float:
    try:
        speed = float(value)
    except ValueError:
        speed = math.nan
    if not 0 < speed <= MAX_NUMBER:
        raise argparse.ArgumentTypeError("a number above 0 is expected")
    return speed


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal()) or int(value) > 65535:
        raise argparse.ArgumentTypeError("a number from 0 to 65535 is expected")
    return int(value)


def parse(arguments: Sequence[str]) -> Config:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A stand-in for 46elks and its phones."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to serve on (%(default)s)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port; 0 takes a free one (%(default)s)",
    )
    parser.add_argument(
        "--username", type=_username, default=DEFAULT_USERNAME, help="id of the account"
    )
    parser.add_argument(
        "--password",
        type=_password,
        default=DEFAULT_PASSWORD,
        help="API password of the account",
    )
    parser.add_argument(
        "--currency",
        choices=CURRENCIES,
        default="SEK",
        help="currency of the account (%(default)s)",
    )
    parser.add_argument(
        "--balance",
        type=_balance,
        default=Decimal("100.00"),
        help="money to start with (%(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        help="how many times shorter all waits are (%(default)s)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="accept callback addresses of this host although it is not public; may be given several times",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="a name it is reached by, beside localhost and the address it serves on; may be given several times",
    )
    given = parser.parse_args(arguments)
    return Config(
        host=given.host,
        port=given.port,
        username=given.username,
        password=given.password,
        currency=given.currency,
        balance=given.balance,
        speed=given.speed,
        allow_hosts=tuple(given.allow_host),
        names=tuple(given.name),
    )


async def serve(config: Config) -> None:
    """Serve until the process is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(config) as simulator:
        sys.stdout.write(
            f"46elks simulator: {simulator.url}\n"
            f"API address:      {simulator.api_url}\n"
            f"Username:         {config.username}\n"
            f"Password:         {config.password}\n"
            f"Number:           {', '.join(config.numbers)}\n"
        )
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """Run the command line; return the exit code."""
    config = parse(sys.argv[1:])
    try:
        asyncio.run(serve(config))
    except OSError as err:
        sys.stderr.write(
            f"Cannot serve on {config.host}:{config.port}: {err.strerror}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
