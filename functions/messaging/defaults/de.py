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
        Kind.code: """\
Ihr Code zum Aktivieren von {number}: {code}
Er ist {expires} gültig. Geben Sie ihn nicht weiter.""",
        Kind.reminder: """\
{number} ist noch nicht aktiv. Öffnen Sie zum Aktivieren diesen Link auf dem Telefon.
{link}""",
        Kind.activated: """\
{number} wurde soeben auf einem Telefon aktiviert. Waren Sie das nicht? Hier sperren:
{not_me}""",
        Kind.reset: """\
Ihr Telefon mit der Nummer {number} wurde abgemeldet: Ohne neue Aktivierung sind keine Anrufe möglich.
Fragen? {support_phone}""",
        Kind.changed: """\
Nummer, Mobilnummer oder E-Mail Ihres Telefonkontos wurde geändert.
Das wollten Sie nicht? Rufen Sie an: {support_phone}""",
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
        Kind.code: Mail(
            "Ihr Code zum Aktivieren von {number}",
            """\
Guten Tag {full_name},

Jemand, sehr wahrscheinlich Sie, aktiviert gerade ein Telefon mit der Nummer {number}.

Diesen Code geben Sie dort ein:

{code}

Er ist {expires} gültig.

Bitte geben Sie ihn nicht weiter. Wir werden Sie nie danach fragen.

Wenn Sie gerade kein Telefon aktivieren, brauchen Sie nichts zu tun.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}

{tenant}
""",
        ),
        Kind.reminder: Mail(
            "Ihre Nummer {number} ist noch nicht aktiv",
            """\
Guten Tag {full_name},

Ihre Telefonnummer {number} wartet auf Sie: Die App auf Ihrem Telefon ist noch nicht aktiviert.

Installieren Sie zuerst die App. Öffnen Sie dann den Link auf demselben Telefon und tippen Sie auf die Schaltfläche:

{link}

Der Link ist nur für Sie bestimmt und funktioniert für ein einziges Telefon. Bitte leiten Sie ihn nicht weiter.
Er ist {expires} gültig.

Wenn etwas nicht klappt, rufen Sie uns bitte an.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}

{tenant}
""",
        ),
        Kind.activated: Mail(
            "Ihre Nummer {number} wurde auf einem Telefon aktiviert",
            """\
Guten Tag {full_name},

Mit Ihrer Nummer {number} wurde soeben ein Telefon aktiviert.

Zeitpunkt: {when}
Gerät: {device}

Wenn Sie das waren, ist nichts zu tun.

Wenn Sie das nicht waren, öffnen Sie diesen Link, um das Telefon zu sperren:

{not_me}

Sie werden nach den letzten Ziffern Ihrer Nummer gefragt.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}

{tenant}
""",
        ),
        Kind.reset: Mail(
            "Ihr Telefon mit der Nummer {number} wurde abgemeldet",
            """\
Guten Tag {full_name},

Das Telefon mit Ihrer Nummer {number} wurde abgemeldet. Bis zur nächsten Aktivierung kann es nicht anrufen.

Wenn Sie weiter damit telefonieren möchten, brauchen Sie einen neuen Aktivierungslink.

Wenn Sie das nicht erwartet haben, rufen Sie uns bitte an.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}

{tenant}
""",
        ),
        Kind.changed: Mail(
            "Die Kontaktdaten Ihres Telefonkontos wurden geändert",
            """\
Guten Tag,

Nummer, Mobilnummer oder E-Mail Ihres Telefonkontos bei {tenant} wurde geändert.

Diese Nachricht geht an die Adresse, die wir bisher hatten.

Noch offene Links funktionieren nicht mehr.

Wenn Sie die Änderung wollten, ist nichts zu tun.

Wenn nicht, rufen Sie uns bitte sofort an.

Hilfe per Telefon: {support_phone}
Hilfe per E-Mail: {support_email}
""",
        ),
    },
)
