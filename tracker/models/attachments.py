"""Which files may support an update: PDF, OFD, images and office documents, by what is in them."""

from __future__ import annotations

import zipfile
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _

LARGEST = 20 * 1024 * 1024

#: How a file begins → the extensions that it may bear.
BEGINNINGS: list[tuple[bytes, set[str]]] = [
    (b"%PDF-", {".pdf"}),
    (b"\x89PNG\r\n\x1a\n", {".png"}),
    (b"\xff\xd8\xff", {".jpg", ".jpeg"}),
    (b"GIF87a", {".gif"}),
    (b"GIF89a", {".gif"}),
    (b"BM", {".bmp"}),
    (b"II*\0", {".tif", ".tiff"}),
    (b"MM\0*", {".tif", ".tiff"}),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {".doc", ".xls", ".ppt", ".wps", ".et", ".dps"}),
]
#: A member that a zipped document must have → the extensions that it may bear.
MEMBERS = {
    "OFD.xml": {".ofd"},
    "word/document.xml": {".docx"},
    "xl/workbook.xml": {".xlsx"},
    "ppt/presentation.xml": {".pptx"},
}
ACCEPTED = sorted(
    {extension for _beginning, extensions in BEGINNINGS for extension in extensions}.union(*MEMBERS.values())
)


def check_attachment(file: File[bytes]) -> None:
    """Refuse a file that is too large, or is not what its name says.

    Raises:
        ValidationError: a sentence that says what may be uploaded.
    """
    if file.size > LARGEST:
        raise ValidationError(_("文件不能超过 20 MB，请压缩或拆分后再上传。"))
    extension = PurePath(file.name or "").suffix.lower()
    if extension not in ACCEPTED:
        raise ValidationError(_("只能上传 PDF、OFD、图片和 Office 文档，请另存为其中一种后再上传。"))
    if extension not in _extensions(file):
        raise ValidationError(
            _("文件内容与扩展名 %(extension)s 不符，请用原来的软件另存后再上传。") % {"extension": extension}
        )


def _extensions(file: File[bytes]) -> set[str]:
    """The extensions that the content allows; none for what is not recognised."""
    file.seek(0)
    start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        try:
            names = set(zipfile.ZipFile(file).namelist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return set()
        finally:
            file.seek(0)
        return set().union(*(extensions for member, extensions in MEMBERS.items() if member in names))
    file.seek(0)
    return set().union(*(extensions for beginning, extensions in BEGINNINGS if start.startswith(beginning)))
