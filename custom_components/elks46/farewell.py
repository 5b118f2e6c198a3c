"""How people say that a call is over, in the languages of the house."""

import re
from typing import Final

# How people end a call, alone or as all they say. What is said to greet as well does not count.
GOODBYES: Final = frozenset(
    {
        *("goodbye", "good bye", "bye", "bye bye", "thats all", "hang up"),
        *("hej då", "hejdå", "tack hej då", "adjö", "vi hörs"),
        *("ha det", "ha det bra", "lägg på", "avsluta samtalet", "det var allt"),
        *("farvel", "ha det godt", "hadet", "snakkes", "adjø"),
        *("legg på", "læg på", "vi ses", "det var alt"),
        *("näkemiin", "kuulemiin", "hyvästi", "moikka", "heippa"),
        *("hei sitten", "lopeta puhelu", "siinä kaikki"),
        *("auf wiedersehen", "auf wiederhören", "tschüss", "tschüs", "das war alles"),
        *("tot ziens", "doei"),
        *("au revoir", "à bientôt", "cest tout"),
        *("adiós", "adios", "hasta luego", "eso es todo"),
        *("do widzenia", "na razie", "to wszystko"),
    }
)


def is_goodbye(text: str) -> bool:
    """Tell whether somebody wants to end a call, in any of the languages of the house."""
    return " ".join(re.findall(r"\w+", re.sub("['’]", "", text.casefold()))) in GOODBYES
