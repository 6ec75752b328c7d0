"""Spanish phrases that tell illness or fire in any sentence."""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions
from .danger_words import PLACEHOLDERS

# A backslash joins the next line, without its indentation.
ACUTE_ACCIDENTS = compile_expressions(
    {
        DangerKind.ILLNESS: r"""
            (?:hombre|mujer|senora?|ancian[oa]|persona|chic[oa]|nin[oa]|alguien) (?:\w+ )?en el suelo\
              |respira (?:raro|mal|fatal|con dificultad|muy (?:mal|raro))
            (?:brazo|cara|pierna|lado|boca) (?:\w+ )?(?:dormid|paraliz|adormecid)[oa] y|no (?:hablo\
              |habla) bien (?:de repente|y)
            pecho .{0,15}(?:oprim|apret|presion)\w*
            (?:media|medio|mitad de la|un lado de la|parte de la) (?:cara|cuerpo|boca) (?:\w+ )?(?:dormid\
              |paraliz|caid|torcid)\w+
            (?:hij|niet|nin|bebe|sobrin|crio)\w* .{0,12}(?:tomado|tragado|comido|bebido) .{0,10}PILLS
            no (?:deja|para) de vomitar|vomit\w+ todo el rato|(?:el )?bebe (?:ya |que )?viene(?! con)
            (?:me|se) (?:estoy|esta) (?:\w+ )?mareando(?: mucho| much\w+| un monton)?(?=$| ,| y| aqui| de repente)
            (?:se|me) (?:me )?(?:esta |ha |han |estan )?(?:duerm|dorm|adormec|adormil|paraliz)\w+ (?:la|el|los\
              |las|medio|media|un) (?:\w+ )?(?:caras?\
              |brazos?|lado|boca|cuerpo|lengua|piernas?|manos?)(?! de (?:tanto|esperar|estar))
            (?:duele|dolor) (?:\w+ ){0,5}brazo izquierdo
            no (?:me|le) (?:llega|entra) (?:bien )?(?:el )?aire|se (?:me|le) (?:ha ido|va|fue|nubla|nublo\
              |ha nublado) la vista
            se (?:me|le) va la cabeza y
            se (?:me|le) (?:esta |ha |estan |han )?(?:cierr|cerr|hinch)\w+ (?:la|los|el) (?:garganta|lengua\
              |ojos?|cuello|cara|labios)
            (?:hace falta|necesit\w+|hay algun|busc\w+) (?:un )?(?:medico|doctor|desfibrilador) (?:en|aqui\
              |para (?:un|una|mi|el|la)|a la sala)
            fiebre .{0,20}(?:tembl|tirit|escalofri|delir|aluc)\w+
            (?:una|un|la|el) (?:\w+ )?(?:senora?|hombre|mujer|chic[oa]|ancian[oa]|persona\
              |viej[oa]) (?:\w+ )?se (?:encuentra|siente|ha puesto\
              |pone|esta poniendo) (?:muy |fatal |bastante )*(?:mal\w?|enferm\w|indispuest\w)(?=$| ,\
              | en la (?:sala|cola)| aqui| en (?:el|la) \w+)
            rot[oa] (?:la|el|una|un) (?:pierna|brazo|cadera|tobillo|pie|cuello|rodilla) y (?:no (?:me \
              |se )?(?:puedo|puede) (?:mov|levant|and)\w+|duele|sangr)
            acab\w+ de (?:tener|sufrir|ver|haber) un (?:accidente|choque)
            no (?:\w+ )?(?:respir(?:a|o|ar|aba|an)|respira bien)
            (?:cuesta|dificultad(?:es)? (?:para|al)|dificil|ahogos? al|sin poder) (?:\w+ )?respirar
            deja(?:do)? de respirar
            (?:me|se|te|nos|le) (?:estoy |esta |estan )?(?:ahog(?:o|a|ando|an|ado)|asfixi(?:o|a|ando)\
              |atragant(?:o|a|ado|ando))\b
            (?:se|me) (?:ha |he |a )?(?:atragant\w+|ahogad[oa])|falta (?:el|mucho el) aire
            ahog(?:a|o|ando)(?:se)?$|asfixiando(?:se)?|me ahogo
            (?:se|me|m) (?:ha |a |he |acaba de |va a |voy a |estoy )?(?:desmay|desvanec|desplom\
              |desvanezc)\w+
            desmayad[oa]|creo que me desmay\w+|medio desmay\w+
            perdid?o (?:el conocimiento|la consciencia|el sentido)|pierde (?:el conocimiento|la consciencia)
            (?:esta|quedado|quedo|hay|sigue|estaba|persona|senora?|hombre|mujer) (?:\w+ ){0,2}inconsciente
            inconsciente (?:en|y)|sin (?:conocimiento|sentido|consciencia|pulso)
            (?:se ha|se|ha) caido redond[oa]|caid[oa] al suelo y no
            (?:se|ha) (?:ha |a )?(?:caid?o|desplom\w+|golpead?o) .{0,40}(?:no (?:se )?(?:mueve|levanta\
              |responde|reacciona|puede (?:levantar\w*|mover\w*)|habla|despierta)|sangr\w+|inconsciente\
              |la cabeza)
            (?:no (?:se )?(?:mueve|reacciona|despierta|despertaba|levanta del suelo)\
              |no (?:me )?responde a (?:nada|los))
            (?:mi|el|la|un|una|su) (?:\w+ ){1,3}no (?:me )?(?:responde|despierta|se despierta|reacciona\
              |se mueve|tiene pulso)
            no (?:le )?(?:encuentro|encuentra|tiene|hay|noto) (?:el )?pulso|(?:se )?ha parado el corazon
            parada (?:cardiaca|cardiorrespiratoria)|paro cardiaco|convulsi\w+
            ataque (?:epileptico|de epilepsia|al corazon|cardiaco|de asma|de panico|de ansiedad)
            crisis epileptica|echa(?:ndo)? espuma
            (?:esta|le|me|te|les) (?:esta |ha |a |da |esta teniendo |estar )?(?:dando|dado|da|teniendo\
              |tiene|ha dado|esta dando) (?:un|una|otro) (?:\w+ )?(?:infarto|ictus|derrame|embolia|ataque\
              |patatus|trombosis|colapso|jamacuco|sincope|parraque|golpe de calor|bajon de azucar|lipotimia\
              |corte de digestion|arrechucho)
            (?:esta|estoy|estamos) (?:teniendo|sufriendo) (?:un|una) (?:\w+ )?(?:infarto|ictus|derrame\
              |embolia|ataque|reaccion|aborto|crisis|colapso|shock)
            (?:duel\w+|dolor(?:es)?|presion|opresion|pinchazos?|punzadas?|peso|molestias?\
              |apretando) (?:\w+ ){0,4}(?:pecho|corazon|torax)
            pecho .{0,20}(?:duele|dolor|aprieta|oprime)|brazo izquierdo (?:dormid|me|adormec)\w*
            (?:no (?:siento|siente|noto|mueve|muevo|puede mover|puedo mover)) (?:\w+ ){0,4}(?:cara|brazos?\
              |piernas?|cuerpo|lado|mano)
            (?:cara|boca) (?:\w+ )?(?:torcida|caida|paralizada)|(?:tuerce|torcido) la (?:boca|cara)
            (?:medio|mitad del|lado del) cuerpo .{0,15}(?:dormid|paraliz)\w+
            no puede hablar (?:bien )?(?:de repente|y|desde)|habla raro
            (?:desangr\w+|(?:sangr(?:a|o|ando|an|e)|sangrando) (?:\w+ ){0,2}(?:much(?:o|isimo)|sin parar\
              |por (?:la|el|los)|de la cabeza|abundante\w*|bastante|un monton)|no (?:para|paro|deja\
              |dejo) de sangrar|sangrando$|esta sangrando|estoy sangrando|estoy sangrand\w+)
            (?:mucha|muchisima|perd\w+|pierd\w+|hay|charco de|lleno de|llena de|vomit\w+|escup\w+|toda la\
              |tos\w+|orin\w+) (?:\w+ )?sangre
            hemorragia|(?:hay|varios|un|una|dos|con) (?:\w+ )?herid[oa]s?
            (?:esta|estan|estoy|gravemente) (?:muy |mal )?herid[oa]s?|malherid[oa]|sobredosis
            (?:intoxicad|envenenad)[oa]
            (?:se )?(?:ha|he|a|acaba de) (?:beb|trag|tom|inger|com)\w+ .{0,25}(?:POISON|una pila|un iman\
              |monedas?)
            (?:tom|trag|inger|met)\w+ .{0,15}(?:MANY (?:\w+ ){0,2}PILLS|PILLS de mas|de (?:golpe\
              |una vez) .{0,15}PILLS|bote .{0,10}PILLS)
            PILLS .{0,20}(?:de golpe|todo el bote|no despierta)|reaccion (?:alergica|anafilactica)
            anafila\w+|shock anafilactico
            (?:garganta|lengua|cara|labios?) (?:se (?:me|le|te) )?(?:esta )?(?:hinch\w+)
            hinch\w+ (?:la|los|el) (?:garganta|lengua|cara|labios|cuello)
            (?:esta|estoy|estan|(?:se|me) (?:ha |he |a )?puesto|(?:se|me) pone) de parto(?=$| ,| y| en\
              | aqui| \|| ya| ahora|.{0,8}ayuda)
            puesto de parto|(?:he|ha|a|acabo de|acaba de) (?:roto|romper) aguas|rotur?o? (?:de )?aguas
            rompi(?:o)? aguas
            (?:ya )?(?:viene|sale|nace|esta saliendo|esta naciendo|asoma) (?:el|mi|la) (?:bebe|nino|nina\
              |criatura|cabeza)
            (?:dando|dar) a luz|contracciones (?:\w+ ){0,2}(?:cada|muy|fuertes|seguidas)|tengo contracciones
            parir (?:ya|aqui|ahora)|pariendo
            (?:se|me) (?:ha |he |a )?(?:quemad|electrocut|abras|escald)\w+ (?:\w+ )?(?:con|la|el|en|las|los\
              |de|toda)
            electrocut\w+|(?:le|me) (?:ha )?dado (?:una descarga|un calambrazo|la corriente)
            (?:HAVE|acaba(?:n)? de|estan?) (?:atropell|arroll)\w+
            (?:me|la|lo|le) HAVE (?:atropellado|pillado un coche|arrollado)
            atropell(?:o|aron) a (?:un|una|mi)
            (?:hay|ha habido|acaba de haber|hubo|tenido) (?:un )?accidente .{0,30}(?:herid|sangr|grave\
              |ahora|muert|atrapad|no (?:se|puede))\w*
            (?:una |la |un |mand(?:a|ad|en) |llam(?:a|ad|en|ar|o) |urgente |necesit\w+ |pid(?:a|e|o|an) \
              |venga |envi\w+ )+(?:a )?(?:una |la )?ambulancia(?: (?:ya|ahora|urgente|por favor|rapido|aqui\
              |para|a la|en|corriendo)|$| ,)
            (?:es|hay|con|una|fallo|se nos|emergencia|urgencia) (?:emergencia|urgencia) medica
            (?:necesit\w+|llam\w+|hay|venga|busc\w+|ayuda) (?:a )?(?:un |una )?(?:medico|doctor\
              |sanitari[oa])[a-z]* (?:ya|ahora|urgente\w*|rapido|aqui|corriendo|por favor)
            (?:se (?:esta|nos)|mi \w+ se|se me) (?:esta )?(?:muriendo|muere)(?! de)
            (?:se|me) (?:esta|estoy) muriendo(?! de)|me muero(?=$| ,| ayud\w+| de(?:l)? dolor)|morirse$
            (?:puesto|esta|pone|ponien\w+) (?:\w+ )?(?:morad[oa]|azul)|labios (?:morados|azules)
            (?:tirad|tumbad|tendid|caid)[oa] en (?:el suelo|la acera|la calle|la sala|el bano|la escalera\
              |las escaleras|medio)
            (?:caid|cai|tirad|cae)\w* (?:\w+ )?(?:por|de|desde) (?:las? |el |un |una )?(?:escaleras?|balcon\
              |ventana|andamio|tejado|segundo|azotea|altura)
            (?:no (?:me|se|nos)? ?(?:puedo|puede|podemos)) (?:levantar(?:me|se|la|lo)?|mover(?:me\
              |se)?) del suelo
            no (?:me|se) (?:puedo|puede) (?:levantar|mover)$
            (?:caid[oa]|cai|cayo) .{0,30}no (?:me |se )?(?:puedo|puede) (?:levant|mov)\w+
            (?:encuentr(?:o|a)|siento|pongo|pone|estoy) (?:\w+ )?(?:fatal|muy mal|malisim[oa]\
              |much[oa] peor) .{0,25}(?:ayud|ambulancia|mare|desmay|respir|medico|urgencias)\w*
            (?:me|se) (?:estoy |esta |voy a |va a )?(?:desmay|desvanec)\w+
            fiebre .{0,30}(?:no (?:responde|despierta)|convuls|40|41|42)\w*
            (?:picad[oa]|picado|mordid[oa]|mordido) .{0,40}(?:hinch|respir|alergi|vibora|serpiente\
              |escorpion)\w*
            (?:rot[oa]|partid[oa]|abiert[oa]) la cabeza|hueso (?:fuera|salido)
            (?:se|me) (?:ha|he) (?:amputad|cortad)o (?:el|un|los|la|una) (?:dedos?|mano|brazo|pierna|vena)
            (?:coma etilico|hipotermia|hipoglucemia|bajada de azucar|subida de azucar|golpe de calor\
              |insolacion|meningitis|perdiendo al bebe|aborto espontaneo)
            emergencia medica|(?:niv[ea]l de azucar|azucar) (?:muy )?(?:baj|alt)\w+ y
        """,
        DangerKind.FIRE: r"""
            sale(?:n)? (?:\w+ )?(?:fuego|llamas|chispas)(?! por la boca)
            (?:se|nos|me) (?:me |nos |le )?(?:ha |han )?(?:prendid\w+|prendio|incendi\w+) (?:\w+ ){0,2}(?:sarten\
              |aceite|freidora|cortinas?\
              |ropa|pelo|cama|sofa|basura|cocina|papelera)
            (?:hay|ay|veo|tenemos|empez\w+|declarad\w+|provocad\w+|es|ve|estamos con) (?:mucho |un |una \
              |el )?(?:fuego|incendio|llamas)
            ^(?:hay )?(?:fuego|incendio)(?: ,? ?(?:fuego|incendio|ayuda|socorro|por favor))*$
            ^(?:\w+ , )?(?:fuego|incendio) (?:en|aqui)
            (?:esta|estan|se|estaba|empieza a|sigue) (?:ardiendo|en llamas|incendi(?:o|ado|ando|a)|arder\
              |prendiendo)
            (?:se ha|se a|han) incendiado|arde (?:el|la|mi|un|una|todo)
            (?:se|nos|me|le) (?:me |le |nos )?(?:esta|estan|ha empezado a|empieza a\
              |estaba) (?:\w+ )?(?:quem(?:ando|ar)|ardiendo|incendiando|prendiendo)(?! las pestanas)
            (?:ha |han |a |haber )?(?:prendido|metido|pegado) fuego|prende(?:n)? fuego
            (?:se )?(?:quema|quemando|ardiendo|arde) PLACE
            PLACE (?:se (?:quema|incendia)|en llamas|arde|(?:esta|estan) (?:ardiendo|quemandose|en llamas\
              |echando humo))
            (?:huele|huelo|oliendo|olor|oler|oleis|olemos) (?:\w+ ){0,3}(?:a |al )?(?:gas|humo|quemado\
              |chamuscado|butano)\b
            (?:fuga|escape|perdida|escapando|sale|saliendo|escapa) (?:de |el )?(?:gas|butano)
            gas .{0,15}(?:se escapa|abierto|fuga)|intoxicacion por (?:gas|humo|monoxido)|monoxido
            (?:hay|sale|salia|saliendo|veo|entra|entrando|echa|echando|llen[oa] de|llenando (?:\w+ )?de\
              |mucho|viene) (?:\w+ ){0,3}humo
            humo (?:\w+ )?(?:por todas|en (?:la|el|mi|todo)|negro|sale|y)\b
            (?:ha habido|hubo|ha sido|hay|oido|oimos|escuch\w+) una? (?:\w+ )?(?:explosion|deflagracion)
            (?:ha|han|acaba de|a) (?:explotado|explotar|estallado|estallar|reventado) (?:una|un|el|la\
              |algo) ?(?:\w+ )?(?:bombona|caldera|gas|cocina|bateria|coche|edificio|algo|local|horno|bomba\
              |movil|transformador|patinete)?
            explosion (?:de gas|en)
            (?:hay|amenaza de|puesto|dejado|colocado|aviso de|lleva) (?:una )?bomba(?! de (?:agua|calor|riego\
              |frio))
            (?:salgo|salir|atrapad[oa]s?|encerrad[oa]s?) .{0,25}(?:humo|fuego|llamas|incendio)
            (?:humo|fuego|llamas|incendio) .{0,25}(?:atrapad|no (?:puedo|podemos) salir)\w*
            llam(?:a|ad|en|ar) (?:\w+ )?a los bomberos
            (?:que vengan|vengan|necesit\w+|mand\w+) (?:a )?los bomberos
            esta(?:n)? (?:saliendo|echando) (?:llamas|chispas|humo)|llamas (?:en|por|muy)|salen llamas
        """,
    },
    **PLACEHOLDERS,
)
