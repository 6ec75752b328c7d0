"""Spanish lexicon, as words and patterns of normalised text: lower case, no accents."""

from __future__ import annotations

from ..lazy_pattern import LazyPattern
from ..lexicon import Lexicon, whole_word_pattern, word_set
from .clauses import SPANISH_CLAUSES
from .intents import INTENTS

GENERAL_WORDS = word_set(
    """
    a al algo algun alguna algunos ante antes aqui ahi alla alli asi aun aunque bien bueno buena buenas
    buenos cada casi como con cual cuando cuanto de del desde donde dos e el ella ellos en entonces era es
    esa ese eso esta estan estar este esto estos etc favor fue gracias ha hace hacer hacerme hago hay haya
    hoy hola ir jo la las le les lo los luego mas me mi mis mismo mucha mucho muy nada ni no nos nosotros
    nuestra nuestro o os otra otro otros para pero poco podeis poder podria podriais porque por pues puede
    puedes puedo que quien quiero querria queria quisiera se sea ser si sin sobre solo son soy su sus tal
    tambien tan te tener tengo tiene tienes toda todo todos tu tus un una unas uno unos urgente usted
    ustedes va vale vais vamos venga ver vez voy y ya yo gustaria deseo deseamos desearia necesito
    necesitamos necesitaria necesita cita citas previa pedir pido pide pedirme coger cojo sacar sacarme
    reservar reserva reservarme reservo solicitar solicito solicitud tramitar tramite tramites tramitarlo
    gestion gestionar gestiones servicio servicios oficina oficinas hora horas dia dias fecha mes meses
    semana semanas hijo hija hijos madre padre marido mujer esposa esposo abuela abuelo hermano hermana
    suegra suegro familiar familia persona personas abris entero entera enterar cunado cunada senor senora
    renovar renovacion renovarme renovarla renovarlo obtener conseguir dar darme dame den dado quitar poner
    ponerme ponme posible posibles ayuda ayudar ayudarme saber sabeis sabes consultar tema asunto relativo
    respecto acerca calle avenida plaza podemos queriamos surgido imprevisto atendieron dieron haga hagan
    lunes martes miercoles jueves viernes sabado domingo manana tarde noche pasado proximo proxima mejor
    prefiero preferiria quizas tal seria podia podeis digo decir dices llevar traer sacarme sacarlo renuevo
    caducado caducada caduca caducan perdido vencido vencida nuevo nueva primera primer segundo ultima
    ultimo libre libres hueco huecos disponible disponibles antes despues luego rapido rapidamente pronto
    cuanto posible video videollamada presencial presencialmente persona online internet linea telefono
    favor porfa porfavor por xfa xfavor oye oiga mira buenas dias tardes noches hey estoy estamos vengo vivo
    trabajo madrid ahora mismo ayer hablar dime decidme dadme ponedme queremos nuestro puedan pueda haber
    perdon perdona perdone
    hubiera algun vuestra vuestro vosotros tenemos tienen tenian tenia cambiar cambio cambia cambie anular
    cancelar mover aplazar modificar elegir escoger hecho esperar espera espero esperando cola atender
    atendeis atienden atendido abrir abre abren abierto abierta abiertas cerrado cerrar cierra cierran
    horario horarios direccion llego llegar centro hacen falta requisitos requisito piden pidais consiste
    tipo clase cosa cosas sitio igual cualquier cualquiera menos excepto salvo tampoco realmente verdad
    actualmente hasta entre partir mediodia primera alrededor aproximadamente dentro me lo la nos os le
    sobre todo tal vez ninguno ninguna solamente unicamente necesariamente pienso creo que tanto quizas ok
    okay sirve hacerlo hacerla meter puesto estado cuyo cuya recoger validar validarme activar activarme
    darme alta baja alta entregar entrego sellar radicar chacho chacha quillo chaval macho tio tia nena nene bro
    mija mijo hermano dura duran durar porfi porfis oigan chiquilla chiquillo pague turno regalas regalan
    verles verlos verlas verle verme vernos
    """
)
_VIDEO = (
    r"(?:por |en )?(?:una )?video ?llamadas?|video ?conferencias?"
    r"|videos?|(?<!tramites )(?<!gestiones )(?<!cosas )(?:en linea"
    r"|on ?line)|(?<!tramites )(?<!gestiones )(?<!cosas )(?<!papeles )por internet"
    r"|telematic[oa]s?|telematicamente|a distancia|en remoto"
    r"|(?:por|con) (?:la |mi )?(?:camara|webcam|pantalla)(?: del? (?:mi |l )?\w+)?"
    r"|remot[oa]|desde (?:mi )?casa|(?:cita|modo|forma|atencion"
    r"|visita) virtual|virtualmente|por (?:zoom|teams|skype"
    r"|meet|ordenador|pantalla|camara|webcam|el movil)|sin (?:tener que )?(?:ir"
    r"|desplazarme|moverme|salir de casa)(?: a (?:la|una|ninguna) oficina)?"
    r"|no (?:quiero|puedo|tengo que) (?:desplazarme|moverme"
    r"|salir de casa|ir (?:a (?:la|una|ninguna) oficina|alli"
    r"|fisicamente|en persona))|no quiero ir$"
)
_IN_PERSON = (
    r"en persona|presencial(?:mente|es)?|(?:ir|voy|voy a ir"
    r"|acercarme|pasar(?:me|e)?|venir|acudir|iria|ire|atendido) (?:yo )?(?:a"
    r"|por|en) (?:la |una |vuestra |esa )?(?:oficina|ventanilla"
    r"|alli)(?! (?:de|del)\b)|(?<!otra )(?<!esa )(?<!la )(?<!de )en (?:la )?(?:oficina"
    r"|ventanilla)$|en (?:una|la) oficina(?! \w)|en ventanilla"
    r"|(?:tiene que|ha de|debe|prefiero que) (?:ser|sea) (?:alli|ahi)"
    r"|cara a cara|fisicamente|fisica|ir en persona|ir alli"
    r"|voy yo|me acerco(?: yo)?|me paso (?:yo|por alli|por la oficina)"
    r"|prefiero ir|mejor (?:ir|voy)|ir (?:a la oficina"
    r"|yo)|a la oficina(?! \w)|en el mostrador|no tengo (?:camara"
    r"|ordenador|internet|webcam|buena conexion)"
)
SPANISH_LEXICON = Lexicon(
    intents=INTENTS,
    general_words=GENERAL_WORDS,
    greetings_and_idioms=whole_word_pattern(
        r"buen(?:os|as|o)(?: (?:dias|tardes|noches|dia))?",
        r"muy buenas",
        r"(?:ni|tengo) (?:la menor )?idea",
        r"(?:mes|ano|verano|invierno|otono|trimestre|curso|siglo) pasado",
        r"(?:me|te|se|nos) present(?:o|e|a|amos|are|aba)|presentar(?:me|nos|se)",
    ),
    clauses=SPANISH_CLAUSES,
    several_services=whole_word_pattern(r"(?:dos|varias|tres) (?:cosas|tramites|gestiones)"),
    question_form=whole_word_pattern(
        r"(?:^|, |y |pero |oiga |oye |hola |perdon |disculpa |dime |saber |para )(?:si |en |a |de |con |por )?"
        r"(?:(?<!, )que|cual(?:es)?|cuant[oa]s?|cuando|donde|como(?! (?:mucho|maximo|tarde|muy tarde)\b)|quien)",
        r"(?:^|, |y |pero |oiga |oye |hola |saber si )(?:hay|teneis|tienen|tiene|se puede|puedo|puede|podria|es"
        r"|esta|estais|estan|sabes si|sabeis si|abris|abren|cerrais|cierran|habra|hace falta|tengo que|hay que)",
        r"(?:metro|(?:auto)?bus|tren|cercanias|parada|estacion|parking|aparcamiento)(?: de \w+)?"
        r" mas (?:cercan|proxim|cerca)\w*",
        r"en que \w+|a que \w+|que (?:pasa|ocurre)|como (?:voy|llego|se va|se llega|puedo)",
    ),
    additional_service=whole_word_pattern(r"tambien|ademas|de paso|ya que estoy|y luego|aparte"),
    partial_agreement=whole_word_pattern(r"menos|salvo|excepto|pero|quitando|aunque"),
    rebooking=whole_word_pattern(
        r"(?:anul|cancel|quit|borr|dej)\w*\b.{0,40} (?:dame|dadme|deme|denme|ponme|ponedme|pideme|cogeme|reservame"
        r"|hazme|quiero|necesito|pido|pedir|coger|reservar) (?:otra|una nueva|una|cita|hora|la)",
        r"(?:quiero|necesito|dame|dadme|ponme|pido) (?:otra (?:hora|cita|fecha)|una (?:cita )?nueva|otro dia)"
        r"\b.{0,60}(?:anul|cancel|quit|borr)\w*",
        r"(?:anul|cancel|quit|borr)\w*\b.{0,30} (?:en su lugar|a cambio|en vez de esa)",
    ),
    refused_change=whole_word_pattern(
        r"(?P<kept>no|sin|en vez de|en lugar de)(?: (?:voy a|vamos a|quiero|queria|quisiera|tener que|me|la))*"
        r" (?:anul|cancel|quit|borr|elimin|cambi|mov|aplaz)(?:ar|er|es|eis|en|e|o)(?:la|lo|me|mela)?",
        r"(?:anul|cancel|quit|borr|elimin)ar(?:la|lo)?(?= (?:no|nunca|ni hablar)(?: ,|$| sino| solo))",
    ),
    present_visit=whole_word_pattern(
        r"(?:(?:mi|la) cita (?:que tengo )?(?:es|era|esta)|me (?:han|habeis) (?:dado|dao|puesto)|me (?:disteis"
        r"|dieron)|(?:tengo|tenia) (?:una |la )?(?:cita|hora)|(?:reserve|pedi|he"
        r" (?:pedido|reservado))(?: (?:una |la )?(?:cita|hora))?)\b(?:(?! (?:pero|y|cambi|quier|quisier|prefier"
        r"|prefer|mejor|pued|se puede|pod|me v|pas|mov|hay que|neces)).)*"
    ),
    short_spellings={
        "pa": "para",
        "pal": "para el",
        "pq": "por que",
        "ahorita": "ahora",
        "ora": "hora",
        "oras": "horas",
        "oy": "hoy",
        "aora": "ahora",
        "q": "que",
        "k": "que",
        "ke": "que",
        "xq": "por que",
        "x": "por",
        "tb": "tambien",
        "d": "de",
        "finde": "fin de semana",
        "bale": "vale",
        "ofi": "oficina",
        "mnn": "manana",
        "bideo": "video",
        "xa": "para",
        "xfa": "por favor",
        "sita": "cita",
    },
    video=whole_word_pattern(_VIDEO),
    in_person=whole_word_pattern(_IN_PERSON),
    internet_use=whole_word_pattern(
        r"(?P<use>(?:firm|entr|acced|acceso|accion|compr|pag|us[aeo]|trabaj|mir|busc|rellen|descarg|identific"
        r"|conect"
        r"|present|entreg|mand|envi|naveg|banc|declar|cosas|tramites|gestiones|papeles|impuestos)\w*(?: \w+){0,3})"
        r" (?:por internet|on ?line|en linea|telematic\w+|por (?:el )?ordenador|a distancia)"
    ),
    there=whole_word_pattern(
        r"(?:(?:pues|mejor|prefiero|quiero|tiene que ser|que sea|ir|voy|iria|ire|yo) )*(?:alli|ahi|aqui"
        r"|en el sitio"
        r"|en (?:la )?(?:propia|misma) (?:oficina|sede)|(?:en )?(?:la |una )?oficina)(?: mism[oa])?"
        r"(?: en (?:la|una) oficina)?(?: por favor| mejor)?"
    ),
    mode_refusals=(
        r"(?:no (?:quiero|puedo|me gusta|me apetece|me va|se usar"
        r"|por|en|a)?(?: (?:la|el|una|ir|por|hacerlo por))*|nada de|ni|sin|odio) (?:MODE)",
        r"(?:MODE) (?:no\b(?! (?:se|puedo salir|puedo ir|tengo coche))|tampoco|ni hablar|imposible)",
        r"en (?:lugar|vez) de (?:por |en |la |el )*(?:MODE)",
    ),
    correctable_words=word_set(
        """
    cancelar anular cambiar reservar cita citas pedir oficina horario horarios abren abierto abierta cierran
    espera esperar persona humano hablar volver empezar nuevo videollamada video presencial confirmar
    correcto gracias hola perfecto cualquiera telefono ayuda localizador correo direccion documentos llevar
    rapido necesito quiero adelantar aplazar reprogramar funcionario operador
    """
    ),
    frequent_words=word_set(
        """
    el la los las un una de que para por con mi quiero necesito cita hola si no hoy manana el dia hora
    cuando donde como gracias buenos buenas tengo puedo esta lo se en es y o pero mejor vale me a las
    quisiera cambiar cancelar anular oficina lunes martes miercoles jueves viernes sabado domingo proximo
    semana tarde noche otro otra soy llamo cual cuanto favor hay ir al del
    """
    ),
    name_introduction=LazyPattern(
        r"(?:me llamo|mi nombre (?:completo )?es|(?:ponlo |ponme )?a nombre de(?: (?:mi|la|el) \w+\b,?)?"
        r"|(?:el|su) nombre (?:correcto |completo )?es|nombre(?= ?:)|apuntame como|se llama"
        r"|(?:quiero |debe )?que (?:ponga|diga)(?: a)?)(?:\b|(?<=,))[: ]*"
    ),
    possible_name_introduction=LazyPattern(r"(?:soy|es)\b[: ]*"),
    non_name_words=word_set(
        """
    el la los de que para por con mi y o si no hola quiero necesito cita un una correo email mail es mayor
    autonomo jubilado nuevo nueva espanol espanola extranjero extranjera de madrid hoy manana telefono movil
    gracias vale ok igual bien
    """
    ),
    generic_office_words=frozenset({"oficina", "sede", "delegacion"}),
)
