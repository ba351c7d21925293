"""What the activation pages say, and the few scripts they carry."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """One language's words. `{tenant}` is the customer organisation's name."""

    title: str
    intro: str
    activate: str
    install_first: str
    other_browser: str
    on_phone: str
    qr_label: str
    open_title: str
    open_intro: str
    open_button: str
    waiting: str
    fetched: str
    ready: str
    test_call: str
    support: str
    problem: str
    problems: dict[int, str]


ENGLISH: Final = Words(
    title="Activate your phone",
    intro="{tenant} has prepared your softphone. Do this on the phone that you want to call with.",
    activate="Activate this phone",
    install_first="The app is not installed yet? Open the link of the installation message first, then come back here.",
    other_browser="This page was opened inside another app. Choose “Open in browser” from its menu to go on.",
    on_phone="Open this page on your phone: point its camera at the code.",
    qr_label="Code with the address of this page",
    open_title="One more tap",
    open_intro="The softphone starts and sets itself up. This works for a few minutes, and only on this phone.",
    open_button="Start the softphone",
    waiting="Waiting for the softphone…",
    fetched="The softphone has its configuration. It is signing in…",
    ready="Ready to dial.",
    test_call="To try it, call",
    support="Something does not work? Contact",
    problem="This did not work",
    problems={404: "Unknown link", 410: "This link is no longer valid", 429: "Please wait"},
)

# Notes once, after a second in view, that a person has the page before them. It decides nothing.
OPENED_SCRIPT: Final = (
    "setTimeout(function(){if(document.visibilityState==='visible')"
    "fetch(location.pathname+'/opened',{method:'POST',keepalive:true}).catch(function(){})},1000)"
)

# An iPad says that it is a Mac; only its touch points tell.
TABLET_SCRIPT: Final = (
    "if(/Macintosh/.test(navigator.userAgent)&&navigator.maxTouchPoints>1){"
    "var form=document.querySelector('form'),field=document.createElement('input');"
    "field.type='hidden';field.name='touch';field.value='1';form.appendChild(field);"
    "document.getElementById('tap').hidden=false;document.getElementById('code').hidden=true}"
)

# Shows how far the phone has come, until it is ready or ten minutes have gone.
PROGRESS_SCRIPT: Final = (
    "(function(){var left=200;function show(id){['progress','fetched','ready'].forEach(function(name){"
    "document.getElementById(name).hidden=name!==id})}"
    "function ask(){if(left--<1)return;"
    "fetch(location.pathname.replace(/open$/,'state')).then(function(r){return r.json()}).then(function(answer){"
    "if(answer.state==='registered')return show('ready');"
    "if(answer.state==='fetched')show('fetched');"
    "if(answer.state!=='ended')setTimeout(ask,3000)}).catch(function(){setTimeout(ask,5000)})}ask()})()"
)
