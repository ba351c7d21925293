"""Italian. Lei form. The SMS keep to the characters of GSM-7: à è é ì ò ù are among them."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="ltr",
    durations={
        "minutes": {"one": "{n} minuto", "other": "{n} minuti"},
        "hours": {"one": "{n} ora", "other": "{n} ore"},
        "days": {"one": "{n} giorno", "other": "{n} giorni"},
    },
    qr="Legge questo messaggio al computer? Inquadri questo codice con la fotocamera del telefono:",
    qr_alt="Codice QR con il link",
    sms={
        Kind.installation: """\
Il suo nuovo numero è {number}. Per installare l'app apra questo link sul telefono.
{link}""",
        Kind.activation: """\
Per attivare il {number} installi prima l'app, poi apra questo link sul telefono.
{link}""",
        Kind.combined: """\
Il suo nuovo numero è {number}. Prima installi l'app sul telefono:
{installation_link}
Poi apra questo link per attivarla:
{link}""",
    },
    mails={
        Kind.installation: Mail(
            "Installi l’app per il suo nuovo numero {number}",
            """\
Buongiorno {full_name},

{tenant} ha predisposto per lei il numero di telefono {number}.

Per installare l’app, apra questo link sul telefono che intende usare:

{link}

Il link per attivare l’app arriverà in un messaggio a parte.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}
""",
        ),
        Kind.activation: Mail(
            "Attivi il suo nuovo numero {number}",
            """\
Buongiorno {full_name},

Questo link attiva l’app sul suo telefono: potrà così chiamare con il numero {number}.

Installi prima l’app. Poi apra il link sullo stesso telefono e tocchi il pulsante:

{link}

Il link è riservato a lei e funziona per un solo telefono. La preghiamo di non inoltrarlo.
È valido per {expires}.

Se non si aspettava questo messaggio, la preghiamo di non aprire il link.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "Installi e attivi l’app per il suo nuovo numero {number}",
            """\
Buongiorno {full_name},

{tenant} ha predisposto per lei il numero di telefono {number}. Il suo telefono sarà pronto in due passaggi.

1. Per installare l’app, apra questo link sul telefono che intende usare:

{installation_link}

2. Dopo aver installato l’app, apra questo link sullo stesso telefono e tocchi il pulsante:

{link}

Il secondo link è riservato a lei e funziona per un solo telefono. La preghiamo di non inoltrarlo.
È valido per {expires}.

Se non si aspettava questo messaggio, la preghiamo di non aprire i link.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}
""",
        ),
    },
)
