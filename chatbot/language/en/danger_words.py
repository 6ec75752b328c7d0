"""English words of danger in groups. In the phrases, PLACEHOLDERS stand for them."""

from __future__ import annotations

_HITWORD = (
    r"(?:hit|hits|hitting|beat|beats|beaten|beating|beatings|punch\w*|slap\w*|kick\w*|chok\w*|strangl\w*"
    r"|rap(?:e|ed|es|ing)|abus\w*|molest\w*|stab\w*|attack\w*|assault\w*|threat\w*|hurt\w*|kill\w*"
    r"|murder\w*|grop\w*|forced (?:him|her)self|harass\w*|stalk\w*|following|exposed)"
)
_HUMAN = (
    r"(?:he|she|they|him|her|men|man|woman|guy|someone|somebody|KIN|stranger|customer|client|clerk"
    r"|children|kids|child|baby|teenagers?|gang|boys?|girls?|lads?|people|adult)"
)
_KILLSELF = (
    r"(?:kill(?:ing)? (?:my|him|her|them|your) ?sel(?:f|ves)|kill(?:ing)? (?:my|him|her|them)sel(?:f|ves)"
    r"|end(?:ing)? (?:my|his|her|their) (?:own )?life|end(?:ing)? it(?: all)?(?=$| ,| tonight| now"
    r"| today)|tak(?:e|ing) (?:my|his|her|their) (?:own )?life|commit(?:ting)? suicide|die(?! of| to"
    r"| for)|be dead|jump(?:ing)? (?:off|from|in front of|out of|under)|hang(?:ing)? (?:my|him|her)self"
    r"|hurt(?:ing)? (?:my|him|her)self|cut(?:ting)? (?:my|him|her)(?:self|wrists)|cut(?:ting)? (?:my|his"
    r"|her) wrists|harm(?:ing)? (?:my|him|her)self|overdose|disappear(?: forever| for good)?(?=$| ,)"
    r"|not (?:to )?(?:wake up|exist|be here|be alive)|stop (?:living|existing)|shoot(?:ing)? (?:my|him"
    r"|her)self|throw(?:ing)? (?:my|him|her)self (?:off|under|in front|out|from)|do away with (?:my|him"
    r"|her)self|never wake up|sleep forever|top(?:ping)? (?:my|him|her)self|unalive \w+)"
)
_WHO = (
    r"(?:he|she|they|someone|somebody|(?:my|her|his|our|their|the|an?|this|that|some|two|three"
    r"|another) (?:\w+ ){0,2}?(?:KIN|man|men|woman|guys?|boys?|girls?|lads?|person|people|strangers?"
    r"|blokes?|dude|kids?|teenagers?|client|customer|gang|drunk|thief|thieves|burglars?))"
)
_PATIENT = (
    r"(?:i|he|she|they|we|someone|somebody|(?:my|the|an?|this|that|his|her|our|some|one"
    r"|another) (?:\w+ ){0,2}?(?:KIN|man|woman|guy|boy|girl|lady|person|people|kids?|child|children|baby"
    r"|toddler|nan|nana|gran|granny|grandson|granddaughter|wife|lad|bloke|colleague|patient|gentleman"
    r"|pensioner|customer|nephew|niece|newborn|infant|worker|pregnant woman))"
)
_VICTIM = (
    r"(?:me|us|him|her|them|someone|somebody|people|everyone|(?:my|his|her|an?|the|their|our|another|some"
    r"|this|that) (?:\w+ ){0,2}?(?:KIN|man|woman|guy|boy|girl|lady|person|people|kids?|child|children"
    r"|baby|wife|men|women|officer|worker|clerk|guard|employee))"
)
_KIN = (
    r"(?:husband|wife|partner|boyfriend|girlfriend|bf|gf|hubby|ex|ex ?(?:husband|wife|partner|boyfriend"
    r"|girlfriend)|father|mother|dad|daddy|mum|mom|mummy|mommy|parents|son|daughter|brother|sister|uncle"
    r"|aunt|grandfather|grandpa|grandad|grandmother|grandma|gran|nan|cousin|stepfather|stepdad|stepmother|stepmum"
    r"|stepbrother|grandson|granddaughter|nephew|niece|son in law|father in law|mother in law"
    r"|brother in law|neighbou?rs?|boss|roommate|flatmate|landlord|fiance|lover|carer|teacher|coach"
    r"|priest|stalker|colleague|coworker|friend)"
)
_HIT = (
    r"(?:hits?|hitting|beats?|beat|beaten|beating|punch(?:es|ed|ing)?|slap(?:s|ped|ping)?|kick(?:s|ed"
    r"|ing)?|strangl(?:es?|ed|ing)|chok(?:es?|ed|ing)|attack(?:s|ed|ing)?|assault(?:s|ed|ing)?|rap(?:es?"
    r"|ed|ing)|abus(?:es?|ed|ing)|threaten(?:s|ed|ing)?|molest(?:s|ed|ing)?|stabb?(?:s|ed|ing)?|shoot(?:s"
    r"|ing)?|shot|stalk(?:s|ed|ing)?|grop(?:es?|ed|ing)|batter(?:s|ed|ing)?|smack(?:s|ed|ing)?|hurt(?:s"
    r"|ing)?|burn(?:s|ed|t|ing)?|bull(?:y|ies|ied|ying)|harass(?:es|ed|ing)?|tortur(?:es?|ed|ing)"
    r"|kidnap(?:s|ped|ping)?|bash(?:es|ed|ing)?|thump(?:s|ed|ing)?|whip(?:s|ped|ping)?|belt(?:s|ed)"
    r"|push(?:es|ed|ing)?|shov(?:es|ed|ing)|grab(?:s|bed|bing)|chas(?:es|ed|ing)|mug(?:ged|ging)|spit(?:s"
    r"|ting)? (?:at|on)|scream(?:s|ing) at|trying to kill|tried to kill|murder(?:ed|ing)?|drugged|pinned"
    r"|cornered)"
)
_HARM = (
    r"(?:hit|beat|punch|kill|murder|stab|shoot|rape|strangle|hurt|attack|burn|harm|slap|kick|choke|drown"
    r"|abuse|assault|get|find|touch|kidnap|smash|bash|grab|abduct|take|snatch)"
)
_WEAPON = (
    r"(?:knife|knives|gun|guns|machete|axe|weapons?|pistol|rifle|shotgun|blade|hammer|baseball bat|sword"
    r"|grenade)"
)
_BE = r"(?:am|is|are|was|were|been|be|being|s)"
_POISON = (
    r"(?:bleach|poison|antifreeze|petrol|detergent|rat poison|drain cleaner|acid|a battery|batteries"
    r"|a coin|a magnet|ammonia|weed ?killer)"
)
_PILLS = (
    r"(?:pills|tablets|paracetamol|sleeping pills|medication|meds|painkillers|antidepressants|ibuprofen"
    r"|aspirins?|xanax|valium)"
)
_PLACE = (
    r"(?:(?:my|the|our|a|an|this|his|her|some) (?:\w+ )?(?:house|flat|home|kitchen|office|building|car"
    r"|bin|bins|room|lift|computer|curtains?|apartment|garage|basement|floor|toilet|bathroom|oven|roof"
    r"|shop|bed|sofa|socket|stove|cooker|tree|toaster|school|block|clothes|hair|lobby|hall))"
)

PLACEHOLDERS = {
    "HITWORD": _HITWORD,
    "HUMAN": _HUMAN,
    "KILLSELF": _KILLSELF,
    "WHO": _WHO,
    "PATIENT": _PATIENT,
    "VICTIM": _VICTIM,
    "KIN": _KIN,
    "HIT": _HIT,
    "HARM": _HARM,
    "WEAPON": _WEAPON,
    "BE": _BE,
    "POISON": _POISON,
    "PILLS": _PILLS,
    "PLACE": _PLACE,
}
