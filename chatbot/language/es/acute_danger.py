"""Spanish phrases that tell danger in any sentence, in normalised text without accents.

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
            ^(?:ayuda |por favor )?me (?:siguen?|persiguen?|pegan?|atacan?)(?: ayuda| por favor)?$
            me tocan en (?:clase|el colegio|el instituto|casa|el bano|el vestuario)
            (?:ahog|asfixi|estrangul)\w+ con (?:las manos|sus manos|(?:la|una) (?:almohada|bolsa|cuerda|toalla))
            rob\w+ (?:con (?:violencia|fuerza|intimidacion|amenazas)|a (?:punta|mano) \w+)|no (?:me|nos\
              |la) suelta(?:n)?(?=$| ,| y| el)
            (?:apret|agarr|retorc)(?:ado|ando|o|ido) (?:el|la|los) BODY|tirado (?:\w+ ){1,3}a la (?:cabeza|cara)
            me sigue(?:n)? (?:desde|hasta|un|por|a todas)|(?:me|nos) HAVE (?:rodeado|acorralado|arañado|aranado\
              |mordido (?:mi|un|una) (?:KIN|hombre|mujer|chic))
            recib\w+ (?:golpes|palizas|patadas|malos tratos)|toca(?:ndo)? a (?:las?|los?|una?|mi) (?:nin|hij\
              |menor|chic)\w+
            (?:tir|lanz|arroj)(?:ando|ado|aron|an|a) (?:\w+ )?(?:piedras|botellas|sillas|objetos|huevos\
              |cosas) (?:y|a|contra|por)
            (?:peg|pele|golpe|mat|empuj)andose|(?:oido|oimos|oyendo|escuchado|escuchando\
              |sonado) (?:\w+ )?(?:disparos|tiros)
            (?:viene|venir|va a venir|vendra|vienen) a por (?:mi|nosotr[oa]s|ella)(?=$| ,| y| con| a casa)
            (?:me|nos|le|la) (?:HAVE )?(?:dado|dan|dio|dieron) (?:\w+ ){0,2}(?:en|con) (?:la cabeza|la cara\
              |una piedra|un palo|una botella)
            (?:me|nos|le|les|la|lo) (?:acaba|acaban) de (?:ATTACKTO_END|(?:dar|pegar|meter\
              |soltar) (?:\w+ ){0,2}BLOW)
            (?:agarr|sujet|cogi|zarande)(?:ado|ando|ido|iendo) (?:del?|por el|por la|por los) BODY
            (?:hay|tengo|entrado) (?:\w+ ){0,2}(?:ladron(?:es)?|intrus[oa]s?|atracador(?:es)?|encapuchad[oa]s?\
              |enmascarad[oa]s?|armad[oa]s?)
            (?:tir|lanz|arroj)ando (?:\w+ ){0,2}a (?:la gente|las personas|los (?:trabajador|client|usuari\
              |emplead)\w+|la policia)
            PERSON (?:\w+ )?(?:me|la|lo|le) (?:esta|estaba|sigue) (?:\w+ )?(?:tocando|manoseando|sobando|besando)
            (?:forzando|reventando|rompiendo|aporreando|tirando|pateando) (?:abajo )?(?:la|mi|las|una) (?:puerta\
              |cerradura|ventana)
            (?:me|nos) HAVE (?:\w+ ){0,2}ATTACKPARTICIPLE
            (?:le|les|lo|la|los|las) HAVE (?:\w+ )?ATTACKPARTICIPLE
            HAVE (?:\w+ )?ATTACKPARTICIPLE (?:\w+ )?a (?:mi|un|una|su|sus|mis|el|la|alguien)
            (?:han|ha) (?:secuestrado|apunalado|acuchillado|violado|disparado)
            (?:me|nos) (?:siguen? )?ATTACK(?:a|an|e|en|ue|uen)
            (?:le|les|la|lo) (?:peg|golpe|agred|maltrat|apunal|acuchill|viol|apalea?)(?:a|an|e|en|aba)
            PERSON (?:\w+ )?(?:peg|golpe|agred|maltrat|apunal|acuchill|viol|amenaz|atac)(?:a|an|e|en|o|aron\
              |io) (?:a|con)
            (?:me|nos|le|les|la|lo|los|las) (?:esta|estan|estaba|estaban|anda|lleva|sigue|siguen\
              |viene) (?:\w+ ){0,2}ATTACKGERUND
            (?:esta|estan|estaba|siguen|sigue) (?:\w+ ){0,2}ATTACKGERUND(?:me|nos|le|les|la|lo|se)?(?: (?:a\
              |al|con|por|en|desde)\b| PERSON|$| ,)
            (?:me|nos|le|les|la|lo|los|las) WILL (?:ATTACKTO_END|matar|quemar|ahogar|rajar|pegarle\
              |hacer (?:algo|dano))
            (?:me|nos|la|le) (?:matara|mataran|mata(?:n)? si|rajo|raja|mate)
            WILL (?:ATTACKTO_END|matar|quemar|ahogar|rajar|violentar)(?:me|nos|la|lo|le|les|los|las)
            (?:dice|dicen|dijo|jura|ha dicho|me ha dicho) que (?:\w+ ){0,3}(?:matar|pegar|apunalar|rajar\
              |quemar)\w*
            ATTACKTO_END(?:me|nos)(?! de)
            (?:me|nos|le|les|la|lo|m) (?:HAVE )?(?:da|dan|dado|dio|dieron|daba|daban|metido|mete|meten\
              |metio|metieron|pegado|pega|pego|soltado|suelta|solto|dando|esta dando|estan dando|va a dar\
              |quiere dar) (?:\w+ ){0,2}BLOW
            (?:me|nos|le) (?:esta|estan) (?:dando|pegando|metiendo) (?:\w+ ){0,2}BLOW
            (?:con|tiene|llevan?|saca|sacado|saco|tienen|trae|esgrime|empuna|hay) (?:\w+ )?(?:una?|el|la\
              |su)? ?WEAPON
            (?:viene|entrado|entra|apuntando|amenazando|amenaza|apunta|hombre|tio|chico|senor\
              |tipo) (?:\w+ ){0,3}con (?:una? |el |la )?(?:WEAPON|GUN)
            (?:hombre|tio|chico|senor|tipo|mujer|alguien|gente|personas?) armad[oa]s?
            (?:va|esta|estan|van) armad[oa]s?
            (?:me|nos|le|les) (?:apunta|apuntan|apunto|apuntaron|(?:esta|estan) apuntando\
              |encanon\w+)\b(?! a\b| al\b| en\b)
            apuntando (?:\w+ )?(?:a la gente|a todos|con)|tiroteo
            (?:hay|oigo|se oyen|hubo|escucho) (?:\w+ )?(?:tiros|disparos)|(?:esta|estan) disparando
            PERSON (?:siempre |a veces |tambien )?me (?:toca|tocaba|tocan|besa|manosea|obliga|ha tocado\
              |toco)
            me (?:toca|tocaba|toco|ha tocado|tocan|manosea) (?:mi|un) KIN
            me (?:toca|tocaba|toco|ha tocado|han tocado|toquetea) (?:\w+ ){0,2}(?:partes|culo|tetas|pechos?\
              |genitales|ahi abajo|sin que)
            HAVE metido mano|tocamientos|(?:meten?|metio) mano
            abus(?:a|an|o|aron|ado|ando|aba|aban|ar) (?:sexualmente )?(?:de|d) (?:mi|nosotr[oa]s|ella|el|su\
              |un[ao]?|ell[oa]s) ?(?:hij[oa]s?|nin[oa]s?|menor(?:es)?|herman[oa]s?|sobrin[oa]s?|niet[oa]s?\
              |amig[oa]|$|,|desde|cuando|en|anoche|ayer|y|otra|por|todas?|primo|prima)
            abus(?:a|an|o|aron|ado|ando|aba) (?:de la nina|del nino|sexualmente)|(?:me|la|lo) HAVE abusado
            (?:me|nos|la|le) (?:obliga|obligan|fuerza|fuerzan|obligo|ha obligado|han obligado) a (?:tener\
              |acostar\w*|hacer cosas|desnudar\w*|mandar\w* fotos|prostituir\w*|casar\w*|besar\w*|follar\
              |tener (?:sexo|relaciones)|mantener|toc\w+|chup\w+|ver\w* (?:porno|videos)|pedir en la calle\
              |robar|quedarme desnud\w+|hacerle)
            PERSON (?:\w+ )?(?:me|nos) (?:sigue|siguen|persigue|persiguen|acosa|acosan|vigila|acecha\
              |espera(?:n)? (?:en|fuera|abajo|a la salida))
            (?:me|nos|la) (?:sigue|siguen|persigue|persiguen|acosa|acosan|acecha) (?:\w+ ){0,2}(?:PERSON\
              |por la calle|desde el|desde la|hasta)
            (?:me|nos|la|le) (?:esta|estan|viene|vienen|va|lleva|llevan) (?:\w+ )?(?:siguiendo|persiguiendo\
              |acosando|acechando|vigilando)
            (?:me|nos) (?:esta )?(?:esperando|espera) (?:abajo|en (?:la puerta|el portal|casa)|fuera\
              |a la salida) .{0,25}miedo
            (?:esta|estan) (?:fuera|abajo|aqui|ahi|en la puerta|en mi puerta|detras) .{0,30}(?:miedo|ex\
              |pegar|matar|orden de alejamiento)
            (?:mi|su) (?:\w+ )?KIN (?:esta|viene) (?:en|a|por) (?:mi|la) puerta
            (?:saltado|quebrantado|incumplido|saltando|salta|incumple\
              |quebranta) (?:\w+ )?orden de (?:alejamiento|proteccion)
            (?:miedo|panico|pavor|terror|temo|terrorific\w+|asustad[oa]) .{0,30}\b(?:mi (?:\w+ )?KIN\
              |mis padres|volver a (?:mi )?casa|ir a (?:mi )?casa|entrar en (?:mi )?casa\
              |estar en (?:mi )?casa|llegar a (?:mi )?casa|(?:me|nos|le|les) (?:haga|hagan|mate|maten|pegue\
              |peguen|encuentre|pase algo|siga|viole)|vuelva|venga a por|aparezca|salga de la carcel)
            orden de (?:alejamiento|proteccion) (?:y|pero|,) (?:\w+ ){0,3}(?:esta|viene|aparece|sigue|ronda\
              |llama|espera)
            (?:va|van|quiere|quieren|intenta) (?:a )?matar(?: \w+)? a (?:mi|un|una|su|el|la)\b
            (?:le|les) (?:tengo|tenemos|tiene) (?:mucho |muchisimo |tanto )?(?:miedo|panico|pavor)
            (?:me|nos) (?:da|dan) (?:mucho )?(?:miedo|panico|terror) (?:mi|que) (?:\w+ )?KIN
            temo por (?:mi|la|su|nuestra) (?:vida|seguridad|hij\w+)|corr(?:o|emos|e) (?:\w+ )?peligro
            mi vida (?:\w+ )?peligro|(?:estoy|estamos|esta|me siento|mi vida esta|estan) en (?:\w+ )?peligro
            no (?:estoy|me siento|estamos) (?:segur[oa]s?|a salvo) (?:en|con|cerca)
            no (?:me|nos|la|le|lo|les) (?:deja|dejan|dejo) (?:\w+ )?(?:salir|ir(?:me|nos)?|irme de casa\
              |hablar con nadie|ver a mi familia)
            (?:me|nos|la|lo|le) (?:tiene|tienen|HAVE) (?:\w+ )?(?:encerrad|retenid|secuestrad|atad)[oa]s?
            (?:me|nos|la) (?:encierra|encierran|encerro|retiene|retienen|ata)\b
            (?:estoy|estamos|me he) (?:\w+ )?escondid[oa]s?
            HAVE (?:entrado|forzado|colado|reventado) .{0,12}(?:casa|domicilio|puerta|habitacion)
            (?:hay|tengo) (?:alguien|un hombre|un ladron|ladrones|gente) (?:\w+ )?(?:dentro de|en) (?:mi\
              |la) casa
            (?:intenta|intentan|quiere|quieren|esta intentando|estan intentando) (?:entrar|tirar la puerta\
              |forzar|tirar abajo)
            (?:aporrea|golpea|da golpes a|dando golpes a|dando patadas a) (?:\w+ )?(?:mi |la )?puerta
            (?:se estan|estan) (?:\w+ )?(?:peg|pele|golpe|mat)ando(?:se)?
            hay (?:una )?(?:pelea|bronca muy fuerte|reyerta)|se (?:pelean|pegan)
            (?:pelea|reyerta) (?:en|con|a)\b
            PERSON (?:es|esta|se pone|se ha puesto|se puso) (?:muy |bastante |super )?(?:violent\
              |agresiv)[oa]
            (?:esta|se pone|se ha puesto|son|es) (?:muy |super |bastante )?(?:violent|agresiv)[oa]s?
            (?:esta|estan) (?:robando|atracando|asaltando)|(?:nos|me) HAVE asaltado
            (?:es|hay) un (?:atraco|asalto|atentado)
            voy a (?:matar|apunalar|rajar|pegar|disparar)(?:l[aoe]s?|os)?(?: (?:a|un)\b)
            (?:l[aoe]s?|os) voy a (?:matar|apunalar|rajar|pegar|disparar)
            voy a (?:matar|apunalar|rajar)l[aoe]s?
            PERSON (?:\w+ )?(?:me|nos|le|les) (?:hace|hacen|hizo|hacia|HAVE hecho|va a hacer\
              |quiere hacer) (?:\w+ )?dano
            (?:levant\w+|puso|puesto|pone|pon\w*) la mano(?: encima)?|la mano encima
            (?:me|nos|la|le) (?:agarr|arrastr|sujet|cog|zarande)\w+ (?:del?|por el|por la|por los) BODY
            (?:me|nos|la) (?:tira|tiro|ha tirado|tiran) (?:\w+ )?(?:al suelo|del pelo|por las escaleras\
              |contra|cosas|platos|objetos)
            (?:me|nos|la) (?:quema|quemo|ha quemado) con|(?:me|nos) (?:escupe|insulta y|humilla y|grita y)
            me (?:insulta|grita|humilla) (?:\w+ ){0,2}(?:PERSON|dia|siempre|delante)
            PERSON (?:\w+ )?me (?:insulta|grita|humilla|controla)
            (?:me|nos) (?:roba|roban|quitan|quita|ha quitado) (?:el|mi) (?:movil|telefono|pasaporte\
              |dinero) y\b
            me (?:ha quitado|quita|quito|han quitado|tiene) el (?:movil|telefono|pasaporte) (?:mi KIN\
              |para que|y no me deja)
            (?:si|cuando|como) (?:vuelvo|voy|llego|me voy|le dejo|me ve|se entera|hablo|salgo|denuncio\
              |me pilla|me encuentra|lo dejo).{0,25} me (?:mata|matan|matara|pega|pegan|pegara)
            (?:me|la|lo|le|nos|las|los) (?:esta|estan) (?:\w+ )?matando
            (?:oye\w*|oigo|escuch\w+) .{0,12}gritos .{0,40}(?:piso|vecin|casa|lado|pared|pegando|golpes\
              |socorro)\w*
            (?:me|le|la|nos) HAVE (?:roto|partido|reventado) (?:la|el|un|una|los|dos) (?:nariz|brazo|labio\
              |cara|boca|costillas?|dientes?|dedo|mandibula|ojo|ceja)
            (?:rompiendo|destrozando|tirando|rompe|destroza) (?:\w+ )?(?:todo|cosas|la casa|los muebles\
              |platos|la puerta)(?=$| ,| y| en)
            encerrad[oa]s? con (?:su|mi) KIN|me (?:va a|van a) matar|quiere(?:n)? matar(?:me|nos|la|lo|le)
            me quiere(?:n)? matar|acoso sexual|me (?:hacen|estan haciendo) bull?ying
            sufr(?:o|e|imos) bull?ying
            (?:ti[oa]|hombre|senor|chico|desconocid[oa]) .{0,25}(?:se masturba|desnudo|ensen\w+ sus partes\
              |exhibicionista)
            (?:esta|estan) (?:\w+ )?(?:haciendo|hacien) dano
        """,
        DangerKind.SELF_HARM: r"""
            (?:hay|veo) (?:una?|alguien) .{0,20}(?:en|a) (?:la |el |una )?(?:barandilla|cornisa|azotea|tejado)
            (?:pastillas|cuchillo|cuerda|cuchilla) (?:para|y) (?:me )?(?:matarme|quiero matar|morir|quiero morir)
            me (?:estoy cortando|voy a cortar|he cortado yo)(?=$| ,| los| las| yo)|mejor si (?:yo )?me (?:muero\
              |muriera|mato|matara|fuera)
            (?:no )?(?:quiero|quisiera) (?:no )?despertar(?:me)?(?: manana| mas| nunca|$| ,)
            (?:morirme|morir) de una (?:vez|puta vez)
            (?:se|me) (?:va a|voy a|quiere|quiero) (?:pegar|prender|meter) fuego|(?:pegar|prender|meter)(?:se\
              |me) fuego
            me cort(?:o|e) (?:para (?:no|sentir|aliviar|calmar)|a mi mism[oa]|cuando)
            (?:puente|azotea|balcon|tejado|cornisa|ventana|barandilla|terraza|vias?) .{0,20}(?:se|me) (?:quiere\
              |quiero|va a|voy a) (?:tirar|lanzar)
            (?:(?:quier|quisier|gustari|dese|prefier)\w+ |para )(?:ya )?(?:irme|irse|marcharme|salir|dejar\
              |estar en otro) (?:de )?(?:este|el) mundo
            no (?:\w+ ){0,2}(?:estar|seguir) (?:mas )?en este mundo
            (?:quier[oea]n?|quisiera|queria|deseo|gustaria|prefiero|preferiria|ganas de|piens[oa] (?:en\
              |mucho en|cada dia en|a veces en)|pensando en|pensado en|pense en|voy a|va a|iba a|vamos a\
              |intentar|intentado|intento|intente|puedo|podria|deberia|hablando de|habla de|ideas? de|planeo\
              |decidido|apetece|quiere|amenaza con|dispuest[oa] a) (?:\w+ ){0,2}(?:SELF|morir(?:me|se)?|JUMP\
              |no despertar(?:me)?|no haber nacido|no existir|no seguir (?:vivo|viva|viviendo)\
              |dejar de (?:vivir|existir|sufrir|respirar)|dormir(?:me)? (?:y no despertar|para siempre)\
              |cort(?:arme|arse) las venas|hacer(?:me|se) dano|autolesion\w*)
            (?:me|se|nos) (?:quiero|quiere|voy a|va a|quisiera|queria|he intentado|ha intentado|intento\
              |iba a|puedo|pienso|pienso mucho en|gustaria|dan ganas de) (?:\w+ )?(?:suicidar|matar|morir\
              |ahorcar|quitar la vida|quitar de en medio|cortar las venas|hacer dano|dejar morir|(?:tir|lanz\
              |arroj)ar (?:por|al|a la|a las|desde|del|debajo|bajo) (?:\w+ )?(?:ventana|balcon|puente|tren\
              |metro|via|vias|azotea|vacio|tejado|rio|patio|carretera))
            (?:me|se) (?:tir|lanz|arroj)(?:o|a|ara|are) (?:por|al|a la|a las|desde|del|debajo\
              |bajo) (?:\w+ )?(?:ventana|balcon|puente|tren|metro|via|vias|azotea|vacio|tejado|rio|patio)
            (?:suicidarme|suicidarse|me suicid\w+|se suicid(?:a|ara)|ahorcarme|quitarme la vida\
              |matarme y acabar|quitarme de en medio)
            (?:quiero|voy a|necesito|solo pienso en|ganas de|prefiero) matarme
            (?:no|ni) (?:quiero|quiere|merezco|me apetece|vale la pena|merece la pena|deseo\
              |puedo) (?:ya )?(?:vivir|existir|estar viv[oa]|seguir (?:viv\w+|existiendo|adelante\
              |en este mundo|con (?:esta|mi) vida))
            (?:no|sin) (?:\w+ )?(?:ganas|fuerzas|motivos?|razon|razones|ilusion) (?:de|para\
              |por) (?:\w+ )?(?:viv\w+|seguir (?:vivi\w+|adelante|aqui|luchando))
            (?:no )?(?:le |les )?(?:veo|ve|encuentro|encuentra|tiene|tengo|hay) (?:ningun |ya \
              |mas )?sentido (?:a )?(?:la |mi |su )?(?:vida|vivir|seguir)
            (?:la|mi|su|esta) vida (?:ya )?(?:no|sin) (?:tiene|vale|merece|me importa|sentido)
            vivir (?:ya )?no (?:tiene|merece|vale)|(?:para|por) que (?:vivir|seguir viviendo|sigo viv\w+)
            (?:cansad|hart)[oa] (?:ya )?de (?:vivir|la vida|mi vida|estar viv[oa])
            odio (?:mi vida|vivir|estar viv[oa])
            (?:estari\w+|seri\w+|estarais|viviri\w+) (?:\w+ )?mejor (?:\w+ )?(?:sin mi|muert[oa]\
              |si (?:yo )?(?:no|me|estuviera|muriera|desaparec\w+))
            mejor (?:estar |estaria )?muert[oa](?! de)
            ojala (?:\w+ )?(?:me )?(?:muera|muriera|muriese|estuviera muert\w|no (?:me )?despert\w+\
              |no (?:hubiera|haber) nacido|desaparec\w+)
            (?:no )?(?:deberia )?(?:haber|hubiera) nacido (?:nunca|jamas)?$
            no despertar(?:me)? (?:manana|nunca|mas|jamas)
            nadie (?:me )?(?:echaria|echara|va a echar(?:me)?|notaria) (?:de menos|mi)
            (?:me|se) (?:he cortado|ha cortado|corto|corta|corte|estoy cortando\
              |esta cortando) (?:\w+ )?(?:las venas|las munecas|los brazos|las piernas)
            (?:haciendo|hago|hace|hecho) (?:\w+ )?cortes|me autolesion\w+|se autolesion\w+|me hago dano
            (?:haciendo|hacer)me dano|me (?:estoy|he) (?:haciendo|hecho) dano
            cort(?:o|arme|andome) (?:las venas|los brazos|las munecas)|cortarme las venas
            (?:quiero|quisiera|ganas de|gustaria) desaparecer(?: (?:para siempre|del mundo|de este mundo\
              |de todo|del mapa|ya|y ya))?(?=$| ,| \|)
            acabar con (?:mi vida|su vida|esta vida|mi sufrimiento|todo(?=$| ,| de una vez| esta| hoy| ya))
            terminar con (?:mi vida|su vida|todo(?=$| ,| esta| hoy))|poner fin a (?:mi|su) vida
            (?:no (?:puedo|aguanto|soporto)) (?:mas |ya )?(?:con )?(?:esta vida|mi vida|la vida|vivir\
              |seguir viviendo)
            (?:no (?:puedo|aguanto|soporto)) mas .{0,15}(?:quiero|voy a) (?:morir\w*|desaparecer|acabar con)
            (?:puente|azotea|balcon|tejado|cornisa|ventana|barandilla|terraza) .{0,20}(?:voy a|quiero\
              |va a) (?:saltar|tirar(?:me|se))
            (?:voy a|quiero|va a) saltar(?=$| ,)|me mato(?=$| ,| hoy| ya| esta noche)
            (?:gustaria|quisiera|quiero|prefiero|deberia) estar muert[oa](?! de)
            (?:me|se) (?:voy a|va a|quiero|quiere) pegar un tiro|pegar(?:me|se) un tiro|me pego un tiro
            (?:da igual|no me importa|no me importaria|me da lo mismo) (?:\w+ )?(?:morir(?:me)?|vivir\
              |si (?:me )?(?:muero|vivo))
            (?:carta|nota|mensaje) de despedida|PILLS en la mano|me despido de (?:la vida|este mundo|todos)
            (?:nota|carta) de suicidio|adios mundo cruel
            (?:tom|trag)\w+ (?:todas las|un monton de|un bote de|un bote entero de) PILLS (?:para\
              |y) (?:morir|dormir|acabar|no despertar)\w*
            MANY (?:\w+ ){0,2}PILLS|(?:se|me|nos) (?:quiere|quiero) morir(?! de)
            (?:subid[oa]|asomad[oa]) (?:a|en|al) (?:\w+ )?(?:azotea|tejado|barandilla|puente|cornisa\
              |ventana)
        """,
        DangerKind.UNKNOWN: r"""
            ^(?:\W*(?:socorro|auxilio|sos|ayuda|ayudenme|ayudadme|por favor|rapido|urgente\
              |es una emergencia)\W*)*(?:socorro|auxilio|sos)(?:\W*(?:socorro|auxilio|ayuda|ayudenme|ayudadme\
              |por favor|rapido|urgente|sos))*$
            ^(?:ayuda \W*|por favor \W*|socorro \W*)*(?:es una|tengo una|hay una|esto es una\
              |una)? ?(?:emergencia|emerjencia)(?: (?:por favor|grave|ayuda|de verdad\
              |aqui))*(?: , .{0,20}ayuda)?$
            (?:llam(?:a|ad|en|ar|o|ame|es)|avis(?:a|ad|en|ar)) (?:\w+ ){0,2}(?:112|emergencias|urgencias)
            (?:es|hay) (?:cuestion|asunto) de vida o muerte$|vida o muerte$
        """,
    },
    **PLACEHOLDERS,
)
ACUTE = {**_ACUTE_PHRASES, **ACUTE_ACCIDENTS}
