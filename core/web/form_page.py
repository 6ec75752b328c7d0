"""Forms: the values that were sent, and the problem with which their page is shown again.

    @handle_form
    async def submit_lost_link(request: Request, form: SentForm) -> Response:
        with form.catch(Invalid, RateLimited, sentences=FIELD_SENTENCES) as problem:
            message = parse_model(EmailMessage, form.texts("email"))
            form.stop_for_language(RateLimited(retry_after_s=3600))
            await send_links(form.runtime, message.email)
            return see_other("/appointments/find?sent=1")
        return render_page(request, "find.html", typed=form.texts("email"), **problem.context)

No rules, no authentication; forms.py checks that a page of this site sent the form.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ..edited_values import FormVersion, form_version
from ..errors import Conflict, FieldError, Invalid, Malformed, Office360Error, RateLimited, Refused
from ..runtime import Runtime
from . import forms, requests
from .validation import parse_json

P = TypeVar("P")
Endpoint = Callable[[Request], Awaitable[Response]]


class SentForm(FormData):
    """The values of a form, with the request that sent it."""

    def __init__(self, request: Request, fields: FormData) -> None:
        super().__init__(fields.multi_items())
        self.request = request

    @property
    def runtime(self) -> Runtime:
        return requests.current_runtime(self.request)

    def text(self, name: str) -> str:
        """Return the value of a field as it was typed; empty if the form lacks it."""
        return str(self.get(name) or "")

    def texts(self, *names: str, strip: bool = False) -> dict[str, str]:
        """Return the values of fields by name, without the spaces around them if `strip`."""
        return {name: self.text(name).strip() if strip else self.text(name) for name in names}

    def all_texts(self, name: str) -> list[str]:
        """Return the values of a field that a form may send several times."""
        return [str(value) for value in self.getlist(name)]

    @property
    def loaded(self) -> FormVersion:
        """Return the version that the form was loaded with. Raises Malformed."""
        try:
            loaded = parse_json(self.text("loaded") or "{}")
        except ValueError:
            raise Malformed("malformed") from None
        if not isinstance(loaded, dict):
            raise Malformed("malformed")
        return loaded

    @property
    def is_language_only(self) -> bool:
        """Tell whether the form only asks for its page in another language."""
        return "language_only" in self

    @property
    def shown_problem(self) -> str:
        """Return the problem that the page showed: FIELD_PROBLEMS, a code, or empty."""
        value = self.text("language_only")
        return "" if value == "1" else value

    def stop_for_language(self, *shown: Office360Error) -> None:
        """End the block of `catch` if the form only asks for its page in another language.

        `shown`: the refusals that the page may have shown, and then shows again.
        """
        if self.is_language_only:
            raise next((error for error in shown if error.code == self.shown_problem), _LanguageOnlyError())

    def catch(
        self,
        *kinds: type[Office360Error],
        sentences: forms.FieldSentences | None = None,
        refused_field: str | Mapping[str, str] = "",
        refused_status: int | None = None,
        limit_code: str = "",
        element: str = "",
    ) -> FormProblem:
        """Catch these errors of a block: Invalid, Refused and RateLimited if none is named.

        `sentences` go before the general text of a code. `refused_field`: the field at which the sentence of a
        refusal stands, for all codes or by code. `refused_status`: in place of the status of its error.
        `limit_code`: the code of the text for a reached limit. `element`: the id of the form in its page.
        """
        caught = kinds or (Invalid, Refused, RateLimited)
        return FormProblem(self, caught, sentences or {}, refused_field, refused_status, limit_code, element)


class _LanguageOnlyError(Office360Error):
    """The form only asks for its page in another language."""

    def __init__(self) -> None:
        super().__init__("language_only")


@dataclass(slots=True)
class FormProblem:
    """Why a form is shown again: error, status and texts. Empty without a problem."""

    _form: SentForm | None = None
    _caught: tuple[type[Office360Error], ...] = ()
    _sentences: forms.FieldSentences = field(default_factory=dict)
    _refused_field: str | Mapping[str, str] = ""
    _refused_status: int | None = None
    _limit_code: str = ""
    element: str = ""
    error: Office360Error | None = None
    status_code: int = 200
    errors: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> FormProblem:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, _LanguageOnlyError):
            return True
        if not isinstance(error, self._caught) or self._form is None:
            return False
        if not (self._form.is_language_only and not self._form.shown_problem):
            self.show(error)
        return True

    def show(self, error: Office360Error) -> None:
        """Take the status and texts of an error."""
        assert self._form is not None
        self.error, self.status_code = error, requests.http_status(error)
        if isinstance(error, Invalid):
            self.errors = forms.field_error_texts(self._form.request, error, self._sentences)
            return
        if self._refused_status and not isinstance(error, RateLimited):
            self.status_code = self._refused_status
        code, place = self.code or "", self._refused_field
        name = place if isinstance(place, str) else place.get(code, place.get(forms.ANY_CODE, ""))
        if name:
            placed = Invalid(FieldError(name, code, _text_params(error)))
            self.errors = forms.field_error_texts(self._form.request, placed, self._sentences)

    @property
    def code(self) -> str | None:
        """Return the code of a refusal; None for errors of fields and without a problem."""
        if self.error is None or isinstance(self.error, Invalid):
            return None
        return self._limit_code if isinstance(self.error, RateLimited) and self._limit_code else self.error.code

    @property
    def is_conflict(self) -> bool:
        """Tell whether another person was first: what the page showed has changed meanwhile."""
        return isinstance(self.error, Conflict)

    @property
    def details(self) -> dict[str, Any]:
        """Return the details of an error; empty without a problem."""
        return self.error.details if self.error is not None else {}

    @property
    def sentence(self) -> str | None:
        """Return the text of a refusal."""
        if self.error is None or self.code is None or self._form is None:
            return None
        return requests.error_text(self._form.request, self.code, _text_params(self.error))

    @property
    def context(self) -> dict[str, Any]:
        """Return the context for `render_page` and its templates.

        `refusal` is the code of a refusal, `refused` its sentence.
        """
        return {
            "status_code": self.status_code,
            "errors": self.errors,
            "refusal": self.code,
            "refused": self.sentence,
            "rejected_form": self.element if self.error is not None else "",
            "shown_problem": self.code or forms.FIELD_PROBLEMS,
        }


NO_PROBLEM = FormProblem()


def version_text(values: Mapping[str, Any]) -> str:
    """Return the version of shown values for the hidden field `loaded`."""
    return json.dumps(form_version(values), sort_keys=True)


def handle_form(handler: Callable[[Request, SentForm], Awaitable[Response]]) -> Endpoint:
    """Make the endpoint of a form, which reads it first. Raises as `read_form` does."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(request, await read_form(request))

    return endpoint


def handle_form_for(
    authorize: Callable[[Request], Awaitable[P]],
) -> Callable[[Callable[[Request, SentForm, P], Awaitable[Response]]], Endpoint]:
    """Make the endpoint of a form for the people that `authorize` lets in."""

    def make_endpoint(handler: Callable[[Request, SentForm, P], Awaitable[Response]]) -> Endpoint:
        @wraps(handler)
        async def endpoint(request: Request) -> Response:
            # before the form is read: a person whose session has ended is led to the login
            person = await authorize(request)
            return await handler(request, await read_form(request), person)

        return endpoint

    return make_endpoint


async def read_form(request: Request) -> SentForm:
    """Read a form. Raises NotAllowed("csrf") unless a page of this site sent it, Malformed."""
    return SentForm(request, await forms.read_checked_form(request))


def _text_params(error: Office360Error) -> dict[str, Any]:
    """Return the parameters of an error's text, with the minutes to wait for a limit."""
    minutes = {"minutes": -(-error.retry_after_s // 60)} if isinstance(error, RateLimited) else {}
    return minutes | error.details
