"""Spanish sentences in which a thing, a cost or a wait does the harm. They tell no danger."""

from __future__ import annotations

from ..lexicon import whole_word_expressions

_COST = (
    r"(?:impuestos?|tasas?|tributos?|cuotas?(?: de \w+)?|recargos?|multas?|multazo|sancion(?:es)?|facturas?"
    r"|facturon|recibos?|letras?|hipotecas?|alquiler(?:es)?|deudas?|gastos?|intereses|precios?|pagos?"
    r"|plusvalia|ibi|iva|irpf|renta|inflacion|crisis|burocracia|papele\w*|papeles|formularios?|tramites?"
    r"|comision(?:es)?|tarifas?|requisitos?|plazos?|embargos?|denuncias?|fianza|costas|preguntas|subida"
    r"|peajes?|cargos?)"
)
_THING = (
    rf"(?:{_COST}(?: (?:de|del) (?:la |el |los |las )?\w+)?|espera|esperar(?: tanto)?|colas?|web|pagina|calor"
    rf"|frio|nervios|prisas?|estres|aburrimiento|hambre"
    r"|sueno|hacienda|ayuntamiento|administracion|gobierno|bancos?|seguridad social|sistema|aplicacion|app"
    r"|internet|wifi|ordenador|retrasos?|demoras?|lentitud|citas?|horarios?|turnos?|reforma|obras?"
    r"|ruidos?|musica|contrato|notificacion|decision|respuesta|noticia|lista de espera|examen|oposicion(?:es)?"
    r"|cuenta|gasolina|ley|norma|empresa|compania|operadora|telefonica|dudas?|curiosidad|verguenza|risa|envidia"
    r"|impaciencia|incertidumbre|mala suerte|cita previa|captcha|chat|certificado digital|clave|contrasena"
    r"|zapatos?"
    r"|tacones)"
)
_DET = (
    r"(?:el|la|los|las|un|una|este|esta|estos|estas|ese|esa|esos|esas|otro|otra|mas|tanto|tanta|tantos|tantas"
    r"|mi|mis|su|sus|vuestro|vuestra|vuestros|vuestras|tu|tus|muchas|demasiados|\d+)"
)
_HARM = (
    r"(?:mat|ahog|asfix|peg|golpe|sangr|desangr|atrac|rob|estrangul|persig|amena[zc]|acos|tortur|maltrat|machac"
    r"|crucif|frie|frit|revient|revent|remat|hund|aplast|quem|asalt|apunal|acuchill|viol|agred|castig|destroz"
    r"|ejecut|sacud|arrastr|chup\w* la sangr)\w*"
)
_DOING = (
    r"(?:(?:va a|van a|quiere|quieren|esta|estan|estais|ha|han|has|habeis|acaba de|acabara|acabaran|me|nos|ya|casi"
    r"|siempre|literalmente) ){0,3}"
)
_BLOW = (
    r"(?:palizas?|golpes?|golpazo|punetazos?|punaladas?|patadas?|bofetad[ao]s?|bofeton|tortas?|tortazos?|hostias?"
    r"|ostias?|guantazos?|tiros?|palos?|sustos?|sablazos?|clavadas?|hachazos?|mordiscos?|latigazos?)(?! de calor)"
)
_PAST = (
    r"(?:(?:el|la) (?:ano|mes|verano|invierno|otono|primavera|semana|noche)s? pasad[oa]|hace (?:\w+ ){0,2}(?:anos?"
    r"|mes(?:es)?|semanas?|tiempo)|en (?:19|20)\d\d)"
)

# a thing after these words is a place or a time, not the subject: `en la cola me pegan` is danger
_BEFORE_PLACE = (
    "en", "de", "a", "por", "con", "sin", "en el", "en la", "en los", "en las", "en esta", "en este", "en mi",
    "en una", "en un", "en su", "en sus", "de la", "de mi", "del", "al", "a la", "a mi", "por el", "por la",
    "con el", "con la", "sin la", "tras la",
)  # fmt: skip
_OUTSIDE_PLACE = "".join(rf"(?<!\b{words} )" for words in _BEFORE_PLACE)

FIGURATIVE_HARM = whole_word_expressions(
    r"""
    # a thing as the subject: `el plazo me está matando`
    OUTSIDE_PLACETHING (?:que )?(?:me|nos|le|les) DOINGHARM
    (?:me|nos|le|les) DOINGHARM (?:ya |vivo |viva |otra vez )?(?:DET )?(?:DET )?(?:(?:lista|carta|aviso|recibo\
      |factura|letra|subida|cuota|plazo|tema|rollo|pago) (?:de|del) (?:la |el )?)?(?:(?:maldit|dichos|put\
      |nuev)\w+ )?THING
    (?:me|nos|le|les) DOINGHARM (?:con|a|por) (?:base de )?(?:DET )?(?:DET )?(?:\w+ )?COST
    (?:me|nos|se) DOINGmat\w+ (?:a|de) (?:trabajar|estudiar|hambre|aburrimiento|risa|cosquillas|esperar)
    (?:me|nos|le) DOING(?:matar?|mata|matan|matando) (?:con la mirada|los pies|las piernas)
    HARM (?:a|de|con) (?:impuestos|multas|tasas|comisiones|papeleo|intereses|recargos)
    # blows that a cost, a decision or an adversary in sport gives
    (?:me|nos|le|les) DOING(?:dado|dar|da|dio|dan|dieron|pegado|pego|pega|metido|meten\
      |dando) (?:\w+ ){0,2}BLOW (?:\w+ )?(?:DET \
      )?(?:DET )?THING(?: .*)?
    (?:me|nos|le|les) DOING(?:dado|dar|da|dio|dan|dieron|pegado|pego|pega|metido|meten\
      |dando) (?:\w+ ){0,2}BLOW con (?:DET )?COST
    THING (?:me|nos|le) DOING(?:dado|dar|da|dio|pegado|pego|pega|metido) (?:\w+ ){0,2}BLOW
    (?:escopetas?|armas?|pistolas?|rifles?) (?:heredad|registrad|antigu|inutilizad|de (?:mi|un) (?:abuelo|padre\
      |difunto|familiar))\w*
    BLOW (?:de realidad|economic\w+|a (?:mi|la|nuestra) (?:economia|moral|bolsillo|cartera|dignidad)|al bolsillo\
      |fiscal)
    (?:gan|perd|derrot|venc)\w+ (?:\w+ ){0,4}(?:de|por) (?:una )?(?:paliza|goleada)
    (?:vaya|menuda|que) paliza (?:nos|le|les|al|del|en) .*|(?:derrota|partido) .{0,15}paliza
    THING (?:\w+ ){0,2}(?:es|son|parece|fue|sera) (?:\w+ ){0,3}(?:atraco|robo|suicidio|tortura|crimen|asesinato\
      |infarto\
      |violacion|punalada|abuso|paliza|bofetada)(?: .*)?
    (?:esto|eso|que) (?:es|parece) un (?:atraco|robo|asalto) (?:a mano armada )?(?:con|de|al bolsillo|lo que)\b.*
    (?:suicidio|muerte) (?:economic|politic|financier|profesional|laboral|fiscal|social|digital|asistid)[oa]?
    (?:golpes|ruidos|martillazos) (?:haciendo|de|por|con) (?:DET )?(?:obras?|reformas?|taladro|mudanza)
    (?:me|nos) (?:mata|matan) (?:que|no|tener|volver|esperar|pensar|ver)\b
    (?:THING|motor|coche|moto|bateria|planta|negocio|comercio|tienda|bar) (?:\w+ )?se (?:me |nos )?(?:muere\
      |ahoga|esta muriendo|esta ahogando|asfixia|desmaya)
    se (?:me |nos )?(?:muere|ahoga) (?:el|la|mi) (?:motor|coche|moto|bateria|planta|negocio|ordenador|movil\
      |pagina|web)
    (?:mi|un|su|el) (?:abogad[oa]|gestor\w*|caser[oa]|banco|asesor\w*|jefe\
      |proveedor) (?:\w+ )?no (?:me )?(?:responde|contesta|reacciona)
    (?:cuanto|precio|coste|quien paga) .{0,15}ambulancia|aire acondicionado|acoso (?:inmobiliario|del? (?:banco\
      |bancos|cobradores))
    ambulancia para (?:llevar|trasladar|recoger) .{0,25}(?:revision|cita|consulta|prueba|dialisis|rehabilitacion)
    # breath, blood and heat
    (?:con|de|a) sangre (?:fria|azul|nueva)|(?:examen|prueba|resultado|extraccion)\w* (?:de )?(?:la )?sangre
    (?:cobr|factur|pag|reclam)\w+ (?:\w+ )?ambulancia
    armas? (?:blancas? )?(?:coleccion|antiguas|decorativas|de airsoft)|(?:perros?|razas?\
      |gatos?) (?:\w+ )?(?:agresiv|violent)[oa]s?
    (?:quemo|quemaron|quemado|quema) (?:\w+ )?(?:la|el|las|los) (?:comida|cena|tostadas?|tortilla|arroz|pan\
      |paella|fallas?)|fallas? se quema\w*
    (?:respirar|ahog\w+|asfixi\w+|sangr\w+|quem\w+|desmay\w+|mare\w+|muero) (?:con|de|por|entre\
      |bajo) (?:DET )?(?:DET )?(?:\w+ )?COST
    (?:respirar|ahog\w+|quem\w+|mare\w+) (?:con|de|entre) (?:tant[oa]s?|vuestr[oa]s?) (?!humo|gas|dolor|sangre\
      |tos|fuego)\w+
    (?:hierve|hirviendo|arde|chup\w+|hervir) la sangre|(?:no )?corre sangre
    (?:web|pagina|cabeza|cerebro|redes|telefonos?|linea|centralita|whatsapp) (?:\w+ ){0,2}(?:echa|echan|echando\
      |arde|arden|ardiendo)\
      (?: humo| chispas| fuego)?
    (?:arde|arden) (?:\w+ )?(?:las? orejas?|las? redes|la cara|los ojos|twitter)
    fuego (?:cruzado|amigo|por la boca|lento)|(?:toro|bola|aro)s? de fuego|fuego nuevo|a fuego (?:lento|fuerte)\
      |bautismo de fuego|prueba de fuego
    explosion (?:de (?:ofertas|alegria|color|sabor|jubilo|emociones)|demografica|urbanistica)
    # things with the name of a weapon, a damage or a fight
    (?:pistola|tiro|bomba)s? (?:de (?:agua|juguete|pintura|pegamento|silicona|etiquetas|calor|aire caliente\
      |crema|palmera)|con arco\
      |al plato|olimpico)
    (?:armas?|pistolas?|cuchillos?) de (?:juguete|monte|mesa|postre)|(?:campo|galeria|club|federacion|licencia\
      |clases|curso|partido) de tiro|me apunto(?! con)
    (?:revent|pinch|rot|explot)\w+ (?:\w+ )?(?:la|las|una|un|el) (?:rueda|ruedas|neumatico|tuberia|caneria\
      |cerradura|bolsa de|presupuesto)
    pelea\w* (?:con|contra|por) (?:DET )?(?:DET )?THING|pelea de (?:gallos|perros|almohadas)
    (?:despid\w+|despedid\w+|despido|sancion\w*|expedient\w+|multa\w*|expuls\w+) (?:\w+ ){0,3}(?:por\
      |tras) (?:una |la )?pelea(?: en)?
    acoso (?:telefonico|comercial|publicitario|de (?:vendedores|comerciales|llamadas))
    veneno (?:para|contra) (?:las |los )?(?:hormigas|ratas|ratones|cucarachas|caracoles|avispas|plagas|hierbas)
    (?:noticias?|libro|pelicula|serie|documental|reportaje|podcast) (?:\w+ )?(?:de|del|sobre|con) .*
    golpes? de calor (?:recomendaciones|consejos|como|medidas|prevencion|en trabajadores)
    (?:recomendaciones|consejos|prevenir|evitar|campana|protocolo|aviso)\w* (?:\w+ ){0,3}(?:golpes? de calor\
      |insolacion|hipotermia)
    # questions about the numbers, planned transport, and events that are over
    (?:puedo|se puede|podria|debo|sirve|hay que) llamar al (?:112|016|024|091|061|080)(?: \w+){0,4}
    ambulancias? (?:programada|no urgente|para (?:la|el|una|ir al?|dialisis|rehabilitacion) (?:cita|revision\
      |consulta|prueba|dialisis\
      |rehabilitacion|medico|hospital))(?: \w+){0,4}
    (?:se|me) (?:suicido|suicidaron|mato|ahorco|quito la vida|ahogo|quemo|cayo|cai|rompio|rompi|electrocuto\
      |incendio) (?:\w+ ){0,5}PAST
    PAST .{0,15}(?:se suicido|se mato|se quito la vida|se ahogo|se quemo|se cayo|me cai|se incendio)
    """,
    OUTSIDE_PLACE=_OUTSIDE_PLACE, THING=_THING, COST=_COST, DET=_DET, HARM=_HARM, DOING=_DOING,
    BLOW=_BLOW, PAST=_PAST,
)  # fmt: skip
