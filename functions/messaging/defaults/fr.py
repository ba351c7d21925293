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
        Kind.code: """\
Votre code pour activer le {number} : {code}
Il est valable {expires}. Ne le donnez à personne.""",
        Kind.reminder: """\
Le {number} n'est pas encore actif. Pour l'activer, ouvrez ce lien sur votre téléphone.
{link}""",
        Kind.activated: """\
Le {number} est maintenant actif sur un téléphone. Si ce n'était pas vous, bloquez-le ici.
{not_me}""",
        Kind.reset: """\
Votre téléphone du {number} a été déconnecté : il ne pourra plus appeler avant une nouvelle activation.
Questions ? {support_phone}""",
        Kind.changed: """\
Le numéro, le mobile ou l'e-mail de votre compte a été modifié.
Si vous ne l'avez pas demandé, appelez le {support_phone}""",
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
        Kind.code: Mail(
            "Votre code pour activer le numéro {number}",
            """\
Bonjour {full_name},

Quelqu’un, très probablement vous, active un téléphone avec le numéro {number}.

Voici le code à saisir :

{code}

Il est valable {expires}.

Merci de ne le donner à personne. Nous ne vous le demanderons jamais.

Si vous n’activez pas de téléphone, il n’y a rien à faire.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}

{tenant}
""",
        ),
        Kind.reminder: Mail(
            "Votre numéro {number} n’est pas encore actif",
            """\
Bonjour {full_name},

Votre numéro de téléphone {number} vous attend : l’application de votre téléphone n’est pas encore activée.

Installez d’abord l’application. Ouvrez ensuite le lien sur le même téléphone et touchez le bouton :

{link}

Ce lien vous est réservé et fonctionne pour un seul téléphone. Merci de ne pas le transférer.
Il est valable {expires}.

Si quelque chose ne fonctionne pas, appelez-nous.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}

{tenant}
""",
        ),
        Kind.activated: Mail(
            "Votre numéro {number} a été activé sur un téléphone",
            """\
Bonjour {full_name},

Un téléphone vient d’être activé avec votre numéro {number}.

Quand : {when}
Appareil : {device}

Si c’était vous, il n’y a rien à faire.

Si ce n’était pas vous, ouvrez ce lien pour bloquer le téléphone :

{not_me}

Les derniers chiffres de votre numéro vous seront demandés.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}

{tenant}
""",
        ),
        Kind.reset: Mail(
            "Votre téléphone avec le numéro {number} a été déconnecté",
            """\
Bonjour {full_name},

Le téléphone avec votre numéro {number} a été déconnecté. Il ne pourra plus appeler avant une nouvelle activation.

Si vous voulez continuer à appeler avec ce téléphone, il vous faut un nouveau lien d’activation.

Si vous ne vous y attendiez pas, appelez-nous.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}

{tenant}
""",
        ),
        Kind.changed: Mail(
            "Les coordonnées de votre compte téléphonique ont été modifiées",
            """\
Bonjour,

Le numéro, le mobile ou l’e-mail de votre compte téléphonique chez {tenant} a été modifié.

Ce message va à l’adresse que nous avions jusqu’ici.

Les liens encore ouverts ne fonctionnent plus.

Si vous avez demandé ce changement, il n’y a rien à faire.

Sinon, appelez-nous tout de suite.

Aide par téléphone : {support_phone}
Aide par e-mail : {support_email}
""",
        ),
    },
)
