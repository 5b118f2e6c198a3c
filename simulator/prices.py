"""Which country a number is in, and what messages and numbers cost.

46elks: pricing. The prices are in 1/10000 of the currency, and of the right size rather than of today; that of a text is
per part, that of a call per started minute, that of a number per month.
"""

from typing import Final

_CALLING_CODES: Final = {
    "1": "us", "7": "ru", "20": "eg", "27": "za", "30": "gr", "31": "nl", "32": "be", "33": "fr", "34": "es", "36": "hu",
    "39": "it", "40": "ro", "41": "ch", "43": "at", "44": "gb", "45": "dk", "46": "se", "47": "no", "48": "pl", "49": "de",
    "52": "mx", "54": "ar", "55": "br", "60": "my", "61": "au", "62": "id", "63": "ph", "64": "nz", "65": "sg", "66": "th",
    "81": "jp", "82": "kr", "84": "vn", "86": "cn", "90": "tr", "91": "in", "92": "pk", "234": "ng", "254": "ke",
    "351": "pt", "352": "lu", "353": "ie", "354": "is", "356": "mt", "357": "cy", "358": "fi", "359": "bg", "370": "lt",
    "371": "lv", "372": "ee", "373": "md", "380": "ua", "381": "rs", "385": "hr", "386": "si", "387": "ba", "420": "cz",
    "421": "sk", "852": "hk", "886": "tw", "971": "ae", "972": "il",
}  # fmt: skip

DEFAULT_COUNTRIES: Final = frozenset({"de", "dk", "fi", "gb", "no", "se"})

_SMS_PRICES: Final = {
    "SEK": {"de": 9600, "dk": 6100, "fi": 8000, "gb": 8500, "no": 7000, "se": 5200},
    "EUR": {"de": 870, "dk": 550, "fi": 730, "gb": 770, "no": 640, "se": 470},
}
_OTHER_SMS_PRICE: Final = {"SEK": 11000, "EUR": 1000}
MMS_PRICE: Final = {"SEK": 12500, "EUR": 1100}
# By country, a Swedish fixed number and a websocket number by their own.
_CALL_PRICES: Final = {
    "SEK": {"de": 5500, "dk": 5500, "fi": 7500, "gb": 5500, "no": 6500, "se": 7000},
    "EUR": {"de": 500, "dk": 500, "fi": 680, "gb": 500, "no": 590, "se": 640},
}
_OTHER_CALL_PRICE: Final = {"SEK": 22000, "EUR": 2000}
_FIXED_PRICE: Final = {"SEK": 1400, "EUR": 130}
_REALTIME_PRICE: Final = {"SEK": 1500, "EUR": 140}
_NUMBER_PRICES: Final = {"SEK": {"de": 1500000}, "EUR": {"de": 150000}}
_OTHER_NUMBER_PRICE: Final = {"SEK": 300000, "EUR": 30000}
CURRENCIES: Final = tuple(_SMS_PRICES)
COUNTRIES: Final = frozenset(_CALLING_CODES.values())


def country_of(number: str) -> str | None:
    """Return the country of a number that begins with +, in two letters."""
    digits = number.removeprefix("+")
    return next(
        (
            _CALLING_CODES[digits[:length]]
            for length in (3, 2, 1)
            if digits[:length] in _CALLING_CODES
        ),
        None,
    )


def sms_price(country: str | None, currency: str) -> int:
    """Return what one part costs."""
    return _SMS_PRICES[currency].get(country or "", _OTHER_SMS_PRICE[currency])


def call_price(number: str, currency: str) -> int:
    """Return what a started minute costs; one over the internet, to a SIP address, costs nothing."""
    if not number.startswith("+"):
        return 0
    if number.startswith("+4600"):
        return _REALTIME_PRICE[currency]
    if number.startswith("+46") and not number.startswith("+467"):
        return _FIXED_PRICE[currency]
    country = country_of(number) or ""
    return _CALL_PRICES[currency].get(country, _OTHER_CALL_PRICE[currency])


def number_price(country: str, currency: str) -> int:
    """Return what a number costs each month."""
    return _NUMBER_PRICES[currency].get(country, _OTHER_NUMBER_PRICE[currency])


def calling_code(country: str) -> str:
    """Return what numbers of a country begin with, after the plus."""
    return next(code for code, name in _CALLING_CODES.items() if name == country)
