"""English sentences in which a thing, a cost or a wait does the harm. They tell no danger."""

from __future__ import annotations

from ..lexicon import whole_word_expressions

_COST = (
    r"(?:deadlines?|tax(?:es)?|council tax|bills?|fines?|fees?|rents?|mortgages?|debts?|delays?|bureaucracy"
    r"|inflation"
    r"|prices?|costs?|surcharges?|penalt(?:y|ies)|payments?|interest|paperwork|forms?|red tape|rules"
    r"|invoices?|tickets?|fares?|premiums?|rate rises?|arrears|overdraft|expenses|questions"
    r"|hikes?|increases?|deductions?)"
)
_THING = (
    rf"(?:{_COST}|wait(?:ing)?(?: time| list)?|queues?|queuing|website|site|page|heat|cold|nerves|stress"
    rf"|boredom|crisis"
    r"|system|app|hmrc|tax office|tax ?man|bailiffs|council|bank|banks|government|home office|decision|news"
    r"|recession|suspense|traffic|noise|music|computer|wifi|internet|feet|shoes|heels|hunger|curiosity|process"
    r"|application|this|it all|hold music|password|captcha|exam|job|(?:debt|tax)? ?collectors?|insurance company"
    r"|phone company"
    r"|economy|pandemic|storm|weather|energy company|not knowing)"
)
_DET = (
    r"(?:an?|the|my|your|our|their|this|that|these|those|another|yet another|more|so many|all|so much|such"
    r"|too many|\d+)"
)
_HARM = (
    r"(?:kill|murder|strangl|chok|suffocat|bleed|hit|beat|hurt|rob|attack|chas|crush|drown|batter|slap|punch"
    r"|kick|stab"
    r"|tortur|destroy|threaten|harass|haunt|hammer|hound|cripp|squeez|smother)\w*"
)
_DOING = (
    r"(?:(?:is|are|was|has|have|had|will|would|keeps?|going to|gonna|really|just|literally|slowly|been|nearly"
    r"|almost"
    r"|about to|the|be) ){0,4}"
)
_PAST = (
    r"(?:last (?:year|month|week|summer|winter|spring|autumn)|(?:\w+ )?(?:years?|months?|weeks?) ago"
    r"|in (?:19|20)\d\d)"
)

# a thing after these words is a place or a time, not the subject: `a man in the queue is hitting me` is danger
_BEFORE_PLACE = (
    "in", "at", "of", "about", "in the", "at the", "of the", "from the", "outside the", "by the", "near the",
    "on the", "behind the", "inside the", "in this", "in my", "at my",
)  # fmt: skip
_OUTSIDE_PLACE = "".join(rf"(?<!\b{words} )" for words in _BEFORE_PLACE)

FIGURATIVE_HARM = whole_word_expressions(
    r"""
    # a thing as the subject: `the deadline is killing me`
    OUTSIDE_PLACETHING DOINGHARM (?:me|us|him|her|them\
      |people|families|everyone)(?! with an? (?:knife|stick|bottle))
    (?:hit|slapped|punched|struck|beaten|attacked|stung|clobbered|whacked|stabbed|hammered|landed|robbed\
      |battered|killed\
      |chased|harassed|hounded|crushed|suffocated|strangled|threatened) (?:me |us |him |her |down )?(?:by|with\
      |for) (?:DET \
      )*(?:\w+ ){0,2}?COST
    (?:attacked|hit|chased|harassed|hounded|threatened|robbed|crushed) by (?:DET )*THING
    (?:chok|drown|suffocat|dying|breath|bleed|strangl|faint|collaps|burn)\w* (?:in|by|with|under|from|of\
      |because of|for) (?:DET \
      )*(?:\w+ )?COST
    dying (?:of|from|in) (?:DET )*(?:heat|boredom|hunger|curiosity|suspense|stress|cold|queue)
    (?:rob|bleed|suck|milk)\w* (?:me|us|people|everyone)? ?(?:dry|with|blind)
    THING (?:\w+ ){0,3}?(?:give|gives|giving|gave|given) (?:me|us|him|her) (?:an? )?(?:\w+ )?(?:heart attack\
      |stroke|seizure|beating|slap\
      |kicking|panic attack|fright|ulcer)(?: .*)?
    THING (?:is|was|feels like) (?:\w+ ){0,2}?(?:murder|torture|robbery|suicide|a crime|a killer|abuse|rape\
      |theft|deadly|painful)
    (?:slap|kick|punch|smack) in the (?:face|teeth|guts?)(?! by| from my| in the)
    (?:financial|political|career|professional|social|economic|commercial|assisted) (?:suicide|death)
    # blood, heat and sport
    blood (?:\w+ ){0,2}?(?:boil\w*|pressure)|boil\w* my blood|(?:makes|making) my blood boil
    (?:head|brain|mind) (?:\w+ ){0,2}?(?:explod\w+|about to explode|burst\w*)|explosion of (?:offers|colou?r|joy\
      |flavou?r)
    (?:got|were|was|been|are) (?:beaten|thrashed|hammered|battered|killed|smashed) (?:\w+ ){0,2}?(?:\d+|nil\
      |on penalties|in the (?:final\
      |match|league|cup|semi\w*|game|derby)|away|at (?:football|cricket|rugby|tennis|chess|home))(?: .*)?
    (?:beat|thrash|hammer|batter|kill|smash|crush)\w* (?:\w+ ){0,2}?(?:\d+ ?nil|\d+ \d+|on penalties\
      |in the (?:final|match|league|cup|game|derby))
    (?:tree|lamp ?post|branch|fence|sign|tiles?|scaffolding|pole|shelf|picture|poster) (?:\w+ )?(?:fell|fallen\
      |falling|came down)(?: down| over| off| in)?
    (?:kitchen |japanese |bread |steak |cooking )?knives (?:and forks|cooking|class|set|shop|course)\
      |cooking class\w*
    smoke (?:bothers|annoys|gets|comes|goes|drifts) (?:me|us|into|in|through)|carbon monoxide (?:alarms?\
      |detectors?|monitors?|test)
    suicides? (?:bereavement|prevention|statistics|survivors?|awareness|rates?|figures|helpline|hotline|support\
      |group|study|watch)
    (?:knife|sword|gun|weapons?) collections?|(?:aggressive|dangerous|violent) (?:dogs?|breeds?|cats?|driving\
      |marketing|parking|film|game)
    (?:danger|risk) of (?:collapse|collapsing|falling|flooding)|assisted dying\
      |died (?:\w+ ){0,2}?run over by an? \w+
    (?:fine|fined|sanction|expelled|suspended|appeal|charge) (?:\w+ ){0,3}?fight\w*|(?:street\
      |school) fight (?:fine|sanction|appeal)
    (?:fell|fall|falling|dropped|dropping) (?:off|out of) (?:the |a |this |my )?(?:video )?(?:call|line|chat\
      |session|list)
    an accident and (?:can not|is unable to|could not) (?:work|drive|come|attend)|(?:olympic|sports?|target\
      |competition) shoot\w+
    (?:how much|price|cost|who pays) .{0,15}ambulance|ambulance to take .{0,20}(?:check ?up|appointment|clinic\
      |dialysis|physio\w*)
    (?:sales ?people|sales|salesmen|telesales|marketing) (?:\w+ )?harass\w*|threats? of (?:rain|snow|storms?\
      |strikes?|flooding)
    if looks could kill.*|(?:water|toy|squirt|paint|nerf|glue|heat|staple|price|spray) (?:pistols?|guns?)\
      |nail guns?
    # what was hit, and a place that the citizen was put out of
    hit (?:my|our|his|her|the|someone s) (?:parked )?(?:car|van|bike|wall|fence|gate|house|roof|garage|mirror\
      |bumper|head(?:line)?s)\b
    hit me with (?:an? |the |your |another |more |all )*(?:\w+ )?COST
    kick(?:ed|s|ing)? (?:me|us|him|her) (?:off|out of|out) ?(?:the |a |this |my |our )?(?:waiting |video \
      |mailing )?(?:flat|house|home|room|hostel|list|call|site|website|session|app\
      |chat|queue|system|course|register|group|team|account|platform|programme)
    (?:kicked|booted|thrown|chucked) (?:off|out of) (?:the |a |this |my )?(?:waiting |video )?(?:list|call|site\
      |session|app|chat|queue|course)
    (?:sacked|fired|dismissed|suspended|banned|expelled|fined) (?:\w+ ){0,3}?(?:after|for|over) (?:a \
      |the )?fight\w*
    fight\w* (?:with|against|over|for) (?:DET )*(?:\w+ )?THING
    # topics, planned care, and events that are over
    (?:news|article|book|film|movie|documentary|podcast|essay|dissertation|thesis|statistics|research|exhibition\
      |talk) (?:\w+ )?(?:of|about|on\
      |with) .*
    (?:last|yesterdays?|previous) (?:\w+ )?(?:fire|accident|explosion|flood)|last \w+s (?:fire|accident|explosion)
    (?:take|takes|on|taking|took) (?:\w+ )?(?:tablets|pills|medication|meds|aspirin|painkillers) (?:for|against\
      |because of|every|daily|twice|once)\
      (?: \w+){0,5}
    see (?:anything|nothing|a thing|much|well)? ?(?:on|in) (?:the|my|your|this) (?:screen|page|video|photo|form\
      |letter|map|camera)
    (?:killed|hanged|shot) (?:him|her)self (?:\w+ ){0,3}?PAST|(?:drowned|was murdered|was killed|was stabbed\
      |got stabbed) (?:\w+ ){0,3}?PAST
    PAST .{0,15}(?:killed (?:him|her)self|drowned|was murdered)
    (?:after|since|due to|because of|following) (?:an? |my |his |her )?(?:heart attack|stroke|seizure\
      |accident)(?=$| can| how| do| what| i want)
    """,
    OUTSIDE_PLACE=_OUTSIDE_PLACE, THING=_THING, COST=_COST, DET=_DET, HARM=_HARM, DOING=_DOING, PAST=_PAST,
)  # fmt: skip
