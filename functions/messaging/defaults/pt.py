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
    },
)
