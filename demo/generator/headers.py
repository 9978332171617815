"""Names of columns: those of the samples, and others that mean the same."""

import random

#: entity -> the columns in their order: (key, kind of the values)
COLUMNS = {
    "owner": (
        ("id", "text"), ("name", "text"), ("email", "text"), ("role", "text"),
        ("active", "boolean"),
    ),
    "company": (
        ("id", "id"), ("name", "text"), ("website", "text"), ("email", "text"), ("phone", "text"),
        ("street", "text"), ("street2", "text"), ("city", "text"), ("zip", "text"),
        ("state", "text"), ("country", "text"), ("industry", "text"), ("employees", "integer"),
        ("owner", "owner"), ("tags", "tags"), ("notes", "text"), ("created", "stamp"),
        ("modified", "stamp"), ("segment", "text"), ("spend", "number"), ("renewal", "date"),
        ("nps", "integer"), ("tier", "text"),
    ),
    "contact": (
        ("id", "id"), ("first", "text"), ("last", "text"), ("email", "text"), ("email2", "text"),
        ("phone", "text"), ("mobile", "text"), ("job", "text"), ("department", "text"),
        ("company_id", "id"), ("company_name", "text"), ("street", "text"), ("city", "text"),
        ("zip", "text"), ("state", "text"), ("country", "text"), ("birthday", "date"),
        ("owner", "owner"), ("tags", "tags"), ("notes", "text"), ("created", "stamp"),
        ("modified", "stamp"), ("segment", "text"), ("spend", "number"), ("nps", "integer"),
        ("tier", "text"), ("interests", "list"), ("optin", "boolean"), ("linkedin", "text"),
    ),
    "deal": (
        ("id", "id"), ("name", "text"), ("amount", "money"), ("currency", "text"),
        ("pipeline", "text"), ("stage", "text"), ("probability", "integer"), ("close", "date"),
        ("status", "status"), ("lost_reason", "text"), ("contact_id", "id"),
        ("contact_name", "text"), ("company_id", "id"), ("owner", "owner"), ("source", "text"),
        ("tags", "tags"), ("created", "stamp"), ("modified", "stamp"), ("entered", "stamp"),
        ("closed", "stamp"), ("notes", "text"), ("competitor", "text"), ("forecast", "number"),
    ),
    "activity": (
        ("id", "id"), ("kind", "kind"), ("subject", "text"), ("body", "text"), ("when", "stamp"),
        ("end", "stamp"), ("due", "date"), ("duration", "integer"), ("location", "text"),
        ("attendees", "list"), ("rel_type", "related"), ("rel_id", "id"), ("owner", "owner"),
        ("done", "boolean"), ("done_at", "stamp"), ("priority", "text"), ("recurrence", "text"),
    ),
}  # fmt: skip

#: (entity or "", key) -> plain | synonyms …; then de, fr, es.
_PLAIN = {
    "owner": "User ID|Name|Email|Role|Active",
    "company": "Company ID|Company Name|Website|Email|Phone|Street|Street 2|City|Zip|State|Country|"
    "Industry|Employees|Owner|Tags|Notes|Created|Last Modified|Customer Segment|Annual Spend|"
    "Contract Renewal|NPS Score|Tier",
    "contact": "Contact ID|First Name|Last Name|Email|Email 2|Phone|Mobile|Job Title|Department|"
    "Company ID|Company|Street|City|Zip|State|Country|Birthday|Owner|Tags|Notes|Created|"
    "Last Modified|Customer Segment|Annual Spend|NPS Score|Tier|Interests|Newsletter Opt-In|"
    "LinkedIn URL",
    "deal": "Deal ID|Deal Name|Amount|Currency|Pipeline|Stage|Probability|Close Date|Status|"
    "Lost Reason|Contact ID|Contact Name|Company ID|Owner|Source|Tags|Created|Last Modified|"
    "Stage Entered|Closed At|Notes|Main Competitor|Forecast Amount",
    "activity": "Activity ID|Type|Subject|Body|Date|End|Due Date|Duration|Location|Attendees|"
    "Related To Type|Related To ID|Owner|Completed|Completed At|Priority|Recurrence",
}
_OTHER = {
    "synonyms": {
        "owner": "Owner ID|User/Full Name|Login Email/E-Mail|Access Role|Enabled/Is Active",
        "company": "Account ID/Record ID|Account Name/Organization|URL/Web Site|Main E-Mail/Company Email|"
        "Phone Number/Main Phone|Address/Billing Street|Address Line 2|Town/Billing City|"
        "Postcode/Postal Code|State/Province/Region|Billing Country/Country/Region|Sector/Line of Business|"
        "No. of Employees/Headcount|Account Owner/Responsible|Labels/Tag List|Description/Background|"
        "Created At/Date Created|Modified On/Updated At|Segment|Yearly Spend (EUR)|Renewal Date|"
        "Net Promoter Score|Customer Tier",
        "contact": "Record ID/Person ID|Given Name/Forename|Surname/Family Name|Email Address/E-mail|"
        "Secondary Email/Other Email|Work Phone/Telephone|Cell Phone/Mobile Number|Position/Role|Dept|"
        "Account ID/Organization ID|Account Name/Organization|Mailing Street/Address|Town/Mailing City|"
        "Postal Code/Mailing Zip|County/State/Province|Mailing Country/Country/Region|Date of Birth/DOB|"
        "Contact Owner/Assigned To|Labels/Tag List|Comments/Background|Create Date/Date Added|"
        "Modified On/Last Updated|Segment|Yearly Spend (EUR)|Net Promoter Score|Customer Tier|"
        "Interested In|Marketing Consent|LinkedIn",
        "deal": "Opportunity ID/Record ID|Opportunity Name/Opportunity|Deal Value/Expected Revenue|"
        "Currency Code|Sales Pipeline/Funnel|Deal Stage/Phase|Probability (%)/Win Probability|"
        "Expected Close Date/Est. Close|Deal Status/State|Reason Lost/Loss Reason|Primary Contact ID|"
        "Primary Contact/Contact|Account ID/Organization ID|Deal Owner/Assigned To|Lead Source|Labels/Tag List|"
        "Created On/Create Date|Updated At/Last Updated|In Stage Since|Won/Lost Date|Description/Comments|"
        "Competitor|Upside",
        "activity": "Engagement ID/Record ID|Activity Type/Kind|Title/Summary|Description/Details|"
        "Activity Date/Occurred At|End Time/Finish|Deadline/Due|Duration (min)/Duration Minutes|"
        "Where/Place|Participants/Guests|Related Object/Object Type|Related Record ID/Record ID (related)|"
        "Assigned To/User|Done/Is Completed|Completion Date/Completed On|Importance|Repeat/Repeats",
    },
    "de": {
        "owner": "Benutzer-ID|Name|E-Mail|Rolle|Aktiv",
        "company": "Firmen-ID|Firma/Firmenname|Webseite|E-Mail|Telefon|Straße|Adresszusatz|Ort|PLZ|"
        "Bundesland|Land|Branche|Mitarbeiterzahl|Besitzer|Schlagwörter|Notizen|Erstellt am|Geändert am|"
        "Kundensegment|Jahresumsatz|Vertragsverlängerung|NPS|Stufe",
        "contact": "Kontakt-ID|Vorname|Nachname|E-Mail|E-Mail privat|Telefon|Mobiltelefon/Handy|Position|"
        "Abteilung|Firmen-ID|Firma|Straße|Ort|PLZ|Bundesland|Land|Geburtsdatum|Zuständig/Besitzer|"
        "Schlagwörter|Notizen|Erstellt am|Geändert am|Kundensegment|Jahresumsatz|NPS|Stufe|Interessen|"
        "Newsletter|LinkedIn-Profil",
        "deal": "Verkaufschance-ID|Bezeichnung/Verkaufschance|Betrag|Währung|Pipeline|Phase|Wahrscheinlichkeit|"
        "Abschlussdatum|Status|Verlustgrund|Kontakt-ID|Ansprechpartner|Firmen-ID|Besitzer|Quelle|"
        "Schlagwörter|Erstellt am|Geändert am|Phase seit|Abgeschlossen am|Notizen|Mitbewerber|Prognose",
        "activity": "Aktivitäts-ID|Art|Betreff|Beschreibung/Text|Datum|Ende|Fällig am|Dauer (Min.)|Ort|"
        "Teilnehmer|Bezug Typ|Bezug ID|Zuständig/Besitzer|Erledigt|Erledigt am|Priorität|Wiederholung",
    },
    "fr": {
        "owner": "ID utilisateur|Nom|E-mail|Rôle|Actif",
        "company": "ID société|Société/Nom de la société|Site web|E-mail|Téléphone|Rue/Adresse|"
        "Complément d'adresse|Ville|Code postal|Région|Pays|Secteur d'activité|Effectif|Propriétaire|"
        "Étiquettes|Notes|Créé le|Modifié le|Segment client|Dépense annuelle|Renouvellement|NPS|Niveau",
        "contact": "ID contact|Prénom|Nom|E-mail|E-mail secondaire|Téléphone|Mobile/Portable|Fonction/Poste|"
        "Service|ID société|Société|Rue/Adresse|Ville|Code postal|Région|Pays|Date de naissance|"
        "Propriétaire|Étiquettes|Notes|Créé le|Modifié le|Segment client|Dépense annuelle|NPS|Niveau|"
        "Centres d'intérêt|Abonné newsletter|Profil LinkedIn",
        "deal": "ID affaire|Affaire/Nom de l'affaire|Montant|Devise|Pipeline|Étape|Probabilité|"
        "Date de clôture|Statut|Motif de perte|ID contact|Contact|ID société|Propriétaire|Source|"
        "Étiquettes|Créé le|Modifié le|Dans l'étape depuis|Clôturé le|Notes|Concurrent|Prévision",
        "activity": "ID activité|Type|Sujet/Objet|Description|Date|Fin|Échéance|Durée (min)|Lieu|Participants|"
        "Type lié|ID lié|Propriétaire|Terminé|Terminé le|Priorité|Récurrence",
    },
    "es": {
        "owner": "ID de usuario|Nombre|Correo electrónico|Rol|Activo",
        "company": "ID de empresa|Empresa/Nombre de la empresa|Sitio web|Correo electrónico|Teléfono|"
        "Calle/Dirección|Dirección 2|Ciudad|Código postal|Provincia|País|Sector|Empleados|Propietario|"
        "Etiquetas|Notas|Creado el|Modificado el|Segmento|Gasto anual|Renovación|NPS|Nivel",
        "contact": "ID de contacto|Nombre|Apellidos|Correo electrónico|Correo secundario|Teléfono|Móvil|Cargo|"
        "Departamento|ID de empresa|Empresa|Calle/Dirección|Ciudad|Código postal|Provincia|País|"
        "Fecha de nacimiento|Propietario|Etiquetas|Notas|Creado el|Modificado el|Segmento|Gasto anual|NPS|"
        "Nivel|Intereses|Acepta boletín|Perfil de LinkedIn",
        "deal": "ID de negocio|Negocio/Nombre del negocio|Importe|Moneda|Embudo|Etapa|Probabilidad|"
        "Fecha de cierre|Estado|Motivo de pérdida|ID de contacto|Contacto|ID de empresa|Propietario|"
        "Origen|Etiquetas|Creado el|Modificado el|En etapa desde|Cerrado el|Notas|Competidor|Previsión",
        "activity": "ID de actividad|Tipo|Asunto|Descripción|Fecha|Fin|Vencimiento|Duración (min)|Lugar|"
        "Asistentes|Tipo relacionado|ID relacionado|Propietario|Completada|Completada el|Prioridad|"
        "Recurrencia",
    },
}  # fmt: skip
#: Slashes that belong to a name, not between two names.
_KEPT = ("State/Province", "Country/Region", "Won/Lost Date", "State/Province/Region")
SETS = ("plain", "snake", *_OTHER)

FILES = {
    "en": {"owner": "owners", "company": "companies", "contact": "contacts", "deal": "deals",
           "activity": "activities", "call": "calls", "email": "emails", "note": "notes",
           "meeting": "meetings", "task": "tasks"},
    "de": {"owner": "Benutzer", "company": "Firmen", "contact": "Kontakte",
           "deal": "Verkaufschancen", "activity": "Aktivitäten", "call": "Anrufe",
           "email": "E-Mails", "note": "Notizen", "meeting": "Besprechungen", "task": "Aufgaben"},
}  # fmt: skip


def choose(settings, entity):
    """``[(key, kind, header)]`` of a table, in the order of the export."""
    rng = random.Random(f"{settings.seed}:headers:{entity}")
    names = dict(zip((key for key, _kind in COLUMNS[entity]), _names(settings, entity, rng)))
    columns = [(key, kind, names[key]) for key, kind in _columns(settings, entity)]
    if settings.shuffle:
        rng.shuffle(columns)
    return columns


def _columns(settings, entity):
    product = settings.product
    left_out = set()
    if entity == "deal":
        left_out = {"contact_id", "contact_name"} - {product["deal_contact"]}
        if not product["currency"]:
            left_out |= {"currency", "closed"}
        if settings.pipelines == 1:
            left_out |= {"pipeline"}
    if entity == "contact" and settings.profile != "karmacrm":
        left_out = {"email2"}
    return [column for column in COLUMNS[entity] if column[0] not in left_out]


def _names(settings, entity, rng):
    plain = _PLAIN[entity].split("|")
    if settings.headers == "plain":
        return plain
    if settings.headers == "snake":
        return [name.lower().replace(" ", "_").replace("-", "_") for name in plain]
    chosen = []
    for place, text in enumerate(_OTHER[settings.headers][entity].split("|")):
        choices = [name for name in _choices(text) if name not in chosen] or [plain[place]]
        chosen.append(rng.choice(choices))
    return chosen


def _choices(text):
    """The names a text lists.

    >>> _choices("Town/Billing City"), _choices("State/Province/Region"), _choices("Won/Lost Date")
    (['Town', 'Billing City'], ['State/Province', 'Region'], ['Won/Lost Date'])
    """
    for kept in _KEPT:
        if kept in text and kept != "State/Province/Region":
            rest = text.replace(kept, "\0")
            return [name.replace("\0", kept) for name in rest.split("/")]
    return text.split("/")
