"""French."""

from typing import Final

from functions.installation.words import Words

WORDS: Final = Words(
    title="Installez votre application de téléphonie",
    intro="{tenant} a préparé une application de téléphonie pour vous.",
    choose="Choisissez votre appareil :",
    none_fits="Il n’y a pas de version pour cet appareil ({platform}). Pour un autre, choisissez :",
    none_at_all="Il n’y a pas encore de version. Demandez à la personne qui vous a envoyé ce lien.",
    too_old="Cet appareil est trop ancien pour l’application",
    too_old_needs="L’application demande {needs}. Prenez un autre appareil, mettez celui-ci à jour si c’est possible, "
    "ou demandez de l’aide :",
    other_browser="Cette page s’est ouverte dans une autre application. Si rien ne se télécharge, choisissez « Ouvrir "
    "dans le navigateur » dans son menu.",
    scan="Ou scannez ce code avec l’appareil photo de votre téléphone :",
    code="Code QR avec l’adresse de cette page",
    needs="{platform} {version} ou plus récent",
    next="Après l’installation, ouvrez votre lien d’activation.",
    unknown_title="Ce lien n’est pas connu",
    unknown="Vérifiez qu’il a été copié en entier ou demandez-en un nouveau à son expéditeur.",
    trust="{tenant} vous donne cette application directement, sans passer par un magasin. {platform} vous "
    "demande donc d’abord votre accord :",
    download="Télécharger",
    install="Installer",
    file="Version {version}, {size} Mo",
    sum="SHA-256 du fichier :",
    steps={
        "apk": (
            (
                "Touchez « Télécharger » ci-dessous. Si le navigateur met en garde, choisissez « Télécharger "
                "quand même ». "
                "Ouvrez ensuite le fichier."
            ),
            (
                "Android n’en connaît pas la source : touchez « Paramètres », activez « Autoriser cette source », puis "
                "revenez en arrière."
            ),
            (
                "Touchez « Installer ». Si Play Protect intervient, choisissez « Plus de détails », puis « "
                "Installer quand "
                "même »."
            ),
        ),
        "ipa": (
            "Touchez « Installer » ci-dessous, puis encore dans la fenêtre. L’app apparaît sur l’écran d’accueil.",
            "Allez dans Réglages › Général › VPN et gestion de l’appareil, et touchez le nom du développeur.",
            "Touchez « Faire confiance » (à partir d’iOS 18, « Autoriser et redémarrer »). L’app s’ouvre alors.",
        ),
        "msix": (
            "Cliquez sur « Télécharger » ci-dessous, puis ouvrez le fichier.",
            "Windows montre l’application et son éditeur. Vérifiez le nom et cliquez sur « Installer ».",
        ),
        "exe": (
            (
                "Cliquez sur « Télécharger » ci-dessous et ouvrez le fichier. Si le navigateur le retient, choisissez "
                "« Conserver »."
            ),
            "Windows affiche « Windows a protégé votre ordinateur » : cliquez sur « Informations complémentaires ».",
            "Cliquez sur « Exécuter quand même » et suivez l’installation.",
        ),
        "dmg": (
            "Cliquez sur « Télécharger » ci-dessous, ouvrez le fichier et glissez l’app sur le dossier Applications.",
            "Ouvrez l’app. La première fois, macOS refuse : cliquez sur « Terminé ».",
            (
                "Allez dans Réglages Système › Confidentialité et sécurité et, plus bas, cliquez sur « Ouvrir "
                "quand même »."
            ),
        ),
        "pkg": (
            "Cliquez sur « Télécharger » ci-dessous, puis ouvrez le fichier.",
            "La première fois, macOS refuse : cliquez sur « Terminé ».",
            (
                "Allez dans Réglages Système › Confidentialité et sécurité et, plus bas, cliquez sur « Ouvrir "
                "quand même »."
            ),
        ),
        "deb": (
            "Cliquez sur « Télécharger » ci-dessous et ouvrez le fichier avec la logithèque.",
            "Cliquez sur « Installer » et saisissez votre mot de passe.",
        ),
        "appimage": (
            "Cliquez sur « Télécharger » ci-dessous. Ouvrez ensuite les propriétés du fichier d’un clic droit.",
            "Sous « Permissions », autorisez son exécution comme programme. Ouvrez-le maintenant.",
        ),
    },
)
