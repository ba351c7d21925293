"""Portuguese, of Portugal where it must choose. The SMS keep to the characters of GSM-7: à and é are among them; á ã ç
ê í ó õ ú are not, so no "número" and no "aplicação"."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="ltr",
    durations={
        "minutes": {"one": "{n} minuto", "other": "{n} minutos"},
        "hours": {"one": "{n} hora", "other": "{n} horas"},
        "days": {"one": "{n} dia", "other": "{n} dias"},
    },
    qr="Lê esta mensagem num computador? Aponte a câmara do telefone para este código:",
    qr_alt="Código QR com o link",
    sms={
        Kind.installation: """\
O seu novo telefone é o {number}. Para instalar a app, abra este link no smartphone.
{link}""",
        Kind.activation: """\
Para ativar o {number}, instale primeiro a app e depois abra este link no smartphone.
{link}""",
        Kind.combined: """\
O seu novo telefone é o {number}. Instale primeiro a app no smartphone:
{installation_link}
Depois abra este link para a ativar:
{link}""",
        Kind.code: """\
Para ativar o {number}, use este PIN: {code}
Serve por {expires}. Guarde-o para si.""",
        Kind.reminder: """\
O {number} ainda espera ser ativado. Para o ativar, abra este link no smartphone.
{link}""",
        Kind.activated: """\
O {number} acaba de ser ativado num smartphone. Se foi outra pessoa, bloqueie-o aqui.
{not_me}""",
        Kind.reset: """\
O smartphone com o {number} foi desligado: para ligar de novo é preciso voltar a ativar.
Perguntas? {support_phone}""",
        Kind.changed: """\
O telefone, o smartphone ou o e-mail da sua conta mudou.
Se o pedido partiu de outra pessoa, ligue para {support_phone}""",
    },
    mails={
        Kind.installation: Mail(
            "Instale a aplicação para o seu novo número {number}",
            """\
Olá {full_name},

{tenant} atribuiu-lhe o número de telefone {number}.

Para instalar a aplicação, abra este link no telefone que vai utilizar:

{link}

O link para ativar a aplicação chegará em outra mensagem.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}
""",
        ),
        Kind.activation: Mail(
            "Ative o seu novo número {number}",
            """\
Olá {full_name},

Este link ativa a aplicação no seu telefone: assim poderá ligar com o número {number}.

Instale primeiro a aplicação. Depois, abra o link no mesmo telefone e toque no botão:

{link}

O link é só para si e funciona para um único telefone. Pedimos que não o reencaminhe.
É válido por {expires}.

Se não esperava esta mensagem, pedimos que não abra o link.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "Instale e ative a aplicação para o seu novo número {number}",
            """\
Olá {full_name},

{tenant} atribuiu-lhe o número de telefone {number}. O seu telefone ficará pronto em dois passos.

1. Para instalar a aplicação, abra este link no telefone que vai utilizar:

{installation_link}

2. Depois de instalar a aplicação, abra este link no mesmo telefone e toque no botão:

{link}

O segundo link é só para si e funciona para um único telefone. Pedimos que não o reencaminhe.
É válido por {expires}.

Se não esperava esta mensagem, pedimos que não abra os links.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}
""",
        ),
        Kind.code: Mail(
            "O seu código para ativar o número {number}",
            """\
Olá {full_name},

Alguém, muito provavelmente você, está a ativar um telefone com o número {number}.

Este é o código a introduzir:

{code}

É válido por {expires}.

Pedimos que não o dê a ninguém. Nós nunca lho pediremos.

Se não está a ativar um telefone, não tem de fazer nada.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}

{tenant}
""",
        ),
        Kind.reminder: Mail(
            "O seu número {number} ainda não está ativo",
            """\
Olá {full_name},

O seu número de telefone {number} está à sua espera: a aplicação no seu telefone ainda não foi ativada.

Instale primeiro a aplicação. Depois, abra o link no mesmo telefone e toque no botão:

{link}

O link é só para si e funciona para um único telefone. Pedimos que não o reencaminhe.
É válido por {expires}.

Se alguma coisa não funcionar, ligue-nos.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}

{tenant}
""",
        ),
        Kind.activated: Mail(
            "O seu número {number} foi ativado num telefone",
            """\
Olá {full_name},

Acaba de ser ativado um telefone com o seu número {number}.

Quando: {when}
Dispositivo: {device}

Se foi você, não tem de fazer nada.

Se não foi você, abra este link para bloquear o telefone:

{not_me}

Ser-lhe-ão pedidos os últimos algarismos do seu número.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}

{tenant}
""",
        ),
        Kind.reset: Mail(
            "O seu telefone com o número {number} foi desligado",
            """\
Olá {full_name},

O telefone com o seu número {number} foi desligado. Não poderá fazer chamadas até ser ativado de novo.

Se quiser continuar a ligar com ele, precisa de um novo link de ativação.

Se não esperava isto, ligue-nos.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}

{tenant}
""",
        ),
        Kind.changed: Mail(
            "Os contactos da sua conta telefónica foram alterados",
            """\
Olá,

O número, o telemóvel ou o e-mail da sua conta telefónica em {tenant} foi alterado.

Esta mensagem vai para o endereço que tínhamos até agora.

Os links que ainda estavam abertos já não funcionam.

Se pediu a alteração, não tem de fazer nada.

Se não a pediu, ligue-nos de imediato.

Ajuda por telefone: {support_phone}
Ajuda por e-mail: {support_email}
""",
        ),
    },
)
