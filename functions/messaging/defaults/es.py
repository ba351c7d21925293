"""Spanish. Usted. The SMS keep to the characters of GSM-7: é ñ ¿ ¡ are among them; á í ó ú are not, so no "número"
and no "aplicación"."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="ltr",
    durations={
        "minutes": {"one": "{n} minuto", "other": "{n} minutos"},
        "hours": {"one": "{n} hora", "other": "{n} horas"},
        "days": {"one": "{n} día", "other": "{n} días"},
    },
    qr="¿Lee este mensaje en otra pantalla? Apunte a este código con la cámara del teléfono:",
    qr_alt="Código QR con el enlace",
    sms={
        Kind.installation: """\
Su nuevo teléfono es el {number}. Para instalar la app, abra este enlace en su smartphone.
{link}""",
        Kind.activation: """\
Para activar el {number}, instale primero la app y luego abra este enlace en su smartphone.
{link}""",
        Kind.combined: """\
Su nuevo teléfono es el {number}. Instale primero la app en su smartphone:
{installation_link}
Luego abra este enlace para activarla:
{link}""",
    },
    mails={
        Kind.installation: Mail(
            "Instale la aplicación para su nuevo número {number}",
            """\
Hola, {full_name}:

{tenant} le ha asignado el número de teléfono {number}.

Para instalar la aplicación, abra este enlace en el teléfono que va a utilizar:

{link}

El enlace para activar la aplicación llegará en otro mensaje.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}
""",
        ),
        Kind.activation: Mail(
            "Active su nuevo número {number}",
            """\
Hola, {full_name}:

Este enlace activa la aplicación en su teléfono: así podrá llamar con el número {number}.

Instale primero la aplicación. Después, abra el enlace en el mismo teléfono y toque el botón:

{link}

El enlace es solo para usted y funciona para un único teléfono. Le rogamos que no lo reenvíe.
Es válido durante {expires}.

Si no esperaba este mensaje, le rogamos que no abra el enlace.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "Instale y active la aplicación para su nuevo número {number}",
            """\
Hola, {full_name}:

{tenant} le ha asignado el número de teléfono {number}. Su teléfono estará listo en dos pasos.

1. Para instalar la aplicación, abra este enlace en el teléfono que va a utilizar:

{installation_link}

2. Cuando la aplicación esté instalada, abra este enlace en el mismo teléfono y toque el botón:

{link}

El segundo enlace es solo para usted y funciona para un único teléfono. Le rogamos que no lo reenvíe.
Es válido durante {expires}.

Si no esperaba este mensaje, le rogamos que no abra los enlaces.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}
""",
        ),
    },
)
