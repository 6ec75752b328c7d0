"""Spanish phrases that tell danger unless the sentence asks for a service too."""

from __future__ import annotations

from ..danger_lexicon import DangerKind
from ..lexicon import compile_expressions, whole_word_expressions
from .danger_words import PLACEHOLDERS

# `violencia de género` alone, but not in `cita para la orden de protección`.
WITHOUT_REQUEST = compile_expressions(
    {
        DangerKind.VIOLENCE: r"""
            HUMAN(?: \w+){0,5} HITWORD|HITWORD(?: \w+){0,4} HUMAN
            (?:me|nos)(?: \w+){0,3} mat(?:a|ar|an|ara|aran|ado|ando|e|en|o)|matarme|matarnos
            matarl[aoe]s?(?! tiempo)|WEAPON|GUN
            (?:viene|vienen|van|va|venido|vendra) (?:a )?por mi(?! (?:cita|hora|turno|cuenta|madre|hij\w+))
            cruz\w+ la cara|moratones|moreton\w*|ojo morado
            me siento (?:\w+ )?(?:amenazad|acosad|perseguid|vigilad|insegur|atacad)[oa]|agresiv[oa]s?
            violent[oa]s?|KIN (?:la|lo) (?:toca|tocaba|toco|manosea|besa)
            metiendo con (?:una?|mi) (?:nin|menor|chic|hij)\w+
            (?:mete|metio|metia|mete|metido|meten) en mi cama|amenazas de (?:mi|un|una|su)
            (?:la|lo|le|las|los) (?:matan|mata|van a matar|va a matar|estan matando)
            (?:me|le|la) HAVE drogado
            (?:echado|puesto|echaron|pusieron) algo en (?:la|mi|su) (?:bebida|copa|vaso)|burundanga
            sumision quimica|violencia (?:de genero|machista|domestica|en casa|familiar|vicaria|sexual)
            malos tratos|maltrato|maltratad[oa]s?|maltratador
            (?:sufr|viv|padec)\w+ (?:\w+ )?(?:violencia|abusos|acoso|agresion\w*)
            (?:agresion(?:es)?|abusos?) (?:sexual(?:es)?|a menores|infantil)
            victima de (?:\w+ )?(?:violencia|maltrato|abusos?|agresion\w*|trata|violacion|acoso)
            violacion(?:es)?$|violad[oa]|(?:llam|avis|mand|necesit|ven|envi)\w+ (?:\w+ ){0,2}policia
            policia (?:ya|ahora|rapido|urgente|ayuda|por favor)
            (?:hay|tiene|tienen|lleva|con|saca) (?:\w+ )?(?:un |una )?GUN|acoso|me acosan|acosador
            trata de (?:personas|mujeres|blancas)
            (?:me|nos) (?:hace|hacen|hizo|ha hecho|han hecho) (?:mucho )?dano|palizas?|punaladas?|agresion
            agresor|amenazas de muerte
            (?:miedo|panico) (?:\w+ )?(?:a salir|por mi|por mis|por la noche|de salir)
            me (?:amenaza|amenazan|insulta|insultan|humilla|humillan|controla|grita)|secuestr\w+|punetazo
        """,
        DangerKind.SELF_HARM: r"""
            (?:quier\w+|quer\w+|quisier\w+|prefer\w+|prefier\w+|gustaria|ganas|mejor|ojala|dese\w+|piens\w+\
              |pens\w+|voy)(?: \w+){0,3} (?:morir(?:me|se)?|muert[oa]|muera|muriera|la muerte)
            no (?:quer\w+|quier\w+|dese\w+) (?:\w+ )?(?:vivir|viv[oa]|existir)
            acab\w+ con (?:mi|su|esta) vida
            (?:hij[oa]|amig[oa]|niet[oa]|sobrin[oa]|alumn[oa]) se corta(?=$| ,| en| los)
            sobro en (?:este|el) mundo|soy una carga(?=$| ,| para)|(?:descansar|dormir) para siempre
            (?:me voy a|voy a) tirar(?:me)?(?=$| ,)
            estoy (?:subid[oa] )?(?:en|a) (?:la azotea|un puente|el puente|el tejado|la cornisa\
              |la barandilla|las vias|el borde)
            suicid\w+|autolesi\w+|quitarse la vida|ahorcar\w*|matarse|cortarse las venas|hacerse dano
            quiero que (?:todo|esto) (?:se )?(?:acabe|termine)
            no quiero (?:estar|seguir) (?:mas )?aqui(?=$| ,)
            no (?:puedo|aguanto) mas(?: de verdad)?(?: ,)? (?:ayuda|necesito ayuda|ayudame|ayudenme\
              |quiero morir)
        """,
        DangerKind.ILLNESS: r"""
            (?:lo )?ve(?:o|mos) (?:muy |todo |bastante )*(?:borroso|doble|nublado|negro)(?=$| ,| y| de repente\
              | todo)
            (?:suelo|caid[oa]|caer(?:se)?|cayo|tirad[oa]\
              |desplom\w+)(?: ,)?(?: \w+){0,6} no (?:\w+ )?(?:se )?(?:levant|habl|contest|mov|muev|respond\
              |reaccion|despiert|puede)\w*
            no (?:contesta|responde|habla) y (?:esta|no)|(?:ha|a|he|tiene|tenido) (?:tenido )?un ataque
            (?:mareo|maread[oa]) .{0,20}(?:caid|suelo|caigo)\w*|(?:no|sin) (?:\w+ )?respir\w+
            sangr(?:e|a|ando|o|aba|ar)|rot[oa] la bolsa|MANY (?:\w+ )?(?:PILLS|DRUG)
            (?:acaba|acabo) de caer(?:se|me)? (?:una?|mi|por|al)
            (?:senora?|ancian[oa]|hombre|mujer|nin[oa]) (?:\w+ )?caid[oa]
            (?:muy|gravemente) (?:mal|grave)(?: ,)? (?:necesit|ayud|y no)\w*|se muere(?=$| ,)
            (?:infarto|ictus|derrame cerebral|embolia)|ambulancia|ahogad[oa]|asfixi\w+|atragant\w+|desmay\w+
            (?:me|se) (?:encuentr[oa]|siento|siente) (?:muy|fatal|super|realmente|bastante) ?(?:mal\
              |enferm[oa])?(?=$| ,| y| ayuda| necesit| aqui)
            (?:esta|estoy) (?:muy|super) (?:mal|maread[oa]|grave)|mare(?:o|ad[oa]) (?:mucho|y|muchisimo)
            (?:se|me) (?:ha|he) (?:puesto|ponido) (?:muy )?mal(?:[oa])?|herid[oa]s?
            accidente (?:grave|de coche|aqui|ahora|de trafico|en)|(?:tenido|hay|habido|sufrido) un accidente
            (?:ha caido|se cayo|se ha caido|se a caido) (?:una?|mi) FALLEN
            PERSON (?:\w+ )?(?:se ha caido|se a caido|se cayo)|me (?:he caido|cai) (?:al suelo|por)
            necesit\w+ (?:un |a un )?(?:medico|doctor)$|un medico$|urgencias medicas|hospital ya
            (?:dolor|duele) (?:muy |muchisimo |insoportable |mucho )?(?:fuerte|insoportable|horrible\
              |la barriga|el estomago|la tripa)?(?: y| muchisimo| insoportable).{0,20}(?:sangr|vomit\
              |embaraz)\w+
            dolor (?:insoportable|muy fuerte|horrible)|no veo (?:nada )?(?:de repente|por un ojo)
            vomit\w+ (?:sin parar|mucho)|veneno
            (?:embarazada|embarazo) .{0,30}(?:sangr|dolor(?:es)? (?:muy )?fuertes?|contracci)\w*
            contracciones|paro respiratorio|me muero(?=$| ,)|(?:golpe|abierto) (?:\w+ )?en la cabeza
        """,
        DangerKind.FIRE: r"""
            ardiendo|incendi\w+|fuego|humo|(?:las|con|en|hay|veo|muchas|unas) llamas
            se quema(?=$| ,| el| la| todo| algo)|quemandose
            (?:fuego|incendio|llamarada|humareda)(?=$| ,| en | aqui| grande| por )
            (?:gas|humo) (?:en|por) (?:la|el|mi|toda)|explosion|bombona
            (?:se me|se nos|se) (?:quema|queman|quemo) (?:la|el|mi|todo)|bomberos
        """,
        DangerKind.UNKNOWN: r"""
            (?:mi|la|el) (?:hij[oa]|nin[oa]|bebe|niet[oa]|madre|padre\
              |abuel[oa]) (?:\w+ )?(?:ha desaparecido|no aparece)
            he perdido a mi (?:hij[oa]|nin[oa]|niet[oa])
            (?:se (?:me )?ha perdido|no encuentro a) mi (?:hij[oa]|nin[oa]|niet[oa])|socorro|auxilio
            (?:es|tengo) una emergencia (?:grave|de verdad)
        """,
    },
    **PLACEHOLDERS,
)

# Words of a request for a service.
REQUEST = whole_word_expressions(
    r"""
    citas?|certificad\w+|tramit\w+|solicit\w+|renov\w+|dni|nie|papel(?:es)?|documento\w*|documentacion
    licencias?|permisos?|informes?|denunci\w+|subsidio|prestacion\w*|pension(?:es)?|orden(?:es)? de
    inscri\w+|empadron\w+|padron|cursos?|talleres|taller|charlas?|seguro|indemnizacion|incapacidad|bajas?
    discapacidad|dependencia|horarios?|a que hora|reserv\w+|pedir|pido|cambiar\w*|anul\w+|cancel\w+|aplaz\w+
    cambios? de|titular\w*|traspas\w+|que ayudas?|ayudas hay|cuidador\w*|derecho a|sentencia|vender|comprar
    teleasistencia|residencia|colegio de|vivienda
    (?:quiero|queria|quisiera|necesito|busco|dame|solicito) (?:el|la|los|las|un|una|unos|unas|otro\
      |otra) (?!ambulancia|medico|doctor|policia|muerte|pistola|cuchillo)\w+
    informacion|informar\w*|informe|defuncion|herencia|viudedad|minusvalia|grado
    ayudas? (?:economica|social|por|para|a|de)|las ayudas|reclam\w+|quej\w+|abogad\w+|recurso|expediente
    registr\w+|matricul\w+|acredita\w+|reconocimiento|alquiler|tarjeta|seguridad social|hacienda|impuestos?
    tasas?|requisitos?|subvencion\w*|oficina de|ventanilla|formulario|divorcio|separacion|custodia|regimen
    convenio|oposicion\w*|plaza|carnet|factura|contrato|protocolo|campana|asociacion|voluntari\w+|folleto
    psicolog[oa]|mediacion|consulta|la revision|rehabilitacion|el alta|atestado|multa|sancion|turno
    numero de|cobrar|cobro|pagar|empleo|trabajo|sillas?|subvenciones
    estadisticas?|tesis|conferencias?|jornadas|dia (?:internacional|mundial)|recomendaciones|consejos|prevencion
    telefono (?:de|contra|para)|titulos?|historia|exposicion|museo|inscripcion|liga|partidos?|equipo|torneo\
      |hered\w+|el dia \d+|programacion|entradas|antecedentes|juicios?|testigo|exencion
    itv|coleccion|bozal|reconocid[oa]|ayuda rai|ayudas$|como se entra|vacante|seccion|normativa|ordenanza\
      |declaracion|fiestas?
    (?:el|la) (?:ano|mes|semana|verano|invierno|otono|primavera) pasad[oa]|en (?:19|20)\d\d
    hace (?:\w+ ){1,2}(?:anos|meses|semanas)|hace (?:un|una|mas de un) (?:mes|ano|semana)
    """
)
