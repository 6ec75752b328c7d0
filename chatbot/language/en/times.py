"""English times in the notation of `wording`. Data only.

`Half ten` is half past ten, as in Britain.
"""

from ..date_time.clock_times import TimeWording
from ..wording import numbers_between
from .dates import NUMBERS

ENGLISH_TIMES = TimeWording(
    numbers=NUMBERS,
    hours={**numbers_between(NUMBERS, 1, 24), "noon": 12},
    fractions={
        "half": 30,
        "a quarter": 15,
        "quarter": 15,
        "five": 5,
        "ten": 10,
        "twenty five": 25,
        "twenty": 20,
    },
    halves="""
    morning: in_the_morning in_morning
    am: am a_m
    afternoon: midday in_afternoon pm p_m in_the_afternoon in_the_evening
    night: at_night
    """,
    macros=r"""
    minutes: ((:|\.|h| ){minute}{more}| {past})?( (sharp|exactly|on the dot))?
    more: (?! (people|minutes|days|weeks|euros|years))
    clock: [{past.any} past|{past.half}|{less} (to|before|of|til|till)] {hour}{minutes}{half_of_day}
    half_of_day: ( ?oclock| ?o clock| hours)?( ?{half})?
    limit: (?<=after )|(?<=before )|(?<=until )|(?<=till )|(?<=from )|(?<=than )|(?<=by )\
    |(?<=past )|(?<=me to )|(?<=it to )
    // A citizen who works until a time can come from then on.
    busy: work(ing)?|busy|have class(es)?|at the (doctors?|dentists?|office)|in a meeting
    """,
    ranges="""
    {hour.plain#1} (to|till|until) {hour.word#2}(?! (people|minutes|days|weeks|months|years|euros|hours|of|times))
    {hour.digits#1} ?(-|to|till|until) ?{hour.digits#2}( ?{half.short#2})?
    (between|from) {clock} ?(and|to|until|till|-) ?{clock}
    """,
    clocks=r"""
    {hour.named}
    {hour.digits}h
    [at|for] ({past.any} past|{past.half}) {hour}{half_of_day}
    [at|for] {less} (to|before|of|til|till) {hour}{half_of_day}
    [{about}|at|for]* {hour}{minutes}( ?oclock| ?o clock)? ?{half}
    [at|for|around] {compact} ?({half.short}|hours)
    (at|for|make it) {compact}
    [at] [{about}] [at] {hour.digits}(:|\.|h){minute}
    [at|for] [{about}] {hour}{minutes}( ?oclock| ?o clock| ?ish| sharp| on the dot)
    {hour.digits}{minutes}(?= instead of)|(?<=instead of ){hour.digits}{minutes}
    {hour}{minutes}(?= ((would be|is|works) better|rather) than)|(?<=better than ){hour}{minutes}
    {hour.full} hours?
    (at|say|make it|make that|{about}) {hour}{minutes}(ish)?(?! (days?|weeks?|minutes?|people))
    {limit}{hour}{minutes}(?! (days?|weeks?|months?))
    """,
    bare=r"""
    ^[at|for|the|make it|ok|lets say|say|yes|around]* ({clock}|{compact})( one)?( please)?$
    ^[at|either]* {hour}{minutes}(?= (or|no|,|suits|works|is|sounds)\b)
    ((?<=\bor )|(?<=, )){hour}{minutes}$
    """,
    through="(between|from) # (and|to|until|till) #",
    since="""
    (after|from|later than|no earlier than|(not|nothing) before|past) [at] #
    # (onwards?|or (later|after))
    """,
    until="""
    ((?<!not )(?<!nothing )(before|until|till)|by|no later than|(?<!no )earlier than|not after) [at] #
    # (at the latest|or (earlier|before))
    (i|we) (start|begin)( (my )?(work|working|shift|job|class))?( at)? #
    """,
    about="around|about|roughly|approximately|circa|ish",
    parts=r"""
    early_afternoon 12:00 15:00: early afternoon|early in the afternoon
    first_thing 00:00 10:30: the earlier the better|first thing( in the morning)?|early( in the)? morning\
    |[bright and|nice and] early( on| in the day)?(?! (next|this|in|dec|jan|enough))
    mid_morning 10:00 12:00: mid ?morning
    late_morning 11:00 13:00: late morning|late in the morning|end of the morning
    mid_afternoon 14:00 17:00: mid ?afternoon
    late_afternoon 16:00 19:00: late afternoon|late in the afternoon
    last_thing 16:00 23:59: last thing|the later the better|[at the] end of [the] day|close of business|later? \
    in the day|as late \
    as (possible|you can|there is)|the latest (possible|you have|there is)
    morning 06:00 12:00: [in|on|during] [the] (mornings?|mornin|forenoon)
    afternoon 12:00 18:00: [in|on|during] [the] afternoons?|(?<!\w)pm
    evening 17:00 23:59: [in|on|during] [the] evenings?|at night
    midday 12:00 14:30: [at|around] mid ?day|[at|around|over|during] [my] lunch ?(time|break|hour)
    """,
    edges="""
    after 14:00: after lunch
    before 13:00: before lunch
    after 12:00: (after|past) midday
    before 12:00: before midday
    """,
    never="""
    (but|except|other than|apart from|, not)( for)?( at)? #
    # no(?= ,|$)
    # [is] (no good|impossible)
    """,
    durations=r"""
    (waited|waiting|for|takes?|took|lasts?|in|within|over|almost|about|been|last) (about |over |almost \
    )?({hour}|{past}) (h|hrs?|hours?|minutes?|mins?)
    ({hour}|{past}) (hours?|hrs?|minutes?|mins?) (ago|waiting|late|early|on hold|in the queue|away)
    ({hour}|{past}) (years?|months?|people|euros?|pounds?|kids|children|times)( old)?
    (flat|floor|number|room|door|house|apartment|street|road|avenue|line|bus) \d+
    """,
    unrelated=r"""
    (pick up|collect|drop off|have lunch|eat)( (?!so|from|and|after|before)\w+){0,4}( at)? #
    (ive|i have|weve|we have|been|waiting|here|queuing)( \w+){0,3} since #
    since # (ive|i have|weve|im|i am)
    (i|we) (have|had|ive got) (an|the|my) (appointment|booking|slot)( \w+){0,2} (at )?#
    """,
    corrected="# ,? [oh|er|um|wait]* (no ,|sorry|i mean|i meant|make that|actually|,) [,|no|i mean|make it|at]* #",
    busy=r"""
    (i|we) (start|begin)( (my )?(work|working|shift|job|class))?( at)? # (and|,)( i| we)? \
    (finish|get off|get out|leave|knock off)( \w+){0,3}( at)? #
    (cant|cannot|not free|wont be free|cant be there)( do| make it| come)? (before|until|till) #
    {busy} (until|till) #
    (finish|get off|get out|leave|knock off)( \w+){0,3}( at)? #
    before # (i )?(cant|cannot|is no good|doesnt work|is impossible)
    """,
    instead="(rather than|instead of)( at)? #|# (would be|is|works) better than( at)? #",
    refusing=r"""
    (not|no|cant( do| make| come)?|cannot( do| make| come)?|except( for)?|but not|anything but|avoid) \
    [in|on|the|do]* PART
    (not|nor) (too|so|very) PART
    PART (im|i am|i work|i have|ive)(?! (free|available|off|time))
    PART ((is|are) (no good|bad|not good|impossible|out)|isnt good|doesnt work|wont work\
    |no good|are no good|dont work)
    """,
    earlier=r"[a bit|a little|an|one] (earlier|sooner)(?! (than|this|as))",
    later=r"[a bit|a little|one] later(?! (than|this|as|in))|later in the day",
    same_time="same (time|hour)",
)
