"""The waitlist, when no suitable time is free: asked, read back, joined. Pure."""

from __future__ import annotations

from dataclasses import replace

from ....appointments.domain.booking_url import ANY_OFFICE
from ....core.contact.email_typos import suggest_email
from .. import texts
from ..booking import ask_service, normalize_choices
from ..booking_summary import need_names
from ..context import DialogueContext, service_name
from ..effects import JoinWaitlist, RequestDenied, TurnGenerator, WaitlistAnswer
from ..replies import DialogueReply, DialogueTurn, ModePhrase, ReplyChoice, Sentence, ValueList
from ..state import ConversationState, without_personal_data

BACK_TO_TIMES = ReplyChoice(Sentence(texts.SEE_TIMES), "task:book", is_minor=True)


def ask_next_waitlist_question(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """Ask for the service and the e-mail, then read the entry back."""
    state = normalize_choices(replace(state, task="waitlist", starts_at=None), context)
    if state.service is None:
        return DialogueTurn(replace(state, asked="service"), (ask_service(context, texts.ASK_WAITLIST_SERVICE),))
    if state.email is None:
        reply = DialogueReply((Sentence(texts.ASK_WAITLIST_EMAIL),), (BACK_TO_TIMES,))
        return DialogueTurn(replace(state, asked="email"), (reply,))
    return DialogueTurn(replace(state, asked="confirm"), (_summary(state, context),))


def _summary(state: ConversationState, context: DialogueContext) -> DialogueReply:
    """Repeat what the citizen waits for, and ask for the confirmation."""
    assert state.service is not None
    facts = [service_name(context, state.service)]
    more = [ModePhrase(state.mode)] if state.mode is not None else []
    place = context.office(state.office).name if state.named_office else Sentence(texts.ANY_PLACE)
    sentences = [
        Sentence(texts.WAITLIST_SUMMARY, {"visit": ValueList((*facts, *more, place))}),
        Sentence(texts.WAITLIST_MAILBOX, {"email": state.email}),
    ]
    choices: tuple[ReplyChoice, ...] = (
        ReplyChoice(Sentence(texts.YES_WAITLIST), "yes:", is_main=True),
        BACK_TO_TIMES,
    )
    suggested = suggest_email(state.email or "")
    if suggested is not None:
        sentences.append(Sentence(texts.LOST_EMAIL_TYPO, {"email": suggested}))
        choices = (ReplyChoice(Sentence(texts.CORRECT_EMAIL, {"email": suggested}), suggested), *choices)
    sentences.append(Sentence(texts.ASK_WAITLIST_CONFIRM))
    return DialogueReply(tuple(sentences), choices, "/privacy", is_private=True, is_list=True)


def confirm_waitlist(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Join the waitlist, and tell what happens next."""
    if state.service is None or state.email is None:
        return ask_next_waitlist_question(state, context)
    office = None if state.office == ANY_OFFICE else state.office
    answer: WaitlistAnswer = yield JoinWaitlist(replace(state, office=office))
    if isinstance(answer, RequestDenied):
        reason = Sentence(texts.REASON, {"reason": answer.reason})
        call = Sentence(texts.CALL_US, {"phone": context.phone_to_call(state.office)})
        return DialogueTurn(replace(state, asked="task", task=None), (DialogueReply((reason, call)),))
    sentences = [Sentence(texts.WAITLIST_VERIFY if answer.needs_verification else texts.WAITLIST_JOINED)]
    if state.booking_needs:
        sentences.append(Sentence(texts.WAITLIST_NEEDS, {"needs": need_names(state.booking_needs)}))
    return DialogueTurn(without_personal_data(state), (DialogueReply(tuple(sentences)),))


def leave_waitlist_question(state: ConversationState) -> DialogueTurn:
    """End without joining."""
    ended = replace(state, task=None, asked="task")
    return DialogueTurn(ended, (DialogueReply((Sentence(texts.NOT_ON_WAITLIST),), (BACK_TO_TIMES,)),))
