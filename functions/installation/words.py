"""What the installation page says, per language. A language that is not here is shown in English."""

from typing import Final

import msgspec

from functions.common.agents import Platform

PLATFORM_NAMES: Final[dict[Platform, str]] = {
    "android": "Android",
    "ios": "iPhone, iPad",
    "windows": "Windows",
    "macos": "Mac",
    "linux": "Linux",
    "blackberry": "BlackBerry",
    "symbian": "Symbian",
}

SYSTEM_NAMES: Final[dict[Platform, str]] = PLATFORM_NAMES | {"ios": "iOS", "macos": "macOS"}  # beside a version


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The page's texts; {tenant}, {platform}, {version}, {phone} and {email} are filled in."""

    title: str
    intro: str  # {tenant}
    choose: str
    none_fits: str  # {platform}
    none_at_all: str
    scan: str
    code: str  # what a screen reader says of the QR code
    needs: str  # {platform} {version}
    next: str
    help_phone: str  # {phone}
    help_email: str  # {email}
    unknown_title: str
    unknown: str


ENGLISH: Final = Words(
    title="Install your phone app",
    intro="{tenant} has prepared a phone app for you.",
    choose="Choose your device:",
    none_fits="There is no package for this device ({platform}). On another one, choose:",
    none_at_all="There is no package yet. Please ask those who sent you this link.",
    scan="Or scan this code with your phone's camera:",
    code="QR code with the address of this page",
    needs="{platform} {version} or later",
    next="After installing, open the activation link that you got in a message of its own.",
    help_phone="Help: {phone}",
    help_email="Help: {email}",
    unknown_title="This link is not known",
    unknown="Check that it was copied whole, or ask those who sent it to you for a new one.",
)

WORDS: Final[dict[str, Words]] = {
    "en": ENGLISH,
    "de": Words(
        title="Telefon-App installieren",
        intro="{tenant} hat eine Telefon-App für Sie vorbereitet.",
        choose="Wählen Sie Ihr Gerät:",
        none_fits="Für dieses Gerät ({platform}) gibt es kein Paket. Für ein anderes wählen Sie:",
        none_at_all="Es gibt noch kein Paket. Bitte fragen Sie dort nach, woher Sie diesen Link haben.",
        scan="Oder scannen Sie diesen Code mit der Kamera Ihres Telefons:",
        code="QR-Code mit der Adresse dieser Seite",
        needs="Ab {platform} {version}",
        next="Öffnen Sie nach der Installation den Aktivierungslink aus einer eigenen Nachricht.",
        help_phone="Hilfe: {phone}",
        help_email="Hilfe: {email}",
        unknown_title="Dieser Link ist nicht bekannt",
        unknown="Prüfen Sie, ob er vollständig kopiert wurde, oder bitten Sie den Absender um einen neuen.",
    ),
    "es": Words(
        title="Instale su aplicación de teléfono",
        intro="{tenant} ha preparado una aplicación de teléfono para usted.",
        choose="Elija su dispositivo:",
        none_fits="No hay ningún paquete para este dispositivo ({platform}). Para otro, elija:",
        none_at_all="Todavía no hay ningún paquete. Pregunte a quien le envió este enlace.",
        scan="O escanee este código con la cámara de su teléfono:",
        code="Código QR con la dirección de esta página",
        needs="{platform} {version} o posterior",
        next="Después de instalarla, abra el enlace de activación que recibió en otro mensaje.",
        help_phone="Ayuda: {phone}",
        help_email="Ayuda: {email}",
        unknown_title="Este enlace no es conocido",
        unknown="Compruebe que se copió entero o pida uno nuevo a quien se lo envió.",
    ),
    "fr": Words(
        title="Installez votre application de téléphonie",
        intro="{tenant} a préparé une application de téléphonie pour vous.",
        choose="Choisissez votre appareil :",
        none_fits="Il n’y a pas de version pour cet appareil ({platform}). Pour un autre, choisissez :",
        none_at_all="Il n’y a pas encore de version. Demandez à la personne qui vous a envoyé ce lien.",
        scan="Ou scannez ce code avec l’appareil photo de votre téléphone :",
        code="Code QR avec l’adresse de cette page",
        needs="{platform} {version} ou plus récent",
        next="Après l’installation, ouvrez le lien d’activation reçu dans un autre message.",
        help_phone="Aide : {phone}",
        help_email="Aide : {email}",
        unknown_title="Ce lien n’est pas connu",
        unknown="Vérifiez qu’il a été copié en entier ou demandez-en un nouveau à son expéditeur.",
    ),
    "it": Words(
        title="Installi l’app per telefonare",
        intro="{tenant} ha preparato per lei un’app per telefonare.",
        choose="Scelga il suo dispositivo:",
        none_fits="Non c’è una versione per questo dispositivo ({platform}). Per un altro, scelga:",
        none_at_all="Non c’è ancora nessuna versione. Chieda a chi le ha inviato questo link.",
        scan="Oppure inquadri questo codice con la fotocamera del telefono:",
        code="Codice QR con l’indirizzo di questa pagina",
        needs="{platform} {version} o successivo",
        next="Dopo l’installazione apra il link di attivazione ricevuto in un altro messaggio.",
        help_phone="Assistenza: {phone}",
        help_email="Assistenza: {email}",
        unknown_title="Questo link non è conosciuto",
        unknown="Controlli che sia stato copiato per intero, o ne chieda uno nuovo a chi lo ha inviato.",
    ),
}


def words(language: str) -> tuple[str, Words]:
    """The language that is really shown, and its texts."""
    base = language.partition("-")[0]
    return (base, WORDS[base]) if base in WORDS else ("en", ENGLISH)
