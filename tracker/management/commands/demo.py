"""Fill the ledger for a demonstration, or clear it again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from tracker import demo
from tracker.models import Target


class Command(BaseCommand):
    help = "建立演示账号和2018年1–9月演示数据；--clear 全部清除。"

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--clear", action="store_true", help="清除全部演示数据和演示账号")
        choice.add_argument("--passwords", action="store_true", help="给演示账号换发密码，只显示一次")

    def handle(self, *args: Any, clear: bool, passwords: bool, **options: Any) -> None:
        if clear:
            updates, accounts = demo.clear()
            self.stdout.write(f"已清除 {updates} 条演示填报和 {accounts} 个演示账号。")
            return
        if not Target.objects.filter(year=demo.YEAR).exists():
            raise CommandError(f"还没有 {demo.YEAR} 年目标，请先运行 manage.py load_report。")
        if demo.is_filled() and not passwords:
            self.stdout.write(
                "演示数据已在库中。忘了密码请运行 manage.py demo --passwords，清除请运行 manage.py demo --clear。"
            )
            return
        try:
            with transaction.atomic():  # figures without accounts would be of no use
                entered = 0 if demo.is_filled() else demo.fill()
                accounts_shown = demo.open_accounts()
        except ValueError as error:
            raise CommandError(str(error)) from error
        if entered:
            self.stdout.write(f"已填入 {entered} 条演示填报（均标为演示数据）。")
        self.stdout.write("演示账号（密码只显示这一次）：")
        for role, (username, password) in accounts_shown.items():
            self.stdout.write(f"  {role}：用户名 {username}  密码 {password}")
