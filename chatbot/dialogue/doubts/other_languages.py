"""Answers to messages in languages that the assistant does not speak. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ...language.understanding import Understanding
from ..context import DialogueContext
from ..effects import TurnGenerator
from ..next_question import START_CHOICES, answer_beside_question
from ..replies import DialogueReply, Sentence
from ..state import ConversationState

# In each language itself, so not in the catalogues: what the assistant understands, how to call a person, and
# where to find it.
SENTENCES: Mapping[str, tuple[str, str, str]] = {
    "ar": (
        "أفهم الإسبانية والإنجليزية فقط.",
        "للتحدث مع شخص، اتصل بالرقم %(phone)s.",
        "يمكنك أيضًا أن تسأل عند مدخل أي مكتب.",
    ),
    "ca": (
        "Només entenc el castellà i l'anglès.",
        "Per parlar amb una persona, truca al %(phone)s.",
        "També pots preguntar a l'entrada de qualsevol oficina.",
    ),
    "de": (
        "Ich verstehe nur Spanisch und Englisch.",
        "Um mit einem Menschen zu sprechen, ruf %(phone)s an.",
        "Du kannst auch am Eingang jedes Büros fragen.",
    ),
    "eu": (
        "Gaztelania eta ingelesa bakarrik ulertzen ditut.",
        "Pertsona batekin hitz egiteko, deitu %(phone)s telefonora.",
        "Edozein bulegoren sarreran ere galde dezakezu.",
    ),
    "fr": (
        "Je comprends seulement l'espagnol et l'anglais.",
        "Pour parler à une personne, appelle le %(phone)s.",
        "Tu peux aussi demander à l'entrée d'un bureau.",
    ),
    "gl": (
        "Só entendo o castelán e o inglés.",
        "Para falar cunha persoa, chama ao %(phone)s.",
        "Tamén podes preguntar na entrada de calquera oficina.",
    ),
    "it": (
        "Capisco solo lo spagnolo e l'inglese.",
        "Per parlare con una persona, chiama il %(phone)s.",
        "Puoi anche chiedere all'ingresso di un ufficio.",
    ),
    "nl": (
        "Ik begrijp alleen Spaans en Engels.",
        "Bel %(phone)s om met iemand te praten.",
        "Je kunt het ook vragen bij de ingang van een kantoor.",
    ),
    "pl": (
        "Rozumiem tylko hiszpański i angielski.",
        "Aby porozmawiać z człowiekiem, zadzwoń pod numer %(phone)s.",
        "Możesz też zapytać przy wejściu do biura.",
    ),
    "pt": (
        "Só entendo espanhol e inglês.",
        "Para falar com uma pessoa, liga para o %(phone)s.",
        "Também podes perguntar à entrada de qualquer escritório.",
    ),
    "ro": (
        "Înțeleg doar spaniola și engleza.",
        "Ca să vorbești cu o persoană, sună la %(phone)s.",
        "Poți întreba și la intrarea oricărui birou.",
    ),
    "ru": (
        "Я понимаю только испанский и английский.",
        "Чтобы поговорить с человеком, позвони по номеру %(phone)s.",
        "Можно также спросить у входа в любой офис.",
    ),
    "uk": (
        "Я розумію лише іспанську та англійську.",
        "Щоб поговорити з людиною, зателефонуй за номером %(phone)s.",
        "Також можна запитати біля входу до будь-якого офісу.",
    ),
    "zh": (
        "我只懂西班牙语和英语。",
        "如需与工作人员交谈，请拨打 %(phone)s。",
        "您也可以在任一办事处的入口处咨询。",
    ),
}


def answer_other_language(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Tell the way to a person in the citizen's language, then ask the same question again."""
    understands, call, entrance = SENTENCES[understood.other_language or ""]
    phone = context.phone_to_call(state.named_office)
    calls = (Sentence(call, {"phone": phone}),) if phone else ()
    choices = START_CHOICES if state.asked in (None, "task") else ()
    reply = DialogueReply((Sentence(understands), *calls, Sentence(entrance)), choices)
    return answer_beside_question((reply,), state, context)
