"""What cells look like, told from others of the same shape: of a million stamps a hundred are read.

Every cell is still read for itself when it is converted; here only its column is judged.
"""

import re
from collections import Counter
from itertools import chain, repeat

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
from .dates import COUNTED_LENGTHS

#: Different texts of one shape that must look the same before a further one is taken to.
ENOUGH = 100
#: Shapes that are remembered.
MOST_SHAPES = 2_000

_SHAPE = str.maketrans(
    "123456789bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ", "0" * 9 + "a" * 25 + "A" * 25
)
#: What a cell of several words has that is more than words: a figure, an address, JSON.
_TELLING = re.compile(r"[\d@]|^[{\[]")
#: A line of several words with one figure at most: no date, which has two, no amount and no phone
#: number, which have at most two words.
_PROSE = re.compile(
    r"^(?![{\[])(?=[^\d@\n]*\d*[^\d@\n]*$)(?:.*?(?<!\S)[^\W\d_][^\s\d]*(?!\S)){3}.*$",
    re.MULTILINE,
)
#: A line that is one address and nothing else.
_EMAIL = re.compile(rf"^(?![{{\[]){EMAIL.pattern}$", re.MULTILINE)
_LOOK_OF_EMAIL = look_of_address("a@b.example")
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
            counts = [count for count, text in zip(counts, left, strict=True) if text]
            texts = list(filter(None, left))
            if one is not PLAIN and sum(counts) < total:
                looks[id(one)] = [one, "", total - sum(counts)]
            if not texts:
                return looks.values()
            together = "\n".join(texts)
        shapes = _shapes(texts, together)
        # Nearly all cells of a column of numbers or times are of a few shapes.
        once = len(shapes) == sum(counts)
        sizes = Counter(shapes if once else chain.from_iterable(map(repeat, shapes, counts)))
        sure = {shape: self.shapes.get(shape) for shape in sizes}
        if together[0] != "0" and "\n0" not in together:
            sure |= {shape: look_of_length(len(shape)) for shape in filter(_is_code, sizes)}
        sure = {shape: look for shape, look in sure.items() if type(look) is Look}
        rest = [place for place, shape in enumerate(shapes) if shape not in sure]
        told = chain(
            ((look, "", sizes[shape]) for shape, look in sure.items()),
            (
                (self._look(shapes[place], texts[place]), texts[place], counts[place])
                for place in rest
            ),
        )
        for seen, text, count in told:
            if seen is not PLAIN:
                # By identity: most are shared, and each is kept, so that no other takes its place.
                known = looks.get(id(seen))
                if known is None:
                    looks[id(seen)] = [seen, text, count]
                else:
                    known[2] += count
        return looks.values()

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


def _is_code(shape):
    """Whether figures of a shape look alike if none begins with a zero."""
    return shape.isdigit() and shape.isascii() and 1 < len(shape) not in COUNTED_LENGTHS


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
