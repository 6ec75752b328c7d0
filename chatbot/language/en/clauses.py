"""English words of questions, wishes, narrations and denials, in normalised text."""

from __future__ import annotations

from ..clauses import ClauseGrammar
from ..lexicon import whole_word_expressions

APPOINTMENT = r"(?:appointments?|appt|slots?|booking|time|date|place)"
# Words before the verb of a question.
OPENING = (
    r"(?:(?:and|so|but|or|oh|hi|hello|hey|ok|okay|right|well|sorry|excuse me|please|just|also|wait|hold on|hmm+"
    r"|um|dunno|first|before (?:that|i choose)|by the way|actually|quick question|one question|then|now) )*"
)
SUBJECT = r"(?:i|you|u|we|they|it|he|she|the|there|this|that|these|those|my|your|our|his|her|their|any\w*|some\w*\
|a|an)"

ENGLISH_CLAUSES = ClauseGrammar(
    conjunctions=whole_word_expressions(
        r"""
        but(?= (?:i|ive|im|id|we|it|its|my|they|he|she|you|your|can|could|what|how|where|who|is|are|do|does\
          |if|when|please|at the same)\b)|so(?= (?:i|we|id|ill|can|could|would|make|maybe|lets|please|better\
          |how about|monday|tuesday|wednesday|thursday|friday|saturday|tomorrow)\b)|because|cos|cause\
          |since(?= (?:i|my|we|the))|though|although
        and(?= (?:also )?(?:(?:i want|id like|would like) )?(?:to )?(?:how|what|whats|where|when|which|who\
          |is|are|do|does|can|will|know|ask|tell me|find out) )
        """
    ),
    question=whole_word_expressions(
        r"""
        ^OPENING(?:to |from |in |on |at |for |until |till |by )?(?:whats?|which|whos?|whose|wheres?|hows?\
          |why)(?! (?:i (?:want|need|have|am|got)|ever|about|you (?:can|like|have)|its))
        ^OPENINGwhens?(?: (?:do|does|is|are|can|will|was|should|the))
        ^OPENING(?:is|are|was|were|does|did|can|could|will|would|should|shall|may|must|has|am|r|isnt|arent\
          |dont|cant) SUBJECT
        ^OPENING(?:do|have) (?:i|you|u|we|they|your|the|these|those|my|any\w*)
        how (?:much|many|long|late|far)(?! as)|(?:what|which) (?:number|time|documents?|papers?|bus|metro\
          |street|line|days?) (?:is|are|do|does|should|must|can|will)|whats the (?:best|nearest|price|cost\
          |address|number)
        (?:tell|let) me (?:know )?(?:what|how|where|when|which|who|if|whether|the|your|about)|(?:want|like\
          |need) to (?:know|ask|find out)|^and (?:also )?(?:to )?(?:know|ask|tell me|find out)
        (?:wondering|wonder|(?<!dont )(?<!not )know|check) (?:if|whether|what|how|where|when|which)
        ^OPENING(?:is|are|does|do) (?:\w+ ){1,3}(?:open|close|closed|shut|have|all on|accessible|near|far)
        which ones?$|or not$|or (?:do|must|should|can|is|will|am|would) (?:i|it|we|that)\b.*$
        ^OPENINGany(?! (?:APPOINTMENT|day|hour|office|morning|afternoon|one|free|of (?:the|those\
          |them) (?:is|will|would|works|do)|will|is|works|chance of an?)\b) \w+
        ^OPENING(?:opening|closing) (?:times?|hours)|^OPENINGnearest (?:metro|bus|station|stop|car park)\
          |^OPENINGanywhere to
        """,
        OPENING=OPENING,
        SUBJECT=SUBJECT,
        APPOINTMENT=APPOINTMENT,
    ),
    question_verb=whole_word_expressions(
        r"""
        what|which|who|where|how|why|when|is|are|do|does|did|can|could|will|would|should|may|must|have|has\
          |any|cost|free|open|closed
        """
    ),
    wish_question=whole_word_expressions(
        r"""
        (?:can|could|may|would|will|might|is it possible|possible|how (?:do|can|would) i|where (?:do|can) i\
          |is there any chance|any chance)(?: \w+){0,4}? (?:get|make|have|book|arrange|schedule|reserve\
          |give|sort|fix|find|put|set up|need) (?:\w+ ){0,4}?(?:APPOINTMENT|in for|me (?:in|down))
        (?:can|could|may|will|would|might) (?:i|you|we|u|somebody|someone|they) (?:please |just |possibly \
          |kindly )?(?:book|reserve|schedule|fix up|cancel|change|move|reschedule|shift|push|bring forward\
          |postpone|ring|call|squeeze|fit|see|add|note|put)(?: (?:it|me|my|an?|the|that|us|for|in|on|to\
          |down|this))
        (?:is there|are there|(?:do|have) you|got|any|anything)(?: \w+){0,4} (?:anything|slots?\
          |appointments?|times?|something|free|availab\w+|openings?|space|hole|gap)(?: \w+){0,2} (?:on|at\
          |for|in|this|next|tomorrow|today|after|before|around|earlier|sooner|left|available\
          |free)\b(?!.* (?:car|park|charge))
        (?:can|could|may|might|would) (?:i|we|it|that|this|mine) (?:please |just )?(?:be|come|go|do|have\
          |make) (?!(?:by|in and out|out|there|long|open|a receipt|my|it by)\b)(?:it |in |over \
          |done )?(?:on|at|tomorrow|today|next|this|for|to|with|in the|around|monday|tuesday|wednesday\
          |thursday|friday)
        (?:what|how) about|would \w+ (?:work|suit)|does \w+ (?:suit|work for)|^(?:can|could\
          |may) i have (?:the|a|an|that)? ?(?:first|last|one|\d+|morning|afternoon|earlier|later)
        is it ok(?:ay)? if i book|can (?:you|u) (?:validate|renew|register|process)|(?:can|could) (?:i\
          |we) (?:do both|come some)
        (?:can|could|would) (?:you|we|u) (?:do|manage|make it) (?:it )?(?:on |at )?(?:monday|tuesday\
          |wednesday|thursday|friday|tomorrow|today|the \d|\d)
        where (?:do|can) i (?:apply|renew|register|get my)|(?:can|could|may) i (?:renew|apply for|pick up\
          |collect)
        (?:would|could|is|might|may) (?:it|that) (?:be )?(?:at all )?possible (?:for \w+ )?to (?:push|move\
          |change|shift\
          |postpone|put|bring|delay|reschedule|cancel|book|come|see|have|make|get|do it)
        (?:can|could|may|might) (?:i|we) (?:just |please |possibly )?(?:see|meet|tell|come and see) (?:someone\
          |somebody|anyone|anybody|a person)
        (?:is there|are there|have you|have you got|is) (?:someone|somebody|anyone|anybody)(?: there\
          | here)? (?:who |that\
          |to |available to |free to )?(?:could |can |might |would |able to )?(?:just |please )?(?:talk|walk\
          |help|explain\
          |guide|show|tell|take|see) (?:it |this )?(?:me|us|to me|to us|my)\b
        (?:can|could|would|will) (?:you|u|someone|somebody|anyone) (?:please |just |possibly )?(?:sort|fix\
          |help (?:me\
          |us)? ?with|take care of|set up)\b
        (?:where|how) (?:do|can|should) (?:i|we) (?:go to )?(?:renew|get it renewed|file|lodge\
          |put it in writing|complain\
          |hand in|submit)|(?:can|could|may) (?:i|we) (?:do|file|renew|register|hand) (?:it|this|that\
          |them)(?: in)? \
          (?:with you|there|here)
        wondering (?:if|whether) (?:i|we|you) (?:could|can|might) (?:book|make|get|have|arrange)\
          |how do i book|(?:could|can|would) you (?:book|help me book|give me)
        """,
        APPOINTMENT=APPOINTMENT,
    ),
    wish=whole_word_expressions(
        r"""
        (?<!dont )(?<!not )(?:i|we|id|ill|he|she|wed|d)? ?(?:want|wants|need|needs|wanna|would like|d like\
          |id like|wish|am here to|am after|have to|must|got to|gotta|am looking for)(?! (?:to )?(?:know|ask))
        (?:renew(?:al|ing)?|apply(?:ing)?|obtain|collect|register(?:ing)?|book|schedule|reserve|make|get\
          |lodge|file|hand in|put in|submit|cancel|change|reschedule|move)
        (?:give|get|make|book|fix|find|put) (?:me|us)|appointments?|please
        """
    ),
    narration=whole_word_expressions(
        r"""
        ^(?:because|cos|cause|since|ever since|now that|in case)\b(?!.*(?:i want|i need|appointment))
        (?:i|we|my \w+|he|she|they|ive|weve|hes|shes) (?:have|has|had|ve|s|got)? ?(?:already |just \
          |only )?(?:been|waited|tried|lost|applied|received|got told|moved|broken|wasted|sent|written\
          |phoned|rung|called|spent|asked|paid|missed)
        (?:i|we|my \w+|he|she|they|it|you|your \w+|the \w+|nobody|someone|somebody) (?:went|was|were|got\
          |told|said|lost|waited|tried|applied|received|moved|broke|sent|wrote|phoned|rang|called|spent\
          |asked|paid|came|came in|had|kept|took|left|saw|gave|died|passed|fined|treated)(?! (?:me\
          |us) (?:the|an) appointment)
        (?:ill|i will|im|i am|well|we will|were|we are|hell|shell|he will|she will) (?:be )?(?:travelling\
          |traveling|flying|abroad|working|on holiday|out of (?:town|the country)|away|busy)\b\
          (?! (?:until|till|before|after)\b)
        ^so (?:that )?(?:i|we|he|she) can\b(?! (?:come|do|make|go|be)\b)
        ^(?:i|we|he|she) works? (?:on|every|all) \w+
        (?:im|i am|were|we are) (?:going|travelling|traveling|flying|off) (?:hunting|fishing|to|on|away|abroad)
        (?:i|he|she|my \w+) (?:travel|travels|fly|flies|leave|leaves) (?:on|to|for|next|this|tomorrow)
        (?:expires?|expired|runs out|ran out|is due|is up|deadline|ends)(?: (?:on|in|at|this|next|tomorrow\
          |today|soon|by))?
        (?:months|weeks|days|years|hours) (?:ago|now|and|waiting|later i)|^(?:yesterday|last (?:week|month\
          |year|time|monday|tuesday|wednesday|thursday|friday))
        (?:i|we|my \w+|he|she) (?:have|has|ve got|got|see) (?!(?:an? |the |my |another )?(?:appointments?\
          |booking|slot|to|time|free|date|no|disab\w*|dysl\w*)\b)(?:\w+ ){1,3}(?:on|at) (?:monday|tuesday\
          |wednesday|thursday|friday|saturday|sunday|the \d+)
        (?:keeps? (?:telling|saying|asking)|so here i am)|to go to an office
        """
    ),
    denial=whole_word_expressions(
        r"""
        (?:cant|cannot|can not|couldnt|can no longer|unable to) (?:\w+ )?(?:file|sign|submit|pay|log in to\
          |access|do) \
          (?:anything|things|stuff|forms?|documents?|my tax\w*)
        (?:i |we )?(?:dont|do not|didnt|did not|never) (?:want|need|ask for|asked for|mean)
        (?:its|it is|thats|that is|this is|im|i am|was)? ?not (?:for|about|the|a|an|asking|my|here)\
          |instead of|rather than|nothing to do with|not
        """
    ),
    retraction=whole_word_expressions(
        r"""
        no sorry|^sorry|sorry no|no wait|wait no|i mean(?:t)?|scratch that|i meant to say|or rather|correction
        """
    ),
)
