"""What cells look like, told from others of the same shape: of a million stamps a hundred are read.

Every cell is still read for itself when it is converted; here only its column is judged.
"""

import re
from collections import Counter
from functools import lru_cache
from itertools import chain, compress, repeat

from .cells import (
    ANSWER,
    EMAIL,
    LONGEST_ANSWER,
    PLAIN,
    Look,
    look,
    look_of_address,
    look_of_figure,
    look_of_length,
    look_of_words,
)
from .dates import COUNTED_LENGTHS, find_counted

#: Different texts of one shape that must look the same before a further one is taken to.
ENOUGH = 100
#: Shapes that are remembered.
MOST_SHAPES = 2_000

_SHAPE = str.maketrans(
    "123456789bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ", "0" * 9 + "a" * 25 + "A" * 25
)
#: What a cell of several words has that is more than words: a figure, an address, JSON.
_TELLING = re.compile(r"[\d@]|^[{\[]")
#: A line with two words side by side and one figure at most: no date, which has two, no amount and
#: no phone number, whose words have figures between them.
_PROSE = re.compile(
    r"^(?![{\[])(?=.* (?<=[^\W\d_] )[^\W\d_])[^\d@\n]*+(?:\d++[^\d@\n]*+)?$", re.MULTILINE
)
#: A line that is one address and nothing else.
_EMAIL = re.compile(rf"^(?![{{\[]){EMAIL.pattern}$", re.MULTILINE)
_LOOK_OF_EMAIL = look_of_address("a@b.example")
#: The shape of an amount with cents; of a year and a month it is another.
_DECIMAL = re.compile(r"(?:0{1,3}|0{5,12})\.00?")
#: The shapes of figures that could count days or seconds, by their size.
_COUNTED = re.compile(r"(?:0{5}|0{10})(?:\.00?)?|0{13}")
#: What a column of words alone has nowhere: no figure, no address, no JSON.
_MORE_THAN_WORDS = re.compile(r"[\d@.{\[]")


class Likeness:
    """Looks at the cells of one column."""

    def __init__(self):
        #: shape -> its look once that is sure, or what looks at each text: ``03/04/2024`` and
        #: ``31/03/2024`` are of one shape
        self.shapes = {}
        self.unsure = {}  # shape -> (look, texts that had it)

    def look(self, text):
        """The :class:`~.cells.Look` of a cell without outer blanks.

        >>> Likeness().look("2024-05-06").kinds
        frozenset({'date'})
        """
        return self._look(text.translate(_SHAPE), text)

    def tally(self, texts, counts):
        """Return ``(look, first text that has it, cells)`` of the looks that cells have.

        Where the text tells nothing more than its look, it is an empty one.

        :param texts: distinct cells of one line each, without outer blanks
        :param counts: how often each of them is there
        """
        together = "\n".join(texts)
        if not _MORE_THAN_WORDS.search(together):
            return _tally_words(texts, counts)
        alike = [(_PROSE, PLAIN)] if together.count(" ") > len(texts) else []
        alike += [(_EMAIL, _LOOK_OF_EMAIL)] if "@" in together else []
        looks = {}
        for lines, one in alike:
            total = sum(counts)
            left = lines.sub("", together).split("\n")
            counts, texts = list(compress(counts, left)), list(filter(None, left))
            if one is not PLAIN and sum(counts) < total:
                looks[id(one)] = [one, "", total - sum(counts)]
            if not texts:
                return looks.values()
            together = "\n".join(texts)
        for seen, text, count in self._tell(texts, counts, together):
            if seen is not PLAIN:
                # By identity: most are shared, and each is kept, so that no other takes its place.
                known = looks.get(id(seen))
                if known is None:
                    looks[id(seen)] = [seen, text, count]
                else:
                    known[2] += count
        return looks.values()

    def _tell(self, texts, counts, together):
        """Yield ``(look, text that has it, cells)``: of a shape that is sure at once, else of each
        text; of a sure one without the text.
        """
        shapes = _shapes(texts, together)
        # Nearly all cells of a column of numbers or times are of a few shapes.
        once = len(shapes) == sum(counts)
        sizes = Counter(shapes if once else chain.from_iterable(map(repeat, shapes, counts)))
        # A figure that begins with a zero is not like the others of its shape.
        padded = set()
        if together[0] == "0" or "\n0" in together:
            padded.update(compress(shapes, [text[0] == "0" for text in texts]))
        told = set()
        for shape, size in sizes.items():
            known = self.shapes.get(shape)
            if type(known) is not Look and shape[0] == "0" and shape not in padded:
                known = _look_of_figures(shape)
                if known is None and _COUNTED.fullmatch(shape):
                    yield from _tell_counted(shape, shapes, texts, counts)
                    told.add(shape)
            if type(known) is Look:
                yield known, "", size
                told.add(shape)
        for shape, text, count in zip(shapes, texts, counts, strict=True):
            if shape not in told:
                yield self._look(shape, text), text, count

    def _look(self, shape, text):
        known = self.shapes.get(shape)
        if known is None:
            way = _find_way(shape)
            if way is None:
                return self._learn(shape, text)
            if len(self.shapes) < MOST_SHAPES:
                self.shapes[shape] = way
            known = way
        return known if type(known) is Look else known(text)

    def _learn(self, shape, text):
        seen = look(text)
        if shape not in self.unsure:
            if len(self.unsure) < MOST_SHAPES:
                self.unsure[shape] = (seen, {text})
            return seen
        first, texts = self.unsure[shape]
        texts.add(text)
        if seen != first or seen.orders or len(seen.decimals) > 1:
            self.shapes[shape] = look
        elif len(texts) >= ENOUGH:
            self.shapes[shape] = first
        if shape in self.shapes:
            del self.unsure[shape]
        return seen


def _shapes(texts, together):
    """Return the shape of each text; of all that are ASCII at once, which is twenty times as fast.

    :param together: the texts, a line each
    """
    if together.isascii():
        return together.translate(_SHAPE).split("\n")
    shapes = [None if text.isascii() else text.translate(_SHAPE) for text in texts]
    plain = iter("\n".join(filter(str.isascii, texts)).translate(_SHAPE).split("\n"))
    return [next(plain) if shape is None else shape for shape in shapes]


@lru_cache(maxsize=1_000)
def _look_of_figures(shape):
    """Return the look of all figures of a shape that do not begin with a zero; None if they are no
    figures, or it takes more than the shape.
    """
    whole, mark, __ = shape.partition(".")
    if len(whole) in COUNTED_LENGTHS and not (mark and COUNTED_LENGTHS[len(whole)] == "compact"):
        return None
    if mark:
        return look(shape.replace("0", "9")) if _DECIMAL.fullmatch(shape) else None
    return look_of_length(len(shape)) if len(shape) > 1 and not shape.strip("0") else None


def _tell_counted(shape, shapes, texts, counts):
    """Like :meth:`Likeness._tell`, of the figures of a shape that look alike but for their size."""
    whole = shape.partition(".")[0]
    first, last = find_counted(len(whole))
    counts_time = [
        same == shape and first <= text < last for same, text in zip(shapes, texts, strict=True)
    ]
    others = [same == shape and not one for same, one in zip(shapes, counts_time, strict=True)]
    for chosen in (counts_time, others):
        if any(chosen):
            text = next(compress(texts, chosen))
            yield look(text), text, sum(compress(counts, chosen))


def _find_way(shape):
    """Return the look of all texts of a shape, or what looks at each; None if it is to be learnt.

    Texts without a mark whose value counts are looked at one by one: "1" and "2", "no" and "of".
    """
    if shape.isalnum():
        if len(shape) > LONGEST_ANSWER and shape.isalpha():
            return PLAIN
        return look_of_figure if shape.isdigit() and shape.isascii() else look
    if " " in shape:
        if not _TELLING.search(shape):
            return PLAIN if len(shape) > LONGEST_ANSWER else look_of_words
        if _PROSE.match(shape):
            return PLAIN
    elif "@" in shape or "://" in shape:  # hardly two are of one shape
        return look_of_address
    return None


def _tally_words(texts, counts):
    """Like :meth:`Likeness.tally`, of cells that are words: what they could be else are answers."""
    found = [
        (text, count)
        for text, count in zip(texts, counts, strict=True)
        if len(text) <= LONGEST_ANSWER and look_of_words(text) is ANSWER
    ]
    return [(ANSWER, found[0][0], sum(count for __, count in found))] if found else []
