import json

from odoo import api, models

from ...engine.mapping import fold

# Status of an enrolment that has ended in the source, without being completed.
ENDED = "ended"


class CrmMigrationTargetCourse(models.AbstractModel):
    """Portals and courses: courses of eLearning, unpublished, without their contents (CC-28).

    A row may be a course, a module or a lesson; the hierarchy as a whole is a JSON file with the
    project, whether eLearning is there or not.
    """

    _name = "crm.migration.target.course"
    _inherit = "crm.migration.target.app"
    _description = "Target: Course"
    _model = "slide.channel"
    _use = "course"
    _fallback = "crm.migration.target.unmoved"
    _used = ("name", "description", "is_open", "x_source_created_at")

    @api.model
    def _split(self, items, resolver):
        """Rows that are a module or a lesson of a course stand in the hierarchy only."""
        if not resolver.uses(self._use):
            return [(self.env[self._fallback], items)]
        parts = [item for item in items if self._is_part(item)]
        whole = [item for item in items if not self._is_part(item)]
        pairs = ((self, whole), (self.env["crm.migration.target.course.part"], parts))
        return [pair for pair in pairs if pair[1]]

    @api.model
    def _is_part(self, item):
        values = item.mapped.values
        return bool(values.get("module") or values.get("lesson") or values.get("parent"))

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        if not mapped.get("name"):
            item.tell("no_name", "name", by="ID")
        return {
            "name": mapped.get("name") or item.key,
            "description": mapped.get("description") or False,
            "channel_type": "training",
            "enroll": "invite",
            "visibility": "members",
            "is_published": False,
            "user_id": False,
        }


class CrmMigrationTargetCoursePart(models.AbstractModel):
    """Modules and lessons: rows of the saved hierarchy, to build the course with."""

    _name = "crm.migration.target.course.part"
    _inherit = "crm.migration.target.unmoved"
    _description = "Target: None, Part of a Course"

    @api.model
    def _prepare(self, items, resolver):
        for item in items:
            item.target = self
            item.problems = list(item.mapped.problems)
            item.tell("course_part")


class CrmMigrationCourseTree(models.AbstractModel):
    """The hierarchy of portals and courses, as JSON (CC-28)."""

    _name = "crm.migration.course.tree"
    _description = "Hierarchy of Courses"

    @api.model
    def _get(self, project):
        """Return ``[{"portal", "courses": [{"name", "modules": [{"name", "lessons"}]}]}]``.

        Every row is in it, with its cells; what names no portal or module hangs one level higher.
        """
        portals = {}
        for mapping in project.mapping_ids.filtered(lambda m: m.target == "course"):
            entity_map = self.env["crm.migration.loader"]._get_entity_map(project, mapping.entity)
            self.env.cr.execute(
                """SELECT source_key, payload FROM crm_migration_record
                    WHERE project_id = %s AND entity = %s AND generation = %s ORDER BY id""",
                [project.id, mapping.entity, project._get_generation(mapping.entity)],
            )
            for key, payload in self.env.cr.fetchall():
                self._add(portals, key, payload, entity_map.map_row(payload).values)
        return [
            {"portal": name, "courses": [self._close(course) for course in courses.values()]}
            for name, courses in portals.items()
        ]

    @api.model
    def _add(self, portals, key, payload, values):
        name = values.get("name") or key
        courses = portals.setdefault(values.get("portal") or "", {})
        course = courses.setdefault(fold(name), {"name": name, "modules": {}, "rows": []})
        module = values.get("module")
        if module:
            known = course["modules"].setdefault(fold(module), {"name": module, "lessons": []})
        if values.get("lesson"):
            lessons = known["lessons"] if module else course.setdefault("lessons", [])
            lessons.append(values["lesson"])
        course["rows"].append({"id": key} | payload)

    @api.model
    def _close(self, course):
        return course | {"modules": list(course["modules"].values())}

    @api.model
    def _dump(self, project):
        return json.dumps(self._get(project), ensure_ascii=False, indent=1)


class CrmMigrationTargetEnrolment(models.AbstractModel):
    """Memberships and enrolments: attendees of eLearning's courses (CC-27, X-41)."""

    _name = "crm.migration.target.enrolment"
    _inherit = "crm.migration.target.app"
    _description = "Target: Attendee of a Course"
    _model = "slide.channel.partner"
    _use = "enrolment"
    _fallback = "crm.migration.target.enrolment.record"
    _computed = ()
    _used = (
        "partner_id", "course", "status", "enrolled_at", "ended_at", "completion",
        "x_source_created_at",
    )  # fmt: skip

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        partner = self._find_customer(item, resolver)
        if not partner:
            self._tell_no_contact(item)
        channel = self._find_channel(item, resolver)
        status = mapped.get("status")
        done = mapped.get("completion") or (100.0 if status == "completed" else 0.0)
        return {
            "partner_id": partner,
            "channel_id": channel,
            "member_status": status if status and status != ENDED else "joined",
            "completion": int(done),
            "active": status != ENDED,
            "x_source_status": next(iter(item.mapped.source_of("status").values()), False),
            "x_source_enrolled_at": mapped.get("enrolled_at") or False,
            "x_source_ended_at": mapped.get("ended_at") or False,
        }

    @api.model
    def _find_channel(self, item, resolver):
        """Return the ID of the course: of the export's list, else made by the schema by name."""
        references = item.mapped.references.get("course", [])
        for reference in references:
            found = resolver.find(reference)
            if len(found) == 1 and found[0].landed and found[0].model == "slide.channel":
                return found[0].res_id
        for reference in references:
            made = resolver.xmlid("app", "course", fold(reference.value))
            if made:
                return made
        item.tell("course_missing", "channel_id", references[0].value if references else "")
        return False


class CrmMigrationTargetEnrolmentRecord(models.AbstractModel):
    """The same without eLearning, or by choice: records of a custom model (CC-27)."""

    _name = "crm.migration.target.enrolment.record"
    _inherit = "crm.migration.target.enrolment"
    _description = "Target: Enrolment"
    _model = "x_crm_enrolment"

    @api.model
    def _get_model(self):
        return self._model if self._model in self.env else "res.partner"

    @api.model
    def _split(self, items, resolver):
        return [(self, items)]

    @api.model
    def _get_values(self, item, resolver):
        mapped = item.mapped.values
        partner = self._find_customer(item, resolver)
        if not partner:
            self._tell_no_contact(item, "x_partner_id")
        references = item.mapped.references.get("course", [])
        names = [r.value for r in references if r.by == "name"] or [r.value for r in references]
        course = self._get_course_name(references, resolver) or next(iter(names), False)
        return {
            "x_name": course or item.key,
            "x_partner_id": partner,
            "x_course": course,
            "x_status": next(iter(item.mapped.source_of("status").values()), False),
            "x_enrolled_at": mapped.get("enrolled_at") or False,
            "x_ended_at": mapped.get("ended_at") or False,
            "x_completion": mapped.get("completion") or 0.0,
        }

    @api.model
    def _get_course_name(self, references, resolver):
        """Return the name of a course that the row knows by its ID only."""
        if not any(reference.by == "id" for reference in references):
            return None
        names = resolver._once("course_names", lambda: self._read_course_names(resolver))
        return next((names[r.value] for r in references if r.value in names), None)

    @api.model
    def _read_course_names(self, resolver):
        loader, names = self.env["crm.migration.loader"], {}
        for mapping in resolver.project.mapping_ids.filtered(lambda m: m.target == "course"):
            entity_map = loader._get_entity_map(resolver.project, mapping.entity)
            self.env.cr.execute(
                "SELECT source_key, payload FROM crm_migration_record"
                " WHERE project_id = %s AND entity = %s",
                [resolver.project.id, mapping.entity],
            )
            for key, payload in self.env.cr.fetchall():
                names[key] = entity_map.map_row(payload).values.get("name")
        return {key: name for key, name in names.items() if name}
