"""English phrases that tell danger unless the sentence asks for a service too."""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions, whole_word_expressions
from .danger_words import PLACEHOLDERS

# `domestic violence` alone, but not in `appointment about domestic violence`.
WITHOUT_REQUEST = compile_expressions(
    {
        DangerKind.VIOLENCE: r"""
            HUMAN(?: \w+){0,5} HITWORD(?: (?!that|it)\w+){0,4} (?:me|us|my|her|him|them|himself|HUMAN)
            HITWORD (?:\w+ ){0,2}?(?:me|us|my HUMAN)(?: \w+){0,3} (?:by|from|since|again|every|daily|at)
            (?:gave|gives|giving|given) (?:me|her|him|us|my \w+) an? (?:\w+ )?(?:slap|punch|beating|kick\
              |hiding|black eye|bruise|thrashing)
            threats?|(?:gets?|got|climbs?|comes?|crawls?) (?:in|into|in to) my bed
            (?:breaking|smashing|destroying|throwing|smashes|breaks) (?:\w+ )?(?:everything|things|stuff\
              |furniture|plates)
            bruises|beatings|(?:coming|came|comes|is) (?:for|after) me
            (?:do not|dare not|can not|scared to|afraid to|dont) (?:\w+ )?(?:dare )?(?:to )?(?:go|return\
              |come) (?:back )?home because .{0,30}(?:KIN|he|she)
            WEAPON|(?:violent|aggressive|abusive)|(?:shouting|screaming|yelling) and (?:threat|hit|throw)\w+
            (?:KIN) is at my door|(?:domestic|gender|sexual) (?:violence|abuse|assault)
            (?:abuse|assault|violence|rape|raped|stalker|stalking|molested)|child abuse|physically abused
            abused|(?:threaten(?:s|ed|ing)|harass(?:es|ed|ing)|bull(?:ies|ied|ying)) (?:me|us|my)
            (?:being|getting|am) (?:\w+ )?(?:bullied|harassed|threatened|abused|beaten|hit|hurt|attacked\
              |trafficked)
            need (?:the )?police|(?:scared|afraid|terrified) for my (?:life|kids|children|safety)|kidnap\w*
            trafficked|forced marriage|hurts me(?! to)|hostage
        """,
        DangerKind.SELF_HARM: r"""
            (?:end|ending) everything|(?:rest|sleep) forever|(?:about|going|ready|want) to jump(?=$| ,| and)
            rope and|(?:no|not|any|find|without) (?:\w+ ){0,2}reason to (?:live|go on|be here|stay alive)
            (?:cuts?|cutting|hurts?|harms?|harming|burns) (?:him|her|my)self
            end (?:my|his|her) (?:own )?life|not want (?:to )?(?:live|be alive|exist)
            (?:cope|deal|go on|carry on) with (?:my|this) life|live like this
            (?:will|would|gonna|going to) miss me
            (?:want|wants|wish|like|ready|better|going|try|tried|decided|would rather)(?: \w+){0,3} (?:die\
              |dead|be dead|kill myself)(?! of| to| line)
            burden (?:to|on) (?:everyone|my|all)|(?:have|got) a rope
            (?:on|standing on|up on) (?:the|a) (?:roof|bridge|ledge|railing|edge|tracks)(?= and| ,|$| i)
            suicid\w+|self ?harm\w*
            can not (?:take it|cope|go on|carry on) any ?more(?=$| ,? ?(?:help|i want|please|i am going))
            (?:want|wants) to (?:disappear|vanish)(?=$| ,)|give up on life|hopeless
        """,
        DangerKind.ILLNESS: r"""
            breathe|(?:not|stopped) (?:answering|talking|speaking)(?: ,)? and
            (?:had|has|having|have) an attack|dizzy .{0,20}(?:fell|fall|faint|floor)
            wrong (?:pills|medicine|medication|tablets)
            (?:no|not|without|stopped|never|hard|hardly) (?:to )?breath\w*
            (?:floor|ground|pavement|fell|fall|fallen|collapsed|stairs)(?: ,)?(?: \w+){0,6}? (?:no|not\
              |can not|never|wont) (?:\w+ )?(?:answer|talk|speak|mov|get|getting|respond|wak|stand)\w*
            blood|(?:badly|seriously|really) (?:hurt|injured)
            (?:too many|\d+|ten|twenty|thirty|forty|fifty|box of|bottle of|whole|all my\
              |handful of) (?:\w+ ){0,2}?PILLS
            dying|in a bad way|very ill and|(?:old|elderly) (?:man|woman|lady) on the floor|heart attack
            (?:had|having|suffered) a stroke|ambulance|choking|bleeding|collapsed|fainted|unconscious
            seizure|paramedics?|stabbed|injured|wounded
            (?:feel(?:ing)?|feels|am|is) (?:\w+ )?(?:very|really|extremely|so|terribly|awfully) (?:ill|sick\
              |unwell|dizzy|weak|bad)
            (?:severe|terrible|unbearable|excruciating|awful) (?:\w+ )?pains?|in (?:\w+ )?agony|vomiting
            can not see (?:anything|out)
            (?:fell|fallen|had a fall|tripped)(?= down| over| off|$| ,| and| in the)
            (?:an|had an|bad) accident|pregnant .{0,30}(?:bleed|pain)\w*|need a doctor$|high fever .{0,20}
            convulsion\w*
        """,
        DangerKind.FIRE: r"""
            burning|(?:the|lots of|of|much|some|is|see|smell|black|thick|there|and) smoke
            fire (?:in|at|near|on) (?:the|my|our|this|an?) \w+|fire(?=$| ,)|flames|explosion|fire ?fighters
            smoke (?:in|inside)|on fire|gas leak
        """,
        DangerKind.UNKNOWN: r"""
            my (?:son|daughter|child|kid|baby|grandson|granddaughter|mother|father\
              |little \w+) (?:\w+ ){0,2}(?:missing|disappeared|lost)(?=$| ,| and| in| here)
            (?:lost|can not find) my (?:son|daughter|child|kid|baby|grandson|granddaughter)(?=$| ,| and| in\
              | here)
            (?:it is|this is|have|is) an? (?:\w+ )?emergency(?=$| ,| help| please)|mayday
        """,
    },
    **PLACEHOLDERS,
)

# Words of a request for a service.
REQUEST = whole_word_expressions(
    r"""
    appointments?|certificates?|appl(?:y|ying|ication|ications|ied)|renew\w*|id card|papers?|documents?
    licen[cs]es?|permits?|reports?|reporting|benefits?|allowances?|grants?|pensions?|orders?|register\w*
    registration|courses?|workshops?|a talk|insurance|compensation|leave|disability|opening hours|what time
    book\w*|reschedul\w*|change|move|cancel\w*|postpone|information|info|inheritance|claims?|complain\w*
    complaints?|lawyers?|legal|appeal|file|forms?|enrol\w*|accredit\w*|housing|rent|cards?|tax(?:es)?|fees?
    requirements?|subsid(?:y|ies)|offices?|counter|desk|divorce|separation|custody|jobs?|exam|driving|bills?
    contract|protocol|campaign|volunteer\w*|charity|leaflet|psychologist|counsell?ing|mediation|consultation
    training|support (?:for|group)|help with|aid|schemes?|statistics|awareness|prevention|allowance|sell|buy
    advice|transfer\w*|what help|care for my|look after my|ruling|school|shelter
    (?:need|want|would like|looking for) (?:a|an|the|my|some|another) (?!ambulance|doctor|medic|police\
      |knife|gun|rope|way)\w+
    passports?|visas?|assessment|recover\w*|rehab\w*|turn number|ticket number|refund|payment|services? for
    service|news|essay|dissertation|thesis|research|film|movie|book|talks?|statistics|exhibition|league|match|team
    last (?:year|month|week|summer|winter|spring|autumn)|(?:years?|months?|weeks?) ago|in (?:19|20)\d\d\
      |wheelchair|inherit\w*|barbecues?|chimney|lessons|timetable
    criminal record|trial|court|witness|recogni[sz]ed|expunge|muzzle|law|exemption|vacancy|club|sick notes?\
      |declaration|damage|conference|warehouse
    """
)
