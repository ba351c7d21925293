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
        Kind.code: """\
Para activar el {number}, este es su PIN: {code}
Vale durante {expires}. No lo comparta con nadie.""",
        Kind.reminder: """\
El {number} no se ha activado. Para activarlo, abra este enlace en su smartphone.
{link}""",
        Kind.activated: """\
El {number} se acaba de activar en un smartphone. ¿No fue usted? Bloquéelo con este enlace:
{not_me}""",
        Kind.reset: """\
El smartphone con el {number} se ha desconectado: para llamar hay que volver a activarlo.
¿Preguntas? {support_phone}""",
        Kind.changed: """\
El teléfono, el smartphone o el e-mail de su cuenta ha cambiado.
Si no fue cosa suya, llame al {support_phone}""",
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
        Kind.code: Mail(
            "Su código para activar el número {number}",
            """\
Hola, {full_name}:

Alguien, muy probablemente usted, está activando un teléfono con el número {number}.

Este es el código que debe introducir:

{code}

Es válido durante {expires}.

Le rogamos que no se lo dé a nadie. Nosotros nunca se lo pediremos.

Si no está activando un teléfono, no tiene que hacer nada.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}

{tenant}
""",
        ),
        Kind.reminder: Mail(
            "Su número {number} todavía no está activo",
            """\
Hola, {full_name}:

Su número de teléfono {number} le espera: la aplicación de su teléfono todavía no está activada.

Instale primero la aplicación. Después, abra el enlace en el mismo teléfono y toque el botón:

{link}

El enlace es solo para usted y funciona para un único teléfono. Le rogamos que no lo reenvíe.
Es válido durante {expires}.

Si algo no funciona, llámenos.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}

{tenant}
""",
        ),
        Kind.activated: Mail(
            "Su número {number} se ha activado en un teléfono",
            """\
Hola, {full_name}:

Se acaba de activar un teléfono con su número {number}.

Cuándo: {when}
Dispositivo: {device}

Si fue usted, no tiene que hacer nada.

Si no fue usted, abra este enlace para bloquear el teléfono:

{not_me}

Se le pedirán las últimas cifras de su número.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}

{tenant}
""",
        ),
        Kind.reset: Mail(
            "Su teléfono con el número {number} se ha desconectado",
            """\
Hola, {full_name}:

El teléfono con su número {number} se ha desconectado. No podrá llamar hasta que se vuelva a activar.

Si quiere seguir llamando con él, necesita un nuevo enlace de activación.

Si no se lo esperaba, llámenos.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}

{tenant}
""",
        ),
        Kind.changed: Mail(
            "Los datos de contacto de su cuenta telefónica han cambiado",
            """\
Hola:

El número, el móvil o el correo electrónico de su cuenta telefónica en {tenant} ha cambiado.

Este mensaje va a la dirección que teníamos hasta ahora.

Los enlaces que seguían abiertos ya no funcionan.

Si usted pidió el cambio, no tiene que hacer nada.

Si no, llámenos enseguida.

Ayuda por teléfono: {support_phone}
Ayuda por correo electrónico: {support_email}
""",
        ),
    },
)
