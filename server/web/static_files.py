"""Static files under addresses that name the build, so that browsers may cache them.

Serves the built files (bundling/) if they are there and of these sources, else the modules and style sheets
themselves. Every file is found in a table: no request looks for a path on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ..bundling.manifest import (
    BUILT_FOLDER,
    STATIC_FOLDER,
    current_manifest,
    files_below,
    hash_files,
)
from .compression import accepted_codings

IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"
SOURCE_MAP_COMMENT = "/*# sourceMappingURL="  # its address is that of the bundle
CONTENT_CODINGS = {".br": "br", ".gz": "gzip"}


class StaticFolder:
    """The static files of a package. `build` is a hash of their contents.

    `path`: the folder of the sources, with the built files in the package beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._styles: dict[str, str] = {}
        self.manifest = current_manifest(path.parent) if path.name == STATIC_FOLDER else None
        if self.manifest:
            self.served_path = path.parent / BUILT_FOLDER / STATIC_FOLDER
            self.build = self.manifest.build
            self._files: Mapping[str, Sequence[str]] = self.manifest.files
        else:
            self.served_path = path
            self.build = hash_files(path, files_below(path))
            self._files = {os.path.relpath(file, path): () for file in files_below(path)}

    def url(self, name: str) -> str:
        """Return the address of a file, such as `core/design_tokens.css`."""
        return f"/static/{self.build}/{name}"

    def page_script_url(self, template: str) -> str | None:
        """Return the address of the bundle of a template's page, or None if it has none."""
        name = self.manifest.pages.get(template) if self.manifest else None
        return self.url(name) if name else None

    def stylesheet_urls(self, names: tuple[str, ...]) -> list[str]:
        """Return the addresses of style sheets, or that of their bundle."""
        bundle = self.manifest.styles.get(" ".join(names)) if self.manifest else None
        return [self.url(name) for name in ([bundle] if bundle else names)]

    def read_stylesheets(self, names: tuple[str, ...]) -> str | None:
        """Read the bundle of style sheets, or return None if they have none."""
        bundle = self.manifest.styles.get(" ".join(names)) if self.manifest else None
        if bundle is not None and bundle not in self._styles:
            self._styles[bundle] = (self.served_path / bundle).read_text().partition(SOURCE_MAP_COMMENT)[0].strip()
        return self._styles[bundle] if bundle else None

    def respond(self, request: Request, name: str, cache_control: str) -> Response:
        """Send a file, compressed if the client accepts it. Raises NotFound."""
        suffixes = self._files.get(name)
        if suffixes is None:
            raise NotFound
        path, headers = self.served_path / name, {"Cache-Control": cache_control}
        if suffixes:
            headers["Vary"] = "Accept-Encoding"
            # a range of bytes is a part of the file itself, not of its compressed form
            header = "" if "range" in request.headers else request.headers.get("accept-encoding", "")
            accepted = accepted_codings(header)
            if suffix := next((suffix for suffix in suffixes if CONTENT_CODINGS[suffix] in accepted), None):
                headers["Content-Encoding"] = CONTENT_CODINGS[suffix]
                path = path.with_name(path.name + suffix)
        return FileResponse(path, headers=headers, media_type=guess_type(name)[0])


def build_static_routes(static: StaticFolder) -> list[BaseRoute]:
    """Build the route of the static files. Addresses of an earlier build are not cached."""

    async def file(request: Request) -> Response:
        is_current = request.path_params["build"] == static.build
        cache_control = IMMUTABLE_CACHE_CONTROL if is_current else "no-cache"
        return static.respond(request, request.path_params["path"], cache_control)

    return [Route("/static/{build}/{path:path}", file)]
