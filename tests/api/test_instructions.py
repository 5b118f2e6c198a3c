"""Tests of what 46elks is told to do with a call."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
import json

import pytest

from custom_components.elks46.api import (
    Connect,
    Hangup,
    HangupReason,
    Instruction,
    Menu,
    Play,
    Record,
    sounds,
)

URL = "https://house.example/api/webhook/abc?kind=next&ref=01J"
END = "https://house.example/api/webhook/abc?kind=hangup"
SOUND = "https://house.example/a.wav"
NUMBER = "+46701740605"


@pytest.mark.parametrize(
    ("instruction", "document"),
    [
        pytest.param(Connect((NUMBER,)), {"connect": NUMBER}, id="connect"),
        pytest.param(
            Connect(
                (NUMBER, "+4600700021", "sip:+46701740606@pbx.example;transport=tcp"),
                caller_id="+46766861234",
                ring_timeout=15,
                time_limit=600,
                success=Play(SOUND),
                busy=URL,
                failed=Hangup(),
                next=Record(URL),
                when_hangup=END,
                record_call=URL,
            ),
            {
                "connect": f"{NUMBER},+4600700021,sip:+46701740606@pbx.example;transport=tcp",
                "callerid": "+46766861234",
                "timeout": 15,
                "timelimit": 600,
                "success": {"play": SOUND},
                "busy": URL,
                "failed": {"hangup": "reject"},
                "next": {"record": URL},
                "whenhangup": END,
                "recordcall": URL,
            },
            id="connect with everything",
        ),
        pytest.param(Play(SOUND), {"play": SOUND}, id="play"),
        pytest.param(
            Play(sounds.BEEP, skippable=False, next=URL, when_hangup=END),
            {
                "play": "sound/beep",
                "skippable": False,
                "next": URL,
                "whenhangup": END,
            },
            id="play with everything",
        ),
        pytest.param(Menu(SOUND), {"ivr": SOUND, "digits": 1}, id="menu"),
        pytest.param(
            Menu(
                SOUND,
                digits=2,
                timeout=30,
                repeat=1,
                keys={"1": URL, "42": Menu(SOUND, keys={"0": Hangup()}), "#": URL},
                next=Play(SOUND),
                when_hangup=END,
            ),
            {
                "ivr": SOUND,
                "digits": 2,
                "timeout": 30,
                "repeat": 1,
                "1": URL,
                "42": {"ivr": SOUND, "digits": 1, "0": {"hangup": "reject"}},
                "#": URL,
                "next": {"play": SOUND},
                "whenhangup": END,
            },
            id="menu with everything",
        ),
        pytest.param(Record(URL), {"record": URL}, id="record"),
        pytest.param(
            Record(
                sounds.local("greeting"),
                time_limit=60,
                silence_detection=False,
                next=Play(sounds.local("greeting")),
            ),
            {
                "record": "local/greeting",
                "timelimit": 60,
                "silencedetection": "no",
                "next": {"play": "local/greeting"},
            },
            id="record with everything",
        ),
        pytest.param(Hangup(), {"hangup": "reject"}, id="hang up"),
        pytest.param(
            Hangup(HangupReason.BUSY, when_hangup=END),
            {"hangup": "busy", "whenhangup": END},
            id="hang up busy",
        ),
        pytest.param(Hangup(HangupReason.NOT_FOUND), {"hangup": "404"}, id="404"),
    ],
)
def test_an_instruction_is_a_document(
    instruction: Instruction, document: dict[str, object]
) -> None:
    """What is not said, 46elks decides."""
    assert instruction.to_document() == document
    assert json.loads(instruction.encode()) == document


def test_a_document_is_short() -> None:
    """46elks refuses what is too long, and does not say how long that is."""
    encoded = Play("sv_SE/Hej då", skippable=False, next=Hangup()).encode()
    assert encoded == (
        '{"play":"sv_SE/Hej d\\u00e5","skippable":false,"next":{"hangup":"reject"}}'
    )


def test_an_instruction_stays_what_it_is() -> None:
    """Two that say the same are the same."""
    instruction = Menu(SOUND, keys={"1": URL})
    assert instruction == Menu(SOUND, keys={"1": URL})
    with pytest.raises(FrozenInstanceError):
        instruction.digits = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    "target",
    [
        "+46701740605",
        "+4600100100",
        "sip:house@pbx.example",
        "sips:pbx.example:5061",
        "sip:pbx.example;transport=udp",
        "sip:1@[2001:db8::1]:5060;transport=tcp",
        "sip:46701740605@192.0.2.1",
    ],
)
def test_a_call_is_connected_to_numbers_and_to_sip(target: str) -> None:
    """As 46elks documents them."""
    assert Connect((target,)).to_document() == {"connect": target}


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("", id="empty"),
        pytest.param("0701740605", id="local number"),
        pytest.param("+0701740605", id="country without a code"),
        pytest.param("+46 70 174 06 05", id="number with spaces"),
        pytest.param("+46701740605\n", id="number with a line"),
        pytest.param("+４６701740605", id="number with other digits"),
        pytest.param("+4670174060512345", id="number too long"),
        pytest.param("+46701740605,+46701740606", id="two in one"),
        pytest.param("Villan", id="name"),
        pytest.param("sip:", id="SIP to nobody"),
        pytest.param("sip:a@pbx.example,b", id="SIP with a comma"),
        pytest.param("sip:a b@pbx.example", id="SIP with a space"),
        pytest.param("sip:a@pbx.example;transport=tls", id="SIP another way"),
        pytest.param("sip:4600100100@voip.46elks.com", id="SIP at 46elks"),
        pytest.param("SIP:4600100100@VOIP.46elks.com:5060", id="SIP at 46ELKS"),
        pytest.param("https://house.example/", id="address"),
    ],
)
def test_a_call_is_connected_to_nothing_else(target: str) -> None:
    """The error does not say to whom."""
    with pytest.raises(ValueError, match="^targets: ") as caught:
        Connect(("+46701740605", target))
    assert "0701" not in str(caught.value)


def test_a_number_of_46elks_is_rung_as_a_number() -> None:
    """46elks refuses its own SIP server, and the error says what to do."""
    with pytest.raises(ValueError, match=r"\+4600"):
        Connect(("sip:4600100100@voip.46elks.com",))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(lambda: Connect(()), "targets", id="nobody"),
        pytest.param(
            lambda: Connect("+46"),  # type: ignore[arg-type]
            "targets",
            id="text for targets",
        ),
        pytest.param(
            lambda: Connect((NUMBER,), caller_id="Villan"), "caller_id", id="name"
        ),
        pytest.param(lambda: Connect((NUMBER,), caller_id=""), "caller_id", id="no id"),
        pytest.param(
            lambda: Connect((NUMBER,), ring_timeout=0), "ring_timeout", id="no ring"
        ),
        pytest.param(
            lambda: Connect((NUMBER,), time_limit=-1), "time_limit", id="no talk"
        ),
        pytest.param(lambda: Connect((NUMBER,), success=""), "success", id="success"),
        pytest.param(lambda: Connect((NUMBER,), busy="beep"), "busy", id="busy"),
        pytest.param(lambda: Connect((NUMBER,), failed="/a"), "failed", id="failed"),
        pytest.param(lambda: Connect((NUMBER,), next="//a"), "next", id="next"),
        pytest.param(lambda: Play(""), "audio", id="no sound"),
        pytest.param(lambda: Play("beep"), "audio", id="beep without its place"),
        pytest.param(lambda: Play("ftp://h.example/a"), "audio", id="sound by FTP"),
        pytest.param(lambda: Play("https:///a.wav"), "audio", id="sound of no host"),
        pytest.param(lambda: Play("https://h.example/a b"), "audio", id="space"),
        pytest.param(lambda: Play(f"en_US/{'a' * 180}"), "audio", id="long speech"),
        pytest.param(lambda: Play(SOUND, next="wss://h.example"), "next", id="socket"),
        pytest.param(lambda: Menu("beep"), "audio", id="menu of no sound"),
        pytest.param(lambda: Menu(SOUND, digits=0), "digits", id="no digits"),
        pytest.param(lambda: Menu(SOUND, timeout=0), "timeout", id="no time"),
        pytest.param(lambda: Menu(SOUND, timeout=31), "timeout", id="all the time"),
        pytest.param(lambda: Menu(SOUND, repeat=0), "repeat", id="never"),
        pytest.param(lambda: Menu(SOUND, keys={"": URL}), "keys", id="no key"),
        pytest.param(lambda: Menu(SOUND, keys={"next": URL}), "keys", id="word"),
        pytest.param(lambda: Menu(SOUND, keys={"١": URL}), "keys", id="other digit"),
        pytest.param(lambda: Menu(SOUND, keys={"12": URL}), "keys", id="two keys"),
        pytest.param(lambda: Menu(SOUND, keys={"1": "x"}), "keys", id="key to nowhere"),
        pytest.param(lambda: Menu(SOUND, next=""), "next", id="menu to nowhere"),
        pytest.param(lambda: Record(""), "url", id="no place"),
        pytest.param(lambda: Record("local/"), "url", id="no name"),
        pytest.param(lambda: Record("sound/beep"), "url", id="over the beep"),
        pytest.param(lambda: Record(URL, time_limit=0), "time_limit", id="no sound"),
        pytest.param(lambda: Record(URL, next="x"), "next", id="record to nowhere"),
        pytest.param(
            lambda: Hangup("gone"),  # type: ignore[arg-type]
            "reason",
            id="reason",
        ),
        pytest.param(lambda: Hangup(when_hangup="x"), "when_hangup", id="end nowhere"),
        pytest.param(
            lambda: Hangup(record_call="x"), "record_call", id="sound nowhere"
        ),
    ],
)
def test_what_46elks_would_refuse_is_refused(
    make: Callable[[], object], error: str
) -> None:
    """While somebody can still do something about it."""
    with pytest.raises(ValueError, match=f"^{error}"):
        make()


@pytest.mark.parametrize("reason", [HangupReason.BUSY, HangupReason.NOT_FOUND])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda end: Connect((NUMBER,), success=end), id="success"),
        pytest.param(lambda end: Connect((NUMBER,), busy=end), id="busy"),
        pytest.param(lambda end: Connect((NUMBER,), failed=end), id="failed"),
        pytest.param(lambda end: Play(SOUND, next=end), id="next"),
        pytest.param(lambda end: Menu(SOUND, keys={"1": end}), id="key"),
        pytest.param(lambda end: Record(URL, next=end), id="record"),
    ],
)
def test_a_call_that_was_taken_is_not_turned_away(
    make: Callable[[Hangup], Instruction], reason: HangupReason
) -> None:
    """Signalling is for the first instruction alone; the last one can only reject."""
    with pytest.raises(ValueError, match="can only end with reject"):
        make(Hangup(reason))
    assert '"reject"' in make(Hangup(HangupReason.REJECT)).encode()
