"""Mailboxes that belong to an office, not to a person."""

import re

# Names of role mailboxes: RFC 2142, and what offices in Europe and America write on their door.
SHARED = frozenset(
    """
    abuse accounting accounts admin administration amministrazione atencion bestellung billing
    booking bookings buchhaltung buero bureau careers commercial commerciale compras comptabilite
    contabilidad contact contacto contactus contatti contato customerservice direccion einkauf
    empfang enquiries estimates facturacion facturation finance finanzas front frontdesk hello help
    helpdesk hola hostmaster hr info informacion information inquiries invoice invoices jobs kontakt
    mail mailbox marketing noreply office office1 oficina orders payables personal postmaster pr
    praxis privacy purchasing rechnung reception recepcion redaktion sales schedule secretariat
    security segreteria sekretariat service services support team ufficio vendite ventas verkauf
    vertrieb webmaster welcome zentrale
    """.split()
)


def is_shared_mailbox(email):
    """Return whether an address is an office's: several people write from it.

    >>> is_shared_mailbox("info@acme.example"), is_shared_mailbox("no-reply.eu@acme.example")
    (True, True)
    >>> is_shared_mailbox("ines.fort@acme.example")
    False
    """
    local = email.partition("@")[0].partition("+")[0].casefold()
    whole = re.sub(r"[\W_\d]", "", local)
    first = re.split(r"[\W_\d]+", local.replace("no-reply", "noreply"))[0]
    return whole in SHARED or first in SHARED
