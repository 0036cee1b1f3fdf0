"""Which files of the npm packages are collected: those that pages use, not the megabytes beside them."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder

#: Of ECharts' ready-made builds (45 MB) only echarts.common.min.js is served: lines and bars, and the SVG renderer.
LEFT_OUT = ["echarts.[!c]*", "echarts.common.js*", "extension", "package.json"]


class PickedFilesFinder(FileSystemFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        yield from super().list([*(ignore_patterns or []), *LEFT_OUT])
