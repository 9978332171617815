"""Text as it is: repair of wrongly decoded letters, blanks, HTML."""

import html
import json
import re
from functools import lru_cache

import ftfy
from ftfy import TextFixerConfig

#: Only the decoding is repaired; quotes, widths and ligatures are the author's.
_CONFIG = TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    replace_lossy_sequences=False,
    explain=False,
)
_TAG = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|a|b|i|u|em|strong|table|tr|td|th|tbody|thead|h[1-6]|img|hr|pre|"
    r"blockquote|font|html|body|code|section)\b[^<>]*>",
    re.IGNORECASE,
)
#: Short texts repeat; long ones would only fill the memory.
_SHORT = 120
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


def repair(raw):
    """``(text, changed)``: undo UTF-8 that was once read as another encoding.

    >>> repair("MÃ¼ller"), repair("Société “Été”")
    (('Müller', True), ('Société “Été”', False))
    """
    if raw.isascii():
        return raw, False
    return _repair_short(raw) if len(raw) <= _SHORT else _repair(raw)


def _repair(raw):
    if not ftfy.badness.is_bad(raw):
        return raw, False
    fixed = ftfy.fix_text(raw, _CONFIG)
    if "\ufffd" in fixed and "\ufffd" not in raw:
        return raw, False  # letters are lost for good: better the text as it came
    return fixed, fixed != raw


_repair_short = lru_cache(maxsize=20_000)(_repair)


def squeeze(text):
    """Outer blanks off, inner blanks joined to one."""
    return " ".join(text.split())


def join_name(parts):
    """One name of its parts, empty ones left out.

    >>> join_name(["Ada", None, " Lovelace "])
    'Ada Lovelace'
    """
    return squeeze(" ".join(filter(None, parts)))


def is_html(text):
    return "<" in text and bool(_TAG.search(text))


def is_json(text):
    """Whether a text is an object or a list in JSON; figures and words alone are not meant."""
    text = text.strip()
    if text[:1] + text[-1:] not in ("{}", "[]"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def to_html(text):
    """HTML stays as it is; plain text is escaped, its paragraphs and line breaks kept.

    >>> to_html("a < b\\nc")
    '<p>a &lt; b<br/>c</p>'
    """
    text = text.strip()
    if is_html(text):
        return text
    text = html.escape(text.replace("\r\n", "\n").replace("\r", "\n"), quote=False)
    paragraphs = (part.replace("\n", "<br/>") for part in _PARAGRAPH.split(text))
    return "".join(f"<p>{part}</p>" for part in paragraphs)
