"""Read a report's text and say what a ledger would record."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker.comparison import compare, comparison_lines, comparison_report, read_ledger
from tracker.fixtures import FixtureError
from tracker.reader import documents, writing
from tracker.reader.report import read_report
from tracker.reader.types import Report

FIRST_YEAR, LAST_YEAR = 1949, 2149


class Command(BaseCommand):
    help = "读政府工作报告的文本，列出其中的实绩、目标、限期工作和任务，并说明每一个数字的去向。不使用数据库。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="报告文件：TXT、DOCX、保存的网页、有文字层的 PDF；- 为标准输入"
        )
        parser.add_argument("--plan-year", metavar="YYYY", help="报告安排的年度，如 2018；不写则由文本判断")
        parser.add_argument(
            "--format", choices=["jsonl", "table"], default="jsonl", help="jsonl 一行一个 JSON 对象；table 供人看的表格"
        )
        parser.add_argument("--output", metavar="FILE", type=Path, help="写入文件（UTF-8），不写则输出到屏幕")
        views = parser.add_mutually_exclusive_group()
        views.add_argument("--numerals", action="store_true", help="列出每一个数字：归入哪一条、为何不是指标，或待定")
        views.add_argument("--text", action="store_true", help="输出读到的文字；各条的位置都以它的字数计")
        views.add_argument("--compare", metavar="FOLDER", type=Path, help="与文件夹中的台账数据（YAML）逐条比对")

    def handle(self, *args: Any, **options: Any) -> None:
        document = read_document(options["file"])
        for warning in document.warnings:
            self.stderr.write(warning)
        if options["text"]:
            self.write(options["output"], [document.text], ending="")
            return
        report = read_report(document.text, plan_year=plan_year(options["plan_year"]), levels=document.levels)
        if not report.proposals:
            self.stderr.write("没有读到实绩、目标或任务，请检查这是不是一份政府工作报告，文字是否完整。")
        self.write(options["output"], lines(report, options))

    def write(self, path: Path | None, written: Iterable[str], ending: str = "\n") -> None:
        """Write lines to the file, or to standard output; a reader that has seen enough may close it."""
        if path is not None:
            try:
                path.write_text("".join(line + ending for line in written), encoding="utf-8", newline="")
            except OSError as error:
                raise CommandError(f"不能写入“{path}”：{reason(error)}。请换一个可以写入的位置。") from error
            return
        try:
            for line in written:
                self.stdout.write(line, ending=ending)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends


def read_document(name: str) -> documents.Document:
    """Return the text of the file, or of standard input.

    Raises:
        CommandError: it cannot be opened, or is no text that can be read.
    """
    try:
        source = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return documents.read(source, name)
    except OSError as error:
        raise CommandError(f"不能打开“{name}”：{reason(error)}。请检查文件名和权限。") from error
    except documents.DocumentError as error:
        raise CommandError(f"{'标准输入' if name == '-' else name}：{error}") from error


def lines(report: Report, options: dict[str, Any]) -> Iterable[str]:
    """Return what was asked for, in lines."""
    if options["compare"]:
        try:
            comparison = compare(report, read_ledger(options["compare"]))
        except FixtureError as error:
            raise CommandError(str(error)) from error
        return comparison_report(comparison) if options["format"] == "table" else comparison_lines(comparison)
    if options["numerals"]:
        return writing.numeral_table(report) if options["format"] == "table" else writing.numeral_lines(report)
    return writing.proposal_table(report) if options["format"] == "table" else writing.proposal_lines(report)


def plan_year(text: str | None) -> int | None:
    """Return the year, or None where none was given.

    Raises:
        CommandError: it is no year.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR):
        raise CommandError(f"年度“{text}”无法识别，应写成 2018 的样子。")
    return int(text)


REASONS = {
    FileNotFoundError: "没有这个文件或文件夹",
    IsADirectoryError: "这是文件夹，不是文件",
    NotADirectoryError: "路径中有一段不是文件夹",
    PermissionError: "没有权限",
}


def reason(error: OSError) -> str:
    return next((words for kind, words in REASONS.items() if isinstance(error, kind)), error.strerror or "读写出错")
