"""
Read the text of a work report and propose what a ledger would record: pure Python, no Django, offline, deterministic.

Every rule is about the language of such reports; none knows a place, a file or a year. A number is only ever taken from the text.

Parts, in the order in which a text passes through them:

``documents.read(source, name) -> Document``
    Text out of a file (TXT, DOCX, HTML, PDF): ``Document.text``, and ``Document.levels`` (line number from 0 → heading level) where the file says so.
``cleaning.clean(raw) -> CleanText``
    ``CleanText.text`` without the debris of web pages, with broken lines joined, one paragraph a line. ``CleanText.original(i)`` turns an offset of
    the clean text (0 … len(text) inclusive) into an offset of the raw text; ``CleanText.removed`` lists ``Removed(start, end, why)`` spans of the raw
    text that were left out, with the reason (脚注号, 页码, 网页残留 …), so that a numeral inside can be accounted for.
    ``_M_M_`` and ``％`` become ``%``, full-width digits and signs of numbers become half-width.
``report.read_report(text, *, plan_year=None, levels=None) -> Report``
    The whole way from a raw text to ``Report`` (below). All its offsets count characters of the raw text.

The data classes are in ``types``: ``Report(text, plan_year, headings, sentences, proposals, numerals)``, ``Heading``, ``Sentence``, ``Proposal``,
``Numeral``. ``Proposal.as_json()`` has the keys ``kind name value unit comparator growth growth_comparator qualifier relative_to due_on
whole_or_range section paragraph offset value_offset growth_offset quote confidence rule``; ``Numeral`` has ``offset, numeral, proposal`` (index of the
proposal or None) and ``why`` (reason or None; both None: open), in the order of the text. ``Numeral.chinese`` tells a Chinese numeral (only those with a
measure word are listed) from an Arabic one.
"""
