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
        Kind.code: """\
Il suo codice per attivare il {number}: {code}
Vale per {expires}. Non lo comunichi a nessuno.""",
        Kind.reminder: """\
Il suo numero {number} non è ancora attivo. Per attivarlo apra questo link sul telefono.
{link}""",
        Kind.activated: """\
Il {number} è stato appena attivato su un telefono. Non è stato lei? Lo blocchi qui.
{not_me}""",
        Kind.reset: """\
Il suo telefono con il numero {number} è stato scollegato: potrà chiamare dopo una nuova attivazione.
Domande? {support_phone}""",
        Kind.changed: """\
Il numero, il cellulare o l'e-mail del suo account telefonico è cambiato.
Se non l'ha chiesto lei, chiami {support_phone}""",
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
        Kind.code: Mail(
            "Il suo codice per attivare il numero {number}",
            """\
Buongiorno {full_name},

Qualcuno, molto probabilmente lei, sta attivando un telefono con il numero {number}.

Questo è il codice da inserire:

{code}

È valido per {expires}.

La preghiamo di non comunicarlo a nessuno. Noi non glielo chiederemo mai.

Se non sta attivando un telefono, non deve fare nulla.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}

{tenant}
""",
        ),
        Kind.reminder: Mail(
            "Il suo numero {number} non è ancora attivo",
            """\
Buongiorno {full_name},

Il suo numero di telefono {number} la aspetta: l’app sul suo telefono non è ancora attivata.

Installi prima l’app. Poi apra il link sullo stesso telefono e tocchi il pulsante:

{link}

Il link è riservato a lei e funziona per un solo telefono. La preghiamo di non inoltrarlo.
È valido per {expires}.

Se qualcosa non funziona, la preghiamo di chiamarci.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}

{tenant}
""",
        ),
        Kind.activated: Mail(
            "Il suo numero {number} è stato attivato su un telefono",
            """\
Buongiorno {full_name},

È stato appena attivato un telefono con il suo numero {number}.

Quando: {when}
Dispositivo: {device}

Se è stato lei, non deve fare nulla.

Se non è stato lei, apra questo link per bloccare il telefono:

{not_me}

Le verranno chieste le ultime cifre del suo numero.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}

{tenant}
""",
        ),
        Kind.reset: Mail(
            "Il suo telefono con il numero {number} è stato scollegato",
            """\
Buongiorno {full_name},

Il telefono con il suo numero {number} è stato scollegato. Non potrà chiamare fino a una nuova attivazione.

Se vuole continuare a usarlo per chiamare, le serve un nuovo link di attivazione.

Se non se lo aspettava, la preghiamo di chiamarci.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}

{tenant}
""",
        ),
        Kind.changed: Mail(
            "I contatti del suo account telefonico sono stati modificati",
            """\
Buongiorno,

Il numero, il cellulare o l’e-mail del suo account telefonico presso {tenant} è stato modificato.

Questo messaggio va all’indirizzo che avevamo finora.

I link ancora aperti non funzionano più.

Se ha chiesto lei la modifica, non deve fare nulla.

Altrimenti la preghiamo di chiamarci subito.

Assistenza telefonica: {support_phone}
Assistenza via e-mail: {support_email}
""",
        ),
    },
)
