"""Mail everybody what they have not reported; safe to run from cron at any time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from tracker import reminding
from tracker.overdue import LONG, SOON


class Command(BaseCommand):
    help = (
        f"给有逾期未报或 {SOON} 天内到期项目的填报员和审核人发提醒邮件，每人一封；同一项在即将到期、逾期、"
        f"逾期超过 {LONG} 天时各提醒一次，不会重复。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="只列出会发给谁、多少项，不发邮件，不作记录")
        parser.add_argument("--as-of", metavar="DATE", help="把这一天当作今天，如 2018-10-15；晚于今天的只能试运行")

    def handle(self, *args: Any, dry_run: bool, as_of: str | None, **options: Any) -> None:
        today = timezone.localdate()
        if as_of:
            try:
                day = parse_date(as_of)
            except ValueError:
                day = None
            if day is None:
                raise CommandError(f"日期“{as_of}”无法识别，应写成 2018-10-15 的样子。")
            if day > today and not dry_run:
                raise CommandError(f"{day} 还没有到，不能按那一天发提醒；只想看看请加上 --dry-run。")
            today = day
        if not dry_run and not reminding.is_configured():
            raise CommandError(reminding.NOT_CONFIGURED)
        plan = reminding.plan(today)
        if dry_run:
            for digest in plan.digests:
                self.stdout.write(f"将发给 {named(digest.recipient)}：{reminding.counted(digest.rows)}。")
            self.stdout.write(f"试运行：共 {len(plan.digests)} 封，没有发出，也没有记录。")
            self._out_of_reach(plan)
            return
        sent, failed = 0, 0
        try:
            for outcome in reminding.send(plan.digests, today):
                if outcome.problem:
                    failed += 1
                    self.stderr.write(f"{named(outcome.recipient)}：{outcome.problem}")
                elif outcome.sent:
                    sent += 1
                    self.stdout.write(f"已发给 {named(outcome.recipient)}：{outcome.sent} 项。")
        except reminding.MailUnreachableError as error:
            raise CommandError(f"{error}已发出 {sent} 封，其余下次运行会再试。") from error
        self.stdout.write(f"共发出 {sent} 封。" if sent else "没有新的提醒要发。")
        self._out_of_reach(plan)
        if failed:
            raise CommandError(f"有 {failed} 封没有确认发出，原因见上。")

    def _out_of_reach(self, plan: reminding.Plan) -> None:
        if plan.without_address:
            people = "、".join(f"{user}（{user.username}）" for user in plan.without_address)
            self.stdout.write(f"没有登记邮箱、未能提醒的人：{people}。请系统管理员补登。")
        if plan.without_people:
            names = "、".join(department.name or "未明确牵头单位的目标" for department in plan.without_people)
            self.stdout.write(f"没有填报员或审核人可提醒的单位：{names}。")


def named(user: Any) -> str:
    return f"{user} <{user.email}>"
