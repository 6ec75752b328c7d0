"""Static files under addresses that name the build, so that browsers may cache them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound

IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"


class StaticFolder:
    """The folder of static files. `build` is a hash of their contents."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.build = _hash_folder(path)

    def url(self, name: str) -> str:
        """Return the address of a file, such as `core/design_tokens.css`."""
        return f"/static/{self.build}/{name}"


def _hash_folder(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
        digest.update(str(file.relative_to(path)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def build_static_routes(static: StaticFolder) -> list[BaseRoute]:
    """Build the route of the static files. Addresses of an earlier build are not cached."""

    async def file(request: Request) -> Response:
        path = _find_static_file(static.path.resolve(), request.path_params["path"])
        is_current = request.path_params["build"] == static.build
        return FileResponse(path, headers={"Cache-Control": IMMUTABLE_CACHE_CONTROL if is_current else "no-cache"})

    return [Route("/static/{build}/{path:path}", file)]


def _find_static_file(folder: Path, name: str) -> Path:
    """Return the file of that name in the folder. Raises NotFound, also for an invalid name."""
    try:
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file():
            return path
    except (ValueError, OSError):
        raise NotFound from None
    raise NotFound
