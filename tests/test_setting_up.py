"""Pages that are under way while custom fields come and go meet whole models, not half of them."""

import threading
import time
from unittest.mock import patch

from odoo.modules.registry import Registry
from odoo.tests import tagged

from ..models.setting_up import REQUEST, setting_up_models
from .common import MigrationCase

CONTACTS = [{"ID": "1", "Name": "Ada Nu", "Email": "ada@nu.example", "Shoe size": "38"}]
FIELD = "x_shoe_size"


@tagged("post_install", "-at_install", "crm_migration")
class TestSettingUp(MigrationCase):
    makes_fields = True

    def see_fields(self):
        """Return a list to which a request under way adds, as it ends, if the field is there."""
        seen = []

        def look():
            time.sleep(0.8)
            seen.append(FIELD in self.registry["res.partner"]._fields)

        threading.Thread(target=look, name=f"{REQUEST}.test").start()
        return seen

    def test_fields_wait_for_pages_under_way(self):
        """A page that was asked for before the fields are made or removed ends before that."""
        project = self.confirm(self.propose(self.make_project({"contacts.csv": CONTACTS})))
        seen = self.see_fields()
        self.run_step(project, "schema")
        self.assertEqual(seen, [False])
        self.assertIn(FIELD, self.registry["res.partner"]._fields)
        seen = self.see_fields()
        self.run_step(project, "rollback")
        self.assertEqual(seen, [True])
        self.assertNotIn(FIELD, self.registry["res.partner"]._fields)

    def test_new_pages_wait_for_the_fields(self):
        """A page asks for the registry first: it gets it once the models are whole."""
        page = threading.Thread(target=Registry, args=(self.env.cr.dbname,))
        with patch.object(Registry, "_lock", threading.RLock()):
            with setting_up_models(self.env.cr):
                page.start()
                page.join(0.2)
                self.assertTrue(page.is_alive())
            page.join(5)
        self.assertFalse(page.is_alive())
        self.env.cr.execute("SHOW lock_timeout")
        self.assertEqual(self.env.cr.fetchone(), ("0",))
