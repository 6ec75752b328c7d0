"""Spanish phrases that tell danger, in normalised text without accents.

The words in capitals stand for the patterns of PLACEHOLDERS.
"""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions
from .danger_words import PLACEHOLDERS

# Danger in any sentence. A backslash joins the next line, without its indentation.
ACUTE = compile_expressions(
    {
        DangerKind.VIOLENCE: r"""
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
        DangerKind.ILLNESS: r"""
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
            (?:hay|amenaza de|puesto|aviso de|lleva) (?:una )?bomba(?! de (?:agua|calor|riego|frio))
            (?:salgo|salir|atrapad[oa]s?|encerrad[oa]s?) .{0,25}(?:humo|fuego|llamas|incendio)
            (?:humo|fuego|llamas|incendio) .{0,25}(?:atrapad|no (?:puedo|podemos) salir)\w*
            llam(?:a|ad|en|ar) (?:\w+ )?a los bomberos
            (?:que vengan|vengan|necesit\w+|mand\w+) (?:a )?los bomberos
            esta(?:n)? (?:saliendo|echando) (?:llamas|chispas|humo)|llamas (?:en|por|muy)|salen llamas
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
