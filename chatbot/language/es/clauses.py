"""Spanish words of questions, wishes, narrations and denials, in normalised text."""

from __future__ import annotations

from ..clauses import ClauseGrammar
from ..lexicon import whole_word_expressions

# Words for an appointment.
CITA = r"(?:citas?|hora|hueco|turno|reserva|vez)"
# Words before the verb of a question.
OPENING = (
    r"(?:(?:y|e|o|pero|oye|oiga|hola|buenas|perdon\w*|disculp\w+|una pregunta|otra cosa|entonces|vale|ok"
    r"|por cierto|ademas|tambien|antes|esto|eso|alli|ahi|ahora|hoy|me|se|os|le|nos|lo|la|los|las) )*"
)

SPANISH_CLAUSES = ClauseGrammar(
    conjunctions=whole_word_expressions(
        r"""
        (?<!por )pero|porque|sino|aunque|es que|ya que(?! estoy| estamos| voy)
        [ye](?= (?:de paso |tambien )?(?:cuant[oa]s?|donde|cual|quien|como|que (?:documentos?|papeles|hay\
          |tengo|llevo)|dime|dimelo|saber|(?:quiero|queria|quisiera|me gustaria) saber|preguntar\
          |que me digas?|me dices?)\b)
        asi que|por eso|por lo que
        (?:(?<=lunes que )|(?<=martes que )|(?<=miercoles que )|(?<=jueves que )|(?<=viernes que )\
          |(?<=manana que )\
          |(?<=tarde que ))(?:tengo|tenemos|trabajo|estoy|viajo)\b(?! (?:cita|hora|libre|una cita|hueco\
          |una hora|la cita))
        antes de(?= darte| daros| decir| pedir)
        """
    ),
    question=whole_word_expressions(
        r"""
        ^OPENING(?:a|de|en|con|por|para|desde|hasta)? ?(?:cual(?:es)?|quien(?:es)?\
          |(?<!en )cuant[oa]s?(?! antes))(?! (?:sea|quieras|mas))
        ^OPENING(?:a|de|en|con|por|para|desde|hasta)? ?que (?:(?:es|son)(?! (?:el|la|las|los) \d)|hay|pasa\
          |pone|significa|tengo que|hace falta|haceis|hacen|bus|autobus|metro|tren|linea|parada|dias?\
          |horas?|horarios?|oficinas?|documentos?|documentacion|papeles?|tramites|servicios|cosas\
          |requisitos|precio|tasa|calle|llevo|necesito|debo|puedo|formas|edad|tipo|piden|pedis|me piden\
          |se puede|diferencia|sitio|telefono|numero|correo)
        que pasa(?: entonces)?$
        ^OPENING(?:por|para) que (?:es|son|sirve|quereis|quieres|necesitais|necesitas|necesitan|me|lo|mi\
          |tengo|hace|teneis|tienen)
        ^OPENING(?:de |desde |a |por )?donde(?! (?:sea|quieras|querais|haya|digas|puse|pone)\b)
        ^OPENINGcomo (?:puedo|se|llego|llegar|funciona|es|son|esta|estan|vais|voy|va|hago|entro|sacais|pago\
          |lo hago|os|de)
        ^OPENING(?:cuando|hasta cuando|desde cuando) (?:abr\w+|cierr\w+|cerr\w+|estais|estan|hay|teneis\
          |tienen|es fiesta|trabaj\w+)
        ^OPENINGhay(?! (?:CITA|algo|alguna|algun (?:dia|hueco)|sitio|disponib\w+|menos|antes|problema\
          |una? CITA|que (?:cambiar|anular|cancelar)\w*)\b) \w+
        ^OPENING(?:teneis|tienen|haceis|admit\w+|acept\w+)(?! (?:CITA|algo|alguna|algun|libre|sitio\
          |una? CITA|mas|otra)\b) \w+
        (?:tengo que|tenemos que|he de|hay que|hace falta) (?:llevar|traer|aportar) (?:algo|foto\w*|copias?\
          |originales?|el dni|dni|nada)
        ^OPENING(?:puedo|podemos) (?:dejar|aparcar|pagar|llevar|entrar|usar)
        ^OPENING(?:se puede|puede[ns]?|podeis|es posible)(?! (?:ser|cambiar|mover|cancelar|anular)\b).* o\b
        ^[ye] (?:de paso |tambien )?(?:saber|preguntar|que me digas?)
        (?<!no )(?:quiero|queria|quisiera|querria|me gustaria|necesito|necesitaria|puedo|podria\
          |para) (?:saber|preguntar\w*|consultar (?:si|el horario|los horarios))
        (?:solo|solamente|unicamente) (?:es )?(?:una (?:pregunta|duda|consulta)|preguntar)
        (?:dime|decidme|digame|diganme|me dices?|me decis|me podeis decir|me puede[ns]? decir\
          |podria[ns]? decirme|expliqueme|explicame|indiqueme|indicame|me (?:puede|podria)[ns]? (?:indicar\
          |dar la direccion|dar el telefono)|mandame (?:la|una) (?:ubicacion|direccion)|dimelo|sabeis|sabes\
          |sabe usted)(?! (?:una|la|otra) (?:hora|cita)|que hora (?:teneis|hay))
        (?:se puede|puedo|hay que|tengo que|hace falta|es necesario|es obligatorio|teneis|tienen\
          |hay).* o (?:no|solo|tambien|es|hay|tengo|me|mejor)\b.*$
        (?:abr|cierr|cerr)(?:e|en|is|ais|eis) (?:el|los|las|por|a|en|hoy|manana|al)|es gratis$
        los (?:sabados|domingos|festivos) (?:estais|abris|abren|trabajais|atendeis)
        (?:estais|estan|esta) (?:abiert|cerrad)\w+ (?:el|los|hoy|manana|por|o)
        """,
        OPENING=OPENING,
        CITA=CITA,
    ),
    question_verb=whole_word_expressions(
        r"""
        que|cual|cuales|quien|cuant[oa]s?|donde|como(?! (?:mucho|muy tarde|tarde|maximo)\b)|cuando
        hay|es|son|esta|estan|estais|tiene|tienen|teneis|tienes|abr\w+|cierr\w+|cerr(?:ais|ado|ada|ados)\
          |atend\w+|atiend\w+|trabaj\w+
        se puede[ns]?|puedo|podemos|puede|pueden|podeis|podria\w*|tengo que|tenemos que|hace[ns]? falta\
          |debo|deberia|haceis|hacen|hace
        vale|valen|basta|sirve[ns]?|admiten|admitis|aceptan|aceptais|me (?:dejan?|cobran?|cobrais|piden\
          |pedis|basta|sirve|dais|da)|dais|dan|guard\w+|vend\w+|compart\w+|borr\w+
        necesito|necesita|cuesta[ns]?|dura[ns]?|tarda\w*|llevo|queda|quedan|cae|sera|seria|pierdo|pasa\
          |cubre|existe|vais|va|van|soy
        gratis|gratuit[oa]|obligatori[oa]|necesari[oa]|suficiente
        """
    ),
    wish_question=whole_word_expressions(
        r"""
        (?:puedo|puede[ns]?|podemos|podria\w*|podeis|podriais|puedes|podriamos|me|nos|le|es posible\
          |seria posible|se puede|quer(?:ria|emos)|hay posibilidad de\
          |como hago para)(?: \w+){0,3}? ?(?:pedir|coger|sacar|reservar|solicitar|concertar|conseguir|tener\
          |dar|agendar|apuntar|poner|hacer|obtener|buscar)(?:me|nos|le|te|os)? (?:ya )?(?:una |la |otra \
          |mi |alguna |dos )?(?:CITA|cita previa)
        (?:me |nos |le |os )?(?:dais|das|da|dan|daria|dariais|pones|poneis|pone|ponen|reservas|reservais\
          |coges|cogeis|haceis|buscas|buscais|teneis|tienes|tienen|hay|queda|quedan|quedaria|habria\
          |tendriais|tendria|habra) (?:(?:una|la|alguna?|algun|algo|libre|disponible|mas|otra|sitio\
          |para) )*(?:CITA|algo|sitio|disponib\w+|libre)(?! (?:aparcar|parking|aparcamiento|para (?:aparcar\
          |el coche|silla)|reservado))
        (?:me|nos|le|se) (?:la |lo |las )?(?:pued\w+ |podria\w* |podeis )?(?:cambi|pas|mov|muev|anul|cancel\
          |adelant|retras|aplaz|reserv)\w*
        (?:puede|podria|pudiera|podra|tiene que|ha de) ser
        (?:pod\w+|pued\w+) (?:atender|recibir|ver|coger)(?:me|nos|le)|(?:me|nos) (?:pod\w+\
          |pued\w+) (?:atender|recibir)
        (?:puedo|podria|podemos|podriamos) (?:ir|venir|pasar|acercarme|acudir) (?:el|la|por|a|al|manana|hoy\
          |esta|este|con|en|otro|mejor)
        (?:me |os |le )?(?:viene|vendria|iria|va) bien
        (?:me |nos |le )(?:pod\w+|pued\w+) (?:hacer|renovar|sacar|tramitar|validar|poner|dar\
          |registrar)(?! (?:una pregunta|la direccion|el telefono))
        como (?:lo |la )?(?:puedo|hago para|hago|se puede) (?:para )?(?:renovar|sacar|tramitar|validar\
          |activar|solicitar|presentar|registrar)\w*
        como (?:(?:puedo|hago para|se puede|se) )?(?:\w+ ){0,2}?(?:pedir|pido|coger|cojo|sacar|saco\
          |reservar|reservo|solicitar|solicito|concertar|concierto) (?:una |la )?CITA
        (?:donde|como) (?:me )?(?:lo |la |los |las )?(?:puedo |podria |podemos |se puede )?(?:renuevo\
          |renovar\w*|tramito\
          |tramitar\w*|presento|valido|validar\w*|activo|activar\w*)
        (?:me|nos) (?:la |lo |las |los )?(?:pod\w+|pued\w+) (?:dar|poner|hacer|activar|instalar|explicar)\w* \
          (?:usted |ustedes |vosotros )?(?:una )?(?:CITA)
        (?:alguien|una persona|quien) (?:que )?(?:me |nos )?(?:la |lo |las |los )?(?:pod\w+|pued\w+) (?:poner\
          |hacer\
          |ayudar|explicar|atender|activar|instalar|ver|echar una mano|renovar|tramitar)\w*
        hay alguien que (?:me|nos) (?:ayude|explique|atienda|eche una mano|oriente)
        quiero (?:pedir |una )?CITA|necesito (?:pedir |una |coger )?(?:CITA) (?:para|con|de\
          |en)(?=.*(?:lunes|martes|miercoles|jueves|viernes|manana|hoy|cuanto antes))
        """,
        CITA=CITA,
    ),
    wish=whole_word_expressions(
        r"""
        (?<!no )(?:quiere[ns]?|necesita[ns]?|quiero|quisiera|queria|querria\w*|queremos|queriamos|deseo\
          |deseamos|desearia\w*|necesito|necesitamos|necesitaria|me gustaria|nos gustaria|me interesa\w*\
          |me haria falta|me urge|busco|solicito|pido|vengo a)
        (?<!para )(?:pedir|coger|sacar|reservar|solicitar|concertar|agendar|renovar|tramitar|obtener\
          |conseguir|recoger|presentar|registrar|entregar|poner|validar|cambiar|cancelar|anular|hacer)(?:me\
          |la|lo|los|las|le)?
        (?:dame|dadme|deme|denme|ponme|ponedme|pongame|pide|pideme|reserva|reservame|cogeme|apuntame|hazme|cita)
        tengo que|hay que|tenemos que|me toca|a ver si|es para
        """
    ),
    narration=whole_word_expressions(
        r"""
        ^(?:\w+ )?(?:porque|es que|ya que|como(?! (?:mucho|muy tarde|tarde|maximo)\b)|pues es que|por si\
    |desde que|ahora que)\b(?!.*(?:quiero\
          |necesito|cita))
        ^(?:trabajo|viajo|estoy (?:fuera|trabajando|de \w+))\b
        ^(?:(?:y|yo|el|ella|mi \w+|nosotros|los \w+|las \w+|el \w+|la \w+|este|ese) ){0,3}(?:tengo|tiene\
          |tenemos|tienen|tenia|tuve) (?:el |la |un |una |los |las |otro |otra |mucho |mucha )?(?!que\b\
          |cita|hora|prisa|disponib|libre|tiempo|preferencia|reserva|turno|video|\w+ (?:libre|disponible))\w+
        (?:el|la) (?:lunes|martes|miercoles|jueves|viernes|sabado|domingo) (?:tengo|tenemos|tiene) (?:el \
          |la |un |una )?(?!que|cita|hora|libre|disponible|tiempo)\w+
        llev(?:o|amos|a) (?:ya )?(?:\w+ ){0,3}(?:horas?|dias?|semanas?|mes(?:es)?|anos?|minutos|rato\
          |esperando|intentando)
        hace (?:ya )?(?:un|una|dos|tres|cuatro|cinco|unos|unas|varios|varias|\d+|poco|mucho) ?(?:horas?\
          |dias?|semanas?|mes(?:es)?|anos?|minutos|tiempo)?(?: \w+)*
        (?:me|se me|se) (?:caduca|caduco|ha caducado|vence|vencio|expira|acaba|termina|paso\
          |pasa) (?:el plazo|la|el|en|este|dentro)?
        (?:caduca|caduco|vence|expira|termina|acaba)(?: (?:el|en|este|la|a|dentro|manana|hoy|pasado))
        (?:viaj|vuel)(?:o|a|amos|an|aba) (?:el|a|en|la|manana|este)|(?:me|nos|se) (?:voy|vamos|va|van|fui\
          |marcho) (?:de|a|el|en)
        (?:me|nos|le|te|os) (?:han|ha|habeis|habian|hubo) \w+|(?:me|nos|le) (?:dijeron|dijo|mandaron|mando\
          |pidieron|atendieron|trataron|contaron|dieron|enviaron|hicieron|multaron|perdieron)
        ^(?:ayer|anteayer|el otro dia|anoche|la semana pasada|el mes pasado|el ano pasado)
        (?<!que )(?:estuv|fu|lleg|recib)(?:e|i|imos|eron|ieron)(?! yo)|(?:fui|fuimos|ire|voy) de (?:caza\
          |pesca|compras|viaje)
        (?:he|hemos|habia|ha) (?:puesto|elegido|marcado|pulsado|estado|ido|llamado|intentado|recibido|perdido\
          |solicitado|pedido|esperado\
          |venido|tenido|escrito|mandado|enviado|dejado|llegado)
        (?:que|cuando|donde|como) (?:me )?(?:recibi|sufri|tuve|estuve|fui|trataron|atendieron|hicieron|paso)
        """
    ),
    denial=whole_word_expressions(
        r"""
        no (?:me |lo |la |te |os )?(?:es|era|eran|sea|quiero|queria|necesito|busco|pedi|he pedido|he dicho\
          |dije|vengo|va|iba|hablo|interesa|hace falta|quise)
        no (?:el|la|los|las|un|una|lo|para|por|a lo)|nada de|en (?:vez|lugar) de|ni (?:el|la|un|una)|tampoco
        """
    ),
    retraction=whole_word_expressions(
        r"""
        no perdon\w*|perdon no|^(?:perdon|perdona|lo siento)|digo(?! que)|no no|quise decir|queria decir\
          |quiero decir|mejor dicho|me he (?:equivocado|liado|colado)|que diga|rectifico
        """
    ),
)
