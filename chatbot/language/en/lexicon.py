"""English lexicon, as words and patterns of normalised text: lower case, no apostrophes."""

from __future__ import annotations

from ..lazy_pattern import LazyPattern
from ..lexicon import Lexicon, whole_word_pattern, word_set
from .clauses import ENGLISH_CLAUSES
from .intents import INTENTS

GENERAL_WORDS = word_set(
    """
    meant ill street avenue square myself turned happy a about after again all already also am an and any
    anybody anyone anything appointment appointments appt are around as ask asking at be because been before
    being best better book booked booking but by call can cant cannot change come could couldnt date dates
    day days did do does doing dont done each earliest early either else enough every everything few fill
    first fix for form from get getting give go going gonna good got great had has have having hello help
    her here hey hi him his hour hours how i id if ill im in info inside into is isnt it its ive just kid
    kids kind know later let lets like little long look looking lot love make makes making many matter may
    maybe me mean meet meeting might mine minute month months more morning most mother mothers mum much must
    my myself name need needed needing needs new next nice no none not nothing now obtain of off office
    offices ok okay old on once one ones only open or other our out over own pass people perhaps person
    phone place plan please possible prefer previous procedure quick quickly quite rather really regarding
    renew renewal renewing renewed request reserve right said same say schedule see seen send service
    services set shall she should show since slot slots some somebody someone something soon sooner sort
    speak start still stuff such sure take tell than thank thanks that thats the their them then there these
    they thing things think this those through till time times to today together tomorrow too try two type
    under until up us use using very via visit wait waiting walk wanna want wanted wants was way we week
    weeks well were what whats when where which while who whom why will wish with without wont wonder
    wondering would wouldnt yes yet you your yours yourself father dad son daughter husband wife partner
    brother sister grandmother grandfather parent parents family friend baby child children mr mrs monday
    tuesday wednesday thursday friday saturday sunday afternoon evening noon midday night lunch weekend
    fortnight video videocall online remote remotely face person internet home madrid spain lost expired
    expires expiring valid id like ive sir madam hiya cheers apply applying application obtain obtaining
    collect collecting pick sort sorted sorting deal dealing handle issue issues problem concerning bring
    brings brought need require required requires cancel reschedule move wrong fastest quickest earlier
    later anytime whenever whatever whichever available availability free opening openings close closed
    closes last second third asap urgent urgently really actually honestly basically kindly possibly hope
    handing dropping star oi squeeze hang hold hoping trying able unable lines line queue people there hi
    afraid sorry mind mate moaning mourning
    """
)
_VIDEO = (
    r"(?:by |via |on |over )?(?:a )?video ?(?:calls?|conferenc\w+"
    r"|chats?|appointments?|meetings?|links?)?|videos?|(?<!paperwork )(?<!things )(?<!stuff )"
    r"(?<!forms )(?<!procedures )on ?line"
    r"|(?:through|on|via|over|with) (?:my |the |a )?(?:laptop|computer|phone|tablet) (?:camera|screen)"
    r"|(?:through|on|via|over|with) (?:my |the |a )?(?:camera|webcam|laptop)"
    r"|remote(?:ly)?|from (?:my )?home|virtually|virtual (?:appointment"
    r"|meeting|call|visit)|over the internet|by (?:zoom|teams"
    r"|skype|webcam|computer)|(?:on|via|over) (?:zoom|teams"
    r"|skype|facetime|webcam|the internet|my computer)|without (?:going"
    r"|coming|leaving|having to (?:go|come|leave|travel))(?: .{0,16})?"
    r"|(?:cant|cannot|dont want to|rather not) (?:come in|go (?:there"
    r"|in|to the office)|travel|leave (?:the house|home))"
)
_IN_PERSON = (
    r"in ?person|face ?to ?face|(?:at|in|to) (?:the|your|an"
    r"|one of your|a) office(?! in| on)|(?:come|go|coming|going"
    r"|pop|drop) (?:in|there|to (?:the|your|an) office|down"
    r"|over|by)|on ?site|physical(?:ly)?|at the (?:counter"
    r"|desk)|(?:no|dont have an?|havent got an?) (?:camera"
    r"|webcam|computer|internet)|i(?:ll| will| d rather| would rather"
    r"|d prefer to) (?:come|go|visit)(?: in| there)?|visit the office|rather (?:come|go)"
)
ENGLISH_LEXICON = Lexicon(
    intents=INTENTS,
    general_words=GENERAL_WORDS,
    greetings_and_idioms=whole_word_pattern(
        r"good (?:morning|afternoon|evening|day)", r"no idea|good idea|not the faintest idea"
    ),
    clauses=ENGLISH_CLAUSES,
    several_services=whole_word_pattern(r"(?:two|several|three|couple of) (?:things|services|matters)"),
    question_form=whole_word_pattern(
        r"(?:^|, |and |but |so |hi |hello |sorry |tell me |know |for )(?:for |at |in |on |to )?(?:what|whats|which"
        r"|who|whos|when|where|how|why)",
        r"(?:^|, |and |but |so |or |hi |hello |sorry |know if )(?:is|are|do|does|did|can|could|will|would"
        r"|should|may|must|has|have you|any|am i|you (?:open|close|shut|work|working|got|have))",
        r"(?:nearest|closest|best) (?:bus|metro|train|stop|station|public|car|parking)",
        r"whats the (?:best|nearest|closest)",
        r"how (?:do|can|much|many|long|late)|(?:which|what) (?:bus|line|metro|train|floor|days?|time|hours)",
    ),
    additional_service=whole_word_pattern(
        r"also|too|as well|in addition|besides|while im (?:at it|there)|and then"
    ),
    partial_agreement=whole_word_pattern(r"except|but|apart from|other than|though"),
    rebooking=whole_word_pattern(
        r"cancel\w*\b.{0,40} (?:(?:give|book|get|make) me|i want|i need|id like|book|make)"
        r" (?:an ?other|a new|a different|one|an appointment|the)",
        r"(?:give me|i want|i need|id like|book|get me) (?:an ?other|a new|a different)"
        r" (?:one|time|date|day|appointment)\b.{0,60} cancel\w*",
        r"cancel\w*\b.{0,60} instead",
    ),
    refused_change=whole_word_pattern(
        r"(?P<kept>dont|do not|not|without|instead of|rather than)(?: (?:want to|need to|like to|going to))?"
        r" (?:cancel|chang|mov|reschedul|postpon)(?:ling|e|ing|led|)(?: (?:it|mine|my appointment))?",
        r"cancel(?:ling|ing)?(?: (?:it|mine|my appointment))?(?= no(?: ,|$))",
    ),
    present_visit=whole_word_pattern(
        r"(?:my (?:appointment|booking) (?:is|was|on)|mines?(?: is)? on|(?:ive|i have|i had|ive got)(?: got)? an?"
        r" (?:appointment|booking)|i(?:ve)? booked)\b(?:(?! (?:but|and|can|could|chang|i want|i need|id |switch"
        r"|move|make|should|please)).)*"
    ),
    short_spellings={
        "wat": "what",
        "wot": "what",
        "sum": "some",
        "u": "you",
        "r": "are",
        "pls": "please",
        "plz": "please",
        "appt": "appointment",
        "2moro": "tomorrow",
        "2morrow": "tomorrow",
        "tmrw": "tomorrow",
        "tmr": "tomorrow",
        "wk": "week",
        "nxt": "next",
        "n": "and",
        "vid": "video",
        "mrng": "morning",
    },
    video=whole_word_pattern(_VIDEO),
    in_person=whole_word_pattern(_IN_PERSON),
    internet_use=whole_word_pattern(
        r"(?P<use>(?:fil|sign|log|us|pay|buy|bought|access|submit|work|bank|shop|look|search|fill|download"
        r"|upload|read"
        r"|found|tax|declar|things|stuff|paperwork|forms|everything|anything|nothing)\w*(?: \w+){0,3})"
        r" (?:on ?line|over the internet|on (?:the|my) (?:computer|internet|laptop)|remotely)"
    ),
    there=whole_word_pattern(
        r"(?:(?:ill|i will|just|id|come|go|be|rather|right|over|at|up|well|do it) )*"
        r"(?:there|on the spot|(?:in |at )?(?:the |an )?(?:actual )?office|at yours)(?: (?:in|at) the office)?"
        r"(?: please| then)?"
    ),
    mode_refusals=(
        r"(?:not|no|dont (?:want|like|do|fancy)(?: it)?|without"
        r"|hate|rather not(?: do)?|dont want to (?:do|use|go)(?: it)?)(?: (?:a"
        r"|by|on|the|use|do|it|to))* (?:MODE)",
        r"(?:MODE) (?:isnt|doesnt|wont|is not|does not|is no good|no).{0,12}",
        r"(?:instead of|rather than)(?: a| by| the| going| coming)* (?:MODE)",
    ),
    correctable_words=word_set(
        """
    appointment appointments cancel change reschedule booking office opening waiting person human speak back
    start again video online confirm correct thanks hello perfect whatever telephone phone help locator
    reference address documents bring quickest fastest quick need want please available postpone earliest operator
    """
    ),
    frequent_words=word_set(
        """
    the a an i you my is are it to of for on in at with what when where how can could would like want need
    please hello hi yes no not and or do does have has appointment book cancel change open office tomorrow
    today monday tuesday wednesday thursday friday saturday sunday next week morning afternoon time day
    another thanks thank im id me this that there by from
    """
    ),
    name_introduction=LazyPattern(
        r"(?:my (?:full )?names?(?: is|['’]?s)?|(?:her|his|correct|full) name is|name is(?! wrong| not)|call me"
        r"|under the name(?: of)?|put (?:it|me|us) down as|it should (?:be|say|read)|it['’]?s for my \w+(?= ?:)"
        r"|(?:i am|i['’]?m|s?he is|s?he['’]?s|my \w+(?: is|['’]s)) called|name(?= ?:)"
        r"|put it under(?: my \w+['’]?s name\b,?)?)\b[: ]*"
    ),
    possible_name_introduction=LazyPattern(r"(?:i am|i['’]?m|it['’]?s|it is|this is)\b[: ]*"),
    non_name_words=word_set(
        """
    the a an for on in at to of my is are it and or not yes no hi hello want need would like appointment
    email mail address here there old from looking trying happy sorry afraid tomorrow today phone mobile
    number thanks ok sure fine wrong off out down right with called cancelled canceled moved changed booked
    possible free available done open closed easy
    """
    ),
    generic_office_words=frozenset({"office", "branch", "location", "oficina"}),
)
