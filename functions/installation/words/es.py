"""Spanish."""

from typing import Final

from functions.installation.words import Words

WORDS: Final = Words(
    title="Instale su aplicación de teléfono",
    intro="{tenant} ha preparado una aplicación de teléfono para usted.",
    choose="Elija su dispositivo:",
    none_fits="No hay ningún paquete para este dispositivo ({platform}). Para otro, elija:",
    none_at_all="Todavía no hay ningún paquete. Pregunte a quien le envió este enlace.",
    too_old="Este dispositivo es demasiado antiguo para la aplicación",
    too_old_needs="La aplicación necesita {needs}. Use otro dispositivo, actualice este si es posible o pida ayuda:",
    other_browser="Esta página se abrió dentro de otra aplicación. Si no se descarga nada, elija «Abrir en el "
    "navegador» en su menú.",
    scan="O escanee este código con la cámara de su teléfono:",
    code="Código QR con la dirección de esta página",
    needs="{platform} {version} o posterior",
    next="Después de instalarla, abra su enlace de activación.",
    unknown_title="Este enlace no es conocido",
    unknown="Compruebe que se copió entero o pida uno nuevo a quien se lo envió.",
    trust="{tenant} le entrega esta aplicación directamente, sin pasar por una tienda. Por eso {platform} pide antes "
    "su permiso:",
    download="Descargar",
    install="Instalar",
    file="Versión {version}, {size} MB",
    sum="SHA-256 del archivo:",
    steps={
        "apk": (
            (
                "Toque «Descargar» aquí abajo. Si el navegador avisa, elija «Descargar de todos modos». Después "
                "abra el "
                "archivo."
            ),
            "Android no conoce su origen: toque «Ajustes», active «Autorizar descargas de esta fuente» y vuelva atrás.",
            "Toque «Instalar». Si Play Protect pregunta, elija «Más detalles» y después «Instalar de todos modos».",
        ),
        "ipa": (
            "Toque «Instalar» aquí abajo y otra vez en la ventana. La app aparece en la pantalla de inicio.",
            "Vaya a Ajustes › General › VPN y gestión de dispositivos y toque el nombre del desarrollador.",
            "Toque «Confiar» (desde iOS 18, «Permitir y reiniciar»). Ahora la app se abre.",
        ),
        "msix": (
            "Haga clic en «Descargar» aquí abajo y abra el archivo.",
            "Windows muestra la aplicación y su editor. Compruebe el nombre y haga clic en «Instalar».",
        ),
        "exe": (
            "Haga clic en «Descargar» aquí abajo y abra el archivo. Si el navegador lo retiene, elija «Conservar».",
            "Windows dice «Windows protegió su PC»: haga clic en «Más información».",
            "Haga clic en «Ejecutar de todas formas» y siga la instalación.",
        ),
        "dmg": (
            "Haga clic en «Descargar» aquí abajo, abra el archivo y arrastre la app a la carpeta Aplicaciones.",
            "Abra la app. La primera vez macOS la rechaza: haga clic en «Aceptar».",
            "Vaya a Ajustes del Sistema › Privacidad y seguridad y, más abajo, haga clic en «Abrir igualmente».",
        ),
        "pkg": (
            "Haga clic en «Descargar» aquí abajo y abra el archivo.",
            "La primera vez macOS lo rechaza: haga clic en «Aceptar».",
            "Vaya a Ajustes del Sistema › Privacidad y seguridad y, más abajo, haga clic en «Abrir igualmente».",
        ),
        "deb": (
            "Haga clic en «Descargar» aquí abajo y abra el archivo con el centro de software.",
            "Haga clic en «Instalar» y escriba su contraseña.",
        ),
        "appimage": (
            "Haga clic en «Descargar» aquí abajo. Después abra las propiedades del archivo con el botón derecho.",
            "En «Permisos», permita ejecutarlo como programa. Ahora abra el archivo.",
        ),
    },
)
