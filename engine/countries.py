"""Countries: a name in any language to its ISO 3166 code."""

import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

from .exceptions import ValueProblem

#: CLDR territories that are no countries of ISO 3166.
_NO_COUNTRY = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
#: Names in use that CLDR does not list: former, official and colloquial ones, parts of a country.
_ALIASES = {
    "america": "US", "u s a": "US", "u s": "US", "estados unidos de america": "US", "eeuu": "US",
    "ee uu": "US", "united states of america": "US", "etats unis d amerique": "US",
    "vereinigte staaten von amerika": "US", "great britain": "GB", "britain": "GB",
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "u k": "GB",
    "grossbritannien": "GB", "großbritannien": "GB", "united kingdom of great britain": "GB",
    "holland": "NL", "niederlande": "NL", "czech republic": "CZ", "turkey": "TR", "viet nam": "VN",
    "russian federation": "RU", "republic of korea": "KR", "korea": "KR", "korea republic of": "KR",
    "democratic people's republic of korea": "KP", "ivory coast": "CI", "burma": "MM",
    "cape verde": "CV", "swaziland": "SZ", "macedonia": "MK", "palestine": "PS", "uae": "AE",
    "vatican": "VA", "holy see": "VA", "republic of ireland": "IE", "eire": "IE",
    "people's republic of china": "CN", "pr china": "CN", "taiwan province of china": "TW",
    "iran islamic republic of": "IR", "moldova republic of": "MD", "bosnia": "BA",
    "syrian arab republic": "SY", "lao people's democratic republic": "LA",
    "brunei darussalam": "BN",
    "tanzania united republic of": "TZ", "venezuela bolivarian republic of": "VE",
    "bolivia plurinational state of": "BO", "kongo": "CG", "congo": "CG", "east timor": "TL",
    "republic of congo": "CG", "democratic republic of the congo": "CD", "dr congo": "CD",
    "suisse": "CH", "schweiz": "CH", "svizzera": "CH", "republica dominicana": "DO",
}  # fmt: skip
#: Languages most exports are in: tried first.
_USUAL = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "hu", "ro", "sv", "da", "nb", "fi",
    "ru", "uk", "el", "tr", "ja", "zh", "ko",
)  # fmt: skip
#: A name that many languages give one country, and few another, means the former.
_CLEAR = 0.9


@lru_cache(maxsize=20_000)
def code_of(raw):
    """ISO code of a country.

    :raise ValueProblem: ``unknown_country``

    >>> code_of("Deutschland"), code_of("FRANCE"), code_of("The Netherlands"), code_of("日本")
    ('DE', 'FR', 'NL', 'JP')
    """
    key = _key(raw)
    code = key.upper()
    if len(code) == 2 and code in _codes():
        return code
    for name in (key, key.removeprefix("the ")):
        found = _ALIASES.get(name) or _names(_USUAL).get(name) or _alternative(name)
        if found:
            return found
    # All languages of CLDR take a second and 150 MB: only for a name that none of the usual has.
    found = _names(None).get(key)
    if found:
        return found
    raise ValueProblem("unknown_country", value=raw)


def is_country(text):
    """Whether a text names a country in one of the usual languages, or by its code."""
    key = _key(text)
    if len(key) == 2:
        return key.upper() in _codes()
    names = (key, key.removeprefix("the "))
    return any(_ALIASES.get(n) or _names(_USUAL).get(n) or _alternative(n) for n in names)


def _key(text):
    """Case, accents of Latin letters, points and outer blanks do not matter."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in text if not "\u0300" <= letter <= "\u036f")
    text = text.replace("’", "'").replace(".", " ").replace(",", " ").replace("-", " ")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _alternative(name):
    """Three-letter and former codes: ``DEU``, ``UK``."""
    codes = get_global("territory_aliases").get(name.upper(), ())
    return codes[0] if len(codes) == 1 and codes[0] in _codes() else None


@lru_cache(maxsize=1)
def _codes():
    letters = {code for code in Locale.parse("en").territories if len(code) == 2 and code.isalpha()}
    return frozenset(letters - _NO_COUNTRY)


@lru_cache(maxsize=2)
def _names(languages):
    """Names in these languages, or in all of CLDR; unclear ones are left out."""
    found = defaultdict(Counter)
    for identifier in languages or locale_identifiers():
        if "_" not in identifier:
            for code, name in Locale.parse(identifier).territories.items():
                if code in _codes():
                    found[_key(name)][code] += 1
    clear = {}
    for name, codes in found.items():
        code, count = codes.most_common(1)[0]
        if count >= _CLEAR * codes.total():
            clear[name] = code
    return clear
