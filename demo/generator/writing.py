"""Typed values to files: how cells are spelled, and CSV, XLSX and ZIP around them."""

import csv
import io
import random
import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from .headers import FILES, choose
from .records import KINDS, NOW, Raw

_DATES = {
    "iso": "%Y-%m-%d",
    "us": "%m/%d/%Y",
    "eu": "%d.%m.%Y",
    "eu-slash": "%d/%m/%Y",
    "long": "%d %B %Y",
}
_STAMPS = {
    "iso-z": "%Y-%m-%dT%H:%M:%SZ",
    "iso-offset": "%Y-%m-%dT%H:%M:%S%z",
    "iso": "%Y-%m-%d %H:%M:%S",
    "us-12h": "%m/%d/%Y %I:%M %p",
    "eu": "%d.%m.%Y %H:%M",
}
_MONEY = {"plain": "{}", "grouped": "{}", "sign": "€ {}", "code": "{} EUR"}
#: Forms that show no seconds: what arrives is exact to the minute.
TO_THE_MINUTE = ("us-12h", "eu")
_WORDS = {
    "en": {
        "kind": {kind: kind.capitalize() for kind in KINDS},
        "status": {"open": "open", "won": "won", "lost": "lost"},
        "related": {"contact": "Contact", "company": "Company", "deal": "Deal"},
    },
    "de": {
        "kind": {
            "call": "Anruf", "email": "E-Mail", "note": "Notiz", "meeting": "Besprechung",
            "task": "Aufgabe",
        },
        "status": {"open": "Offen", "won": "Gewonnen", "lost": "Verloren"},
        "related": {"contact": "Kontakt", "company": "Firma", "deal": "Verkaufschance"},
    },
}  # fmt: skip
#: Share of the cells of a date column in another form, where date forms are mixed.
_MIXED = 0.15
_EPOCH = (2025, 7, 1, 0, 0, 0)
DAY_ONE = date(1899, 12, 30)


class Speller:
    """Spells the values of one export as its settings say."""

    def __init__(self, export):
        self.settings = export.settings
        self.owners = {owner["id"]: owner for owner in export.owners}
        self.words = _WORDS[self.settings.words]
        self.yes, self.no = self.settings.boolean.split("/")
        self.zone = ZoneInfo(self.settings.zone)
        self.rng = random.Random(f"{self.settings.seed}:spelling")

    def spell(self, value, kind):
        """The cell of a value: text, or a typed value in a typed workbook."""
        if isinstance(value, Raw) or value is None or value == "" or value == []:
            return str(value) if isinstance(value, Raw) else ""
        return getattr(self, f"_{kind}")(value)

    def _text(self, value):
        return str(value)

    def _id(self, value):
        typed = self.settings.typed and value.isdigit() and not value.startswith("0")
        return int(value) if typed else value

    def _integer(self, value):
        return value if self.settings.typed else str(value)

    def _number(self, value):
        return value if self.settings.typed else self._plain(value, grouped=False)

    def _money(self, value):
        if self.settings.typed:
            return value
        text = self._plain(value, grouped=self.settings.money != "plain")
        return _MONEY[self.settings.money].format(text)

    def _plain(self, value, grouped):
        text = f"{value:,.2f}" if grouped else f"{value:.2f}"
        return text.translate(str.maketrans(",.", ".,")) if self.settings.decimal == "," else text

    def _boolean(self, value):
        if self.settings.typed:
            return bool(value)
        return self.yes if value else self.no

    def _date(self, value):
        if self._is_mixed():
            return value.strftime(self.rng.choice(("%Y-%m-%d", "%d %B %Y")))
        return value if self.settings.typed else value.strftime(_DATES[self.settings.date])

    def _stamp(self, value):
        local = value.astimezone(self.zone)
        # A time with its zone tells more than the others: they are not mixed in there.
        if self.settings.stamp not in ("iso-z", "iso-offset") and self._is_mixed():
            return local.strftime("%Y-%m-%d %H:%M:%S")
        if self.settings.typed:
            return local.replace(tzinfo=None)
        if self.settings.stamp == "iso-z":
            local = value
        return local.strftime(_STAMPS[self.settings.stamp])

    def _is_mixed(self):
        return bool(self.settings.share("mixed_dates", 1)) and self.rng.random() < _MIXED

    def _owner(self, value):
        return str(self.owners[value][self.settings.owner])

    def _tags(self, value):
        return self.settings.tag_separator.join(value)

    def _list(self, value):
        return "; ".join(value)

    def _kind(self, value):
        return self.words["kind"][value]

    def _status(self, value):
        return self.words["status"][value]

    def _related(self, value):
        return self.words["related"][value]


def tables(export):
    """``{entity: (columns, rows)}`` as they are written: lists of cells, repeated rows included."""
    speller = Speller(export)
    found = {}
    for entity, records in _entities(export).items():
        base = "activity" if entity in KINDS else entity
        columns = choose(export.settings, base)
        if entity in KINDS:
            columns = [column for column in columns if column[0] != "kind"]
        rows = []
        for record in records:
            shown = record | _links(export, base, record)
            row = [speller.spell(shown.get(key), kind) for key, kind, _header in columns]
            rows += [row] * (1 + ((base, record["id"]) in export.repeated))
        found[entity] = (columns, rows)
    return found


def _entities(export):
    found = export.tables()
    if not export.settings.product["owners_file"]:
        del found["owner"]
    if export.settings.by_kind:
        activities = found.pop("activity")
        for kind in export.settings.kinds:
            found[kind] = [row for row in activities if row["kind"] == kind]
    return found


def _links(export, entity, record):
    """Columns that show another record: a name or an address of it, as it stands in the export."""
    if entity == "deal":
        contact = export.by_id("contact").get(record["contact_id"])
        return {"contact_name": f"{contact['first']} {contact['last']}".strip() if contact else ""}
    if entity == "activity":
        contacts = export.by_id("contact")
        emails = [contacts[guest]["email"] for guest in record["attendees"]]
        rel_type, rel_id = record["parent"] or ("", "")
        return {
            "attendees": [one for one in emails if one and not isinstance(one, Raw)],
            "rel_type": rel_type,
            "rel_id": rel_id,
        }
    return {}


def write(export, folder):
    """Write the files; return ``{file name: (entity, columns, rows)}``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = tables(export)
    names = FILES.get(export.settings.headers, FILES["en"])
    if export.settings.form == "workbook":
        sheets = [
            (names[entity], _lines(export, entity, *table)) for entity, table in found.items()
        ]
        _write(folder / f"{export.settings.profile}.xlsx", workbook(sheets))
    else:
        suffix = "xlsx" if export.settings.form == "xlsx" else "csv"
        files = {
            f"{names[entity]}.{suffix}": _content(export, names[entity], entity, table)
            for entity, table in found.items()
        }
        if export.settings.form == "zip":
            _write(folder / f"{export.settings.profile}.zip", archive(files))
        else:
            for name, content in files.items():
                _write(folder / name, content)
    return found


def _write(path, content):
    path.write_bytes(content)


def _content(export, title, entity, table):
    lines = _lines(export, entity, *table)
    if export.settings.form == "xlsx":
        return workbook([(title, lines)])
    return _csv(export.settings, lines)


def _lines(export, entity, columns, rows):
    """Everything that stands in the file: preamble, header, rows, footer."""
    settings = export.settings
    lines = [[header for _key, _kind, header in columns], *rows]
    if settings.preamble:
        head = [["Export of our CRM"], [f"Created on {NOW:%Y-%m-%d} by admin"], []]
        lines = [*head, *lines]
    if settings.footer:
        lines = [*lines, [f"Total: {len(rows)}"]]
    return lines


def _csv(settings, lines):
    width = max(map(len, lines))
    stream = io.StringIO()
    quoting = csv.QUOTE_ALL if settings.quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(
        stream, delimiter=settings.delimiter, lineterminator=settings.newline, quoting=quoting
    )
    for line in lines:
        # Saved from a spreadsheet, remarks have as many cells as the table.
        writer.writerow([*line, *[""] * (width - len(line))] if len(line) != 1 else line)
    return stream.getvalue().encode(settings.encoding, errors="replace")


def archive(files):
    """The bytes of a ZIP; equal files give equal bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return stream.getvalue()


# ------------------------------------------------------------------ workbooks

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: Cell styles: 1 a date, 2 a date with its time.
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf xfId="0"/><xf numFmtId="164" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def workbook(sheets):
    """The bytes of an Excel workbook of ``[(title, lines)]``."""
    numbers = range(1, len(sheets) + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET}.worksheet+xml"/>'
        for n in numbers
    )
    listed = "".join(
        f'<sheet name="{escape(title[:31])}" sheetId="{n}" r:id="rId{n}"/>'
        for n, (title, _lines) in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    files = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship '
        f'Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'{links}<Relationship Id="rId{len(sheets) + 1}" Type="{_OFFICE}/styles" '
        'Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for number, (_title, lines) in enumerate(sheets, 1):
        files[f"xl/worksheets/sheet{number}.xml"] = _sheet(lines)
    return archive({name: text.encode() for name, text in files.items()})


def _sheet(lines):
    rows = (
        f'<row r="{number}">{"".join(_cells(number, line))}</row>'
        for number, line in enumerate(lines, 1)
    )
    return f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _cells(number, line):
    for place, value in enumerate(line):
        if value != "":
            yield _cell(f"{_column(place)}{number}", value)


def _cell(place, value):
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        serial = (value.date() - DAY_ONE).days + seconds / 86400
        return f'<c r="{place}" s="2"><v>{serial!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - DAY_ONE).days}</v></c>'
    text = escape(value)
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _column(place):
    """Letters of a column: 0 is A, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
