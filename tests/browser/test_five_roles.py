"""A figure goes its way through five hands, each in a browser of their own, until it stands in the history."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.models import Category, User

NAME = "新增城镇就业"


@pytest.fixture
def people(live_server) -> dict[str, User]:
    """A unit with one target, reported up to May, and the five who have to do with it."""
    unit = DepartmentFactory(code="renshe", name="区人社局")
    target = TargetFactory(indicator__name=NAME, category=Category.MAIN, value=9500, lead=unit)
    UpdateFactory(target=target, period=dt.date(2018, 5, 31), value=4000)

    def person(name: str, role: str, **given: object) -> User:
        return UserFactory(role=role, display_name=name, **given)

    return {
        "reporter": person("张三", roles.REPORTER, departments=[unit]),
        "endorser": person("李四", roles.ENDORSER, departments=[unit]),
        "supervisor": person("王五", roles.SUPERVISOR),
        "viewer": person("赵六", roles.VIEWER, is_staff=False),
        "auditor": person("孙七", roles.AUDITOR),
    }


def enter(reporter: Page, value: str) -> None:
    """By the month's sheet."""
    reporter.goto("/admin/sheet/?unit=renshe&month=2018-06")
    reporter.get_by_label(f"{NAME} 完成值").fill(value)
    reporter.get_by_role("button", name="保存并提交").click()
    expect(reporter.locator(".messagelist")).to_contain_text("已提交 1 项")


def take(checker: Page, step: str, reason: str = "") -> None:
    """A step for what waits on the work list."""
    checker.goto("/admin/")
    checker.locator("main, #content").get_by_role("link", name=NAME).first.click()
    if reason:
        checker.get_by_label(f"{step}原因").fill(reason)
    checker.get_by_role("button", name=step, exact=True).click()
    expect(checker.locator(".messagelist .success")).to_be_visible()


def sees(viewer: Page, completion: str) -> None:
    """On the overview's card."""
    viewer.goto("/?as_of=2018-06")
    expect(viewer.locator("main")).to_contain_text(completion)


def test_from_the_sheet_to_the_overview_and_once_more_corrected(
    arrive: Callable[[User], Page], people: dict[str, User], tmp_path: Path
) -> None:
    reporter, endorser, supervisor, viewer, auditor = (arrive(person) for person in people.values())
    sees(viewer, "42.11%")

    enter(reporter, "5,260")
    take(endorser, "退回", reason="缺街道明细")
    reporter.goto("/admin/sheet/?unit=renshe&month=2018-06")
    expect(reporter.locator(".sent-back")).to_contain_text("缺街道明细")
    enter(reporter, "5180")
    take(endorser, "审核通过")
    sees(viewer, "42.11%")
    take(supervisor, "核验通过")
    sees(viewer, "54.53%")

    reporter.goto("/admin/tracker/progressupdate/?period__month=6")
    reporter.get_by_role("link", name=NAME).click()
    reporter.get_by_text("更正", exact=True).first.click()
    reporter.get_by_label("更正原因").fill("漏报一个街道")
    reporter.get_by_role("button", name="更正").click()
    reporter.get_by_label("完成值").fill("5200")
    reporter.get_by_role("button", name="保存并提交").click()
    expect(reporter.locator(".messagelist .success")).to_be_visible()
    take(endorser, "审核通过")
    sees(viewer, "54.53%")
    take(supervisor, "核验通过")
    sees(viewer, "54.74%")

    auditor.goto("/history/?kind=progressupdate")
    rows = auditor.locator("table.ledger tbody")
    for text in ("退回 缺街道明细", "更正 漏报一个街道", "5,260 → 5,180", "5,180 → 5,200", "127.0.0.1"):
        expect(rows).to_contain_text(text)
    with auditor.expect_download() as download:
        auditor.get_by_role("link", name="CSV").first.click()
    download.value.save_as(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    steps = [(line["操作人"], line["操作"], line["原因"]) for line in lines if "状态：" in line["变更内容"]]
    chain = [("张三", "提交", ""), ("李四", "审核通过", ""), ("王五", "核验通过", "")]
    told = [step for step in reversed(steps) if step[0] in ("张三", "李四", "王五") and step[1] not in ("新建", "更正")]
    assert told == [chain[0], ("李四", "退回", "缺街道明细"), *chain, *chain]
