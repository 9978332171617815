"""Generator of exports of old CRMs, with the answers: what must arrive in Odoo.

It shares no code with the addon, so that it can test it. Domains end in ``.example`` (RFC 2606).
"""
