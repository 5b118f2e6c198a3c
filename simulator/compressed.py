"""How long a compressed sound is, as far as 46elks plays its kind: MP3 and Ogg Vorbis, but not Opus.

46elks: voice-play. Neither is decoded here: that takes a library which nothing else needs.
"""

from typing import Final

# Kilobits a second by the four bits of a frame's header; the first and the last say something else.
_BITRATES: Final = {
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_LAYER_3: Final = 1
_ID3_HEADER: Final = 10
_FRAME_HEADER: Final = 4
# Where one frame follows another it is no accident that the bytes look like one.
_FRAMES_TO_BELIEVE: Final = 2
_PAGE_HEADER: Final = 27
_VORBIS: Final = b"\x01vorbis"
_NO_POSITION: Final = -1


def seconds_of_mp3(content: bytes) -> float | None:
    """Return the length of an MP3 file, or None where it is none."""
    position = 0
    if content[:3] == b"ID3" and len(content) > _ID3_HEADER:
        size = content[6] << 21 | content[7] << 14 | content[8] << 7 | content[9]
        position = _ID3_HEADER + size
    frames, seconds = 0, 0.0
    while (frame := _frame(content[position : position + _FRAME_HEADER])) is not None:
        length, duration = frame
        position += length
        if position > len(content):
            break
        frames += 1
        seconds += duration
    return seconds if frames >= _FRAMES_TO_BELIEVE else None


def _frame(header: bytes) -> tuple[int, float] | None:
    """Return how many bytes and seconds a frame has."""
    if len(header) < _FRAME_HEADER or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bits, rates = header[2] >> 4, header[2] >> 2 & 3
    if layer != _LAYER_3 or version not in _RATES or bits in {0, 15} or rates == 3:
        return None
    first = version == 3
    rate = _RATES[version][rates]
    bitrate = _BITRATES[1 if first else 2][bits - 1] * 1_000
    samples = 1_152 if first else 576
    padding = header[2] >> 1 & 1
    return samples // 8 * bitrate // rate + padding, samples / rate


def seconds_of_vorbis(content: bytes) -> float | None:
    """Return the length of an Ogg Vorbis file, or None where it is none."""
    position, rate, last = 0, 0, 0
    while content[position : position + 4] == b"OggS":
        header = content[position : position + _PAGE_HEADER]
        if len(header) < _PAGE_HEADER:
            break
        sizes = content[position + _PAGE_HEADER : position + _PAGE_HEADER + header[26]]
        body = position + _PAGE_HEADER + header[26]
        if position == 0:
            if content[body : body + len(_VORBIS)] != _VORBIS:
                return None
            rate = int.from_bytes(content[body + 12 : body + 16], "little")
        granule = int.from_bytes(header[6:14], "little", signed=True)
        last = last if granule == _NO_POSITION else granule
        position = body + sum(sizes)
    return last / rate if rate and last > 0 else None
