"""English phrases that tell danger, in normalised text with contractions written out.

The words in capitals stand for the patterns of PLACEHOLDERS.
"""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions
from .danger_words import PLACEHOLDERS

# Danger in any sentence. A backslash joins the next line, without its indentation.
ACUTE = compile_expressions(
    {
        DangerKind.VIOLENCE: r"""
            WHO (?:\w+ ){0,3}?HIT (?:on )?VICTIM
            WHO (?:\w+ )?(?:just |always |has |have |keeps |keep |is |are |was \
              |been ){0,3}HIT (?:on )?VICTIM
            (?:i|we) (?:have |had |am |are |was |were |got |keep |just |get |been |being ){1,4}(?:hit\
              |beaten|punched|slapped|kicked|strangled|attacked|assaulted|raped|abused|molested|stabbed|shot\
              |stalked|groped|battered|threatened|kidnapped|mugged|harassed|followed|drugged|chased|robbed at\
              |held hostage|jumped)
            (?:PATIENT|VICTIM) (?:has |have |had )?(?:just )?(?:BE |got |gets \
              |getting ){1,3}(?:\w+ )?(?:beaten|punched|slapped|kicked|strangled|attacked|assaulted|raped\
              |abused|molested|stabbed|shot|stalked|groped|battered|kidnapped|hit by|held hostage)
            (?:KIN|man|guy|kid|boy|woman)s? (?:\w+ )?(?:hit|beat|punch|slap|kick|strangl|attack|assault|rap\
              |abus|stabb?|bully|threaten)(?:t?ing|ed|es|s)? (?:me|us|my (?:\w+ )?(?:KIN|kids?|child|children\
              |baby))\b
            (?:BE|going|want|wants|wanted|trying|tries|tried|threatens?|threatened|threatening|about|gonna\
              |will|would|said (?:he|she|they)|says (?:he|she|they)|might|could|promised|swears\
              |swore) (?:\w+ ){0,4}?HARM VICTIM
            WHO (?:will|would|might|could|can|may) (?:\w+ )?(?:kill|hurt|beat|murder|stab|shoot|rape) (?:me\
              |us|her|him|them|my)
            (?:do not|dont|please do not|stop) (?:let (?:him|her|them) )?(?:kill|hurt|hit\
              |beat)(?:ing)? (?:me|us)
            (?:has|have|had|got|with|holding|carrying|pulled|pulling|waving|brought|pointing|there is\
              |are) (?:\w+ ){0,2}?(?:an? |the |his |her |out )?WEAPON\b(?! (?:licen|permit|certificate))
            armed (?:man|men|person|robber\w*|woman|guy|with)|(?:is|are|they) armed|gunshots?|shots fired
            shooting (?:at|in|people)|(?:active )?shooter|hear(?:d)? (?:\w+ )?shots|point\w* a gun
            mass shooting
            (?:WHO|is|are|being|been|was|someone) (?:\w+ ){0,2}?(?:follow(?:ing|s|ed)|chas(?:ing|es|ed)\
              |stalk(?:ing|s|ed)) (?:me|us|her)(?! on (?:instagram|twitter|facebook|tiktok))
            (?:i|we) (?:am |are )?(?:\w+ )?being (?:followed|chased|stalked|watched)
            WHO (?:\w+ ){0,2}?(?:touch(?:es|ed|ing)?|kiss(?:es|ed|ing)|undress\w*|filmed|exposed) (?:me\
              |my (?:daughter|son|child|private\w*|body|breasts?|bum)|himself|her|him)
            touch(?:es|ing|ed) me (?:down|in|where|and|at|when|there)|private parts|inappropriately
            (?:make|made|makes|forc(?:e|ed|es|ing)|making) (?:me|us|her) (?:to )?(?:have sex|sleep with\
              |undress|touch|do things|marry|take my clothes|have an abortion|prostitut\w+|kiss)
            (?:scared|afraid|terrified|frightened|fear(?:ing|ful)?|petrified) (?:\w+ ){0,3}?(?:of |that \
              |to |for )(?:\w+ ){0,2}?(?:KIN|go(?:ing)? home|be(?:ing)? (?:at )?home|my life|our lives\
              |my safety|my children|what (?:he|she) (?:will|might)|he (?:will|would|might|may|is going)\
              |she (?:will|would|might)|they (?:will|would|might)|him|her\b)
            (?:scared|afraid|terrified|frightened) .{0,25}(?:hits?|kill|hurt|beats?|violent|drunk|knife|gun\
              |abus\w+|home)\b
            fear for (?:my|our|her|his) (?:life|lives|safety)
            (?:i|we|she) (?:am|are|is) (?:\w+ )?(?:in danger|not safe|unsafe|hiding|locked in|trapped with\
              |being held|held hostage|kidnapped)
            (?:do not|dont) feel safe (?:at home|here|with|in my)|(?:my )?life is in danger|i feel in danger
            (?:wont|will not|would not|does not|do not|never|doesnt|not) let(?:s|ting)? me (?:out|leave|go\
              |talk|see|call|have my)
            lock(?:ed|s|ing) (?:me|us|her) (?:in|up|inside|out)
            (?:took|takes|taken|taking|has) my (?:phone|passport|keys) (?:away|and|so|from)
            keeps? me (?:locked|prisoner|here)
            (?:broke|broken|breaking|break|trying to get|trying to break|kicking|forcing|smashing|banging\
              |pounding) (?:\w+ ){0,2}?(?:in(?:to)?|down|on|at) (?:my|our|the|his|her)? ?(?:house|home|flat\
              |door|window|room)
            (?:someone|somebody|a man|a burglar|an intruder|intruders?) (?:is )?(?:\w+ )?(?:in|inside\
              |outside) (?:my|our) (?:house|home|flat|room|window|door)
            intruder
            (?:KIN|he|she) (?:is |s )?(?:\w+ ){0,2}?(?:outside|at|in front of|waiting (?:at|outside\
              |for me)) (?:my|our|the)? ?(?:door|house|home|flat|window|work)?.{0,25}(?:scared|afraid|violent\
              |kill|hurt|door|restraining|terrified)
            (?:broke|breach\w*|violat\w+|breaking) (?:\w+ )?(?:restraining|protection|barring) order
            restraining order .{0,25}(?:outside|here|door)
            (?:are|is|two|started|people|men|guys|they) (?:\w+ ){0,2}?(?:fighting|beating each other\
              |punching each other|having a fight|brawling)
            (?:there is|a|big) (?:\w+ )?(?:fight|brawl)(?! for| against| to)|fighting (?:in|at|outside|here)
            (?:KIN|he|she|they|man|woman|guy) (?:\w+ ){0,2}?(?:is|gets|got|turned|becoming|getting|was|are\
              |becomes) (?:\w+ )?(?:violent|aggressive|abusive|physical)
            (?:violent|abusive|aggressive) (?:with|to|towards) (?:me|us|her)
            (?:abusive|violent) (?:husband|wife|partner|boyfriend|girlfriend|father|relationship|ex|dad\
              |home|man)
            (?:smashing|breaking|destroying|throwing) (?:\w+ )?(?:everything|things|stuff|up the|furniture\
              |plates).{0,40}
            (?:he|she|they|KIN) (?:\w+ )?(?:threw|throws|dragged|drags|shook|shakes|pulled|pulls) (?:me|her\
              |us) (?:down|out|by|across|against|to|around|off|into)
            (?:grab\w*|squeez\w*) (?:me by )?(?:my |the |her )?(?:throat|neck|hair)|death threats?
            (?:forc\w+|sold|selling) (?:me|us|her) into|spiked (?:my|her) drink
            drink (?:was|has been|got) spiked|(?:being|getting|am) (?:robbed|mugged)
            (?:hold ?up|robbery in progress)|(?:is|are) (?:robbing|mugging)|took .{0,12}hostage
            terror(?:ist)? attack|(?:i am|i m) going to (?:kill|shoot|stab|hurt) (?!time|myself|two)(?:\w+)
            i will (?:kill|shoot|stab) (?:him|her|them|you|every\w+|some\w+)
            i want to (?:kill|hurt|stab) (?:him|her|them|some\w+|my (?:KIN))
            (?:domestic|sexual|child|physical) (?:violence|abuse|assault) (?:happening|now|at home|going on\
              |next door)
            (?:victim|survivor) of (?:rape|a rape)|(?:threw|throws|throwing) (?:\w+ ){1,3}?at (?:me|us|her)
            pull(?:s|ed|ing) my hair|hands? (?:round|around|on) my (?:throat|neck)
            (?:black eye|bruises) .{0,20}(?:he|KIN|from)
            (?:send|call|get|need) (?:\w+ ){0,2}?police(?=$| ,| now| please| quick\w*| help| he| she| they\
              | to my| here| immediately| asap| there)
        """,
        DangerKind.SELF_HARM: r"""
            (?:want|wants|wanted|wanna|going|gonna|plan|plans|planning|thinking (?:of|about)|think (?:of\
              |about)|thought (?:of|about)|thoughts of|thoughts about|feel like|feels like|feeling like|tried\
              |trying|tries|try|about|might|will|would rather|could|threatening|threatens|threatened|says\
              |said|wish|ready|like|intend\w*|considering|decided|urge|urges|consider|need|should|keep|keeps\
              |ideas of|prefer|rather|best) (?:\w+ ){0,4}?KILLSELF
            (?:suicidal|suicide)(?! prevention| bereavement| squad| awareness)|self ?harm(?:s|ing|ed)?
            (?:kill|killing) myself(?! laughing)|(?:kill|hang|hung) (?:my|him|her)self
            (?:killing|hurting|harming|cutting|burning|starving) (?:my|him|her|them)sel(?:f|ves)
            (?:do not|dont|no longer|not|can not|never) (?:\w+ )?(?:want(?:s)?|wanna|wish|deserve\
              |see the point|see any point|care|have the will|have any reason|have the strength|feel like\
              |go on|to) (?:to |in |of |if i )?(?:\w+ )?(?:live|liv(?:e|ing)|be alive|be here any ?more|exist\
              |wake up|go on living|keep living|going on|live any ?more)(?! in | at | with | here| there\
              | near| alone| next)
            can not (?:\w+ )?(?:go on|live like this|live any ?more|take (?:life|living))(?= any ?more\
              | like this|$| ,| living)
            can not live (?:like this|with (?:this|myself|the pain))|tired of (?:living|life|being alive)
            sick of (?:living|life|being alive)|hate (?:my life|living|being alive)
            (?:no|any|see the|the) (?:will|point|reason|sense|meaning|purpose) (?:\w+ ){0,2}?(?:in |of |to \
              |for )?(?:me )?(?:living|live|life|going on|go on|being alive|carry on|carrying on)
            nothing (?:left )?to live for
            life (?:is|has|feels|seems) (?:\w+ )?(?:not worth|no meaning|meaningless|pointless|no point\
              |worthless|over)
            not worth living|worth living(?! in)
            (?:better off|be better|happier) (?:dead|without me|if i (?:was|were|am|died|had)|were dead)
            wish (?:i|he|she|it) (?:\w+ ){0,2}?(?:dead|was dead|were dead|had never been born\
              |was never born|died|would die|could die|could (?:just )?disappear|would not wake up\
              |was not alive|did not exist|could sleep forever)
            should be dead|never been born
            why (?:should i )?(?:go on|keep|live|carry on)(?: living)?(?=$| ,| if| when)|not care \|
            not care if i (?:die|live|am dead)|no ?(?:body|one) would (?:miss|care if i|notice if i)
            (?:goodbye|good bye|bye) (?:cruel world|everyone|forever|to everyone)
            say(?:ing)? goodbye to (?:everyone|life|the world)|(?:suicide|goodbye) (?:note|letter)
            want (?:it|everything|this|the pain) (?:all )?to (?:end|stop|be over)(?: forever| for good|$| ,)
            end my (?:suffering|pain|misery|days)|end it all(?! up)
            (?:cut|cutting|slit|slitting|slashed|slashing|slash) (?:\w+ )?(?:my|his|her) (?:wrists?|arms?\
              |veins|legs?|thighs?|throat)
            (?:cut|hurt|burn|harm)(?:s|ed|ting)? (?:my|him|her)self on purpose
            (?:taken|took|take|taking) an overdose
            (?:took|taken|take|taking|swallow(?:ed|ing)?|swallows) (?:\w+ ){0,6}?PILLS
            (?:too many|lots? of|loads of|bottle of|box of|packet of|handful of|\d+\
              |whole) (?:\w+ ){0,3}?PILLS
            overdos(?:e|ed|ing) (?:on|myself)
            (?:on|off|over|climbed) (?:\w+ ){0,2}?(?:the )?(?:ledge|roof|bridge|railing)(?:.{0,20}(?:jump\
              |end|die))\w*
            (?:jump|throw \w+) (?:off|from|under|in front of) (?:\w+ ){0,2}?(?:bridge|roof|balcony|train\
              |window|cliff|building|tube|bus|car|tracks|platform)
        """,
        DangerKind.ILLNESS: r"""
            (?:not|stopped|stops|can not|cannot|hardly|barely|trouble|difficulty|difficult|struggling\
              |struggles|problem|problems|unable|hard) (?:to |with )?(?:\w+ )?breath(?:e|es|ing)
            short(?:ness)? of breath|gasping|(?:can not|cannot) get (?:\w+ )?(?:air|breath)
            (?:does not|doesnt|isnt|not|stop(?:ped)?) breath(?:e|ing)|no pulse|heart (?:has )?stopped
            cardiac arrest|(?:turn(?:ing|ed)|baby is|child is|is all) (?:blue|purple)
            (?:lips|face) (?:are|is|went) blue|gone blue
            (?:PATIENT|VICTIM|i) (?:\w+ ){0,3}?(?:chok(?:ing|ed)|suffocating|drowning|drowned\
              |asphyxiating)(?! in (?:paper|debt|work|bureau)\w*)
            choking(?: on|$| ,)
            (?:has |have |had |just |is |was |am |about to |going to |nearly |almost |think i |will |might \
              |may )*(?:faint(?:ed|ing)?|collaps(?:ed?|ing)|pass(?:ed|ing)? out|black(?:ed|ing)? out\
              |keeled over|fall(?:en|ing)? unconscious)(?! under| deadline)
            unconscious|unresponsive|lost consciousness|losing consciousness|lose consciousness|knocked out
            out cold|feel(?:ing|s)? faint
            PATIENT (?:\w+ )?(?:is|are|am|not|wont|will not|does not|can not|isnt\
              |doesnt) (?:\w+ )?(?:respond(?:ing)? to (?:me|us|anything)|waking up|wake up|get up from|moving\
              |able to move|react(?:ing)?)(?!.{0,12}(?:house|forward|desk|appointment|flat))
            (?:will|does|can) not wake(?: up)?
            PATIENT (?:\w+ ){1,3}?not (?:responding|respond|moving|conscious|reacting|waking)(?=$| ,\
              | any ?more| to (?:me|us)| and| help| or)
            (?:seizures?|convuls(?:ing|ions?)|epileptic (?:fit|attack)|having (?:a|some kind of a\
              |another) (?:\w+ )?fit|fitting on|foaming at|shaking uncontrollabl\w+|anaphyla\w+)
            (?:having|having had|has|had|have|has had|have had|suffering|suffered|is it|be|get(?:ting)?\
              |like|think (?:it is )?|with|just) (?:\w+ ){0,3}?(?:a |an |of )?(?:heart attack|stroke\
              |miscarriage|aneurysm|asthma attack|panic attack|allergic reaction|stroke or|haemorrhage\
              |hemorrhage|cardiac|severe reaction|severe allergic reaction|diabetic (?:attack|coma)\
              |brain bleed|blood clot)
            (?:chest|heart) (?:\w+ ){0,3}?(?:pains?|hurts?|hurting|tight(?:ness)?|pressure|ache|aches\
              |aching|crushing|burning)
            (?:pains?|pressure|tightness|ache|crushing|stabbing) (?:\w+ ){0,4}?(?:in|on|across) (?:my|his\
              |her|the) (?:\w+ )?(?:chest|heart)
            (?:left arm|face|arm|leg|side) (?:\w+ ){0,3}?(?:numb|droop\w*|paralys\w+|paralyz\w+|tingling)
            can not (?:feel|move) (?:my|his|her) (?:\w+ )?(?:arms?|legs?|face|body|side|hand)
            (?:slurr\w+|can not speak|can not talk) .{0,20}(?:sudden\w*|face|arm|speech|words)|slurring
            speech is slurred|face (?:is|has) (?:\w+ )?droop\w+
            bleed(?:s|ing)? (?:\w+ ){0,2}?(?:a lot|heav\w+|badly|out|everywhere|from (?:his|her|my|the)\
              |to death|profusely|so much|loads|really|very|bad|and|quite)
            (?:will|does|would|can|wont) not stop(?: the)? bleeding|(?:will|does) not stop
            (?:is|am|are|PATIENT|keeps?|started|s) (?:\w+ )?bleeding(?! edge)|bleed(?:ing)? to death
            (?:lots?|loads|pool|so much|too much|covered in|full of|losing|lost|coughing|vomiting|throwing\
              |throwing up|spitting|peeing|amount) (?:\w+ ){0,2}?(?:of |up )?blood
            blood (?:everywhere|all over|coming|on the floor|is|pouring|gushing)
            (?:severely|badly|seriously|is|are|people|man|woman|someone|somebody|got|am|gravely\
              |child) (?:\w+ )?(?:injured|wounded)
            (?:cut|sliced|chopped) (?:\w+ )?(?:my|his|her) (?:\w+ )?(?:finger|hand|arm|leg|vein|foot\
              |fingers|toe) (?:\w+ ){0,2}?(?:off|badly|open|deep|deeply)
            (?:hit|banged|cracked|split|smashed) (?:my|his|her|the) head|overdos(?:ed|e|ing)
            (?:drank|drunk|drinks|swallow(?:ed|s|ing)?|ate|eaten|ingested|drinking\
              |inhaled) (?:\w+ ){0,3}?POISON
            poisoned
            (?:took|taken|swallowed) (?:\w+ ){0,5}?(?:too many|whole bottle|lots of|all (?:my|his|her)\
              |loads of|\d+|bottle of|so many|a lot of|handful of) (?:\w+ ){0,3}?PILLS
            (?:severe|bad|serious) allergic reaction
            (?:throat|tongue|face|lips?|neck) (?:\w+ ){0,3}?(?:swell\w*|swollen|closing|closed)
            bee sting .{0,25}(?:swell|breath)\w*|(?:snake ?bite|bitten by a snake|bitten by a dog)
            (?:waters?|water) (?:has |have |just )?(?:broke|broken)
            (?:in|into|gone into|going into|started|having) labou?r(?! (?:law|market|party|office|contract\
              |court|dispute|force|cost))
            (?:giving|give|gives) birth(?: now| here|$| ,| to| on| in)
            baby (?:is |s )?(?:\w+ )?(?:coming|crowning|being born)|contractions
            (?:\w+ )?(?:hit|run over|knocked down|struck|ran over) by (?:a |an |the )?(?:\w+ )?(?:car|bus\
              |van|lorry|truck|train|tram|motorbike|scooter|bike|vehicle|taxi)
            (?:been|was|got) run over
            (?:car|road|traffic|bad|terrible|serious) (?:\w+ )?(?:accident|crash) .{0,30}(?:hurt|injured\
              |blood|trapped|now|outside|help|just)
            crash .{0,20}(?:injured|hurt|trapped|bleeding)
            (?:call|need|needs|send|get|where is the|want|please|an|phone|ring\
              |calling) (?:\w+ ){0,3}?(?:an |the )?ambulance(?=$| ,| now| please| quick\w*| asap| urgent\w*\
              | here| for (?:my|him|her|a|the|someone)| right| immediately| fast| to | straight| at| in)
            call (?:999|911|112|emergency services)
            (?:need|is there|get|find|call) (?:an? )?(?:doctor|medic|paramedics?)(?: now| quick\w*\
              | urgent\w*| here| asap| immediately| right now| fast| please help)
            medical emergency|first aider
            (?:fell|fallen|falls|falling) (?:\w+ ){0,4}?(?:stairs|ladder|balcony|window|roof|floor|ground\
              |escalator) .{0,40}(?:not|can not|bleeding|head|unconscious|move|wake|get up|breath\w*|hurt\
              |blood)
            (?:fell|fallen|has fallen|collapsed) .{0,25}(?:not (?:moving|responding|breathing|getting up)\
              |can not (?:get up|move)|hit (?:his|her|my) head|unconscious|bleeding)
            (?:can not|cannot) (?:get up|stand up|move)(?=$| ,| from the floor| off the floor| after| and\
              | i)
            (?:fell|fallen) (?:down|off|from|out of) (?:the |a |some )?(?:stairs|ladder|window|balcony|roof\
              |escalator)
            lying (?:\w+ )?on the (?:floor|ground|street|pavement)
            (?:PATIENT|i) (?:am |is |are |s |m |might be |think i am )(?:\w+ )?dying(?! to| for\
              | of (?:laugh|bored|curios|heat|thirst|hunger|embarrass|cold)| down| battery)
            (?:going|about) to die(?! of| for)(?=$| ,| help| please| here| now| soon)
            (?:do not|dont) want to die(?=$| ,)
            PATIENT (?:\w+ )?stopped (?:\w+ )?(?:responding|moving)(?=$| ,| and)|electrocuted|electric shock
            (?:burn(?:ed|t)|scalded) (?:\w+ )?(?:my|his|her|herself|himself|myself|badly)(?! (?:papers\
              |documents|passport|id|fingers on))
            (?:severe|third degree|bad) burns|heat ?stroke|hypotherm\w+|hypoglyc\w+|low blood sugar|sepsis
            meningitis|concuss\w+|anaphylactic
            (?:feel(?:ing)?|am|is|feels) (?:\w+ ){0,2}?(?:ill|sick|unwell|dizzy|weak|bad|terrible\
              |awful) .{0,30}(?:pass out|faint|collapse|help me|ambulance|breath\w*|going to die|doctor now)
        """,
        DangerKind.FIRE: r"""
            ^(?:help |please |, |there is |a |its |it is )*fire(?: ,? ?(?:fire|help|please|here))*$
            ^(?:help , |there is an? |an? )?(?:big |huge |small )?fire (?:in|at|here|on|broke|has|started\
              |downstairs|upstairs)
            (?:there is|there are|there s|see|seeing|saw|started|we have|have|got|it is|its\
              |is) (?:\w+ )?(?:an? |the |some )?(?:big |huge |small |little )?(?:fire|flames|blaze)(?= in| at\
              | here| on|$| ,| outside| downstairs| upstairs| next| and| coming| near| i| everywhere| from\
              | behind| inside| please| right)
            (?:is|are|was|on|s|caught|catching|gone|went|set|has caught|setting) (?:\w+ )?(?:on fire\
              |fire to (?:\w+ )+|alight|in flames|ablaze|up in flames)
            on fire|caught fire|set(?:s|ting)? .{0,25}on fire|setting fire to|set(?:s|ting)? fire to
            PLACE (?:\w+ ){0,4}?(?:is |are |s )?burning(?! question)
            (?:something|everything|it|house|building|they) (?:is |s )burning|burning (?:smell|down|plastic)
            burning building
            (?:smell(?:s|ing|ed)?|stink(?:s|ing)?|odou?r|whiff|reek\w*) (?:\w+ ){0,4}?(?:of |like )?(?:gas\
              |smoke|burning|burnt|something burning)
            (?:gas|smoke) smell|gas (?:is )?(?:leak\w*|escaping|coming out)|leak(?:ing|s)? gas|leak of gas
            carbon monoxide
            (?:there is|there s|see|lots of|so much|full of|filling with|filled with|thick|black|seeing|is\
              |have|and|a lot of) (?:\w+ ){0,2}?smoke(?= in| coming| everywhere|$| ,| here| from| out| and\
              | rising| pouring| downstairs| upstairs| on| outside| at)
            smoke (?:is )?(?:coming|pouring|everywhere|billowing|filling|rising|in the|in my|in here|in our)
            (?:is|are|started|computer) smoking and
            (?:an?|there (?:was|is|has been)|heard|big|huge|loud) (?:\w+ )?(?:explosion|blast|gas explosion)
            explosion (?:in|at|outside|here)
            (?:has |have |just )?(?:exploded|blown up|blew up)(?! at me| on (?:me|social))|about to explode
            (?:there is|planted) a bomb|bomb (?:in|at) the|bomb threat
            (?:call|need|send|get|where are) (?:\w+ ){0,2}?(?:the )?fire ?(?:brigade|fighters|men\
              |department|service|engine|truck)
            (?:trapped|stuck|can not get out) .{0,20}(?:smoke|fire|flames)
            (?:smoke|fire|flames) .{0,20}(?:trapped|can not get out|can not see|stuck)
            sparks (?:are )?(?:coming|flying)|flames (?:coming|in|from|everywhere|are)
        """,
        DangerKind.UNKNOWN: r"""
            ^(?=.*help.*help)(?:(?:help|me|please|now|someone|somebody|,) ?)+$
            ^(?:help ?,? ?)+(?:me )?,? ?(?:now |please )?(?:it is an |this is an |an )?emergency$
            ^(?:sos|mayday|help help(?: help)*|help me(?: ,)? (?:please )?(?:hurry|quick\w*)?(?: ,)?\
              |save me)(?: sos| help| please| help me)*$
            ^(?:this is an |it is an |i have an |there is an |an )?emergency(?: help| please| here\
              | ,.{0,20}help\w*)*$
            call (?:the )?(?:emergency|999|911|112)(?: services| number)?|matter of life (?:and|or) death$
            life or death$
        """,
    },
    **PLACEHOLDERS,
)
