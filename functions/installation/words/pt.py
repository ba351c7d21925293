"""Portuguese, of Portugal where it must choose."""

from typing import Final

from functions.installation.words import Words

WORDS: Final = Words(
    title="Instale a sua app de telefone",
    intro="{tenant} preparou uma app de telefone para si.",
    choose="Escolha o seu dispositivo:",
    none_fits="Não há nenhum pacote para este dispositivo ({platform}). Para outro, escolha:",
    none_at_all="Ainda não há nenhum pacote. Pergunte a quem lhe enviou este link.",
    too_old="Este dispositivo é demasiado antigo para a app",
    too_old_needs="A app precisa de {needs}. Use outro dispositivo, atualize este se for possível ou peça ajuda:",
    other_browser="Esta página foi aberta dentro de outra app. Se nada for transferido, escolha «Abrir no navegador» "
    "no menu dela.",
    scan="Ou leia este código com a câmara do seu telefone:",
    code="Código QR com o endereço desta página",
    needs="{platform} {version} ou posterior",
    next="Depois de instalar, abra o seu link de ativação.",
    unknown_title="Este link não é conhecido",
    unknown="Verifique se foi copiado por inteiro ou peça um novo a quem o enviou.",
    trust="{tenant} dá-lhe esta app diretamente e não através de uma loja. Por isso {platform} pede primeiro a "
    "sua autorização:",
    download="Transferir",
    install="Instalar",
    file="Versão {version}, {size} MB",
    sum="SHA-256 do ficheiro:",
    steps={
        "apk": (
            (
                "Toque em «Transferir» aqui em baixo. Se o navegador avisar, escolha «Transferir mesmo assim». "
                "Depois abra "
                "o ficheiro."
            ),
            "O Android não conhece a origem: toque em «Definições», ative «Permitir desta fonte» e volte atrás.",
            (
                "Toque em «Instalar». Se o Play Protect perguntar, escolha «Mais detalhes» e depois «Instalar mesmo "
                "assim»."
            ),
        ),
        "ipa": (
            "Toque em «Instalar» aqui em baixo e outra vez na janela. A app aparece no ecrã principal.",
            "Vá a Definições › Geral › VPN e gestão de dispositivos e toque no nome do programador.",
            "Toque em «Confiar» (a partir do iOS 18, «Permitir e reiniciar»). Agora a app abre.",
        ),
        "msix": (
            "Clique em «Transferir» aqui em baixo e abra o ficheiro.",
            "O Windows mostra a app e o seu editor. Verifique o nome e clique em «Instalar».",
        ),
        "exe": (
            "Clique em «Transferir» aqui em baixo e abra o ficheiro. Se o navegador o retiver, escolha «Manter».",
            "O Windows diz «O Windows protegeu o seu PC»: clique em «Mais informações».",
            "Clique em «Executar mesmo assim» e siga a instalação.",
        ),
        "dmg": (
            "Clique em «Transferir» aqui em baixo, abra o ficheiro e arraste a app para a pasta Aplicações.",
            "Abra a app. Da primeira vez o macOS recusa-a: clique em «OK».",
            "Vá a Definições do Sistema › Privacidade e segurança e, mais abaixo, clique em «Abrir mesmo assim».",
        ),
        "pkg": (
            "Clique em «Transferir» aqui em baixo e abra o ficheiro.",
            "Da primeira vez o macOS recusa-o: clique em «OK».",
            "Vá a Definições do Sistema › Privacidade e segurança e, mais abaixo, clique em «Abrir mesmo assim».",
        ),
        "deb": (
            "Clique em «Transferir» aqui em baixo e abra o ficheiro com o centro de software.",
            "Clique em «Instalar» e escreva a sua palavra-passe.",
        ),
        "appimage": (
            "Clique em «Transferir» aqui em baixo. Depois abra as propriedades do ficheiro com o botão direito.",
            "Em «Permissões», permita executá-lo como programa. Agora abra o ficheiro.",
        ),
    },
)
