"""Masks of the proxy's access log, generated from the route table. Writes no file."""

from __future__ import annotations

import re

from office360.server.app import create_app
from office360.server.settings import load_settings

from ..support.routes import all_routes

SECRET_PARAMETERS = {"token", "secret", "test"}  # each gives access to something without a login
PUBLIC_PARAMETERS = {"office", "id", "desk", "line", "service", "list", "section", "text"} | {
    "code",
    "appointment",
    "channel",
    "group",
    "kind",
    "path",
    "rest",
    "build",
}


def route_templates() -> set[str]:
    """Return the path of each route, with and without test rooms in other processes."""
    settings = [
        load_settings(environment="development", secret_key=["k" * 32], testroom_url=urls)
        for urls in ([], ["http://127.0.0.1:8361"])
    ]
    routes = [route for each in settings for route in all_routes(create_app(each).routes)]
    return {str(route.path) for route in routes}  # type: ignore[attr-defined]  # also of mounts


def path_parameters(template: str) -> set[str]:
    """Return the names of the parameters in a template such as `/a/{token}`."""
    return set(re.findall(r"{(\w+)", template))


def generate_masks() -> list[str]:
    """Return the lines of the map in nginx.conf, the longest prefix first.

    nginx uses the first match.
    """
    masked = {_mask(each, "[^/]+"): _mask(each, "-") for each in _secret_prefixes()}
    width = max(map(len, masked)) + len('"~^(?<rest>.*)$"')
    return [_map_line(pattern, path, width) for pattern, path in masked.items()]


def generate_caddy_pattern() -> str:
    """Return the pattern of the Caddyfile, whose first group stands before a secret.

    Caddy replaces every match, so the second secret of a path needs its own piece only.
    """
    before = {f"^{each[0]}" if len(each) == 1 else each[-1] for each in _secret_prefixes()}
    plain = "|".join(sorted(re.sub(r"{\w+}", "[^/?]+", each) for each in before))
    return rf"^[^/].*|^[^?]*(?:%|//|/\.\.?(?:/|\?|$)).*|({plain})[^/?]+|(\?).*"


def _secret_prefixes() -> list[tuple[str, ...]]:
    """Return the pieces of each path before its secrets, the longest first."""
    secret = re.compile(rf"{{(?:{'|'.join(SECRET_PARAMETERS)})}}")
    prefixes = set()
    for template in route_templates():
        pieces = secret.split(template)
        prefixes |= {tuple(pieces[:count]) for count in range(1, len(pieces))}
    return sorted(prefixes, key=lambda pieces: (-len(pieces), pieces))


def _map_line(pattern: str, path: str, width: int) -> str:
    quoted = f'"~^{pattern}(?<rest>.*)$"'
    return f"    {quoted:<{width}} {path}$rest;"


def _mask(pieces: tuple[str, ...], token: str) -> str:
    return "".join(re.sub(r"{\w+}", "[^/]+", piece) + token for piece in pieces)


def logged_path(config: str, path: str) -> str:
    """Return what the map of nginx.conf logs for a path, as nginx evaluates it."""
    (lines,) = re.findall(r"map \$uri \$office360_logged {\n(.*?)\n}", config, re.DOTALL)
    for pattern, masked in re.findall(r'"~(.*?)"\s+(.*?);', lines):
        found = re.search(pattern.replace("(?<", "(?P<"), path)
        if found:
            for name, text in found.groupdict().items():
                masked = masked.replace(f"${name}", text)
            return str(masked)
    return path


def caddy_logged_uri(config: str, uri: str) -> str:
    """Return what the Caddyfile logs for a request target, as Caddy evaluates it."""
    ((pattern, replacement),) = re.findall(r"request>uri regexp `(.*?)` `(.*?)`", config)
    return re.sub(pattern, re.sub(r"\${(\d)}", r"\\\1", replacement), uri)
