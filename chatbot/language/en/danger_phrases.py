"""English phrases of danger: spelling, and the phrases of the other modules together."""

from __future__ import annotations

from ..danger_lexicon import DangerPhrases
from ..lexicon import word_set
from .acute_danger import ACUTE
from .danger_without_request import REQUEST, WITHOUT_REQUEST
from .figurative_harm import FIGURATIVE_HARM
from .harmless_expressions import HARMLESS

CORRECTABLE_WORDS = word_set(
    """
    abused abusing aggressive ambulance anymore assaulted attacked attacking beating bleeding boyfriend breathe
    breathing burning chest choking collapsed contractions convulsing emergency explosion fainted following
    girlfriend herself himself hitting hurting husband kicked kidnapped knife myself overdose overdosed police
    punched punching seizure smoke stabbed strangled stroke suicidal suicide swallowed threatened threatening
    threatens unconscious violent weapon wrists
    """
)
# Words that are a single letter from a correctable word, or sound like it.
SIMILAR_WORDS = word_set(
    """
    abuser abusive agresivo ambulances ambulancia amused amusing attached attaching attacker baiting bathing
    beaming bearing bearings beatings berating betting bleeping blending boating booting boyfriends breaching
    breading breaking breath breathed breathes breaths breathy breeding bunched burping burying changing
    charging chatting cheating checking chests chocking churning clicked collapse collapses contraction
    contraptions cooking creating earning eating emergence emergencia explosions feinted fitting followings
    girlfriends hatching heating hinting hitching hollowing hooking hunting hurdling hurling husbands hustling
    itching itself joking kicks knifed knitting lacked leisure licked locking lunched lunching meeting munched
    nicked overdoes overdone overdue painted picked pinched pinching pitting pointed poking policed polices
    policia policies policy polish polished polite poliza printed punches quicken quicker quitting rocking
    seating seizures shopping sitting smoked smoker smokers smokes stable staffed stapled starting starved
    straggled strangler strike strode subside subsidy suicida suicidas suicidio suicido
    swallows tainted threaten thyself ticked treating
    turning violence violenta violento violet waists waiting weapons whists wicked wrests wrist writs
    """
)
SHORT_SPELLINGS = {
    "aint": "is not", "ambulence": "ambulance", "arent": "are not", "babys": "baby is", "bcoz": "because",
    "beated": "beat", "bf": "boyfriend", "boyfriends": "boyfriend is", "breath": "breathe",
    "brething": "breathing", "cannot": "can not", "cant": "can not", "cnt": "can not", "couldnt": "can not",
    "cuz": "because", "da": "the", "dads": "dad is", "dat": "that", "didnt": "did not", "dis": "this",
    "dnt": "do not", "doesnt": "does not", "dont": "do not", "everyones": "everyone is", "fathers": "father is",
    "gf": "girlfriend", "gonna": "going to", "gotta": "have to", "hasnt": "has not", "hav": "have",
    "havent": "have not", "hed": "he would", "hell": "hell", "hes": "he is", "hitted": "hit",
    "houses": "house is", "husbands": "husband is", "iam": "i am", "im": "i am", "isnt": "is not",
    "its": "it is", "ive": "i have", "kitchens": "kitchen is", "mans": "man is", "mothers": "mother is",
    "mums": "mum is", "n": "and", "nobodys": "nobody is", "oclock": "o clock", "plis": "please",
    "pls": "please", "plz": "please", "ppl": "people", "r": "are", "reasons": "reason", "shes": "she is",
    "some1": "someone", "somebodys": "somebody is", "someones": "someone is", "sons": "son is",
    "sum1": "someone", "thats": "that is", "theres": "there is", "theyre": "they are", "theyve": "they have",
    "thier": "their", "tryna": "trying to", "u": "you", "ur": "your", "wana": "want to", "wanna": "want to",
    "wasnt": "was not", "weve": "we have", "whos": "who is", "wifes": "wife is", "wna": "want to",
    "wnt": "want", "womans": "woman is", "wont": "will not", "wouldnt": "would not", "youre": "you are",
}  # fmt: skip

ENGLISH_DANGER = DangerPhrases(
    short_spellings=SHORT_SPELLINGS,
    correctable_words=CORRECTABLE_WORDS,
    similar_words=SIMILAR_WORDS,
    harmless=(FIGURATIVE_HARM, HARMLESS),
    acute=ACUTE,
    without_request=WITHOUT_REQUEST,
    request=REQUEST,
)
