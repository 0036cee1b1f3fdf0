"""Load the work report's records from fixtures/; twice gives the same database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from tracker.fixtures import FixtureError, Loader


class Command(BaseCommand):
    help = "装载政府工作报告的实绩、目标、责任分工和已公布的进展（可重复运行）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, default=settings.FIXTURE_DIRS[0], help="数据文件所在文件夹"
        )
        parser.add_argument(
            "--update", action="store_true", help="以数据文件为准，改写库中不同的记录（已核验的填报除外）"
        )
        parser.add_argument("--check", action="store_true", help="只检查，不写入")

    def handle(self, *args: Any, folder: Path, update: bool, check: bool, **options: Any) -> None:
        loader = Loader(update=update)
        try:
            with transaction.atomic():
                report = loader.load(folder)
                transaction.set_rollback(check)
        except FixtureError as error:
            raise CommandError(f"{error}\n没有装载任何记录，请改正后重试。") from error
        self.stdout.write(
            f"{'检查通过' if check else '装载完成'}：新增 {report.created.total()} 条，"
            f"更新 {report.updated.total()} 条，相同 {report.unchanged.total()} 条。"
        )
        if report.kept:
            why = "已核验的填报不能改写，更正请登记新版" if update else "--update 可改写"
            self.stdout.write(f"以下 {len(report.kept)} 条在库中与文件不同，保留库中内容（{why}）：")
            for name in report.kept:
                self.stdout.write(f"  {name}")
