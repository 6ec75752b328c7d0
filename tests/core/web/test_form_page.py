"""Sent forms: values and problems with which a page is shown again."""

from __future__ import annotations

import pytest
from office360.core.errors import Conflict, FieldError, Gone, Invalid, MovedTo, NotAllowed, RateLimited, Refused
from office360.core.i18n.catalogues import Catalogues, ErrorTexts
from office360.core.web.form_page import NO_PROBLEM, SentForm, handle_form, handle_form_for
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

TEXTS = {
    "required": "This is missing.",
    "taken": "It is taken.",
    "rate_limited": "Wait %(minutes)s minutes.",
    "internal_error": "Error.",
}


def sent_form(**values: str) -> SentForm:
    catalogues = Catalogues(())
    state = {"language": "en", "catalogues": catalogues, "sentences": ErrorTexts(catalogues, TEXTS)}
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": [], "state": state})
    return SentForm(request, FormData(list(values.items())))


async def test_form_of_another_site_does_not_reach_its_handler() -> None:
    @handle_form
    async def endpoint(_request: Request, _form: SentForm) -> Response:
        pytest.fail("the handler ran")

    with pytest.raises(NotAllowed):
        await endpoint(foreign_request())


async def test_person_is_checked_before_the_form_is_read() -> None:
    async def require_login(_request: Request) -> str:
        raise MovedTo("/staff/")

    @handle_form_for(require_login)
    async def endpoint(_request: Request, _form: SentForm, _person: str) -> Response:
        pytest.fail("the handler ran")

    with pytest.raises(MovedTo):
        await endpoint(foreign_request())


def foreign_request() -> Request:
    return Request(
        {"type": "http", "method": "POST", "path": "/", "headers": [(b"sec-fetch-site", b"cross-site")]}
    )


def test_missing_field_is_an_empty_text() -> None:
    form = sent_form(name=" Amina ")
    assert form.texts("name", "email") == {"name": " Amina ", "email": ""}
    assert form.texts("name", strip=True) == {"name": "Amina"}


def test_accepted_form_has_no_problem() -> None:
    with sent_form().catch() as problem:
        pass
    assert problem.context == NO_PROBLEM.context
    assert problem.context["status_code"] == 200
    assert problem.context["rejected_form"] == ""


def test_invalid_fields_are_shown_with_their_sentences() -> None:
    sentences = {"email": {"required": "Write your e-mail."}}
    with sent_form().catch(sentences=sentences, element="lost-form") as problem:
        raise Invalid(FieldError("email", "required"), FieldError("code", "required"))
    assert problem.errors == {"email": "Write your e-mail.", "code": "This is missing."}
    shown = {name: problem.context[name] for name in ("status_code", "rejected_form", "shown_problem", "refusal")}
    assert shown == {
        "status_code": 422,
        "rejected_form": "lost-form",
        "shown_problem": "fields",
        "refusal": None,
    }


def test_refusal_is_shown_by_code_and_sentence() -> None:
    with sent_form().catch() as problem:
        raise Conflict("taken", nearest=["10:00"])
    shown = (problem.status_code, problem.code, problem.sentence, problem.details, problem.errors)
    assert shown == (409, "taken", "It is taken.", {"nearest": ["10:00"]}, {})
    assert problem.is_conflict
    assert problem.context["shown_problem"] == "taken"


def test_refusal_is_shown_at_the_field_of_its_code() -> None:
    with sent_form().catch(refused_field={"taken": "user", "*": "role"}, refused_status=422) as problem:
        raise Refused("taken")
    assert (problem.status_code, problem.errors) == (422, {"user": "It is taken."})
    with sent_form().catch(refused_field="password") as problem:
        raise RateLimited(retry_after_s=61)
    assert (problem.status_code, problem.errors) == (429, {"password": "Wait 2 minutes."})


def test_error_that_is_not_named_is_raised() -> None:
    with pytest.raises(Gone), sent_form().catch():
        raise Gone
    with pytest.raises(Refused), sent_form().catch(Invalid):
        raise Refused("taken")


@pytest.mark.parametrize(("shown", "errors"), [("1", {}), ("fields", {"email": "This is missing."})])
def test_other_language_shows_only_shown_errors(shown: str, errors: dict[str, str]) -> None:
    form = sent_form(language_only=shown)
    with form.catch() as problem:
        raise Invalid(FieldError("email", "required"))
    assert problem.errors == errors


def test_other_language_stops_before_the_action() -> None:
    with sent_form(language_only="1").catch() as problem:
        sent_form(language_only="1").stop_for_language(RateLimited(retry_after_s=60))
        pytest.fail("the block went on")
    assert problem.context == NO_PROBLEM.context
    form = sent_form(language_only="rate_limited")
    with form.catch() as problem:
        form.stop_for_language(RateLimited(retry_after_s=60))
    assert (problem.status_code, problem.code) == (429, "rate_limited")


def test_sent_form_is_not_stopped_for_language() -> None:
    sent_form(email="amina@example.org").stop_for_language()
