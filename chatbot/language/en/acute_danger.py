"""English phrases that tell danger, in normalised text with contractions written out.

The words in capitals stand for the patterns of PLACEHOLDERS.
"""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions
from .acute_accidents import ACUTE_ACCIDENTS
from .danger_words import PLACEHOLDERS

# Danger in any sentence. A backslash joins the next line, without its indentation.
_ACUTE_PHRASES = compile_expressions(
    {
        DangerKind.VIOLENCE: r"""
            (?:threw|throws|knock(?:ed|s)|push(?:ed|es)|shoved) (?:me|her|us) (?:on|onto|to\
              |down on) (?:the )?(?:floor|ground|bed|street)
            and (?:hit|hits|beat|beats|kicked|punched|slapped) me(?=$| ,| again| and)
            (?:hit|hits|punch\w*|slap\w*|kick\w*|attack\w*|assault\w*|push\w*|grabbed) (?:an? |the |some \
              |one of the )?(?:member of )?(?:staff|employee|worker|nurse\
              |clerk|receptionist|guard|security)
            (?:threw|throws|throwing) (?:\w+ ){1,3}?at my (?:head|face|\w+)|surrounded (?:me|us)|(?:want|wants\
              |trying|going) to rob (?:me|us)
            (?:was|been|got|being) robbed (?:violently|at|by|with|just|now|outside|here)\
              |touch\w* (?:\w+ ){0,2}(?:girls?|boys?|children|kids)
            on (?:his|her|their) way .{0,12}(?:scared|afraid|terrified|frightened)
            (?:hit|beat|punch|kick|attack|slap|push|shov)\w*ing each other|throw\w* punches|masturbat\w+\
              |(?:expos|flash)ing (?:him|her)self
            (?:grab|touch|squeez|pinch|grop|strok)\w* my (?:\w+ )?(?:bum|bottom|butt|breasts?|boobs?|arse|ass\
              |crotch|thigh|private\w*)
            (?:scream|shout|cry|yell)\w* (?:for|that) (?:help|he is|she is|someone is)|hear\w* .{0,20}screams?
            (?:throw|hurl|chuck)ing (?:\w+ ){1,3}?at (?:people|staff|everyone|everybody|customers|the (?:staff\
              |clerks?|guards?|police|people))
            (?:WHO|he|she) (?:\w+ )?(?:bit|bites|biting|spat at|headbutt\w*|bottled|glassed) (?:me|us\
              |my (?!tongue|lip|nails)\w+|him|her|someone)
            (?:wont|not) stop (?:hit|beat|punch|kick|slap|attack|touch|follow|threaten|hurt|bother)\w*ing
            (?:he|she|they|WHO) (?:\w+ )?(?:broke|broken|fractured|busted|smashed) my (?:\w+ )?(?:nose|arm|jaw\
              |rib|ribs|teeth|tooth|lip|finger\
              |eye socket|face|cheekbone|wrist)
            raised (?:his|her|their) (?:hand|fist)s? (?:to|at|against) (?:me|us|her|him|my)
            (?:keep|keeping|kept|held|hold|holding) (?:me|us|her) (?:a )?(?:prisoner|captive|hostage|against)
            forc\w+ (?:me|us|her) to (?:\w+ ){1,4}?(?:prostitute|sex|sleep with|beg|steal|strip)|prostitute me
            (?:KIN|he|she|they|WHO) (?:is |are )?(?:\w+ )?(?:waiting|standing|here|back|is)? ?(?:outside\
              |at the door|downstairs|in the car park).{0,15}\
              (?:scared|afraid|frightened|terrified|hurt|kill)
            masked (?:men|man|people|gunmen|person|robbers?)|(?:forc|jimmy|prising|kick\
              |smash)\w*ing (?:open )?(?:my|our|the) (?:\w+ )?(?:door|lock|window)
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
            no (?:strength|energy|reason|will|wish) (?:left )?to (?:go on|carry on|live|keep)
            tak(?:e|ing) my own life|(?:cuts|cutting|cut|slices|scratches|burns) (?:up )?(?:my|his|her\
              |their) (?:own )?(?:arms?|wrists?|legs?|thighs?)(?! (?:by|on|at|in) )
            (?:i|he|she) ?(?:ll|will)? ?(?:jump|ill jump) (?:out of|off|from|under|in front of)|ill (?:kill|hang\
              |hurt|jump)
            set (?:my|him|her)self (?:on fire|alight)
            (?:sleep|asleep|bed) and (?:never|not|dont|do not) wak\w+|(?:hope|wish|pray) (?:i|to) (?:do not\
              |never|dont|would not|did not) wake up
            (?:i am |am |is |just )?ending (?:my life|it all|it (?:tonight|today|now|all|here\
              |forever))(?! ?(?:contract|membership))
            not (?:want|wanna|wish) (?:to )?(?:\w+ )?be in (?:this|the) world
            (?:want|wanna|going|gonna|will|about) (?:to )?(?:kil|kll|kiil|klil) (?:my ?self|me self)
            (?:PILLS) in (?:my|his|her) hand|(?:take|swallow) (?:them all|all of them|the lot|the whole (?:box\
              |bottle|packet))
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
ACUTE = {**_ACUTE_PHRASES, **ACUTE_ACCIDENTS}
