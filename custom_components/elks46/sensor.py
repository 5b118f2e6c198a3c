"""Money, traffic, and how the last text to each contact fares."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api import MessageStatus, Number
from .const import SUBENTRY_NUMBER
from .data import ElksConfigEntry, ElksRuntimeData
from .entity import ElksAccountEntity, ElksContactEntity, ElksNumberEntity
from .records import SentMessage
from .signals import SIGNAL_DELIVERY, SIGNAL_POSTED

PARALLEL_UPDATES = 0


def _start_of_day() -> datetime:
    return dt_util.start_of_local_day()


def _start_of_month() -> datetime:
    return dt_util.start_of_local_day().replace(day=1)


@dataclass(frozen=True, kw_only=True)
class ElksSensorDescription(SensorEntityDescription):
    """A figure of the account; `last_reset_fn` tells since when it counts."""

    value_fn: Callable[[ElksRuntimeData], Decimal | int | None]
    last_reset_fn: Callable[[], datetime] | None = None
    is_read: bool = False
    """Whether 46elks tells it, which it does not tell every subaccount."""


ACCOUNT_SENSORS = (
    ElksSensorDescription(
        key="balance",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda runtime: runtime.coordinator.data.account.balance,
        is_read=True,
    ),
    ElksSensorDescription(
        key="usage",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda runtime: runtime.coordinator.data.usage,
        is_read=True,
    ),
    ElksSensorDescription(
        key="usage_limit",
        entity_category=EntityCategory.DIAGNOSTIC,
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=lambda runtime: runtime.coordinator.data.usage_limit,
        is_read=True,
    ),
    ElksSensorDescription(
        key="spent_today",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda runtime: runtime.store.spent_today,
        last_reset_fn=_start_of_day,
    ),
    ElksSensorDescription(
        key="spent_this_month",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=lambda runtime: runtime.store.spent_this_month,
        last_reset_fn=_start_of_month,
    ),
    ElksSensorDescription(
        key="messages_today",
        state_class=SensorStateClass.TOTAL,
        value_fn=lambda runtime: runtime.store.messages_today,
        last_reset_fn=_start_of_day,
    ),
    ElksSensorDescription(
        key="calls_today",
        state_class=SensorStateClass.TOTAL,
        value_fn=lambda runtime: runtime.store.calls_today,
        last_reset_fn=_start_of_day,
    ),
)


@dataclass(frozen=True, kw_only=True)
class ElksNumberSensorDescription(SensorEntityDescription):
    """What 46elks tells of the rent of a number."""

    value_fn: Callable[[Number], Decimal | datetime | None]


NUMBER_SENSORS = (
    ElksNumberSensorDescription(
        key="monthly_cost",
        device_class=SensorDeviceClass.MONETARY,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=2,
        value_fn=lambda number: number.cost,
    ),
    ElksNumberSensorDescription(
        key="renews",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda number: number.expires,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's figures, one entity a contact, and the rent of each number."""
    missing = list(ACCOUNT_SENSORS)

    @callback
    def add_known() -> None:
        """Add what 46elks tells for the first time."""
        known = [
            description
            for description in missing
            if not description.is_read
            or description.value_fn(entry.runtime_data) is not None
        ]
        for description in known:
            missing.remove(description)
        if known:
            async_add_entities(ElksAccountSensor(entry, one) for one in known)

    add_known()
    entry.async_on_unload(entry.runtime_data.coordinator.async_add_listener(add_known))
    async_add_entities([ElksLastCallback(entry, "last_callback")])
    for contact in entry.runtime_data.contacts:
        async_add_entities(
            [ElksLastMessageStatus(hass, entry, contact, "last_message_status")],
            config_subentry_id=contact.subentry_id,
        )
    for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER):
        async_add_entities(
            [
                ElksNumberSensor(hass, entry, subentry, description)
                for description in NUMBER_SENSORS
            ],
            config_subentry_id=subentry.subentry_id,
        )


class ElksAccountSensor(ElksAccountEntity, SensorEntity):
    """A figure of the account."""

    entity_description: ElksSensorDescription

    def __init__(
        self, entry: ElksConfigEntry, description: ElksSensorDescription
    ) -> None:
        """Take the account and what to show of it."""
        super().__init__(entry, description.key)
        self.entity_description = description
        if description.device_class is SensorDeviceClass.MONETARY:
            account = entry.runtime_data.coordinator.data.account
            self._attr_native_unit_of_measurement = account.currency

    @property
    @override
    def available(self) -> bool:
        """Whether the figure is known: what is read only while 46elks answers."""
        return (
            not self.entity_description.is_read
            or self._runtime.coordinator.last_update_success
        )

    @property
    @override
    def native_value(self) -> Decimal | int | None:
        """Return the figure."""
        return self.entity_description.value_fn(self._runtime)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return since when the figure counts."""
        reset = self.entity_description.last_reset_fn
        return reset() if reset else None

    @override
    def _shows(self) -> object:
        """Return the figure, since when it counts, and whether it is known."""
        return self.available, self.native_value, self.last_reset

    async def async_update(self) -> None:
        """Read the account for an automation that asks to; not again within seconds, however often it does."""
        if self.entity_description.is_read:
            await self._runtime.coordinator.async_request_refresh()

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the account."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._runtime.coordinator.async_add_listener(self._async_follow)
        )


class ElksLastCallback(ElksAccountEntity, RestoreSensor):
    """When 46elks last posted something to this home."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    # It changes with each post, several times a text.
    _attr_entity_registry_enabled_default = False

    @property
    @override
    def native_value(self) -> datetime | date | str | float | Decimal | None:
        """Return the time, from before the restart until there is a newer one."""
        return self._runtime.reach.last_callback or self._attr_native_value

    @override
    async def async_added_to_hass(self) -> None:
        """Recall the time from before the restart, and follow what comes."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass,
                SIGNAL_POSTED.format(self._entry.entry_id),
                self._async_follow,
            )
        )
        if data := await self.async_get_last_sensor_data():
            self._attr_native_value = data.native_value


class ElksLastMessageStatus(ElksContactEntity, RestoreSensor):
    """How far the last text to a contact has come."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [
        status.value for status in MessageStatus if status is not MessageStatus.UNKNOWN
    ]
    _ref = ""

    @override
    async def async_added_to_hass(self) -> None:
        """Recall the last text, and follow the next ones."""
        await super().async_added_to_hass()
        if data := await self.async_get_last_sensor_data():
            self._attr_native_value = data.native_value
        for sent in self._runtime.store.sent.values():
            self._show(sent)
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_DELIVERY.format(self._entry.entry_id), self._moved
            )
        )

    @callback
    def _moved(self, sent: SentMessage) -> None:
        if self._show(sent):
            self.async_write_ha_state()

    def _show(self, sent: SentMessage) -> bool:
        """Show a text's status if it is the newest; our references sort by time."""
        if sent.recipient != self._contact.phone or sent.ref < self._ref:
            return False
        self._ref = sent.ref
        is_unknown = sent.status is MessageStatus.UNKNOWN
        self._attr_native_value = None if is_unknown else sent.status.value
        return True


class ElksNumberSensor(ElksNumberEntity, SensorEntity):
    """What a number costs, and when it is paid for again."""

    entity_description: ElksNumberSensorDescription

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        subentry: ConfigSubentry,
        description: ElksNumberSensorDescription,
    ) -> None:
        """Take the number and what to show of it."""
        super().__init__(hass, entry, subentry, description.key)
        self.entity_description = description
        if description.device_class is SensorDeviceClass.MONETARY:
            account = entry.runtime_data.coordinator.data.account
            self._attr_native_unit_of_measurement = account.currency

    @property
    @override
    def native_value(self) -> Decimal | datetime | None:
        """Return the figure, unknown where 46elks does not tell."""
        number = self._number
        return self.entity_description.value_fn(number) if number else None
