"""German. The SMS keep to the characters of GSM-7: the umlauts and ß are among them."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="ltr",
    durations={
        "minutes": {"one": "{n} Minute", "other": "{n} Minuten"},
        "hours": {"one": "{n} Stunde", "other": "{n} Stunden"},
        "days": {"one": "{n} Tag", "other": "{n} Tage"},
    },
    qr="Lesen Sie diese Nachricht am Computer? Richten Sie die Kamera Ihres Telefons auf diesen Code:",
    qr_alt="QR-Code mit dem Link",
    sms={
        Kind.installation: """\
Ihre neue Nummer ist {number}. Installieren Sie die App über diesen Link auf Ihrem Telefon.
{link}""",
        Kind.activation: """\
{number} aktivieren: Zuerst die App installieren, dann diesen Link auf dem Telefon öffnen.
{link}""",
        Kind.combined: """\
Ihre neue Nummer ist {number}. Installieren Sie zuerst die App auf Ihrem Telefon:
{installation_link}
Öffnen Sie danach diesen Link, um sie zu aktivieren:
{link}""",
    },
    mails={
        Kind.installation: Mail(
            "Installieren Sie die App für Ihre neue Nummer {number}",
            """\
Guten Tag {full_name},

{tenant} hat für Sie die Telefonnummer {number} eingerichtet.

Um die App zu installieren, öffnen Sie diesen Link auf dem Telefon, das Sie verwenden möchten:

{link}

Den Link zum Aktivieren der App erhalten Sie in einer eigenen Nachricht.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}
""",
        ),
        Kind.activation: Mail(
            "Aktivieren Sie Ihre neue Nummer {number}",
            """\
Guten Tag {full_name},

Dieser Link aktiviert die App auf Ihrem Telefon: Danach können Sie mit der Nummer {number} telefonieren.

Installieren Sie zuerst die App. Öffnen Sie dann den Link auf demselben Telefon und tippen Sie auf die Schaltfläche:

{link}

Der Link ist nur für Sie bestimmt und funktioniert für ein einziges Telefon. Bitte leiten Sie ihn nicht weiter.
Er ist {expires} gültig.

Wenn Sie diese Nachricht nicht erwartet haben, öffnen Sie den Link bitte nicht.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "Installieren und aktivieren Sie die App für Ihre neue Nummer {number}",
            """\
Guten Tag {full_name},

{tenant} hat für Sie die Telefonnummer {number} eingerichtet. In zwei Schritten ist Ihr Telefon bereit.

1. Um die App zu installieren, öffnen Sie diesen Link auf dem Telefon, das Sie verwenden möchten:

{installation_link}

2. Wenn die App installiert ist, öffnen Sie diesen Link auf demselben Telefon und tippen Sie auf die Schaltfläche:

{link}

Der zweite Link ist nur für Sie bestimmt und funktioniert für ein einziges Telefon. Bitte leiten Sie ihn nicht weiter.
Er ist {expires} gültig.

Wenn Sie diese Nachricht nicht erwartet haben, öffnen Sie die Links bitte nicht.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}
""",
        ),
    },
)
