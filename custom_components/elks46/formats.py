"""What a file of sound is and how long it lasts, told by its bytes, and what 46elks plays of it.

46elks plays WAV, MP3 and OGG Vorbis (46elks: call-actions, `play`). Names and content types
say what somebody wrote down, so nothing here asks for them. It blocks, for minutes of sound
some tenths of a second, so it is for the executor.
"""

from struct import error as StructError, pack, unpack_from
from typing import Final

from .records import Audio

WAV: Final = "audio/wav"
MP3: Final = "audio/mpeg"
OGG: Final = "audio/ogg"

# What a telephone line carries, and what 46elks' own recordings have: more would only be
# more to fetch from a home before the first word is heard.
SAMPLE_RATE: Final = 8000
SAMPLE_BYTES: Final = 2

# Plain ones, which every player has; others are converted.
_RATES: Final = range(8000, 48_001)
_HEADER: Final = "<4sI4s4sIHHIIHH4sI"
_HEADER_BYTES: Final = 44
_PCM: Final = 1
_EXTENSIBLE: Final = 0xFFFE

# Kilobits a second by the number in a frame's header (ISO 11172-3, ISO 13818-3, layer III).
_KILOBITS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_LOW: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES: Final = {
    0b11: (44_100, 48_000, 32_000),
    0b10: (22_050, 24_000, 16_000),
    0b00: (11_025, 12_000, 8000),
}
_LAYER_III: Final = 0b01
# The longest frame, which may be cut short at the end of a file.
_FRAME_BYTES_AT_MOST: Final = 1441
# What may follow the last frame: words about the music.
_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")

# How ffmpeg calls what begins like this, after so many bytes. It is told, and does not
# guess: among what it would guess are lists that name further files.
_CONTAINERS: Final = (
    (0, b"RIFF", "wav"),
    (0, b"RF64", "wav"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (4, b"ftyp", "mov"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"FORM", "aiff"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
    (0, b"caff", "caf"),
    (0, b"#!AMR", "amr"),
    (0, b"0&\xb2u", "asf"),
    (0, b".snd", "au"),
)


def playable(content: bytes) -> Audio | None:
    """Return what 46elks plays as it is, None for all else."""
    try:
        return _wav(content) or _mp3(content) or _vorbis(content)
    except StructError:
        # It breaks off within a header.
        return None


def container(content: bytes) -> str | None:
    """Return how ffmpeg calls the kind of file this is, None for what is no sound."""
    start = _after_tag(content)
    for offset, beginning, name in _CONTAINERS:
        if content.startswith(beginning, start + offset):
            return name
    head = content[start : start + 2]
    is_mpeg = len(head) == 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return "mp3" if start or is_mpeg else None


def wav(
    samples: bytes,
    *,
    rate: int = SAMPLE_RATE,
    channels: int = 1,
    width: int = SAMPLE_BYTES,
) -> Audio:
    """Return samples as a file whose header tells the truth."""
    block = channels * width
    samples = samples[: len(samples) // block * block]
    header = pack(
        _HEADER,
        *(b"RIFF", _HEADER_BYTES - 8 + len(samples), b"WAVE"),
        *(b"fmt ", 16, _PCM, channels, rate, rate * block, block, width * 8),
        *(b"data", len(samples)),
    )
    return Audio(
        content=header + samples,
        mime_type=WAV,
        duration=len(samples) / (rate * block),
    )


def silence(seconds: float) -> Audio:
    """Return a file of no sound."""
    return wav(bytes(round(seconds * SAMPLE_RATE) * SAMPLE_BYTES))


def after_silence(audio: Audio, seconds: float) -> tuple[Audio, ...]:
    """Return what to play so that a sound begins after a silence.

    It is one file where the silence can be put into it, else two to play one after the other.
    """
    if audio.mime_type != WAV:
        return silence(seconds), audio
    fields = unpack_from(_HEADER, audio.content)
    channels, rate, width = fields[6], fields[7], fields[10] // 8
    still = bytes([_still(width)]) * (round(seconds * rate) * channels * width)
    samples = audio.content[_HEADER_BYTES:]
    return (wav(still + samples, rate=rate, channels=channels, width=width),)


def is_empty(audio: Audio) -> bool:
    """Tell whether nothing can be heard: no length, or in a WAV nothing but stillness."""
    if audio.mime_type != WAV:
        return not audio.duration
    *_, bits, _, _ = unpack_from(_HEADER, audio.content)
    return not audio.content[_HEADER_BYTES:].strip(bytes([_still(bits // 8)]))


def _still(width: int) -> int:
    """Return what bytes of stillness are: samples of one byte have no sign."""
    return 0x80 if width == 1 else 0


def _wav(content: bytes) -> Audio | None:
    """Return plain samples with a true header.

    Who makes a WAV while it plays, as text-to-speech does, does not know its length yet and
    writes 0 or the largest number there is: what follows is what counts.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    (said,) = unpack_from("<I", content, 4)
    is_honest = said + 8 == len(content)
    form: tuple[int, int, int] | None = None
    position = 12
    while position + 8 <= len(content):
        name, size = unpack_from("<4sI", content, position)
        position += 8
        if name == b"fmt ":
            form = _form(content, position, size)
        if name == b"data":
            if form is None:
                return None
            rate, channels, width = form
            end = position + size if size or is_honest else len(content)
            return wav(content[position:end], rate=rate, channels=channels, width=width)
        # Of odd lengths there is a byte more.
        position += size + size % 2
    return None


def _form(content: bytes, position: int, size: int) -> tuple[int, int, int] | None:
    """Return rate, channels and bytes a sample of plain samples, None for others."""
    code, channels, rate, _, _, bits = unpack_from("<HHIIHH", content, position)
    if code == _EXTENSIBLE and size >= 26:
        (code,) = unpack_from("<H", content, position + 24)
    is_plain = code == _PCM and channels in (1, 2) and bits in (8, 16)
    return (rate, channels, bits // 8) if is_plain and rate in _RATES else None


def _mp3(content: bytes) -> Audio | None:
    """Return frames of layer III and how long they last, each counted: headers only guess."""
    position, duration, count = _after_tag(content), 0.0, 0
    while frame := _frame(content, position):
        length, seconds = frame
        position, duration, count = position + length, duration + seconds, count + 1
    rest = len(content) - position
    is_whole = rest < _FRAME_BYTES_AT_MOST or content.startswith(_TAGS, position)
    # One alone may be chance.
    if count < 2 or not is_whole:
        return None
    return Audio(content=content, mime_type=MP3, duration=duration)


def _frame(content: bytes, position: int) -> tuple[int, float] | None:
    """Return the bytes and seconds of the whole frame that stands here, if one does."""
    if position + 4 > len(content):
        return None
    (bits,) = unpack_from(">I", content, position)
    version, layer = bits >> 19 & 0b11, bits >> 17 & 0b11
    kilobits, rate = bits >> 12 & 0b1111, bits >> 10 & 0b11
    if (
        bits >> 21 != 0x7FF
        or layer != _LAYER_III
        or version not in _MP3_RATES
        or kilobits in (0, 15)
        or rate == 0b11
    ):
        return None
    is_low = version != 0b11
    samples = 576 if is_low else 1152
    speed = (_KILOBITS_LOW if is_low else _KILOBITS)[kilobits] * 1000
    hertz = _MP3_RATES[version][rate]
    length = samples // 8 * speed // hertz + (bits >> 9 & 1)
    if position + length > len(content):
        return None
    return length, samples / hertz


def _after_tag(content: bytes) -> int:
    """Return where the sound begins after words about it, which have seven bits a byte of length."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    length = 0
    for byte in content[6:10]:
        length = length << 7 | byte & 0x7F
    has_footer = content[5] & 0x10
    return length + (20 if has_footer else 10)


def _vorbis(content: bytes) -> Audio | None:
    """Return one stream of Vorbis in OGG; its pages count the samples."""
    if content[28:35] != b"\x01vorbis":
        return None
    (rate,) = unpack_from("<I", content, 40)
    (stream,) = unpack_from("<I", content, 14)
    position, samples = 0, 0
    while content.startswith(b"OggS", position) and position + 27 <= len(content):
        granule, serial, parts = unpack_from("<qI8xB", content, position + 6)
        if serial != stream:
            return None
        sizes = content[position + 27 : position + 27 + parts]
        position += 27 + parts + sum(sizes)
        if position > len(content):
            break
        samples = max(samples, granule)
    if not rate:
        return None
    return Audio(content=content, mime_type=OGG, duration=samples / rate)
