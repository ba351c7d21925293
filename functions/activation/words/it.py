"""Italian."""

from typing import Final

from functions.activation.words._words import Said, Words

WORDS: Final = Words(
    title="Attivi il suo telefono",
    intro="{tenant} ha preparato per lei un’app per telefonare. Apra questa pagina sul dispositivo con cui vuole "
    "chiamare.",
    intro_unknown="Un’app per telefonare è pronta per lei. Apra questa pagina sul dispositivo con cui vuole chiamare.",
    tap_phone="Attiva questo telefono",
    tap_device="Attiva questo dispositivo",
    tap_computer="Attiva questo computer",
    busy="Un momento…",
    install_hint="L’app non è ancora su questo dispositivo? La installi prima, poi torni a questa pagina.",
    install="Installa l’app",
    install_message="L’app non è ancora su questo dispositivo? Apra prima il link del messaggio di installazione, poi "
    "torni a questa pagina.",
    in_app="Questa pagina è stata aperta dentro un’altra app, che non può avviare la sua app per telefonare.",
    in_app_android="Apri nel browser",
    in_app_ios="Tocchi il menu o il simbolo di condivisione di questa schermata e scelga «Apri in Safari» o «Apri nel "
    "browser».",
    address="Oppure copi questo indirizzo e lo incolli nel suo browser:",
    copy="Copia",
    copied="Copiato",
    scan="Inquadri questo codice con la fotocamera del telefono:",
    qr="Codice QR con l’indirizzo di questa pagina",
    here="La mia app per telefonare è su questo computer",
    not_me="Questo messaggio non è per me",
    code_label="Codice (6 cifre)",
    code_needed_sms="Per la sua sicurezza serve anche un codice. Arriva per SMS.",
    code_needed_email="Per la sua sicurezza serve anche un codice. Arriva per e-mail.",
    code_needed_operator="Per la sua sicurezza serve anche un codice. Ci contatti e glielo leggeremo.",
    send_code_sms="Invia il codice per SMS",
    send_code_email="Invia il codice per e-mail",
    send_code_again="Invia un nuovo codice",
    code_sent_sms="Il codice è in arrivo per SMS. Lo scriva qui.",
    code_sent_email="Il codice è in arrivo per e-mail. Lo scriva qui.",
    wrong_code="Questo codice non è giusto. Scriva quello dell’ultimo messaggio.",
    code_over="Questo codice non è più valido. Ne chieda uno nuovo.",
    too_many_codes="Sono stati inseriti troppi codici sbagliati. Ci contatti, per favore.",
    start_title="Ancora un tocco",
    start_intro="L’app si avvia e si configura da sola. Funziona per pochi minuti e solo su questo dispositivo.",
    set_up="Configuri {app}",
    start="Avvia {app}",
    profile_first="Prima installi il profilo: lo scarichi, poi apra Impostazioni e tocchi «Profilo scaricato».",
    profile="Scarica il profilo",
    file_hint="Oppure scarichi il file e lo apra con l’app.",
    file="Scarica il file",
    missing="Sembra che {app} non sia su questo dispositivo. Installi l’app, torni a questa pagina e tocchi ancora.",
    missing_hint="Non succede nulla? Allora {app} non è ancora su questo dispositivo. Installi l’app e torni a questa "
    "pagina.",
    typed_intro="Inserisca in {app}:",
    typed_server="Server",
    typed_username="Nome utente",
    typed_code="Codice o password",
    scan_app="{app} è su un altro dispositivo",
    waiting="In attesa di {app}…",
    waiting_long="{app} non si è ancora avviata. È installata? Tocchi ancora il pulsante.",
    fetched="L’app è configurata e si sta collegando…",
    fetched_file="Il file è su questo dispositivo. Se l’app non si avvia, apra il file tra i download.",
    fetched_long="L’app non riesce ancora a collegarsi. Questo dispositivo è connesso a internet? Se lo è, ci "
    "contatti, per favore.",
    ready="Pronto per telefonare",
    test_call="Per provare, chiami {number} con l’app.",
    over=Said(
        "Questo tentativo è finito",
        "È passato troppo tempo, o un altro dispositivo è stato più veloce. Apra ancora una volta il link del "
        "messaggio.",
    ),
    how_far="Mostra a che punto è",
    help_phone="Assistenza telefonica: {phone}",
    help_email="Assistenza via e-mail: {email}",
    help_sender="Per assistenza si rivolga a chi le ha inviato il messaggio.",
    privacy="Titolare dei suoi dati personali: {controller}. Quando questo link viene usato registriamo l’ora, il "
    "tipo di dispositivo e la sua rete.",
    privacy_notice="Informativa sulla privacy",
    ended={
        "expired": Said("Questo link è scaduto", "Il suo tempo è finito. Ne chieda uno nuovo."),
        "used": Said(
            "Questo link è già stato usato",
            "Vale per un solo dispositivo e una sola volta. Se è stato lei, non c’è altro da fare. Se non è stato "
            "lei, ci contatti subito.",
        ),
        "superseded": Said(
            "C’è un link più recente",
            "Questo è stato sostituito. Usi quello più recente: l’ultimo messaggio, o il codice che Le è stato "
            "mostrato.",
        ),
        "revoked": Said("Questo link è stato ritirato", "Non funziona più. Ci contatti, per favore."),
        "locked": Said(
            "Questo link è bloccato",
            "È stato inserito troppe volte un codice sbagliato. Ci contatti e lo sbloccheremo.",
        ),
        "suspended": Said("Il suo account è sospeso", "Al momento questo link non funziona. Ci contatti, per favore."),
        "unknown": Said(
            "Questo link non è conosciuto",
            "È stato copiato per intero? Se sì, ne chieda uno nuovo a chi glielo ha inviato.",
        ),
        "wait": Said("Attenda, per favore", "Dalla sua rete sono arrivati troppi indirizzi sbagliati. Riprovi dopo."),
        "not_on_phone": Said(
            "Usi il suo telefono",
            "Apra questo link sul dispositivo con cui vuole chiamare e lì tocchi il pulsante.",
        ),
        "asked_already": Said("Lo ha già chiesto", "Lo abbiamo comunicato. Arriverà un nuovo link, o La contatteremo."),
        "codes_asked": Said(
            "Attenda il codice, per favore",
            "In un’ora sono stati chiesti più codici. Inserisca l’ultimo, o riprovi più tardi.",
        ),
        "not_ready": Said(
            "Manca qualcosa da parte nostra",
            "Al momento questo link non può avviare la Sua app. Ci contatti, per favore; ne siamo avvisati anche noi.",
        ),
        "no_app": Said(
            "Non su questo dispositivo",
            "La Sua app non funziona su questo dispositivo. Apra il link su un altro, per esempio il Suo computer.",
        ),
        "again": Said(
            "Riprovi, per favore",
            "Questa pagina era troppo vecchia. Apra di nuovo il link del messaggio e lì tocchi il pulsante.",
        ),
    },
    minutes="Minuti di attesa: {minutes}",
    ask="Chiedi un nuovo link",
    sure=Said(
        "Questo messaggio non è per lei?",
        "Allora blocchiamo il link e avvisiamo chi lo ha inviato. Nessuno potrà più usarlo.",
    ),
    sure_box="Sì, questo messaggio non è per me",
    sure_button="Blocca il link",
    back="Indietro",
    told={
        "not_me": Said(
            "Grazie",
            "Il link è bloccato e chi lo ha inviato ne è informato. Può cancellare il messaggio.",
        ),
        "asked": Said(
            "Abbiamo inoltrato la richiesta",
            "Un nuovo link arriverà al suo numero o indirizzo abituale, oppure la contatteremo noi.",
        ),
        "code_sent": Said("Un codice è in arrivo", "Torni alla pagina del link e lì scriva il codice."),
    },
    spell=Said("Scriva il suo codice", "Scriva il codice che le viene letto, sul dispositivo con cui vuole chiamare."),
    spell_label="Codice (8 caratteri)",
    spell_button="Avanti",
    spell_unknown="Questo codice non è conosciuto. Lo confronti carattere per carattere, o ne chieda uno nuovo.",
)
