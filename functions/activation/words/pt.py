"""Portuguese, of Portugal, in words that Brazil uses as well where there are any."""

from typing import Final

from functions.activation.words._words import Said, Words

WORDS: Final = Words(
    title="Ative o seu telefone",
    intro="{tenant} preparou para si uma aplicação para telefonar. Abra esta página no dispositivo com que quer ligar.",
    intro_unknown="Foi preparada para si uma aplicação para telefonar. Abra esta página no dispositivo com que quer "
    "ligar.",
    tap_phone="Ativar este telefone",
    tap_device="Ativar este dispositivo",
    tap_computer="Ativar este computador",
    busy="Um momento…",
    install_hint="A aplicação ainda não está neste dispositivo? Instale-a primeiro e depois volte a esta página.",
    install="Instalar a aplicação",
    install_message="A aplicação ainda não está neste dispositivo? Abra primeiro o link da mensagem de instalação e "
    "depois volte a esta página.",
    in_app="Esta página foi aberta dentro de outra aplicação, que não pode iniciar a sua aplicação para telefonar.",
    in_app_android="Abrir no navegador",
    in_app_ios="Toque no menu ou no símbolo de partilha deste ecrã e escolha «Abrir no Safari» ou «Abrir no "
    "navegador».",
    address="Ou copie este endereço e cole-o no seu navegador:",
    copy="Copiar",
    copied="Copiado",
    scan="Aponte a câmara do seu telefone para este código:",
    qr="Código QR com o endereço desta página",
    here="A minha aplicação para telefonar está neste computador",
    not_me="Esta mensagem não é para mim",
    code_label="Código (6 algarismos)",
    code_needed_sms="Para sua proteção é preciso também um código. Chega por SMS.",
    code_needed_email="Para sua proteção é preciso também um código. Chega por e-mail.",
    code_needed_operator="Para sua proteção é preciso também um código. Contacte-nos e nós lemos-lho.",
    send_code_sms="Receber um código por SMS",
    send_code_email="Receber um código por e-mail",
    send_code_again="Receber outro código",
    code_sent_sms="O código está a caminho por SMS. Escreva-o aqui.",
    code_sent_email="O código está a caminho por e-mail. Escreva-o aqui.",
    wrong_code="Este código não está certo. Escreva o da última mensagem.",
    code_over="Este código já não é válido. Peça outro.",
    too_many_codes="Foram escritos demasiados códigos errados. Contacte-nos, por favor.",
    start_title="Mais um toque",
    start_intro="A aplicação inicia e configura-se sozinha. Funciona durante alguns minutos e só neste dispositivo.",
    set_up="Configure {app}",
    start="Iniciar {app}",
    profile_first="Instale primeiro o perfil: descarregue-o, abra depois Definições e toque em «Perfil descarregado».",
    profile="Descarregar o perfil",
    file_hint="Ou descarregue o ficheiro e abra-o com a aplicação.",
    file="Descarregar o ficheiro",
    missing="Parece que {app} não está neste dispositivo. Instale a aplicação, volte a esta página e toque outra vez.",
    missing_hint="Não acontece nada? Então {app} ainda não está neste dispositivo. Instale a aplicação e volte a esta "
    "página.",
    typed_intro="Escreva isto em {app}:",
    typed_server="Servidor",
    typed_username="Nome de utilizador",
    typed_code="Código ou palavra-passe",
    scan_app="{app} está noutro dispositivo",
    waiting="À espera de {app}…",
    waiting_long="{app} ainda não iniciou. Está instalada? Toque outra vez no botão.",
    fetched="A aplicação está configurada e está a ligar-se…",
    fetched_file="O ficheiro está neste dispositivo. Se a aplicação não iniciar, abra o ficheiro nas transferências.",
    fetched_long="A aplicação ainda não consegue ligar-se. Este dispositivo tem acesso à internet? Se tem, "
    "contacte-nos, por favor.",
    ready="Pronto a ligar",
    test_call="Para experimentar, ligue para {number} com a aplicação.",
    over=Said(
        "Esta tentativa terminou",
        "Passou demasiado tempo, ou outro dispositivo foi mais rápido. Abra outra vez o link da mensagem.",
    ),
    how_far="Ver em que ponto está",
    help_phone="Ajuda por telefone: {phone}",
    help_email="Ajuda por e-mail: {email}",
    help_sender="Se precisar de ajuda, fale com quem lhe enviou a mensagem.",
    privacy="Responsável pelos seus dados pessoais: {controller}. Quando este link é usado, registamos a hora, o tipo "
    "de dispositivo e a sua rede.",
    privacy_notice="Aviso de privacidade",
    ended={
        "expired": Said("Este link expirou", "O seu tempo acabou. Peça outro."),
        "used": Said(
            "Este link já foi usado",
            "Serve para um só dispositivo e uma só vez. Se foi você, não há mais nada a fazer. Se não foi, "
            "contacte-nos imediatamente.",
        ),
        "superseded": Said(
            "Há um link mais recente",
            "Este foi substituído. Use o mais recente: a última mensagem, ou o código que lhe mostraram.",
        ),
        "revoked": Said("Este link foi retirado", "Já não funciona. Contacte-nos, por favor."),
        "locked": Said(
            "Este link está bloqueado",
            "Foi escrito demasiadas vezes um código errado. Contacte-nos e nós desbloqueamo-lo.",
        ),
        "suspended": Said(
            "A sua conta está desativada",
            "De momento este link não funciona. Contacte-nos, por favor.",
        ),
        "unknown": Said("Este link não é conhecido", "Foi copiado por inteiro? Se foi, peça outro a quem lho enviou."),
        "wait": Said("Aguarde, por favor", "Da sua rede chegaram demasiados endereços errados. Tente mais tarde."),
        "not_on_phone": Said(
            "Use o seu telefone",
            "Abra este link no dispositivo com que quer ligar e toque lá no botão.",
        ),
        "asked_already": Said(
            "Já o pediu", "Comunicámos o seu pedido. Receberá um novo link, ou entraremos em contacto."
        ),
        "codes_asked": Said(
            "Aguarde o código, por favor",
            "Foram pedidos vários códigos numa hora. Escreva o último, ou tente mais tarde.",
        ),
        "not_ready": Said(
            "Falta algo do nosso lado",
            "De momento este link não pode iniciar a sua aplicação. Contacte-nos, por favor; também fomos avisados.",
        ),
        "no_app": Said(
            "Não neste dispositivo",
            "A sua aplicação não funciona neste dispositivo. Abra o link noutro, por exemplo no seu computador.",
        ),
        "again": Said(
            "Tente outra vez",
            "Esta página era demasiado antiga. Abra de novo o link da mensagem e toque lá no botão.",
        ),
    },
    minutes="Minutos de espera: {minutes}",
    ask="Pedir outro link",
    sure=Said(
        "Esta mensagem não é para si?",
        "Então bloqueamos o link e avisamos quem o enviou. Ninguém o poderá usar mais.",
    ),
    sure_box="Sim, esta mensagem não é para mim",
    sure_button="Bloquear o link",
    back="Voltar",
    told={
        "not_me": Said("Obrigado", "O link está bloqueado e quem o enviou já sabe. Pode apagar a mensagem."),
        "asked": Said(
            "Transmitimos o seu pedido",
            "Um novo link chegará ao seu número ou endereço habitual, ou entraremos em contacto consigo.",
        ),
        "code_sent": Said("Um código está a caminho", "Volte à página do link e escreva lá o código."),
    },
    spell=Said("Escreva o seu código", "Escreva o código que lhe leem, no dispositivo com que quer ligar."),
    spell_label="Código (8 caracteres)",
    spell_button="Continuar",
    spell_unknown="Este código não é conhecido. Compare-o carácter a carácter ou peça outro.",
)
