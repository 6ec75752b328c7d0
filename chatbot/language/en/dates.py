"""English dates in the notation of `wording`. Data only."""

from ..date_time.date_grammar import DateWording
from ..wording import compound_numbers, numbered_words

_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_UNITS = numbered_words(
    1,
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
    """,
)
_ORDINALS = numbered_words(
    1,
    """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
    """,
)
NUMBERS = compound_numbers(_UNITS, _TENS, " ")
DAY_ORDINALS = {**compound_numbers(_ORDINALS, {"twenty": 20, "thirty": 30}, " "), "thirtieth": 30}

ENGLISH_DATES = DateWording(
    weekdays="""
    monday/mon/mondays tuesday/tue/tues/tuesdays wednesday/wed/weds/wednesdays thursday/thu/thur/thurs/thursdays
    friday/fri/fridays saturday/sat/saturdays sunday/sun/sundays
    """,
    months="""
    january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sept/sep
    october/oct november/nov december/dec
    """,
    numbers={**NUMBERS, "a couple of": 2, "a": 1, "an": 1},
    day_words={word: day for word, day in DAY_ORDINALS.items() if word not in _TENS},
    day_digits=r"\d{1,2}(?:st|nd|rd|th)",
    ordinals="first second third fourth last",
    period_parts="""
    early: early beginning_of start_of
    middle: mid middle_of
    late: late end_of towards_the_end_of back_end_of
    first_half: first_half_of
    second_half: second_half_of latter_half_of last_half_of
    """,
    units="""
    days: day days
    weeks: week weeks
    fortnights: fortnight fortnights
    months: month months
    """,
    # Other words too, so they need a preposition or a date beside them.
    uncertain_words="wed may march sat sun",
    holidays="""
    1/1: new years day, new years, new year
    6/1: epiphany, three kings, three kings day, kings day, reyes, twelfth night
    17/3: st patricks day, saint patricks day
    easter-3: maundy thursday, holy thursday
    easter-2: good friday
    easter: easter sunday, easter
    easter+1: easter monday
    easter-7 easter: easter week, holy week, semana santa
    1/5: may day, labour day
    15/8: assumption, assumption day
    12/10: hispanic day, columbus day
    1/11: all saints, all saints day
    6/12: constitution day
    8/12: immaculate conception, the immaculate, inmaculada
    5/12 8/12: december long weekend, long weekend, the bridge, bridge holiday, puente, december bank holidays
    24/12: christmas eve, xmas eve
    25/12: christmas day, christmas, xmas, xmas day
    26/12: boxing day
    1/1 10/1: early in the new year, early new year
    1/1 31/1: in the new year
    31/12: end of the year, end of year, year end, the year is out, the year is over, the year ends
    24/12 6/1: christmas holidays, christmas break, the holidays, festive season, over christmas, at christmas
    31/12: new years eve, nye
    """,
    public_holiday=r"((?<=after the )|(?<=before the )|(?<=until the )|(?<=next ))(bank|public) holiday",
    parts_of_today="""
    this morning: in the morning
    this afternoon: in the afternoon
    this evening: in the evening
    tonight: in the evening
    """,
    macros=r"""
    the: [the|on|in|this]*
    // "this week's no good, the one after": the refusal of the first day, and the name of the other one.
    no: ((is|s) )?(no good|not good|no|not|impossible|bad|out|full)|i cant|doesnt work|wont (work|do)
    other: the (one after( that)?|next( one)?|following( one)?)
    part_of: [at|in|by|around] [the] {part} [the]
    some: [during|in|sometime|some time|anytime|any time|any day]*
    coming: next|following|coming
    weekdays: {weekday}( ,)?( {weekday})?( ,)? (or|and|,) {weekday}
    not_these: not this (week|one)( ,)? (nor|or|and not|not|neither) [the] next( week| one)?
    in_month: (([in|for] {month.alone}|in the new year|in (may|march))( ,)?( but)?)
    past: after|past
    from: from|not before|no earlier than|starting( from)?
    thing: (?! (thing|and|of them|of those|one|option|time|available|free|slot|appointment|day|opening\
    |possible|hour|date\
    |choice|office))
    no_hour: (?!:|\.|\w| ?(am|pm|oclock|hours|h)\b)
    """,
    rules=r"""
    weeks_from 2: {not_these} [,|but]* (after( that| then)?|later)
    week 2: {not_these} [,|but|rather]* the (week after( that)?|one after( that)?|following( one| week)?)
    weekdays_of_week 1: {weekdays}( ,)? [of|in]* [the] {coming} week|next week [,|on|either]* {weekdays}
    weekdays_called_next: [on|any time|anytime]* [the] (next|following) {weekdays}
    limit_of_month 1: {in_month} {past} [the] {day}{no_hour}(?! of\b)
    limit_of_month 0: {in_month} {from} [the] {day}{no_hour}(?! of\b)
    days_of_month: [from|between] [the] {day} ?(-|to|till|until|through) ?[the] {day} [of] {month}|(between\
    |from) \
    [the] {day} and [the] {day} [of] {month}
    days 0 7: [in|over|within]* the next (few|couple of) days
    distance: ((?<=within )|(?<=within the )|(?<=within the next )|(?<=in the next )\
    |(?<=over the next )){n} {unit}( time)?
    days 1 2: tomorrow (or|and) the day after( tomorrow)?
    days 2: tomorrow (no|not|is no good)( ,)?( but)? the day after
    days 2: [the] day after tomorrow|overmorrow
    each_day: [on] [the] {day}( ,)? [or|and] [the] {day}( ,)?( [or|and] [the] {day})? [of] {month}
    later_weekday: [on|this] {weekday} {no} [,|but|rather]* {other}
    week 1: this weeks? {no} [,|but|rather]* {other}
    end_of_month 1: [on] [the] {nth} day (of|in) next month
    end_of_month: [on] [the] {nth} day (of|in) (this month|the month|{month})
    month_ahead 0: (before|by) [the] end of [the|this] month
    week 0: (before|by) [the] end of [the|this] week|[the] rest of (the|this) week
    week_of_month: in {month} ,? [the] {nth} week
    week_of_month: [in|during] [the] {nth} week (of|in) {month}
    week_of_day: [in|on] [the] week (of|beginning|commencing|starting)( on)?( the)? {day}( [of] {month})?
    working_days: [on|any] (weekdays?|working days?)|during the week
    holiday: {holiday}|[on|for|in|over|during] [the] {holiday}
    days -1: [the] day before yesterday|yesterday|last week|last month
    days -1: [the] {weekday} before last|last {weekday}(?! (of|before|in))
    days 8: [a] week [from] tomorrow|tomorrow week
    weeks_from_weekday: {n} weeks? (from|on) {weekday}
    weeks_from_weekday 2: [a] fortnight (on|from) {weekday}|{weekday} fortnight
    days 14: [a] fortnight [from] today
    days 7: [a] week [from] today|today week
    distance: [in] {n} {unit} ((from )?(now|today)|later|ahead)
    days 0: today|tonight|this (morning|afternoon|evening)|later on today
    later_weekday: [on] {weekday} week|a week (on|from|from on) {weekday}
    weekday_of_week 1: [on|the] {weekday}( of| in)? [the] {coming} week|next week,? [,] [on] {weekday}
    weekday_after_next: [the] {weekday} after next
    later_weekday: [on] [a] {weekday} [,|but]* not (this|the|next|this coming|the next|the coming)( one| week)? \
    [,|though|but|tho]* the (one after( that)?|following( one)?|next one|next)
    later_weekday: not (this|next|the next) {weekday} [,|but]* the (one after|next)
    weekday: [on] (this|this coming|the coming|coming) {weekday}
    next_weekday: [on] [the] (next|following) {weekday}
    nth_weekday 1: [on|the]* {nth} {weekday} (of|in) next month
    nth_weekday: [on|the]* {nth} {weekday} (of|in) ({month}|the month|this month)
    week 1: {part_of} next week
    week 0: later this week|{part_of} [this] week
    week 2: [in] [the] week after next
    week 1: {some} [the] {coming} week
    weekend 1: [the|on the] (next|following) weekend
    weekend 0: [this|the|at the|on the|at] weekends?
    week 0: [during|in|sometime|some time|anytime|any time|any day|the rest of|later]* this week
    distance: (in|after) {n} {unit}(s? time)?
    days 14: [in] [a] fortnight
    month: {part_of} {month}
    month_ahead 1: {part_of} next month
    part_of_month: {part_of} [this] month
    day: [[on] {weekday}( ,)?] [on] [the] {day} [of] {month}(?!(?<=\bmay) (i|we|be|not|have)\b)(,? {year})?
    day: [[on] {weekday}( ,)?] [on] {month} [the] {day}(?!:| ?(am|pm|oclock))(,? {year})?
    numeric_either: [on] {numeric}
    day: [on] {weekday}( ,)? [the] {day.late}{no_hour}(?! thing)
    day_of_month_ahead 1: [on] [the] {day} of next month
    day_of_month_ahead 0: [on] [the] {day} of this month
    day: [on] the {day.sure}{thing}|[on] {day.digits}
    month_ahead 1: [in|sometime] [the] (next|following) month
    month_ahead 0: [in] this month
    month: [in|during|for|sometime in] {month.alone}|(in|during) {month.name}
    weekday: [on|any|a|for]* {weekday.alone}|on {weekday}|(?<!\w )^{weekday}$|{weekday}(?= (morning|afternoon\
    |at \d))
    days 1: tomorrow|tmrw|tmw|tomoz
    """,
    bare="[the|on|for|ok|maybe]* {day}",
    beside=r"""
    near 2: [sometime] (around|about|near) {the} @|@ (or so|or thereabouts|ish)
    day 1: [on|the]* day (after|following) {the} @
    day -1: [on|the]* day before {the} @
    weekday -1: [on|the]* [last] @ before {the} @
    weekday 1: [on|the]* [first] @ (after|following) {the} @
    week 1: [in|the]* week (after|following) {the} @
    week -1: [in|the]* week before {the} @
    week 0: [in|the]* (week (of|with)|same week as) {the} @|[in|the|that]* week( \S+){0,4} (starts|starting\
    |beginning|begins) [on] @
    """,
    through="""
    (between|from) {the} @ (and|to|until|till|through) {the} @
    @ (through|to) @
    """,
    after="""
    (after|past) {the} @
    (once|when) {the} @ (is|are) (over|done|finished)
    """,
    since=r"""
    (cant|cannot|not free|not available|wont be free|busy|unavailable)( \w+){0,2} (until|till|before) {the} @
    no sooner than {the} @
    (wait|hold off|hang on|leave it) (until|till) {the} @
    (away|not back|out of town|on holiday|abroad|wont be back) (until|till) {the} @
    (from|since|starting( from)?|as of|(not|nothing) (before|until|till)|no earlier than) {the} @
    @ (onwards?|or (later|after))
    """,
    before=r"""
    (before|earlier than) {the} @(?! (is (over|out|up|done)|ends)\b)
    @ [,|so|and]* before (that|then)
    """,
    until="""
    (until|till|by|no later than|not (after|later than)|up to|within( the( next)?)?|(in|over) the next) {the} @
    @ at the [very] latest
    before {the} @ (is (over|out|up|done)|ends)
    """,
    without=r"""
    (not|no|never|except( for)?|apart from|anything (but|bar)\
    |bar(ring)?|excluding|(any|every) day (but|bar)|other than|that (isnt\
    |is not\
    |aint)|as long as (it|its) (isnt|is not|not)|nor\
    |neither|cant( (do|make|come|go))?\
    |cannot( (do|make|come|go))?|avoid|dont (want|like)|wont work) [do|make|come|go|it|on|in|a|work]* {the} @
    @ ((is|are) (no good|not (good|possible|ok|okay)|bad|impossible|hopeless|useless|a write ?off\
    |out)|isnt (good|possible|ok|okay)|doesnt (work\
    |suit)\
    |does not (work|suit)|wont (work|do)|no good|not possible|out\b|full\b|no\b(?! (rush|problem|hurry|worries\
    |later\
    |earlier))|neither|not either|[i] (cant|cannot)\b)
    """,
    also_without=r"""
    ~ (nor|or|and|,(?= [the|on]* @ (,|and|or|nor)\b)) [the|on]* @
    ^[well|but|the|on|both]* @ and [the|on]* ~
    ^[well|but|the|on]* @(?= , [the|on]* @ and [the|on]* ~)
    """,
    # Days on which something expires or has happened.
    unrelated=r"""
    (expires?|runs? out|ran out|happened|(treated|attended|helped|told|called|phoned|rang|wrote|emailed) (me\
    |us)|(was|were) born) \
    [in|on|at|by|the|badly|there|to|me|us|already]* @
    instead of {the} @
    (been|calling|waiting|trying|ringing)( \w+){0,2} since @
    """,
    busy=r"""
    [@] @ [,|i|that]* (ive|have|ive got|im at|i work|im working|im away|im busy|is when|thats when)(?! \
    (free|off|available\
    |(a|an|the|my) (appointment|booking|slot)|until|till|from))( (?!but|so|and\b)\w+){0,4}
    (i work|im working|i have class(es)?)( on)? @( (and|or) @)?
    (wont|will not|not) be able to (come|attend|make it) [on] @
    (i have|ive got|ive|i work|im working|im at|im away|im busy|i am busy|weve got|we have)(?! (looked|seen\
    |checked|read\
    |noticed)\b)(?! (an?|my|the) \
    (appointment\
    |booking|slot)| to\b)( (?!free|off|available|until|till)\w+){1,3} [on|this|next]* @\
    ( and [i have|ive got|an|a|the|my]* (?!i|im|free|off|available|can|could|want|would|prefer|rather|not|maybe|ok\
    |then|so|need|please|perhaps|make|book|like|will|ill|id)\w+( on)? @)?
    """,
    none_of_them="""
    [so] (neither|none|not (any|either)) of (those|these|them|the two)( two)?( days| dates)?
    """,
    corrected=r"""
    @ , [oh|er|um|wait|actually]* (,|no ,) [no|i mean|i meant|make it|the|on]* @
    @( ,)? [oh|er|um|wait|actually|,]* (no (wait|sorry)|sorry|i mean|i meant|make that|or rather\
    |correction) [,|no|i mean|i \
    meant|make it|the|on]* @
    @ , no ,( \w+){1,7} , @
    """,
    origin="""
    the one (i have|ive got|i got|ive)( for| on)? @
    (the|my) @ (one|appointment|booking|slot|visit)
    from [the|my] @
    (appointment|booking|slot) [that] (i|we) have( for| on)? @
    (have|has|had|got) [an|a|my|the|her|his] (appointment|booking|slot)( for| on)? @
    """,
    distant=r"""
    1: {n} {unit} (after|following|later than) {the} @
    -1: {n} {unit} before {the} @
    """,
    following=r"""
    day: [on] the (day after( that( one)?| then)?|(next|following) day)(?! (tomorrow|of|in|available|free)\b)
    month: [till|until] later (in|on in) (the|that) month|[till|until] later that month
    """,
    explained="""
    @( ,)? (that is|thats|ie|i e|which is|meaning|so|is) {the} @
    """,
    preferred="""
    rather [have|do|come]* {the} @ than {the} @
    @ (rather|better|sooner) than {the} @
    prefer {the} @ (to|over|rather than) {the} @
    """,
    taken_up=r"""
    [on|any of|either of|one of]* th(ose|ese|at)( {n})? (days?|dates?|week) (works?|is|are|suits?|would|i can\
    |im free|fine|ok)
    (any|either|one) of those( {n})? (days|dates)
    (then i can|(so )?i can( \w+)? then|im free then|i can( \w+)?( on)? (any of )?those days)
    """,
    deadlines=r"""
    (to|must|should) (file|submit|hand in|present|reply|answer|respond|register|return|appeal|pay|lodge|send\
    |bring|deliver)\
    ( \w+){0,10} (within|in) {n} [working|calendar|business]* {unit}
    (gave|given|give|giving) (me|us) [only|just]* {n} {unit}
    {n} {unit} (have|has) (gone|passed)
    """,
    own_relative=r"""
    [to|till|until|for]* the (following week|week after)(?! (next|the|@|\d|of)\b)
    {n} {unit} (later|earlier|forward|on)(?! (than|\w*day|the)\b)
    """,
    ambiguous="",  # English says which of the two days is refused
    soonest=r"""
    as (soon|early|quick(ly)?) as (possible|you can|i can|there is|can be)|asap|a s a p
    [the] [very] (earliest|soonest)( (possible|available|free|one|slot|appointment|time|date|day|opening))*
    [the|your] (first|next) (available|free|possible|slot|appointment|opening|one available|one free|time)\
    ( (slot|appointment|time|one|opening|day|date|there is|you have))*
    urgent(ly)?|at once|straight ?away|right away
    any ?day(?! (but|except|apart|other))|whenever|i dont mind when|whichever day|[the] (next|first) (working\
    |business) day|you (choose|pick|decide)\
    |soonest you have|[the] first [one|slot|time] [that] (you have|youve got|there is|thats free)
    """,
    vocabulary="""
    christmas epiphany easter tomorrow today tonight week weeks weekend next after before morning afternoon
    evening noon midday
    fortnight month following beginning half quarter yesterday
    """,
)
