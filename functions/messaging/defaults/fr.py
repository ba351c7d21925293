"""French. The SMS keep to the characters of GSM-7: à è é ù are among them; ç and every circumflex are not."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="ltr",
    durations={
        "minutes": {"one": "{n} minute", "other": "{n} minutes"},
        "hours": {"one": "{n} heure", "other": "{n} heures"},
        "days": {"one": "{n} jour", "other": "{n} jours"},
    },
    qr="Vous lisez ce message sur un ordinateur ? Visez ce code avec l’appareil photo de votre téléphone :",
    qr_alt="Code QR contenant le lien",
    sms={
        Kind.installation: """\
Votre nouveau numéro : {number}. Installez l'application sur votre téléphone avec ce lien.
{link}""",
        Kind.activation: """\
Pour activer le {number}, installez l'application puis ouvrez ce lien sur votre téléphone.
{link}""",
        Kind.combined: """\
Votre nouveau numéro : {number}. Installez d'abord l'application sur votre téléphone :
{installation_link}
Ouvrez ensuite ce lien pour l'activer :
{link}""",
    },
    mails={
        Kind.installation: Mail(
            "Installez l’application pour votre nouveau numéro {number}",
            """\
Bonjour {full_name},

{tenant} vous a attribué le numéro de téléphone {number}.

Pour installer l’application, ouvrez ce lien sur le téléphone que vous utiliserez :

{link}

Le lien pour activer l’application arrivera dans un message séparé.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}
""",
        ),
        Kind.activation: Mail(
            "Activez votre nouveau numéro {number}",
            """\
Bonjour {full_name},

Ce lien active l’application sur votre téléphone : vous pourrez ainsi appeler avec le numéro {number}.

Installez d’abord l’application. Ouvrez ensuite le lien sur le même téléphone et touchez le bouton :

{link}

Ce lien vous est réservé et fonctionne pour un seul téléphone. Merci de ne pas le transférer.
Il est valable {expires}.

Si vous n’attendiez pas ce message, merci de ne pas ouvrir le lien.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "Installez et activez l’application pour votre nouveau numéro {number}",
            """\
Bonjour {full_name},

{tenant} vous a attribué le numéro de téléphone {number}. Votre téléphone sera prêt en deux étapes.

1. Pour installer l’application, ouvrez ce lien sur le téléphone que vous utiliserez :

{installation_link}

2. Une fois l’application installée, ouvrez ce lien sur le même téléphone et touchez le bouton :

{link}

Le second lien vous est réservé et fonctionne pour un seul téléphone. Merci de ne pas le transférer.
Il est valable {expires}.

Si vous n’attendiez pas ce message, merci de ne pas ouvrir les liens.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}
""",
        ),
    },
)
