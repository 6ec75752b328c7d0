"""Titles of the forms of Look and law, and the texts of their errors."""

from __future__ import annotations

from collections.abc import Mapping

from ....core.i18n.catalogues import N_

SECTION_TITLES: Mapping[str, str] = {
    "organisation": N_("Organisation"),
    "colours": N_("Colours"),
    "logo": N_("Logo"),
    "law": N_("Data protection"),
    "accessibility": N_("Accessibility statement"),
}
SECTION_INTRODUCTIONS: Mapping[str, str] = {
    "organisation": N_(
        "People read the name at the top of every page, in e-mails, on the poster and on the waiting-room screen."
    ),
    "colours": N_(
        "Two colours. Gold stays: it only ever means that it is a person's turn. The dark theme follows by itself."
    ),
    "law": N_("People read this under Privacy, at the foot of every page. Nothing is filled in for you."),
    "accessibility": N_(
        "The model statement of the European Union. People read it under Accessibility, at the foot of every page."
    ),
}

ERROR_TEXTS: Mapping[str, str] = {
    "help_phone_unknown": N_("Check the number. Write it as people dial it, such as 010 or +34 600 000 000."),
    "date_unknown": N_("Write a day, such as 2026-11-27."),
    "date_before_first": N_("The review cannot be before the statement was prepared."),
    "colour_unknown": N_("Write # and six figures or letters from A to F, such as #0B5C6B."),
    "colour_illegible": N_(
        "Too pale to read: %(ratio)s to 1, and it takes 4.5. The nearest that works is %(nearest)s."
    ),
    "logo_type": N_("Choose a PNG or an SVG."),
    "logo_too_large": N_("The picture is too large. The limit is %(max)s."),
    "logo_broken": N_("The file cannot be read as a picture. Export it again."),
    "logo_entities": N_("The file refers to other files or defines its own words. Export it as plain SVG."),
    "logo_no_size": N_("The picture does not say its size. Export it with a viewBox."),
    "logo_shape": N_("The picture is too long. One side may be %(max)s times the other."),
    "logo_empty": N_("The picture has no shape that can be kept. Export its texts and pictures as paths."),
}
