"""English times in the notation of `wording`. Data only.

`Half ten` is half past ten, as in Britain.
"""

from ..clock_times import TimeWording
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
    morning: in_the_morning
    am: am a_m
    afternoon: pm p_m in_the_afternoon in_the_evening
    night: at_night
    """,
    macros=r"""
    minutes: ((:|\.){minute}| {past})?
    clock: {hour}{minutes}{half_of_day}
    half_of_day: ( ?oclock| hours)?( ?{half})?
    limit: (?<=after )|(?<=before )|(?<=until )|(?<=till )|(?<=from )|(?<=than )|(?<=by )\
    |(?<=past )|(?<=me to )|(?<=it to )
    // A citizen who works until a time can come from then on.
    busy: work(ing)?|busy|have class(es)?|at the (doctors?|dentists?|office)|in a meeting
    """,
    ranges="""
    {hour.digits#1} ?(-|to|till|until) ?{hour.digits#2}( ?{half.short#2})?
    (between|from) {clock} ?(and|to|until|till|-) ?{clock}
    """,
    clocks=r"""
    {hour.named}
    [at|for] ({past.any} past|{past.half}) {hour}{half_of_day}
    [at|for] {less} (to|before|of|til|till) {hour}{half_of_day}
    [{about}|at|for]* {hour}{minutes}( ?oclock)? ?{half}
    [at] [{about}] [at] {hour.digits}(:|\.){minute}
    [at|for] [{about}] {hour}{minutes}( ?oclock| ?ish)
    {hour.full} hours?
    (at|say|{about}) {hour}{minutes}(ish)?(?! (days?|weeks?|minutes?|people))
    {limit}{hour}{minutes}(?! (days?|weeks?|months?))
    """,
    bare="[at|for|the|make it|ok|lets say|say]* {hour}{minutes}( one)?",
    through="(between|from) # (and|to|until|till) #",
    since="""
    (after|from|later than|no earlier than|not before|past) [at] #
    # (onwards?|or (later|after))
    """,
    until="""
    ((?<!not )(before|until|till)|by|no later than|(?<!no )earlier than|not after) [at] #
    # (at the latest|or (earlier|before))
    """,
    about="around|about|roughly|approximately|circa|ish",
    parts=r"""
    early_afternoon 12:00 15:00: early afternoon|early in the afternoon
    first_thing 00:00 10:30: first thing( in the morning)?|early( in the)? morning\
    |[bright and|nice and] early( on| in the day)?(?! (next|this|in|dec|jan|enough))
    mid_morning 10:00 12:00: mid ?morning
    late_morning 11:00 13:00: late morning|late in the morning|end of the morning
    mid_afternoon 14:00 17:00: mid ?afternoon
    late_afternoon 16:00 19:00: late afternoon|late in the afternoon
    last_thing 16:00 23:59: last thing|[at the] end of [the] day|close of business|later? in the day
    morning 06:00 12:00: [in|on|during] [the] (mornings?|mornin|forenoon)
    afternoon 12:00 18:00: [in|on|during] [the] afternoons?
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
    # [is] (no good|impossible)
    """,
    busy=r"""
    (cant|cannot|not free|wont be free|cant be there)( do| make it| come)? (before|until|till) #
    {busy} (until|till) #
    (finish|get off|get out|knock off)( \w+)?( at)? #
    """,
    instead="(rather than|instead of)( at)? #",
    refusing=r"""
    (not|no|cant( do| make| come)?|cannot( do| make| come)?|except( for)?|but not|anything but|avoid) \
    [in|on|the|do]* PART
    PART ((is|are) (no good|bad|not good|impossible|out)|isnt good|doesnt work|wont work\
    |no good|are no good|dont work)
    """,
)
