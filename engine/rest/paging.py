"""The kinds of paging: which parameters ask for a page, and where the next one is.

A position is plain data (it is kept between two pages): ``{"page": 3}``, ``{"offset": 200}``,
``{"cursor": "…"}``, ``{"url": "…"}``; ``None`` after the last page.
"""

from urllib.parse import urljoin

from .paths import find


def first(paging):
    """Return the position of the first page."""
    return {"page": {"page": paging.first_page}, "offset": {"offset": 0}}.get(paging.kind, {})


def parameters(paging, position, size=None):
    """Return the query parameters that ask for a position; the size is always told."""
    asked = {}
    if paging.size_parameter:
        asked[paging.size_parameter] = size or paging.size
    if paging.kind == "page":
        asked[paging.page_parameter] = position["page"]
    elif paging.kind == "offset":
        asked[paging.offset_parameter] = position["offset"]
    elif "cursor" in position:
        asked[paging.cursor_parameter] = position["cursor"]
    return asked


def following(paging, position, count, answer, content):
    """Return the position after this one, as the answer or the counting says; None: no more.

    :param count: records of this page
    :param answer: :class:`web.Answer`
    :param content: its decoded body
    """
    if paging.kind == "page":
        return {"page": position["page"] + 1} if count else None
    if paging.kind == "offset":
        return {"offset": position["offset"] + count} if count else None
    if paging.kind == "link":
        target = (answer.links or {}).get("next")
        return {"url": urljoin(answer.url, target)} if target else None
    if paging.kind == "cursor":
        return _after_cursor(paging, answer, find(content, paging.cursor_path))
    return None


def _after_cursor(paging, answer, told):
    if told in (None, "", False):
        return None
    if not paging.cursor_parameter:
        return {"url": urljoin(answer.url, str(told))}
    return {"cursor": told}
