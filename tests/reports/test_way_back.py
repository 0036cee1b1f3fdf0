"""What was exported can be uploaded again and changes nothing; what a file cannot hold is refused, not lost."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from tests.factories import UpdateFactory
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db


@pytest.fixture
def returned(as_user, reporter, ledger):
    """What the upload says of an export at an address, unchanged: `returned("all.csv?as_of=2018-06")`."""
    page = as_user(reporter)

    def upload(address: str, language: str = "zh-hans") -> str:
        page.cookies["django_language"] = language
        file = io.BytesIO(b"".join(page.get(f"/updates/{address}")))
        page.cookies["django_language"] = "zh-hans"
        file.name = f"export.{address.partition('?')[0].rpartition('.')[2]}"
        return page.post("/admin/sheet/upload/", {"file": file}).content.decode()

    return upload


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "query", ["all.{}?as_of=2018-06", "all.{}?as_of=2018-06&notes=1", "view.{}?as_of=2018-06&columns=value,period,code"]
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_export_comes_back_without_a_change(returned, suffix, query, language):
    assert "没有变化" in returned(query.format(suffix), language)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("text", ["\n=SUM(A1)", "=SUM(A1)", " =1+1", "-税源不足", "@甲", "第一行\n第二行"])
def test_a_text_that_looks_like_a_formula_comes_back_as_it_was(returned, ledger, suffix, text):
    UpdateFactory(target=ledger["toilets"], period=dt.date(2018, 5, 31), status="draft", remark=text)
    assert "没有变化" in returned(f"all.{suffix}?as_of=2018-06")


@pytest.mark.parametrize("text", ["长" * 40_000, "a" + "𠮷" * 20_000])
def test_a_text_too_long_for_a_cell_is_refused_on_its_way_back_and_not_shortened(returned, ledger, text):
    UpdateFactory(target=ledger["toilets"], period=dt.date(2018, 5, 31), status="draft", remark=text)
    assert "这一格的文字太长" in returned("all.xlsx?as_of=2018-06")
    assert "没有变化" in returned("all.csv?as_of=2018-06")
    assert ProgressUpdate.objects.filter(remark=text).exists()
