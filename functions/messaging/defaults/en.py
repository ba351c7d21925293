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
        Kind.code: """\
Your code to activate {number}: {code}
It is valid for {expires}. Do not pass it on.""",
        Kind.reminder: """\
{number} is not active yet. To make it ready to dial, open this link on your phone.
{link}""",
        Kind.activated: """\
Your number {number} was just activated on a phone. If that was not you, block it here.
{not_me}""",
        Kind.reset: """\
Your phone with the number {number} has been signed out: it can make no calls until it is activated again.
Questions? {support_phone}""",
        Kind.changed: """\
The number, mobile or e-mail of your telephone account was changed.
If you did not ask for it, call {support_phone}""",
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
        Kind.code: Mail(
            "Your code to activate {number}",
            """\
Hello {full_name},

Somebody, most likely you, is activating a phone with the number {number}.

This is the code to type there:

{code}

It is valid for {expires}.

Please do not pass it on. We will never ask you for it.

If you are not activating a phone, you need do nothing.

Help by phone: {support_phone}
Help by e-mail: {support_email}

{tenant}
""",
        ),
        Kind.reminder: Mail(
            "Your number {number} is not active yet",
            """\
Hello {full_name},

Your telephone number {number} is waiting for you: the app on your phone is not ready to dial yet.

Install the app first. Then open the link on the same phone and tap the button:

{link}

The link is for you alone and works for one phone. Please do not forward it.
It is valid for {expires}.

If something does not work, please call us.

Help by phone: {support_phone}
Help by e-mail: {support_email}

{tenant}
""",
        ),
        Kind.activated: Mail(
            "Your number {number} was activated on a phone",
            """\
Hello {full_name},

A phone has just been activated with your number {number}.

Time: {when}
Device: {device}

If that was you, there is nothing to do.

If it was not you, open this link to block the phone:

{not_me}

You will be asked for the last digits of your number.

Help by phone: {support_phone}
Help by e-mail: {support_email}

{tenant}
""",
        ),
        Kind.reset: Mail(
            "Your phone with the number {number} was signed out",
            """\
Hello {full_name},

The phone with your number {number} has been signed out. It can make no calls until it is activated again.

If you want to go on calling with it, you need a new activation link.

If you did not expect this, please call us.

Help by phone: {support_phone}
Help by e-mail: {support_email}

{tenant}
""",
        ),
        Kind.changed: Mail(
            "The contact details of your telephone account were changed",
            """\
Hello,

The number, mobile or e-mail of your telephone account at {tenant} was changed.

This message goes to the address that we had before.

Links that were still open no longer work.

If you asked for the change, there is nothing to do.

If you did not, please call us at once.

Help by phone: {support_phone}
Help by e-mail: {support_email}
""",
        ),
    },
)
