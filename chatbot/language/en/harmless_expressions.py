"""English expressions with the words of danger that tell none."""

from __future__ import annotations

from ..lexicon import whole_word_expressions

HARMLESS = whole_word_expressions(
    r"""
    # idioms
    let(?:s|ting)? me (?:out|leave|go|in|book|continue|log|close|exit|finish|talk|see|call)(?: of| to| back\
      | on| into| from| past)? (?:the |this |a |an |my |your )?(?:page|chat|form|session|site|website|app\
      |step|call|queue|booking|menu|account|agent|person|human|someone|calendar|system|video)\b
    (?:tax|taxes|inflation|rent|prices?|crisis|bills?|fees?|strike|recession|mortgage|cuts?|calls?|adverts?\
      |ads|spam|e ?mails?|messages|letters) (?:\w+ )?(?:hits?|hit|hurts?|beats?|are harassing|is harassing\
      |keep harassing|harass|attack|are attacking|are threatening|punish\w*) (?:me|us)\b
    (?:i am|you are|we are|team is|you guys are) on fire(?! help| and| ,)
    push(?:ed|ing|es)? (?:me |us |it )?(?:back|forward|ahead|to (?:the|another|next)|for|the (?:button|date\
      |appointment))
    take (?:me|us|him|her|them) (?:to|through|off|as|at|home|there|seriously|long)|takes (?:me|us)
    (?:my|our|his|her) (?:first |last |full |sur)?name is (?:\w+ ){0,2}\w+
    i live (?:in|on|at) (?:\w+ ){1,3}(?:street|road|avenue|lane|square)|(?:mr|mrs|ms) \w+
    dying (?:to|for|of (?:\w+ )?(?:laughter|boredom|curiosity|embarrassment|heat|thirst|hunger|cold|shame\
      |anticipation))
    (?:die|died|dead) (?:of|from) (?:laughter|boredom|embarrassment|shame|laughing|shock when)|to die for
    (?:week|month|day|morning|afternoon|evening|date|time|hour|slot|weekend|\w+day)s? (?:is|are|looks?) \
      (?:a bit )?hopeless
    die hard|die laughing|(?:do or|live or) die
    (?:id|would) rather die than (?:wait|queue|call|go|fill|do|use|talk)\w*
    (?:phone|battery|laptop|computer|engine|internet|wifi|mobile|tablet|cat|dog|plant|goldfish|hamster\
      |screen|line|link|connection|app|website|site|page|call|plants) (?:has |have |just |is |s |went \
      |suddenly |was )*(?:died|dead|dying|crash\w*|drown\w*|exploded|collapsed|frozen|choking|not responding\
      |will not (?:respond|wake|move)|stopped responding|burn\w+)
    dead (?:battery|phone|line|link|end|heat|easy|tired|slow|simple|sure|on time|serious|boring|weight)
    dead$(?<=brain dead)
    kill(?:s|ing|ed)? (?:two birds|time|an hour|a few (?:minutes|hours)|the mood|some time|the (?:boredom\
      |engine|lights|process|app)|off|it at work|a tree|half an hour|mosquitos|rats|weeds|mould)
    (?:is|are|s) killing it
    (?:this|that|it|the|these|those|your|my|all this|all the|so much|such) ?(?:\w+ ){0,3}?(?:wait|waiting\
      |queue|queues|paperwork|heat|cold|suspense|bureaucracy|form|forms|website|line|lines|system|bot|feet\
      |foot|back|head|knees?|shoes|stress|boredom|noise|traffic|deadlines?|taxes|prices|rent|fees|process\
      |delay|delays|curiosity|hangover|headache|music|hold music|mortgage|tooth|commute|weather|job|work|this\
      |it) (?:\w+ )?(?:is |are |s |will |would |really |just |has |have |been |going to |always )*(?:kill(?:s\
      |ing|ed)?|hurt(?:s|ing)?|chok(?:es?|ing)|suffocat\w+|strangl\w+|torturing|drown\w+) (?:me|us|my (?:head\
      |back|brain|wallet|eyes))
    (?:this|it|that) (?:is |s |will |would )?(?:kill(?:s|ing)?|hurts?) (?:me|us)(?: to| that| so| when|$)
    kill(?:s|ed)? me to (?:wait|say|admit|see|pay)|you (?:guys |people |bots? )?(?:are )?kill(?:ing)? me
    (?:my |the )?(?:boss|wife|husband|mother|mum|mom|dad|father|teacher|landlord|parents|girlfriend\
      |boyfriend|manager|partner|daughter|sister) (?:will|would|is going to|s going to|are going to|is gonna\
      |might) (?:kill|murder|strangle) (?:me|us) (?:if i (?:do not|dont|forget|forgot|miss|missed|lose|lost\
      |am late|can not|fail|arrive|bring|come)|if this|if we (?:do not|miss|are)|for (?:forgetting|losing\
      |missing|being)|unless|when (?:i|she|he) (?:\w+ )?(?:forget|paper|late|bill|see the))\b(?! .*(?:home\
      |knife|gun)).*
    (?:hurts?|pains?) (?:me )?(?:to|that|having to|when you|waiting|my (?:wallet|eyes|head|pocket|brain\
      |feelings|pride|chances|score|credit))(?: \w+)?
    no pain no gain|pain (?:in the (?:neck|arse|ass|backside|bum)|point)|(?:what|such|real|bit of) a pain
    (?:shoot|shot|shooting) (?:me |you |us |them |over |off )?(?:an? )?(?:e ?mail|message|text|note|line\
      |photo|video|the breeze|for|up|through|of)
    (?:a|my|best|last|good|another|give it a|flu|covid|vaccine|booster|have a|one) shots?(?: at| of| in|$)
    shoot$|photo ?shoot|passport (?:photo )?shot|screen ?shots?|big shot|flu shot
    (?:prices?|rents?|costs?|bills?) (?:have |has |are )?(?:shot|shooting|exploded|exploding) (?:up)?
    prices? (?:have )?exploded
    (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|that|this|it|nothing|video|online|morning\
      |\w+day|which) beats?
    beat(?:s|ing)? (?:the (?:queue|traffic|rush|clock|crowd|deadline|system|line)|around the bush|waiting\
      |it$|up (?:car|old)|(?:\w+ )?to (?:the|it))
    beaten to (?:the|it)|(?:off|heart|dead) ?beat|heartbeat|(?:that|it|this) beats me|beat me to it
    hit (?:me )?(?:up|send|enter|the (?:button|road|wall|jackpot|link|wrong|submit|gym|shops|key|limit\
      |back|nail|sack|ground)|submit|reply|by (?:the (?:crisis|pandemic|cuts|recession|strike|tax)|inflation\
      |rising|a (?:fine|fee|charge|bill|tax)))
    (?:got|been|was|am) hit (?:with|by) (?:an? |the )?(?:\w+ )?(?:fine|fee|charge|bill|tax|penalty|crisis\
      |inflation|strike|flu|storm|crisis|layoffs?)
    hit a (?:wall|snag|problem)|hit or miss|hits? (?:record|the news)|big hit|it strikes me|on strike
    strikes?
    (?:slap|punch|kick) (?:on|in the (?:card|code|ticket|number)|off|start|out|back|a ticket|my ticket\
      |in (?:a|the))
    (?:get|got) a kick
    kick(?:s|ed|ing)? (?:the bucket|me out of the (?:queue|chat|session|video|call|meeting|site|system|app)\
      |off)
    kicked (?:me )?out of (?:the )?(?:queue|chat|session|video|call|meeting|site|system|app)
    alive and kicking|kicks in
    (?:the |your |this |my )?(?:\w+ )?(?:website|site|system|app|server|account|form|computer|laptop\
      |computer|page|bot|email|inbox|data) (?:has |have |been |was |is |got |keeps )*(?:attacked|hacked\
      |abused|attacking|attack|hit|threatening|stalking|follow\w*|chok\w*)
    (?:cyber|virus|hacker|ransomware|panic about|heart warming|snack) ?attacks?
    attack (?:the problem|this paperwork)|abuse of (?:power|position|process|trust|the system|drugs|rights)
    (?:substance|drug|alcohol) abuse
    follow(?:ing|s|ed)? (?:me |us )?(?:up|on (?:instagram|twitter|facebook|tiktok|social)|the|your|my\
      |instructions|these|this|that|him on|me on|me around with (?:adverts|ads)|what|along)
    (?:the|as|with the|on the) following(?! me| us)
    ads? (?:are |is |keep |keeps )?(?:following|stalking|chasing) (?:me|us)
    chas(?:e|ing|ed|es) (?:up|my (?:refund|application|payment|money|file|claim|documents)|the|a|an|you\
      |your|me (?:for|about|over)|us (?:for|about|over))
    stalk(?:ing|ed)? (?:on )?(?:instagram|facebook|social|the (?:site|page|website|calendar))
    (?:debts?|bills?|taxes|the (?:tax ?man|tax office|bank|council|bailiffs?)|creditors?\
      |debt collectors?) (?:is |are |s |keep |keeps |have |has |been )*(?:chasing|following|stalking\
      |harassing|threatening|hounding|killing|strangling|drowning|suffocating|after) (?:me|us)
    threaten(?:s|ed|ing)? (?:me |us )?(?:with |to )(?:an? )?(?:fine|eviction|evict\w*|cut\w*|sue|legal\
      |court|close|cancel|fire|sack|disconnect\w*|penalt\w+|stop|deport\w*|lawsuit|take away|charge|bailiffs?\
      |raise|withdraw|remove|suspend|bill|rain)
    (?:spam|sales|nuisance|marketing|advertising|cold) (?:calls?|callers?|e ?mails?) .{0,25}(?:harass\
      |bomb)\w*
    harass\w+ (?:by|with) (?:spam|sales|calls|e ?mails|marketing)
    (?:drown(?:ing)?|suffocat(?:ing|ed)|chok(?:ing|ed)|buried|bleed(?:ing)?|strangled|swamped) (?:in|under\
      |by|with|on) (?:all |so much |the |this |too much |too many |my )*(?:paper\w*|debts?|bills?|work|forms?\
      |bureaucracy|red tape|documents?|e ?mails?|admin|taxes|money|rent|stress|emotion)
    bleed(?:ing)? (?:money|edge|us dry|me dry|heck|hell|cash)|bleeding$(?<=nose bleeding a bit)
    chok(?:ed|ing) up|choke point
    (?:collaps(?:e|ed|es|ing)|crash(?:ed|es|ing)?) (?:of|under (?:the )?(?:debt|work|weight|pressure)\
      |the (?:menu|list|section|window)|prices|economy|roof|ceiling|building last)
    (?:company|business|bank|marriage|market|website|site|system|server|app|deal|firm|employer|roof|ceiling\
      |wall|bridge) (?:has |have |just |is )?(?:collaps\w+|crash\w*|burn\w* down last|went bust)
    collapsible|burn(?:t|ed|ing)?[ -]?out
    burn(?:t|ed|ing)? (?:by|through|my (?:fingers|bridges|savings|money)|the candle|calories|a hole\
      |question|with (?:curiosity|shame)|permit|garden|leaves|stubble|desire|up about|up with (?:curiosity\
      |anger))
    (?:garden|stubble|controlled|waste|rubbish) burn\w*|slow burn
    (?:burn|burned|burnt) (?:cd|disc|the toast|toast|dinner|rubber)|heart ?burn|sun ?burn(?:t|ed)?
    cut(?:s|ting)? (?:my |his |her |the )?(?:hair|grass|hedge|nails|lawn|costs?|corners|off|out|short|down\
      |it fine|to the chase|through|the queue|the line|benefits?|funding|ribbon|me off|us off|back|and paste\
      |keys?|a key|a deal|in line)
    hair ?cut
    (?:power|budget|spending|tax|benefit|short|pay|service|job|price|electricity|clear|un|paper) ?cuts?
    (?:call|video|line|sound|connection|phone|internet) (?:was |is |got |keeps |has been )?(?:cut\w*)
    cut (?:it )?(?:to|by) (?:size|half)
    hang(?:ing|s|ed)? (?:on|up|out|about|around|in|over|tight|the|by|my (?:coat|picture)|ups?)|hung up|hang$
    jump(?:ing|ed|s)? (?:the (?:queue|line|gun)|ahead|in$|on(?: a)? (?:call|video|bus)|through|straight\
      |to (?:the|conclusions)|at the (?:chance|offer)|for joy|from (?:one|page|office)|off (?:the call\
      |the page)|off$|around|the lights|out at)
    queue jump\w*
    end(?:ing|s|ed)? (?:my|this|the|our|a|an|your|his|her) (?!own life|life|suffering|misery|pain|days\
      |lives)(?:\w+ )?\w+
    (?:week|year|month|dead|term) ?end|ends? (?:at|on|in|up|of)
    end it (?:by|at|on|before|with a|here and|there)|take my (?:own )?(?:time|turn|place|number|ticket)
    life (?:insurance|certificate|assurance|savings|event|events|changing|cycle|jacket|guard|style\
      |in (?:the|a|spain|this|town|london)|sciences|long|partner)
    (?:proof|certificate) of life|(?:quality|cost|standard|way) of (?:life|living)|real life
    living (?:in|at|with|near|here|there|room|alone|wage|abroad|together|will|space|expenses|costs|next|on\
      |off|apart|arrangement\w*)
    liv(?:e|ing) (?:in|at|with (?!this|myself|the pain)|near|here|there|alone|abroad|next|together|chat\
      |video|agent|person|stream|out|off|on|apart|outside|far|closer|by)
    (?:i am|am|i m|im|we are|so|very|quite|really) ?(?:\w+ )?afraid (?:i|that i|that we|we|so|not|it|the|my\
      |your|there|that is|this)(?! (?:\w+ ){0,2}?(?:kill|hurt|hit|beat))(?: \w+)?
    (?:afraid|scared|frightened|terrified|worried) (?:of|to|that|about|i|we) (?:i |we |the |my |to |of |it \
      |will |would |might |be |am |may |going to |not |no |a |an |do |can |making |get |too \
      |being )*(?:los\w+|miss\w*|late|deadlines?|paper\w*|forms?|mistakes?|video|camera|computers?|technology\
      |flying|heights|dogs|spiders|wrong|fail\w*|exam|interview|appointment|forget\w*|dark|needles|fined|fine\
      |rejected|refus\w+|den\w+|speak\w*|phone|call|ask|click\w*|press\w*|pay\w*|expir\w+|reject\w*)
    fed up
    sick of (?:waiting|this|your|queues?|queuing|the|bots?|paper\w*|forms?|these|being (?:ignored|sent|told\
      |passed|asked)|all)
    sick (?:leave|pay|note|days?|certificate|line)
    tired of (?:waiting|this|your|queues?|queuing|the|bots?|paper\w*|forms?|these|being (?:ignored|sent\
      |told|passed|asked)|all|calling|trying)
    hate (?:this|waiting|queues?|your|forms?|the|bots?|computers|video|phone)
    (?:going to |will |gonna )?die (?:waiting|in this queue|here waiting)
    i (?:ll|will) die (?:if|waiting|before|of)(?: i| you| we| my| the| this| old| bored\w*)?(?: \w+){0,3}
    (?:before|when|until|if|after|in case) (?:i|he|she|we) (?:die|dies|died)
    can not (?:take|stand|cope with|bear|do|live with) (?:this |the |these |any |all |more |it |your \
      |any more |this much |so much )*(?:wait\w*|queue\w*|noise|heat|paper\w*|bureaucracy|music|forms?\
      |more (?:forms?|waiting|paper\w*)|neighbou?rs?|website|cold|system|bot|call|appointment|time\
      |that (?:day|time|date)|day|slot|friday|monday|photo|money|(?:any )?more (?:time|work|days) off)
    can not live (?:here|there|in|at|without (?:a|an|my|internet|the)|on (?:this|that|my|\w+ euros?))
    # the words of emergencies and fire in names of things
    (?:emergency|fire) (?:exits?|escape|doors?|stairs?|contacts?|numbers?|social|housing|benefits?|aid|fund\
      |funding|grants?|loans?|payments?|passports?|travel|appointments?|slots?|accommodation|shelter|relief\
      |plan|plans|lighting|procedures?|kit|services? (?:fee|job|contact)|visa|documents?|custody|repairs?\
      |help with|support|assistance|money|food|cash|drills?|safety|certificates?|permits?|regulations?\
      |insurance|extinguishers?|alarm (?:test|certificate|inspection|install\w*)|inspections?|hydrants?|risk\
      |prevention|doors?|place|places|wood|works?|warden|station (?:visit|address|tour)|marshal|code\
      |compliance|protection|training|damage|licen[cs]es?|assessment|pits?|sale|proof|resistant|wall|stick|tv\
      |side|hose|report|hazard|hall|brigade (?:report|certificate|fee|exam|jobs?))
    (?:bon|camp|gun|cross|friendly|cease) ?fires?(?! (?:near|in|behind|at|spreading|is))
    fire(?:d|s)? (?:me|us|him|her|from|off|up|away|by)
    (?:got|was|been|get|being|am|were|unfairly|wrongly|just) fired|(?:hire|hired) (?:and|or) fired?
    fire (?:an? |that )?(?:e ?mail|message|question)s?|playing with fire|under fire
    fire (?:pit|works|wood|fly|fox)|firefox|firewall|open fire (?:permit|licen\w+|place)
    (?:not|no|it is not|isnt|non|is not) (?:an |a )?(?:real )?emergenc(?:y|ies)
    emergency (?:housing|social|income|food|winter|hardship|rent|energy)(?: \w+)?
    (?:state|climate|housing|family) (?:of )?emergency|in (?:case of )?(?:an )?emergenc(?:y|ies)
    in case of (?:a |an )?(?:fire|emergency|accident|gas leak|smoke|death|illness|evacuation|attack|injury)
    (?:for|during|if there is|if there was|when there is|if there s|if i (?:smell|see|hear)|if we (?:smell\
      |see)|if you (?:smell|see)|what if|should there be) (?:an? |any )?(?:there is \
      |there was )?(?:an? )?(?:emergenc(?:y|ies)|fire|gas leak|smoke|gas|accident|explosion\
      |flames?)(?: in the (?:office|building))?
    if (?:someone|somebody|i|a person|anyone|anybody|my \w+) (?:faints?|collapses?|dies?|died|passes out\
      |gets (?:hurt|sick|ill|injured)|has (?:a|an) \w+ ?\w*|chokes?|stops? breathing|is (?:ill|hurt|injured))
    gas (?:bill|bills|meter|supply|connection|account|safety|certificate|heating|boiler|tariff|company\
      |supplier|provider|station|installation|install\w*|engineer|inspection|prices?|contract|discount|oven\
      |cooker|bottles?|and electric\w*|check|grant|allowance|cylinder)(?! (?:is |are )?(?:leak|on fire|explod\
      |hiss)\w*)
    (?:natural|greenhouse|connect the|connect my|pay (?:my|the)|tear) gas|gas(?:es|oline)
    smok(?:e|ing|ers?|es)? (?:detectors?|alarms?|free|ban|bans|area|areas|zone|room|fine|cessation\
      |complaint\w*|test|from (?:the|a|my|our) (?:bar|pub|restaurant|neighbou?r\w*|bbq|barbecue|chimney\
      |factory|cafe|club|shop|terrace|cars?|takeaway))
    (?:no|quit|stop|stopped|give up|anti|non|passive|second ?hand|allowed to|designated|can i|cigarette\
      |tobacco|weed) smok(?:e|ing|ers?)
    smoke (?:a )?(?:cigarette|weed|break)
    (?:gun|guns|knife|rifle|shotgun|firearms?|weapons?|hunting|pistol|air ?rifle\
      |crossbow) (?:\w+ )?(?:licen[cs]es?|permits?|renewals?|certificates?|registration|club|amnesty|law\
      |control|ownership|sharpen\w*|cabinet|safe|shop)
    (?:licen[cs]e|permit|certificate|register|renew|application|apply|surrender\
      |hand in) (?:\w+ ){0,4}?(?:guns?|rifles?|shotguns?|firearms?|weapons?|pistols?|air ?rifle)
    jump(?:ed|ing)? the gun|top gun|glue gun|(?:kitchen|butter|bread) kni(?:fe|ves)|bath bomb|photo ?bomb
    bomb ?shell|hunting rifle|(?:black|craft) ?hammer|axe(?:d)? (?:my|the|our|throwing)
    (?:been|was|were|got|jobs?) axed|first aid
    (?:ambulance|paramedic) (?:transport|service (?:fee|bill|job|exam)|bill|fees?|job|driver|training|exam\
      |charge|refund|cost)
    (?:blood|organ) (?:tests?|donations?|donors?|pressure|group|type|relative|relation|bank|sample|results\
      |work|drive|sugar test)
    (?:donate|give|giving|donating) (?:blood|organs)|(?:flesh|cold|bad|sweat and) (?:and )?blood
    blood (?:, )?sweat|blood (?:is thicker)|(?:animal|drug|alcohol|substance) (?:abuse|cruelty|attacks?)
    ^blood$
    (?:help|support|aid|services?|resources) (?:for |about |with |against )(?:victims of )?(?:domestic\
      |gender|sexual) (?:violence|abuse)
    (?:domestic|gender|sexual) (?:violence|abuse) ,? ?(?:support|help|aid|resources|services?|unit|helpline)
    dog (?:attacked|bit) .{0,25}(?:report|insurance|claim)
    (?:bot|assistant|app|song|outfit|idea|site|this) is (?:on )?fire|sun (?:is |was )?burn\w*
    burn\w* (?:with shame|in the sun)|(?:face|ears|cheeks|eyes) (?:is |are )?burn\w*
    breathe (?:easy|easier|again|a sigh)|room to breathe|let me breathe|empty threats?
    threat (?:of|to) (?:evict\w*|fine|sue|close)
    (?:nearly|almost|could have) (?:had|have|got) (?:a |an )(?:heart attack|stroke|fit) (?:when|at|from\
      |seeing|because|with)\b.*
    (?:nearly|almost) (?:fainted|collapsed|died|passed out|choked) (?:at|when|from|of|laughing|seeing\
      |on)\b.*
    blue blood|(?:eviction|legal|empty|spam|phishing|bomb shelter|security) threats?|choking hazard
    bomb shelter
    # events that are over, and their papers
    (?:death|birth|marriage|medical|life|sickness) (?:certificate|certificates|grant|benefit|notice|tax\
      |record|registration|insurance|penalty|report|centre|check ?up|examination|exam|history|card\
      |appointment|leave|receipt|expenses|test)
    (?:birth|death) of (?:my|a|our|the|his|her)|register (?:\w+ )?(?:birth|death)
    (?:give|gave|giving) birth (?:in|last|on|at|to \w+ \w+ (?:last|in|on))|gave birth(?: \w+){0,4}
    (?:has |have |had |just |recently |sadly )?(?:died|passed away|deceased)
    who (?:has |had |have )?(?:had |suffered )?(?:a |an )(?:stroke|heart attack|accident)
    (?:had|has had|have had|suffered|after|since|following|because of|due to|from) (?:\w+ )?(?:an? |my \
      |his |her |the )?(?:\w+ )?(?:heart attack|stroke|surgery|operation|accident|fire|seizure|miscarriage\
      |injury|fall|collapse|explosion|assault|burglary|robbery|birth|crash) (?:\w+ ){0,3}?(?:last|ago|years?\
      |in (?:19|20)\d\d|before|in (?:january|february|march|april|may|june|july|august|september|october\
      |november|december|childhood|\d{4}))(?: (?:week|month|year|summer|winter|\w+))?
    (?:burn(?:ed|t) down|caught fire|exploded|was hit|was injured|was assaulted|was attacked|was stabbed\
      |broke (?:my|his|her) \w+|fell|fainted|collapsed|was burgled|was robbed|was run over|got run over\
      |hit me|hit us|beat me|was raped|was abused|hurt) (?:\w+ ){0,4}?(?:last (?:year|month|summer|winter\
      |week|spring|autumn)|(?:years?|months?|weeks) ago|in (?:19|20)\d\d|when i was (?:young|a child|little\
      |small)|as a child|long ago)
    (?:house|flat|home|car|shop|garage|building|kitchen) (?:\w+ )?burn(?:ed|t) down(?: \w+){0,3}(?= and| so\
      | last|$)
    (?:last year|years ago|months ago|last month|last summer|in (?:19|20)\d\d) .{0,40}(?:heart attack\
      |stroke|fire|accident|burn\w*|hit|beat|attack\w*)
    (?:years? |months? |weeks? )?(?:\w+ )?(?:months?|weeks?) pregnant|due (?:date|in|next|on)
    (?:will be |going |go |be |going to be )?(?:in|into) labou?r (?:next|soon|in (?:\w+ )?(?:weeks?|months?\
      |january|february|march|april|may|june|july|august|september|october|november|december))
    labou?r (?:law|market|party|office|contract|court|dispute|force|inspect\w*|costs?|ministry|relations\
      |certificate|exchange)
    hard labou?r|baby (?:is )?(?:coming|due) (?:in|next|along|with|to)
    (?:with|bring\w*|coming with) (?:my |the |a )?baby
    (?:fall|fell|falls|fallen|falling|drop\w*|trip\w*) (?:through|behind|into (?:the|arrears|debt|category\
      |this)|under|apart|asleep|short|for|in (?:love|price)|on (?:a |the )?(?:holiday|monday|tuesday\
      |wednesday|thursday|friday|weekend|same day|bank)|off the (?:list|system|register)|out with|back on)
    (?:in|this|last|next|the) fall|falls? on|day trip|field trip|(?:by|no) accident
    accident (?:report|insurance|claim|form|at work (?:form|claim|benefit))
    (?:car|road|traffic|work) accident (?:report|claim|form|insurance|certificate|benefit|leave)
    # denials
    (?:do not|does not|did not|never|no ?one|nobody|is not|are not|has not|have not|not) (?:(?!stop|let\
      |quit)\w+ )?(?:hit\
      |hits|hitting|beat|beats|hurt|hurts|attacks?|attacked|follows?|following|kill|threatens?|threatened\
      |abuses?|abused|bleeding|faint\w*|chok\w+) (?:me|us|anyone|anybody|him|her|any ?more\
      |badly)?(?! (?:me )?please)
    (?:there is|there s|i see|see|smell) (?:no|not any) (?:fire|smoke|gas|blood|danger|weapon|emergency)
    (?:no|not a|without a) (?:fire|smoke|gas leak|knife|gun|weapons?|danger|injur\w+)
    (?:not|never|not going to|do not want to|will not) (?:suicidal|kill myself|hurt myself|harm myself)
    (?:she |he |it |the (?:photo|dress|colou?r|news|picture|show|look|film|match|team|band|post\
      |video) )(?:is |s )?(?:bomb|fire|killer|drop dead|lit|sick)
    drop dead (?:gorgeous|date|deadline)|ladykiller|killer (?:app|feature|queue)|pain ?killers? prescription
    (?:cost|costs|charge\w*|pay|price\w*) (?:\w+ )?(?:an )?arm and a leg|break a leg
    (?:over|under) my dead body|gun ?shot (?:start)|(?:dead|dying) language
    (?:neighbou?r\w*|bar|pub|club) noise
    """
)
