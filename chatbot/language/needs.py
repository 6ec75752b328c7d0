"""Needs that a message names, as codes of the booking form, in both languages. Pure.

A need that is denied (`ya no necesito intérprete`) is refused; a course, a certificate or a question about the
building names none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .lazy_pattern import LazyPattern
from .lexicon import CUT_OUT, compile_expressions, whole_word_expressions
from .normalize import normalise_text

PERSON = (
    r"(?:madre|padre|mama|papa|hij[oa]s?|marido|mujer|espos[oa]|pareja|novi[oa]|herman[oa]|abuel[oa]|niet[oa]"
    r"|ti[oa]"
    r"|suegr[oa]|cunad[oa]|nuera|yerno|prim[oa]|sobrin[oa]|amig[oa]|vecin[oa]|companer[oa]|cuidador[ae]?"
    r"|acompanante"
    r"|asistente(?: personal)?|trabajador[ae]? social|tutor[ae]?|educador[ae]?|monitor[ae]?|persona(?: de apoyo)?"
    r"|senora?|chic[oa]|nin[oa]|nene|nena|alguien|otra persona|voluntari[oa]|logopeda)"
)
RELATIVE = (
    r"(?:mother|father|mum|mom|mam|dad|son|daughter|husband|wife|partner|brother|sister|nan|gran|grandma"
    r"|grandmother|granddad|grandfather|grandson|granddaughter|uncle|aunt|cousin|friend|mate|neighbou?r|carer"
    r"|caretaker"
    r"|companion"
    r"|assistant|pa|support worker|social worker|key worker|keyworker|nurse|helper|advocate|guardian|someone"
    r"|somebody"
    r"|child|kid|boy|girl|niece|nephew|boyfriend|girlfriend|flatmate|person)"
)
INTERPRETER = r"(?:(?<!an )interpretes?(?: de (?:la )?(?:lengua|lenguaje) de signos| de signos)?)"
HER = r"(?:my|a|an|the|her|his|our|their|one)"

# Services about disabilities, spoken languages, questions about the building, and words with another meaning.
NO_NEED = whole_word_expressions(
    r"""
    (?:certificado|grado|tarjeta|cursos?|clases|titulo|ayudas?|subvencion|plaza|carnet|reconocimiento\
      |pension|tramite|asociacion|colegio) (?:\w+ )?(?:de \w+ )?(?:de|para|por) (?:la |las |los \
      |una )?(?:\w+ )?(?:lengua de (?:signos|senas)|sillas? de ruedas|movilidad reducida|interpretes?\
      |sord[oa]s|personas sordas|accesibilidad|discapacidad\w*(?: auditiva| intelectual)?|lse)
    interpretes? (?:jurad[oa]|judicial|(?:de|del|al|en) (?:arabe|ingles|chino|frances|ruso|ucraniano|rumano\
      |aleman|urdu|wolof|portugues|marroqui|bereber|italiano|polaco|bulgaro|espanol|castellano|idiomas?\
      |bengali|hindi|persa|farsi|georgiano|coreano|japones|catalan|gallego|euskera))
    (?:me llamo|nombre|apellidos?|apellido|a nombre de|senora?|sra?|don\
      |dona)(?: es)?(?: (?!sord)\w+){1,3} sord[oa]
    oidos? sord[oa]s?|sord[oa]s? a mis|dialogo de sordos|hac\w+ (?:el|la) sord[oa]
    (?:hay|es|esta|estan|tiene[ns]?|teneis|son|existe)(?: \w+){0,5} (?:accesibles?|adaptad[oa]s?|acceso\
      |rampa|ascensor|entrada|plazas?|sitio|espacio|aparcamiento)(?: \w+){0,3} para (?:las )?(?:sillas? \
      de ruedas|personas con movilidad reducida|minusvalid\w+)
    silla de (?:la (?:oficina|sala)|oficina|espera)|sillas (?!de ruedas)(?:en|de|para)
    (?:mas|otro poco de) tiempo (?:de espera|para (?:pensar\w*|decidir\w*|buscar\w*|encontrar\w*|mirar\w*\
      |elegir))
    (?:certificates?|cards?|courses?|classes|grants?|aid|allowance|permit|badge|benefits?) (?:\w+ )?(?:for\
      |of|in|about) (?:a |the )?(?:\w+ )?(?:sign language|wheelchairs?|deaf people|interpreters?\
      |disabled people)
    (?:sign language|wheelchair|interpreter) (?:courses?|classes|certificates?|grants?|exams?|degree\
      |training|licen[cs]e)
    (?:sworn|court) (?:interpreter|translator)
    (?:arabic|spanish|chinese|french|english|russian|ukrainian|urdu|german|romanian|italian|polish\
      |portuguese|bengali|hindi|(?<!sign )language|farsi|bulgarian) (?:speaking )?interpreters?\
      |interpreters? (?:of|for|in|from|into) (?!sign|the deaf|deaf|me|my|bsl|lse)\w+
    (?:is|are|do|does|can|has|have|will)(?: (?!i\b|my\b|we\b)\w+){1,6} wheelchairs?(?: (?:access\w*\
      |friendly|users?|ramp))?
    tone deaf|(?:fall|fell|falling|falls) on deaf ears|deaf ears|dead (?:tired|slow)
    (?:more|extra) time (?:to|for) (?:think|decide|look|find|choose)(?: \w+)?
    (?:someone|somebody|anyone) (?:come|comes|go) (?:in |back )?to (?:me|my)
    """
)

NEED_PATTERNS: Mapping[str, LazyPattern] = compile_expressions(
    {
        "sign_language": r"""
            (?:soy|es|era|somos|son|estoy|esta|estamos|siendo|PERSON|usuari[oa]|ciudadan[oa]\
              |mayor) (?:\w+ ){0,3}sord[oa]s?
            (?:muy|algo|medio|casi|tambien|totalmente|completamente|profundamente|bastante|un poco|y\
              |como) sord[oa]s?
            (?:^|, )(?:para )?(?:una persona )?sord[oa]s?(?= ,|$| (?:y|que|necesit\w+|quiero|de|con\
              |interprete|cita)\b)
            sordomud[oa]s?|sordera|sordocieg[oa]s?\
              |sord[oa]s? (?:profund\w+|de nacimiento|total)
            (?:lengua|lenguaje|idioma) de (?:los |las )?(?:signos|senas)|lse|signantes?|signo yo|yo signo
            (?:habl\w+|comunic\w+|expres\w+|entiend\w+)(?: \w+){0,2} (?:en|por|con|de) (?:la lengua de \
              |las? )?(?:signos|senas|manos)
            INTERPRETER|(?:alguien|persona) que (?:signe|sepa (?:signos|lengua de signos|lse))
            discapacidad auditiva|implantes? coclear(?:es)?|hipoacusi\w+|dur[oa] de oido
            no (?:oigo|oye|oimos|oyen)(?: (?:nada|absolutamente nada|de nacimiento))?(?: ,|$| y\b| ni\b)\
              |no (?:puedo|puede) oir|apenas (?:oigo|oye)
            (?:problemas?|perdida) (?:de|para) (?:audicion|oir)
            deaf\w*|hearing impair\w+|hard of hearing|hearing loss
            (?:cant|cannot|can not|couldnt|dont|do not|doesnt|unable to) hear(?! (?:you|u|the|back|from|of\
              |about|it)\b)
            (?:sign|signing|signed) (?:language|interpret\w*)|(?:british|spanish|american|catalan) sign|bsl\
              |signers?
            (?:someone|somebody|anyone|person|who) (?:\w+ )?(?:signs|signing|to sign)(?! (?:it|the|my|a)\b)\
              |(?:speak|talk|communicate)s? (?:with|by) (?:my |his |her |our )?hands
            (?<!arabic )interpreters?
        """,
        "step_free": r"""
            sillas? (?:electrica|manual )?de ruedas|silla (?:electrica|motorizada)|silla d ruedas|(?:voy|va\
              |vamos|vengo|viene|usa|uso|usuari[oa]|ando|llev[oa]|ir|estoy|esta) (?:\w+ )?(?:en|con\
              |de) (?:una |la |su |mi )?silla(?: de ruedas)?
            movilidad reducida|(?:problemas?|dificultad\w*) (?:de|para|con la) (?:movilidad|andar|caminar\
              |moverme|moverse|subir(?! (?:\w+ )?(?:documento|papel|archivo|fichero|foto|pdf|formulario\
              |la web)))|scooter (?:electrico|de movilidad)|moto electrica
            muletas?|andador|bastones|taca ?taca|(?:con|llev[oa]|us[oa]) (?:\w+ )?baston
            carrit[oa]s? (?:de|del|gemelar|con) ?(?:bebe|nin[oa]s?|gemelos|la nina|el nino)?|cochecitos?\
              |silleta|silla (?:de (?:bebe|paseo|nin[oa])|gemelar)
            (?:no|apenas|ya no) (?:puedo|puede|podemos|pueden|consigo) (?:subir|bajar|con|usar|andar\
              |caminar|hacer)(?: (?:ni|las|los|por|la|ninguna?|una|muchas|unas|bien|un))* escal\w+
            (?:no|apenas|ya no) (?:puedo|puede|podemos|pueden|consigo) (?:andar|caminar)
            (?:no|apenas|ya no) (?:puedo|puede|podemos|pueden|consigo) (?:subir|bajar)(?: ni (?:subir|bajar))?\
              (?: bien)?(?= ,|$| (?:y|a|pero|porque|hasta)\b)
            escal(?:eras|ones) (?:no (?:puedo|puede)|imposible|me (?:cuestan|matan|es imposible)|ni hablar)
            (?:sin|no (?:haya|tenga|hay|tengan|quiero)|evitar|nada de) (?:\w+ )?escal(?:eras|ones)\
              |sin (?:barreras|bordillos?)|pie llano
            (?:me|le) cuesta(?:n)? (?:mucho |bastante )?(?:andar|caminar|subir|moverme|moverse\
              |las escaleras|los escalones)|(?:ando|camino|anda|camina) (?:muy )?(?:mal|con dificultad|regular)
            (?:necesit\w+|quiero|que haya|que tenga|hace falta|hara falta|con|por|tiene que (?:haber\
              |tener)) (?:una |un |el |la |entrada con |acceso (?:con|por) )?(?:rampa|ascensor|acceso\
              |entrada|sitio|lugar|oficina)?(?: ?(?:accesible|adaptad[oa]|a nivel\
              |a pie de calle))(?: para (?:sillas?|mi silla))?
            (?:necesit\w+|quiero|que haya|que tenga|hace falta|hara falta|tiene que haber) (?:una |un \
              |acceso (?:con|por) )?(?:rampa|ascensor)
            (?:planta|piso) baj[ao]|(?:pierna|pie|tobillo|rodilla|cadera) (?:rot[oa]|escayolad[oa]\
              |operad[oa]|fastidiad[oa])|escayolad[oa]
            (?:soy|es|era|estoy|esta|estaba|voy|va|ando|anda|camino|vengo|muy|algo|medio|un poco|quede|quedo\
              |PERSON|^|,) ?coj[oa](?! (?:cita|hora|vez|el|la|los|las|un|una|otr[oa])\b)
            (?<!can a )wheel ?chairs?|(?:mobility|electric) scooter|(?:reduced|limited|poor|bad) mobility\
              |mobility (?:problems?|issues?|impair\w+|difficult\w+)
            (?:in|uses?|using|on|with|has) HER (?:power |powered |electric )?chair
            crutches|walking (?:frame|aid|stick|sticks)|zimmer|rollator|(?:with|use|uses|using|on|have\
              |has) (?:a |my |her |his |two |the )?(?:walker|cane|stick|sticks)
            pushchair|pram|buggy|stroller|double buggy
            (?:cant|cannot|can not|cant really|couldnt|unable to|not able to|dont|doesnt|struggles? (?:to\
              |with)|hard to|trouble with|afraid of|problems? with|difficulty with)(?: (?!follow|underst|see|find\
              |remember|get|know|complete|finish)\w+){0,2} (?:stairs\
              |steps|staircase)
            (?:stairs|steps) (?:are|is|r) (?:a problem|hard|difficult|impossible|no good|out|not possible\
              |beyond)|no good (?:with|on) (?:stairs|steps)
            (?:no|without|avoid|zero|free of) (?:any |the )?(?:stairs|steps)|step ?free|(?:level\
              |ground) (?:access|entrance|floor|entry)
            (?:cant|cannot|can not|unable to|hard to|difficult(?:y|ies)?(?: in)?|trouble\
              |struggles? to) (?:walk|walking|move around)(?: (?:far|well|much|long))?
            (?:need|needs|needing|want|with|must have|requires?|has to (?:have|be)\
              |have to have)(?: \w+){0,2} (?:ramp|lift(?! (?:to|home|from|there|into|back)\b)|elevator\
              |accessible|disabled access\
              |wheelchair access|level access)
            (?:broken|broke|fractured|bad|dodgy|new|replaced) (?:my |her |his )?(?:leg|hip|hips|knee|knees\
              |ankle|foot)(?= .*\b(?:stairs|steps|chair|lift|ramp|walk))
        """,
        "easy_reading": r"""
            lectura (?:facil|sencilla)|(?:lenguaje|textos?|palabras|palabra|letra|papeles|explicacion\
              |informacion) (?:muy |mas )?(?:facil(?:es)?|clar[oa]s?|sencill[oa]s?|simples?)
            (?:necesit\w+|hace falta|hara falta|con|dadme|dame|denme|quiero|pido|precis\w+|requier\w+\
              |me (?:den|deis)|puede\w* dar\w*|conceder\w*) (?:un poco |algo \
              |bastante )?(?:de )?(?:mas tiempo|tiempo (?:extra|de mas|adicional)|(?:el )?doble (?:de )?tiempo)
            mas tiempo (?:para|en|de) (?:entender|leer|hablar|explicar\w*|la cita|atencion|mi cita\
              |la atencion|comprender)|cita (?:mas larga|doble|larga)
            (?:me|le|nos) cuesta (?:mucho |bastante |un poco )?(?:leer|entender|comprender|hablar\
              |expresar\w*|seguir|concentrar\w*)|(?:leo|lee|escribo) (?:muy )?(?:despacio|mal|lento|poco\
              |regular)
            dificultad\w* (?:para|de|al|en|con) (?:la )?(?:leer|lectura|entender|comprender|comprension\
              |aprend\w+|hablar|expresar\w*)|problemas? (?:de|para) (?:comprension|entender|leer|lectura\
              |aprendizaje)
            (?:expli[cq]|habl|cuent|dig|teng|lo pon|trat)\w*(?: \w+){0,5} (?:despaci(?:o|to)|facil(?:ito)?\
              |clar(?:o|ito)|sencill(?:o|ito)|con calma|poco a poco|con paciencia|paciencia|mas lento\
              |con palabras)
            (?:poner|pongan|pongais|ponerlo|explicar\w*)(?: \w+){0,3} (?:sencillito|sencillo|facil|clarito)
            discapacidad (?:intelectual|cognitiva|psiquica)|sindrome de down|no (?:se|sabe) (?:leer\
              |ni leer)(?: ni escribir)?|dislexi\w+|analfabet\w+
            (?:soy|es|voy|va) (?:muy |un poco |algo )?(?:lent[oa]|despacio) (?:para|al|leyendo|entendiendo\
              |de entend\w+|de cabeza)
            eas(?:y|ier) (?:to )?(?:read(?:ing)?|words?|language|english|spanish|version|to understand)\
              |plain (?:language|words|english)|(?:simple|simpler|clear|big) (?:words|language|print|text|terms)
            (?:need|needs|needing|want|wants|with|give me|give us|give him|give her|have|has|require|take\
              |takes|allow|get) (?:\w+ ){0,4}?(?:more|extra|longer|additional|double(?: the)?|twice the) time
            ^(?:\w+ ){0,2}(?:more|extra) time(?: please)?|(?:longer|double|long) (?:appointment|slot)
            (?:read|reads|understand|understands|write|writes|reading) (?:very |really |quite \
              |too )?(?:slow|slowly|badly|poorly)|slow (?:reader|of understanding|learner|reading\
              |to understand|at reading)
            (?:explain|explains|explained|speak|speaks|talk|talks|go|take it|told|tell\
              |say)(?: \w+){0,5} (?:slow|slowly|slower|simply|simple|clearly|patiently|step by step|easy words)
            (?:learning|intellectual|cognitive|reading) (?:disabilit|difficult)\w+|dyslexi\w+|(?:cant\
              |cannot|can not|doesnt|dont) read(?! (?:the (?:code|locator|number)|it|your|that|this\
              |my))(?: \w+)?
            (?:difficulty|trouble|hard time|problems?|hard for (?:me|him|her) to|struggle\w*(?: to| with)?\
              |find it hard to)(?: \w+)? (?:read|reading|understand|understanding|following)
            down ?s? syndrome
        """,
        "accompanied": r"""
            (?:me|le|nos|lo|la) acompan\w+|acompanad[oa]s?|acompanantes?|(?:mi|una?|el\
              |la) PERSON (?:\w+ ){0,2}acompan\w+
            (?:viene|vendra|venga|venir|vienen|ira|entra|entrara|entrar|estara|estar|ir|va|pasar|pase\
              |este)(?: \w+){0,4} (?:conmigo|con nosotr[oa]s)|conmigo (?:viene|vendra|ira|va|entra|estara)
            conmigo (?:mi|un|una|el|la) PERSON|(?:mi|un|una) PERSON (?:\w+ ){0,3}conmigo
            (?<!me )(?<!nos )(?:voy|vamos|ire|iremos|vengo|vendre|venimos|acudo|acudire|ir|venir|entro\
              |entrar|ira|vendra|va)(?: (?!de\b)\w+){0,2} (?:con|junto a) (?:mi|un|una|la|el|su|otra)s? PERSON
            (?:llev|tra|acud|traig|traer)(?:o|e|are|ere|ire|ar|er|\w{0,4}) a (?:mi|un|una|la|el) PERSON\
              |(?:voy|ire|vamos|estare|entro|entrare) (?:yo )?con (?:el|ella)(?= ,|$| y\b| por\b| para\b)
            PERSON (?:me ayuda|me ayudara|habla por mi|hablara por mi|me traduce)|para que me (?:ayude\
              |acompane)|(?:vamos|somos|venimos|iremos) (?:los |las )?dos(?: ,| personas|$| a la cita)
            accompan(?:y|ies|ied|ying)\w*|(?:a|my|one) companion
            (?:comes?|coming|come|goes|go|going|be|being|sit|sitting|stays?|is)(?: (?:in|along|there|here\
              |over|inside|too|also|down))* with (?:me|him|her|us|them)(?! (?:at|on) the phone)
            (?:bring|brings|bringing|take|taking|have|having|need)(?: along| in| with me)* (?:my|a|an|her\
              |his|the|our) (?:\w+ )?RELATIVE(?: along| with me| in| too| there| with us| to help\w*)*(?= \
              |$)(?!.*\b(?:id|card|licen|certificate|need|passport|call|ring|explain|who can)\b)
            with (?:my|a|an|his|her|our) (?:\w+ )?(?:companion|carer|support worker|social worker\
              |personal assistant|helper|advocate|key worker)
            RELATIVE (?:is |s |will |ll |is going to |has to |wants to )?(?:\w+ )?(?:(?:come|comes\
              |coming)(?= (?:in |along |too|and help|to help))|speaks? for me|be there|be with me|help me\
              |helps me)(?: in| along| too| there)?(?= |$)(?! (?:to pick|back|home))
            RELATIVE (?:is |s |will |ll |wants to |can )?(?:also )?(?:tags?|tagging) along\
              |RELATIVE (?:is |s |will |ll )?(?:also )?(?:joins?|joining) (?:me|us)\
              |not (?:coming|going) (?:alone|on my own|by myself)
            mi PERSON (?:tambien (?:viene|vendra|entra|entrara)|(?:viene|vendra|entra|entrara) tambien)\
              |(?:viene|vendra|entra|entrara) tambien mi PERSON|no (?:voy|ire|vengo|vendre)(?: a ir)? sol[oa]
            two of us|both of us (?:will|are|come|coming)|(?:be )?pushing (?:her|him|me)|ill be with (?:her\
              |him|them)|(?:im|i am|ill be|i will be) (?:coming|going) (?:in )?with (?:her|him|them|my RELATIVE)
        """,
    },
    PERSON=PERSON,
    RELATIVE=RELATIVE,
    INTERPRETER=INTERPRETER,
    HER=HER,
)

# Words of each need that a denial can take back.
NEED_WORDS: Mapping[str, str] = {
    "sign_language": r"(?:interpret\w+|(?:lengua|lenguaje) de (?:signos|senas)|signos|lse|sord[oa]|deaf"
    r"|sign(?:ing)? language|signer|bsl)",
    "step_free": r"(?:sillas?(?: de ruedas)?|muletas?|andador|movilidad reducida|wheel ?chair|crutches|walker"
    r"|step free access)",
    "easy_reading": r"(?:lectura facil|mas tiempo|tiempo extra|(?:more|extra) time|easy read(?:ing)?)",
    "accompanied": r"(?:acompan\w+|conmigo|accompan\w+|with me|companion|carer)",
}
_DENIED = r"""
    (?:no|ya no|tampoco|ni|nunca) (?:me |le |nos |lo |la |os )?(?:necesit\w+|hace[ns]? falta|hara falta\
      |quier\w+|llev\w+|us[oa]|va|voy|ire|viene|vendra|vengo|soy|es|somos|estoy|requier\w+|preciso\
      |tengo(?! mas tiempo)|hay que poner|pongas|ponga\w*)(?: (?:a|al|de|el|la|un|una|ningun|ninguna|con|en\
      |mas|ya|mi|tan|persona|muy|traer|que venga|nadie))*? ?WORDS
    (?:no|ya no) (?:me |le )?(?=acompan)WORDS|sin (?:el |la |un |una )?WORDS
    (?:quit\w+|elimin\w+|borr\w+|anul\w+|cancel\w+|olvid\w+)(?: (?:de|lo|del|el|la|a|un|una|mi|se))* WORDS
    WORDS(?: de (?:signos|ruedas|lengua de signos))? (?:al final |ya )?(?:tampoco\
      |,? ?quit(?:a|ad|e)(?:lo|la|melo)\b|no (?:hace falta|lo|la|me|viene\
      |quiero|es necesari\w+|hara falta|puede)|sobra)
    (?:do not|dont|doesnt|wont|no longer|not|never|didnt)(?: (?:really|actually|now|be|a|am))* ?(?:need\
      |needs|want|wants|use|uses|have|has|require|am|using|needing|ask for)?(?: (?:an?|any|the|my|in|with\
      |for|of|be|is|more|coming|come|comes))*? ?WORDS
    (?:i am|im|he is|she is|we are|is|are|hes|shes) not (?:\w+ )?WORDS|(?:no need (?:for|of)|without|forget\
      |remove|scrap|drop|cancel|take off|take out)(?: (?:an?|any|the|my|about|that))* WORDS
    WORDS (?:is not|isnt|not|wont be|is no longer) (?:needed|necessary|required|coming)
"""
# Companions who do not come with the citizen after all.
_NOT_ACCOMPANIED = r"""
    (?:mi|la|el|un|una) PERSON(?: (?:al final|ya|me|finalmente|tampoco))* no (?:me |se )?(?:viene|vendra\
      |va a venir|puede (?:venir|ir|acompanar\w*)|acompana\w*|va conmigo)
    (?:al final |ya )?no (?:viene|vendra|va a venir|puede venir|me acompana) (?:mi|la|el) PERSON
    (?:my|the|her|his) RELATIVE(?: (?:really|actually|now))? (?:cant|cannot|can not|couldnt|wont|will not\
      |isnt|is not|s not|doesnt|is no longer) (?:now |actually )?(?:come|coming|be coming|be there|make it\
      |able to come|going to come|accompany\w*)(?: (?:with me|along|in))*
    (?<!no )(?:voy|ire|vengo|vendre|acudo|acudire) (?:yo )?(?:a ir |al final )?sol[oa]|(?:im|i am|ill|i will\
      |ill be|i will be) (?:coming|going|come|go) (?:alone|on my own|by myself)
"""
DENIED_NEEDS: Mapping[str, LazyPattern] = {
    need: whole_word_expressions(
        _DENIED + (_NOT_ACCOMPANIED if need == "accompanied" else ""),
        WORDS=words,
        PERSON=PERSON,
        RELATIVE=RELATIVE,
    )
    for need, words in NEED_WORDS.items()
}


def find_needs(text: str) -> tuple[str, ...]:
    """Find the needs that a message names, in the order of the form."""
    return _match_needs(text)[0]


def find_refused_needs(text: str) -> tuple[str, ...]:
    """Find the needs that a message takes back: `al final no necesito intérprete`."""
    return _match_needs(text)[1]


def _match_needs(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the named and the refused needs."""
    words = NO_NEED.sub(CUT_OUT, normalise_text(text))
    refused = []
    for need, pattern in DENIED_NEEDS.items():
        words, count = pattern.subn(CUT_OUT, words)
        refused += [need] if count else []
    named = tuple(need for need, pattern in NEED_PATTERNS.items() if pattern.search(words))
    return named, tuple(need for need in refused if need not in named)


def without_needs(text: str) -> str:
    """Cut the words of needs out, so that no other grammar takes them for a service or a name."""
    words = normalise_text(text)
    for pattern in (*DENIED_NEEDS.values(), *NEED_PATTERNS.values()):
        words = pattern.sub(" , ", words)
    return words


def without_need_clauses(text: str) -> str:
    """Keep the parts of a text that name no need, as they are written: a name may stand there."""
    parts = re.split(r"[,;.](?=\s|$)", text)
    return ",".join(
        part
        for part in parts
        if not any(pattern.search(normalise_text(part)) for pattern in NEED_PATTERNS.values())
    )
