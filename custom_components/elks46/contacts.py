"""Who a number is: the people of the contact subentries, and what makes a written phone number one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
import re
import string
from typing import Any, Final
import unicodedata

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME
import phonenumbers

from .api import Connect
from .const import (
    CLIENT_NUMBERS,
    CONF_LANGUAGE,
    CONF_PHONE,
    CONF_PIN,
    CONF_RIGHTS,
    CONF_SENDER,
    SUBENTRY_CONTACT,
    Right,
)

# E.164: a plus and fifteen digits.
LONGEST: Final = 16
# Its country code.
SWEDEN: Final = 46
LOWEST_WITHOUT_PLUS: Final = 10**9
# How the numbering plans call what lies in no country, or in one they do not know.
NOWHERE: Final = frozenset({"001", "ZZ"})
BRITAIN: Final = 44
# Numbers whose owner earns on who calls or texts them.
PREMIUM: Final = frozenset(
    {
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
    }
)
# 46elks: send-sms. Other characters pass some operators and are lost at others.
_SENDER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,10}")
# Fewer digits are guessed, and more are not remembered.
_PIN = re.compile("[0-9]{4,8}")
# Of a number in a log six characters are shown; of a shorter one they would be nearly all.
MASKED_CHARACTERS_AT_LEAST: Final = 9
# As long as no PIN need be.
HIDDEN: Final = "••••"


class InvalidPhoneNumberError(ValueError):
    """The text is no phone number; `reason` is a translation key."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, never the text."""
        super().__init__(reason)
        self.reason = reason


@lru_cache(maxsize=1024)
def parse_phone(written: str, country: str | None) -> str:
    """Return the E.164 form of a phone number as people write it.

    Spaces, dashes, brackets and the invisible direction marks that come along from web pages are dropped; a national form
    is read as one of `country` (ISO 3166, two letters).

    Raises:
        InvalidPhoneNumberError: letters (`phone_letters`), a national form without a country (`phone_country`), an
            emergency number (`phone_emergency`), or no number that its country's plan allows (`phone_invalid`).
    """
    text = "".join(
        " " if char.isspace() else char
        for char in written
        if unicodedata.category(char) != "Cf"
    ).strip()
    if any(char.isalpha() for char in text):
        raise InvalidPhoneNumberError("phone_letters")
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as err:
        national = (
            err.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
            and not text.startswith("+")
        )
        raise InvalidPhoneNumberError(
            "phone_country" if national else "phone_invalid"
        ) from err
    if country and phonenumbers.is_emergency_number(text, country):
        raise InvalidPhoneNumberError("phone_emergency")
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise InvalidPhoneNumberError("phone_invalid")
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # With zeros to spare it would be another number each time it is read; some plans have longer ones for use at home.
    if phonenumbers.parse(phone) != number or len(phone) > LONGEST:
        raise InvalidPhoneNumberError("phone_invalid")
    return phone


def parse_forward(written: str, country: str | None) -> str:
    """Return who a call is passed on to: a phone, a `+4600…` client or a SIP address.

    Raises:
        InvalidPhoneNumberError: as for a phone, or no SIP address (`sip_invalid`).
    """
    text = written.strip()
    is_client = text.startswith(CLIENT_NUMBERS)
    if not is_client and not text.startswith(("sip:", "sips:")):
        return parse_phone(text, country)
    try:
        Connect((text,))
    except ValueError as err:
        raise InvalidPhoneNumberError(
            "phone_invalid" if is_client else "sip_invalid"
        ) from err
    return text


def is_phone(target: str) -> bool:
    """Tell whether a call there goes over the telephone network, which costs by the minute."""
    return target.startswith("+") and not target.startswith(CLIENT_NUMBERS)


def is_swedish_mobile(phone: str) -> bool:
    """Tell whether this is a Swedish mobile number: 46elks passes calls to one on to such alone."""
    number = phonenumbers.parse(phone)
    kind = phonenumbers.number_type(number)
    is_mobile = kind == phonenumbers.PhoneNumberType.MOBILE
    return is_mobile and number.country_code == SWEDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What a country's numbering plan tells of a number.

    `country` is None where the number belongs to none, as those of satellites, and
    `countries` are all whose number it can be: several share a code, and some their
    numbers too. A short number may be one for emergencies. `kind` is that of the phone:
    a mobile one, one at home, and so on.
    """

    country: str | None
    countries: frozenset[str]
    is_short: bool
    is_premium: bool
    kind: int


@lru_cache(maxsize=1024)
def destination_of(phone: str) -> Destination:
    """Return what kind of number this is (E.164)."""
    number = phonenumbers.parse(phone)
    code = number.country_code or 0
    national = phonenumbers.national_significant_number(number)
    sharing = phonenumbers.region_codes_for_country_code(code)
    # A number that is not given out, such as one for fiction, is in the country of its code.
    country = phonenumbers.region_code_for_number(
        number
    ) or phonenumbers.region_code_for_country_code(code)
    kind = phonenumbers.number_type(number)
    valid = {
        one for one in sharing if phonenumbers.is_valid_number_for_region(number, one)
    }
    return Destination(
        country=None if country in NOWHERE else country,
        countries=frozenset(valid or sharing) - NOWHERE,
        # A kind of phone only those have that are given out.
        is_short=_is_emergency(national, sharing)
        or (
            kind == phonenumbers.PhoneNumberType.UNKNOWN
            and _is_short(code, national, sharing)
        ),
        is_premium=_is_premium(code, national, kind)
        if valid
        else _looks_premium(code, national),
        kind=kind,
    )


def _is_emergency(national: str, sharing: Iterable[str]) -> bool:
    # Only as a whole: +46 11 2… is not 112 but somebody in Norrköping.
    return any(phonenumbers.is_emergency_number(national, one) for one in sharing)


def _is_short(code: int, national: str, sharing: Iterable[str]) -> bool:
    # What is dialled before a national number does not belong behind a country code.
    for one in sharing:
        prefix = phonenumbers.ndd_prefix_for_region(one, True) or ""
        for digits in {national, national.lstrip("0"), national.removeprefix(prefix)}:
            if phonenumbers.is_emergency_number(digits, one) or (
                phonenumbers.is_valid_short_number_for_region(
                    phonenumbers.PhoneNumber(
                        country_code=code, national_number=int(digits or "0")
                    ),
                    one,
                )
            ):
                return True
    return False


def _is_premium(code: int, national: str, kind: int) -> bool:
    # Of British "personal numbers" the owner earns on each call as well.
    return (code == BRITAIN and national.startswith("70")) or kind in PREMIUM


def _looks_premium(code: int, national: str) -> bool:
    """Tell whether all valid numbers that begin as one that is not valid are premium."""
    starts = frozenset({national[:3], national.lstrip("0")[:3]})
    return _is_premium_from(code, starts)


@lru_cache(maxsize=1024)
def _is_premium_from(code: int, starts: frozenset[str]) -> bool:
    found = set()
    for start in starts:
        for digit in "1258":
            for length in range(6, 13):
                filled = start.ljust(length, digit)
                number = phonenumbers.PhoneNumber(
                    country_code=code, national_number=int(filled)
                )
                if phonenumbers.is_valid_number(number):
                    kind = phonenumbers.number_type(number)
                    found.add(_is_premium(code, filled, kind))
    return found == {True}


def phone_without_plus(value: object) -> str:
    """Return the E.164 form of a number that has lost its plus.

    Home Assistant's templates make a number of `+46701740605`, and YAML of it without
    quotes. YAML also reads `0701740605` as octal: what that gives has nine digits, or ten
    of which the first is a 1, and is no valid number anywhere.

    Raises:
        InvalidPhoneNumberError: it is none (`phone_not_text`).
    """
    written = f"+{value}"
    try:
        number = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        raise InvalidPhoneNumberError("phone_not_text") from None
    is_long = isinstance(value, int) and value >= LOWEST_WITHOUT_PLUS
    if (
        not is_long
        or len(written) > LONGEST
        or not phonenumbers.is_valid_number(number)
    ):
        raise InvalidPhoneNumberError("phone_not_text")
    return written


def is_sender_name(sender: str) -> bool:
    """Tell whether a text may carry this name as its sender (46elks: send-sms)."""
    return _SENDER_NAME.fullmatch(sender) is not None


@lru_cache(maxsize=1024)
def is_answerable(sender: str) -> bool:
    """Tell whether a sender is a phone that can be texted at an ordinary price: no name, no short code."""
    if not sender.startswith("+"):
        return False
    try:
        number = phonenumbers.parse(sender)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) and (
        phonenumbers.number_type(number) not in PREMIUM
    )


def masked(number: str) -> str:
    """Return a phone number that may stand in a log or an error text: +46701740605 becomes +4670•••5."""
    if number.startswith("+") and len(number) >= MASKED_CHARACTERS_AT_LEAST:
        return f"{number[:5]}•••{number[-1:]}"
    return "•••"


def folder_of(sender: str) -> str:
    """Return what a folder for a number, or for the name of a sender, is called."""
    return re.sub("[^a-z0-9]", "", sender.lower())[:40] or "unknown"


def can_reach(number: str, target: str) -> bool:
    """Tell whether 46elks passes calls to a number on to somebody."""
    is_free = not is_swedish_mobile(number) or not is_phone(target)
    return is_free or is_swedish_mobile(target)


def is_pin(word: str) -> bool:
    """Tell whether this may be a PIN: four to eight digits."""
    return _PIN.fullmatch(word) is not None


def first_digits(text: str) -> str | None:
    """Return the first word of a text if it may be a PIN."""
    word = "".join(text.split(maxsplit=1)[:1]).strip(string.punctuation)
    return word if is_pin(word) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person with a phone."""

    subentry_id: str
    name: str
    phone: str
    sender: str | None = None
    rights: frozenset[Right] = frozenset()
    pin: str | None = field(default=None, repr=False)
    language: str | None = None

    def rights_of_call(self, *, is_verified: bool) -> frozenset[Right]:
        """Return what they may have this home do in a call: with a PIN nothing before it is entered."""
        return self.rights if self.pin is None or is_verified else frozenset()

    def without_pin(self, text: str) -> str:
        """Return a text of theirs without their PIN, wherever it stands."""
        return re.sub(rf"(?<!\w){self.pin}(?!\w)", "", text) if self.pin else text

    def cleared(self, text: str) -> str:
        """Return a text of theirs as others may read it: without a PIN.

        The digits that it begins with are taken off, right or wrong: whoever guesses must
        not find the right ones by what happens to the text. Elsewhere it is hidden.
        """
        if self.pin is None:
            return text
        if first_digits(text) is not None:
            text = "".join(text.split(maxsplit=1)[1:])
        return re.sub(rf"(?<!\w){self.pin}(?!\w)", HIDDEN, text)


class Contacts:
    """The people this home knows, found by their number, as they are set now.

    A reload that waits for the end of a conversation keeps nobody's right.
    """

    def __init__(self, entry: ConfigEntry) -> None:
        """Take the account whose contact subentries they are."""
        self._entry = entry
        self._read: dict[str, tuple[Mapping[str, Any], Contact]] = {}
        self._by_phone: dict[str, str] = {}

    def __iter__(self) -> Iterator[Contact]:
        """Yield every contact."""
        for subentry in self._entry.subentries.values():
            if subentry.subentry_type == SUBENTRY_CONTACT:
                yield self._contact(subentry)

    def by_phone(self, phone: str) -> Contact | None:
        """Return who has this number (E.164)."""
        found = self.by_subentry(self._by_phone.get(phone, ""))
        if found is None or found.phone != phone:
            self._by_phone = {one.phone: one.subentry_id for one in self}
            found = self.by_subentry(self._by_phone.get(phone, ""))
        return found

    def by_subentry(self, subentry_id: str) -> Contact | None:
        """Return the contact of a subentry."""
        subentry = self._entry.subentries.get(subentry_id)
        if subentry is None or subentry.subentry_type != SUBENTRY_CONTACT:
            return None
        return self._contact(subentry)

    def _contact(self, subentry: ConfigSubentry) -> Contact:
        """Return the contact of a subentry, read anew when somebody has changed it."""
        data, contact = self._read.get(subentry.subentry_id, (None, None))
        if contact is None or data is not subentry.data:
            contact = _contact_of(subentry)
            self._read[subentry.subentry_id] = subentry.data, contact
        return contact


def _contact_of(subentry: ConfigSubentry) -> Contact:
    return Contact(
        subentry_id=subentry.subentry_id,
        name=subentry.data[CONF_NAME],
        phone=subentry.data[CONF_PHONE],
        sender=subentry.data.get(CONF_SENDER),
        rights=frozenset(map(Right, subentry.data.get(CONF_RIGHTS, ()))),
        pin=subentry.data.get(CONF_PIN),
        language=subentry.data.get(CONF_LANGUAGE),
    )
