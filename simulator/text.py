"""How many parts a text is sent in.

46elks: kb/sms-splitting-and-pricing. A part is 140 bytes, 6 fewer when there are several.
"""

from typing import Final

GSM_BASIC_SET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def count_parts(text: str) -> int:
    """Return the number of parts a text takes.

    Anything outside the basic set makes 46elks send UTF-16, the extension characters (€, [, {, …) too.
    """
    if GSM_BASIC_SET.issuperset(text):
        length, single, several = len(text), 160, 153
    else:
        length, single, several = (
            len(text.encode("utf-16-be", "surrogatepass")) // 2,
            70,
            67,
        )
    return 1 if length <= single else -(-length // several)
