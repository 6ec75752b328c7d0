"""Spanish dates in the notation of `wording`. Data only."""

from ..date_grammar import DateWording
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
    weekdays="lunes martes miercoles jueves viernes sabado/sabados domingo/domingos",
    months="""
    enero/ene febrero/feb marzo abril/abr mayo junio/jun julio/jul agosto/ago septiembre/setiembre/sept/sep
    octubre/oct noviembre/nov diciembre/dic
    """,
    numbers=NUMBERS,
    day_words={**NUMBERS, "primero": 1},
    day_digits=r"\d{1,2}",
    ordinals="primer segundo tercer cuarto ultimo",
    period_parts="""
    early: principios principio comienzos inicios primeros
    middle: mediados mitad
    late: finales final fines fin
    """,
    units="""
    days: dia dias
    weeks: semana semanas
    months: mes meses
    """,
    uncertain_words="un una primero",
    holidays="""
    24/12: nochebuena
    31/12: nochevieja
    25/12: dia de navidad
    1/1: ano nuevo
    6/1: dia de reyes
    6/12: dia de la constitucion
    """,
    parts_of_today="""
    esta manana: por la manana
    esta tarde: por la tarde
    esta noche: por la noche
    este mediodia: a mediodia
    """,
    macros=r"""
    the: [el|la|los|las|del|que sea|este]*
    coming: que viene|que entra|proxim(o|a)|siguiente|entrante
    // `el viernes no, el otro`: the refusal of the first day, and the name of the other one.
    no: no|imposible|no puedo|no me (va|viene)( bien)?|me (va|viene) (mal|fatal)
    other: otr(o|a)|siguiente|que viene|de despues|proxim(o|a)
    no_hour: (?! ?(de la|de el|h\b|hs\b|horas?\b|:|am\b|pm\b|y (media|cuarto|pico)|menos|en punto))
    next_week: [la|de la|en la] (semana {coming}|(proxima|siguiente) semana|otra semana)
    part_of: [a|para|en|hacia] {part} [de|del]
    within: dentro de|en|de aqui a|al cabo de|pasad(o|a)s?
    """,
    rules=r"""
    days 2: pasado manana
    later_weekday: no [el|este] {weekday} [,|sino]* el (siguiente|otro|de despues|que viene)
    days_of_month: (del?|desde|entre) [el] {day} (al?|y|hasta) [el] {day} de {month}
    days 1 2: manana o pasado( manana)?|[entre] manana y pasado( manana)?
    days 7: de hoy en ocho( dias)?
    days 8: de manana en ocho( dias)?
    later_weekday: [el|este] {weekday} {no} [,|mejor|sino]* el {other}
    week 1: esta semana {no} [,|mejor|sino]* la {other}
    end_of_month 1: [el] {nth} dia [de|del] mes (que viene|proximo)
    end_of_month: [el] {nth} dia [de|del] (este mes|mes|{month})
    week_of_day: [la|en la] semana del? [dia] {day}( [de] {month})?
    working_days: [[en|los|un|algun] dias?] (entre semana|laborables?|de diario)
    holiday: [el|en|por] [dia de] {holiday}
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
    week 0: {part_of} (esta semana|semana|la semana)
    week 2: {next_week} no la otra|la semana de despues|la siguiente a la que viene
    week 1: {next_week}
    week 0: [en|durante] [lo que queda de|el resto de] (esta( misma)? semana|la semana)
    days 14: {within} (quince|15) dias
    days 7: {within} (ocho|8) dias
    distance: {within} {n} {unit}
    next_weekday: [el|este|para el] (proximo {weekday}|{weekday} {coming})
    month: {part_of} [mes de] {month}
    month_ahead 1: {part_of} (mes que viene|proximo mes|mes proximo)
    part_of_month: {part_of} [este] (mes|mismo mes)
    day: [[el|la] ({weekday}|dia)( ,)?] [el|dia|el dia] {day} [de|del] {month}( [de|del] {year})?
    numeric: [[el] {weekday}] [el|dia|el dia] {numeric}
    day: [el] {weekday}( ,)? [el|dia|el dia] {day.sure}{no_hour}
    day: [el] dia {day}( del mes que viene| de este mes)?|(?<!a )el {day.sure}{no_hour}
    month_ahead 1: [el|en el] (mes que viene|proximo mes|mes proximo|otro mes|mes siguiente)
    month_ahead 0: [en|durante] este mes
    month: [en|durante|para] [el mes de] {month.alone}
    weekday: [el|este|los|un|para el] {weekday}
    days 1: (?<!la )(?<!una )(?<!toda )(?<!media )manana(?! siguiente)
    """,
    through="(entre|de|del|desde) {the} @ (y|a|al|hasta) {the} @",
    after="""
    (despues del?|pasado|pasada) {the} @
    @ en adelante no incluido
    """,
    since="""
    (a partir del?|desde|no antes del?|no puedo (hasta|antes del?)|no hasta) {the} @
    @ en adelante
    @ o (despues|mas tarde)
    """,
    before="antes del? {the} @",
    until="""
    (hasta|no mas tarde del?|no despues del?|como (mucho|muy tarde)) {the} @
    @ (como (mucho|maximo|muy tarde)|a mas tardar)
    """,
    without=r"""
    (no|menos|excepto|salvo|ni|tampoco|quitando|que no sea|evitar|descartad?o?) \
    [puedo( ir)?|me (va|viene|es posible)( bien)?|quiero( ir)?|es|en|para|por|sea|ni]* {the} @
    @ (no\b(?! ((puede|podria) ser|puedo (hasta|antes)))|tampoco|imposible|me (va|viene) (mal|fatal))
    """,
    also_without="~ (ni|y|o|,) [el|los|la|en]* @",
    # Days on which something expires or has happened.
    unrelated=r"""
    (caduc\w+|venc\w+|expir\w+)( (?!quier|necesit|dame|pued|y\b|,)\w+){0,4} @
    ((me|nos) (paso|hicieron|trataron|atendieron)|ocurrio|sucedio|naci(o|mos)?) \
    [en|por|el|la|del?|ya|fatal|mal|tan|muy|ahi|alli]* @
    """,
    ambiguous=r"@ no [el|la|los]* @(?! (tampoco|no|ni|imposible)\b)",
    origin="""
    (la|mi|cita|hora)( cita| hora)? (del?|de el) @
    (cita|hora) que ten(go|emos|ia)( para)? @
    ten(go|emos|ia|ian|iamos) [una|la|mi] (cita|hora)( previa)?( para)? @
    tienen? [una|la|su] (cita|hora)( previa)?( para)? @
    """,
    soonest=r"""
    [lo] [mas|lo] (antes|pronto|rapido) posible
    cuanto antes|lo antes que (pueda|se pueda|podais|haya)|lo mas pronto
    [el|la] (primera?|prime?ro)( (hueco|cita|hora(?= (que (haya|tengas|tengais)|disponible|libre))\
    |dia(?! del? (?!la))|fecha|plaza|disponible|libre|que (haya|tengas|tengais|salga|este)|disponible que haya))+
    lo primero que (haya|tengas|tengais|salga)|ya mismo
    urgente(mente)?|me urge|corre prisa|mas temprano posible
    cualquier dia(?! menos| excepto| salvo)|me da igual (el dia|cuando)|el dia que sea
    cuando (sea|querais|quieras|podais|haya)
    """,
    vocabulary="""
    sabados domingos nochebuena nochevieja mananita tempranito manana pasado proximo proxima semana semanas
    siguiente viene tarde noche mediodia principios mediados finales dentro despues antes partir media cuarto
    """,
)
