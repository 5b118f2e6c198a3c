"""What calls play: sounds on the stage for as long as a call may need them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback

from .api import CallbackKind
from .records import Audio, CallPlan, PhoneCall
from .stage import async_stage
from .switchboard import Program, Switchboard

if TYPE_CHECKING:
    from .address import Address

# Two rings, three minutes between them and the longest message ten times are less.
SOUND_LIFETIME: Final = timedelta(hours=2)


class Repertoire:
    """Puts on the stage what calls play, and tells the switchboard where that is."""

    def __init__(
        self,
        hass: HomeAssistant,
        address: Address,
        switchboard: Switchboard,
        users: Callable[[], Iterable[CallPlan]],
    ) -> None:
        """Learn where 46elks fetches sounds, and which plans there still are."""
        self._address = address
        self._switchboard = switchboard
        self._users = users
        self._stage = async_stage(hass)
        self._held: set[tuple[str, ...]] = set()

    @contextmanager
    def staged(
        self,
        sounds: Sequence[Audio],
        *,
        repeat: int,
        ring_timeout: int,
        acknowledge: str | None = None,
        ring_twice: bool = False,
        record: bool = False,
    ) -> Iterator[CallPlan]:
        """Have sounds ready while calls are placed, and until the last of these is over.

        Raises:
            HomeAssistantError: 46elks could not fetch them, or there is no room.
        """
        if not all(sound.name for sound in sounds):
            self._address.check_media()
        plan = CallPlan(
            sounds=tuple(
                self._stage.async_offer(sound, lifetime=SOUND_LIFETIME)
                for sound in sounds
            ),
            seconds=sum(sound.duration for sound in sounds),
            repeat=repeat,
            ring_timeout=ring_timeout,
            acknowledge=acknowledge,
            ring_twice=ring_twice,
            record=record,
        )
        self._held.add(plan.sounds)
        try:
            yield plan
        finally:
            self._held.discard(plan.sounds)
            self.release(plan)

    @callback
    def release(self, plan: CallPlan | None) -> None:
        """Let sounds go that no call plays any more, nor one that is still to come."""
        if plan is None or plan.sounds in self._held:
            return
        if all(user.sounds != plan.sounds for user in self._users()):
            for token in plan.sounds:
                self._stage.async_withdraw(token)

    @callback
    def expect(self, call: PhoneCall) -> None:
        """Have the switchboard know what to do when a call is answered.

        A restart takes sounds away: a call that was ringing then has nothing to say.
        """
        plan = call.plan
        next_url = self._address.callback_url(CallbackKind.NEXT, call.ref)
        record_url = self._address.callback_url(CallbackKind.RECORD, call.ref)
        if plan is None or next_url is None:
            return
        sounds = tuple(
            url
            for token in plan.sounds
            if (sound := self._stage.async_find(token))
            and (url := sound.name or self._address.media_url(token))
        )
        if len(sounds) == len(plan.sounds):
            program = Program(
                plan=plan,
                sounds=sounds,
                next_url=next_url,
                record_url=record_url if plan.record else None,
                is_to_end=call.is_to_end,
            )
            self._switchboard.expect(call.ref, program)
