"""German."""

from typing import Final

from functions.installation.words import Words

WORDS: Final = Words(
    title="Telefon-App installieren",
    intro="{tenant} hat eine Telefon-App für Sie vorbereitet.",
    choose="Wählen Sie Ihr Gerät:",
    none_fits="Für dieses Gerät ({platform}) gibt es kein Paket. Für ein anderes wählen Sie:",
    none_at_all="Es gibt noch kein Paket. Bitte fragen Sie dort nach, woher Sie diesen Link haben.",
    too_old="Dieses Gerät ist zu alt für die App",
    too_old_needs="Die App braucht {needs}. Nehmen Sie ein anderes Gerät, aktualisieren Sie dieses, falls das geht, "
    "oder lassen Sie sich helfen:",
    other_browser="Diese Seite wurde in einer anderen App geöffnet. Wird nichts heruntergeladen, wählen Sie in deren "
    "Menü „Im Browser öffnen“.",
    scan="Oder scannen Sie diesen Code mit der Kamera Ihres Telefons:",
    code="QR-Code mit der Adresse dieser Seite",
    needs="{platform} {version} oder neuer",
    next="Öffnen Sie nach der Installation Ihren Aktivierungslink.",
    unknown_title="Dieser Link ist nicht bekannt",
    unknown="Prüfen Sie, ob er vollständig kopiert wurde, oder bitten Sie den Absender um einen neuen.",
    trust="Diese App erhalten Sie direkt von {tenant}, nicht aus einem Store. Darum fragt {platform} Sie vorher:",
    download="Herunterladen",
    install="Installieren",
    file="Version {version}, {size} MB",
    sum="SHA-256 der Datei:",
    steps={
        "apk": (
            (
                "Tippen Sie unten auf „Herunterladen“. Warnt der Browser, wählen Sie „Trotzdem herunterladen“. "
                "Öffnen Sie "
                "dann die Datei."
            ),
            (
                "Android kennt ihre Herkunft nicht: Tippen Sie auf „Einstellungen“, schalten Sie „Dieser Quelle "
                "vertrauen“ "
                "ein und gehen Sie zurück."
            ),
            (
                "Tippen Sie auf „Installieren“. Fragt Play Protect, wählen Sie „Weitere Details“, dann „Trotzdem "
                "installieren“."
            ),
        ),
        "ipa": (
            (
                "Tippen Sie unten auf „Installieren“ und im Fenster noch einmal. Die App erscheint auf dem "
                "Home-Bildschirm."
            ),
            "Gehen Sie zu Einstellungen › Allgemein › VPN und Geräteverwaltung und tippen Sie auf den Entwickler.",
            "Tippen Sie auf „Vertrauen“ (ab iOS 18 „Erlauben & neu starten“). Jetzt lässt sich die App öffnen.",
        ),
        "msix": (
            "Klicken Sie unten auf „Herunterladen“ und öffnen Sie die Datei.",
            "Windows zeigt die App und ihren Herausgeber. Prüfen Sie den Namen und klicken Sie auf „Installieren“.",
        ),
        "exe": (
            (
                "Klicken Sie unten auf „Herunterladen“ und öffnen Sie die Datei. Hält der Browser sie zurück, "
                "wählen Sie "
                "„Beibehalten“."
            ),
            "Windows meldet „Der Computer wurde durch Windows geschützt“: Klicken Sie auf „Weitere Informationen“.",
            "Klicken Sie auf „Trotzdem ausführen“ und folgen Sie dem Installationsprogramm.",
        ),
        "dmg": (
            (
                "Klicken Sie unten auf „Herunterladen“, öffnen Sie die Datei und ziehen Sie die App auf den Ordner "
                "„Programme“."
            ),
            "Öffnen Sie die App. Beim ersten Mal lehnt macOS ab: Klicken Sie auf „Fertig“.",
            (
                "Gehen Sie zu Systemeinstellungen › Datenschutz & Sicherheit und klicken Sie weiter unten auf „Dennoch "
                "öffnen“."
            ),
        ),
        "pkg": (
            "Klicken Sie unten auf „Herunterladen“ und öffnen Sie die Datei.",
            "Beim ersten Mal lehnt macOS ab: Klicken Sie auf „Fertig“.",
            (
                "Gehen Sie zu Systemeinstellungen › Datenschutz & Sicherheit und klicken Sie weiter unten auf „Dennoch "
                "öffnen“."
            ),
        ),
        "deb": (
            "Klicken Sie unten auf „Herunterladen“ und öffnen Sie die Datei mit der Softwareverwaltung.",
            "Klicken Sie auf „Installieren“ und geben Sie Ihr Passwort ein.",
        ),
        "appimage": (
            (
                "Klicken Sie unten auf „Herunterladen“. Öffnen Sie dann mit der rechten Maustaste die "
                "Eigenschaften der "
                "Datei."
            ),
            "Erlauben Sie unter „Zugriffsrechte“, sie als Programm auszuführen. Öffnen Sie sie jetzt.",
        ),
    },
)
