"""The examples in the docstrings hold."""

import doctest
from importlib import import_module

MODULES = (
    "cells", "colors", "countries", "currencies", "dates", "fetching", "inline_images",
    "line_items", "numbers", "pairs", "text",
    "proposing.assignment", "proposing.customs", "proposing.suggesting", "proposing.tables",
    "reading.archive", "reading.encoding",
    "reading.codepage", "reading.dialect", "reading.flatten", "reading.header", "reading.layout",
    "reading.parts", "reading.payload", "reading.reader", "reading.xlsx_file", "stage_history",
    "trees", "variants",
    "rest.paths", "rest.shaping", "web.addresses", "web.credentials",
)  # fmt: skip


def load_tests(_loader, tests, _pattern):
    for name in MODULES:
        package = __package__.rpartition(".")[0]
        tests.addTests(doctest.DocTestSuite(import_module(f"{package}.{name}")))
    return tests
