"""What a number was known to cost a month, on a day.

46elks has no way to ask for a price before renting, and its list changes. So these are
told as what they were on that day; what a number really costs stands at the number.
Only what was stated is here: nothing for picture messages, and nothing for other countries.
"""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Final

AS_OF: Final = date(2026, 11, 22)
"""When https://46elks.com/llms.txt was read; without VAT."""
_A_MONTH: Final = {
    ("de", "EUR"): Decimal(15),
    ("se", "EUR"): Decimal(3),
    # Not in that list: what integrations of others saw billed to accounts in SEK.
    ("se", "SEK"): Decimal(30),
}


def monthly_price(
    country: str, capabilities: Collection[str], currency: str | None
) -> Decimal | None:
    """Return what a number was said to cost, or None where nothing is known."""
    if "mms" in capabilities or currency is None:
        return None
    return _A_MONTH.get((country.lower(), currency))
