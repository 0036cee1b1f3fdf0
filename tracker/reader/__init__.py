"""
Read the text of a work report and propose what a ledger would record: pure Python, no Django, offline, deterministic.

Every rule is about the language of such reports; none knows a place, a file or a year. A number is only ever taken from
the text.

The way of a text:

``documents``
    Text out of a file (TXT, DOCX, HTML, PDF), with the levels of its headings where the file says them.
``cleaning``
    The text without the debris of web pages, one paragraph a line; every offset leads back to the text as given.
``headings``, ``sentences``
    The tree of headings, and which part and sentence reviews, plans, looks further ahead or explains terms.
``numerals``, ``units``, ``traps``
    The numbers with their units, and those that are no figures, each recognised for what it is.
``clauses``, ``words``, ``names``, ``things``, ``carrying``, ``figures``
    Where a number stands, what binds it, what it is called, what earlier clauses lend it; from these the proposals.
``relative``, ``tasks``
    Commitments without a figure: targets held against something else, dated works, tasks.
``report``
    ``read_report(text, plan_year=None, levels=None)``, the whole way to a ``Report``.
``rules``
    The rules by name, with the confidence that each deserves and an example.

The data classes are in ``types``. All offsets count characters of the text as given.
"""
