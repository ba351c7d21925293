"""What the page behind "this was not me" says, per language. A language that is not here is shown in English."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """{tenant} is the organisation's name, {count} how many digits are asked for."""

    title: str
    intro: str  # {tenant}
    digits: str  # {count}
    button: str
    was_me: str
    wrong: str
    done_title: str
    done: str
    gone: str
    wait: str
    again: str


WORDS: Final[dict[str, Words]] = {
    "en": Words(
        title="Was it not you who activated a phone?",
        intro="A phone has been activated with your number at {tenant}. If that was not you, block it here: it can "
        "then neither make calls nor take them, until you have spoken with us.",
        digits="The last {count} digits of your own number:",
        button="It was not me: block the phone",
        was_me="If it was you, there is nothing to do. Close this page.",
        wrong="These are not the last digits of your number",
        done_title="The phone is blocked",
        done="It can neither make calls nor take them. We have been told, and will contact you. You can call us, too.",
        gone="This link is no longer valid: there is nothing left to block.",
        wait="Too many tries. Please wait, or call us.",
        again="This did not work. Please try again.",
    ),
    "de": Words(
        title="Waren nicht Sie es, der ein Telefon aktiviert hat?",
        intro="Mit Ihrer Nummer bei {tenant} wurde ein Telefon aktiviert. Wenn Sie das nicht waren, sperren Sie es "
        "hier: Es kann dann weder anrufen noch angerufen werden, bis Sie mit uns gesprochen haben.",
        digits="Die letzten {count} Ziffern Ihrer eigenen Nummer:",
        button="Das war ich nicht: Telefon sperren",
        was_me="Wenn Sie es waren, ist nichts zu tun. Schließen Sie diese Seite.",
        wrong="Das sind nicht die letzten Ziffern Ihrer Nummer",
        done_title="Das Telefon ist gesperrt",
        done="Es kann weder anrufen noch angerufen werden. Wir wissen Bescheid und melden uns bei Ihnen. Sie können "
        "uns auch anrufen.",
        gone="Dieser Link gilt nicht mehr: Es gibt nichts mehr zu sperren.",
        wait="Zu viele Versuche. Bitte warten Sie, oder rufen Sie uns an.",
        again="Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
    ),
    "es": Words(
        title="¿No fue usted quien activó un teléfono?",
        intro="Se ha activado un teléfono con su número de {tenant}. Si no fue usted, bloquéelo aquí: no podrá hacer "
        "ni recibir llamadas hasta que hable con nosotros.",
        digits="Las últimas {count} cifras de su propio número:",
        button="No fui yo: bloquear el teléfono",
        was_me="Si fue usted, no tiene que hacer nada. Cierre esta página.",
        wrong="Estas no son las últimas cifras de su número",
        done_title="El teléfono está bloqueado",
        done="No puede hacer ni recibir llamadas. Estamos avisados y nos pondremos en contacto con usted. También "
        "puede llamarnos.",
        gone="Este enlace ya no es válido: no queda nada que bloquear.",
        wait="Demasiados intentos. Espere, o llámenos.",
        again="No ha funcionado. Inténtelo de nuevo.",
    ),
    "fr": Words(
        title="Ce n’est pas vous qui avez activé un téléphone ?",
        intro="Un téléphone a été activé avec votre numéro chez {tenant}. Si ce n’était pas vous, bloquez-le ici : il "
        "ne pourra ni appeler ni être appelé tant que vous ne nous aurez pas parlé.",
        digits="Les {count} derniers chiffres de votre propre numéro :",
        button="Ce n’était pas moi : bloquer le téléphone",
        was_me="Si c’était vous, il n’y a rien à faire. Fermez cette page.",
        wrong="Ce ne sont pas les derniers chiffres de votre numéro",
        done_title="Le téléphone est bloqué",
        done="Il ne peut ni appeler ni être appelé. Nous sommes prévenus et vous contacterons. Vous pouvez aussi nous "
        "appeler.",
        gone="Ce lien n’est plus valable : il n’y a plus rien à bloquer.",
        wait="Trop d’essais. Merci de patienter, ou appelez-nous.",
        again="Cela n’a pas fonctionné. Merci de réessayer.",
    ),
    "it": Words(
        title="Non è stato lei ad attivare un telefono?",
        intro="È stato attivato un telefono con il suo numero di {tenant}. Se non è stato lei, lo blocchi qui: non "
        "potrà né chiamare né ricevere chiamate finché non avrà parlato con noi.",
        digits="Le ultime {count} cifre del suo numero:",
        button="Non sono stato io: blocca il telefono",
        was_me="Se è stato lei, non deve fare nulla. Chiuda questa pagina.",
        wrong="Queste non sono le ultime cifre del suo numero",
        done_title="Il telefono è bloccato",
        done="Non può né chiamare né ricevere chiamate. Siamo stati avvisati e la contatteremo. Può anche chiamarci.",
        gone="Questo link non è più valido: non c’è più nulla da bloccare.",
        wait="Troppi tentativi. Attenda, oppure ci chiami.",
        again="Non ha funzionato. La preghiamo di riprovare.",
    ),
    "pt": Words(
        title="Não foi você quem ativou um telefone?",
        intro="Foi ativado um telefone com o seu número de {tenant}. Se não foi você, bloqueie-o aqui: deixará de "
        "poder fazer e receber chamadas até falar connosco.",
        digits="Os últimos {count} algarismos do seu próprio número:",
        button="Não fui eu: bloquear o telefone",
        was_me="Se foi você, não tem de fazer nada. Feche esta página.",
        wrong="Estes não são os últimos algarismos do seu número",
        done_title="O telefone está bloqueado",
        done="Não pode fazer nem receber chamadas. Fomos avisados e vamos contactá-lo. Também nos pode ligar.",
        gone="Este link já não é válido: já não há nada para bloquear.",
        wait="Demasiadas tentativas. Aguarde, ou ligue-nos.",
        again="Não funcionou. Tente novamente.",
    ),
    "ar": Words(
        title="هل فُعّل هاتف من قِبل شخص غيرك؟",
        intro="فُعّل هاتف برقمك لدى {tenant}. إن لم يكن ذلك منك، فيمكن حظره هنا: لن يستطيع إجراء المكالمات ولا "
        "استقبالها حتى التحدث معنا.",
        digits="آخر {count} أرقام من رقمك:",
        button="لم يكن ذلك مني: حظر الهاتف",
        was_me="إن كان ذلك منك، فلا حاجة إلى أي شيء. يمكن إغلاق هذه الصفحة.",
        wrong="هذه ليست آخر أرقام رقمك",
        done_title="تم حظر الهاتف",
        done="لا يستطيع إجراء المكالمات ولا استقبالها. تم إبلاغنا وسنتواصل معك. يمكن الاتصال بنا أيضًا.",
        gone="لم يعد هذا الرابط صالحًا: لم يبقَ ما يمكن حظره.",
        wait="محاولات كثيرة جدًا. يُرجى الانتظار أو الاتصال بنا.",
        again="لم ينجح ذلك. يُرجى المحاولة مرة أخرى.",
    ),
}


def words(language: str) -> tuple[str, Words]:
    """The language that is really shown, and its words: the one asked for, its base, or English."""
    shown = next((each for each in (language, language.partition("-")[0]) if each in WORDS), "en")
    return shown, WORDS[shown]
