"""Evidence files reach a reader only through this check."""

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404

from .models import Evidence


@permission_required("tracker.view_evidence", raise_exception=True)
def download_evidence(request: HttpRequest, pk: int) -> FileResponse:
    """The file, as a download under its original name; 404 for a file whose update the person may not see."""
    evidence = get_object_or_404(Evidence.objects.visible_to(request.user), pk=pk)
    return FileResponse(
        evidence.file.open("rb"),
        as_attachment=True,
        filename=evidence.name,
        content_type="application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
