"""A report printed to PDF by a real browser gives the same proposals as its text."""

from __future__ import annotations

import html

import pytest

from tests.reader.test_documents import PRINTED, REPORT, proposals
from tracker.reader.documents import read

STYLE = "body { font: 16pt serif; line-height: 1.8 } p { margin: 0 } .indented p { text-indent: 2em }"


@pytest.mark.parametrize("layout", ["indented", "flush"])
def test_a_page_printed_to_pdf_gives_the_same_proposals(browser, layout):
    body = "".join(f"<p>{html.escape(line)}</p>" for line in REPORT.strip().split("\n"))
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f"<meta charset='utf-8'><style>{STYLE}</style><body class='{layout}'>{body}</body>")
    printed = page.pdf(format="A4", display_header_footer=True, margin=dict.fromkeys(("top", "bottom", "left"), "25mm"))
    context.close()
    if layout == "indented":  # without indents a full line that ends a sentence may be a paragraph's last
        assert read(printed).text == PRINTED
    assert proposals(printed) == proposals(REPORT.encode())
