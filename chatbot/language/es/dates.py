"""Spanish dates in the notation of `wording`. Data only."""

from ..date_time.date_grammar import DateWording
from ..wording import compound_numbers, numbered_words

_UNITS = numbered_words(
    1,
    """
    un/una/uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete
    dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete
    veintiocho veintinueve
    """,
)
NUMBERS = compound_numbers(_UNITS, {"treinta": 30, "cuarenta": 40, "cincuenta": 50}, " y ")

SPANISH_DATES = DateWording(
    weekdays="""
    lunes/lun martes/mar miercoles/mie/mier jueves/jue viernes/vie sabado/sabados/sab domingo/domingos/dom
    """,
    months="""
    enero/ene febrero/feb marzo/mar abril/abr mayo/may junio/jun julio/jul agosto/ago
    septiembre/setiembre/sept/sep octubre/oct noviembre/nov diciembre/dic
    """,
    numbers={**NUMBERS, "un par de": 2},
    # `le falta una ene` is no first of January
    day_words={**{word: day for word, day in NUMBERS.items() if word not in ("un", "una")}, "primero": 1},
    day_digits=r"\d{1,2}",
    ordinals="primer/primera segundo/segunda tercer/tercera cuarto/cuarta ultimo/ultima",
    period_parts="""
    early: principios principio comienzos inicios primeros
    middle: mediados mitad
    late: finales final fines fin ultimos
    first_half: primera_quincena primera_mitad
    second_half: segunda_quincena segunda_mitad ultima_quincena
    """,
    units="""
    days: dia dias
    weeks: semana semanas
    months: mes meses
    """,
    uncertain_words="un una primero lun mar mie mier jue vie sab dom",
    holidays="""
    1/1: ano nuevo
    5/1: noche de reyes, cabalgata, cabalgata de reyes
    6/1: reyes, dia de reyes, reyes magos, los reyes magos, epifania, la epifania
    19/3: san jose, dia del padre
    easter-3: jueves santo
    easter-2: viernes santo
    easter: domingo de resurreccion
    easter+1: lunes de pascua
    easter-7 easter: semana santa
    1/5: dia del trabajo, dia del trabajador, primero de mayo
    2/5: dos de mayo, dia de la comunidad, dia de la comunidad de madrid
    15/5: san isidro
    24/6: san juan
    25/7: santiago
    15/8: la asuncion, virgen de agosto
    12/10: el pilar, dia del pilar, hispanidad, dia de la hispanidad, fiesta nacional
    1/11: todos los santos
    9/11: la almudena
    6/12: la constitucion, dia de la constitucion
    8/12: la inmaculada, dia de la inmaculada, inmaculada concepcion, la purisima
    5/12 8/12: puente, puente de diciembre, puente de la constitucion, puente de la inmaculada, acueducto
    24/12: nochebuena
    25/12: navidad, dia de navidad
    1/1 10/1: principios de ano, primeros de ano
    24/12 6/1: navidades, fiestas, fiestas de navidad, vacaciones de navidad, por navidad, en navidad
    28/12: los inocentes, dia de los inocentes
    31/12: nochevieja, fin de ano, final de ano, que acabe el ano, que termine el ano
    """,
    public_holiday=r"((?<=despues del )|(?<=antes del )|(?<=pasado el )|(?<=hasta el ))[dia] festivo",
    parts_of_today="""
    esta manana: por la manana
    esta tarde: por la tarde
    esta noche: por la noche
    este mediodia: a mediodia
    """,
    macros=r"""
    the: [el|la|los|las|del|que sea|este]*
    coming: que viene|que entra|proxim(o|a)|siguiente(?! (a|al)\b)|entrante
    // not a week beside a day, such as `la semana de Reyes`
    alone: (?! (de|del|antes|despues|anterior|siguiente|que)\b)
    // `el viernes no, el otro`: the refusal of the first day, and the name of the other one.
    no: no|imposible|no puedo|no me (va|viene)( bien)?|me (va|viene) (mal|fatal)
    other: otr(o|a)|siguiente|que viene|de despues|proxim(o|a)
    no_hour: (?! ?(de la|de el|h\b|hs\b|horas?\b|:|am\b|pm\b|y (media|cuarto|pico)|menos|en punto))
    next_week: [la|de la|en la] (semana {coming}|(proxima|siguiente) semana|otra semana)
    part_of: [a|para|en|hacia] {part} [de|del]
    weekdays: [el|los] {weekday}( ,)?( [el|los] {weekday})?( ,)? (o|y|,) [el|los] {weekday}
    in_month: (([en|para] {month.alone}|ano nuevo)( ,)?( pero)?)
    past: despues del?|pasad(o|a)s?
    from: a partir del?|desde|no antes del?
    within: dentro de|en|de aqui a|al cabo de|pasad(o|a)s?
    """,
    rules=r"""
    weeks_from 2: ni esta( semana)? ni (la que viene|la otra|{next_week}) [,|sino|ya]* (despues( de eso)?\
    |mas adelante)
    week 2: ni esta( semana)? ni (la que viene|la otra|{next_week}) [,|sino|mejor]* la (otra|siguiente\
    |de despues|de luego)
    week 2: esta semana {no} [,|y|ni]* (la que viene|{next_week})( tampoco) [,|sino|mejor]* la (otra\
    |siguiente|de despues)
    month_from: ya (para|en) {month.alone}
    weeks_from 1: esta semana {no} [,|sino|mejor|pero|ya]* mas adelante
    weekdays_of_week 1: {weekdays} [de|,]* {next_week}|{next_week} [,] {weekdays}
    weekdays_called_next: [los] proxim(o|os) {weekdays}
    limit_of_month 1: {in_month} {past} {the} {day}{no_hour}(?! de\b)
    limit_of_month 0: {in_month} {from} {the} {day}{no_hour}(?! de\b)
    days 0 7: [en] (los|estos) proximos dias
    distance: ((?<=antes de )|(?<=menos de )|(?<=plazo de )|(?<=proximos )|(?<=proximas )){n} {unit}
    month_ahead 0: antes (de|del) (que (acabe|termine) el|fin de|final de|finales de|final del) mes
    days 2: pasado manana|pasado(?= (si|mejor|puedo|,)|$)
    weekday_of_week 2: [el] {weekday} [de] {next_week} {no} [,|mejor|sino]* (el|la) de la (siguiente|otra)
    later_weekday: [el] {weekday} {coming} {no} [,|mejor|sino]* (el|al) {other}
    later_weekday: no [el|este] {weekday} [,|sino]* el (siguiente|otro|de despues|que viene)
    days_of_month: (del?|desde|entre) [el] {day} (al?|y|hasta) [el] {day} [de] {month}\
    |[del] {day} ?- ?{day} [de] {month}
    days 1 2: manana o pasado( manana)?|[entre] manana y pasado( manana)?
    days 7: de hoy en (ocho|8)( dias)?
    days 14: de hoy en (quince|15)( dias)?
    each_day: [el|los|dias|dia]* (?!{day} de {month}){day}( ,)? [o|y] [el] {day}( ,)?( [o|y] [el] {day})? de \
    {month}
    days 8: de manana en ocho( dias)?
    later_weekday: [el|este] {weekday} {no} [,|mejor|sino]* el {other}
    week 1: esta semana {no} [,|mejor|sino]* la {other}
    end_of_month 1: [el] {nth} dia [de|del] mes (que viene|proximo)
    end_of_month: [el] {nth} dia [de|del] (este mes|mes|{month})
    week_of_month: en {month} ,? la {nth} semana
    days_of_month: [la|en la] semana del {day} al {day}( de {month})?
    week_of_month: [en] [la] {nth} semana (de|del)( mes de)? {month}
    week_of_day: [la|en la] semana del? [dia] {day}( [de] {month})?
    working_days: [[en|los|un|algun] dias?] (entre semana|laborables?|de diario)
    holiday: [el|en] [dia de] {holiday}|[el|la|las|los] {holiday}
    days -1: antes de ayer|anteayer|ayer|[la] semana pasada|el mes pasado|[el] {weekday} pasado
    days 0: hoy|esta manana|esta tarde|esta noche|este mediodia|dia de hoy
    weekday_of_week 1: [el|la] {weekday} [de] {next_week}|{next_week} [,] [el] {weekday}
    weekday_of_week 0: [el] {weekday} de esta semana|esta semana el {weekday}
    later_weekday: [el] {weekday} de la otra( semana)?|[el] otro {weekday}
    nth_weekday 1: [el] {nth} {weekday} (de|del)( mes de)? (mes que viene|proximo mes)
    nth_weekday: [el] {nth} {weekday} (de|del)( mes de)? ({month}|mes|este mes)
    coming_weekend: fin de semana que viene|[el] proximo fin de semana
    weekend 0: [este|el|los|en] (fin de semana|finde|fines de semana)
    week 1: {part_of} {next_week}
    week 0: {part_of} (esta semana|semana|la semana){alone}
    week 2: {next_week} no la otra|la semana de despues|la siguiente a la que viene
    week 1: {next_week}
    week 0: (lo que queda de|el resto de) (la )?semana|antes de que (acabe|termine) la semana
    week 0: [en|durante] [lo que queda de|el resto de] (esta( misma)? semana|la semana){alone}
    days 14: {within} (quince|15) dias
    days 7: {within} (ocho|8) dias
    distance: {within} {n} {unit}
    next_weekday: [el|este|para el] (proximo {weekday}|{weekday} {coming})
    month: {part_of} [mes de] {month}
    month_ahead 1: {part_of} (mes que viene|proximo mes|mes proximo)
    part_of_month: {part_of} [este] (mes|mismo mes)|(a|para) {part}
    day: [[el|la] ({weekday}|dia)( ,)?] [el|dia|el dia] {day} [de|del] {month}( [de|del] {year})?
    day: [el|dia] {day} del {month.number}(?! de)
    numeric: [[el] {weekday}] [el|dia|el dia] {numeric}
    day: [el] {weekday}( ,)? [el|dia|el dia] {day.sure}{no_hour}
    day_of_month_ahead 1: [el|para el] [dia] {day} del (mes que viene|proximo mes|mes proximo)
    day_of_month_ahead 0: [el|para el] [dia] {day} de este mes
    each_day: (el|los|dias|dia) {day} (o|y) [el] {day.sure}{no_hour}
    each_day: (el|los|dias|dia) {day} , {day} (o|y) [el] {day.sure}{no_hour}
    day: [el] dia {day}|(?<!\ba )(?<!numero es )(?<!turno es )el {day.sure}{no_hour}|((?<=del )|(?<=al \
    )){day.sure}{no_hour}
    month_ahead 1: [el|en el] (mes que viene|proximo mes|mes proximo|otro mes|mes siguiente)
    month_ahead 0: [en|durante] este mes
    month: [en|durante|para] [el mes de] {month.alone}
    weekday: [el|este|los|un|para el] {weekday.alone}|(?<!\w )^{weekday}$|{weekday}(?= (por la|a las?\
    |a primera|a ultima)\b)
    days 1: (?<=\bde )manana(?= (a|hasta|al)\b)|\
    (?<!^de )(?<!, de )(?<!la )(?<!una )(?<!toda )(?<!media )(?<!cualquier )(?<!alguna )\
    (?<!turno de )manana(?! siguiente)
    """,
    bare="[el|dia|para|mejor|pues|vale|ok|venga]* {day}",
    beside=r"""
    near 2: [a|para|por]* (alrededor de|cerca de|sobre|hacia) {the} @|[para|por|sobre]* {the} @ (o asi|mas o \
    menos|o por ahi)
    day 1: [el|al] dia (despues|siguiente) (de|del|a|al) {the} @
    day -1: [el] dia (antes|anterior) (de|del|a|al) {the} @|[la] vispera (de|del) {the} @
    weekday -1: [el] [ultimo] @ antes (de|del) {the} @
    weekday 1: [el] @ (siguiente|posterior) (a|de|del|al) {the} @
    weekday 1: [el] [primer|siguiente] @ despues (de|del) {the} @
    week 1: [la|en la] semana (despues|siguiente|posterior) (de|del|a|al) {the} @
    week -1: [la|en la] semana (antes|anterior|previa) (de|del|a|al) {the} @
    week 0: [la|en la] (semana|misma semana) (de|del|que cae) {the} @
    """,
    through="""
    (entre|de|del|desde) {the} @ (y|a|al|hasta) {the} @
    @ (a|hasta) {the} @
    """,
    after=r"""
    (despues del?|pasad(o|a)s?|en cuanto (pase|pasen|acabe|acaben|termine)|cuando (pase|pasen|acabe|acaben)|a \
    la vuelta del?) \
    {the} @
    @ en adelante no incluido
    """,
    since="""
    (antes del?|hasta) {the} @ no
    (esperar(me)?|espero|aguantar?|aguanto) (a|hasta) {the} @
    (a partir( del?)?|desde|(no|nada) antes del?|no puedo (hasta|antes del?)|no hasta) {the} @
    @ (en adelante|para (alla|delante|arriba)|pa (alla|lante)|palante)
    @ o (despues|mas tarde)
    """,
    before=r"""
    antes del? {the} @(?! (acabe|termine)\b)
    @ [,|y|asi que|por eso]* antes(?! (de|del)\b)
    """,
    until=r"""
    (hasta|no mas tarde del?|no despues del?|como (mucho|maximo|tarde|muy tarde)|a mas tardar|menos de\
    |plazo de|proxim(o|a)s) {the} @
    @ (como (mucho|maximo|tarde|muy tarde)|a mas tardar)
    antes de que (acabe|termine|pase) {the} @|antes del? {the} @ (acabe|termine)
    """,
    without=r"""
    ((?<!si )no|nunca|menos|excepto|salvo|ni|tampoco|quitando|que no sea|evitar|descartad?o?) \
    [puedo( ir)?|me (va|viene|es posible)( bien)?|quiero( ir)?|es|en|para|por|sea|ni]* {the} @
    (?<!hasta )(?<!antes del )(?<!antes de )@ (no\b(?! ((puede|podria) ser|puedo (hasta|antes)))|tampoco\
    |imposible|ni hablar|me (va|viene) (mal|fatal))
    """,
    also_without=r"""
    ~ (ni|y|o|,(?=( (el|los|la))* @ (,|y|o|ni)\b)) [el|los|la|en]* @
    ^[pues|pero|el|los|la|en]* @ y [el|los|la|en]* ~
    ^[pues|pero|el|los|la|en]* @(?= , [el|los|la|en]* @ y [el|los|la|en]* ~)
    """,
    # Days on which something expires or has happened.
    unrelated=r"""
    (caduc\w+|venc\w+|expir\w+)( (?!quier|necesit|dame|pued|y\b|,)\w+){0,4} @
    ((me|nos) (paso|hicieron|trataron|atendieron)|ocurrio|sucedio|naci(o|mos)?) \
    [en|por|el|la|del?|ya|fatal|mal|tan|muy|ahi|alli]* @
    (en (vez|lugar)) (de|del) {the} @
    (llev(o|amos)|estoy|estamos|esperando|llamando)( \w+){0,2} desde {the} @
    desde {the} @ (que )?(estoy|estamos|llev(o|amos)|llam(o|ando)|esper(o|ando)|intent\w+)
    (me|nos) (llam|dij|atend|cancel|di|escrib|cit|mand)(\w+)( \w+){0,2} {the} @
    @ (me|nos) (llamasteis|llamaron|llamo|dijeron|dijisteis|cancelaron|atendieron|escribisteis)
    (mandar|enviar|llamar|escribir)on( \w+){0,2} {the} @
    """,
    busy=r"""
    [@] @ [,|que|ya|yo|nosotros|es cuando|por la manana|por la tarde]* (tengo|tenemos|tiene|trabajo|curro\
    |viajo|estoy|estamos\
    |me voy|nos vamos|me operan)(?! (libre|hueco|tiempo|cita|hora|disponible|aqui|hasta|desde|\w+ \w+ libre\
    |\w+ libre))\
    ( (?!mejor|pero|y\b|asi)\w+){0,4}
    no (voy|vamos) a poder( ir| venir| asistir)? @
    no podre( ir| venir| asistir)? @
    (tengo|tenemos|trabajo|trabajar|estoy de|estoy en) (?!cita|hora|libre|que)((?!y\b|dame|otra|pon|quiero\
    |para)\w+ ){0,4}{the} @( y [el] @| (y|,) [tengo|un|una|la|el]* (?!puedo|podria|quiero|queria|prefiero|mejor\
    |libre|voy|iria|si|no|pon|ponme|dame|me|vale|bien|cita|hora|necesito|pido|para|que|entonces|asi|solo\
    |cualquier|otr|el|la)\w+ {the} @)?
    """,
    none_of_them="""
    [asi que|o sea que|por eso]* ningun(o|a) de (es(os|as)|l(os|as) dos|ell(os|as))( dos)?( dias)?
    ni un(o|a) ni otr(o|a)
    """,
    corrected=r"""
    @ , [ay|uy|bueno|que|eh]* (,|no ,) [no|mejor|el|la|era|para]* @
    @( ,)? [ay|uy|bueno|que|eh|no|,]* (perdon|perdona|digo|mejor dicho|quiero decir|me he equivocado) [,|no\
    |mejor|el|la|era|para]* @
    """,
    distant=r"""
    1: [los|las] {n} {unit} (despues|mas tarde) (de|del) {the} @|@ [y|mas]* {n} {unit} despues
    -1: [los|las] {n} {unit} antes (de|del) {the} @
    """,
    following=r"""
    day: [el|al|del] (dia (siguiente|de despues|despues|posterior)|siguiente dia)(?! (de|del|a|al)\b)
    month: [para] mas adelante (en|dentro de) (el|ese|este) mes|[para] mas adelante (ese|este) mes
    """,
    explained="""
    @ [justos|exactos|,]* (o sea|es decir|osea|esto es|que es|que cae en|vamos|es|cae en) {the} @
    """,
    preferred="""
    [mejor] {the} @ (mejor|antes) que {the} @
    mejor {the} @ que {the} @
    prefiero {the} @ (a|al|que|antes que) {the} @
    """,
    taken_up=r"""
    (en )?es(os|as|tos|tas)( {n})? (dias|fechas|semanas) (si\b|puedo|podria|me van?|me vien\w*|estoy (libre\
    |disponible)|tengo libre|perfect|genial|bien)
    (ahi|entonces) (si\b|puedo|podria|me van?|me vien\w*|estoy (libre|disponible))
    (puedo|me va bien|me viene bien|estoy libre|podria( ir)?) (cualquiera de )?(es(os|as) (dias|fechas)|ahi\
    |entonces)
    """,
    deadlines=r"""
    (que|debo|debemos|hay) (que )?(presentar|entregar|llevar|contestar|responder|recurrir|registrar|pagar\
    |alegar|firmar)(l(o|a)s?)?\
    ( \w+){0,10} (antes de|en menos de|en|en el plazo de|en un plazo de) {n} {unit}( habiles)?
    (me|nos) (dan|han dado|daban|dieron)( solo| un plazo de)? {n} {unit}( habiles)?
    (han pasado|pasaron|llevo|hace|desde hace) ya? ?{n} {unit}
    """,
    own_relative=r"""
    [a|para|hasta]* la (semana siguiente|siguiente semana)(?! (a|al|de|del)\b)
    {n} {unit} (mas tarde|despues|antes|mas)(?! (de|del|que)\b)
    """,
    ambiguous=r"@ no [el|la|los]* @(?! (tampoco|no|ni|imposible)\b)",
    origin="""
    (la|mi|cita|hora)( cita| hora)? (del?|de el) @
    la que ten(go|emos|ia)( el| para)* @
    (cita|hora) que ten(go|emos|ia)( para)? @
    ten(go|emos|ia|ian|iamos) [una|la|mi] (cita|hora)( previa)?( para)? @
    tienen? [una|la|su] (cita|hora)( previa)?( para)? @
    """,
    soonest=r"""
    [lo] [mas|lo] (antes|pronto|rapido) posible
    cuanto antes|lo antes que (pueda|se pueda|podais|haya)|lo mas pronto
    [el|la] (primera?|prime?ro)( (hueco|cita|hora(?= (que (haya|tengas|tengais)|disponible|libre))\
    |dia(?! del? (?!la))|fecha|plaza|disponible|libre|que (haya|tengas|tengais|salga|este)|disponible que haya))+
    [el] (siguiente|proximo|primer) dia (habil|laborable)
    lo primero que (haya|tengas|tengais|salga)|ya mismo
    urgente(mente)?|me urge|corre prisa|mas temprano posible
    cualquier dia(?! menos| excepto| salvo)|me da igual (el dia|cuando)|el dia que sea
    cuando (sea|querais|quieras|podais|haya)(?! menos)
    (tu|usted) elig(es|e)|elige tu|(el|la) que haya antes|[el] proximo (hueco|dia)( libre| disponible)?
    """,
    vocabulary="""
    nochebuena nochevieja navidad navidades inmaculada quincena mananita tempranito
    manana pasado proximo proxima semana semanas siguiente viene tarde noche mediodia principios mediados
    finales dentro despues antes partir media cuarto
    """,
)
