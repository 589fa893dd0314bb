"""A wheel of the very package that is running, for a machine that has no other way to get it: what was installed, packed again.

Source: the binary distribution format, https://packaging.python.org/specifications/binary-distribution-format/
"""

import base64
import hashlib
import importlib.metadata
import io
import zipfile
from pathlib import Path

NAME = "netcore-nn"
OF_THE_INSTALLER = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def own() -> tuple[str, bytes] | None:
    """Name and bytes. None where it would be of no use on Linux, or where this is a checkout whose files pip did not place."""
    try:
        installed = importlib.metadata.distribution(NAME)
    except importlib.metadata.PackageNotFoundError:
        return None
    home = Path(__file__).resolve().parents[2]
    files = {str(each): Path(str(installed.locate_file(each))) for each in installed.files or [] if ".." not in each.parts and each.suffix != ".pyc"}
    tags = [line.removeprefix("Tag: ") for line in (installed.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")]
    if home / "__init__.py" not in {path.resolve() for path in files.values()} or not tags or "linux" not in tags[0]:
        return None
    packed, record = io.BytesIO(), []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            if not (Path(name).parts[0].endswith(".dist-info") and path.name in OF_THE_INSTALLER):
                data = path.read_bytes()
                archive.writestr(name, data)
                record.append(f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}")
        stem = f"{NAME.replace('-', '_')}-{installed.version}"
        record.append(f"{stem}.dist-info/RECORD,,")
        archive.writestr(f"{stem}.dist-info/RECORD", "\n".join(record) + "\n")
    return f"{stem}-{tags[0]}.whl", packed.getvalue()
