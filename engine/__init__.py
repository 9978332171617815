"""Plain Python that knows rows, dialects, types, maps and differences, and has never heard of Odoo.

The path of the data through this package::

    reading/      files -> rows of text, with line numbers
    inference     rows -> what each column holds
    headers, proposing   columns -> proposed map, with score and reason
    mapping       row + confirmed map -> typed values, references, issues
    comparing     expected + landed values -> verdicts
"""
