"""PocketSphinx in a process of its own, for it has no wheels for Home Assistant's Python; any from 3.9 to 3.12 runs this.

Its arguments are sentences. From its input it reads speech at 16,000 samples a second, each piece after its length in bytes
(four of them, big end first), and writes for each a line: which sentence it was. It ends with its input.
"""

from array import array
from collections.abc import Sequence
from random import Random
import sys

from pocketsphinx import Decoder

RATE = 16000
# The model was made of speech in rooms. It takes the perfect silence of computers, and what a telephone does not carry, for
# sounds of their own; a little hiss covers both.
HISS = 40
# Room to begin and to end in.
AROUND = RATE // 3
# So patient that a sentence is not given up for the sound of its beginning.
BEAM = 1e-120


def decoder(sentences: Sequence[str]) -> Decoder:
    """Return what knows these sentences; each is one whole way, never a part of it."""
    made = Decoder(
        samprate=RATE,
        lm=None,
        loglevel="FATAL",
        bestpath=False,
        beam=BEAM,
        wbeam=BEAM,
        pbeam=BEAM,
    )
    ways = " | ".join(sentences)
    made.add_jsgf_string(
        "house", f"#JSGF V1.0; grammar house; public <house> = {ways};"
    )
    made.activate_search("house")
    return made


def in_a_room(speech: bytes) -> "array[int]":
    """Return samples with a little hiss, and some of it around them."""
    random = Random(46)
    room = array("h", bytes(2 * AROUND))
    return array(
        "h",
        (
            max(-32768, min(32767, round(sample + random.gauss(0, HISS))))
            for sample in room + array("h", speech) + room
        ),
    )


def main() -> None:
    """Listen until nobody speaks to it any more."""
    sphinx = decoder(sys.argv[1:])
    while length := sys.stdin.buffer.read(4):
        speech = sys.stdin.buffer.read(int.from_bytes(length, "big"))
        sphinx.start_utt()
        sphinx.process_raw(in_a_room(speech).tobytes(), full_utt=True)
        sphinx.end_utt()
        best = sphinx.hyp()
        sys.stdout.write(f"{best.hypstr if best else ''}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
