"""What Odoo's own import dialog would propose for headers, and what an exact match finds.

Fed to ``odoo shell``: reads ``{set: {"model", "columns", "rows"}}`` from the file named in
SCORE_TASKS, writes ``{set: {"odoo": {column: field}, "exact": {column: field}}}`` to SCORE_ANSWERS.
"""

import json
import os

tasks = json.load(open(os.environ["SCORE_TASKS"], encoding="utf-8"))
answers = {}
for name, task in tasks.items():
    headers = task["columns"]
    importer = env["base_import.import"].create({"res_model": task["model"]})  # noqa: F821
    tree = importer.get_fields_tree(task["model"])
    preview = [[str(cell) for cell in row] for row in task["rows"]] or [[""] * len(headers)]
    options = {"quoting": '"', "date_format": "", "datetime_format": "", "advanced": False,
               "float_thousand_separator": ",", "float_decimal_separator": "."}  # fmt: skip
    types = importer._extract_headers_types(headers, preview, options)
    found = importer._get_mapping_suggestions(headers, types, tree)
    paths = {column: match["field_path"] for (__, column), match in found.items() if match}
    exact = {
        column: field["name"]
        for column in headers
        for field in tree
        if column.casefold() in (field["name"].casefold(), field["string"].casefold())
    }
    answers[name] = {
        "odoo": {column: path[0] for column, path in paths.items()},
        "exact": exact,
    }
json.dump(answers, open(os.environ["SCORE_ANSWERS"], "w", encoding="utf-8"))
