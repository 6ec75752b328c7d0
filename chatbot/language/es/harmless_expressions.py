"""Spanish expressions with the words of danger that tell none."""

from __future__ import annotations

from ..lexicon import whole_word_expressions

HARMLESS = whole_word_expressions(
    r"""
    # names and addresses
    (?:me llamo|mi nombre (?:completo )?es|apellidos?(?: es| son)?|a nombre de|(?:calle|plaza|avenida|avda\
      |barrio|paseo|travesia|colonia|urbanizacion|residencia|hospital|iglesia)(?: de(?: las?| los?)?\
      | del)?) (?!(?:y|que|mi|me|un|una|hay|se|por|en|con|a)\b)\w+(?: (?!(?:y|que|mi|me|un|una|hay|se|esta|no\
      |con|a)\b)\w+){0,2}
    # idioms
    (?:casi )?(?:me|nos|te|le) (?:va a |van a |iba a |ha )?(?:dar?|dio|daria|dado) (?:un |algo |una \
      |otro )?(?:infarto|ataque|ictus|patatus|chungo|sincope|jamacuco|parraque|telele|mal|desmayo\
      |algo) (?:con|al|de|si|por|cuando|como|viendo|esperando|cada|de tanto)\b.*
    casi (?:me|nos) (?:da|dio|muero|desmayo) .*
    deja(?:n|is)? (?:\w+ )?(?:salir|ir|entrar|volver|irme|avanzar|seguir|continuar|cerrar|hablar) (?:de(?:l\
      | la)?|en|a|al|con) (?:la |el |esta |este |un |una )?(?:pagina|chat|formulario|sesion|web|aplicacion\
      |app|pantalla|videollamada|llamada|conversacion|menu|paso|cuenta|sistema|agente|persona|funcionari\w+)
    amenaz\w+ (?:con|de) (?:el |la |un |una |los |las )?(?:desahucio|corte|multa|embargo|despido|denuncia\
      |juicio|expulsion|sancion|baja|recargo|apremio|subida|cierre|demolicion|derribo)
    (?:sistema|pagina|web|internet|servidor|app|aplicacion|red|conexion|linea|llamada|plataforma|wifi|luz\
      |movil|telefono|cita|papel|dni|carnet|cartera|techo|arbol) (?:\w+ )?(?:se (?:me |nos |os )?(?:ha \
      |a )?(?:caid?o|cayo)|caid[oa])
    se (?:me |nos |os )?(?:ha |a )?(?:caid?o|cayo) (?:el |la |mi |un )?(?:sistema|pagina|web|internet\
      |servidor|app|aplicacion|red|conexion|linea|llamada|plataforma|wifi|movil|telefono|dni|cartera)
    me mat(?:o|e|aba|ando) (?:a |de |por |haciendo |trabajando |para )\w*
    (?:me |nos |te )?(?:muer[oe]|morimos|muriendo|muert[oa]s?|morir(?:me)?|mor[ií]a)(?: ya)? (?:de(?! una)\
      |por)(?! dolor)(?: la| el| las| los)? \w+
    (?:ni|como) muert[oa]|muert[oa] de \w+|(?:estoy|vengo|salgo|quede) muert[oa]
    (?:el |la |mi |se me ha |se ha |se me )?(?:movil|telefono|bateria|ordenador|coche|pantalla|tablet\
      |portatil|internet|wifi|perr[oa]|gat[oa])\b (?:\w+ )?(?:muert[oa]|murio|muere|muriendo|ahogad[oa]\
      |desmay\w+)
    (?:se me ha |se ha |se me )?muert?[oe]\w* (?:el |la |mi )?(?:movil|telefono|bateria|ordenador|coche\
      |tablet|portatil|internet|wifi|perr[oa]|gat[oa])
    mat(?:ar?|an|o|ando|amos|e) (?:el |un (?:rato|poco) (?:el |de )?|mi )?(?:tiempo|rato|gusanillo|hambre\
      |curiosidad|aburrimiento|dos pajaros|mosquitos|cucarachas|ratas)
    (?:esto|eso|la espera|esta espera|(?:la|esta) cola|el calor|el frio|los nervios|la burocracia\
      |el papeleo|(?:tanto|este) \w+|los zapatos|la cabeza|la espalda|las esperas|las colas|los plazos\
      |la ansiedad|el estres|la intriga|la curiosidad|los pies|la impaciencia|vuestr\w+ \w+) (?:\w+ )?(?:me\
      |nos) (?:mata|matan|esta matando|estan matando|va a matar|van a matar|asfixia|asfixian|ahoga|ahogan\
      |esta asfixiando|duele|hace dano|hacen dano)
    (?:me|nos) (?:mata|matan|esta matando|estan matando|va a matar|van a matar|asfixia|asfixian|ahoga\
      |ahogan|ahogo en|ahogo con|ahogo entre|ahogamos en|hace dano|hacen dano) (?:\w+ )?(?:esto|eso|(?:la\
      |tanta|esta|de) espera|esperar|(?:la|esta) cola|el calor|el frio|los nervios|la burocracia|(?:el\
      |tanto) papeleo|tant[oa]s? \w+|los? zapatos?|la cabeza|la espalda|las colas|los plazos|el estres\
      |la (?:intriga|curiosidad)|las? deudas?|los? (?:impuestos|gastos|recibos|papeles|tramites|pies\
      |asientos?|luz)|el (?:alquiler|papeleo|asiento|ruido|trabajo)|las? (?:hipoteca|facturas|tasas|letras\
      |silla|sillas|gafas|luz|mascarilla))
    (?:estoy |estamos |me siento )?(?:ahogad|asfixiad)[oa]s? (?:de|por|en|con|economicamente\
      |financieramente) ?(?:\w+ )?\w*
    (?:me|nos) (?:ahog|asfixi)\w+ (?:de|en|con|por|entre) (?:un vaso|(?!una?\b)\
      (?!(?:las? |los? |el |sus? )?(?:manos|almohada|bolsa|cuerda|humo|gas|comida|agua|leche)\b)\
      (?:las? |los? |el |tant[oa]s? )?\w+)
    (?:mi|la|el) (?:madre|mujer|jef[ea]|padre|marido|profesor\w*|abuela|suegra|novi[oa]) (?:me|nos) (?:mata\
      |va a matar|matara|matan) (?:si|como) (?:no )?(?:\w+ )?(?:llev|sac|saqu|traig|consig|pierd|olvid|lleg\
      |pag|vuelv\w* sin|apunt|ped|pid|renuev|hag)\w*(?! .*casa)\b.*
    (?:me|nos) (?:mata|va a matar|matara|matan) (?:mi|la|el) (?:madre|mujer|jef[ea]|padre|marido\
      |profesor\w*|abuela|suegra|novi[oa]) (?:si|como) (?:no )?(?:\w+ )?(?:llev|sac|saqu|traig|consig|pierd\
      |olvid|lleg|pag|vuelv\w* sin|apunt|ped|pid|renuev|hag)\w*(?! .*casa)\b.*
    (?:mi|la|el) (?:madre|jef[ea]|profesor\w*|abuela|suegra) me (?:mata|va a matar)$
    (?:si|como) no .{0,30} me (?:mata|matan|va a matar) (?:mi|la|el) (?:madre|mujer|jef[ea]|padre|marido\
      |profesor\w*|abuela|suegra|novi[oa])
    (?:es|son|estais|esta) para matar\w*|os mataria\b
    (?:me|nos|se) (?:voy a|vamos a|va a) morir (?:esperando|aqui|antes|de)(?: \w+)?
    forz\w+ a (?:pagar|esperar|ir|venir|cambiar|firmar|usar)
    (?:barbacoas?|hogueras?|chimeneas?|bares|bar|restaurante|terraza) .{0,30}humos?
    (?:para|por) (?:matar(?:l[oe]s?|os)|pegarse un tiro|cortarse las venas|tirarse por (?:la|un) (?:ventana\
      |balcon)|pegarme un tiro)
    es para (?:suicidarse|matarse|morirse)|(?:una |la |de )?muerte (?:anunciada|digna)|a muerte|de muerte
    hasta la muerte|cuestion de vida o muerte .+|nivel de vida
    duel\w* (?:mucho )?(?:tener|que (?:no|me|haya|tarde|tengais|os|se)|el retraso|la espera|esperar\
      |el bolsillo|los? \w*retrasos?|ver|decir|pagar|la cartera|perder|que .{0,30}(?:tard|cerr|esper)\w*)
    (?:con|tengo|no tengo) (?:el )?corazon (?:en un puno|roto|partido)|de (?:todo )?corazon
    (?:me|nos) (?:rompe|parte|duele) el (?:alma|corazon|bolsillo)|a pecho|dar el pecho|doy el pecho
    dando el pecho
    quemad[oa]s? (?:de|con|por|en) (?:\w+ )?(?:trabajo|curro|jefe|tramites?|burocracia|papeleo|esto|todo\
      |empresa|cole|espera|esperar|tanto \w+)
    (?:estoy|estamos|ando|acabo|me tiene|me teneis) (?:\w+ )?quemad[oa]s?|sindrome del quemado
    (?:que|nos)? ?quem\w+ (?:las pestanas|calorias|grasa|la paga|el sueldo|un cd|la sangre)
    (?:no )?(?:me |le |te |nos )?pega(?:n|ba)? (?:muy |mas |mucho mas |fatal|bien|mal|mejor|peor|nada\
      |ni con|mucho (?:el|la|ese|esa|este|esta|ir|que|con))(?: el| la| los)?(?: \w+)?
    no pega(?:n)? (?:nada )?con
    (?:me|nos|le|les|te|se) (?:ha|han|a|habra|habran|habia)? ?(?:pegad[oa]|pego|pegaron|pegan\
      |pega) (?:\w+ )?(?:(?:el|la|un|una|su) )?(?:gripe|covid|virus|catarro|resfriad[oa]|resfrio|bronquitis\
      |piojos|varicela|bicho|gastroenteritis|tos|susto|bronca|grito|toque|sol|acento|vomitos|fiebre|sarna\
      |conjuntivitis|sablazo|timo|clavo|clavada|viaje|lloros|risa|sueno|mania|etiqueta|pegatina|foto|vicio\
      |rapapolvo|repaso|vuelta|estiron)
    (?<!ha )(?<!han )(?<!me a )pegad[oa]s? (?:a|al|en|con|junto)(?: \w+)?
    pegar (?:la|una|el|un|las|los|fotos?|carteles?)(?! paliza| tiro| punetazo| bofetada| torta| hostia\
      | golpe| palizas)(?: \w+)?
    (?<!me )pego (?:aqui|el|la|mi|los|las|un|una|tu|su) \w+|(?<!sale )(?<!salen )fuego de (?:mi|tu|la|su)\
      |pegatinas?
    corta(?:r)? y pega(?:r)?|copia(?:r)? y pega(?:r)?|sin dar (?:ni )?golpe
    (?<!vista )de golpe(?: y porrazo)?(?! .{0,15}(?:pastilla|medic))
    golpe(?:s)? (?:de (?:suerte|vista|mano|efecto|estado|gracia|viento)|en el coche|al coche|de chapa\
      |con el coche|en el parachoques)
    (?:me|nos|le) (?:ha|han|he|dio|dieron|di|dado) ?(?:\w+ )?(?:un )?golpe (?:\w+ )?(?:otro |un |con un \
      |en un |el |al |a mi |mi |en el )?(?:coche|moto|vehiculo|camion|furgoneta|taxi|aparcamiento|parking\
      |aparcado|economico)
    palizas? (?:con|de) (?:el |la |los |las |hacer |tanto |tanta )?(?!mi|un)\w+
    (?:que|menuda|vaya|es una|ha sido una) paliza(?! me| de mi| mi)(?:$| (?:de|con|venir|hacer|ir|el|la)\b.*)
    (?:me|nos) (?:he|hemos|pego|doy) (?:\w+ )?(?:la|una) paliza
    (?:ha|han|me|nos|vais|estan|esta|se) ?(?:estan |esta |han |ha |habeis )?(?:viol|vulner|pisote\
      |atac)\w+ (?:\w+ )?(?:mis|los|nuestros|sus|la|el|las|mi|su|un) (?:\w+ )?(?:derechos?|ley(?:es)?|normas?\
      |contrato|privacidad|intimidad|datos|correspondencia|plazos?|reglament\w+|proteccion|confidencialidad\
      |constitucion|ordenanza|honor|dignidad|paciencia|nervios|sistema|web|servidor|ordenador|movil)
    violacion(?:es)? (?:de|del) (?:\w+ )?(?:derechos?|ley(?:es)?|normas?|contrato|privacidad|intimidad\
      |datos|trafico|secreto|plazos?)
    (?:me|nos) (?:atac|persig)\w+ (?:de )?(?:los|las|la|el|una|un)? ?(?:nervios|mosquitos|alergia|risa\
      |virus|hacker\w*|hacienda|deudas?|mala suerte|morosos|bancos?|ansiedad|desgracia|agencia tributaria\
      |seguridad social|ayuntamiento|facturas|multas)
    ataque (?:informatico|de (?:risa|nervios|tos|hambre|sueno|llanto|celos))
    abus(?:o|a|an|ar|ando|ais) (?:de|con) (?:la |mi |su |vuestra |tu |los |las |el )?(?:confianza|poder\
      |autoridad|paciencia|amabilidad|gente|precios?|mayores|personas mayores|tasas?|consumidor\w*|cobr\w+\
      |posicion|alcohol|tiempo)
    (?:es|que|vaya|menudo) (?:un )?abuso(?! sexual| de mi)(?: de \w+)?|clausulas? abusivas?|abusiv[oa]s?
    amenaz\w+ con (?:cort|quit|ech|mult|embarg|desahuci|desped|denunci|subir|cobr|cerr|sancion|llover|anul\
      |demand|retir|dar|no|bloque|expuls|suspend)\w*
    amenaza (?:de )?(?:lluvia|tormenta|desahucio|huelga|multa|embargo)
    (?:acos\w+|atosig\w+|bombarde\w+) (?:a|con|por|de) (?:\w+ )?(?:llamadas?|correos?|publicidad|mensajes\
      |spam|cartas|comercial\w*|telefonic\w+|telefono|whatsapps?|sms)
    (?:me|nos|le|les) (?:sigue|siguen|seguis|esta siguiendo|estan siguiendo|siguio) (?:sin|\w+(?:ando|iendo\
      |yendo)(?:me|nos|le)?|en (?:twitter|instagram|facebook|redes|tiktok)|igual|faltando|apareciendo\
      |el mismo|la misma|interesando|gustando|haciendo falta)
    sig(?:ue|uen|o|uiendo) (?:\w+ )?(?:el|mi|las?|los|su|un) (?:\w+ )?(?:expediente|tramite|solicitud\
      |instrucciones|pasos|indicaciones|curso|proceso|procedimiento|pista|hilo)
    levant\w+ la mano (?:para|y pregunt\w+)|(?:mano|manos) a la obra|echar? una mano
    meter mano (?:a|al|en) (?:el|la|los|las|este|esto|tema|expediente|asunto)\b|(?:a|de) mano|segunda mano
    tir(?:arme|arnos|arse|o|amos|ar) (?:aqui |ahi |alli )?(?:tod[ao] (?:la|el)|(?:la|una|dos\
      |tres) (?:manana|tarde|hora|dia)s?|aqui|de los pelos|a la piscina|la toalla|horas)
    tir\w+ (?:por la ventana|a la basura) (?:el|mi|la|los|las|tanto|ese) (?:dinero|tiempo|papel\w*|vida)
    dinero tirado|(?:esta|queda|pilla) tirad[oa](?! en)
    cort\w+ (?:se )?(?:el |un poco el )?(?:pelo|la luz|la llamada|la comunicacion|el agua|el gas\
      |el telefono|la linea|la conexion|internet|el video|la videollamada|el rollo|el suministro|la calle\
      |el trafico|la electricidad|la uñas|por la mitad|las unas|y peg\w+)
    (?<!hija )(?<!hijo )(?<!amiga )(?<!amigo )(?<!nieta )(?<!sobrina )(?<!alumna )se (?:me )?cort(?:a|o\
      |ando|ado|aba)(?! las venas| los brazos| el dedo| un dedo| la mano| y)(?: \w+)?
    cort[oa] de (?:luz|agua|gas|edad|vista|digestion)(?! y)
    (?:no|que) (?:me )?(?:aguant|soport|pued)\w+ (?:mas |ya )?(?:con |mas |tanta |tanto |esta |este |estas \
      |estos |la |el |de )+(?:espera\w*|cola|colas|calor|frio|burocracia|papele\w*|papeles|tramites?\
      |situacion con|ruido|vecin\w+|musica|retraso\w*|formulario\w*|web|pagina|plazos?|alquiler|hipoteca\
      |deudas?|trabajo|jefe|gastos?|tanto \w+)
    (?:acab|termin)(?:ar|emos|o|amos|e) (?:de una vez )?(?:con )?(?:todo|toda|todos|todas)? ?(?:con )?(?:el\
      |este|esta|estos|estas|esto|lo|los|las|la) (?:\w+ )?(?:tramites?|papele\w*|papeles|gestion(?:es)?\
      |asunto|tema|proceso|contrato|formulario|cita|hoy|cuanto antes|tarde|manana|antes)
    desaparec\w+ (?:del|de la|de los|de las|en|mi|el|la|los|un|una) (?!mundo|mapa|vida)(?:\w+ )?\w+
    (?:ha|han|se) (?:me )?desaparecid?o (?:mi|el|la|los|un)\b
    (?:no )?(?:quiero|puedo|podemos|quiere|queremos|deseo) (?:seguir |ya )?viv(?:ir|iendo) (?:mas |ya \
      |siempre |aqui )?(?:en|con|aqui|ahi|alli|alla|sol[oa]|de alquiler|cerca|lejos|fuera|de|juntos\
      |sin (?:luz|agua|ascensor|calefaccion))\b(?! este mundo| esta vida| vida| asi)(?: \w+)?
    no viv(?:o|imos|e) (?:en|con|aqui|alli|ahi|ya)
    (?:miedo|temo|temor|panico) (?:de |a |que |por )+(?:perder|no (?:llegar|poder|tener|saber|encontrar\
      |entender)|llegar tarde|equivocarme|hacerlo mal|que (?:se|me|no|la|el|caduque|venza\
      |cierr)\w*(?! (?:\w+ )?(?:haga|mate|pegue|pase algo|encuentre|siga|viole|va a))|volar|hablar\
      |las alturas|la tecnologia|los? papeles|olvid\w+|conducir|los perros|quedarme sin|la (?:oscuridad\
      |videollamada|camara)|el (?:ordenador|futuro|examen))
    me temo que|me da miedo (?:no|que no|perder|llegar|equivocar\w*|el|la|hacer|hablar|volar|conducir)
    (?:salida|salidas|puerta|luz|luces|escalera|escaleras|pasaporte|contacto|contactos|numero|telefono|cita\
      |ayuda|ayudas|vivienda|fondo|alojamiento|servicio|pago|subsidio|plan|prestacion|prestaciones|albergue\
      |comedor|freno|kit|situacion|caso|declaracion|zona|parada|visado|salvoconducto|permiso|tramite|gestion\
      |obras?|reparacion|subvencion|recurso|recursos|centro|alimentos|bono|renta) (?:social |sociales \
      |economica |habitacional |municipal )?(?:de|para|por) (?:la )?(?:emergencias?|socorro\
      |auxilio)(?: (?:social|habitacional|economica|sociales|climatica))?
    emergencia (?:social|habitacional|economica|climatica|sanitaria)
    (?:casa|agua|rueda|puesto|cuota) de socorro|socorrista|auxiliar(?:es)?|primeros auxilios
    auxilio (?:social|en carretera)|auxilio judicial|cruz roja
    # conditions, exercises and questions about what would be
    (?:en|por) caso de (?:un |una |que haya )?(?:incendio|fuego|emergencia|accidente|fuga|humo|explosion\
      |desmayo|infarto|necesidad|agresion|violencia|evacuacion|parto|enfermedad|muerte)
    (?:que (?:hago|hay que hacer|se hace|hacer|debo hacer|pasa|ocurre) |a quien llamo |donde voy \
      |por )?(?:si|cuando) (?:un dia |alguna vez |alguien )?(?:hay|hubiera|hubiese|huele|sale|se declara|veo\
      |oigo|se desmaya|se desmayara|me desmayo|se quema|se quemara|pasa|ocurre|me pongo|me muero|muero\
      |fallezco|tengo|tuviera|me da|le da|me pegan|se pone) (?:un |una |a |algun |de )?(?:incendio|fuego|gas\
      |humo|emergencia|accidente|alguien|algo|enferm\w+|infarto|parto|malo|mala|en la oficina)
    (?:simulacro|prevencion|extincion|proteccion|plan|riesgo|riesgos|detector(?:es)?|alarma|alarmas|medidas\
      |normativa|certificad\w+|seguro|extintor(?:es)?|instalacion(?:es)?|sistema|manguera|puertas?|servicio\
      |ley|revision|inspeccion|ventilacion|salida|extractor|campana|licencia|permiso|deteccion|indemnizacion\
      |dan[oi]s|parte|informe|declaracion|perito) (?:\w+ )?(?:de|del|contra|por|para|anti) ?(?:la |el |los \
      |las )?(?:\w+ )?(?:incendios?|fuegos?|humos?|gas(?:es)?|explosi\w+|quema|quemas|suicidios?|acoso\
      |maltrato|malos tratos|bullying|violencia|accidentes?|caidas)
    (?:anti|contra) ?incendios?|fuegos? artificial(?:es)?|alto el fuego|(?:a|al|luego) fuego (?:lento|vivo)
    cortafuegos|armas? de fuego|quem(?:ar|a) (?:de )?(?:rastrojos|podas?|restos|lena)|juegos? de
    (?:alta|baja|contador|factura|recibo|instalacion|suministro|contrato|bono|revision|cambio|tarifa\
      |caldera|compania|empresa|comprar|repartidor|titular|boletin|luz y|agua y|luz|agua|natural|subida\
      |precio|cocina|horno|calefaccion|estufa)(?: social)?(?: \w+)?(?: de| del| y| el| de la)? (?:gas|butano\
      |bombonas?)
    gas natural|bombonas? de (?:butano|oxigeno)(?! .{0,15}(?:explot|fuga|estall))|gases
    gas(?:oil|oleo|olina)
    (?:humos?|ruidos?|olor(?:es)?) (?:del|de la|de los|de un|de) (?:bar|restaurante|vecin\w+|local|chimenea\
      |tabaco|industria|fabrica|coches?|barbacoa|cigarr\w+|discoteca|cafeteria|panaderia)
    cortina de humo|vender humo|(?:buen|mal|de) humor|subirse los humos|humo de(?:l)? tabaco
    (?:analisis|donar|donacion|donante|dar|muestra|muestras|grupo|prueba|pruebas|banco|extraccion\
      |hermanos? de|sacar(?:me)?|lazos? de|certificado de|tension|en|de mi) (?:de )?sangre(?: fria)?
    sangra(?:n|r|ndo)? (?:a |con |el |los )?(?:impuestos|bolsillo|precios|contribuyente)|sudor y sangre
    mala sangre
    (?:licencia|permiso|guia|renov\w+|tenencia|revista|registro|uso|cambio de titular\w*|entregar|entrega\
      |deposito) (?:\w+ )?(?:de |del |la |las |para |una |un )*(?:\w+ )?(?:armas?|escopetas?|rifles?\
      |pistolas?|cuchillos?|navajas?|caza)
    armas? de (?:caza|aire|coleccion)|escopeta de caza|afila\w+ (?:de )?cuchillos?|pistola de silicona
    cuchillos? de cocina|a punta de pistola de
    (?:ayuda|servicio|transporte|traslado|conductor\w*|tecnico|tasa|factura|recibo|pago|plaza|oposicion\w*\
      |curso|carnet|empresa|reembolso) (?:\w+ )?(?:de|en|para|por|con) (?:la |una |las )?ambulancias?
    (?:bomba) de (?:agua|calor|riego|frio|insulina|piscina)|(?:bombas?) hidraulic\w+|noticia bomba
    pasar\w* bomba
    (?:cuerpo|oposicion(?:es)?|plaza|tasa|informe|oposiciones a|parque|examen|certificado|acceso|factura\
      |pruebas) (?:de |del |de los |a |para )+bomberos?
    bomber[oa] (?:voluntari|forestal|jubilad|de profesion)\w*
    (?:exonera|libr|dispar)(?:a|o|an|aron|ado|ando)?(?:n)? (?:los|el|las|la) (?:precio|precios|alquiler\w*\
      |gastos?|luz|factura|tasas?|costes?)
    (?:los|el|las|la) (?:precio|precios|alquiler\w*|gastos?|luz|factura|tasas?) (?:se )?(?:ha |han |esta \
      |estan )?dispar\w+
    disparad[oa]s|disparate\w*
    (?:no|nunca|nadie|jamas|tampoco|ya no) (?:me|nos|le|les|lo|la|se) (?:ha |han |esta |estan |he |va a \
      |van a )?(?:\w+ )?(?:peg|maltrat|agred|amena[zc]|atac|viol|acos|golpe|mat|desmay|sigue|siguen|tiro|toc\
      |ahog|quem|hace dano|hizo dano|dieron una paliza)\w*
    (?:no|ni) (?:hay|huele|veo|tengo|he visto|existe|hubo) (?:ningun |ninguna |a |mas |el |un \
      |una )?(?:fuego|incendio|gas|humo|heridos?|emergencia|sangre|armas?|explosion)
    no (?:es|hay|sera|tengo) (?:una |ninguna )?(?:emergencia|urgencia)
    no (?:me )?(?:quiero|voy a) (?:suicidarme|suicidar|matarme|matar a nadie)
    no estoy (?:enferm[oa]|herid[oa]|mal)
    ayudas? (?:por |para |de |contra |a )?(?:las |la )?(?:victimas de )?(?:violencia|malos tratos\
      |maltrato)(?: de genero| machista| domestica)?
    (?:violencia (?:de genero|machista|domestica)|malos tratos) ,? ?(?:ayudas?|recursos|servicio|area\
      |unidad|punto|telefono)
    maltrat\w+ (?:a |de |los |un |su )*(?:animal|perr|gat|mascot)\w*|^sangre$
    atropell\w+ (?:la|el|los|mis|vuestra) (?:burocracia|derechos|sistema|administracion)
    (?:atacad|mordid)o (?:a \w+ )?(?:el|un) perro .{0,30}(?:denunci|seguro|reclam)\w*
    (?:me )?arde(?:n)? (?:la cara|las orejas|los ojos|el estomago|la garganta)
    (?:voy|vengo|estoy|va) ardiendo|que fuego|fuego tiene|ardiendo en deseos|vaya fuego
    (?:me|nos) (?:mata|matan|esta matando|estan matando) (?:la|el|los|las|este|esta|tant[oa]s?\
      |vuestr[oa]s?) (?!marid|mujer|pareja|novi|ex|padre|madre|hij|herman|ti[oa]\b|abuel|prim|cunad|suegr\
      |hombre|senor|tipo|chic|vecin|jef|padrastro|persona|loco)\w+
    (?:me|nos|le) (?:ha |han )?(?:pegad[oa]|pego|pega|pegan) (?:(?!con)\w+ ){0,3}(?:susto|sustos|bronca|toque\
      |sablazo|palo)
    pegan? fuerte (?:la|el|los|las)|sangra el (?:alma|corazon|bolsillo)|sangre azul
    agresion(?:es)? a (?:un |los |una )?(?:arbol|animal|perr|gat)\w*|panico escenico
    (?:acos|persig|amena[zc])\w+ (?:de )?(?:una |un |la |el |las |los )?(?:empresas?|bancos?|companias?\
      |telefonicas?|vendedor\w*|comercial\w*|aseguradora|financiera|recobros?)
    # events that are over, and their papers
    (?:el|del|al|hace) (?:ano|mes|verano|invierno|siglo|otro ano) (?:pasado|anterior)? ?.{0,12}(?:infarto\
      |ictus|incendio|accidente|atropell\w+|quem\w+)
    (?:tuve|tuvo|sufri|sufrio|tras|despues de|a causa de|por culpa de|desde|secuelas de|por)(?: (?:un|una\
      |el|la|mi|su|que tuve))? (?:\w+ )?(?:infarto|ictus|derrame|embolia|accidente|desmayo|incendio|atropello\
      |explosion)
    (?:infarto|ictus|incendio|accidente|quem\w+ \w* ?\w*|atropell\w+|explosion) .{0,20}(?:hace (?:un|dos\
      |tres|varios|unos|\d+|muchos|anos)|el (?:ano|mes|verano) pasado|en (?:19|20)\d\d|en \d{4}\
      |la semana pasada|pasado)
    hace (?:mucho|muchos|un ano|anos|tiempo|\d+ anos|dos anos|tres anos|unos anos)\b.{0,60}
    (?:certificad[oa]|partida|acta|esquela|auxilio|pension|subsidio|seguro|indemnizacion|testamento|gastos\
      |ayuda|fecha|registrar|inscribir|comunicar|notificar|tras|por|despues de)(?: \w+)? (?:de |del |la |el \
      |por |mi |un |su |tras )*(?:defuncion|muerte|fallecimiento|deceso|viudedad|orfandad)(?: de \w+ \w+)?
    (?:preparto|preparacion al parto|clases de parto|plan de parto|baja por (?:parto|maternidad)|(?:despues\
      |antes) del parto|fecha (?:prevista )?(?:de|del) parto|parto (?:previsto|es|sera|fue))
    (?:me pongo|salgo|se pone|estoy) de (?:parto|cuentas) (?:la semana|el mes|dentro|en (?:unas?|dos|tres\
      |una|\d)|en (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre\
      |diciembre)|proxim\w+|pronto)
    (?<!mejor )(?:si|por si|como|aunque|hasta que) (?:\w+ )?(?:me|se) (?:muer[oae]|mor\w+|mat\w+)
    (?:se|me) (?:quem[oa]\w*|ha quemado|han quemado|quemaron) (?:\w+ )?(?:el|la|los|las|mi|mis|un\
      |una) (?:\w+ )?(?:dni|pasaporte|papel\w*|documento\w*|carnet|tarjeta|libro|certificado|movil|ordenador)
    (?:herid[oa]s?) (?:de guerra|el orgullo|en mi orgullo)|(?:parte|informe) de lesiones|lesion\w+
    (?:violencia|agresion) verbal|luchas? contra (?:la|el) \w+(?: de genero)?
    dia (?:internacional )?(?:contra|de) .{0,30}|(?:hacer|hazme|haga|hagan|hago) (?:el )?favor
    no (?:respira|responde|reacciona|funciona) (?:la|el|vuestr\w+|esta|este|nadie|ningun\w*) ?(?:web|pagina\
      |telefono|formulario|app|chat|oficina|boton|aplicacion|correo|ordenador|camara|microfono|en la\
      |al telefono|al|mi)
    (?:la|el|vuestr[oa]|esta|este|su) (?:web|pagina|telefono|formulario|app|chat|oficina|boton|aplicacion\
      |correo|ordenador|camara|microfono|pantalla|tarjeta|cajero|maquina|raton|programa|enlace|link|codigo\
      |certificado|lector|movil|sistema|portal|sede|video|audio|bot|asistente|robot|funcionari[oa]|asesor\
      |gestor|abogad[oa]|banco|ayuntamiento|casero|inquilin[oa]) (?:\w+ )?(?:no (?:me |se |le )?(?:respond\
      |reacci|respir|mueve|va|abre|despiert|contest)\w+)
    """
)
