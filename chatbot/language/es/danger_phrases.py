"""Spanish phrases of danger: spelling, and the phrases of the other modules together."""

from __future__ import annotations

from ..danger_lexicon import DangerPhrases
from ..lexicon import word_set
from .acute_danger import ACUTE
from .danger_without_request import REQUEST, WITHOUT_REQUEST
from .figurative_harm import FIGURATIVE_HARM
from .harmless_expressions import HARMLESS

CORRECTABLE_WORDS = word_set(
    """
    agredida agredido agrediendo agresiva agresivo ahogada ahogado ahogando ahogo ahorcar ahorcarme ambulancia
    amenaza amenazado amenazan amenazando apunalada apunalado arde ardiendo asfixia asfixiado asfixiando
    atragantada atragantado atropellada atropellado auxilio bomberos bombona convulsiona convulsionando
    convulsionar convulsiones cuchillo desangra desangrando desaparecer desmayada desmayado desmayar desmayarme
    desmayo desplomada desplomado disparos emergencia encerrada encerrado escondida explosion explotado fuego
    golpeado golpeando hay herida herido heridos hinchado huele humo ictus incendio inconsciente infarto lejia
    maltrata maltratada maltratado maltratan matarme matarse morir morirme navaja paliza palizas parto pastillas
    pegado pegando persigue persiguiendo pistola policia punetazo quemado quemando respira respirar respiro
    sangra sangrando sangre siguiendo sobredosis socorro suicidar suicidarme suicidarse suicidio tocamientos
    ventana violada violado violando violencia vivir
    """
)
# Words that are a single letter from a correctable word, or sound like it.
SIMILAR_WORDS = word_set(
    """
    abogada abogado ahogador ahorrar ahorrarme ambulance amenazador amenazar apuntada apuntado arrienda arriendo
    asfixiar atropello bombero bombers bombon cerrado comando convulsion convulsions cuchilla desmontado disparo
    elegia emergence emergency encerada encerado enterrada enterrado escogida escondido espirar explorado
    explosions explotador ferido golpeada golpeador hall harden harder hervida hervido hinchada infanta legado
    llaman llamar llegada llegado llegando maltratar maltrato matadero medido mohair negado negando pagada
    pagado pagados pagando pagaron palida pareto pastilla pecado pedido pedidos pelado penado perdido pesado
    pistol plegado police policial policy polish polite politica poliza polizas quedado quedando quejado
    quejando quemada querida querido sandra sangrar sangria serrado socorros subsidio suicida suicide tocamiento
    ventaja ventajas ventanal ventanilla violence violent volado voladora yamaha
    """
)
SHORT_SPELLINGS = {
    "aciendo": "haciendo", "ai": "hay", "an": "han", "aora": "ahora", "asiendo": "haciendo", "ay": "hay",
    "bibir": "vivir", "boy": "voy", "d": "de", "fuejo": "fuego", "hai": "hay", "hechar": "echar",
    "hise": "hice", "insendio": "incendio", "jente": "gente", "k": "que", "ke": "que", "kemando": "quemando",
    "kiere": "quiere", "kieren": "quieren", "kiero": "quiero", "kitarme": "quitarme", "m": "me",
    "mrido": "marido", "muxas": "muchas", "muxo": "mucho", "mxo": "mucho", "necsito": "necesito",
    "nesesito": "necesito", "noviio": "novio", "pa": "para", "porfa": "por favor", "porfavor": "por favor",
    "pq": "por que", "q": "que", "qiere": "quiere", "qiero": "quiero", "respirra": "respira",
    "sokorro": "socorro", "sta": "esta", "stoy": "estoy", "ta": "esta", "tb": "tambien", "tngo": "tengo",
    "toy": "estoy", "umo": "humo", "x": "por", "xfa": "por favor", "xfavor": "por favor", "xq": "por que",
}  # fmt: skip

SPANISH_DANGER = DangerPhrases(
    short_spellings=SHORT_SPELLINGS,
    correctable_words=CORRECTABLE_WORDS,
    similar_words=SIMILAR_WORDS,
    harmless=(FIGURATIVE_HARM, HARMLESS),
    acute=ACUTE,
    without_request=WITHOUT_REQUEST,
    request=REQUEST,
)
