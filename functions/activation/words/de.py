"""German."""

from typing import Final

from functions.activation.words._words import Said, Words

WORDS: Final = Words(
    title="Telefon aktivieren",
    intro="{tenant} hat eine Telefon-App für Sie vorbereitet. Öffnen Sie diese Seite auf dem Gerät, mit dem Sie "
    "telefonieren möchten.",
    intro_unknown="Eine Telefon-App ist für Sie vorbereitet. Öffnen Sie diese Seite auf dem Gerät, mit dem Sie "
    "telefonieren möchten.",
    tap_phone="Dieses Telefon aktivieren",
    tap_device="Dieses Gerät aktivieren",
    tap_computer="Diesen Computer aktivieren",
    busy="Einen Moment…",
    install_hint="Ist die App noch nicht auf diesem Gerät? Installieren Sie sie zuerst und kommen Sie dann auf diese "
    "Seite zurück.",
    install="App installieren",
    install_message="Ist die App noch nicht auf diesem Gerät? Öffnen Sie zuerst den Link aus der "
    "Installationsnachricht und kommen Sie dann auf diese Seite zurück.",
    in_app="Diese Seite wurde in einer anderen App geöffnet. Von dort kann Ihre Telefon-App nicht gestartet werden.",
    in_app_android="Im Browser öffnen",
    in_app_ios="Tippen Sie auf das Menü oder das Teilen-Symbol dieses Bildschirms und wählen Sie „In Safari öffnen“ "
    "oder „Im Browser öffnen“.",
    address="Oder kopieren Sie diese Adresse und fügen Sie sie in Ihrem Browser ein:",
    copy="Kopieren",
    copied="Kopiert",
    scan="Richten Sie die Kamera Ihres Telefons auf diesen Code:",
    qr="QR-Code mit der Adresse dieser Seite",
    here="Meine Telefon-App ist auf diesem Computer",
    not_me="Diese Nachricht ist nicht für mich",
    code_label="Code (6 Ziffern)",
    code_needed_sms="Zu Ihrem Schutz ist außerdem ein Code nötig. Er kommt per SMS.",
    code_needed_email="Zu Ihrem Schutz ist außerdem ein Code nötig. Er kommt per E-Mail.",
    code_needed_operator="Zu Ihrem Schutz ist außerdem ein Code nötig. Melden Sie sich bei uns, wir lesen ihn Ihnen "
    "vor.",
    send_code_sms="Code per SMS senden",
    send_code_email="Code per E-Mail senden",
    send_code_again="Neuen Code senden",
    code_sent_sms="Der Code ist per SMS unterwegs. Geben Sie ihn hier ein.",
    code_sent_email="Der Code ist per E-Mail unterwegs. Geben Sie ihn hier ein.",
    wrong_code="Dieser Code stimmt nicht. Geben Sie den Code aus der neuesten Nachricht ein.",
    code_over="Dieser Code gilt nicht mehr. Fordern Sie einen neuen an.",
    too_many_codes="Es wurden zu viele falsche Codes eingegeben. Bitte melden Sie sich bei uns.",
    start_title="Noch einmal tippen",
    start_intro="Die App startet und richtet sich selbst ein. Das geht nur einige Minuten lang und nur auf diesem "
    "Gerät.",
    set_up="{app} einrichten",
    start="{app} starten",
    profile_first="Installieren Sie zuerst das Profil: Laden Sie es, öffnen Sie dann die Einstellungen und tippen Sie "
    "auf „Profil geladen“.",
    profile="Profil laden",
    file_hint="Oder laden Sie die Datei und öffnen Sie sie mit der App.",
    file="Datei laden",
    missing="{app} scheint auf diesem Gerät zu fehlen. Installieren Sie die App, kommen Sie auf diese Seite zurück "
    "und tippen Sie noch einmal.",
    missing_hint="Geschieht nichts? Dann ist {app} noch nicht auf diesem Gerät. Installieren Sie die App und kommen "
    "Sie auf diese Seite zurück.",
    typed_intro="Geben Sie dies in {app} ein:",
    typed_server="Server",
    typed_username="Benutzername",
    typed_code="Code oder Passwort",
    scan_app="{app} ist auf einem anderen Gerät",
    waiting="Warten auf {app}…",
    waiting_long="{app} ist noch nicht gestartet. Ist die App installiert? Tippen Sie noch einmal auf die "
    "Schaltfläche.",
    fetched="Die App ist eingerichtet und meldet sich an…",
    fetched_file="Die Datei ist auf diesem Gerät. Startet die App nicht, so öffnen Sie die Datei unter „Downloads“.",
    fetched_long="Die App kann sich noch nicht anmelden. Ist dieses Gerät mit dem Internet verbunden? Wenn ja, rufen "
    "Sie uns bitte an.",
    ready="Bereit zum Telefonieren",
    test_call="Rufen Sie zur Probe mit der App {number} an.",
    over=Said(
        "Dieser Versuch ist zu Ende",
        "Es ist zu viel Zeit vergangen, oder ein anderes Gerät war schneller. Öffnen Sie den Link aus der Nachricht "
        "noch einmal.",
    ),
    how_far="Stand anzeigen",
    help_phone="Hilfe per Telefon: {phone}",
    help_email="Hilfe per E-Mail: {email}",
    help_sender="Hilfe erhalten Sie dort, woher die Nachricht kam.",
    privacy="Für Ihre persönlichen Daten ist verantwortlich: {controller}. Wird dieser Link benutzt, so halten wir "
    "Zeit, Art des Geräts und sein Netz fest.",
    privacy_notice="Datenschutzhinweise",
    ended={
        "expired": Said("Dieser Link ist abgelaufen", "Seine Zeit ist vorbei. Fordern Sie einen neuen an."),
        "used": Said(
            "Dieser Link wurde schon benutzt",
            "Er gilt für ein einziges Gerät und nur einmal. Waren Sie das, so ist nichts mehr zu tun. Waren Sie es "
            "nicht, melden Sie sich bitte sofort bei uns.",
        ),
        "superseded": Said(
            "Es gibt einen neueren Link",
            "Dieser wurde ersetzt. Nehmen Sie den neueren: die letzte Nachricht oder den Code, der Ihnen gezeigt "
            "wurde.",
        ),
        "revoked": Said(
            "Dieser Link wurde zurückgezogen",
            "Er gilt nicht mehr. Bitte melden Sie sich bei uns.",
        ),
        "locked": Said(
            "Dieser Link ist gesperrt",
            "Zu oft wurde ein falscher Code eingegeben. Melden Sie sich bei uns, wir entsperren ihn.",
        ),
        "suspended": Said(
            "Ihr Konto ist abgeschaltet",
            "Dieser Link funktioniert zurzeit nicht. Bitte melden Sie sich bei uns.",
        ),
        "unknown": Said(
            "Dieser Link ist nicht bekannt",
            "Wurde er vollständig kopiert? Wenn ja, bitten Sie den Absender um einen neuen.",
        ),
        "wait": Said(
            "Bitte warten Sie",
            "Aus Ihrem Netz kamen zu viele falsche Adressen. Versuchen Sie es später noch einmal.",
        ),
        "not_on_phone": Said(
            "Bitte nehmen Sie Ihr Telefon",
            "Öffnen Sie diesen Link auf dem Gerät, mit dem Sie telefonieren möchten, und tippen Sie dort auf die "
            "Schaltfläche.",
        ),
        "asked_already": Said(
            "Sie haben schon darum gebeten",
            "Wir haben es weitergegeben. Ein neuer Link kommt zu Ihnen, oder wir melden uns.",
        ),
        "codes_asked": Said(
            "Bitte warten Sie auf den Code",
            "Innerhalb einer Stunde wurden mehrere Codes angefordert. Geben Sie den neuesten ein oder versuchen "
            "Sie es später.",
        ),
        "not_ready": Said(
            "Bei uns fehlt noch etwas",
            "Dieser Link kann Ihre App zurzeit nicht starten. Bitte melden Sie sich bei uns; auch wir erfahren davon.",
        ),
        "no_app": Said(
            "Nicht auf diesem Gerät",
            "Ihre App läuft nicht auf diesem Gerät. Öffnen Sie den Link auf einem anderen, zum Beispiel Ihrem "
            "Computer.",
        ),
        "again": Said(
            "Bitte versuchen Sie es noch einmal",
            "Diese Seite war zu alt. Öffnen Sie den Link aus der Nachricht neu und tippen Sie dort.",
        ),
    },
    minutes="Wartezeit in Minuten: {minutes}",
    ask="Neuen Link anfordern",
    sure=Said(
        "Ist diese Nachricht nicht für Sie?",
        "Dann sperren wir den Link und sagen es dem Absender. Niemand kann ihn dann noch benutzen.",
    ),
    sure_box="Ja, diese Nachricht ist nicht für mich",
    sure_button="Link sperren",
    back="Zurück",
    told={
        "not_me": Said(
            "Vielen Dank",
            "Der Link ist gesperrt, und der Absender weiß Bescheid. Sie können die Nachricht löschen.",
        ),
        "asked": Said(
            "Wir haben es weitergegeben",
            "Ein neuer Link kommt an Ihre gewohnte Nummer oder Adresse, oder wir melden uns bei Ihnen.",
        ),
        "code_sent": Said(
            "Ein Code ist unterwegs",
            "Kehren Sie auf die Seite des Links zurück und geben Sie den Code dort ein.",
        ),
    },
    spell=Said(
        "Geben Sie Ihren Code ein",
        "Geben Sie den Code, den man Ihnen vorliest, auf dem Gerät ein, mit dem Sie telefonieren möchten.",
    ),
    spell_label="Code (8 Zeichen)",
    spell_button="Weiter",
    spell_unknown="Dieser Code ist nicht bekannt. Vergleichen Sie ihn Zeichen für Zeichen oder bitten Sie um einen "
    "neuen.",
)
