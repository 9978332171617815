"""Fed to odoo shell: a migration that waits for its map, beside the two that are proved."""
# ruff: noqa: F821  (env is the shell's)

admin = env.ref("base.user_admin")
projects = env["crm.migration.project"].with_user(admin)
for name in ("Ines Ferrer", "Jonas Weber", "Amélie Laurent"):
    login = name.split()[0].lower()
    env["res.users"].with_context(no_reset_password=True).create({"name": name, "login": login})
project = projects.browse(projects.action_try_demo()["res_id"])
project.name = "Try it: karmaCRM"
project.action_stage()
while project.active_run_id:
    project.active_run_id._work()
env.cr.commit()
