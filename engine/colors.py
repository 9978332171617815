"""Colours of tags: any way of writing one into the dozen that Odoo's tags have."""

import re

from .headers import fold

# Odoo's palette of tags, web/static/src/scss/secondary_variables.scss ($o-colors), seen 2026-11.
PALETTE = {
    1: (0xEE, 0x2D, 0x2D),
    2: (0xDC, 0x85, 0x34),
    3: (0xE8, 0xBB, 0x1D),
    4: (0x57, 0x94, 0xDD),
    5: (0x9F, 0x62, 0x8F),
    6: (0xDB, 0x88, 0x65),
    7: (0x41, 0xA9, 0xA2),
    8: (0x30, 0x4B, 0xE0),
    9: (0xEE, 0x2F, 0x8A),
    10: (0x61, 0xC3, 0x6E),
    11: (0x98, 0x72, 0xE6),
}
NAMES = {
    "red": 1, "rot": 1, "rouge": 1, "rojo": 1, "rosso": 1, "orange": 2, "naranja": 2,
    "arancione": 2, "yellow": 3, "gelb": 3, "jaune": 3, "amarillo": 3, "giallo": 3, "gold": 3,
    "light blue": 4, "sky": 4, "cyan": 4, "hellblau": 4, "azul claro": 4, "brown": 6, "braun": 6,
    "marron": 6, "salmon": 6, "teal": 7, "turquoise": 7, "turkis": 7, "blue": 8, "blau": 8,
    "bleu": 8, "azul": 8, "blu": 8, "navy": 8, "dark blue": 8, "pink": 9, "rosa": 9, "rose": 9,
    "magenta": 9, "fuchsia": 9, "green": 10, "grun": 10, "vert": 10, "verde": 10, "lime": 10,
    "purple": 11, "violet": 11, "lila": 11, "violett": 11, "morado": 11, "viola": 11, "grey": 0,
    "gray": 0, "grau": 0, "gris": 0, "grigio": 0, "white": 0, "weiss": 0, "none": 0, "black": 0,
    "schwarz": 0, "noir": 0,
}  # fmt: skip
HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")
RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,[^)]*)?\)")
# Of less difference between its lightest and darkest part, a colour is a grey: no colour in Odoo.
GREY = 24


def nearest(text):
    """Return Odoo's number of the nearest colour, 0 for greys, None if the text is no colour.

    >>> nearest("#00aa00"), nearest("Rot"), nearest("rgb(40, 60, 230)"), nearest("#ccc")
    (10, 1, 8, 0)
    >>> nearest("7"), nearest("mauve-ish")
    (7, None)
    """
    raw = " ".join(fold(text).split())
    if raw in NAMES:
        return NAMES[raw]
    if raw.isdigit() and len(raw) < 3:
        return int(raw) if int(raw) <= max(PALETTE) else None
    rgb = _read(raw)
    if rgb is None:
        return None
    if max(rgb) - min(rgb) < GREY:
        return 0
    return min(PALETTE, key=lambda number: _distance(PALETTE[number], rgb))


def _read(raw):
    found = HEX.fullmatch(raw)
    if found:
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return tuple(int(digits[n : n + 2], 16) for n in (0, 2, 4))
    found = RGB.fullmatch(raw)
    return tuple(min(int(part), 255) for part in found.groups()) if found else None


def _distance(one, other):
    """Weighted by what the eye sees: a common approximation, good enough for eleven colours."""
    red = (one[0] + other[0]) / 2
    parts = [(a - b) ** 2 for a, b in zip(one, other, strict=True)]
    weights = (2 + red / 256, 4, 2 + (255 - red) / 256)
    return sum(part * weight for part, weight in zip(parts, weights, strict=True))
