"""What the newest Home Assistant shows of 46elks beside its entities: activity, repairs, system information, diagnostics."""

from functools import partial
import json

from demo import elks
from demo.house import Home
from tests import Json

from . import ANNA, ERIK, NUMBER, Account, eventually

LIMIT = "hourly_message_limit"


async def activity(home: Home) -> list[str]:
    """Return the sentences about 46elks, oldest first."""
    lines = await home.get("logbook")
    return [
        f"{line['name']} {line['message']}"
        for line in lines
        if line.get("domain") == "elks46"
    ]


async def repairs(home: Home) -> list[str]:
    """Return the ids of what stands in Repairs."""
    found = await home.ask("repairs/list_issues")
    return [
        issue["issue_id"] for issue in found["issues"] if issue["domain"] == "elks46"
    ]


async def test_activity_says_who_texted(account: Account, home: Home) -> None:
    """In a sentence, without the words of the text."""
    before = len(await activity(home))
    await account.phones.send_text(ERIK, NUMBER, "The code is 1234")

    async def newest() -> list[str]:
        """Return the first sentence that was not there before."""
        return (await activity(home))[before : before + 1]

    await eventually(newest, [f"Erik sent a text to {NUMBER}"])
    assert "1234" not in str(await activity(home))


async def test_limit_is_raised_in_repairs(account: Account, home: Home) -> None:
    """Two clicks: the text that was kept in goes out."""
    await elks.set_options(home, account.entry_id, **{LIMIT: 1})
    await home.answer("elks46.send_sms", to=[ANNA, ERIK], message="Dinner")
    issue_id = f"{LIMIT}_{account.entry_id}"
    assert await repairs(home) == [issue_id]

    flow = "repairs/issues/fix"
    form = await home.post(flow, {"handler": "elks46", "issue_id": issue_id})
    (field,) = form["data_schema"]
    done = await home.post(f"{flow}/{form['flow_id']}", {LIMIT: 5})

    assert field["description"] == {"suggested_value": 2}
    assert done["type"] == "create_entry"
    await eventually(partial(repairs, home), [])
    answer = await home.answer("elks46.send_sms", to=[ERIK], message="Dinner")
    assert answer["messages"][0]["status"] == "created"


async def system_information(home: Home) -> Json:
    """Return what the page of that name shows when all of it is found out."""
    shown: Json = {}
    async with home.socket() as socket:
        await socket.send_json({"id": 1, "type": "system_health/info"})
        await socket.receive_json()
        while (event := (await socket.receive_json())["event"])["type"] != "finish":
            match event:
                case {"data": {"elks46": {"info": info}}}:
                    shown |= info
                case {"domain": "elks46", "key": key, "data": data}:
                    shown[key] = data
    return shown


async def test_system_information_says_that_46elks_answers(
    account: Account, home: Home
) -> None:
    """And how much there is, without naming it."""
    shown = await system_information(home)

    assert shown["can_reach_46elks"] == "ok"
    assert shown["accounts_posted_to"] == shown["accounts"] == 1
    assert (shown["contacts"], shown["numbers"]) == (2, 1)


async def test_diagnostics_of_a_contact_name_nobody(
    account: Account, home: Home
) -> None:
    """They are downloaded from the page of the device."""
    devices = await home.ask("config/device_registry/list")
    (anna,) = (one["id"] for one in devices if one["name"] == "Anna")

    downloaded = await home.get(
        f"diagnostics/config_entry/{account.entry_id}/device/{anna}"
    )

    assert downloaded["data"]["settings"]["country"] == "SE"
    assert ANNA not in json.dumps(downloaded)
