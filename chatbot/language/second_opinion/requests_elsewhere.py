"""Requests that people bring to public offices, here or elsewhere. Pure data.

They are the background of the services: a message that is more like any of these than like any service is not
about a service. A request that the installation itself offers counts as its service.
"""

from __future__ import annotations

from ..lexicon import word_set

# Words for a kind of document or step, which say nothing about its subject.
KINDS_OF_REQUEST = word_set(
    """
    alta aplicacion ayuda baja carne carnet certificado cita declaracion documento licencia pagar partida
    permiso prestacion recurrir registro renovar seguridad solicitud tarjeta titulo volante appointment
    benefit bill card certificate document licence license permit register registration renew test ticket
    """
)
_REQUESTS = """
    dni; renovar el dni; carnet de identidad; documento de identidad; pasaporte; nie; tie; tarjeta de
    residencia; certificado de residencia; permiso de residencia; permiso de trabajo; extranjería; asilo;
    nacionalidad; visado; padrón; empadronamiento; certificado de empadronamiento; volante de
    empadronamiento; permiso de conducir; carnet de conducir; puntos del carnet; itv; matricular un coche;
    transferencia de un coche; multa; pagar una multa; recurrir una multa; vado; impuestos; ibi; impuesto de
    circulación; declaración de la renta; hacienda; iva; plusvalía; el paro; prestación por desempleo;
    sellar el paro; subsidio; pensión; jubilación; vida laboral; seguridad social; ingreso mínimo vital;
    baja médica; discapacidad; certificado de discapacidad; dependencia; ayuda a domicilio; familia
    numerosa; partida de nacimiento; certificado de nacimiento; certificado de defunción; matrimonio; boda;
    parejas de hecho; divorcio; libro de familia; registro civil; registro mercantil; antecedentes penales;
    certificado de penales; denuncia en la policía; vacuna; médico de cabecera; cita con el médico;
    analítica de sangre; tarjeta sanitaria europea; colegio; comedor escolar; matrícula del instituto;
    universidad; título universitario; guardería; vivienda; hipoteca; ayuda al alquiler; licencia de obras;
    licencia de apertura; licencia de armas; licencia de taxi; licencia de terraza; perro peligroso;
    catastro; notario; escritura de la casa; abogado; cuenta bancaria; bono social; basura; abono
    transporte; tarjeta de transporte; tarjeta del autobús; tarjeta de aparcamiento; tarjeta de crédito;
    biblioteca; carnet de biblioteca; carnet joven; polideportivo; piscina; autónomo; crear una empresa;
    contrato de trabajo; certificado médico; certificado energético; certificado de estudios; certificado de
    retenciones; testamento; herencia; poder notarial; puesto del mercadillo; passport; identity card;
    residence card; residence permit; work permit; visa; citizenship; nationality; asylum; register my
    address; electoral register; driving licence; drivers license; car registration; parking fine; speeding
    fine; taxes; income tax; council tax; property tax; vat; unemployment benefit; jobseeker; benefits;
    universal credit; housing benefit; pension; retirement; national insurance; blue badge; disability
    benefit; disability card; care assessment; large family; birth certificate; register a birth; death
    certificate; marriage certificate; medical certificate; exam certificates; marriage; wedding; divorce;
    civil registry; criminal record; police report; vaccination; family doctor; blood test; european health
    card; school place; university degree; diploma; nursery; housing; rent; mortgage; council house;
    planning permission; building permit; gun licence; taxi licence; dog licence; dog registration; market
    stall; land registry; notary; lawyer; power of attorney; bank account; credit card; electricity; water
    bill; rubbish; bin collection; bus pass; travel card; parking permit; library card; leisure centre card;
    swimming pool; self employed; company registration; job contract; inheritance; street party; allotment;
    register a company; register a charity
    """
REQUESTS_ELSEWHERE = tuple(" ".join(phrase.split()) for phrase in _REQUESTS.split(";"))
