"""What cells look like, told from others of the same shape: of a million stamps a hundred are read.

Every cell is still read for itself when it is converted; here only its column is judged.
"""

import re

from .cells import LONGEST_ANSWER, PLAIN, look, look_of_address, look_of_words

#: Different texts of one shape that must look the same before a further one is taken to.
ENOUGH = 100
#: Shapes that are remembered.
MOST_SHAPES = 2_000

_SHAPE = str.maketrans(
    "123456789bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ", "0" * 9 + "a" * 25 + "A" * 25
)
#: What a cell of several words has that is more than words: a figure, an address, JSON.
_TELLING = re.compile(r"[\d@]|^[{\[]")
#: Of a shape whose texts look different, or could: ``03/04/2024`` and ``31/03/2024``.
_MIXED = object()


class Likeness:
    """Looks at the cells of one column."""

    def __init__(self):
        self.shapes = {}  # shape -> its look once that is sure, or _MIXED
        self.unsure = {}  # shape -> (look, texts that had it)

    def look(self, text):
        """The :class:`~.cells.Look` of a cell without outer blanks.

        >>> Likeness().look("2024-05-06").kinds
        frozenset({'date'})
        """
        if text.isalnum():  # figures and words, whose value counts: "1" and "2", "no" and "of"
            return PLAIN if len(text) > LONGEST_ANSWER and text.isalpha() else look(text)
        if " " in text:
            if not _TELLING.search(text):
                return look_of_words(text)
        elif "@" in text or "://" in text:  # hardly two are of one shape
            return look_of_address(text)
        shape = text.translate(_SHAPE)
        known = self.shapes.get(shape)
        if known is None:
            return self._learn(shape, text)
        return look(text) if known is _MIXED else known

    def tally(self, told):
        """Return ``(look, first text that has it, cells)`` of the looks that cells have.

        :param told: ``(text, how often)`` of each distinct cell
        """
        looks = {}
        for text, count in told:
            seen = self.look(text)
            if seen is not PLAIN:
                # By identity: most are shared, and each is kept, so that no other takes its place.
                known = looks.get(id(seen))
                if known is None:
                    looks[id(seen)] = [seen, text, count]
                else:
                    known[2] += count
        return looks.values()

    def _learn(self, shape, text):
        seen = look(text)
        if shape not in self.unsure:
            if len(self.unsure) < MOST_SHAPES:
                self.unsure[shape] = (seen, {text})
            return seen
        first, texts = self.unsure[shape]
        texts.add(text)
        if seen != first or seen.orders or len(seen.decimals) > 1:
            self.shapes[shape] = _MIXED
        elif len(texts) >= ENOUGH:
            self.shapes[shape] = first
        if shape in self.shapes:
            del self.unsure[shape]
        return seen
