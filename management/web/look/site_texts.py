"""Labels and hints of the forms of Look and law, and the texts of their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....core.i18n.catalogues import N_
from ....core.i18n.languages import KNOWN_LANGUAGES


@dataclass(frozen=True, slots=True)
class FieldTexts:
    """Label and hint of a field. The texts of a choice are by value."""

    label: str
    hint: str = ""
    choices: Mapping[str, str] | None = None


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
LANGUAGE_NAMES: Mapping[str, str] = {code: language.own_name for code, language in KNOWN_LANGUAGES.items()}

FIELD_TEXTS: Mapping[str, FieldTexts] = {
    "names": FieldTexts(N_("Name of the organisation"), N_("One name is enough if it is the same.")),
    "short_name": FieldTexts(
        N_("Short name (optional)"), N_("Under the icon when people put this site on their phone's home screen.")
    ),
    "help_phone": FieldTexts(
        N_("Help telephone"), N_("Pages and e-mails give it to people who get stuck. Write it as people dial it.")
    ),
    "primary_colour": FieldTexts(
        N_("Buttons and links"), N_("Six figures or letters after #, as in your brand manual. Empty: teal.")
    ),
    "plaque_colour": FieldTexts(
        N_("Large areas"), N_("The top of e-mails, the foot of the poster, the page of a person who is next.")
    ),
    "controller_name": FieldTexts(N_("Controller"), N_("The body that decides what the data is used for.")),
    "controller_address": FieldTexts(N_("Address of the controller")),
    "controller_email": FieldTexts(N_("E-mail of the controller (optional)")),
    "officer_contact": FieldTexts(
        N_("Data protection officer"), N_("How people reach them: an e-mail, an address or a web page.")
    ),
    "legal_basis": FieldTexts(
        N_("Purpose and legal basis"), N_("What the data is used for, and the rule that allows it.")
    ),
    "retention": FieldTexts(
        N_("Retention"),
        N_("The page already says when names and contacts are deleted. Add what your archive keeps."),
    ),
    "complaint_authority": FieldTexts(
        N_("Complaint authority"), N_("Where people complain if you do not solve it, with its web page.")
    ),
    "conformance": FieldTexts(
        N_("Compliance status"),
        "",
        {
            "": N_("Not stated"),
            "full": N_("Fully compliant"),
            "partial": N_("Partially compliant"),
            "none": N_("Not compliant"),
        },
    ),
    "accessibility_law": FieldTexts(
        N_("Law"), N_("The law of your country that transposes Directive (EU) 2016/2102, by its name.")
    ),
    "gaps": FieldTexts(
        N_("Content that does not comply (optional)"),
        N_("What is not accessible, and what people can use instead."),
    ),
    "burden": FieldTexts(N_("Disproportionate burden (optional)")),
    "out_of_scope": FieldTexts(N_("Content that the law does not cover (optional)")),
    "assessment": FieldTexts(
        N_("How it was assessed"),
        "",
        {
            "": N_("Not stated"),
            "self": N_("By the organisation itself"),
            "third_party": N_("By a third party"),
        },
    ),
    "prepared_on": FieldTexts(N_("Prepared on")),
    "reviewed_on": FieldTexts(N_("Last reviewed on (optional)")),
    "feedback": FieldTexts(
        N_("Feedback and contact"), N_("How people tell you that something gets in their way, and who answers.")
    ),
    "enforcement": FieldTexts(
        N_("Enforcement procedure"), N_("What people can do if your answer does not satisfy them.")
    ),
}

ERROR_TEXTS: Mapping[str, str] = {
    "site_changed": N_("Another person has changed this meanwhile."),
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
