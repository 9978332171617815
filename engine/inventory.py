"""What does not move: what a row of its list says, and what is nearest to it in Odoo."""

import re
from io import BytesIO
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Font

from .text import squeeze

# How a file is marked that lists what does not move, before the code of its kind.
LISTED = "inventory:"
# Part of a description -> words of the headers that hold it, the surest first.
PARTS = {
    "name": ("name", "title", "label", "subject", "campaign", "workflow", "automation", "rule",
             "integration", "service", "filename", "file", "bezeichnung", "titel", "nom", "nombre",
             "nome", "naam", "namn", "navn", "nazwa", "titre", "título", "titolo", "intitulé",
             "campagne", "kampagne", "campaña", "campanha", "campagna", "regel", "regla", "regola",
             "règle", "automatisierung", "automatisation", "automatización", "sujet", "betreff",
             "asunto", "oggetto", "fichier", "datei", "archivo", "bestand", "bestandsnaam",
             "segment", "url", "endpoint", "id"),
    "trigger": ("trigger", "event", "when", "starts", "auslöser", "ereignis", "wenn",
                "déclencheur", "evento", "disparador", "événement", "gatilho", "aanleiding"),
    "conditions": ("condition", "conditions", "if", "filter", "criteria", "where", "bedingung",
                   "bedingungen", "filtre", "condición", "condizione", "condição",
                   "voorwaarde", "voorwaarden"),
    "action": ("action", "actions", "then", "does", "step", "steps", "aktion", "aktionen", "dann",
               "acción", "azione", "ação", "actie", "acties", "endpoint", "url"),
}  # fmt: skip
# Trigger of an automation rule -> words of a source's trigger, the most telling first.
TRIGGERS = {
    "on_webhook": ("inbound webhook", "webhook received", "incoming webhook"),
    "on_stage_set": ("stage", "pipeline", "phase", "status changed to", "etape", "etapa"),
    "on_tag_set": ("tag", "label", "segment"),
    "on_user_set": ("owner", "assigned", "assignee", "user"),
    "on_time": ("days after", "days before", "day after", "day before", "birthday", "due date",
                "overdue", "schedule", "every", "daily", "weekly", "date", "reminder", "delay"),
    "on_archive": ("archived", "deleted", "lost"),
    "on_create": ("created", "create", "new", "added", "submitted", "signup", "signs up",
                  "erstellt", "angelegt", "neu", "créé", "creado", "nuevo"),
    "on_create_or_write": ("updated", "update", "changed", "changes", "edited", "modified", "field",
                           "score", "geändert", "modifié", "actualizado"),
}  # fmt: skip
MODELS = {
    "res.partner": ("contact", "company", "person", "customer", "subscriber", "kontakt", "firma",
                    "contacto", "client"),
    "crm.lead": ("deal", "opportunity", "lead", "stage", "pipeline", "job", "geschäft",
                 "verkaufschance", "affaire"),
}  # fmt: skip
ACTIONS = {
    "mail": ("email", "mail", "newsletter", "message"),
    "sms": ("sms", "text message"),
    "activity": ("task", "call", "reminder", "follow", "activity", "aufgabe", "tâche", "tarea"),
    "webhook": ("webhook", "http", "post to", "zapier", "api"),
    "write": ("update", "set", "field", "tag", "stage", "assign", "owner", "move"),
}
_WORD = re.compile(r"[^\W_]+")


class Description(NamedTuple):
    """:param detail: every filled cell, one per line"""

    name: str
    trigger: str
    conditions: str
    action: str
    detail: str


def describe(row, number):
    """Return the :class:`Description` of a row of a list that does not move.

    >>> describe({"Rule Name": "Hello", "Trigger": "Contact created", "Active": "yes"}, 2).trigger
    'Contact created'
    >>> describe({"Campagne": "Printemps", "Ouvertures": "120"}, 2).name
    'Printemps'
    """
    cells = {name: squeeze(text) for name, text in row.items() if text and text.strip()}
    found = {part: _find(cells, words) for part, words in PARTS.items()}
    return Description(
        name=found["name"] or f"#{number}",
        trigger=found["trigger"],
        conditions=found["conditions"],
        action=found["action"],
        detail="\n".join(f"{name}: {text}" for name, text in cells.items()),
    )


def _find(cells, words):
    """Return the cell whose header has the first of the words that any header has."""
    for word in words:
        for name, text in cells.items():
            if word in _WORD.findall(name.casefold()):
                return text
    return ""


def nearest_trigger(text):
    """Return the automation trigger of Odoo that a source's trigger is nearest to, or ``""``.

    >>> nearest_trigger("Deal moved to stage Won")
    'on_stage_set'
    >>> nearest_trigger("")
    ''
    """
    return _first(TRIGGERS, text)


def nearest_model(*texts):
    """Return the model that a source's trigger is about; deals where it does not say.

    >>> nearest_model("Contact created")
    'res.partner'
    """
    return _first(MODELS, " ".join(texts)) or "crm.lead"


def nearest_action(text):
    """Return the kind of action: ``mail``, ``sms``, ``activity``, ``webhook``, ``write`` or
    ``""``.

    >>> nearest_action("Send an email to the owner")
    'mail'
    """
    return _first(ACTIONS, text)


def _first(table, text):
    """Return the key whose words stand in a text first."""
    words = " " + " ".join(_WORD.findall(text.casefold())) + " "
    found = {}
    for key, names in table.items():
        places = [words.find(f" {name}") for name in names if f" {name}" in words]
        if places:
            found[key] = min(places)
    # An equal place is settled by the order of the table.
    return min(found, key=found.get) if found else ""


def workbook(sheets):
    """Return an XLSX file.

    :param sheets: {title: (header, rows)}
    """
    book = Workbook()
    book.remove(book.active)
    for title, (header, rows) in sheets.items():
        sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
        sheet.append(header)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append([_cell(value) for value in row])
        for column in sheet.columns:
            longest = max(len(str(cell.value or "")) for cell in column)
            sheet.column_dimensions[column[0].column_letter].width = min(60, longest + 2)
    if not book.sheetnames:
        book.create_sheet("Empty")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cell(value):
    """Return a value a sheet takes; text that looks like a formula stays text."""
    if isinstance(value, str):
        value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value)
        return f"'{value}" if value[:1] in "=+-@" and not value[1:2].isdigit() else value
    return value if value is not False else ""
