"""Messages of callers, told and played."""

from pytest_homeassistant_custom_component.common import async_mock_service

from tests import ANNA, BJORN

from . import Household


async def leave(household: Household, caller: str) -> None:
    """Leave a message at the house."""
    await household.simulator.put_handset(caller)
    await household.house.over(await household.house.ring(caller))
    await household.simulator.posted("record")
    await household.hass.async_block_till_done(wait_background_tasks=True)


async def test_a_message_is_told(household: Household) -> None:
    """By text, if no other way was chosen."""
    await household.house.answers("voicemail")
    await household.use("voicemail", notify=["notify.anna_sms"])
    await leave(household, BJORN)

    (text,) = await household.got(ANNA)
    assert text.startswith("Björn has left a message of ")


async def test_a_message_is_played(household: Household) -> None:
    """On a speaker, if the condition holds; and more is done."""
    played = async_mock_service(household.hass, "media_player", "play_media")
    more = household.watch("more")
    await household.house.answers("voicemail")
    await household.use_otherwise(
        "voicemail",
        notify=["notify.anna_sms"],
        text="A message",
        players=["media_player.kitchen"],
        conditions=["{{ is_state('binary_sensor.at_home', 'on') }}"],
        more=[
            {
                "action": "test.more",
                "data": {"sound": "{{ trigger.media_content_id }}"},
            }
        ],
    )
    for at_home in ("off", "on"):
        await household.changes("binary_sensor.at_home", at_home)
        await leave(household, BJORN)

    assert len(played) == 1
    assert [one.data["sound"].endswith(".wav") for one in more] == [True, True]
    assert await household.got(ANNA) == ["A message", "A message"]
