"""The contract every profile file keeps, and what happens when one does not."""

import copy
import json
import unittest

from .. import profiles, vocabulary
from ..exceptions import ConfigurationError
from ..transforms import TRANSFORMS

FIRST = {"owner": 0, "tag": 1, "company": 2, "contact": 3, "deal": 4, "activity": 5}


class EveryProfileTest(unittest.TestCase):
    def setUp(self):
        self.profiles = [profiles.load(code) for code in profiles.codes()]

    def test_there_are_profiles(self):
        self.assertLessEqual({"karmacrm", "smart_crm_online"}, set(profiles.codes()))

    def test_order_follows_dependencies(self):
        for profile in self.profiles:
            codes = [entity.code for entity in profile.entities if entity.code in FIRST]
            with self.subTest(profile=profile.code):
                self.assertEqual(codes, sorted(codes, key=FIRST.get))

    def test_specific_columns_name_slots(self):
        for profile in self.profiles:
            for entity in profile.entities:
                slots = vocabulary.load().index(entity).slots
                with self.subTest(profile=profile.code, entity=entity.code):
                    self.assertLessEqual({*entity.columns.values(), *entity.keys}, set(slots))

    def test_file_patterns_are_in_compared_form(self):
        for profile in self.profiles:
            for entity in profile.entities:
                for pattern in entity.files:
                    with self.subTest(profile=profile.code, pattern=pattern):
                        self.assertEqual(pattern, pattern.casefold().strip().replace(" ", "_"))

    def test_evidence_is_explained(self):
        for profile in self.profiles:
            for entity in profile.entities:
                for source in filter(None, entity.evidence.split(", ")):
                    with self.subTest(profile=profile.code, entity=entity.code):
                        known = {*profile.evidence, *(f"{word} " for word in profile.evidence)}
                        self.assertTrue(
                            any(source.startswith(word.strip()) for word in known)
                            or source[:2] in ("KC", "SC", "SS", "SP", "CC"),
                            source,
                        )

    def test_policies_are_read(self):
        """No key stands in a profile that no project has (X-32)."""
        for profile in self.profiles:
            self.assertLessEqual(set(profile.policies), set(profiles.POLICIES), profile.code)
        self.assertEqual(
            {profile.code: profile.policies["owner_policy"] for profile in self.profiles},
            {"spark_crm": "fallback", "streetsmart": "fallback", "crmconnect": "hold",
             "smart_crm_online": "hold", "karmacrm": "hold", "other": "hold"},
        )  # fmt: skip

    def test_objects_are_rows_of_the_map(self):
        """Source object, Odoo model, kind and what it needs, for each of the 64 rows (GN-07)."""
        rows = {profile.code: profile.objects for profile in self.profiles}
        counts = {"spark_crm": 12, "crmconnect": 15, "smart_crm_online": 12, "streetsmart": 13,
                  "karmacrm": 12}  # fmt: skip
        for code, count in counts.items():
            self.assertGreaterEqual(len(rows[code]), count, code)
            for row in rows[code]:
                needs_model = row["kind"] in ("1:1", "1:many")
                self.assertTrue(row["source"] and row["notes"], (code, row))
                self.assertTrue(row["model"] or not needs_model, (code, row))

    def test_every_promised_object_has_an_entity(self):
        """What Spark CRM is said to have is read from files, or listed as not moved (SP-01)."""
        profile = profiles.load("spark_crm")
        known = {one.code for one in profile.entities} | {one["code"] for one in profile.inventory}
        self.assertLessEqual(
            {"contact", "company", "lead", "deal", "pipeline", "stage", "custom_field", "activity",
             "owner", "attachment", "workflow", "tag"},
            known,
        )  # fmt: skip

    def test_gotchas_are_facts(self):
        """What is for information only is said with its evidence (CC-57, SC-45, SS-35, KC-45)."""
        for code, told in {
            "crmconnect": {"setup_fees", "automations"}, "smart_crm_online": {"no_api"},
            "streetsmart": {"api_key", "community_fields"}, "karmacrm": {"trial_billing"},
        }.items():  # fmt: skip
            gotchas = {one["code"]: one for one in profiles.load(code).gotchas}
            self.assertLessEqual(told, set(gotchas), code)
            self.assertTrue(all(one["text"] for one in gotchas.values()))

    def test_no_secrets(self):
        for path in profiles.FOLDER.glob("*.json"):
            self.assertNotIn("Bearer ", path.read_text(encoding="utf-8"), path.name)


class BrokenProfileTest(unittest.TestCase):
    def setUp(self):
        path = profiles.FOLDER / "karmacrm.json"
        self.content = json.loads(path.read_text(encoding="utf-8"))

    def assert_refused(self, place, **changes):
        content = copy.deepcopy(self.content) | changes
        with self.assertRaises(ConfigurationError) as caught:
            profiles.build(content, "karmacrm.json")
        self.assertIn(place, str(caught.exception))

    def changed_entity(self, **changes):
        return [self.content["entities"][0] | changes, *self.content["entities"][1:]]

    def test_unknown_code(self):
        with self.assertRaises(ConfigurationError) as caught:
            profiles.load("nosuchcrm")
        self.assertIn("karmacrm", str(caught.exception))

    def test_code_unlike_file(self):
        self.assert_refused("unlike the file name", code="other")

    def test_nothing_in_it(self):
        self.assert_refused("entities", entities=[])

    def test_unknown_target(self):
        self.assert_refused("owner.target", entities=self.changed_entity(target="helpdesk"))

    def test_unknown_slot(self):
        wrong = self.changed_entity(columns={"user_id": "nothing"})
        self.assert_refused("'nothing' is no slot", entities=wrong)

    def test_unknown_key(self):
        self.assert_refused("unknown keys", entities=self.changed_entity(colums={}))

    def test_fact_without_evidence(self):
        self.assert_refused("gotchas 1", gotchas=[{"code": "x", "text": "y"}])

    def test_entity_twice(self):
        twice = self.content["entities"] + self.content["entities"][:1]
        self.assert_refused("twice", entities=twice)

    def test_wrong_policy(self):
        self.assert_refused("owner_policy", policies={"owner_policy": "guess"})

    def test_cap_of_nothing(self):
        self.assert_refused("caps", caps=[{"entity": "invoice", "evidence": "x"}])

    def test_value_that_means_nothing(self):
        self.assert_refused("values.won_status", values={"won_status": {"Yes": "perhaps"}})


class VocabularyTest(unittest.TestCase):
    def setUp(self):
        self.vocabulary = vocabulary.load()

    def test_transforms_exist(self):
        for target, entry in self.vocabulary.targets.items():
            for slot in entry["slots"]:
                self.assertIn(slot.transform, TRANSFORMS, f"{target}.{slot.name}")
        for kind, entry in self.vocabulary.kinds.items():
            self.assertIn(entry["transform"], TRANSFORMS, kind)

    def test_domains_exist(self):
        for entry in self.vocabulary.targets.values():
            for slot in entry["slots"]:
                if slot.domain:
                    self.assertIn(slot.domain, self.vocabulary.domains())

    def test_custom_slots_have_label_and_type(self):
        for entry in self.vocabulary.targets.values():
            for slot in entry["slots"]:
                if slot.field.startswith("x_") and not slot.field.startswith("x_source"):
                    self.assertTrue(slot.label and slot.field_type, slot)

    def test_canonical(self):
        for domain, raw, value in (
            ("won_status", "  GANADO ", "won"),
            ("won_status", "Closed - Lost", "lost"),
            ("activity_kind", "Réunion", "meeting"),
            ("activity_kind", "Aufgabe", "task"),
            ("related_type", "Opportunities", "deal"),
            ("priority", "élevée", "high"),
            ("stage", "Verhandlung", "negotiation"),
            ("won_status", "perhaps", None),
        ):
            self.assertEqual(vocabulary.canonical(domain, raw), value, raw)

    def test_no_synonym_means_two_values(self):
        for domain, values in self.vocabulary.content["values"].items():
            seen = {}
            for value in values:
                for synonym in self.vocabulary.synonyms(domain, value):
                    other = seen.setdefault(vocabulary.form(synonym), value)
                    self.assertEqual(other, value, f"{domain}: {synonym}")


if __name__ == "__main__":
    unittest.main()
