"""Snapshot of the organisation: profile, logo and its address. Frozen; no SQL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .documents.site import SiteProfile
from .logo import PNG_TYPE, Logo
from .theme import Theme

LOGO_PATH = "/logo"


@dataclass(frozen=True, slots=True)
class Site:
    """The organisation. `version` is 0 before the first change.

    `default_help_phone` comes from the settings, and counts while the profile has none.
    """

    version: int = 0
    profile: SiteProfile = field(default_factory=SiteProfile)
    logo: Logo | None = None
    default_help_phone: str = ""

    @property
    def help_phone(self) -> str:
        """Return the number that pages and e-mails give for help; empty if there is none."""
        return self.profile.help_phone or self.default_help_phone

    @property
    def profile_with_defaults(self) -> SiteProfile:
        """Return the profile with the help telephone of the settings if it has none."""
        return replace(self.profile, help_phone=self.help_phone)

    @property
    def theme(self) -> Theme:
        return self.profile.theme

    @property
    def logo_path(self) -> str:
        """Return the address of the logo, which names its content; empty without a logo."""
        return f"{LOGO_PATH}?v={self.logo.digest}" if self.logo else ""

    @property
    def email_logo_path(self) -> str:
        """Return the address of a logo that mail programs show; they show no SVG."""
        return self.logo_path if self.logo and self.logo.media_type == PNG_TYPE else ""
