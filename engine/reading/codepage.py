"""Which legacy code page turns bytes into words.

chardet is right about scripts (Cyrillic, Greek, Japanese ...), but on short lists of names it takes
German for Turkish Macintosh. So its order of the Latin pages is weighed with an old rule of thumb:
within a word, all the special letters belong to one language. Measured in ``docs/decisions``.
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
    "äõöüšž",  # Estonian
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
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")
_VIETNAMESE = ("ăâđêôơưàáãèéêìíòóõùúý\u0300\u0301\u0303\u0309\u0323",)
_ALPHABETS = {
    "cp1252": _WESTERN + ("áčéíšúýž",),
    "cp1250": _CENTRAL,
    "cp1254": ("çğıiöşüâî",) + _WESTERN[:1],
    "iso8859-2": _CENTRAL,
    "cp1257": _BALTIC + _CENTRAL[:1],
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
    "mac_latin2": _CENTRAL,
    "cp437": _WESTERN,
    "cp775": _BALTIC,
    "cp1258": _VIETNAMESE,
    "iso8859-15": _WESTERN,
    "iso8859-13": _BALTIC + _CENTRAL[:1],
    "iso8859-16": ("ăâîșțé",) + _CENTRAL,
    "iso8859-4": _BALTIC,
    "iso8859-10": _BALTIC + _WESTERN[6:8],
    "iso8859-3": ("ċġħż", "ĉĝĥĵŝŭ"),
}
#: Code page -> letters of its languages, in the order of how common the pages are.
PAGES = {page: tuple(map(frozenset, texts)) for page, texts in _ALPHABETS.items()}
#: Signs that stand beside words in any language.
_SIGNS = frozenset("€£¥¢¤§°©®™«»„“”‘’‚–—…•·¿¡´²³½¼×¹ºª\xa0")
#: Share of coherent words from which a Latin page is believed where chardet sees another script.
COHERENT = 0.75
#: Each further language that is needed to explain the words makes a page less likely.
_MIXTURE, _MIXTURE_MOST = 0.015, 4
#: Share of foreign words that need no explanation.
_STRAY = 0.02
#: What chardet's order of the pages weighs against the words, from the confidence on that it has in
#: running text; below, it knows less.
_ORDER, _READABLE = 0.6, 0.15
#: cp1252 is many times more common than all the others together: few words do not outweigh that.
_PRIOR, _PRIOR_OF_ONE = 0.03, 0.27
#: Two pages less than a word apart: one is taken, and it is not sure.
_CLOSE = 0.6
#: So many words that make sense in cp1252 are hardly those of another page.
_SEVERAL = 6
#: Below this chardet has seen nothing it knows.
_NOTHING = 0.05
#: Added to its confidence in a script, which is a measure and no share of right answers.
_NEVER_WRONG, _MOST_SURE = 0.55, 0.95

#: What Windows writes under the name of the standard. chardet's own ``prefer_superset`` makes
#: Windows-1251 of ISO 8859-5, which has other letters.
_SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "iso8859-8": "cp1255", "mac-roman": "mac_roman", "cp858": "cp850",
    "mac-latin2": "mac_latin2",
}  # fmt: skip

#: Lead bytes of the characters that are in daily use; the rest of a set is rare.
_DAILY = {
    "cp932": (0x81, 0x98), "gb18030": (0xA1, 0xD8), "big5": (0xA1, 0xC7), "cp949": (0xA1, 0xC9),
    "euc_jp": (0xA1, 0xD0),
}  # fmt: skip
#: Share of daily characters that speaks for an Asian set, and the least number of them.
_DAILY_SHARE, _FEW_CHARACTERS = 0.95, 8

_WORD = re.compile(r"[^\s,;|<>\"'()/@&.:=+-]*[^\x00-\x7f][^\s,;|<>\"'()/@&.:=+-]*")


def guess(sample):
    """``(codec name, confidence)`` for bytes that are not UTF-8.

    :param sample: lines with bytes above 127
    """
    found = chardet.detect_all(sample, compat_names=False, ignore_threshold=True)
    name, sure = _codec(found[0]["encoding"]), found[0]["confidence"]
    scores, words = _latin_scores(sample, found)
    best = max(scores, key=scores.get)
    if sure < _NOTHING and words[best] < COHERENT and (asian := _asian(sample)):
        return asian, 0.5
    if words[best] >= COHERENT or _is_latin(sample, name):
        return _with_euro(sample, best), _confidence(sample, best, scores, words)
    if name == "gb18030" and _daily(sample, "euc_jp") >= _DAILY_SHARE:
        return "euc_jp", 0.8  # chardet does not weigh the two against each other
    if sure >= _NOTHING:  # its figures are low even where it is always right
        sure = min(_MOST_SURE, sure + _NEVER_WRONG)
    return name, round(sure, 3)


def _latin_scores(sample, found):
    """What words say of each Latin page, with chardet's order; and the words alone."""
    order = {}
    for one in found:
        page = _codec(one["encoding"])
        order[page] = max(order.get(page, 0), one["confidence"])
    most = max(order.values()) or 1
    weight = _ORDER * min(1, most / _READABLE)
    words = {page: coherence(sample, page) for page in PAGES}
    scores = {page: words[page] + weight * order.get(page, 0) / most for page in PAGES}
    scores["cp1252"] += _PRIOR + _PRIOR_OF_ONE / max(1, len(_special_words(sample, "latin-1")))
    return scores, words


def _confidence(sample, best, scores, words):
    """Few words are not sure, nor is a page that another one comes close to."""
    count = max(1, len(_special_words(sample, "latin-1")))
    sure = max(words.get(best, 0.5) * count / (count + 1), 0.1)
    text, top = sample.decode(best, "replace"), max(scores.values())
    rivals = [page for page, score in scores.items() if (top - score) * count < _CLOSE]
    usual = best == "cp1252" and count >= _SEVERAL
    if not usual and any(sample.decode(page, "replace") != text for page in rivals):
        sure = min(sure, 0.55)
    return round(sure, 3)


def _asian(sample):
    """The Asian set of whose daily characters a sample consists, if any."""
    shares = {name: _daily(sample, name) for name in _DAILY}
    best = max(shares, key=shares.get)
    return best if shares[best] >= _DAILY_SHARE else None


def _daily(sample, name):
    """Share of the characters that are in daily use; 0 where it does not decode, or is short."""
    try:
        letters = [one for one in sample.decode(name)[:4000] if not one.isascii()]
    except UnicodeDecodeError:
        return 0
    if len(letters) < _FEW_CHARACTERS:
        return 0
    low, high = _DAILY[name]
    return sum(low <= one.encode(name)[0] < high for one in letters) / len(letters)


def _codec(name):
    return _SUPERSETS.get(name, name) or "cp1252"


def _with_euro(sample, page):
    """Nobody writes the currency sign that ISO 8859-15 has made the euro."""
    windows = any(0x80 <= byte < 0xA0 for byte in sample)
    return "iso8859-15" if page == "cp1252" and b"\xa4" in sample and not windows else page


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
