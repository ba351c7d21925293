"""English."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="ltr",
    durations={
        "minutes": {"one": "{n} minute", "other": "{n} minutes"},
        "hours": {"one": "{n} hour", "other": "{n} hours"},
        "days": {"one": "{n} day", "other": "{n} days"},
    },
    qr="Reading this on a computer? Point your phone’s camera at this code:",
    qr_alt="QR code with the link",
    sms={
        Kind.installation: """\
Your new number is {number}. Install the app: open this link on your phone.
{link}""",
        Kind.activation: """\
Make {number} ready to dial: install the app first, then open this link on your phone.
{link}""",
        Kind.combined: """\
Your new number is {number}. On your phone, first install the app:
{installation_link}
Then open this link to make it ready to dial:
{link}""",
    },
    mails={
        Kind.installation: Mail(
            "Install the app for your new number {number}",
            """\
Hello {full_name},

{tenant} has set up the telephone number {number} for you.

To install the app, open this link on the phone that you will use:

{link}

The link that makes the app ready to dial comes in a separate message.

Help by phone: {support_phone}
Help by e-mail: {support_email}
""",
        ),
        Kind.activation: Mail(
            "Make your new number {number} ready to dial",
            """\
Hello {full_name},

This link makes the app on your phone ready to dial with the number {number}.

Install the app first. Then open the link on the same phone and tap the button:

{link}

The link is for you alone and works for one phone. Please do not forward it.
It is valid for {expires}.

If you did not expect this message, please do not open the link.

Help by phone: {support_phone}
Help by e-mail: {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "Install and activate the app for your new number {number}",
            """\
Hello {full_name},

{tenant} has set up the telephone number {number} for you. Your phone will be ready in two steps.

1. To install the app, open this link on the phone that you will use:

{installation_link}

2. When the app is installed, open this link on the same phone and tap the button:

{link}

The second link is for you alone and works for one phone. Please do not forward it.
It is valid for {expires}.

If you did not expect this message, please do not open the links.

Help by phone: {support_phone}
Help by e-mail: {support_email}
""",
        ),
    },
)
