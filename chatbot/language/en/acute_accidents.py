"""English phrases that tell illness or fire in any sentence."""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions
from .danger_words import PLACEHOLDERS

# A backslash joins the next line, without its indentation.
ACUTE_ACCIDENTS = compile_expressions(
    {
        DangerKind.ILLNESS: r"""
            having (?:an? |some (?:kind|sort) of )?attack|(?:eaten|ate) (?:\w+ ){0,3}?PILLS
            (?:vision|sight|eyesight) (?:is |has |went |gone |going )+(?:dark|dim)
            (?:man|woman|lady|person|gentleman|someone|somebody|pensioner|girl\
              |boy) (?:is )?(?:\w+ )?on the (?:floor|ground)
            see(?:ing)? (?:double|stars|black)(?= and|$| ,)|(?:burn(?:t|ed)|scalded) (?:\w+ ){0,2}(?:with|by\
              |on) (?:\w+ )?(?:boiling|hot|oil|acid|steam)
            swallow\w* (?:an? )?(?:\w+ )?(?:battery|batteries|coin|magnets?|button|bone|needle|pin|marble)
            (?:man|woman|lady|person|someone|boy|girl|child|baby|patient) not (?:responding|moving|breathing\
              |conscious)
            (?:car|van|bus|lorry|truck|taxi|motorbike|scooter|tram) (?:has |have |just ){0,2}(?:hit|run over\
              |ran over|knocked (?:down|over)) (?:an?|my|some\w+|the) (?!parked|car)\w+
            (?:face|mouth|eye|lip) (?:is |has |have |are )?(?:\w+ )?(?:droop\w*|dropped|fallen on one side\
              |gone numb|twisted)
            (?:talking|speaking) (?:funny|strange\w*|weird|gibberish|slurred) and
            can not (?:feel|move) (?:one|half|the (?:left|right)) (?:side|half)?|one side of (?:my|his\
              |her) (?:body|face)
            suddenly (?:\w+ )?(?:lost|gone|went|can not|blind|blurry) (?:\w+ ){0,2}?(?:sight|vision|see|speech\
              |speak|blind|hear)
            (?:lost|losing) (?:my|his|her) (?:sight|vision)(?=$| ,| suddenly| in)|(?:vision|sight\
              |eyesight) (?:is |has |went |gone |going )+(?:blur\w*|gone|black|double)
            (?:PATIENT|he|she|son|baby) (?:is |s )?fitting(?! room|s)
            PATIENT (?:\w+ ){1,8}?not (?:responding|moving|breathing|reacting)(?=$| ,| and)
            can not swallow|allergic reaction (?:and|,|i|he|she|now|help|to)
            (?:accident|crash|collision) (?:\w+ ){0,6}?(?:trapped|hurt|injured|bleeding|stuck|unconscious)
            (?:need|is there|get|find|call) (?:an? )?(?:doctor|medic|nurse|defibrillator) (?:in|at|to\
              |for) (?:the|this|my|a) (?!appointment|referral)\w+
            (?:man|woman|lady|gentleman|person|someone|somebody|pensioner|girl|boy) (?:\w+ )?(?:is|s|has been\
              |looks|feels|feeling|taken) (?:\w+ )?(?:unwell|ill\
              |poorly|sick|faint)(?=$| ,| in (?:the|here)| here| and needs)
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
            smoke (?:is )?(?:on|in|near|by|under|behind) (?:my|our|the) (?!area|zone|terrace|street|park|shop\
              |bar|pub)\w+
            gas (?:bottle|pipe|cylinder|tank|hob|stove|cooker) (?:is )?(?:leaking|hissing|on fire|exploded)
            fire (?:is )?(?:coming|shooting|spreading|pouring) (?:out|from|out of|to|towards|up)|(?:plug|socket\
              |oven|toaster|phone|charger|battery|scooter|cable\
              |wires?|fuse box|heater) (?:\w+ ){0,4}?(?:smoking|sparking|melting|in flames|burning)
            (?:wild|forest|bush) ?fires? (?:next|near|by|close|coming|behind|at|outside|getting|approaching)
            (?:car|van|bin|bus|shed|caravan|lorry|roof|house|flat|building) (?:is |s )?(?:burning|alight\
              |in flames)(?! oil)
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
    },
    **PLACEHOLDERS,
)
