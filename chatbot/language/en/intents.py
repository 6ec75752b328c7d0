"""English expressions of each intent, in normalised text without apostrophes."""

from __future__ import annotations

from ..lexicon import Intent, compile_expressions

MINE = r"(?:my|the|an|this|that|our|a|his|her)"
APPOINTMENT = r"(?:appointments?|appt|booking|reservation|slot|visit|meeting)"
LOST = (
    r"locator|(?:booking |appointment )?(?:reference|code|number)|link|e ?mails?|mails?|messages?|confirmation|sms"
    r"|text(?: message)?|letter|paper"
)

HOLIDAY = (
    r"(?:christmas|xmas|boxing day|new years?|epiphany|three kings|reyes|immaculate|inmaculada|constitution|easter"
    r"|holy week|good friday|all saints|puente|long weekend|(?:bridge )?holidays?)"
)
OPENS = r"(?:open|clos|shut|work|attend|there)\w*"

# Each line has at least one expression. A backslash joins the next line, without its indentation.
INTENTS = compile_expressions(
    {
        Intent.INSULT: r"""
            idiots?|idiotic|stupid|morons?|dumb(?:ass)?|useless|fuck(?:ing|er|ers|ed)?|shit(?:ty)?|bullshit
            arse(?:hole)?s?|ass(?:hole)?s?|bastards?|bitch(?:es)?|crap(?:py)?|garbage|rubbish|pathetic
            hate (?:you|this)|damn(?: you)?
            bloody (?:hell|useless|machine|bot|thing)
            piss off|go to hell|screw you
            you (?:suck|are (?:the worst|awful|terrible|a joke|hopeless|so slow|not helping))
            wankers?|twats?|clowns?|shut up|worthless|good for nothing
            youre (?:hopeless|awful|terrible|a joke|the worst|no use)
            sick of (?:you|this)|joke of a \w+|thick as \w+|waste of (?:time|space)|incompetent|loser|jerk
            dimwit|brainless|ridiculous
        """,
        Intent.RESTART: r"""
            (?:start|begin|starting)(?: it)?(?: all)? (?:over|again|afresh|from scratch|\
              from the (?:beginning|start|top)|anew)
            restart
            from (?:scratch|the (?:beginning|start|top))
            reset
            forget (?:everything|all that|about it|it all)|forget (?:it|that)$
            new conversation|scrap everything|clear (?:everything|all|it)|lets start again
        """,
        Intent.EARLIER: r"""
            (?:earlier|sooner|quicker|before|nearer) (?:than |then )?(?:my (?:appointment|one|booking|date)|\
              mine|the (?:one|date|day|time|\
              appointment|slot)(?: that)? (?:ive|i have|i|you|im|they)|what (?:i|ive|you))\b
            (?:bring|move|pull) (?:my|mine|the|it|our)(?: (?:appointment|booking|appt|slot|visit|\
              one))? (?:forward|earlier|closer)
            (?:get |come |be |being )?seen (?:before|sooner|earlier)
            need (?:it|mine|my appointment|to be seen|to come|an appointment) (?:earlier|sooner|before that)
            (?:anything|any|something|an|a|some)(?: \w+)? (?:earlier|sooner|quicker|before)(?: (?:slot|time|\
              date|appointment|one|\
              than .*|that|available|please))*$
            (?:earlier|sooner|quicker) (?:slot|time|date|appointment|one)
            (?:anything|something|one)(?: \w+){0,2} (?:come|comes|become|becomes|be)? ?(?:free|available|\
              up) before
            (?:if|when) (?:some(?:body|one)|any(?:body|one)|another person) (?:cancels|drops out|gives up|\
              cant come)
            (?:appointment|date|mine) (?:is|s) (?:too|so|very|much too) (?:far(?: away)?|late|long)
            want (?:one|something|it|an appointment) (?:before|earlier|sooner)
        """,
        Intent.CANCEL: r"""
            cancel(?:l?ed|l?ing|lation|lations)?
            cancle
            (?<!i )(?<!dont )(?<!not )forget (?:about )?(?:that|this|my|the) APPOINTMENT(?! (?:time|date|day)\b)
            (?:drop|scrap|undo|bin|delete|remove) what (?:i|we|ive|weve) (?:have )?(?:booked|reserved|made)
            call(?:ed|ing)? (?:it |my appointment |the appointment )?off
            (?:delete|remove|drop|annul|scrap) MINE APPOINTMENT
            (?:dont|no longer|do not) (?:need|want) MINE APPOINTMENT(?: any ?more)?
            (?:dont|no longer|do not) (?:need|want) (?:MINE )?APPOINTMENT\b.{0,12} any ?more
            get rid of (?:my|the|that) (?:\w+ )?(?:appointment|booking|slot|one)
            give up my (?:appointment|slot)
            (?:wont|not going to|not) be (?:coming|there)(?: after all)?
            free up (?:my|the) (?:slot|place|appointment)
            not coming(?: after all)?
            (?:wont|not) (?:be )?need(?:ing)? MINE APPOINTMENT
            take (?:it|him|her|me|my name|that|the appointment) off
            an?nul|call off MINE APPOINTMENT|withdraw MINE APPOINTMENT
            give (?:my|the|that) (?:slot|appointment|place|time|spot) to (?:some|any|an ?other|who)\w*
            get rid of (?:a|this|our) (?:\w+ )?(?:appointment|booking|slot)
            (?:delete|remove|drop|scrap|undo|bin) (?:mine|the one|MINE (?:\w+ )?APPOINTMENT|\
              what (?:we|i|you|ive) (?:have )?just)
            (?:dont|do not) want to (?:go|come)(?: there)? any ?more|no longer (?:coming|want to come|\
              need to come)
            (?:dont|do not|wont|no longer) (?:need|want) (?:it|mine|the one i have) any ?more
        """,
        Intent.CHANGE: r"""
            (?:change|move|shift|push|postpone|reschedule|alter|modify|amend|bring|put|delay|swap|\
              rearrange|rebook|switch)(?: back| forward| off)? MINE (?:\w+ )?APPOINTMENT
            reschedul(?:e|ing)|re schedule|postpone|rearrange|rebook
            (?:another|different|new|other) (?:date|day|time) for MINE APPOINTMENT
            change the (?:date|day|time|date and time|hour) of MINE APPOINTMENT
            (?:change|move|shift|push) (?:it|my one) (?:to|from|forward|back)
            have an (?:appointment|booking) .{0,60}(?:chang|mov|shift|push|switch|postpon)\w+
            (?:change|move|swap) (?:an|my|the|one) (?:existing )?(?:appointment|booking)
            change appointment|missed MINE APPOINTMENT
            (?:push|move|put|bring|shift|change) it (?:back|forward|to|on)
            (?:time|day|date|slot|appointment) (?:that )?(?:you|they) (?:gave|have given|set|booked) (?:me|us)
            (?:time|day|date|appointment) i was given
            (?:seen |come |be |get )?(?:earlier|sooner|later) than my appointment
            bring (?:it|my appointment) forward
            (?:move|shift|push|put|change|switch|bring) (?:me|us) (?:to|back|forward)
            MINE APPOINTMENT (?:please )?(?:put|move|change|shift)
            same (?:day|date|time)\b.{0,30} (?:but|only|just|make)
            (?:ive|i have|have|ve) an? (?:\w+ )?(?:appointment|booking)\b.{0,80}(?:instead|chang|mov|shift|push|\
              switch|postpon|rather)\w*
            (?:booked|picked|chose) (?:the|a|on the|for the) wrong
            (?:move|shift|change|push|put|switch|swap|bring) (?:that|this|mine|it|me) (?:to|for|on|till|until|\
              by|into)
            can (?:mine|my appointment|my booking|it) be\b(?! done\b)
            (?:only|just|please|rather|to|but|^|,) ?(?:mov|chang|shift|push|postpon)(?:e|ing|)? (?:it|mine|the \
              appointment)(?= ,|$| please| instead| not)
            (?:change|alter|move|amend|switch) (?:the|its) (?:time|day|date|hour)(?: of it| please)?$
            (?:appointment|booking|slot) (?:that )?i (?:booked|have|made|got)\b.{0,40}(?:other|another|\
              different|new) (?:day|date|time)
            no good for (?:my|the) appointment
            i booked .{0,60}(?:switch|change|move|make) it
            MINE APPOINTMENT .{0,40}(?:different|another|other|new) (?:day|date|time)
            (?:change|move|reschedule) or cancel|cancel or (?:change|move|reschedule)
        """,
        Intent.CANNOT_COME: r"""
            (?:cant|cannot|wont be able to|not able to|wont|unable to|can not|\
              couldnt) (?:come(?! (?:in\b|to the office))|make it|attend|\
              make MINE APPOINTMENT)(?: to)?(?: MINE APPOINTMENT)?
            something (?:has|s|had)? ?(?:come|came|cropped) up(?: .*)?
            ^(?:hi |hello )?(?:its |it is |im writing |writing )?(?:about|regarding|concerning) (?:my|\
              the) APPOINTMENT(?! (?:is|s)\b)
            (?:problem|trouble|issue) with my APPOINTMENT
        """,
        Intent.LOST_LINK: r"""
            (?:lost|deleted|erased|misplaced|thrown away|threw away|forgot(?:ten)?|cant find|cannot find|\
              can not find|\
              (?:dont|no longer) have (?:the|my|that)|havent got (?:the|my|that)|dont remember|\
              cant remember|dropped|binned) .{0,25}(?:LOST)
            (?:didnt|did not|havent|have not|never|hasnt|not|dont) (?:get|got|gotten|receive|received|come|\
              arrived|arrive|had) .{0,25}(?:LOST|anything)
            (?:re ?send|send|mail|text|e ?mail) (?:me |us )?(?:(?:again|the|my|a|that) )+.{0,20}(?:LOST)
            (?:wheres|where is|where do i (?:find|see|get)|cant see|how do i (?:join|get into|enter|\
              open)) .{0,25}(?:LOST|video|call|number)
            no (?:\w+ )?(?:link|e ?mail|confirmation|code|message)\b.{0,15} (?:in my (?:inbox|mail|\
              e ?mails?|spam)|(?:has )?(?:arrived|come|came))
            (?:link|url) (?:for|to|of) (?:my|the) (?:video|call|appointment|meeting)
            (?:LOST) .{0,20}(?:never (?:came|arrived)|didnt (?:come|arrive)|hasnt (?:come|arrived)|got deleted|\
              is gone|disappeared|lost)
            what(?:s| is) (?:a|the|that) (?:locator|booking reference|reference)
        """,
        Intent.FIND: r"""
            (?:find|see|view|check|look up|lookup|show(?: me)?|know|remember|confirm|where is|wheres|\
              what about|look at|retrieve|get) (?:when |if |what |the details of |where |which |\
              what time |what day )*(?:is |are |about )?(?:my|the) (?:\w+ )?(?:appointments?|booking|\
              reservation)
            (?:when|what time|what day|where|what date)(?: is|s| was| are|re| do i have) (?:my|the|\
              our) (?:appointments?|booking|next appointment)
            when do i have (?:my|an) appointment
            (?:lost|forgot|forgotten|cant find|cannot find|dont remember|cant remember|\
              misplaced) .{0,30}(?:appointment|locator|reference|booking|code|time|email|confirmation)
            do i (?:already )?have an? (?:appointment|booking)
            (?:details|status) of my (?:appointment|booking)
            my (?:locator|(?:booking |appointment )?reference(?: (?:number|code))?)|my appointment details
            (?:didnt|did not|havent|never) (?:get|got|receive|received) .{0,20}(?:e ?mail|confirmation)
            is my appointment (?:confirmed|booked)
            (?:is|are|s) (?:\w+ ){1,3}still on
            (?:change|update|correct) (?:the|my) (?:e ?mail|phone|name|details|number) (?:of|on|for|in) my \
              (?:appointment|booking)
            have i got an appointment
            (?:ive |i )?(?:forgotten|forgot|forget) when it (?:was|is)
            what time was i booked(?: for)?
            when was (?:it|i booked)
            what (?:time|day|date) (?:do i have to|should i|am i|was i|is|was) (?:be|come|go|mine|my|it|\
              supposed)\b
            (?:what|which) (?:day|time|date|office) (?:mine|my appointment|it) (?:is|was)
            did my (?:booking|appointment|reservation) (?:go through|work)
            (?:check|see|know|tell me) (?:whether|if) i (?:\w+ )?have an? (?:appointment|booking)
            booked (?:something|an appointment|it) for me
            what (?:day|time) im (?:supposed|meant|due)
        """,
        Intent.WAITLIST: r"""
            (?:wait|waiting) ?list
            (?:tell|let|message|text|e ?mail|notify|inform|call) (?:me|us)(?: know)? (?:if|when|as soon as|\
              once) .{0,30}(?:free|available|\
              slot|comes up|opens|something|anything|cancel\w*)
            (?:if|when) (?:something|anything|a slot|a place|one|a time) (?:comes up|becomes? (?:free|\
              available)|opens up|frees up|is free)\b.{0,20}\
              (?:tell|let|message|e ?mail|text|notify|call)
            put me down (?:if|for when|in case)
        """,
        Intent.BACK: r"""
            (?:go|take me|step|going|get) (?:one |a )?(?:step |page )?back
            (?<!it )(?<!me )(?<!push )back
            previous(?: (?:step|question|one))?
            undo|(?:i )?made a mistake|(?:got|im|getting) (?:muddled|mixed up)
            (?:that was|its) (?:a mistake|wrong)
            ^return$|step back|last question|my mistake
            i picked the wrong (?:one|day|time)
        """,
        Intent.HUMAN: r"""
            (?:speak|talk|chat|connect me|put me through|get through|transfer me|pass me) (?:to|\
              with) (?:an? |the |some |your |any )?(?:real |actual |live |human )?(?:person|human|someone|\
              somebody|operator|agent|people|staff|clerk|representative|advisor|adviser|office|employee|\
              being|anyone|manager|worker)\w*
            (?:real|actual|live) (?:person|human|people|agent|human being)
            (?:phone|telephone|contact) number|(?:what|which) number (?:do|can|should|is) (?:i|we|it|that)?
            (?:whats|what is|is there|give me|do you have|got) (?:the |a |your |an? )?(?:phone|\
              telephone|number)\b.*
            (?:can|could|may|want to|like to|rather|id rather|prefer to) (?:i )?(?:phone|call|\
              ring)(?: (?:you|someone|somebody|the office|up))?
            are you (?:a )?(?:robot|bot|human|real|machine|person)(?: person)?
            not (?:a |to a )?(?:machine|robot|bot|computer)
            (?:someone|somebody) (?:call|phone|ring) me(?: back)?
            (?:running|be|im|am|going to be) (?:\w+ ){0,3}late(?! (?:in|on|next|this|afternoon|morning))
            (?:is )?(?:any(?:body|one)|some(?:body|one)) there$
            (?:ill|i will|let me|lemme) (?:just )?(?:phone|call|ring)(?: you| them| the office| instead)*$
            with someone|customer service|helpline|phone someone
            (?<!in )(?:human|operator|representative|agent|person)(?: please)?$
            call me back
            (?:any(?:one|body)|some(?:one|body)) (?:real|human)(?: .*)?
            ^(?:the )?telephone$
        """,
        Intent.WAIT: r"""
            (?<!join )(?:how long|long|what|whats|much|current|long is|any|is there a|the|a)(?: is| are|\
               s)?(?: the| a| your| there| an?)?(?: current)? (?:wait(?:ing)?(?: times?| list)?|queues?|\
              lines?)(?: (?:like|now|today|at|in|is it))?
            how (?:long|many people)(?: .{0,30})?(?:wait|queue|line|ahead|in front|seen|there)\w*
            wait(?:ing)? times?|how (?:busy|crowded|full)
            (?:are you|you) (?:very |really )?(?:busy|full|packed)
            is it (?:very |really )?(?:busy|crowded|full|packed)
            (?<!i )(?<!im )(?<!am )busy|(?<!join )(?<!join the )(?<!join a )queues?
            how long (?:do|will|would|must|should) (?:i|we|it) (?:have to )?(?:wait|queue|take to be seen)
            how many (?:people )?(?:are )?(?:waiting|ahead|before me|in the queue)
            people waiting|long wait
        """,
        Intent.FASTEST: r"""
            (?:what is |whats |which is |the )*(?:fast|quick)est(?! (?:possible|available) (?:slot|date|\
              day|appointment|time))(?: way| option| office)?
            (?:quicker|faster)
            (?:can|could|may) i (?:just )?(?:walk|come|pop|go|turn|drop|show) (?:in|up|by|over|round|\
              there|now|today|straight).*
            walk ?ins?
            without (?:an )?(?:appointment|booking)(?! for)
            be seen (?:today|now|first|soonest|quickest|quickly|sooner|right away|faster)
            (?:which|what) office (?:is|has) .{0,25}(?:quick|fast|empty|empti|less|least|shortest|free|\
              soonest)\w*
            (?:take|get|grab) a (?:ticket|number|turn)
            (?:join|get in) (?:the|a) (?:queue|line)
            where .{0,30}(?:shortest|least|quickest|fastest|soonest)\w*
            (?:shortest|least|smallest) (?:wait|queue|line)\w*
            just (?:turn|show|walk) (?:up|in)
            drop ?in|in a hurry
        """,
        Intent.PARKING: r"""
            park|parking|car ?parks?|(?:disabled |blue badge |parking )bays?|blue badge|garage
            leave (?:my|the|a|our) (?:car|van|bike|motorbike|motorcycle|vehicle|scooter)
            (?:space|room|spaces|places?) for (?:my|the|a|our) (?:car|van|bike|motorbike)
        """,
        Intent.ACCESS: r"""
            lifts?|elevators?|ramps?|steps|stairs?|staircase|step free|accessib\w+|wheelchair access|\
              hearing loop|induction loop
            (?:wheelchair|pushchair|buggy|pram|walker|crutches|scooter|walking frame).{0,40} (?:get|go|fit|\
              enter|come|through|allowed|in)
            (?:get|go|fit|enter|come) (?:in |through |into |inside ).{0,30}(?:wheelchair|pushchair|buggy|pram|\
              walker|crutches|scooter)
            (?:which|what) floor|ground floor|(?:all )?on one level|(?:disabled|accessible) (?:toilets?|access|\
              entrance|entry)
            (?:guide|assistance) dogs?|(?:automatic|heavy|wide|narrow) doors?|(?:is there|got) a (?:bell|\
              door ?bell|handrail)
        """,
        Intent.TRANSPORT: r"""
            bus(?:es)?|metro|underground|subway|tube|trains?|tram|railway|taxi rank|public transport|transport
            (?:which|what|nearest|closest|the) (?:stop|station|line)
            how (?:do|can|could|would|should|does) (?:i|we|you|one|my \w+) (?:get|go|travel|come) (?:there|to|here)
            (?:best|easiest|quickest) way to (?:get|come|go|travel) (?:there|to|here)
        """,
        Intent.HOLIDAYS: r"""
            (?:public |bank |national |local )holidays?|(?:is|are) .{0,30} (?:a |the )?holidays?
            HOLIDAY\b.{0,40} OPENS|OPENS.{0,40} HOLIDAY
        """,
        Intent.MODES: r"""
            (?:can|could|may|is|are) .{0,60}(?:by (?:video\w*|phone|telephone)|online|over the internet|\
              by internet|remotely|from home)
            (?<!where do i )(?<!where )(?:must|need to|have to|do i need to|should) (?:i |we )?(?:come|go|\
              appear|attend|show up|\
              turn up)(?: in| there)?(?: in person| personally)?$
            (?:come|go|attend|appear|going|coming) (?:in person|personally|physically)|instead of (?:coming|going)
            (?:do|must|should) i (?:have to|need to)? ?(?:turn up|show up|come|go|attend\
              |be there)\b.{0,20} or (?:can|could|is|may|do)\b
            (?:can|could) (?:it|this|that|all of it) (?:all )?be done (?:on|by|over|via|from|through|online\
              |remotely|at home)
            by (?:internet|video\w*|phone) or\b.*|(?:how many|what|which) (?:other )?ways
            (?:how does|how do|what do you mean by|what is|whats) .{0,20}(?:by )?video\w*
            (?:install|download) (?:a|an|any|some|anything|something)\w*|everything by internet
        """,
        Intent.OTHER_QUESTION: r"""
            (?:bring|take|come with) my (?:dogs?|cats?|child\w*|kids?|son|daughter|grand\w+|partner)
            (?:in|on) my (?:place|behalf)|instead of me|(?:someone|somebody|my \w+|anyone) else (?:come|go|\
              collect|do it)
            (?:come|go|do it|collect it|sign) for me|(?:letter of )?authori[sz]ation|on behalf of|representative
            (?:what is|whats) a (?:locator|digital certificate)|if (?:i|we)(?:m| am|re| are| get| arrive\
              | come| turn up)? (?:\w+ ){0,3}late|\
              wi ?fi|baby|nappy|nappies|reminders?|interpreters? (?!for sign)\w+
            (?:speaks?|talk) (?:\w+ )?(?:english|french|arabic|romanian|chinese|german|ukrainian|portuguese|\
              russian|italian|\
              polish|other languages)
            (?:which|what|other) languages?|under ?age|(?:my )?pets?|toilets?|restrooms?|cash ?(?:point|machine)
            (?:lose|loses|lost) (?:signal|connection|coverage)|(?:call|video\w*|connection) (?:drops|cuts off|\
              fails|freezes)
        """,
        Intent.HOURS: r"""
            (?<!about the )(?<!about your )opening (?:hours|times?)
            (?:office|business|working|closing) (?:hours|times?)
            (?:what|which|whats|from what|until what|till what) (?:time|hours|days)(?! (?:do|must|\
              should) i\b)(?: .{0,20})?(?:open|\
              close|shut|closing|opening|working|there)\w*
            (?:when|until when|till when|how late|how early) (?:do|does|are|is|will) .{0,25}(?:open|\
              close|shut|closed)\w*
            (?:are|is|do|does|will|r) (?:you|the|your|it|u|they|any|there)(?: \w+){0,3} (?:open|closed?|shut)\w*
            open(?:ing)?$
            (?:open|closed|shut) (?:on|at|today|tomorrow|now|@|this|over|during|until|till|late|weekends)
            closing time|what are your hours|(?<!about the opening )(?<!about your opening )hours$|timetable\
              |how late|schedule of the office|^open\b
            (?:which|what) days (?:do|are) (?:you|they|it) (?:work|open|there)\w*|(?:you|they|who) (?:opens?|\
              works?|working) (?:on )?\
              (?:\w+days?|the weekends?|afternoons|mornings)
            is (?:\w+ ){1,3}(?:open|shut|closed)|(?:which|any) (?:of them |of these |one |office )*(?:opens?|\
              is open|are open)|(?:shut|close|closed) (?:at|for) \
              (?:lunch\w*|midday|noon)
        """,
        Intent.BRING: r"""
            what (?:do|should|must|shall|will|would) i (?:need to |have to )?(?:bring|take|carry|show|\
              present|provide)(?: .{0,20})?
            what (?:do i need|documents?|papers?|paperwork|documentation|else do i need|id)(?: .{0,30})?
            (?:do|should|must) i (?:need to |have to )?bring
            (?:need|have|supposed) to bring
            (?:which|any) (?:documents?|papers?|paperwork|id)(?: .{0,20})?
            (?:do|will|would|should) (?:i|we) need (?:any |some |my |a |an )?(?:photos?|photographs?|id|copies|\
              copy|photocop\w+|\
              passport|originals?|proof)
            (?:licence|license|passport|card|nie) (?:enough|ok|okay|fine|accepted|valid)(?: as id)?
            requirements?|required documents?|bring (?:with me|along)|documents needed
            (?:do|should|must|shall|has|have|does) (?:\w+ )?(?:i |he |she |we |to )*(?:bring|take|show) (?:the|\
              my|any|an?|original\w*|cop\w+|\
              photo\w*|anything|something|id)
            what should i have|what (?:ive|i have|have i) (?:got )?to (?:bring|take)|(?:documents?|papers?|\
              paperwork) (?:for|must|do|should)
            (?:photo)?copy (?:ok|enough|good|fine)|is (?:my|a|the) (?:passport|id|nie|dni|copy|photocopy) (?:ok|\
              enough|fine)
        """,
        Intent.WHERE: r"""
            where(?: is| are|s| re)? (?:the(?! .{0,12}(?:link|e ?mail|button|reference|booking|appointment))|\
              you|your|it|is|that|can i find|do i (?:go|\
              have to go))(?: .{0,25})?(?:office|offices|located|based)?
            (?<!my )(?<!new )address(?:es)?(?! is| i gave)
            (?:which|what) (?:street|road|town|part of town) (?:is|are)\b.*
            how (?:do|can) i get (?:there|to)
            directions?
            (?:which|what|how many) offices (?:are|do|have|exist|can)?.*
            locations?|list of offices|where are you|where exactly (?:is|are)
            (?:which|what) (?:one|of them|office) is (?:the )?(?:closest|nearest|near|nearer|closer)|\
              any offices? (?:in|near)
        """,
        Intent.DURATION: r"""
            how long (?:does|will|would|is)(?: the| an| my| it| a| this)?(?: appointment| visit|\
               meeting| procedure| process)? (?:take|last|be)
            how long is (?:the|an) appointment
            duration|how (?:many minutes|much time|long (?:do|should|does|will|would|is|are)(?! .{0,12}(?:wait|\
              queue|keep|store|hold)))
            (?:is|are) (?:it|they|these|the \w+|this) (?:a )?(?:quick|long|short)|quick or (?:not|slow|long)|\
              (?:out|\
              done|finished) in (?:half|an?|\d+)
            (?:half an|an) hour (?:enough|be enough)|takes? (?:long|ages)|(?:these|the) appointments? (?:long|\
              short|quick)
        """,
        Intent.SERVICES: r"""
            what (?:services|can i do here|do you (?:do|offer)|things can)(?: .{0,20})?
            (?:list|show)(?: me)?(?: of)?(?: the| all| your)* services
            which services(?: .{0,20})?
            what can i do (?:at|in|there)|(?:do|can) you (?:also )?(?:deal with|handle|do anything)
            what else (?:can|do) you (?:do|offer|have)
            (?:which|what) (?:procedures|services|things|kinds?|sorts?)(?: of \w+)? (?:do |can |you |are )+\w+
            (?:can|do) you (?:help with|do|handle|deal with) .{0,20}(?:things|stuff|matters|procedures|too)
            (?:which|what) of (?:these|those) (?:is|are) (?:for|right|the)
            other services$
        """,
        Intent.PRICE: r"""
            how much (?:is|are|does|do|will|would|for)(?! (?:the|a|longer)? ?(?:wait|queue|time))
            (?:whats|what is|what are) the (?:price|cost|fees?|charge)|(?:is|are|\
              was) .{0,45}(?<!step )(?<!barrier )free|(?:any|\
              a) (?:fee|charge)|costs?
            (?:do|must|will|would|should) (?:i|we|you) (?:have to |need to )?(?:pay|charge)|have to pay|(?:what|\
              how much) (?:do|will|would) you charge
            pay (?:by|with|in|there|anything|for)|how (?:much|many) (?:euros?|money)|price|prices|discount|\
              concession
        """,
        Intent.WHY: r"""
            why (?:do|would|are|must|should) (?:you|i) .*
            what (?:do|will|are) you (?:do|doing|going to do) with (?:my|the) (?:data|details|\
              information|email|e mail)
            (?:see|read|view|access|get|have) my (?:data|details|information)|(?:is|\
              are) my (?:\w+ )?(?:\w+) used for
            have to (?:accept|agree)(?: to)?(?: this| that| it)?|(?:spam|advertising|adverts)
            privacy(?: policy)?|data protection|gdpr
            (?:how long|when) .{0,20}(?:keep|store|delete|erase|hold) .{0,12}(?:details|data|information|email|it)
            (?:data|details|information) (?:\w+ )?(?:erased|deleted|removed|kept|stored|shared|sold)|(?:erase|\
              delete|remove) my (?:data|details|information)
            who (?:sees|reads|gets|has|keeps) (?:it|them|my \w+)|(?:sell|share|pass on|give) (?:the|my|our|\
              these) (?:\w+ )?(?:addresses|data|details|emails?|\
              numbers?|information)
            marketing|who (?:else )?(?:(?:gets?|is able|is allowed|has) to|can|will|could|would\
              |does)(?: also)? (?:see|read|look at|access|view) (?:it|them|this|my|our)|what (?:will|are\
              |would) you (?:be )?(?:using|use|doing|do) (?:with )?my|\
              what am i (?:accepting|agreeing)|if i (?:dont|do not) (?:accept|agree)
            is (?:that|it|this) (?:mandatory|obligatory|necessary|compulsory|required)
            what for$
            what do you need (?:it|that|my \w+) for
        """,
        Intent.NO_EMAIL: r"""
            (?:dont|do not|doesnt|does not|havent|have not|never) (?:have|use|used|got|own)\
              (?: an?| any)? (?:e ?mail|mail|internet)(?: address(?:es)?)?
            (?:no|without)(?: an?| any)? e ?mail(?: address)?
        """,
        Intent.REPEAT: r"""
            ^(?:once )?again(?: please)?$|(?:say|repeat) (?:that|it|them|the question)(?: again)?(?: please)?$
            ^(?:can you |could you )?repeat(?: please)?$|^(?:what did you say|what was that|pardon|come again)$
        """,
        Intent.THAT: r"""
            ^(?:ok |yes |well )*(?:that|this)(?: one)?(?: please)?$
            (?:ill|i will|lets) (?:take|have|go with) (?:that|this)(?: one)?
        """,
        Intent.REFUSE: r"""
            (?:im|i am|i will|ill|i do|i) ?(?:not|dont|do not|wont|never|wouldnt|rather not|\
              d rather not|would rather not)(?: want to| going to| gonna| wish to| like to|\
               comfortable)? (?:give|giving|tell|telling|say|share|sharing|disclose|\
              provide)(?:ing)?(?: .{0,30})?
            none of your (?:business|concern)
            (?:id |i would )?rather not(?: say)?
            prefer not to
            not (?:telling|giving|saying)(?: .{0,20})?
            (?:dont|do not) (?:accept|agree|consent)
            no way (?:im|i am|am i) .*|mind your own business|not comfortable|without giving my .*
        """,
        Intent.OTHER_DAY: r"""
            (?:an ?other|other|different|some other) (?:day|date)s?
            change (?:the )?(?:day|date)|more (?:days|dates)
            (?:that|this) day (?:doesnt|does not|isnt|wont|is no).*
            (?:what|which)(?: other)? (?:days|dates)(?: .{0,20})?
            a day (?:later|earlier)|later on$
        """,
        Intent.OTHER_TIME: r"""
            (?:an ?other|other|different|some other) (?:time|hour|slot)s?
            change (?:the )?(?:time|hour|slot)
            more (?:times|slots|hours)
            (?:what|which)(?: other)? (?:times|slots|hours)(?: .{0,20})?
            (?:anything |something |a bit |a little )?(?:earlier|later|sooner)(?! than| this)
            (?:that|this) time (?:isnt|is no).*
        """,
        Intent.OTHER_OFFICE: r"""
            (?:an ?other|other|different|some other) (?:office|place|location|branch)s?
            change (?:the )?(?:office|location)
            somewhere else
            handiest|(?:most|more) convenient|nearer|closer|nearest (?:office|to me)|closest(?: office| to me)?
            too far(?: away)?|near me|nearest one|closest one
        """,
        Intent.OTHER_SERVICE: r"""
            (?:an ?other|other|different|some other) (?:service|procedure|thing|matter)s?
            change (?:the )?(?:service|procedure)
            (?:thats|that is|it is|its|thats) not (?:it|that|what i (?:want|need|mean|meant|asked))(?: .{0,20})?
            not (?:that|this) service
            something else|wrong service|none of these services|for something different
        """,
        Intent.BY_PHONE: r"""
            (?:by|over the|on the|via|through the) (?:phone|telephone)
            (?:a |an )?(?:phone|telephone) (?:call|appointment)
            (?:by|via|on) (?:whatsapp|post|letter|mail|text)
            ^(?:the )?(?:phone|telephone) , i (?:said|told you|mean|meant)
            home visit|at my (?:home|house)
        """,
        Intent.BOOK: r"""
            (?:book|make|get|schedule|arrange|have|need|want|like|set up|request|fix|reserve|give me|\
              for|organise|organize)(?: me)? (?:an?|my|the|another|some)? ?(?:new )?(?:\w+ )?APPOINTMENT
            appointments?|appt
            book(?: in| me| it| me in| something)?
            schedule|reserve|(?:a |an )?slot|be seen
        """,
        Intent.HELP: r"""
            help(?: me)?|what can you do
            how (?:does (?:this|it) work|do i (?:do|use) (?:this|it))
            i ?(?:dont|do not|didnt|cant) (?:understand|get (?:it|this)|know (?:what to (?:do|write|say|\
              put)|how)|make sense)(?: .*)?
            what (?:should|do|can|must) i (?:write|say|type|do|answer|put)
            options|menu
            (?:im|i am) (?:lost|confused|stuck|not sure how)(?: .*)?
            explain(?: .*)?|what does .* mean|who are you|what are you
        """,
        Intent.GREETING: r"""
            hi+(?: there)?|hell+o+(?: there)?|hey+(?: there)?
            good (?:morning|afternoon|evening|day)
            howdy|greetings
            how are you(?: doing)?(?: today)?
            ^(?:morning|afternoon|evening)(?: all| everyone| everybody| folks| guys| to you)?$|hiya|yo\
              |good to meet you|whats up|sup
        """,
        Intent.ANY: r"""
            any(?: (?:one|of (?:them|those|these)|day|time|office|will do|is fine|works?|either|date|slot))*
            whatever(?: .{0,20})?|whichever(?! (?:one )?is (?:near|clos|hand))(?: .{0,20})?|whenever(?: .{0,20})?
            (?:i )?(?:dont|do not) (?:mind|care)(?: .{0,20})?
            doesnt matter(?: .{0,20})?|no preference|up to you|you (?:choose|pick|decide)
            either(?: one)?(?: (?:is fine|works|will do))?
            anything(?: (?:works|is fine|you have|goes))?
            idc|dunno(?= ,|$)|i? ?(?:couldnt|could not) care less
            wherever|im (?:easy|flexible)|all the same(?: to me)?|it makes no difference
        """,
        Intent.SKIP: r"""
            skip(?: (?:it|this|that))?|no (?:phone|telephone|mobile)
            (?:dont|do not|havent) (?:have|got) a (?:phone|mobile|telephone)
            pass|continue|carry on|next$|leave it(?: blank| empty)?|not needed
        """,
        Intent.NO: r"""
            none(?: of (?:those|these|them))?(?: .{0,20})?
            of course not
            no+(?! (?:problem|worries|later|earlier|objection)\w*)
            (?:that|it|this) (?:doesnt|does not|wont) (?:suit|work)(?: .{0,12})?
            nope|nah+|never|negative
            not (?:that|this|those|these)(?: one| ones)?
            not (?:really|at all|correct|right|that|now|quite)
            wrong|incorrect|no thanks?(?: you)?|isnt right|no way|that isnt (?:right|correct)
        """,
        Intent.YES: r"""
            (?<!not )sure(?: thing)?(?! if| what| which| how)
            y(?:es+|ep|up|eah+|ea|a)?|ok(?:ay|ey|ie)?|fine|correct|right|exactly
            confirm(?:ed|s)?|go ahead|of course(?! not)
            no (?:problem|worries|objections?)
            why not|absolutely|definitely|perfect|great
            sounds (?:good|great|fine|perfect)
            i (?:accept|agree|do)|^(?:accept|agree)
            (?:that|this|it) ?(?:is|s|ll|will)? (?:fine|good|ok|okay|works?|great|perfect|right|correct|\
              suits me)(?: (?:for me|with me|by me))?
            works for me|uh huh|mm hm+|please do|do it|book it
            thats (?:right|correct|fine|good|great|perfect|ok)
            good|lovely|brilliant|all good|happy with that|indeed|certainly|aye|yes please|lets do it
            go for it|very well|all right|alright|all correct|all in order
        """,
        Intent.BYE: r"""
            good ?bye|bye+(?: bye)?|see you(?: later| soon| around)?|see ya|so long|farewell|take care|cya
            have a (?:nice|good|great|lovely) (?:day|one|evening|afternoon|weekend)
        """,
        Intent.THANKS: r"""
            (?:many |much )?thank(?:s| you|you)(?: (?:very much|so much|a lot|a million))?
            thx|ta|cheers|much appreciated|appreciate it
            thats (?:all|everything)|nothing else|ty|tks
        """,
    },
    LOST=LOST,
    MINE=MINE,
    APPOINTMENT=APPOINTMENT,
    HOLIDAY=HOLIDAY,
    OPENS=OPENS,
)
