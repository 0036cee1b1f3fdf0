"""Choosing columns, remembering how a table was looked at, and views under a name."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.factories import SavedViewFactory, SectionFactory
from tracker.models import Membership, SavedView, Sharing

pytestmark = pytest.mark.django_db
ON_THE_PAGE = {"referer": "http://testserver/targets/?as_of=2018-06"}


@pytest.fixture
def page(as_user, reporter, ledger):
    return as_user(reporter)


def columns(response) -> list[str]:
    assert response.status_code == 200
    return list(response.context["table"].layout)


def landed(response) -> str:
    """Where a chain of redirects ended: the address without its host."""
    return response.redirect_chain[-1][0]


# --- columns ---


def test_columns_are_shown_as_the_address_chooses_them_and_in_its_order(page, on_screen):
    response = page.get("/targets/?as_of=2018-06&columns=gap,name,code,gap")
    assert columns(response) == ["gap", "name", "code"]
    row = on_screen(response)[0]
    assert row == {"gap": "−11.21", "name": "地区生产总值", "code": "gdp"}


def test_small_print_stays_with_its_cell_until_it_has_one_of_its_own(page):
    def cells(query):
        layout = page.get(f"/targets/?columns={query}").context["table"].layout
        return {head: [column.name for column in columns] for head, columns in layout.items()}

    assert cells("name,value") == {"name": ["name", "code"], "value": ["comparator", "value", "qualifier"]}
    assert cells("name,value,qualifier") == {
        "name": ["name", "code"],
        "value": ["comparator", "value"],
        "qualifier": ["qualifier"],
    }


def test_a_table_can_be_sorted_by_a_column_that_it_does_not_show(page, on_screen):
    response = page.get("/targets/?as_of=2018-06&columns=code&sort=gap")
    assert response.context["notices"] == []
    assert on_screen(response)[0] == {"code": "squares"}


def test_the_form_for_columns_leads_to_an_address_that_says_them_in_order(page):
    form = "lay=chosen&show=name&show=gap&show=light&at-name=2&at-gap=1&at-light=x&light=red&as_of=2018-06&page=2&q="
    response = page.get(f"/targets/?{form}", follow=True)
    assert landed(response) == "/targets/?as_of=2018-06&light=red&columns=light%2Cgap%2Cname"
    assert columns(response) == ["light", "gap", "name"]
    usual = page.get("/targets/?lay=default&show=name&as_of=2018-06&columns=gap&light=red", follow=True)
    assert landed(usual) == "/targets/?as_of=2018-06&light=red"
    nothing = page.get("/targets/?lay=chosen&as_of=2018-06", follow=True)
    assert landed(nothing) == "/targets/?as_of=2018-06&view=all"


def test_the_form_for_columns_offers_every_column_with_its_place(page):
    content = page.get("/targets/?as_of=2018-06&columns=gap,name&light=red").content.decode()
    assert (
        content.index('value="gap" checked') < content.index('value="name" checked') < content.index('value="wording"')
    )
    assert content.count('name="show"') == content.count('type="number" name="at-')
    assert '<input type="hidden" name="light" value="red">' in content


# --- what is remembered ---


def test_a_table_opens_as_its_reader_left_it(page, reporter):
    page.get("/targets/?as_of=2018-06&light=red&sort=-gap&columns=name,gap&per_page=50", headers=ON_THE_PAGE)
    response = page.get("/targets/", follow=True)
    assert "light=red&sort=-gap&columns=name%2Cgap&per_page=50" in landed(response)
    assert columns(response) == ["name", "gap"]
    page.get("/targets/?as_of=2018-06&view=all", headers=ON_THE_PAGE)
    assert len(columns(page.get("/targets/?as_of=2018-06"))) == 16, "cleared is remembered, too"
    assert SavedView.objects.filter(owner=reporter, name="").count() == 1


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("light=red", {}),
        ("light=red", {"referer": "http://testserver/"}),
        ("light=red", {"referer": "https://elsewhere.example/targets/"}),
        ("light=nix", ON_THE_PAGE),
        ("columns=nix", ON_THE_PAGE),
        ("sort=nix", ON_THE_PAGE),
        (f"q={'长' * 700}", ON_THE_PAGE),
    ],
)
def test_links_from_elsewhere_and_mistakes_are_not_remembered(page, query, headers):
    assert page.get(f"/targets/?as_of=2018-06&{query}", headers=headers).status_code == 200
    assert not SavedView.objects.exists()


def test_what_one_person_left_is_nobody_elses(page, as_user, colleague):
    page.get("/targets/?as_of=2018-06&light=red", headers=ON_THE_PAGE)
    assert as_user(colleague).get("/targets/").status_code == 200


# --- views under a name ---


def save(client, query="light=red&sort=-gap&columns=name,gap", **form):
    return client.post(f"/targets/?as_of=2018-06&{query}", {"name": "红灯", **form}, follow=True)


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_a_view_is_kept_under_its_name_and_opened_by_it(page, reporter):
    response = save(page)
    assert said(response) == ["已保存视图“红灯”。"]
    view = SavedView.objects.get(owner=reporter)
    assert (view.table, view.query) == ("targets", "light=red&sort=-gap&columns=name%2Cgap")
    assert (view.sharing, view.is_default) == (Sharing.PRIVATE, False)
    opened = page.get(f"/targets/?view={view.pk}&as_of=2018-03", follow=True)
    assert landed(opened) == "/targets/?as_of=2018-03&light=red&sort=-gap&columns=name%2Cgap"
    assert 'aria-current="true">红灯' in opened.content.decode()


def test_a_default_view_opens_first_and_there_is_one(page, reporter):
    save(page, is_default="on")
    page.get("/targets/?as_of=2018-06&light=yellow", headers=ON_THE_PAGE)
    assert "light=red" in landed(page.get("/targets/", follow=True)), "before what was looked at last"
    save(page, "light=green", name="绿灯", is_default="on")
    assert "light=green" in landed(page.get("/targets/", follow=True))
    green = SavedView.objects.get(name="绿灯")
    response = page.post(f"/views/{green.pk}/", {"usual": "", "next": "/targets/?view=all"}, follow=True)
    assert said(response) == ["“绿灯”不再是默认视图。"]
    red = SavedView.objects.get(name="红灯")
    page.post(f"/views/{red.pk}/", {"default": "", "next": "/targets/?view=all"})
    assert list(SavedView.objects.filter(is_default=True)) == [red]


def test_a_view_is_seen_by_those_with_whom_it_is_shared(page, as_user, unit, colleague, endorser):
    save(page, name="自己")
    save(page, name="单位", sharing=f"unit-{unit.code}")
    save(page, name="大家", sharing="everyone")

    def offered(user):
        return {view.name for view, _ in as_user(user).get("/targets/").context["views"]}

    assert {view.name for view, _ in page.get("/targets/").context["views"]} == {"自己", "单位", "大家"}
    assert offered(endorser) == {"单位", "大家"}
    assert offered(colleague) == {"大家"}
    hidden = SavedView.objects.get(name="单位")
    response = as_user(colleague).get(f"/targets/?view={hidden.pk}")
    assert response.context["notices"] == ["没有这个视图，或它没有与您共享；现按表格的默认版式显示。"]


@pytest.mark.parametrize("asked", ["nix", "0", "99999999999999999999", "-1", "1;2"])
def test_a_view_that_does_not_exist_gives_a_usable_page_with_a_notice(page, asked):
    response = page.get(f"/targets/?view={asked}")
    assert response.context["notices"] == ["没有这个视图，或它没有与您共享；现按表格的默认版式显示。"]


@pytest.mark.parametrize(
    ("query", "form", "sentence"),
    [
        ("light=red", {"name": " "}, "请给视图起一个名称。"),
        ("light=red", {"name": "长" * 41}, "名称最多 40 个字，现在是 41 个，请缩短。"),
        ("light=red", {"name": "a\0b"}, "名称里有不能保存的字符"),
        ("light=red", {"sharing": "unit-\0"}, "只能与自己所属的单位共享"),
        ("light=nix", {}, "筛选条件“亮灯”的值无效"),
        ("columns=nix", {}, "没有名为“nix”的列"),
        (f"q={'长' * 700}", {}, "筛选条件太多，不能存为视图"),
        ("light=red", {"sharing": "unit-gongan"}, "只能与自己所属的单位共享"),
        ("light=red", {"sharing": "nix"}, "只能与自己所属的单位共享"),
    ],
)
def test_a_view_that_cannot_be_kept_is_refused_with_a_sentence(page, query, form, sentence):
    response = save(page, query, **form)
    assert sentence in response.content.decode()
    assert "视图没有保存：" in response.content.decode()
    assert not SavedView.objects.exists()


def test_a_refused_view_comes_back_as_it_was_filled_in(page):
    content = save(page, name="长" * 41, is_default="on", sharing="everyone").content.decode()
    assert '<details class="view-tools" open>' in content
    assert f'value="{"长" * 41}"' in content
    assert '<option value="everyone" selected>' in content
    assert re.search(r'name="is_default"[^>]* checked', content)


def test_a_name_is_given_once(page):
    save(page)
    assert "视图没有保存：您已有同名的视图，请换一个名称。" in save(page).content.decode()
    assert SavedView.objects.count() == 1


def test_nobody_touches_the_views_of_others(page, as_user, endorser, supervisor, unit):
    save(page, sharing="everyone")
    view = SavedView.objects.get()
    for user in (endorser, supervisor):
        for act in ("discard", "default", "usual"):
            assert as_user(user).post(f"/views/{view.pk}/", {act: ""}).status_code == 404
    view.refresh_from_db()
    assert not view.is_default


def test_ones_own_view_can_be_deleted_and_the_way_back_stays_on_the_site(page):
    save(page)
    view = SavedView.objects.get()
    response = page.post(f"/views/{view.pk}/", {"discard": "", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"
    assert not SavedView.objects.exists()


def test_what_is_merely_remembered_is_no_view_to_be_changed(page):
    page.get("/targets/?as_of=2018-06&light=red", headers=ON_THE_PAGE)
    view = SavedView.objects.get()
    assert page.post(f"/views/{view.pk}/", {"discard": ""}).status_code == 404


def test_saving_needs_a_token_and_an_account(ledger, reporter, client):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reporter, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/targets/?light=red", {"name": "红灯"}).status_code == 403
    assert client.post("/targets/?light=red", {"name": "红灯"}).headers["Location"].startswith("/login/")
    assert client.post("/views/1/", {"discard": ""}).headers["Location"].startswith("/login/")
    assert client.get("/views/1/").status_code in {302, 405}


def test_a_view_of_a_unit_that_its_owner_has_left_is_kept_as_it_is_or_deleted(page, reporter, unit):
    save(page, sharing=f"unit-{unit.code}")
    Membership.objects.filter(user=reporter).delete()
    view = SavedView.objects.get()
    response = page.post(f"/views/{view.pk}/", {"default": "", "next": "/targets/?view=all"}, follow=True)
    assert said(response) == ["视图没有改动：只能与自己所属的单位共享，请改选。"]
    page.post(f"/views/{view.pk}/", {"discard": ""})
    assert not SavedView.objects.exists()


def test_a_saved_view_is_also_the_view_of_its_files(page, reporter, colleague):
    save(page)
    view = SavedView.objects.get()
    by_number = b"".join(page.get(f"/targets/view.csv?view={view.pk}&as_of=2018-06")).decode()
    assert by_number == b"".join(page.get(f"/targets/view.csv?{view.query}&as_of=2018-06")).decode()
    others = SavedViewFactory(owner=colleague, table="targets")
    response = page.get(f"/targets/view.csv?view={others.pk}&as_of=2018-06", follow=True)
    assert response.context["notices"] == ["没有这个视图，或它没有与您共享；现按表格的默认版式显示。"]


def test_what_was_remembered_of_another_years_table_is_left_where_it_cannot_be_followed(page, report):
    SectionFactory(path="2017/一", title="过去一年", report=report, year=2017)
    here = {"referer": "http://testserver/results/2017/"}
    page.get("/results/2017/?section=2017/一&sort=name", headers=here)
    assert "section=2017" in landed(page.get("/results/2017/", follow=True))
    response = page.get("/results/2018/")
    assert (response.status_code, response.context["notices"]) == (200, [])


def test_a_page_by_its_number_is_not_lost_to_the_default_view(page, many):
    many(60)
    save(page, is_default="on")
    assert page.get("/targets/?as_of=2018-06&page=2").context["table"].page.number == 2


def test_an_address_too_long_to_lead_on_is_answered_all_the_same(page):
    assert page.get(f"/targets/?lay=chosen&show=name&q={'x' * 17_000}", follow=True).status_code == 200


def test_units_are_named_in_the_readers_language(page, unit):
    save(page, sharing=f"unit-{unit.code}")
    page.cookies["django_language"] = "en"
    content = page.get("/targets/?as_of=2018-06&light=red").content.decode()
    assert content.count(unit.name_en) >= 2
    assert unit.name not in content.partition("<table")[0].replace(f'lang="zh-hans">{unit.name}', "")


def test_each_table_has_views_of_its_own(page):
    page.post("/updates/?as_of=2018-06&status=draft", {"name": "草稿"})
    page.post("/results/2017/?has=growth", {"name": "增速"})
    assert set(SavedView.objects.values_list("table", "query")) == {
        ("updates", "status=draft"),
        ("results", "has=growth"),
    }
    assert [view.name for view, _ in page.get("/updates/").context["views"]] == ["草稿"]


def test_looking_at_saved_views_costs_one_query(page, queries_of, reporter):
    few = queries_of(page, "/targets/?as_of=2018-06&light=red")
    SavedViewFactory.create_batch(20, sharing=Sharing.EVERYONE)
    assert queries_of(page, "/targets/?as_of=2018-06&light=red") == few
