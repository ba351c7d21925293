"""French. A narrow no-break space stands before : ? ! and inside « », so that no line begins with them."""

from typing import Final

from functions.activation.words._words import Said, Words

WORDS: Final = Words(
    title="Activez votre téléphone",
    intro="{tenant} a préparé pour vous une application de téléphonie. Ouvrez cette page sur l’appareil avec lequel "
    "vous voulez appeler.",
    intro_unknown="Une application de téléphonie est prête pour vous. Ouvrez cette page sur l’appareil avec lequel "
    "vous voulez appeler.",
    tap_phone="Activer ce téléphone",
    tap_device="Activer cet appareil",
    tap_computer="Activer cet ordinateur",
    busy="Un instant…",
    install_hint="L’application n’est pas encore sur cet appareil ? Installez-la d’abord, puis revenez sur cette page.",
    install="Installer l’application",
    install_message="L’application n’est pas encore sur cet appareil ? Ouvrez d’abord le lien du message "
    "d’installation, puis revenez sur cette page.",
    in_app="Cette page s’est ouverte dans une autre application, qui ne peut pas lancer votre application de "
    "téléphonie.",
    in_app_android="Ouvrir dans le navigateur",
    in_app_ios="Touchez le menu ou le symbole de partage de cet écran et choisissez « Ouvrir dans Safari » ou "
    "« Ouvrir dans le navigateur ».",
    address="Ou copiez cette adresse et collez-la dans votre navigateur :",
    copy="Copier",
    copied="Copié",
    scan="Visez ce code avec l’appareil photo de votre téléphone :",
    qr="Code QR avec l’adresse de cette page",
    here="Mon application de téléphonie est sur cet ordinateur",
    not_me="Ce message n’est pas pour moi",
    code_label="Code (6 chiffres)",
    code_needed_sms="Pour votre sécurité, il faut aussi un code. Il arrive par SMS.",
    code_needed_email="Pour votre sécurité, il faut aussi un code. Il arrive par e-mail.",
    code_needed_operator="Pour votre sécurité, il faut aussi un code. Contactez-nous et nous vous le lirons.",
    send_code_sms="Recevoir un code par SMS",
    send_code_email="Recevoir un code par e-mail",
    send_code_again="Recevoir un nouveau code",
    code_sent_sms="Le code arrive par SMS. Tapez-le ici.",
    code_sent_email="Le code arrive par e-mail. Tapez-le ici.",
    wrong_code="Ce code n’est pas le bon. Tapez celui du dernier message.",
    code_over="Ce code n’est plus valable. Demandez-en un nouveau.",
    too_many_codes="Trop de codes faux ont été tapés. Merci de nous contacter.",
    start_title="Encore un geste",
    start_intro="L’application démarre et se configure toute seule. Cela marche pendant quelques minutes, et "
    "seulement sur cet appareil.",
    set_up="Configurez {app}",
    start="Lancer {app}",
    profile_first="Installez d’abord le profil : téléchargez-le, puis ouvrez Réglages et touchez « Profil "
    "téléchargé ».",
    profile="Télécharger le profil",
    file_hint="Ou téléchargez le fichier et ouvrez-le avec l’application.",
    file="Télécharger le fichier",
    missing="Il semble que {app} ne soit pas sur cet appareil. Installez l’application, revenez sur cette page et "
    "touchez encore une fois.",
    missing_hint="Rien ne se passe ? Alors {app} n’est pas encore sur cet appareil. Installez l’application et "
    "revenez sur cette page.",
    typed_intro="Saisissez dans {app} :",
    typed_server="Serveur",
    typed_username="Nom d’utilisateur",
    typed_code="Code ou mot de passe",
    scan_app="{app} est sur un autre appareil",
    waiting="En attente de {app}…",
    waiting_long="{app} n’a pas encore démarré. Est-elle installée ? Touchez encore une fois le bouton.",
    fetched="L’application est configurée et se connecte…",
    fetched_file="Le fichier est sur cet appareil. Si l’application ne démarre pas, ouvrez le fichier dans vos "
    "téléchargements.",
    fetched_long="L’application ne peut pas encore se connecter. Cet appareil est-il relié à internet ? Si oui, merci "
    "de nous contacter.",
    ready="Prêt à appeler",
    test_call="Pour essayer, appelez le {number} avec l’application.",
    over=Said(
        "Cet essai est terminé",
        "Trop de temps a passé, ou un autre appareil a été plus rapide. Ouvrez encore une fois le lien du message.",
    ),
    how_far="Voir où cela en est",
    help_phone="Aide par téléphone : {phone}",
    help_email="Aide par e-mail : {email}",
    help_sender="Pour de l’aide, adressez-vous à qui vous a envoyé le message.",
    privacy="Responsable de vos données personnelles : {controller}. Quand ce lien est utilisé, nous enregistrons "
    "l’heure, le type d’appareil et son réseau.",
    privacy_notice="Politique de confidentialité",
    ended={
        "expired": Said("Ce lien a expiré", "Son temps est passé. Demandez-en un nouveau."),
        "used": Said(
            "Ce lien a déjà été utilisé",
            "Il vaut pour un seul appareil, une seule fois. Si c’était vous, il n’y a plus rien à faire. Sinon, "
            "contactez-nous tout de suite.",
        ),
        "superseded": Said(
            "Il y a un lien plus récent",
            "Celui-ci a été remplacé. Prenez le plus récent : le dernier message, ou le code qu’on vous a montré.",
        ),
        "revoked": Said("Ce lien a été retiré", "Il ne marche plus. Merci de nous contacter."),
        "locked": Said(
            "Ce lien est bloqué",
            "Un code faux a été tapé trop souvent. Contactez-nous et nous le débloquerons.",
        ),
        "suspended": Said(
            "Votre compte est suspendu",
            "Ce lien ne marche pas pour le moment. Merci de nous contacter.",
        ),
        "unknown": Said(
            "Ce lien n’est pas connu",
            "A-t-il été copié en entier ? Si oui, demandez-en un nouveau à qui vous l’a envoyé.",
        ),
        "wait": Said(
            "Veuillez patienter",
            "Trop d’adresses fausses sont venues de votre réseau. Réessayez plus tard.",
        ),
        "not_on_phone": Said(
            "Prenez votre téléphone",
            "Ouvrez ce lien sur l’appareil avec lequel vous voulez appeler et touchez-y le bouton.",
        ),
        "asked_already": Said(
            "Vous l’avez déjà demandé", "Nous l’avons transmis. Un nouveau lien vous parvient, ou nous vous contactons."
        ),
        "codes_asked": Said(
            "Merci d’attendre le code",
            "Plusieurs codes ont été demandés en une heure. Tapez le dernier, ou réessayez plus tard.",
        ),
        "not_ready": Said(
            "Il manque quelque chose de notre côté",
            "Ce lien ne peut pas démarrer votre application pour le moment. Merci de nous contacter ; nous en "
            "sommes avertis aussi.",
        ),
        "no_app": Said(
            "Pas sur cet appareil",
            "Votre application ne marche pas sur cet appareil. Ouvrez ce lien sur un autre, par exemple votre "
            "ordinateur.",
        ),
        "again": Said(
            "Veuillez réessayer",
            "Cette page était trop ancienne. Ouvrez à nouveau le lien du message et touchez-y le bouton.",
        ),
    },
    minutes="Minutes d’attente : {minutes}",
    ask="Demander un nouveau lien",
    sure=Said(
        "Ce message n’est pas pour vous ?",
        "Alors nous bloquons le lien et prévenons qui l’a envoyé. Plus personne ne pourra l’utiliser.",
    ),
    sure_box="Oui, ce message n’est pas pour moi",
    sure_button="Bloquer le lien",
    back="Retour",
    told={
        "not_me": Said(
            "Merci",
            "Le lien est bloqué, et qui l’a envoyé en est averti. Vous pouvez supprimer le message.",
        ),
        "asked": Said(
            "Votre demande est transmise",
            "Un nouveau lien arrivera à votre numéro ou adresse habituels, ou nous vous contacterons.",
        ),
        "code_sent": Said("Un code est en route", "Revenez à la page du lien et tapez-y le code."),
    },
    spell=Said("Tapez votre code", "Tapez le code qu’on vous lit, sur l’appareil avec lequel vous voulez appeler."),
    spell_label="Code (8 caractères)",
    spell_button="Continuer",
    spell_unknown="Ce code n’est pas connu. Comparez-le caractère par caractère, ou demandez-en un nouveau.",
)
