"""Arabic. Requests are made without the imperative, which would have to choose between a man and a woman.

In plain text a left-to-right mark stands before each telephone number: without it the plus sign ends up at the number's
other end."""

from typing import Final

from functions.messaging.defaults._words import Mail, Words
from functions.messaging.kinds import Kind

WORDS: Final = Words(
    direction="rtl",
    durations={  # after لمدة: in the genitive
        "minutes": {
            "one": "دقيقة واحدة",
            "two": "دقيقتين",
            "few": "{n} دقائق",
            "many": "{n} دقيقة",
            "other": "{n} دقيقة",
        },
        "hours": {
            "one": "ساعة واحدة",
            "two": "ساعتين",
            "few": "{n} ساعات",
            "many": "{n} ساعة",
            "other": "{n} ساعة",
        },
        "days": {
            "one": "يوم واحد",
            "two": "يومين",
            "few": "{n} أيام",
            "many": "{n} يومًا",
            "other": "{n} يوم",
        },
    },
    qr="عند قراءة هذه الرسالة على جهاز كمبيوتر، يُرجى توجيه كاميرا الهاتف نحو هذا الرمز:",
    qr_alt="رمز QR يحتوي على الرابط",
    sms={
        Kind.installation: """\
رقمك الجديد: \u200e{number}. لتثبيت التطبيق يرجى فتح الرابط من هاتفك:
{link}""",
        Kind.activation: """\
لتفعيل \u200e{number} يرجى تثبيت التطبيق ثم فتح هذا الرابط من هاتفك:
{link}""",
        Kind.combined: """\
رقمك الجديد: \u200e{number}. أولا تثبيت التطبيق على هاتفك:
{installation_link}
ثم رابط التفعيل:
{link}""",
    },
    mails={
        Kind.installation: Mail(
            "تثبيت التطبيق لرقمك الجديد \u200e{number}",
            """\
مرحبًا {full_name}،

تم تخصيص رقم الهاتف \u200e{number} لك من قِبل {tenant}.

لتثبيت التطبيق، يُرجى فتح هذا الرابط على الهاتف المراد استخدامه:

{link}

سيصلك رابط تفعيل التطبيق في رسالة منفصلة.

المساعدة عبر الهاتف: \u200e{support_phone}
المساعدة عبر البريد الإلكتروني: {support_email}
""",
        ),
        Kind.activation: Mail(
            "تفعيل رقمك الجديد \u200e{number}",
            """\
مرحبًا {full_name}،

يفعّل هذا الرابط التطبيق على هاتفك لإجراء المكالمات بالرقم \u200e{number}.

يُرجى تثبيت التطبيق أولًا، ثم فتح الرابط على الهاتف نفسه والضغط على الزر:

{link}

هذا الرابط خاص بك ويعمل لهاتف واحد فقط. يُرجى عدم إعادة توجيهه.
وهو صالح لمدة {expires}.

إذا لم تكن هذه الرسالة متوقعة، فيُرجى عدم فتح الرابط.

المساعدة عبر الهاتف: \u200e{support_phone}
المساعدة عبر البريد الإلكتروني: {support_email}

{tenant}
""",
        ),
        Kind.combined: Mail(
            "تثبيت التطبيق وتفعيله لرقمك الجديد \u200e{number}",
            """\
مرحبًا {full_name}،

تم تخصيص رقم الهاتف \u200e{number} لك من قِبل {tenant}. سيصبح هاتفك جاهزًا في خطوتين.

1. لتثبيت التطبيق، يُرجى فتح هذا الرابط على الهاتف المراد استخدامه:

{installation_link}

2. بعد تثبيت التطبيق، يُرجى فتح هذا الرابط على الهاتف نفسه والضغط على الزر:

{link}

الرابط الثاني خاص بك ويعمل لهاتف واحد فقط. يُرجى عدم إعادة توجيهه.
وهو صالح لمدة {expires}.

إذا لم تكن هذه الرسالة متوقعة، فيُرجى عدم فتح الرابطين.

المساعدة عبر الهاتف: \u200e{support_phone}
المساعدة عبر البريد الإلكتروني: {support_email}
""",
        ),
    },
)
