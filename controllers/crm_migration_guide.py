import re

from markupsafe import Markup, escape

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request
from odoo.tools import file_path

GUIDES = "crm_migration/docs/guides"
# The guides use no more of Markdown: titles, lists, paragraphs, emphasis, links to other pages of
# the repository, which are no pages of Odoo.
TITLE = re.compile(r"(#+) (.+)")
STRONG = re.compile(r"\*\*([^*]+)\*\*")
EMPHASIS = re.compile(r"\*([^*]+)\*")
LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


def to_html(text):
    """Return a guide as HTML; nothing in its text is mark-up but what is told above."""
    # A block begins after an empty line, with a title, below one, and with an entry of a list.
    lines = re.sub(r"^(#.+)$", r"\n\1\n", text, flags=re.MULTILINE)
    blocks = [block for block in re.split(r"\n\s*\n|\n(?=- )", lines) if block.strip()]
    parts = [_to_part(" ".join(block.split())) for block in blocks]
    return Markup(re.sub(r"((?:<li>.*</li>\n?)+)", r"<ul>\1</ul>", "\n".join(parts)))


def _to_part(block):
    title = TITLE.match(block)
    tag = f"h{len(title[1])}" if title else "li" if block.startswith("- ") else "p"
    content = str(escape(title[2] if title else block.removeprefix("- ")))
    content = STRONG.sub(r"<strong>\1</strong>", LINK.sub(r"\1", content))
    content = EMPHASIS.sub(r"<em>\1</em>", content)
    return f"<{tag}>{content}</{tag}>"


class CrmMigrationGuide(http.Controller):
    """Shows the guide of a source beside its migration."""

    @http.route("/crm_migration/guide/<string:code>", type="http", auth="user", methods=["GET"])
    def show(self, code):
        """Answer the guide of a profile; of another CRM where it has none."""
        if not request.env.user.has_group("crm_migration.crm_migration_group_user"):
            raise AccessError(request.env._("You may not read about migrations."))
        known = code if re.fullmatch(r"[a-z_]+", code) else "other"
        try:
            path = file_path(f"{GUIDES}/{known}.md")
        except FileNotFoundError:
            path = file_path(f"{GUIDES}/other.md")
        with open(path, encoding="utf-8") as file:
            content = to_html(file.read())
        return request.render("crm_migration.crm_migration_guide", {"content": content})
