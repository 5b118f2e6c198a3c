"""Ears, an agent and voices that note when sound comes to them and leaves them, for every satellite alike.

And what the bench can only measure from within.
"""

from homeassistant.components import stt, tts
from homeassistant.components.conversation.const import (
    DATA_COMPONENT as DATA_CONVERSATION,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .actions import ActionsView
from .agent import Agent
from .ears import Ears
from .memory import MemoryView
from .notebook import Notebook, NotebookView
from .setting_up import AccountsView, SettingUpView
from .voices import RATES, AskedVoice, Mp3Voice, WavVoice, async_mp3, tone


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Let them in, and let the bench read what they note."""
    notebook = Notebook()
    for view in (
        NotebookView(notebook),
        AccountsView(),
        ActionsView(),
        MemoryView(),
        SettingUpView(),
    ):
        hass.http.register_view(view)
    # Or the first account of `ntfy` would ask GitHub for the newest release.
    hass.data["ntfy"] = None
    await hass.data[stt.DATA_COMPONENT].async_add_entities([Ears(notebook)])
    await hass.data[DATA_CONVERSATION].async_add_entities([Agent(notebook)])
    for rate in RATES:
        await hass.async_add_executor_job(tone, rate)
    voices = (
        AskedVoice(notebook),
        WavVoice(notebook),
        Mp3Voice(notebook, await async_mp3(hass)),
    )
    await hass.data[tts.DATA_COMPONENT].async_add_entities(voices)
    return True
