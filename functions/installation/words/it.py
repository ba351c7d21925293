"""Italian."""

from typing import Final

from functions.installation.words import Words

WORDS: Final = Words(
    title="Installi l’app per telefonare",
    intro="{tenant} ha preparato per lei un’app per telefonare.",
    choose="Scelga il suo dispositivo:",
    none_fits="Non c’è una versione per questo dispositivo ({platform}). Per un altro, scelga:",
    none_at_all="Non c’è ancora nessuna versione. Chieda a chi le ha inviato questo link.",
    too_old="Questo dispositivo è troppo vecchio per l’app",
    too_old_needs="L’app richiede {needs}. Usi un altro dispositivo, aggiorni questo se è possibile, o chieda aiuto:",
    other_browser="Questa pagina si è aperta dentro un’altra app. Se non si scarica nulla, scelga «Apri nel browser» "
    "dal suo menu.",
    scan="Oppure inquadri questo codice con la fotocamera del telefono:",
    code="Codice QR con l’indirizzo di questa pagina",
    needs="{platform} {version} o successivo",
    next="Dopo l’installazione apra il Suo link di attivazione.",
    unknown_title="Questo link non è conosciuto",
    unknown="Controlli che sia stato copiato per intero, o ne chieda uno nuovo a chi lo ha inviato.",
    trust="{tenant} le dà questa app direttamente, non attraverso uno store. Perciò {platform} chiede "
    "prima il suo consenso:",
    download="Scarica",
    install="Installa",
    file="Versione {version}, {size} MB",
    sum="SHA-256 del file:",
    steps={
        "apk": (
            "Tocchi «Scarica» qui sotto. Se il browser avverte, scelga «Scarica comunque». Poi apra il file.",
            (
                "Android non ne conosce l’origine: tocchi «Impostazioni», attivi «Consenti da questa origine» e torni "
                "indietro."
            ),
            "Tocchi «Installa». Se Play Protect chiede, scelga «Altri dettagli», poi «Installa comunque».",
        ),
        "ipa": (
            "Tocchi «Installa» qui sotto e di nuovo nella finestra. L’app compare nella schermata Home.",
            "Vada in Impostazioni › Generali › VPN e gestione dispositivi e tocchi il nome dello sviluppatore.",
            "Tocchi «Autorizza» (da iOS 18 «Consenti e riavvia»). Ora l’app si apre.",
        ),
        "msix": (
            "Faccia clic su «Scarica» qui sotto e apra il file.",
            "Windows mostra l’app e il suo autore. Controlli il nome e faccia clic su «Installa».",
        ),
        "exe": (
            "Faccia clic su «Scarica» qui sotto e apra il file. Se il browser lo trattiene, scelga «Conserva».",
            "Windows avvisa «PC protetto da Windows»: faccia clic su «Ulteriori informazioni».",
            "Faccia clic su «Esegui comunque» e segua l’installazione.",
        ),
        "dmg": (
            "Faccia clic su «Scarica» qui sotto, apra il file e trascini l’app sulla cartella Applicazioni.",
            "Apra l’app. La prima volta macOS la rifiuta: faccia clic su «Fine».",
            "Vada in Impostazioni di Sistema › Privacy e sicurezza e, più in basso, faccia clic su «Apri comunque».",
        ),
        "pkg": (
            "Faccia clic su «Scarica» qui sotto e apra il file.",
            "La prima volta macOS lo rifiuta: faccia clic su «Fine».",
            "Vada in Impostazioni di Sistema › Privacy e sicurezza e, più in basso, faccia clic su «Apri comunque».",
        ),
        "deb": (
            "Faccia clic su «Scarica» qui sotto e apra il file con il gestore del software.",
            "Faccia clic su «Installa» e scriva la sua password.",
        ),
        "appimage": (
            "Faccia clic su «Scarica» qui sotto. Poi apra le proprietà del file con il tasto destro.",
            "In «Permessi» consenta di eseguirlo come programma. Ora apra il file.",
        ),
    },
)
