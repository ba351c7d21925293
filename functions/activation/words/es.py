"""Spanish."""

from typing import Final

from functions.activation.words._words import Said, Words

WORDS: Final = Words(
    title="Active su teléfono",
    intro="{tenant} ha preparado para usted una aplicación para llamar. Abra esta página en el dispositivo con el que "
    "quiere llamar.",
    intro_unknown="Hay una aplicación para llamar preparada para usted. Abra esta página en el dispositivo con el que "
    "quiere llamar.",
    tap_phone="Activar este teléfono",
    tap_device="Activar este dispositivo",
    tap_computer="Activar este ordenador",
    busy="Un momento…",
    install_hint="¿La aplicación todavía no está en este dispositivo? Instálela primero y después vuelva a esta "
    "página.",
    install="Instalar la aplicación",
    install_message="¿La aplicación todavía no está en este dispositivo? Abra primero el enlace del mensaje de "
    "instalación y después vuelva a esta página.",
    in_app="Esta página se abrió dentro de otra aplicación, que no puede iniciar su aplicación para llamar.",
    in_app_android="Abrir en el navegador",
    in_app_ios="Toque el menú o el símbolo de compartir de esta pantalla y elija «Abrir en Safari» o «Abrir en el "
    "navegador».",
    address="O copie esta dirección y péguela en su navegador:",
    copy="Copiar",
    copied="Copiado",
    scan="Apunte con la cámara de su teléfono a este código:",
    qr="Código QR con la dirección de esta página",
    here="Mi aplicación para llamar está en este ordenador",
    not_me="Este mensaje no es para mí",
    code_label="Código (6 cifras)",
    code_needed_sms="Para protegerle hace falta también un código. Llega por SMS.",
    code_needed_email="Para protegerle hace falta también un código. Llega por correo electrónico.",
    code_needed_operator="Para protegerle hace falta también un código. Contáctenos y se lo leeremos.",
    send_code_sms="Recibir un código por SMS",
    send_code_email="Recibir un código por correo",
    send_code_again="Recibir otro código",
    code_sent_sms="El código está en camino por SMS. Escríbalo aquí.",
    code_sent_email="El código está en camino por correo electrónico. Escríbalo aquí.",
    wrong_code="Este código no es correcto. Escriba el del último mensaje.",
    code_over="Este código ya no es válido. Pida otro.",
    too_many_codes="Se han escrito demasiados códigos equivocados. Contáctenos, por favor.",
    start_title="Un toque más",
    start_intro="La aplicación se inicia y se configura sola. Funciona durante unos minutos y solo en este "
    "dispositivo.",
    set_up="Configure {app}",
    start="Iniciar {app}",
    profile_first="Instale primero el perfil: descárguelo, abra después Ajustes y toque «Perfil descargado».",
    profile="Descargar el perfil",
    file_hint="O descargue el archivo y ábralo con la aplicación.",
    file="Descargar el archivo",
    missing="Parece que {app} no está en este dispositivo. Instale la aplicación, vuelva a esta página y toque otra "
    "vez.",
    missing_hint="¿No ocurre nada? Entonces {app} todavía no está en este dispositivo. Instale la aplicación y vuelva "
    "a esta página.",
    typed_intro="Escriba esto en {app}:",
    typed_server="Servidor",
    typed_username="Nombre de usuario",
    typed_code="Código o contraseña",
    scan_app="{app} está en otro dispositivo",
    waiting="Esperando a {app}…",
    waiting_long="{app} todavía no se ha iniciado. ¿Está instalada? Toque el botón otra vez.",
    fetched="La aplicación está configurada y se está conectando…",
    fetched_file="El archivo está en este dispositivo. Si la aplicación no se inicia, abra el archivo en sus "
    "descargas.",
    fetched_long="La aplicación todavía no puede conectarse. ¿Tiene este dispositivo acceso a internet? Si lo tiene, "
    "contáctenos, por favor.",
    ready="Listo para llamar",
    test_call="Para probar, llame al {number} con la aplicación.",
    over=Said(
        "Este intento ha terminado",
        "Ha pasado demasiado tiempo, u otro dispositivo fue más rápido. Abra otra vez el enlace del mensaje.",
    ),
    how_far="Ver cómo va",
    help_phone="Ayuda por teléfono: {phone}",
    help_email="Ayuda por correo electrónico: {email}",
    help_sender="Si necesita ayuda, diríjase a quien le envió el mensaje.",
    privacy="Responsable de sus datos personales: {controller}. Cuando se usa este enlace, registramos la hora, el "
    "tipo de dispositivo y su red.",
    privacy_notice="Aviso de privacidad",
    ended={
        "expired": Said("Este enlace ha caducado", "Su tiempo ha terminado. Pida otro."),
        "used": Said(
            "Este enlace ya se ha usado",
            "Sirve para un solo dispositivo y una sola vez. Si fue usted, no tiene que hacer nada más. Si no fue "
            "usted, contáctenos enseguida.",
        ),
        "superseded": Said(
            "Hay un enlace más reciente",
            "Este ha sido sustituido. Use el más reciente: el último mensaje, o el código que le mostraron.",
        ),
        "revoked": Said("Este enlace se ha retirado", "Ya no funciona. Contáctenos, por favor."),
        "locked": Said(
            "Este enlace está bloqueado",
            "Se ha escrito demasiadas veces un código equivocado. Contáctenos y lo desbloquearemos.",
        ),
        "suspended": Said("Su cuenta está desactivada", "Por ahora este enlace no funciona. Contáctenos, por favor."),
        "unknown": Said("Este enlace no es conocido", "¿Se copió entero? Si es así, pida otro a quien se lo envió."),
        "wait": Said(
            "Espere, por favor",
            "Desde su red llegaron demasiadas direcciones equivocadas. Inténtelo más tarde.",
        ),
        "not_on_phone": Said(
            "Use su teléfono",
            "Abra este enlace en el dispositivo con el que quiere llamar y toque allí el botón.",
        ),
        "asked_already": Said(
            "Ya lo ha pedido", "Lo hemos comunicado. Le llegará un enlace nuevo, o le contactaremos."
        ),
        "codes_asked": Said(
            "Espere el código, por favor",
            "Se han pedido varios códigos en una hora. Escriba el último, o inténtelo más tarde.",
        ),
        "not_ready": Said(
            "Falta algo por nuestra parte",
            "Por ahora este enlace no puede iniciar su aplicación. Contáctenos, por favor; también estamos avisados.",
        ),
        "no_app": Said(
            "No en este dispositivo",
            "Su aplicación no funciona en este dispositivo. Abra el enlace en otro, por ejemplo su ordenador.",
        ),
        "again": Said(
            "Inténtelo otra vez",
            "Esta página era demasiado antigua. Abra de nuevo el enlace del mensaje y toque allí el botón.",
        ),
    },
    minutes="Minutos de espera: {minutes}",
    ask="Pedir otro enlace",
    sure=Said(
        "¿Este mensaje no es para usted?",
        "Entonces bloqueamos el enlace y avisamos a quien lo envió. Nadie podrá usarlo ya.",
    ),
    sure_box="Sí, este mensaje no es para mí",
    sure_button="Bloquear el enlace",
    back="Volver",
    told={
        "not_me": Said("Gracias", "El enlace está bloqueado y quien lo envió lo sabe. Puede borrar el mensaje."),
        "asked": Said(
            "Hemos transmitido su petición",
            "Un enlace nuevo llegará a su número o dirección habitual, o nos pondremos en contacto con usted.",
        ),
        "code_sent": Said("Un código está en camino", "Vuelva a la página del enlace y escriba allí el código."),
    },
    spell=Said("Escriba su código", "Escriba el código que le leen, en el dispositivo con el que quiere llamar."),
    spell_label="Código (8 caracteres)",
    spell_button="Continuar",
    spell_unknown="Este código no es conocido. Compárelo carácter por carácter o pida otro.",
)
