"""English."""

from typing import Final

DURATIONS: Final = {"minutes": ("minute", "minutes"), "hours": ("hour", "hours"), "days": ("day", "days")}

TEMPLATES: Final = {
    "installation.sms": {
        "text": """\
Your new number is {number}. Install the app: open this link on your phone.
{link}""",
    },
    "installation.email": {
        "subject": "Install the app for your new number {number}",
        "text": """\
Hello {full_name},

{tenant} has set up the telephone number {number} for you.

Open this link on the phone that you will use, and install the app:

{link}

The link that makes the app ready to dial comes in a message of its own.

Questions? Call {support_phone}.
Questions? Write to {support_email}.
""",
        "html": """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Install the app for your new number</title></head>
<body style="font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1a1a1a; max-width: 36em">
<p>Hello {full_name},</p>
<p>{tenant} has set up the telephone number <strong>{number}</strong> for you.</p>
<p>Open this link on the phone that you will use, and install the app:</p>
<p><a href="{link}" style="color: #0b57d0">{link}</a></p>
<p>The link that makes the app ready to dial comes in a message of its own.</p>
<p>Questions? Call <a href="tel:{support_phone}" style="color: #0b57d0">{support_phone}</a>.</p>
<p>Questions? Write to <a href="mailto:{support_email}" style="color: #0b57d0">{support_email}</a>.</p>
</body>
</html>
""",
    },
    "activation.sms": {
        "text": """\
Make {number} ready to dial: install the app first, then open this link on your phone.
{link}""",
    },
    "activation.email": {
        "subject": "Make your new number {number} ready to dial",
        "text": """\
Hello {full_name},

this link makes the app on your phone ready to dial with the number {number}.
Install the app first; then open the link on the same phone and tap the button:

{link}

The link is for you alone and works for one phone. Do not forward it.
It is valid for {expires}.

You did not expect this? Open the link and say that it is not for you, or call {support_phone}.
Questions? Write to {support_email}.

{tenant}
""",
        "html": """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Make your new number ready to dial</title></head>
<body style="font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1a1a1a; max-width: 36em">
<p>Hello {full_name},</p>
<p>this link makes the app on your phone ready to dial with the number <strong>{number}</strong>.
Install the app first; then open the link on the same phone and tap the button:</p>
<p><a href="{link}" style="color: #0b57d0">{link}</a></p>
<p>The link is for you alone and works for one phone. Do not forward it.</p>
<p>It is valid for {expires}.</p>
<p>Questions? Call <a href="tel:{support_phone}" style="color: #0b57d0">{support_phone}</a>.</p>
<p>Questions? Write to <a href="mailto:{support_email}" style="color: #0b57d0">{support_email}</a>.</p>
<p>{tenant}</p>
</body>
</html>
""",
    },
}
