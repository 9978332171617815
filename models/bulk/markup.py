"""Markup that Odoo's sanitiser leaves as it is, known without asking it."""

import re

# Paragraphs and lists without attributes, of text and line breaks: nothing to remove, nothing to
# quote. An empty item of a list would lose its end.
_PIECE = r"(?:[^<>&]|<br/?>|&(?:amp|lt|gt);)"
_BLOCKS = re.compile(rf"(?:<p>{_PIECE}*</p>|<(ul|ol)>(?:<li>{_PIECE}+</li>)+</\1>)+")


def clean(text):
    """Return what ``html_sanitize`` makes of a text, or None where it has to be asked.

    Only printable characters: it writes others, and no-break spaces, in its own way. Nor what it
    takes for the sign of a signature.

    >>> clean("<p>a<br/>b</p>"), clean("plain"), clean("<b>x</b>")
    ('<p>a<br>b</p>', '<span>plain</span>', None)
    >>> clean("<ul><li>a &amp; b</li></ul>"), clean("<ul><li></li></ul>")
    ('<ul><li>a &amp; b</li></ul>', None)
    """
    if not text.isprintable() or "--" in text:
        return None
    if not any(letter in text for letter in "<>&"):
        return f"<span>{text}</span>" if text and text == text.strip() else None
    return text.replace("<br/>", "<br>") if _BLOCKS.fullmatch(text) else None
