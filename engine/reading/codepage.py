"""Which legacy code page turns bytes into words.

chardet is right about scripts (Cyrillic, Greek, Japanese ...), but on short lists of names it takes
German for Turkish Macintosh. So the Latin pages are compared first, by an old rule of thumb: within
a word, all the special letters belong to one language. Measured in ``docs/decisions``.
"""

import re
import unicodedata
from collections import Counter

import chardet

_WESTERN = (
    "äöüß",  # German
    "àâæçéèêëîïôùûüœÿ",  # French
    "áéíóúüñªº",  # Spanish, Italian with acutes, Irish
    "ãáâàçéêíóôúü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "äëïöüéèêáóú",  # Dutch
    "åäöéü",  # Swedish, Finnish
    "æøåéü",  # Danish, Norwegian
    "áðéíóúýþæö",  # Icelandic
    "àçèéíïòóúü·",  # Catalan
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîşţșțé",  # Romanian
    "čćđšž",  # Croatian, Slovenian, Bosnian
    "äöüß",
)
_ALPHABETS = {
    "cp1252": _WESTERN + ("áčéíšúýž",),
    "cp1250": _CENTRAL,
    "cp1254": ("çğıiöşüâî",) + _WESTERN[:1],
    "iso8859-2": _CENTRAL,
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
}
#: Code page -> letters of its languages, in the order of how common the pages are.
PAGES = {page: tuple(map(frozenset, texts)) for page, texts in _ALPHABETS.items()}
#: Signs that stand beside words in any language.
_SIGNS = frozenset("€£¥¢¤§°©®™«»„“”‘’‚–—…•·¿¡´²³½¼×¹ºª\xa0")
#: Share of coherent words from which a Latin page is believed without asking chardet.
COHERENT = 0.75
#: Each further language that is needed to explain the words makes a page less likely.
_MIXTURE, _MIXTURE_MOST = 0.015, 4
#: Share of foreign words that need no explanation.
_STRAY = 0.02
#: cp1252 is many times more common than all the others together: few words do not outweigh that.
_PRIOR, _PRIOR_OF_ONE = 0.03, 0.4
#: chardet's word counts as well.
_SECOND = 0.03

#: What Windows writes under the name of the standard. chardet's own ``prefer_superset`` makes
#: Windows-1251 of ISO 8859-5, which has other letters.
_SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "iso8859-8": "cp1255",
}  # fmt: skip

_WORD = re.compile(r"[^\s,;|<>\"'()/@&.:=+-]*[^\x00-\x7f][^\s,;|<>\"'()/@&.:=+-]*")


def guess(sample):
    """``(codec name, confidence)`` for bytes that are not UTF-8.

    :param sample: lines with bytes above 127
    """
    found = chardet.detect(sample, compat_names=False)
    found["encoding"] = _SUPERSETS.get(found["encoding"], found["encoding"])
    scores = {page: coherence(sample, page) for page in PAGES}
    count = max(1, len(_special_words(sample, "latin-1")))
    bonus = {"cp1252": _PRIOR + _PRIOR_OF_ONE / count}
    bonus[found["encoding"]] = bonus.get(found["encoding"], 0) + _SECOND
    best = max(scores, key=lambda page: scores[page] + bonus.get(page, 0))
    if scores[best] >= COHERENT or not found["encoding"] or _is_latin(sample, found["encoding"]):
        return best, round(max(scores[best] * count / (count + 1), 0.1), 3)
    return found["encoding"], round(found["confidence"], 3)


def coherence(sample, page):
    """Share of the words with special letters that some language of ``page`` could have.

    >>> coherence("Müller, Größe, Köln".encode("cp1252"), "cp1252")
    1.0
    """
    words = _special_words(sample, page)
    left = [fits for fits in (_languages(word, PAGES[page]) for word in words) if fits]
    share, needed = len(left) / max(1, len(words)), 0
    while len(left) > _STRAY * len(words):
        language, _count = Counter(fit for fits in left for fit in fits).most_common(1)[0]
        left = [fits for fits in left if language not in fits]
        needed += 1
    return share - _MIXTURE * min(max(needed - 1, 0), _MIXTURE_MOST)


def _special_words(sample, page):
    words = _WORD.findall(sample.decode(page, "replace"))
    return [word for word in words if not word.isascii()]


def _languages(word, alphabets):
    """Places of the alphabets that have all special letters of a word."""
    special = [letter for letter in word if not letter.isascii()]
    letters = {letter.lower()[0] for letter in special if letter not in _SIGNS}
    if len(letters) < len(set(special)) and _sign_inside(word) or _case_is_odd(word):
        return ()
    if "õe" in word.lower():  # Portuguese; elsewhere õ is what Hungarian ő looks like
        letters.discard("õ")
    return tuple(place for place, alphabet in enumerate(alphabets) if letters <= alphabet)


def _sign_inside(word):
    """``Wa³êsa``: a sign between letters is a letter of another page."""
    core = word.strip("".join(_SIGNS))
    return any(letter in _SIGNS - frozenset("·’\xa0") for letter in core)


def _case_is_odd(word):
    """``MØller``: a lone capital inside small letters."""
    lower = sum(letter.islower() for letter in word)
    inner = [letter for letter in word[1:] if letter.isupper() and not letter.isascii()]
    return bool(inner) and lower > 0 and not word.isupper()


def _is_latin(sample, name):
    text = sample.decode(name, "replace")
    letters = [letter for letter in text[:4000] if letter.isalpha() and not letter.isascii()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return latin > len(letters) / 2
