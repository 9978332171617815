"""Pictures that a text shows and that lie beside it, in the export's folder of documents."""

import base64
import mimetypes
import re

# The source of a picture: in quotes, or without.
_SOURCE = re.compile(r"""(<img\b[^>]*?\bsrc\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.I)


def names(markup):
    """Return what the pictures of a text name that comes from neither the web nor the text itself.

    >>> names('<img src="cid:logo@x"> <img src="files/a.png"> <img src="https://x.example/b.png">')
    ['cid:logo@x', 'files/a.png']
    """
    text = str(markup or "")
    if "<img" not in text.lower():
        return []
    found = (match[2] or match[3] or match[4] or "" for match in _SOURCE.finditer(text))
    return list(dict.fromkeys(name for name in found if _is_beside(name)))


def _is_beside(name):
    scheme, colon, __ = name.partition(":")
    return bool(name) and not name.startswith("/") and (not colon or scheme.lower() == "cid")


def file_of(name):
    """Return the path that a picture's name means: a content ID is a file name, with a domain.

    >>> file_of("cid:logo.png@01D7"), file_of("files/a.png")
    ('logo.png', 'files/a.png')
    """
    if name.lower().startswith("cid:"):
        return name[4:].partition("@")[0]
    return name


def embed(markup, contents):
    """Return a text with its pictures inside it.

    :param contents: name as :func:`names` has it -> bytes
    """

    def put(match):
        name = match[2] or match[3] or match[4] or ""
        if name not in contents:
            return match[0]
        kind = mimetypes.guess_type(file_of(name))[0] or "image/png"
        data = base64.b64encode(contents[name]).decode()
        return f'{match[1]}"data:{kind};base64,{data}"'

    return _SOURCE.sub(put, str(markup))
