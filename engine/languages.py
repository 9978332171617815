"""Languages: a name in any usual language, or a code, to its ISO 639 code."""

import re
from collections import defaultdict
from functools import lru_cache

from babel import Locale

from .countries import _USUAL as USUAL
from .exceptions import ValueProblem

_CODE = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", re.IGNORECASE)
#: Names in use that CLDR has in another form.
_ALIASES = {"mandarin": "zh", "farsi": "fa", "castellano": "es", "flemish": "nl", "tagalog": "tl"}


@lru_cache(maxsize=20_000)
def code_of(raw):
    """``(language, territory or "")`` of a language.

    :raise ValueProblem: ``unknown_value``

    >>> code_of("Deutsch"), code_of("pt-BR"), code_of("French (Canada)"), code_of("英語")
    (('de', ''), ('pt', 'BR'), ('fr', 'CA'), ('en', ''))
    """
    text = raw.strip()
    match = _CODE.fullmatch(text)
    if match and match[1].lower() in _codes():
        return match[1].lower(), (match[3] or "").upper()
    name, __, place = text.partition("(")
    found = _names().get(_key(name)) or _ALIASES.get(_key(name))
    if not found:
        raise ValueProblem("unknown_value", value=raw)
    if place:
        return found, _territory(place.strip(" )"), raw)
    return found, ""


def is_language(text):
    """Whether a text names a language."""
    try:
        return bool(code_of(text))
    except ValueProblem:
        return False


def _territory(name, raw):
    from .countries import code_of as country_of

    try:
        return country_of(name)
    except ValueProblem as problem:
        raise ValueProblem("unknown_value", value=raw) from problem


def _key(text):
    return " ".join(text.casefold().split())


@lru_cache(maxsize=1)
def _codes():
    return frozenset(code for code in Locale.parse("en").languages if code.isalpha())


@lru_cache(maxsize=1)
def _names():
    """Names in the usual languages; a name of two languages is left out."""
    found = defaultdict(set)
    for identifier in USUAL:
        for code, name in Locale.parse(identifier).languages.items():
            if code.isalpha() and len(code) <= 3:
                found[_key(name)].add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
