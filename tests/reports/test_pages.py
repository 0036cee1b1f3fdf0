"""What every page shares: the frame, signing in, the language, and pages for what went wrong."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PAGES = ["/", "/targets/", "/results/2017/", "/password/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_a_frame_that_can_be_walked_by_keyboard(as_user, ledger, official, address):
    content = as_user(official).get(address).content.decode()
    assert content.index('class="skip"') < content.index("<header")
    assert '<main id="main"' in content
    assert "岳阳楼区人民政府" in content
    assert "2018年政府工作报告目标台账" in content
    assert content.count("<h1") == 1
    assert '<html lang="zh-hans">' in content


@pytest.mark.parametrize("address", PAGES)
def test_no_page_needs_anything_that_the_security_policy_forbids(as_user, ledger, official, address):
    response = as_user(official).get(address)
    content = response.content.decode()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?! src=| id=)|<style|\sstyle=|\son\w+=|data:", content)
    assert set(re.findall(r'(?:src|<link[^>]*href)="(https?:)?//', content)) == set()


def test_the_page_one_is_on_is_marked(as_user, ledger, official):
    content = as_user(official).get("/targets/").content.decode()
    assert '<a href="/targets/" aria-current="page">' in content
    assert '<a href="/" aria-current="page">' not in content


def test_staff_find_the_way_to_the_admin_and_others_none(as_user, ledger, official):
    link = '<a href="/admin/">'
    assert link in as_user(official).get("/").content.decode()
    reader = UserFactory(role="领导", is_staff=False)
    assert link not in as_user(reader).get("/").content.decode()


def test_signing_in_and_out(ledger, official):
    client = Client(enforce_csrf_checks=True)
    page = client.get("/login/?next=/targets/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = {"username": official.username, "password": "wrong", "next": "/targets/", "csrfmiddlewaretoken": token}
    refused = client.post("/login/", form).content.decode()
    assert 'role="alert"' in refused
    assert client.post("/login/", {**form, "password": "password"}).headers["Location"] == "/targets/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/targets/").content.decode())[1]
    assert client.post("/logout/", {"csrfmiddlewaretoken": token}).headers["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_too_many_wrong_passwords_are_answered_with_when_to_come_back(client, ledger, official):
    for _ in range(5):
        response = client.post("/login/", {"username": official.username, "password": "wrong"})
    assert response.status_code == 429
    content = response.content.decode()
    assert "暂时不能登录" in content
    assert "请在 15 分钟后再试" in content


def test_a_password_can_be_changed(as_user, official, ledger):
    page = as_user(official)
    new = "long-enough-2018"
    form = {"old_password": "password", "new_password1": new, "new_password2": new}
    assert page.post("/password/", form).headers["Location"] == "/password/done/"
    assert "密码已修改" in page.get("/password/done/").content.decode()


def test_the_language_is_switched_by_a_form_and_kept(as_user, ledger, official):
    page = as_user(official)
    content = page.get("/targets/?light=red").content.decode()
    assert '<input type="hidden" name="next" value="/targets/?light=red">' in content
    response = page.post("/language/", {"language": "en", "next": "/targets/?light=red"})
    assert response.headers["Location"] == "/targets/?light=red"
    assert '<html lang="en">' in page.get("/").content.decode()


def test_what_is_not_there_is_a_friendly_page_for_everyone(client, as_user, ledger, official):
    for visitor in (client, as_user(official)):
        response = visitor.get("/nowhere/")
        assert response.status_code == 404
        assert "没有这个页面" in response.content.decode()


def test_an_expired_form_is_a_friendly_page(ledger, official):
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "x"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


def test_a_bad_request_is_a_friendly_page(client, ledger):
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "请求有误" in response.content.decode()


def test_a_fault_is_a_page_that_needs_neither_database_nor_static_manifest(django_assert_num_queries):
    with django_assert_num_queries(0):
        content = render_to_string("500.html")
    assert "系统出错" in content
    assert "/static/reports/site.css" in content


def test_the_frame_stands_without_any_report(as_user, official):
    for address in ("/login/", "/nowhere/"):
        assert "政府工作报告目标台账" in as_user(official).get(address, follow=True).content.decode()
