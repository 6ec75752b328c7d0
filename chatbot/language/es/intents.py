"""Spanish expressions of each intent, in normalised text without accents."""

from __future__ import annotations

from ..lexicon import Intent, compile_expressions

MINE = r"(?:la|mi|una|esta|esa|mis|las|el|otra)"
APPOINTMENT = r"(?:citas?|reservas?|hora que tenia|hora que tengo|cita previa|turno reservado)"
LOST = (
    r"localizador|codigos?|referencia|numero de (?:la |mi )?(?:cita|reserva)|enlace|link|correos?|e ?mails?|mails?"
    r"|mensajes?|sms|papelito|papel (?:de|donde|con)|resguardo|justificante|confirmacion"
)

HOLIDAY = (
    r"(?:navidad(?:es)?|nochebuena|nochevieja|ano nuevo|reyes|inmaculada|constitucion|semana santa|jueves santo"
    r"|viernes santo|todos los santos|hispanidad|el pilar|la almudena|san isidro|puentes?|vacaciones)"
)
OPENS = r"(?:abr|abier|cerr|cierr|trabaj|atend|atiend|fiesta|festiv|estais|hay alguien)\w*"

# Each line has at least one expression. A backslash joins the next line, without its indentation.
INTENTS = compile_expressions(
    {
        Intent.INSULT: r"""
            idiotas?|imbeciles?|imbecil|gilipollas|tont[oa]s?|estupid[oa]s?|inutil(?:es)?|mierdas?|put[oa]s?
            joder|hostias?|cabron(?:es)?|capull[oa]s?|subnormal(?:es)?|asco|asqueros[oa]s?|vete a la \w+
            que te (?:den|jodan)|payas[oa]s?|basura
            no (?:sirves|vales|servis) (?:para|de) nada
            no te enteras(?: de nada)?|cono|pendej[oa]s?|maldit[oa]s?|burr[oa]s?|lerd[oa]s?|sinverguenzas?
            ladrones|chorizos|cerd[oa]s?
            eres (?:lo peor|una? (?:porqueria|verguenza|desastre|patata|caca))
            que verguenza|caca|tu madre|a tomar por \w+|desgraciad[oa]s?|zoquetes?|bobos?
            hart[oa] de (?:ti|vosotros)
            (?:menud[oa]|vaya|que) (?:porqueria|desastre|timo|birria|castana|chapuza)
        """,
        Intent.RESTART: r"""
            (?:empez|comenz)(?:ar|amos|emos) (?:de nuevo|otra vez|de cero|desde (?:el principio|cero))
            empiez[ao] (?:de nuevo|otra vez|de cero|desde (?:el principio|cero))
            (?:desde|de) cero|vuelve a empezar|volver a empezar|reinici(?:a|ar|o|emos)
            olvid(?:a|alo|ate de) (?:todo|lo anterior)
            desde el principio|resetea?r?|otra cosa distinta|volvamos a empezar|de nuevo desde el principio
            borr(?:a|ar|alo) todo|borron y cuenta nueva
        """,
        Intent.EARLIER: r"""
            (?:antes|mas pronto|mas temprano) (?:de|que) (?:la|el|lo|del dia|la hora|la fecha|\
              la cita)? ?(?:mi[oa]s?|mi \w+|\
              que (?:me|tengo|tenia|ya tengo)\b.*|cita que|dia que me)
            (?:ir|venir|acudir|que me atiendan|ser|sea|atenderme) antes(?! de (?:las?|el)\b)
            adelantar(?:la|mela|me)?(?: (?:la|mi|una) APPOINTMENT)?(?! (?:al?|para)\b)|adelantad?(?:la|mela|\
              me)(?! (?:al?|para)\b)|(?:lo|la) adelante?(?:is|n)
            (?:cita|fecha|hora)\b.{0,30}(?:muy|demasiado|tan) (?:tarde|lejos|lejana)
            (?:no|si) (?:hay|habra|queda|teneis|tienen|tendrian)\b.{0,12} (?:nada|na|algo|alguna|alguno|hueco|\
              ninguna)\b.{0,12} antes
            (?:hay|habra|queda|teneis|tienen|tendrian)\b.{0,40} antes (?:no|verdad|por favor)?$
            (?:un )?hueco(?: \w+)? (?:antes|mas pronto)
            (?:tengo|tenia) (?:una |la )?(?:cita|hora)\b.{0,60} (?:algo|alguna|hueco|nada)\b.{0,15} antes$
            (?:llevo|hace) (?:un|una|dos|tres|varios|varias|mucho|meses) .{0,15}esperando (?:mi|la|una) cita
            (?:si|cuando) (?:alguien|alguno|otra persona) (?:anul|cancel|fall|no viene|renunci)\w*
        """,
        Intent.CANCEL: r"""
            (?:anul|cancel)(?:ar|arla|arlo|ala|alo|acion|o|a|e|ad|adme|ame|arme|arlas|en|eis)\w*
            quitarla|borrarla|anularla|cancelarla
            (?:elimin|borr|quit)(?:ar|arme|ame|a|o|arla|ala) (?:la |mi |una |esa )?(?:citas?|reserva)
            no (?:voy a|pienso) (?:ir|acudir|asistir)(?: a MINE APPOINTMENT)?
            (?:libera|liberar|liberad|dejar libre) (?:la|mi) (?:cita|hora|plaza|hueco)
            dar(?:me)? de baja (?:la|mi) (?:cita|reserva)
            ya no (?:necesito|quiero|me hace falta) (?:la|mi|esa) (?:cita|reserva)
            (?<!me )(?<!no )olvid(?:a|ad|emos) (?:esa|mi) (?:cita|reserva)
            desapuntar(?:me)?
            (?:la|mi|esa) (?:cita|reserva)\b.{0,20} no (?:la (?:quiero|necesito)|me hace falta|me interesa)
            renunci(?:ar|o) a (?:la|mi) cita
            la (?:den|deis|dad|doy) de baja|darla de baja|dadla de baja
            (?:decir|avisar|comunicar|avisaros|deciros|informar)(?:os|les)? (?:de )?que no (?:voy|ire|iremos|\
              vamos|acudire|vendre)
            (?:al final|finalmente) no (?:voy|ire|vamos|iremos|acudire)(?! a poder)
            (?:quit|borr|elimin)(?:a|ad|en|e|ar|ame|adme|enme)?(?:me|nos)? (?:una|la|mi|\
              esa)(?: de (?:las (?:dos|citas)|ellas))?$
            (?:la|lo) (?:quito|borro|elimino|dejo libre)|(?:quit|borr|elimin)(?:ar|ad|a|en)(?:la|lo|mela)
            (?:cita|hora) (?:repetida|duplicada)
            (?:cita|hora|hueco|turno|plaza)\b.{0,25} d(?:ad|en|ar|a)(?:la|le|sela|lo|selo) a (?:otr[oa]|quien|\
              alguien)
            (?:d(?:ad|en|ar|a)(?:le)?|ceder|cedo) (?:mi|la|esa) (?:cita|hora|plaza|hueco) a (?:otr[oa]|quien|\
              alguien)
            olvid(?:a|aos|ense|ate|ad|en)(?:se)? de (?:mi|la) (?:cita|reserva)
            prescind(?:o|ir) de (?:mi|la) cita|(?:suprim|retir)(?:ir|ar|a|id|ad) (?:mi|la) (?:cita|reserva)
            ya no (?:la (?:quiero|necesito)|me hace falta(?: ir| la cita)?$|quiero ir)
            deshac\w+ (?:la (?:cita|reserva)|lo que|esa)
        """,
        Intent.CHANGE: r"""
            (?:cambi|mov|modific|aplaz|retras|adelant|pospon|atras|reprogram|posterg|pas)(?:ar|er|arla|\
              erla|arme|arlo|o|ad|adme|ame|a|arnos)?(?: de (?:fecha|dia|hora))?(?: a)? MINE APPOINTMENT
            (?:cambi|mov|aplaz|retras|adelant|pospon|atras|reprogram|posterg)(?:ar|er)(?:la|lo|mela)
            (?:cambi|muev|aplaz|retras|adelant|pospon|atras|reprogram|posterg|pas)(?:a|ad|e|en|ar)(?:me|\
              nos)?(?:la|melo)
            (?:hora|cita|fecha|dia) que me (?:disteis|dieron|dio|diste|habeis dado|han dado|toca|tocaba)
            cambio de (?:cita|fecha|hora|dia)
            cambiarla|cambiarlo|cambiadla|cambiadmela|cambiamela|moverla|moverlo|movedla|aplazarla|retrasarla
            (?:otra|nueva) (?:fecha|hora) para MINE APPOINTMENT
            cambiar (?:de |la |el )?(?:fecha|hora|dia)(?: y (?:la )?hora)? (?:de|a) MINE APPOINTMENT
            cambiar una cita|cambiar cita|reprogramar|posponer|aplazar
            no me viene bien (?:la|mi) cita
            (?:tengo|tenia) (?:una )?(?:cita|hora) .{0,60}(?:cambi|pas|mov|aplaz|adelant|retras)\w+
            (?:cambi|pas|mov|aplaz|adelant|retras)\w+ MINE APPOINTMENT
            me la (?:cambi|pas|muev|mov|aplaz|retras|pospon)\w+
            (?:aplaz|retras|atras|pospon|adelant|mov|cambi|pas)\w* .{0,25}(?:mi|la) (?:cita|reserva)
            (?:mi|la|esa) (?:cita|reserva|hora)\b.{0,60}(?:(?:cambi(?:ar|ad|en|e|a)|mov(?:er|ed)|aplazar|\
              retrasar)(?:la|me|mela)?|\
              pas(?:ar|ad|en)(?:la|mela))
            (?:mi|la) (?:cita|hora)\b.{0,25}(?:cae|viene|va|pilla|coincide|cuadra)\w* (?:en |muy |tan )?(?:mal|\
              fatal|con)
            que (?:mi|la) (?:cita|hora) .{0,45}sea
            (?:cambi|pas|mov)(?:ar|er|ad|ed|en|e|a)(?:la|mela|nosla) (?:al?|para|por|en)\b
            (?:tengo|tenia) (?:una )?(?:cita|hora)\b.{0,90}(?:cambi|pasar|mov|aplaz|retras|me viene mejor|\
              preferiria|prefiero)\w*
            (?:he |hemos )?(?:pedi|reserv|cogi)(?:do|ado)? (?:mal )?(?:la cita )?(?:en la oficina|el dia|\
              la oficina) (?:equivocad[oa]|que no (?:era|es))
            otr[ao] (?:dia|hora|fecha) en (?:vez|lugar) (?:de|del)
            (?:cambiar|modificar|mover) o (?:cancelar|anular)|(?:cancelar|anular) o (?:cambiar|modificar|mover)
        """,
        Intent.CANNOT_COME: r"""
            no (?:pued[oe]n?|podemos|vamos? a poder|va a poder|voy a poder|podr[ea]n?|podria) (?:ir|acudir|\
              asistir|llegar|presentarme)(?! (?:a la oficina|a una oficina|fisicamente|en persona|antes|\
              hasta|sol[oa]s?\b))
            no (?:llego|llegare|me es posible ir)(?: a (?:la|mi) cita)?
            me ha surgido .*|me surgio .*
            me ha salido (?:algo|otra cosa|un) .*
            ^(?:es |era )?(?:sobre|acerca de|por lo de|respecto a|en relacion con) (?:mi|la|\
              una) cita(?: que tengo)?
            (?:tengo|hay) un problema con (?:mi|la) cita
        """,
        Intent.LOST_LINK: r"""
            (?:perd\w+|extravi\w+|borr(?:e|ado|o|aron)|olvid\w+|traspapel\w+|tir(?:e|ado)|\
              no (?:encuentro|localizo|veo|recuerdo|me acuerdo del?)(?: (?:donde|cual|que) (?:esta|es|\
              puse|tengo))?) \
              .{0,25}(?:LOST)
            se me (?:ha |han |habra )?(?:borr|perd|olvid|traspapel|extravi|fue)\w* .{0,25}(?:LOST)
            no (?:tengo|guarde|apunte|tenia) (?:(?:el|mi|la|ese|ningun|ya el|a mano el) )+(?:localizador|codigo|\
              referencia|enlace|link|papel)
            no (?:me )?(?:ha|han|he|habia|haya) (?:llegado|recibido|enviado|mandado|mandasteis).{0,25}(?:LOST|\
              nada)
            no (?:me )?(?:llego|llega|recibi|recibo) .{0,20}(?:LOST|nada)
            (?:re ?envi|volv\w+ a (?:mandar|enviar)|pued\w+ (?:volver a )?(?:mandar|enviar)|mand|\
              envi)\w* .{0,30}(?:LOST)
            (?:donde|por donde|como) (?:esta|se|puedo|encuentro|veo|entro|hago)\b.{0,25}(?:enlace|link|\
              videollamada|entra(?:r)?$)
            (?:no (?:veo|se|encuentro)) .{0,15}(?:por donde|como) (?:se )?(?:entr|conect)\w+
            (?:enlace|link) (?:de|para|a) (?:la|mi) (?:videollamada|cita|video)
            (?:localizador|codigo|enlace|link)\b.{0,15} (?:no (?:lo (?:tengo|encuentro|recuerdo)|me funciona|\
              funciona|va)|perdido)
            no (?:se )?(?:se )?(?:que es|cual es|donde (?:viene|esta)) (?:eso del?|el|lo del?) (?:localizador|\
              codigo)
            no (?:me )?se (?:el|mi) (?:localizador|codigo)
        """,
        Intent.FIND: r"""
            (?:ver|consultar|mirar|comprobar|saber|encontr\w+|busc\w+|recuperar|revisar|donde (?:veo|\
              esta|puedo ver))(?: (?:si|cuando|cual))?(?: es)? (?:la |mi |mis )?(?:citas?|reserva)(?! mas)
            (?:cuando|a que hora|que dia|donde|que hora) (?:es|era|tengo|tenia) (?:la |mi |\
              mis )?(?:cita|reserva)
            (?:para )?(?:cuando|que dia) (?:la|mi) cita
            (?:he perdido|perdi|no encuentro|no me acuerdo|no recuerdo|se me ha olvidado|\
              olvide) .{0,30}(?:cita|localizador|reserva|hora)
            tengo (?:ya )?(?:una )?cita(?: (?:reservada|pedida|confirmada))? ?(?:o no)?$
            (?:datos|detalles|estado) de mi cita
            mi localizador|si tengo cita|cual (?:es|era) mi cita
            (?:cambi|modific|correg|actualiz)\w* (?:el|mi|los|mis) (?:correo|telefono|nombre|datos|email|movil) \
              de (?:mi|la) cita
            (?:sigue|esta|queda) en pie|sigue (?:vigente|confirmad[oa])
            no me ha llegado (?:el correo|la confirmacion)
            (?:cuando|a que hora|que dia) (?:era|es)(?: lo mio)?$
            (?:se me ha olvidado|no me acuerdo de|no se) cuando (?:era|es|tengo).*
            (?:para )?(?:cuando|a que hora|que dia|en que oficina|donde|que hora)(?: es| era)? (?:tengo|tenia|\
              tendre|pedi)(?: yo)?\
              (?: la| mi| una)? (?:cita|hora|reserva)
            (?:no (?:me acuerdo|recuerdo|se)|he olvidado|se me ha olvidado)(?: de)? (?:a que hora|que dia|\
              cuando|donde|\
              en que oficina) (?:me toca|era|es|tengo|tenia|tengo que)\w*
            (?:fecha|hora|dia|datos|detalles) de (?:la|mi) cita(?: que)?
            (?:la )?cita que (?:concerte|pedi|reserve|solicite|cogi|saque|hice)
            (?:cuando|a que hora|que dia) me toca(?:ba)?
        """,
        Intent.WAITLIST: r"""
            lista de espera
            (?:avis|llam|escrib|notific)(?:a|ad|en|ar|eis|es|e)(?:me|nos|nosl?)? (?:por favor )?(?:si|cuando|\
              en cuanto) .{0,30}(?:hueco|libre|\
              cita|hora|hay(?:a)?|quede|salga|salen|sale|algo)
            (?:si|cuando|en cuanto) (?:se )?(?:queda|quede|haya|hay|salga|sale|libera|libere|\
              aparece)\w* (?:algo|un|una|alg\w+|hueco|cita)\b.{0,20}\
              (?:avis|llam|apunt|escrib|me (?:lo )?dic|me dec)\w*
            apunt(?:a|ad|en|ar|eis|es)(?:me|nos) (?:a|en|para|por si) (?:la |una )?(?:lista|cuando|si|espera|\
              cancelacion)
            ponedme en (?:la )?(?:lista|espera)
        """,
        Intent.BACK: r"""
            volver(?: atras)?(?! a (?:pedir|hablar|reservar))
            vuelve(?: atras)?
            (?:ve|ir|da|vamos|un paso) (?:para |hacia )?atras
            atras|paso anterior|lo anterior
            la pregunta (?:de antes|anterior)
            me he (?:equivocado|liado|confundid?o)|me (?:equivoque|lie|confundi)
            retroceder?|anterior|deshacer?|volvamos|regresar?
        """,
        Intent.HUMAN: r"""
            (?:hablar|hable|chatear|contactar|comunicar(?:me)?|pas(?:ar|ame|adme|eme)|pongame|\
              ponme) (?:con|a) (?:una? |un |algun |alguna |la )?(?:persona|human[oa]|alguien|operador\w*|\
              agente|funcionari[oa]|empleado|trabajador|oficina)\w*
            (?:una )?persona(?: de verdad| real| humana| fisica| de carne y hueso)
            (?<!contra )(?<!sobre )(?<!de )un(?:a)? (?:humano|operador|operadora|agente|funcionario)
            atencion (?:humana|personal|telefonica)
            (?:numero de )?telefono de (?:la oficina|ayuda|atencion|contacto|informacion)
            (?:a que|que|cual es (?:el|vuestro)|dame (?:un|el)|teneis|hay|algun|un) (?:numero|\
              telefono)(?: .{0,20}(?:llam\w+|contact\w+|ayuda|tel\w+))?(?: hay)?$
            (?:quiero |puedo |prefiero |mejor )?(?<!me )llam(?:ar|\
              o)(?:os)?(?: por telefono)?(?: a (?:la oficina|alguien|una persona))?
            con alguien
            no quiero hablar con (?:un robot|una maquina|un bot)
            que me (?:llame|atienda) (?:alguien|una persona)
            eres (?:un robot|una maquina|humano|una persona|un bot)
            hay alguien(?: ahi| por ahi)?$
            (?:llego|llegare|llegamos|llegaremos|voy a llegar|vamos a llegar)(?: \w+){0,3} tarde
            contestador|algun telefono|maquinas no|^(?:el )?telefono$
            alguien (?:de verdad|real|humano)
            ^(?:un )?agente$
        """,
        Intent.WAIT: r"""
            (?:tiempos? de|cuant[oa]|mucha|hay|que|poca|la|sin) espera
            cuant[oa]s? (?:se |hay que |tengo que |tiempo (?:se )?|rato )?esper\w+
            esperando (?:ahora|mucha|hay)
            cuant[oa] (?:gente|cola|personas) (?:hay|esta|esperan)?
            (?:hay|mucha|cuanta) (?:mucha )?(?:gente|cola)(?: (?:ahora|hoy|esperando|en))?
            (?:se )?tard(?:ais|an|a|areis) (?:mucho|poco|bastante)
            cuanto (?:se )?tardan?(?:is)?(?: en (?:atender\w*|llamar\w*))
            cuant[oa]s? (?:personas )?(?:hay )?(?:por )?delante
            como esta (?:la cola|de llena|la oficina|de gente|aquello)
            (?:mucha|poca) cola
            cuanto (?:hay|habra|tendria|tendre|tengo) que esperar
            colas?
            esta (?:muy |bastante )?(?:llen[oa]|petad[oa]|vaci[oa]|a tope)
        """,
        Intent.FASTEST: r"""
            (?:lo |la forma |el modo |la manera |que es lo |cual es lo |como es |que )*mas rapid[oa](?! posible)
            (?:es|sea|seria) mas rapid[oa]
            (?:puedo|se puede|podria) (?:ir|pasar(?:me)?|acercarme|presentarme|venir) (?:ahora|hoy|ya|\
              sin cita|directamente)
            sin cita(?: previa)?|en el momento
            (?:antes|primero|menos tiempo|menos espera) (?:me |se )?(?:atienden|atendeis|tarda|acabo|termino)
            donde (?:hay|tienen|se espera|espero|tardan?|voy|me atienden) (?:menos|antes|mas rapido)\w*
            (?:que|cual|en que) oficina (?:es|esta|va|tiene|hay|hay menos|esta mas|\
              tarda)\b.{0,20}(?:rapid\w+|vacia|libre|menos|antes)
            coger (?:turno|numero|vez)|sacar (?:turno|numero)|turno para (?:hoy|ahora)
            me (?:atienden|atendeis) (?:hoy|ahora|ya|antes)
            la via mas rapida|que voy antes|cuanto antes me atienden|menos cola|menos espera
        """,
        Intent.PARKING: r"""
            parking|parkin|aparc(?:ar|arla|arlo|o|a|amiento|amientos)|estacion(?:ar|amiento|amientos)
            zona (?:azul|verde)|garaje
            plazas? (?:\w+ )?(?:de |para )?(?:minusvalid\w+|discapacitad\w+|movilidad reducida|garaje|coche|\
              silla de ruedas)
            (?:dejar|dejo|meter|meto) (?:\w+ )?(?:coche|moto|furgoneta|bici(?:cleta)?|vehiculo)
            sitio (?:\w+ )?para (?:\w+ )?(?:coche|moto|furgoneta|bici(?:cleta)?)
        """,
        Intent.ACCESS: r"""
            ascensor(?:es)?|rampas?|escalon(?:es)?|escaleras?|peldanos?|accesib\w+|montacargas|salvaescaleras
            (?:acceso|entrada) (?:para|adaptad\w+|a pie llano|sin)|barreras(?: arquitectonicas)?|\
              bucle(?: magnetico)?
            (?:bano|aseo|edificio|oficina|entrada|puerta|todo|esta) adaptad[oa]
            (?:silla(?: de ruedas)?|carrito|muletas|andador|scooter|baston).{0,40} (?:entr|pas|cab|sub|acced|\
              lleg)\w+
            (?:entrar|pasar|caber|cabe|subir|acceder|llegar) .{0,30}(?:silla|carrito|muletas|andador|scooter)
            (?:en )?que (?:planta|piso)|(?:a pie de|a nivel de) calle
            problemas? para (?:entrar|acceder|subir|pasar)
            perr[oa] (?:guia|de asistencia)|(?:pued[eo]n?|podr[ea]) (?:entrar|acceder|subir)(?! (?:ahora|hoy|ya|\
              en la (?:pagina|web|video\w*)))|(?:deja\w*) (?:entrar|pasar)|puertas? (?:automatica|estrecha|\
              pesada)\w*|desnivel\w*|timbre
        """,
        Intent.TRANSPORT: r"""
            (?:auto)?bus(?:es)?|metros?|trenes|tren|cercanias|tranvia|renfe|emt|transporte|interurbanos?|cercania
            parada|(?:que|alguna?|la) (?:linea|estacion|combinacion)
            (?:como|por donde) (?:puedo |se puede )?(?:llego|se llega|llegar|se va|voy|ir|vamos|llegamos)
            (?:en )?que puedo (?:ir|llegar)|en que se va
        """,
        Intent.HOLIDAYS: r"""
            (?:dias? )?(?:festiv[oa]s?|feriados?)|(?:es|dias? de|hay) fiestas?
            HOLIDAY\b.{0,40} OPENS|OPENS.{0,40} HOLIDAY
        """,
        Intent.MODES: r"""
            (?:puedo|podria|se puede|pued[eo]) (?:\w+ )?(?:hacer\w*|tramitar\w*|pedir\w*|\
              poner\w*) .{0,30}(?:desde casa|online|\
              por internet|sin ir|sin salir)
            (?:se puede|se hace|se hacen|puede hacerse|hacerse|lo haceis|la haceis|los haceis|me lo haceis|\
              haceis|es posible|\
              es).{0,40} (?:por (?:video\w*|internet|telefono)|online|en linea|a distancia|desde casa|\
              telematic\w+|\
              presencial\w*|en persona)
            (?:tengo que|hay que|obligatori[oa]|hace falta|necesario) (?:ir|acudir|personarse|presentarse)\w*\
              (?: en persona| fisicamente| presencial\w*| a la oficina| alli)?
            (?:ir|acudir|venir) (?:en persona|presencial\w*|fisicamente) (?:obligat\w+|si o si|a la fuerza)
            (?:por|de|con|en) (?:la )?(?:video\w*).{0,15} como (?:funciona|va|se hace|es)
            como (?:funciona|va|es|se hace) (?:lo |esto |eso )?(?:de |por )*(?:la |el )?video\w*
            (?:instalar|descargar|bajar)(?:me|se)? (?:algo|alguna|nada|un|una|la)
        """,
        Intent.OTHER_QUESTION: r"""
            (?:llevar|entrar con|ir con|traer) (?:a )?(?:mis?|el|la|los) (?:perr\w+|gat\w+|hij\w+|bebe|\
              nin[oa]s?|nietos?)
            en (?:mi|su|nuestro) (?:lugar|nombre)|(?:ir|venir|hacerlo|recogerlo|presentarse) (?:otra persona|\
              alguien) por mi
            a nombre de|con (?:una |mi )?autorizacion|autorizad[oa]|representante
            (?:si|y si) (?:llego|llegamos|me retraso|se me hace) .{0,25}tarde|(?:si|y si) (?:me retraso\
              |nos retrasamos)
            wifi|cambiador|recordatorios?|traductor\w*|interprete de (?!lengua de signos|signos)\w+
            (?:habl(?:ais|an|a)|atend(?:eis|en)) (?:\w+ )?(?:en )?(?:ingles|frances|arabe|rumano|chino|aleman|\
              catalan|gallego|euskera|ucraniano|portugues|ruso|italiano|otros idiomas|mi idioma)
            en que idiomas?|que idiomas?|menores(?: de edad)?|mascotas?
            sin cobertura|^(?:y )?(?:que es|para que sirve) (?:exactamente )?(?:el|la|lo de|eso de|un|\
              una) (?!video)[a-z]{4,}|se (?:me )?(?:corta|cae|va) (?:la|el) (?:llamada|video\w*|conexion|\
              internet|wifi)
            (?:un|el|hay) (?:bano|aseo|servicio publico|cajero)
        """,
        Intent.HOURS: r"""
            horarios?
            (?:a|hasta|desde) que hora .{0,12}(?:abr|cerr|cierr|esta)\w*
            (?:cuando|que dias?|a que hora) .{0,15}(?:abr|cerr|cierr)\w+
            (?:abr|cerr|cierr)(?:is|en|e|an|ais|eis|ado|ada|ados|adas|ir|ar)?
            abiert[oa]s?|cerrad[oa]s?|(?:hasta|desde) que hora|trabaj(?:ais|an) los
            (?:estais|esta|estan) (?:abiert|cerrad)\w+
            a que horas? (?:atend|puedo ir|se puede)\w*
            que horas? (?:teneis|tienen|haceis|hacen)
            (?:los |el )?(?:sabados?|domingos?|lunes|martes|miercoles|jueves|viernes|\
              fines? de semana) (?:estais|trabajais|\
              atendeis|hay alguien|teneis abierto)
            (?:estais|trabajais|atendeis|trabajan|atienden) (?:los|el|por las?|a|en|hasta|hoy|manana)
        """,
        Intent.BRING: r"""
            que (?:documentos?|documentacion|papeles?|requisitos?) .{0,25}|que cosas (?:hay que|tengo que|debo|\
              llevo|traigo|necesito)
            que (?:tengo|hay|debo|necesito|hace falta) (?:que )?(?:llevar|traer|aportar|presentar)\w*
            (?<!lo )que (?:llevo|traigo|necesito llevar|necesito)$
            documentacion (?:necesaria|necesito|hace falta|que)
            que me piden|que (?:piden|pedis)|requisitos?
            papeles (?:necesito|hacen falta|llevo)
            que debo llevar|que hay que llevar
            hace falta (?:llevar|traer|el dni|algo|dni)
            (?:hace falta|hacen falta|necesito|me pedis|piden|pedireis) (?:el |la |un |una |las? |\
              los? )?(?:libro|pasaporte|nie|carnet|\
              fotos?|fotocopias?|originales|justificantes?)
            que me (?:vais a|van a|ireis a) pedir
            (?:tengo que|hay que|he de|debo|deberia|tiene que|hace falta|necesito) (?:llevar|traer|aportar|\
              presentar) \
              (?:algo|algun\w*|fotocopias?|el|la|los|mi|original\w*|copias?|dni|nie|foto\w*|papeles|documento\w*)
            (?:me )?(?:basta|vale|sirve|llega|es suficiente|suficiente) (?:con )?(?:el|la|una|un|mi) (?:dni|nie|\
              pasaporte|\
              copia|fotocopia|foto\w*|carnet|permiso|libro)
            (?:con )?(?:el|mi) (?:dni|nie|pasaporte) (?:es suficiente|basta|vale|sirve|me vale|caducado)
            (?:llevo|llevar|traigo) (?:el |la )?(?:original\w*|copias?|fotocopias?)|(?:papeles|\
              documentos) (?:que )?\
              (?:necesito|tengo que|hay que|hacen? falta|debo)
        """,
        Intent.WHERE: r"""
            donde (?:esta(?! .{0,12}(?:enlace|link|cita|correo|boton|localizador))|estan|estais|queda|quedan|es|\
              hay|tengo que ir|voy|puedo ir)(?: .{0,30}(?:oficinas?))?
            direccion(?:es)?
            como (?:llego|se llega|llegar|se va|voy)
            que oficinas? (?:hay|teneis|tienen|son)
            (?:que|cuales son las|hay) oficinas
            en que (?:calle|sitio|lugar)
            ubicacion(?:es)?|(?:hay|teneis|tienen) (?:alguna |una )?oficinas? en
            (?:que|cual) (?:de las )?oficinas? (?:me )?(?:queda|esta|pilla|tengo|hay|es) (?:\w+ )?(?:cerca|\
              proxim\w+)
            oficinas? (?:mas )?(?:cercana|proxima|cerca)
        """,
        Intent.DURATION: r"""
            cuanto (?:dura|tiempo dura|se tarda en hacer|se tarda en el|tarda (?:el|la|un) (?:tramite|\
              cita|gestion)|lleva)(?: .*)?
            duracion|cuanto (?:rato|tiempo|dura|se tarda|tardo|tardare|voy a tardar|tardais)
            es (?:mucho|poco) (?:rato|tiempo)
            (?:dura|tarda|lleva) (?:mucho|poco|mas|menos)|(?:es|va) (?:para|pa) largo|es rapido|me dara tiempo
            (?:media|una|un cuarto de) hora (?:sera |es |me )?(?:suficiente|basta|bastara)|es (?:largo|\
              muy largo|cosa de)
        """,
        Intent.SERVICES: r"""
            que (?:tramites?|servicios?|gestiones|cosas) (?:hay|teneis|tienen|haceis|hacen|puedo|\
              se puede|ofreceis|dais)\w*
            (?:lista|listado|ver) (?:de )?(?:tramites|servicios)
            que (?:se puede|puedo) (?:hacer|tramitar)
            (?:otros |los )?tramites$|cuales son los tramites
            que (?:cosas )?(?:haceis|hacen|ofreceis|llevais)(?: (?:aqui|ahi|vosotros))?$|para que sirve (?:esto|\
              este|el chat)
            que tramit(?:ais|an)|(?:haceis|teneis|llevais) algo (?:de|para|sobre)
            (?:hac(?:eis|en)|tramit(?:ais|an)|llev(?:ais|an)) (?:tambien )?(?:lo|las?|los|el) (?:del?|de las?|\
              de los)?
            en (?:que|cual(?:es)?) (?:de las )?oficinas? (?:se|puedo|hac|tramit|dan)\w*
        """,
        Intent.PRICE: r"""
            que (?:vale|cuesta)(?! un dia| decir)|cuanto dinero|(?:tiene|lleva|tienen) (?:algun |\
              alguna )?(?:coste|tasa|gasto)
            (?:hay que|tengo que|habra que) (?:abonar|poner dinero|ingresar)
            cuanto (?:cuesta|vale|cobra[ns]?|cobrais|es|sale|hay que pagar|se paga|tengo que pagar)
            (?:que|cual es el) (?:precio|coste|tasa)|tasas?|(?:es|sale) gratis|\
              (?<!numero )(?<!el 900 es )gratuit[oa]|(?<!me )(?<!nos )cuestan?|precios?
            (?:hay que|tengo que|tendre que|debo|se) paga[nr]?\w*|(?:vale|cuesta) (?:dinero|algo)|\
              lo que (?:vale|cuesta)
            (?:me )?(?:lo )?cobr(?:ais|an|areis|aran)|pag(?:o|ar|a|an) (?:con|en|algo|ahi|ahi mismo|tasas?)|\
              tarjeta o (?:\w+ )?efectivo
            descuentos?|bonificacion\w*|exent[oa]s?
        """,
        Intent.WHY: r"""
            (?:para que|por que) (?:(?:lo|la|los|las) )?(?:quieres|quereis|necesitas|necesitais|necesitan?|\
              me pides?|\
              pides|pedis|hace falta|tengo que dar|lo quieres|quieren|piden|me piden).*
            que (?:haceis|hareis|vais a hacer|hacen) con (?:mis|los) datos
            (?:proteccion|politica|privacidad) de (?:mis )?datos
            es obligatorio(?! (?:ir|acudir))|(?:aviso de |politica de )?privacidad
            (?:borr|elimin|suprim)\w+ (?:mis|los) datos|(?:mis|los) datos .{0,20}(?:borr|elimin|guard|conserv|\
              ced|vend)\w+
            quien(?:es)? (?:mas )?(?:lo |los |la )?(?:puede[ns]? |podra[ns]? |va[ns]? a \
              |podria[ns]? )?(?:guarda|ve|ver|vera[ns]?|lee|leer|tiene|tendra|accede)(?! (?:cita|que)\b)\
              |(?:responsable|delegad[oa]) (?:del tratamiento|\
              de (?:la )?proteccion|de datos)
            (?:ver|leer|vera|veran|tener|tendra|acceder a) mis datos|para que us\w+ (?:mis?|el|los) \w+
            (?:mandar|enviar|mandais|enviais|mandareis) (?:me )?(?:publicidad|spam|propaganda)|publicidad
            proteccion de datos|tratamiento de (?:mis )?datos|rgpd|lopd
            (?:dais|vendeis|cedeis|pasais|compartis|dan|venden|ceden) (?:a \w+ )?(?:mis?|el|los|las) (?:datos|\
              telefono|correo|\
              direccion\w*|email|numero)
            si no (?:lo )?acepto|cuanto tiempo (?:lo |los |se )?(?:guard|conserv)\w+|\
              ^(?:y )?que (?:estoy aceptando|acepto)
            para que(?: es)? (?:mi|el) (?:correo|nombre|email|telefono)
        """,
        Intent.NO_EMAIL: r"""
            (?:no|ni|nunca|tampoco) (?:\w+ )?(?:tengo|tiene|tenemos|uso|usa|manejo|hay) (?:ni |de |un |ningun )?\
              (?:correo|e ?mail|mail|direccion de correo|internet)(?: electronico)?
            sin (?:correo|e ?mail)(?: electronico)?
        """,
        Intent.REPEAT: r"""
            ^(?:\w+ )?(?:otra vez|repite(?:lo|la|melo|mela)?|repit(?:a|e)(?:lo|melo)?)(?: por favor)?$
            (?:puedes|podrias) (?:volver a )?repetir(?:lo|la|melo|mela)?(?: por favor)?$
            (?:me )?(?:lo |la |las |los )repites?
            ^(?:no )?(?:te )?he entendido la pregunta$|^(?:como|que) (?:dices|has dicho)$
        """,
        Intent.THAT: r"""
            ^(?:pues |vale |si )*(?:es[aeo]|est[ae])(?: misma?| de ahi)?(?: por favor)?$
            (?:me quedo|nos quedamos|vamos) con (?:es[aeo]|est[ae])|^(?:me|la|lo) (?:la |lo )?quedo$
        """,
        Intent.REFUSE: r"""
            no (?:te |os |lo |se lo |la |quiero )*(?:quiero |voy a |pienso |puedo )?(?:dar(?:te|os|lo)?|\
              decir(?:te|lo|oslo)?|doy|digo)(?: .{0,25}(?:datos?|nombre|correo|email|telefono|dni|\
              apellidos?|nada|eso))?
            a ti que te importa|no te importa
            (?:no|prefiero no) (?:contestar|responder|decirlo|darlo|decirtelo)
            prefiero no
            no acepto|no estoy de acuerdo|sin dar (?:mis )?datos
        """,
        Intent.OTHER_DAY: r"""
            otr[oa] (?:dia|fecha)s?(?: (?:distint[oa]|diferente))?
            (?:cambiar|cambia|cambio) (?:de |el |la )?(?:dia|fecha)
            ese dia (?:no|me)\b.*|mas dias|otros? dias?
            (?:que|cuales) (?:otros )?dias (?:hay|teneis|tienes|libres)?
            un dia (?:mas tarde|despues|antes)
            dias libres|mas adelante
        """,
        Intent.OTHER_TIME: r"""
            otr[ao]s? horas?
            (?:cambiar|cambia|cambio) (?:de |la )?hora
            mas horas|esa hora no\b.*
            (?:que|cuales) (?:otras )?horas (?:hay|teneis|tienes|quedan)?
            (?:un poco )?mas (?:tarde|temprano|pronto)(?! posible)
            (?:algo )?mas tarde|antes de esa hora|horas libres
        """,
        Intent.OTHER_OFFICE: r"""
            otr[ao]s? (?:oficinas?|sitios?|sedes?)
            (?:cambiar|cambia|cambio) (?:de |la )?(?:oficina|sede)
            en otra(?: parte)?|esa oficina no\b.*
            (?:mas )?cerca(?:na)?(?: de (?:mi )?casa)?
            me (?:pilla|queda|coge) lejos|esta lejos
            (?:que|donde) (?:me )?(?:pille|quede|coja|caiga) (?:mas )?(?:cerca|a mano)|mas a mano
        """,
        Intent.OTHER_SERVICE: r"""
            otr[oa]s? (?:tramites?|servicios?|gestion(?:es)?|cosas?)(?! (?:dia|hora))
            (?:cambiar|cambia|cambio) (?:de |el )?(?:tramite|servicio)
            no es (?:eso|ese tramite|ese)|ese no es|eso no es|no (?:era|queria) eso
            ningun[oa] de (?:esos|estos|los anteriores)
            es (?:para )?otr[ao] (?:cosa|tramite)
        """,
        Intent.BY_PHONE: r"""
            (?:por|cita) (?:telefono|telefonica)
            telefonic[ao]mente
            (?:una )?llamada(?: de telefono| telefonica)
            por (?:whatsapp|wasap|correo postal|carta)
            a domicilio|en mi casa(?! por video)
        """,
        Intent.BOOK: r"""
            (?:ped(?:ir|irme|i|imos)|pido|pide(?:me)?|coger|cojo|cogeme|sacar|saca(?:me)?|reserv(?:ar|a|\
              o|arme|ame|adme)|solicit(?:ar|o|a)|concertar|agendar|dar(?:me)?|dame|dadme|pon(?:er|edme|\
              me)|quiero|queria|quisiera|necesito|conseguir|obtener|hacer|tener|hay|teneis|tienes|me das?|\
              me dais|otra|nueva) (?:me )?(?:una |la |mi |otra |alguna |nueva )?(?:cita|reserva|\
              hora)(?: previa)?
            ^(?:una |la |pedir |nueva )?cita(?: previa)?(?: por fa\w*)?$
            cita (?:previa|para|con|en|el|lo|por|de|a)\b
            una cita|cita|reservar|agendar|atiend(?:an|ais|en|e)(?:me)?|me atendais
        """,
        Intent.HELP: r"""
            ayuda(?:me|dme|rme)
            (?:necesito|me puedes?|puedes) ayuda(?:r)?$
            que (?:puedes|sabes|podeis) hacer
            como (?:funciona|va|se usa|se hace|lo hago) ?(?:esto|el chat)?
            no (?:entiendo|lo entiendo|me entero|te entiendo|comprendo)(?: .*)?
            que (?:tengo que|debo|puedo) (?:poner|escribir|decir|hacer)
            opciones|menu|para que sirves?|explica(?:me|melo)?|que significa.*|estoy perdid[oa]
            me he perdido|quien eres|que eres
            no se (?:como|que (?:hacer|poner|escribir|decir)|usar)(?: .*)?
            ^(?:necesito |quiero )?ayuda(?: por fa\w*)?$
        """,
        Intent.GREETING: r"""
            hola+s?
            buen(?:os|as|o)(?: (?:dias|tardes|noches))?
            ^(?:tardes|noches)$|buen dia|saludos|que tal(?: (?:estas|todo))?|hey|holi\w*|ola|como estas|muy buenas
        """,
        Intent.ANY: r"""
            (?:me )?da igual(?: .{0,20})?
            cualquier(?:a|[oa])?(?: (?:dia|hora|oficina|sitio|de (?:las|los) (?:dos|tres)|momento|cosa|\
              fecha|me (?:va|viene)(?: bien)?|vale))*
            la que (?:sea|quieras|haya|tengas|querais|mejor)
            el que (?:sea|quieras|haya|tengas|querais)
            lo que (?:tu |usted |vosotros )?(?:sea|quieras|haya|tengas|me digas|mejor|veas?|veais|\
              digas?|prefieras?)
            (?:tu )?decide(?:s)? tu|tu decides
            indiferente|como (?:quieras|querais|sea)
            cuando (?:sea|quieras|querais|haya|podais|puedas)
            me la (?:suda|pela|sopla|trae floja|refanfinfla)|me resbala|me trae sin cuidado
            no me importa|elige tu|tu eliges|lo mismo (?:me )?da|donde (?:sea|haya|quieras)
        """,
        Intent.SKIP: r"""
            salt(?:ar|a|o|alo|arlo)|omitir|sin telefono|no tengo (?:telefono|movil)|siguiente$|sigue
            continuar?|paso|ningun(?:o|a)$|no hace falta
        """,
        Intent.NO: r"""
            ningun[oa](?: de .{0,15})?(?: me (?:va|viene)(?: bien)?)?
            (?<!por que )no+(?! (?:(?:hay|tengo|veo) (?:ningun )?(?:problema|inconveniente)|\
              (?:(?:me|lo|la) )?se\b|entiendo))
            ni (?:de cona|de broma|en broma|loc[oa]|pensarlo|en suenos)
            nah+|nop(?:e)?|nunca|nada de eso|negativo|para nada|que va|incorrecto|mal|de ninguna manera
            ni hablar|tampoco|no gracias|esta mal|no es correcto|nanai
        """,
        Intent.YES: r"""
            por que no
            (?:no hay|sin) (?:ningun )?(?:problema|inconveniente)s?
            (?<!y )si+p?(?! (?:llego|llegas?|no|me|te|se|hay|tengo|puedo|pudiera|quisiera|fuera|voy|viene?|\
              pierdo|hubiera|alguien|mi|el|la|los|las|un|una|lo)\b)
            sip|vale+|ok(?:ay|ey|is|i)?|okey|de acuerdo|perfecto|claro(?: que si)?|correcto|eso es
            exact(?:o|amente)
            confirm(?:o|ar|ado|a|ala|alo|amos)
            adelante|por supuesto|acept(?:o|ar|ado)|estoy de acuerdo|asi es|afirmativo|bien|bueno
            me (?:va|viene|parece) (?:bien|genial|perfecto|estupendo|fenomenal)
            aja|genial|estupendo|venga|dale|hecho|esa misma|ese mismo|esta bien|muy bien|fenomenal|sin problema
            todo (?:bien|correcto|ok)|reservala|cogela|hazlo|me vale|me sirve|conforme|va|todo en orden
        """,
        Intent.BYE: r"""
            adios|hasta (?:luego|pronto|otra|la proxima|la vista)|cha[ou]|nos vemos|ta luego|bye|agur|abur
            que (?:tengas?|tengais|pases?) (?:un )?buen dia
        """,
        Intent.THANKS: r"""
            (?:muchas |mil |muchisimas )?gracias?(?: por todo)?
            muy amable|te lo agradezco|agradecid[oa]|nada mas
            eso es todo|ya esta(?: ,)?(?: gracias)?$|merci|gra?x|grcs
        """,
    },
    LOST=LOST,
    MINE=MINE,
    APPOINTMENT=APPOINTMENT,
    HOLIDAY=HOLIDAY,
    OPENS=OPENS,
)
