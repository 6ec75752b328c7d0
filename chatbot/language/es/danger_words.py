"""Spanish words of danger in groups. In the phrases, PLACEHOLDERS stand for them."""

from __future__ import annotations

_HITWORD = (
    r"(?:peg(?:a|o|an|ar|ado|ao|ando|aba|aron|ue|uen|arme|arla|arle|aban|arnos)|golpe\w*|agred\w+"
    r"|agresi\w+|maltrat\w+|apunal\w+|acuchill\w+|viol(?:a|o|ar|aron|ado|ada|arme|ando|arla)|estrangul\w+"
    r"|amena[zc]\w+|acos\w+|secuestr\w+|forz(?:ado|ada|o|aron|a)|manose\w+|palizas?|punetaz\w+|patadas?"
    r"|bofetad\w+|empuj\w+|zurr\w+|abofet\w+|tortazo\w*|atac\w+)"
)
_HUMAN = (
    r"(?:me|mi|mis|nos|yo|su|PERSON|nin[oa]s?|nen[ea]s?|hij[oa]s?|gente|alguien|funcionari[oa]s?"
    r"|trabajador\w*|emplead[oa]s?|client[ea]s?|adulto|menor|marido|esposo|novio|pareja)"
)
_DRUG = r"(?:paracetamol\w*|ibuprofen\w*|aspirinas?|valium|diazepam|lorazepam|antidepresivos?|calmantes)"
_PERSON = (
    r"(?:(?:mi|su|tu|el|la|un|una|los|las|unos|unas|mis|sus|este|esta|ese|esa|otro|otra|dos|tres"
    r"|varios) (?:\w+ )?(?:marid(?:o|it)|esposo|esposa|mujer(?:es)?|pareja|novi[oa]s?|ex|ex ?(?:marido"
    r"|mujer|novi[oa]|pareja)|padres?|madre|papa|mama|hij[oa]s?|herman[oa]s?|ti[oa]s?|abuel[oa]s?"
    r"|prim[oa]s?|cunad[oa]s?|suegr[oa]s?|sobrin[oa]|yerno|nuera|padrastro|madrastra|vecin[oa]s?"
    r"|jef[ea]s?|companer[oa]s?|amig[oa]s?|hombres?|senor(?:a|es)?|tipos?|chic[oa]s?|chaval(?:es)?"
    r"|desconocid[oa]s?|profesor(?:a)?|entrenador|cura|cuidador(?:a)?|persona|individuo|ladron(?:es)?"
    r"|encapuchados?|borrach[oa]s?|loco|padre de \w+)|alguien|papa|mama)"
)
_KIN = (
    r"(?:marido|esposo|mujer|pareja|novi[oa]|ex|ex ?(?:marido|mujer|novi[oa]|pareja)|padres?|madre|papa"
    r"|mama|hij[oa]|herman[oa]|ti[oa]|abuel[oa]|prim[oa]|cunad[oa]|suegr[oa]|padrastro|madrastra"
    r"|vecin[oa]|jefe|hombre|senor|tipo|el|ella)"
)
_ATTACK = (
    r"(?:peg|golpe|agred|maltrat|amena[zc]|ata(?:c|qu)|apunal|acuchill|dispar|viol|acos|estrangul"
    r"|secuestr|tortur|abofete|pate|zurr|rapt|empuj|acorral|manose|forcej|pinch|pis(?:ot)e|lesion|apalea?"
    r"|tirote|apaliz|aterroriz|chantaje|humill|atrac|intimid)"
)
_PARTICIPLE = r"(?:ado|ada|ados|adas|ao|aos|ido|ida)"
_GERUND = r"(?:ando|iendo)"
_TO_END = r"(?:ar|ir)"
_HAVE = r"(?:ha|a|han|habia|habian|hubiera)"
_WILL = (
    r"(?:quiere|quieren|queria|querian|va a|van a|iba a|intenta|intentan|intento|intentaron|ha intentado"
    r"|han intentado|puede|pueden|podria|jura|amenaza con|amenazan con|amenazo con|piensa|esta a punto de"
    r"|trata de|trato de|no para de|no paran de|acaba de|acaban de)"
)
_BLOW = (
    r"(?:palizas?|golpes?|punetazos?|punaladas?|patadas?|bofetad[ao]s?|bofetones|torta(?:s|zos?)?"
    r"|hostias?|ostias?|guantazos?|manotazos?|navajazos?|cuchilladas?|tiros?|correazos?|latigazos?"
    r"|cabezazos?|empujon(?:es)?|leches|collejas?|puntapies?|zurras?|martillazos?|botellazos?|machetazos?)"
)
_WEAPON = r"(?:cuchillos?|navajas?|pistolas?|machetes?|hacha|armas? blancas?|punal|revolver|bate|granada)"
_GUN = r"(?:armas?|escopetas?|rifles?)"
_PLACE = (
    r"(?:la|el|mi|un|una|los|las|su|este|esta|otro|otra|nuestra) (?:\w+ )?(?:casa|piso|cocina|oficina"
    r"|edificio|coche|papelera|ordenador|bano|garaje|sotano|planta|local|ascensor|cortinas?|arbol|monte"
    r"|basura|contenedor(?:es)?|habitacion|salon|sala|portal|tejado|techo|enchufe|cuadro|moto|nave|bloque"
    r"|comedor|cama|sofa)"
)
_BODY = r"(?:cuello|pelo|brazos?|munecas?|garganta)"
_SELF = (
    r"(?:suicid\w*|mat(?:arme|arse)|ahorc(?:ar|arme|arse)|quit(?:ar|arme|arse) (?:la vida|de en medio"
    r"|del medio))"
)
_FALLEN = (
    r"(?:senora?|hombre|mujer|ancian[oa]|persona|madre|padre|abuel[oa]|nin[oa]|hij[oa]|chic[oa]|viej[oa]"
    r"|bebe|marido|companer[oa])"
)
_JUMP = (
    r"(?:tir|lanz|arroj|precipit|salt)(?:ar|arme|arse) (?:por|al|a las?|desde|del?|debajo"
    r"|bajo)(?: \w+){0,2}(?: (?:ventana|balcon|puente|tren|metro|via|vias|azotea|terraza|vacio|tejado|rio"
    r"|pozo|acantilado|torre|carretera|coche|coches|escaleras))"
)
_PILLS = (
    r"(?:pastillas?|tranquilizantes|somniferos|medicamentos?|medicinas?|barbituricos|orfidal|trankimazin"
    r"|lexatin)"
)
_POISON = (
    r"(?:lejia|amoniaco|veneno|matarratas|detergente|aguarras|gasolina|disolvente|productos? de limpieza"
    r"|quitaesmalte|colonia|alcohol de quemar|fregasuelos|limpiador|salfuman|raticida|anticongelante)"
)
_MANY = (
    r"(?:much[oa]s|muchisim[oa]s|demasiad[oa]s|todas|un monton de|un bote|una caja|un blister|un punado"
    r"|\d+|veinte|treinta|cincuenta|un frasco)"
)

PLACEHOLDERS = {
    "HITWORD": _HITWORD,
    "HUMAN": _HUMAN,
    "DRUG": _DRUG,
    "PERSON": _PERSON,
    "KIN": _KIN,
    "ATTACK": _ATTACK,
    "PARTICIPLE": _PARTICIPLE,
    "GERUND": _GERUND,
    "TO_END": _TO_END,
    "HAVE": _HAVE,
    "WILL": _WILL,
    "BLOW": _BLOW,
    "WEAPON": _WEAPON,
    "GUN": _GUN,
    "PLACE": _PLACE,
    "BODY": _BODY,
    "SELF": _SELF,
    "FALLEN": _FALLEN,
    "JUMP": _JUMP,
    "PILLS": _PILLS,
    "POISON": _POISON,
    "MANY": _MANY,
}
