"""Spanish times in the notation of `wording`. Data only.

In Spain the morning lasts until lunch, at two.
"""

from ..date_time.clock_times import TimeWording
from ..wording import numbers_between
from .dates import NUMBERS

SPANISH_TIMES = TimeWording(
    numbers=NUMBERS,
    # Up to 29, so that `a las veintiséis` is known not to exist; `un` and `uno` mean other things.
    hours=numbers_between(NUMBERS, 1, 29, ("un", "uno")),
    fractions={"cuarto": 15, "media": 30, "pico": 0, "cinco": 5, "diez": 10, "veinte": 20, "veinticinco": 25},
    halves="""
    morning: manana madrugada
    am: am a_m
    night: noche
    afternoon: tarde pm p_m mediodia
    """,
    macros=r"""
    more: (?! (personas|minutos|dias|semanas|euros))
    minutes: ((:|\.|h| ){minute}{more}| y {past.any}{more}| [y] {past}{more}| menos {less})?( ?h| ?hs| \
    horas)?( en punto)?
    // After these words an hour needs no article.
    limit: ((?<=despues de )|(?<=antes de )|(?<=a partir de )|(?<=hasta )|(?<=desde )|(?<=\bde )|(?<=que ))
    clock: {hour}{minutes}(( ?de la | ?por la | ?del ){half})?
    // A citizen who works until a time can come from then on.
    busy: trabajo|curro|trabajando|ocupad(o|a)|(tengo|estoy en) (clase|medico|el medico|dentista|el dentista)
    """,
    ranges="""
    (entre|de|desde)( las?)? {clock} (y|a|hasta)( las?)? {clock}
    {hour.digits#1} ?- ?{hour.digits#2}
    """,
    clocks=r"""
    [{about}|a|para|de|en] [las?] {hour}((:|\.|h){minute})? ?{half.short}
    ({about}|a|para|pa) las? ({clock}|{compact})(?! opcion)
    {limit}las? {clock}
    // `las dos` may be two services
    las? (?!(dos|tres|cuatro)(?! (y|menos|en punto|de la|del|horas)\b)){clock}(?! opcion)
    [{about}|a] {hour}{minutes} (de|por) la {half}
    {hour.digits}((:|h){minute}h?| ?(h|hs|horas?))
    {hour.full} horas?
    {hour.digits}{minutes}(?= en (vez|lugar) de)
    {about} {clock}(?! (personas|minutos|dias|semanas))
    {hour} (y {past.any}|menos {less}|en punto)
    """,
    bare=r"""
    ^[a|para|pa|mejor|pues|vale|ok|quiero|la de|el de|si|sobre]* [las?] ({clock}|{compact})$
    ^[a|las?]* {hour}{minutes}(?= (o|no|,|me)\b)
    ((?<=\bo )|(?<=, )){hour}{minutes}$
    """,
    through="(entre|de|desde) # (y|a|hasta) #",
    since="""
    (a partir de|despues de|desde|pasadas|mas tarde de|(no|nada) antes de) [las?] #
    [de|de las]* # (en adelante|para (alla|delante|arriba)|pa (alla|lante)|palante|o (despues|mas tarde))
    """,
    until=r"""
    ((?<!no )(?<!nada )antes de|hasta|no mas tarde de|no despues de|como (mucho|muy tarde)( a)?) [las?] #
    # (como (mucho|muy tarde)|o antes)
    (entro|empiezo|comienzo|ficho)( (a|en|al) (?!las?\b)\w+( \w+)?)?( a)? [las?] #
    """,
    about="sobre|hacia|alrededor de|a eso de|como a|mas o menos( a)?|tipo|aproximadamente",
    parts=r"""
    early_afternoon 14:00 17:00: [a] (primerisima|primera) hora de la tarde
    first_thing 00:00 10:30: [a] (primerisima|primera) hora( de la manana)?|a primera|[muy] tempran(o|ito)
    late_morning 12:00 14:00: [a] (ultima|ultimisima) hora de la manana
    last_thing 16:00 23:59: [a] (ultima|ultimisima) hora( de la tarde| del dia)?|cuanto mas tarde mejor|lo mas \
    tarde (posible|que se \
    pueda|que haya)
    mid_morning 10:00 12:30: a media manana
    mid_afternoon 16:00 19:00: a media tarde
    morning 06:00 14:00: (cualquier|alguna|una) manana|(por|en|de|a) (la|las) (mananas?|mananita|manana \
    siguiente)|de mananas?|mananas\
    |la mananita|la manana
    afternoon 14:00 21:00: (por|en|de|a) (la|las) tardes?|tardecita\
    |(?<!mas )(?<!muy )(?<!salgo )(?<!llego )tardes?
    midday 12:00 15:00: [al|a|el] medio ?dia
    evening 20:00 23:59: (por|de|en|a) la noche|noche
    """,
    edges="""
    after 15:00: despues de (comer|la comida|almorzar)
    before 14:00: antes de (comer|la comida|almorzar)
    between 13:00 16:00: (a|en) la hora de (comer|la comida)
    """,
    never="""
    (menos|excepto|salvo|que no sea|, no)( a)? [las?] #
    (?<!antes de )(?<!hasta )# no(?= (,|puedo|llego|me (va|viene)|es posible)|$)
    # (imposible|tampoco)
    """,
    durations=r"""
    (llev(o|amos|a)|hace|desde hace|espera(do|ndo)|espero|tard(o|a|an)|dura|en|dentro de|mas de|casi|unas|un \
    par de)\
    ( (mas de|casi|unas))? ({hour}|{past}) (h|hs|horas?|minutos?)
    ({hour.digits}|{past}) (anos?|anitos|meses|euros|personas|hijos|kilos|veces|minutos)
    (calle|avenida|plaza|piso|puerta|portal|numero|num|bloque|planta|c)( (?!a\b)\w+){0,4} \d+
    ({hour}|{past}) (h|horas?) (esperando|de espera|de cola|aqui|al telefono)
    """,
    unrelated=r"""
    (recojo|dejo|recoger|como|ceno|abr(e|en|is)|cierr(a|an)|cerrais)( (?!y\b)\w+){0,4} #
    desde [las?] # (que )?(estoy|llevo|estamos|llevamos|aqui|esperando)
    (estoy|llevo|estamos|llevamos|esperando|aqui)( \w+){0,3} desde [las?] #
    (tenia|teniamos|tengo|tenemos) (hora|cita|la cita|la hora)( \w+){0,2} #
    """,
    corrected=r"""
    # ,? [ay|uy|bueno|que|eh]* (no ,|perdon|perdona|digo|mejor dicho|quiero decir|,) [,|no|mejor|a|las?|para]* #
    """,
    busy=r"""
    (entro|empiezo|comienzo|ficho)( (a|en|al) (?!las?\b)\w+( \w+)?)?( a)? [las?] # [,|y|hasta que]* \
    (salgo|acabo|termino)( del? \w+)?( a)? [las?] #
    (antes de|hasta) [las?] # (no|imposible|me es imposible)
    no (puedo|llego|estoy libre|me va bien)( ir)? (hasta|antes de) [las?] #
    {busy}( hoy)? hasta [las?] #
    (salgo|acabo|termino)( del? \w+)?( a)? [las?] #
    """,
    instead="(en (vez|lugar) de|mejor [a] # que( a)?) [las?|a las?]* #",
    refusing=r"""
    (no (puedo|quiero|me va( bien)?|me viene( bien)?|es posible)|menos|excepto|salvo|pero no|que no sea)\
    ( ir| que sea)? PART
    (no|ni)( muy| tan| demasiado) PART
    PART [yo] (trabajo|curro|estudio|tengo (?!libre|hueco))
    PART (no\b(?! se)|nada|ni hablar|imposible|tampoco)( puedo| me va| me viene)?( bien)?
    """,
    earlier=r"[un poco|algo|uno|una] mas (temprano|pronto)(?! posible)|antes de esa( hora)?",
    later=r"[un poco|algo|uno|una] mas tarde(?! (de|posible|que))|despues de esa( hora)?",
    same_time="misma hora|mismo horario",
)
